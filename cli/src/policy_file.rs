//! The policy in force, and reading its file again.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use agentguard_api::query::PolicyView;
use agentguard_policy::{Policy, PolicyError};
use agentguard_proxy::InForce;
use arc_swap::ArcSwap;

/// The policy in force and where it comes from.
pub(crate) struct PolicyFile {
    path: Option<PathBuf>,
    in_force: Arc<InForce>,
    /// The file's, or the built-in one: what SIGHUP compares with.
    local: ArcSwap<Policy>,
    view: Arc<ArcSwap<PolicyView>>,
}

/// What reading the file again did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reload {
    Changed,
    Unchanged,
    /// The old one stays.
    Refused,
    /// There is no file.
    BuiltIn,
}

impl PolicyFile {
    /// Reads the file; without one, the built-in policy holds.
    pub(crate) fn load(path: Option<&Path>) -> Result<Self, PolicyError> {
        let Some(path) = path else { return Ok(Self::with(Policy::default(), InForce::built_in())) };
        Ok(Self { path: Some(path.to_owned()), ..Self::of(Policy::load(path)?) })
    }

    /// The built-in policy of the demo.
    pub(crate) fn of(policy: Policy) -> Self {
        let in_force = InForce::file(policy.clone());
        Self::with(policy, in_force)
    }

    fn with(policy: Policy, in_force: Arc<InForce>) -> Self {
        let view = Arc::new(ArcSwap::from_pointee(view(&policy)));
        Self { path: None, in_force, local: ArcSwap::from_pointee(policy), view }
    }

    /// The policy in force as the control plane shows it.
    pub(crate) fn view(&self) -> Arc<ArcSwap<PolicyView>> {
        Arc::clone(&self.view)
    }

    /// The policy in force: this one, unless the control plane's takes its place; the proxy takes it from here for each exchange.
    pub(crate) fn in_force(&self) -> Arc<InForce> {
        Arc::clone(&self.in_force)
    }

    /// One line about it.
    pub(crate) fn describe(&self) -> String {
        let policy = self.local.load();
        match &self.path {
            Some(path) => {
                format!("{} ({} routes, revision {})", path.display(), policy.routes.len(), policy.revision)
            }
            None if policy.routes.is_empty() => {
                format!("built in: everything is judged and annotated (revision {})", policy.revision)
            }
            None => format!("built in ({} routes, revision {})", policy.routes.len(), policy.revision),
        }
    }

    /// Reads the file again. One with a mistake changes nothing.
    pub(crate) fn reload(&self) -> Reload {
        let Some(path) = &self.path else {
            tracing::info!("SIGHUP: there is no policy file to read again");
            return Reload::BuiltIn;
        };
        let before = self.local.load().revision.clone();
        match Policy::load(path) {
            Ok(policy) if policy.revision == before => {
                tracing::info!(revision = before, "SIGHUP: the policy is unchanged");
                Reload::Unchanged
            }
            Ok(policy) => {
                tracing::info!(before, after = policy.revision, "SIGHUP: the new policy is in force");
                self.view.store(Arc::new(view(&policy)));
                self.local.store(Arc::new(policy.clone()));
                self.in_force.reload(policy);
                Reload::Changed
            }
            Err(error) => {
                tracing::error!(revision = before, "SIGHUP: the old policy stays in force: {error}");
                Reload::Refused
            }
        }
    }
}

fn view(policy: &Policy) -> PolicyView {
    let yaml = policy.to_yaml().ok();
    let document = yaml.and_then(|yaml| serde_saphyr::from_str(&yaml).ok()).unwrap_or_default();
    PolicyView { revision: policy.revision.clone(), policy: document }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_with_a_mistake_changes_nothing_and_a_good_one_takes_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("policy.yaml");
        let write = |text: &str| std::fs::write(&path, text).unwrap();
        write("version: 1\ndefault: { action: observe }\n");
        let file = PolicyFile::load(Some(&path)).unwrap();
        let current = file.in_force().current();
        let first = current.load().revision.clone();
        assert_eq!(file.reload(), Reload::Unchanged);
        write("version: 1\ndefault: { action: shout }\n");
        assert_eq!((file.reload(), &current.load().revision), (Reload::Refused, &first));
        std::fs::remove_file(&path).unwrap();
        assert_eq!((file.reload(), &current.load().revision), (Reload::Refused, &first));
        write("version: 1\ndefault: { action: block, delivery: full }\n");
        assert_eq!(file.reload(), Reload::Changed);
        assert_ne!(current.load().revision, first);
        let shown = file.view().load_full();
        assert_eq!(shown.revision, current.load().revision);
        assert_eq!(shown.policy["default"]["delivery"], "full", "{}", shown.policy);
        assert!(file.describe().contains(&current.load().revision));
        assert_eq!(PolicyFile::load(None).unwrap().reload(), Reload::BuiltIn);
    }
}
