//! From a tree to a policy. Reads on after a problem, so that all of them are reported at once.

use std::fs;
use std::path::Path;

use agentguard_judge::Signal;
use agentguard_redact::Redactor;

use crate::check;
use crate::duration;
use crate::fields::Fields;
use crate::model::{Direction, Match, Policy, Route, Rule, Thresholds};
use crate::pattern::{Case, Pattern};
use crate::problem::{Mark, PolicyError, Problem, Problems};
use crate::redaction;
use crate::tree::{self, Node, Value};

/// The version of the policy's form that is understood.
pub(crate) const VERSION: u32 = 1;

/// Routes are tried one by one for every exchange.
const MAX_ROUTES: usize = 256;
/// A name is a metric label.
const MAX_NAME: usize = 64;

const TOP_KEYS: &[&str] = &["version", "default", "routes", "redaction"];
const MATCH_KEYS: &[&str] = &["direction", "provider", "host", "path", "model"];
const THRESHOLD_KEYS: &[&str] = &["warn", "act"];
pub(crate) const RULE_KEYS: &[&str] = &[
    "delivery",
    "action",
    "shadow",
    "thresholds",
    "hold_budget",
    "on_timeout",
    "on_error",
    "on_overload",
    "capture",
    "signals",
];

/// A route with the places that later checks point at.
pub(crate) struct Placed {
    pub(crate) mark: Mark,
    /// `routes[2]`, or `default`.
    pub(crate) key: String,
    /// `None`: could not be read, which has been reported.
    pub(crate) matches: Option<Match>,
    pub(crate) rule: Rule,
    /// Where keys were set; `None`: taken over from the default.
    pub(crate) set: Set,
}

#[derive(Clone, Copy, Default)]
pub(crate) struct Set {
    pub(crate) name: Option<Mark>,
    pub(crate) delivery: Option<Mark>,
    pub(crate) action: Option<Mark>,
    pub(crate) shadow: Option<Mark>,
    pub(crate) thresholds: Option<Mark>,
    pub(crate) hold_budget: Option<Mark>,
}

impl Placed {
    fn into_route(self) -> Option<Route> {
        Some(Route { matches: self.matches?, rule: self.rule })
    }
}

impl Policy {
    /// Reads a policy file.
    ///
    /// # Errors
    /// The file cannot be read, or everything that is wrong in it.
    pub fn load(path: &Path) -> Result<Self, PolicyError> {
        let text = fs::read_to_string(path)
            .map_err(|source| PolicyError::Unreadable { path: path.to_owned(), source })?;
        Self::parse(&path.display().to_string(), &text).map_err(PolicyError::Invalid)
    }

    /// Reads a policy from YAML or JSON; `origin` names it in errors.
    ///
    /// # Errors
    /// Everything that is wrong in it.
    pub fn parse(origin: &str, text: &str) -> Result<Self, Problems> {
        let mut problems = Vec::new();
        match tree::parse(text) {
            Ok(root) => {
                let (default, routes, redaction) = top(&root, &mut problems);
                check::all(&default, &routes, &mut problems);
                if problems.is_empty() {
                    let routes = routes.into_iter().filter_map(Placed::into_route);
                    return Ok(Self::with_redaction(default.rule, routes.collect(), redaction));
                }
            }
            Err(problem) => problems.push(problem),
        }
        problems.sort_by_key(|problem| problem.mark);
        Err(Problems { origin: origin.to_owned(), problems })
    }
}

fn top(root: &Node, problems: &mut Vec<Problem>) -> (Placed, Vec<Placed>, Redactor) {
    let mut fields = Fields::of(root, "", TOP_KEYS, problems);
    let version = fields.get("version");
    let default = fields.get("default");
    let routes = fields.get("routes");
    let redaction = fields.get("redaction").filter(|node| node.value != Value::Null);

    match version.map(|node| (&node.value, node)) {
        Some((Value::Number(number), _)) if *number == f64::from(VERSION) => {}
        Some((_, node)) => {
            fields.problem(
                node.mark,
                "version",
                format!("{node} is not a known version"),
                Some(VERSION.to_string()),
            );
        }
        None if !fields.is_map() => {}
        None => fields.problem(root.mark, "version", "missing".to_owned(), Some(VERSION.to_string())),
    }

    let mut placed = Placed {
        mark: default.map_or(root.mark, |node| node.mark),
        key: "default".to_owned(),
        matches: None,
        rule: Rule::default(),
        set: Set::default(),
    };
    // `default:` and `routes:` with nothing but comments below them say nothing.
    if let Some(node) = default.filter(|node| node.value != Value::Null) {
        let mut fields = Fields::of(node, "default", RULE_KEYS, problems);
        placed.set = rule(&mut fields, &mut placed.rule);
    }
    let routes = routes.filter(|node| node.value != Value::Null);
    let routes = routes.map_or_else(Vec::new, |node| read_routes(node, &placed.rule, problems));
    let redaction = redaction.map_or_else(Redactor::default, |node| redaction::read(node, problems));
    (placed, routes, redaction)
}

fn read_routes(node: &Node, default: &Rule, problems: &mut Vec<Problem>) -> Vec<Placed> {
    let problem =
        |what| Problem { mark: node.mark, key: "routes".to_owned(), what, allowed: None, hint: None };
    let Value::List(list) = &node.value else {
        problems.push(problem(format!(
            "{node} is not a list of routes, each with `match` and what follows from it"
        )));
        return Vec::new();
    };
    if list.len() > MAX_ROUTES {
        problems.push(problem(format!("{} routes are more than the {MAX_ROUTES} allowed", list.len())));
    }
    list.iter()
        .take(MAX_ROUTES)
        .enumerate()
        .map(|(index, node)| route(index, node, default, problems))
        .collect()
}

