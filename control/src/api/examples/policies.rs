//! Examples of policies and bundles.

use agentguard_api::bundle::{
    BundledCanary, BundledPolicy, FORMAT, PolicyText, PublicKey, PublicKeys, SidecarPolicy, Signature,
};
use agentguard_api::policies::{
    Canary, CanaryTerms, Change, Issued, KillSwitch, Killed, NewPolicy, NewVersion, PolicyChange,
    PolicyDetail, PolicyDiff, PolicyDraft, PolicyProblem, PolicySummary, PolicyVersion, Publish,
    PublishCanary, Published, Reason, SetKillSwitch, Simulate, SimulatedExample, SimulatedWorkload,
    Simulation, Supersede, Validation, VersionSummary,
};
use agentguard_api::{Bundle, BundleReport, BundleState, Envelope};
use serde_json::Value;
use utoipa::openapi::HttpMethod;

use super::{HOUR, ID, INSTANCE, TS, value, workload};

const NAME: &str = "answers";
const AUTHOR: &str = "token";
const YAML: &str = "version: 1\ndefault: { action: block }\n";
const BEFORE: &str = "version: 1\ndefault: { action: annotate }\n";
/// The first key of RFC 8032, section 7.1.
const KEY: &str = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

type Example = (&'static str, HttpMethod, Option<Value>, Value);

pub(super) fn all() -> Vec<Example> {
    use HttpMethod::{Delete, Get, Post, Put};
    let new = NewPolicy { name: NAME.to_owned(), yaml: YAML.to_owned(), note: note() };
    let add = NewVersion { yaml: YAML.to_owned(), note: note(), after: Some(1) };
    let supersede = Supersede { up_to: 120 };
    let reason = Reason { reason: "too much was blocked".to_owned() };
    let only = |published| value(&Issued { revision: 7, published });
    vec![
        ("/api/v1/policies", Get, None, value(&[summary()])),
        ("/api/v1/policies", Post, Some(value(&new)), value(&version())),
        ("/api/v1/policies/{name}", Get, None, value(&detail())),
        ("/api/v1/policies/{name}", Delete, None, Value::Bool(true)),
        ("/api/v1/policies/{name}/versions", Post, Some(value(&add)), value(&version())),
        ("/api/v1/policies/{name}/versions/{version}", Get, None, value(&version())),
        ("/api/v1/policies/{name}/diff", Get, None, value(&diff())),
        ("/api/v1/policies/validate", Post, Some(value(&draft())), value(&validation())),
        ("/api/v1/policies/simulate", Post, Some(value(&simulate())), value(&simulation())),
        ("/api/v1/policies/{name}/publish", Post, Some(value(&publish())), only(Some(published()))),
        ("/api/v1/policies/{name}/promote", Post, Some(value(&reason)), only(Some(promoted()))),
        ("/api/v1/policies/{name}/rollback", Post, Some(value(&reason)), only(Some(promoted()))),
        ("/api/v1/policies/{name}/withdraw", Post, Some(value(&reason)), only(None)),
        ("/api/v1/policies/supersede", Post, Some(value(&supersede)), only(None)),
        ("/api/v1/kill-switch", Get, None, value(&kill_switch())),
        ("/api/v1/kill-switch", Put, Some(value(&set_kill_switch())), value(&kill_switch())),
        ("/api/v1/sidecar/bundle", Get, None, value(&envelope())),
        ("/api/v1/sidecars/policies", Get, None, value(&[sidecar()])),
        ("/.well-known/agentguard-keys", Get, None, value(&keys())),
    ]
}

pub(super) fn report() -> BundleReport {
    BundleReport {
        revision: 7,
        state: BundleState::Applied,
        error: None,
        policy: format!("{NAME}/2"),
        canary: true,
        observe_only: false,
    }
}

fn note() -> String {
    "blocks what contradicts the documents".to_owned()
}

fn canary() -> Canary {
    Canary {
        version: 2,
        share: 10.0,
        namespaces: Vec::new(),
        since: TS,
        author: AUTHOR.to_owned(),
        judged: CanaryTerms::default(),
    }
}

fn published() -> Published {
    let (version, namespaces) = (Some(1), vec!["shop".to_owned()]);
    Published { version, namespaces, since: TS - HOUR, author: AUTHOR.to_owned(), canary: Some(canary()) }
}

fn promoted() -> Published {
    Published { version: Some(2), canary: None, since: TS, ..published() }
}

fn summary() -> PolicySummary {
    let (name, author) = (NAME.to_owned(), AUTHOR.to_owned());
    PolicySummary { name, latest: 2, created: TS - HOUR, author, published: Some(published()) }
}

fn version_summary() -> VersionSummary {
    VersionSummary {
        version: 2,
        revision: "0f3a5b7c9d1e".to_owned(),
        sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned(),
        author: AUTHOR.to_owned(),
        note: note(),
        created: TS,
    }
}

fn version() -> PolicyVersion {
    PolicyVersion { name: NAME.to_owned(), summary: version_summary(), yaml: YAML.to_owned() }
}

fn detail() -> PolicyDetail {
    let change = PolicyChange {
        at: TS,
        change: Change::Canary,
        version: Some(2),
        author: AUTHOR.to_owned(),
        reason: note(),
    };
    PolicyDetail { summary: summary(), versions: vec![version_summary()], history: vec![change] }
}

fn diff() -> PolicyDiff {
    let diff = "--- answers/1\n+++ answers/2\n@@ -1,2 +1,2 @@\n version: 1\n-default: { action: annotate }\n\
        +default: { action: block }\n";
    PolicyDiff { from: 1, to: 2, added: 1, removed: 1, same_meaning: false, diff: diff.to_owned() }
}

fn draft() -> PolicyDraft {
    PolicyDraft { yaml: "version: 1\ndefault: { action: blok }\n".to_owned() }
}

fn validation() -> Validation {
    let problem = PolicyProblem {
        line: 2,
        column: 20,
        key: "default.action".to_owned(),
        message: "2:20: default.action: \"blok\" is not allowed; allowed: observe, annotate, redact, block; did you mean block?"
            .to_owned(),
    };
    Validation { valid: false, revision: None, problems: vec![problem] }
}

fn simulate() -> Simulate {
    Simulate {
        name: Some(NAME.to_owned()),
        version: Some(2),
        from: Some(TS - HOUR),
        to: Some(TS),
        ..Simulate::default()
    }
}

fn simulation() -> Simulation {
    let row = |after: &[(&str, u64)]| after.iter().map(|&(name, n)| (name.to_owned(), n)).collect();
    let example = SimulatedExample {
        id: ID,
        ts: TS,
        workload: "shop/assistant".to_owned(),
        risk: 0.91,
        before: "annotate".to_owned(),
        after: "block".to_owned(),
        rule: "default".to_owned(),
    };
    let workload = SimulatedWorkload {
        name: "shop/assistant".to_owned(),
        total: 900,
        changed: 31,
        acted_before: 0,
        acted_after: 31,
    };
    Simulation {
        from: TS - HOUR,
        to: TS,
        revision: "0f3a5b7c9d1e".to_owned(),
        scanned: 1250,
        partial: false,
        oldest: TS - HOUR + 1,
        changed: 31,
        uncertain: 0,
        matrix: [("annotate".to_owned(), row(&[("annotate", 1219), ("block", 31)]))].into(),
        workloads: vec![workload],
        examples: vec![example],
    }
}

fn publish() -> Publish {
    let canary = PublishCanary { share: 10.0, namespaces: Vec::new(), terms: CanaryTerms::default() };
    Publish { version: 2, namespaces: None, canary: Some(canary), reason: note() }
}

fn kill_switch() -> KillSwitch {
    let killed = Killed {
        namespace: "shop".to_owned(),
        since: TS,
        author: AUTHOR.to_owned(),
        reason: "orders are refused".to_owned(),
    };
    KillSwitch { on: true, places: vec![killed], revision: 8 }
}

fn set_kill_switch() -> SetKillSwitch {
    SetKillSwitch { on: true, namespaces: vec!["shop".to_owned()], reason: "orders are refused".to_owned() }
}

fn envelope() -> Envelope {
    let text = |version, revision: &str, yaml: &str| PolicyText {
        version,
        revision: revision.to_owned(),
        yaml: yaml.to_owned(),
    };
    let tried = text(2, "0f3a5b7c9d1e", YAML);
    let bundle = Bundle {
        format: FORMAT,
        tenant: "default".to_owned(),
        revision: 7,
        issued: TS,
        keys: vec![KEY.to_owned()],
        replaces: None,
        observe_only: Vec::new(),
        policies: vec![BundledPolicy {
            name: NAME.to_owned(),
            namespaces: vec!["shop".to_owned()],
            stable: Some(text(1, "5b7c9d1e0f3a", BEFORE)),
            canary: Some(BundledCanary { policy: tried, share: 1000, namespaces: Vec::new() }),
        }],
    };
    let signature = Signature { key: KEY.to_owned(), signature: format!("{}==", "A".repeat(86)) };
    Envelope { payload: value(&bundle).to_string(), signatures: vec![signature] }
}

fn sidecar() -> SidecarPolicy {
    let policy_revision = "0f3a5b7c9d1e".to_owned();
    SidecarPolicy { instance: INSTANCE, workload: workload(), at: TS, policy_revision, report: report() }
}

fn keys() -> PublicKeys {
    PublicKeys { keys: vec![PublicKey { algorithm: "Ed25519".to_owned(), key: KEY.to_owned() }] }
}
