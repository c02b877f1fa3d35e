//! How far somebody may see: every question to the store carries one, so that none can be asked without.

use std::collections::BTreeSet;

/// The tenant of installations that have one only.
pub(crate) const DEFAULT_TENANT: &str = "default";

/// One tenant, and all or some of its namespaces.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Scope {
    tenant: String,
    namespaces: Namespaces,
}

/// Kubernetes namespaces, by name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Namespaces {
    /// Every one, also workloads without any.
    All,
    /// These.
    Only(BTreeSet<String>),
}

impl Scope {
    /// A whole tenant.
    pub(crate) fn tenant(tenant: impl Into<String>) -> Self {
        Self { tenant: tenant.into(), namespaces: Namespaces::All }
    }

    /// Some namespaces of a tenant.
    pub(crate) fn within(tenant: impl Into<String>, namespaces: BTreeSet<String>) -> Self {
        Self { tenant: tenant.into(), namespaces: Namespaces::Only(namespaces) }
    }

    /// Whose.
    pub(crate) fn of(&self) -> &str {
        &self.tenant
    }

    /// Which.
    pub(crate) fn namespaces(&self) -> &Namespaces {
        &self.namespaces
    }

    /// Whether something of a tenant, in a namespace of it, may be seen.
    pub(crate) fn admits(&self, tenant: &str, namespace: &str) -> bool {
        self.tenant == tenant && self.shows(namespace)
    }

    /// Whether a workload of the tenant may be seen; an empty namespace is that of workloads without one.
    pub(crate) fn shows(&self, namespace: &str) -> bool {
        match &self.namespaces {
            Namespaces::All => true,
            Namespaces::Only(some) => some.contains(namespace),
        }
    }
}
