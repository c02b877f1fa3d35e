//! From a policy to its document: every key written out, in a fixed order, so that equal policies read and hash the same.

use agentguard_judge::{Signal, Signals};
use agentguard_redact::{Own, Settings};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::duration;
use crate::model::{Match, Policy, Route, Rule};
use crate::read::VERSION;

impl Policy {
    /// The document as YAML; [`Policy::parse`] reads the same policy from it.
    ///
    /// # Errors
    /// Never for a policy that was read; kept because the serializer could.
    pub fn to_yaml(&self) -> Result<String, serde_saphyr::SerializeError> {
        serde_saphyr::to_string(self)
    }
}

impl Serialize for Policy {
    /// The document (without the revision, which is its hash).
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Document::of(&self.default, &self.routes, self.redaction.settings()).serialize(serializer)
    }
}

/// First 12 hexadecimal digits of the SHA-256 over the document's compact JSON.
pub(crate) fn revision(default: &Rule, routes: &[Route], redaction: &Settings) -> String {
    let document = Document::of(default, routes, redaction);
    let json = serde_json::to_vec(&document).expect("maps with string keys always serialise");
    Sha256::digest(json).iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    default: RuleDocument<'a>,
    routes: Vec<RouteDocument<'a>>,
    redaction: RedactionDocument<'a>,
}

#[derive(Serialize)]
struct RedactionDocument<'a> {
    credentials: bool,
    emails: bool,
    cards: bool,
    ibans: bool,
    patterns: Vec<PatternDocument<'a>>,
}

#[derive(Serialize)]
struct PatternDocument<'a> {
    name: &'a str,
    pattern: &'a str,
}

#[derive(Serialize)]
struct RouteDocument<'a> {
    name: &'a str,
    #[serde(rename = "match")]
    matches: MatchDocument<'a>,
    #[serde(flatten)]
    rule: RuleDocument<'a>,
}

struct MatchDocument<'a>(&'a Match);

struct RuleDocument<'a>(&'a Rule);

struct SignalsDocument(Signals);

impl<'a> Document<'a> {
    fn of(default: &'a Rule, routes: &'a [Route], redaction: &'a Settings) -> Self {
        let routes = routes.iter().map(|route| RouteDocument {
            name: &route.rule.name,
            matches: MatchDocument(&route.matches),
            rule: RuleDocument(&route.rule),
        });
        let Settings { credentials, emails, cards, ibans, ref own } = *redaction;
        let pattern = |own: &'a Own| PatternDocument { name: &own.name, pattern: &own.pattern };
        let patterns = own.iter().map(pattern).collect();
        let redaction = RedactionDocument { credentials, emails, cards, ibans, patterns };
        Self { version: VERSION, default: RuleDocument(default), routes: routes.collect(), redaction }
    }
}

impl Serialize for MatchDocument<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Match { direction, provider, host, path, model } = self.0;
        let mut map = serializer.serialize_map(None)?;
        if let Some(direction) = direction {
            map.serialize_entry("direction", direction)?;
        }
        for (key, pattern) in [("provider", provider), ("host", host), ("path", path), ("model", model)] {
            if let Some(pattern) = pattern {
                map.serialize_entry(key, pattern.as_str())?;
            }
        }
        map.end()
    }
}

impl Serialize for RuleDocument<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rule = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("delivery", &rule.delivery)?;
        map.serialize_entry("action", &rule.action)?;
        map.serialize_entry("shadow", &rule.shadow)?;
        map.serialize_entry("thresholds", &rule.thresholds)?;
        map.serialize_entry("hold_budget", &duration::format(rule.hold_budget))?;
        map.serialize_entry("on_timeout", &rule.on_timeout)?;
        map.serialize_entry("on_error", &rule.on_error)?;
        map.serialize_entry("on_overload", &rule.on_overload)?;
        map.serialize_entry("capture", &rule.capture)?;
        map.serialize_entry("signals", &SignalsDocument(rule.signals))?;
        map.end()
    }
}

impl Serialize for SignalsDocument {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(Signal::ALL.map(|signal| (signal.as_str(), self.0.has(signal))))
    }
}
