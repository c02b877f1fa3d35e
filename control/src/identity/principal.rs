//! Whose credential it was.

use agentguard_api::Workload;

/// Somebody, or something, that asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Principal {
    /// Whoever is on this machine: no token and no accounts are set up.
    Local,
    /// The holder of the one token.
    Token,
    /// A sidecar with the key that they all share.
    SidecarKey,
    /// A person.
    User { id: String, name: String },
    /// An API key.
    Key { id: String, name: String },
    /// The holder of a token that this control plane signed.
    Signed { subject: String },
    /// A sidecar that its cluster vouches for.
    Sidecar(Pod),
}

/// A pod, as its cluster's token names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pod {
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) uid: String,
    pub(crate) service_account: String,
}

impl Pod {
    /// Puts the pod's own names where a sidecar wrote its idea of them. The workload's name remains the sidecar's word.
    pub(crate) fn sign(&self, workload: &mut Workload) {
        workload.namespace.clone_from(&self.namespace);
        workload.pod.clone_from(&self.name);
    }
}

impl Principal {
    /// What it is.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Token => "token",
            Self::SidecarKey => "sidecar_key",
            Self::User { .. } => "user",
            Self::Key { .. } => "api_key",
            Self::Signed { .. } => "signed_token",
            Self::Sidecar(_) => "sidecar",
        }
    }

    /// As the audit log names it: stays the same when somebody is renamed.
    pub(crate) fn id(&self) -> String {
        match self {
            Self::Local | Self::Token | Self::SidecarKey => self.kind().to_owned(),
            Self::User { id, .. } => format!("user/{id}"),
            Self::Key { id, .. } => format!("api_key/{id}"),
            Self::Signed { subject } => subject.clone(),
            Self::Sidecar(pod) => format!("sidecar/{}/{}", pod.namespace, pod.name),
        }
    }

    /// For people.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::User { name, .. } | Self::Key { name, .. } => name.clone(),
            other => other.id(),
        }
    }
}
