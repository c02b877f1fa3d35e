//! What of a bundle is meant for this sidecar.

use agentguard_api::Bundle;
use agentguard_api::bundle::{BundledCanary, BundledPolicy, EVERYWHERE, PolicyText, WHOLE};
use agentguard_policy::Policy;
use sha2::{Digest, Sha256};

/// Who we are, as bundles tell sidecars apart.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    pub(super) namespace: String,
    /// The pod, or else the instance: what share of a canary we belong to hangs on it.
    pub(super) id: String,
}

/// What is meant for us.
#[derive(Debug)]
pub(super) struct Chosen {
    /// `None`: nothing is published for us. An error: it cannot be read.
    pub(super) policy: Result<Option<Policy>, String>,
    /// `name/version`.
    pub(super) name: String,
    pub(super) canary: bool,
    pub(super) observe_only: bool,
}

pub(super) fn choose(bundle: &Bundle, who: &Identity) -> Chosen {
    let killed = |place: &String| place == EVERYWHERE || *place == who.namespace;
    let observe_only = bundle.observe_only.iter().any(killed);
    let nothing = Chosen { policy: Ok(None), name: String::new(), canary: false, observe_only };
    // Who names the namespace is meant before who names none.
    let named = bundle.policies.iter().find(|policy| policy.namespaces.contains(&who.namespace));
    let found = named.or_else(|| bundle.policies.iter().find(|policy| policy.namespaces.is_empty()));
    let Some(published) = found else { return nothing };
    let canary = published.canary.as_ref().filter(|canary| is_in(published, canary, who));
    let Some(text) = canary.map(|canary| &canary.policy).or(published.stable.as_ref()) else {
        return nothing;
    };
    let name = format!("{}/{}", published.name, text.version);
    Chosen { policy: read(&name, text), name, canary: canary.is_some(), ..nothing }
}

fn read(name: &str, text: &PolicyText) -> Result<Option<Policy>, String> {
    let policy = Policy::parse(name, &text.yaml).map_err(|wrong| wrong.to_string())?;
    if policy.revision != text.revision {
        // Another version of the program has other defaults or keys. Verdicts carry ours.
        tracing::warn!(
            policy = name,
            ours = policy.revision,
            theirs = text.revision,
            "the control plane reads this policy otherwise"
        );
    }
    Ok(Some(policy))
}

fn is_in(policy: &BundledPolicy, canary: &BundledCanary, who: &Identity) -> bool {
    let here = canary.namespaces.is_empty() || canary.namespaces.contains(&who.namespace);
    here && place(&policy.name, canary.policy.version, &who.id) < canary.share
}

/// Where we stand among all sidecars, 0 to 9,999: the same for as long as a version is tried out, another for the next version, so that
/// not always the same pods go first.
fn place(name: &str, version: u64, id: &str) -> u32 {
    let hash = Sha256::digest(format!("{name}/{version}/{id}"));
    let first = hash.iter().take(4).fold(0, |number: u32, byte| number << 8 | u32::from(*byte));
    first % WHOLE
}