fn route(index: usize, node: &Node, default: &Rule, problems: &mut Vec<Problem>) -> Placed {
    let key = format!("routes[{index}]");
    let keys = [&["name", "match"], RULE_KEYS].concat();
    let mut fields = Fields::of(node, &key, &keys, problems);
    let mut read = Rule { name: key.clone(), ..default.clone() };
    let name_mark = fields.get("name").map(|node| {
        match &node.value {
            Value::Text(name) if is_name(name) => read.name.clone_from(name),
            _ => {
                let allowed = format!("1 to {MAX_NAME} printable characters, and not `default`");
                fields.problem(node.mark, "name", format!("{node} is not a route's name"), Some(allowed));
            }
        }
        node.mark
    });
    let conditions = fields.get("match");
    if conditions.is_none() && fields.is_map() {
        let allowed =
            format!("a map with any of {}; `match: {{}}` matches everything", MATCH_KEYS.join(", "));
        fields.problem(node.mark, "match", "missing".to_owned(), Some(allowed));
    }
    let mut set = rule(&mut fields, &mut read);
    set.name = name_mark;
    let matches = conditions.and_then(|node| matching(node, &key, problems));
    Placed { mark: node.mark, key, matches, rule: read, set }
}

fn is_name(name: &str) -> bool {
    name != "default"
        && name.trim() == name
        && (1..=MAX_NAME).contains(&name.chars().count())
        && !name.chars().any(char::is_control)
}

fn matching(node: &Node, route: &str, problems: &mut Vec<Problem>) -> Option<Match> {
    let before = problems.len();
    let mut fields = Fields::of(node, &format!("{route}.match"), MATCH_KEYS, problems);
    // `*` is how the other keys say "any".
    let any = fields.get("direction").is_some_and(|node| node.value == Value::Text("*".to_owned()));
    let direction = if any { None } else { fields.choice::<Direction>("direction") };
    let matches = Match {
        direction: direction.map(|(direction, _)| direction),
        provider: pattern(&mut fields, "provider", Case::Ignored),
        host: pattern(&mut fields, "host", Case::Ignored),
        path: pattern(&mut fields, "path", Case::Matters),
        model: pattern(&mut fields, "model", Case::Ignored),
    };
    (problems.len() == before).then_some(matches)
}

fn pattern(fields: &mut Fields<'_, '_>, key: &str, case: Case) -> Option<Pattern> {
    let node = fields.get(key)?;
    let allowed =
        "text with *, ?, [a-z] or {a,b}, in quotes when it begins with one of them or looks like a number";
    let problem = match &node.value {
        Value::Text(text) if text.len() > 256 => "a pattern of more than 256 bytes".to_owned(),
        Value::Text(text) => match Pattern::new(text, case) {
            Ok(pattern) => return Some(pattern),
            Err(error) => format!("{node} is not a pattern: {error}"),
        },
        _ => format!("{node} is not a pattern"),
    };
    fields.problem(node.mark, key, problem, Some(allowed.to_owned()));
    None
}

/// Reads the keys that a default and a route share over what `rule` holds.
fn rule(fields: &mut Fields<'_, '_>, rule: &mut Rule) -> Set {
    fields.set("on_timeout", &mut rule.on_timeout);
    fields.set("on_error", &mut rule.on_error);
    fields.set("on_overload", &mut rule.on_overload);
    fields.set("capture", &mut rule.capture);
    if let Some(node) = fields.get("signals") {
        signals(node, fields, rule);
    }
    Set {
        name: None,
        delivery: fields.set("delivery", &mut rule.delivery),
        action: fields.set("action", &mut rule.action),
        shadow: fields.flag("shadow").map(|(on, mark)| {
            rule.shadow = on;
            mark
        }),
        thresholds: fields.get("thresholds").map(|node| thresholds(node, fields, &mut rule.thresholds)),
        hold_budget: fields.get("hold_budget").map(|node| hold_budget(node, fields, rule)),
    }
}

fn thresholds(node: &Node, outer: &mut Fields<'_, '_>, thresholds: &mut Thresholds) -> Mark {
    let mut fields = outer.inner(node, "thresholds", THRESHOLD_KEYS);
    for (key, threshold) in [("warn", &mut thresholds.warn), ("act", &mut thresholds.act)] {
        let Some(node) = fields.get(key) else { continue };
        match node.value {
            Value::Number(number) if (0.0..=1.0).contains(&number) => *threshold = number as f32,
            _ => fields.problem(
                node.mark,
                key,
                format!("{node} is not a risk"),
                Some("a number from 0 to 1".to_owned()),
            ),
        }
    }
    node.mark
}

fn hold_budget(node: &Node, fields: &mut Fields<'_, '_>, rule: &mut Rule) -> Mark {
    let time = match &node.value {
        Value::Text(text) => duration::parse(text),
        _ => None,
    };
    match time {
        Some(time) => rule.hold_budget = time,
        None => {
            let allowed = Some(duration::ALLOWED.to_owned());
            fields.problem(node.mark, "hold_budget", format!("{node} is not a time"), allowed);
        }
    }
    node.mark
}

fn signals(node: &Node, outer: &mut Fields<'_, '_>, rule: &mut Rule) {
    let names = Signal::ALL.map(Signal::as_str);
    let mut fields = outer.inner(node, "signals", &names);
    for signal in Signal::ALL {
        if let Some((on, _)) = fields.flag(signal.as_str()) {
            rule.signals = rule.signals.with(signal, on);
        }
    }
}
