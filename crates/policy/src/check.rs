//! What is wrong with a policy whose single values are all right: rules that contradict themselves, routes never reached.

use crate::model::{Action, Delivery};
use crate::problem::{Mark, Problem};
use crate::read::Placed;

/// Checks the whole policy. A route is blamed only for what it sets itself: what it takes over is the default's problem.
pub(crate) fn all(default: &Placed, routes: &[Placed], problems: &mut Vec<Problem>) {
    for placed in std::iter::once(default).chain(routes) {
        thresholds(placed, problems);
        redaction(placed, problems);
        hold_budget(placed, problems);
    }
    for (index, route) in routes.iter().enumerate() {
        name(route, &routes[..index], problems);
        reached(route, &routes[..index], problems);
    }
}

fn thresholds(placed: &Placed, problems: &mut Vec<Problem>) {
    let given = placed.rule.thresholds;
    let Some(mark) = placed.set.thresholds.filter(|_| given.warn > given.act) else { return };
    problems.push(Problem {
        mark,
        key: format!("{}.thresholds", placed.key),
        what: format!("warn ({}) is above act ({})", given.warn, given.act),
        allowed: Some("warn ≤ act".to_owned()),
        hint: Some("a response that is acted upon is always flagged too".to_owned()),
    });
}

/// Under `pass` nothing is held, so no word can be taken out before it leaves.
fn redaction(placed: &Placed, problems: &mut Vec<Problem>) {
    let (rule, set) = (&placed.rule, &placed.set);
    let contradicts = rule.delivery == Delivery::Pass && rule.action == Action::Redact && !rule.shadow;
    let Some(mark) = set.action.or(set.delivery).or(set.shadow).filter(|_| contradicts) else { return };
    problems.push(Problem {
        mark,
        key: format!("{}.action", placed.key),
        what: format!(
            "\"redact\" needs delivery: sentence or full; delivery: pass{} holds nothing back",
            elsewhere(set.delivery)
        ),
        allowed: None,
        hint: Some("use delivery: sentence, or shadow: true to see what would be redacted".to_owned()),
    });
}

/// Without any time, every held answer would count as timed out.
fn hold_budget(placed: &Placed, problems: &mut Vec<Problem>) {
    let (rule, set) = (&placed.rule, &placed.set);
    let contradicts = rule.hold_budget.is_zero() && rule.delivery != Delivery::Pass;
    let Some(mark) = set.hold_budget.or(set.delivery).filter(|_| contradicts) else { return };
    problems.push(Problem {
        mark,
        key: format!("{}.hold_budget", placed.key),
        what: format!(
            "with \"0ms\" no answer is ever judged in time, and delivery: {}{} holds it for the judge",
            rule.delivery,
            elsewhere(set.delivery)
        ),
        allowed: None,
        hint: Some("use delivery: pass, or a budget like 500ms".to_owned()),
    });
}

fn name(route: &Placed, earlier: &[Placed], problems: &mut Vec<Problem>) {
    let Some(first) = earlier.iter().find(|first| first.rule.name == route.rule.name) else { return };
    problems.push(Problem {
        mark: route.set.name.unwrap_or(route.mark),
        key: format!("{}.name", route.key),
        what: format!("{:?} is also the name of the route on line {}", route.rule.name, first.mark.line),
        allowed: None,
        hint: Some("verdicts and metrics tell routes apart by name".to_owned()),
    });
}

fn reached(route: &Placed, earlier: &[Placed], problems: &mut Vec<Problem>) {
    let covers = |first: &&Placed| matches!((&first.matches, &route.matches), (Some(wide), Some(narrow)) if wide.covers(narrow));
    let Some(first) = earlier.iter().find(covers) else { return };
    problems.push(Problem {
        mark: route.mark,
        key: route.key.clone(),
        what: format!(
            "never reached: {:?} on line {} comes first and matches everything that it does",
            first.rule.name, first.mark.line
        ),
        allowed: None,
        hint: Some(format!("move this route above line {} or remove one of the two", first.mark.line)),
    });
}

fn elsewhere(set: Option<Mark>) -> &'static str {
    if set.is_some() { "" } else { " (not set here)" }
}
