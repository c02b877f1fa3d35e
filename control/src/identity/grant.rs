//! What somebody may do where, and what follows from that for one request.

use std::collections::BTreeSet;

use super::permission::{Permission, Permissions};
use crate::store::scope::{Namespaces, Scope};

/// Some permissions, in all or some namespaces of the holder's tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    pub(crate) permissions: Permissions,
    pub(crate) namespaces: Namespaces,
}

impl Grant {
    /// Permissions in a whole tenant.
    pub(crate) fn everywhere(permissions: Permissions) -> Self {
        Self { permissions, namespaces: Namespaces::All }
    }

    /// What both allow, where both allow it.
    pub(crate) fn and(&self, other: &Self) -> Self {
        let namespaces = match (&self.namespaces, &other.namespaces) {
            (Namespaces::All, some) | (some, Namespaces::All) => some.clone(),
            (Namespaces::Only(one), Namespaces::Only(other)) => Namespaces::Only(one & other),
        };
        Self { permissions: self.permissions.and(other.permissions), namespaces }
    }
}

/// How far somebody with these grants may see where a permission is needed; `None`: not at all. Only the grants that hold the
/// permission count: an analyst of one namespace who is operator of another does not publish in the first.
pub(crate) fn scope(tenant: &str, grants: &[Grant], permission: Permission) -> Option<Scope> {
    let mut some = BTreeSet::new();
    for grant in grants.iter().filter(|grant| grant.permissions.has(permission)) {
        match &grant.namespaces {
            Namespaces::All => return Some(Scope::tenant(tenant)),
            Namespaces::Only(namespaces) => some.extend(namespaces.iter().cloned()),
        }
    }
    (!some.is_empty() && !permission.whole_tenant()).then(|| Scope::within(tenant, some))
}

/// Whether the holder of `grants` may do all that `wanted` allows, everywhere that it allows it: nobody gives more than they have.
pub(crate) fn covers(tenant: &str, grants: &[Grant], wanted: &Grant) -> bool {
    wanted.permissions.iter().all(|permission| {
        let Some(scope) = scope(tenant, grants, permission) else { return false };
        match (scope.namespaces(), &wanted.namespaces) {
            (Namespaces::All, _) => true,
            (Namespaces::Only(_), Namespaces::All) => false,
            (Namespaces::Only(have), Namespaces::Only(want)) => want.is_subset(have),
        }
    })
}

#[cfg(test)]
mod tests;
