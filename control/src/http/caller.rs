//! Who asks, as the handlers see it.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::request::Parts;

use super::ApiError;
use crate::audit::Entry;
use crate::identity::{self, Grant, Known, Permission, Pod, Principal};
use crate::store::scope::Scope;

/// Who asks and how far they may see. A handler that takes one can give [`Self::scope`] to the store, and only that.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    known: Arc<Known>,
    scope: Scope,
    origin: Origin,
    by_cookie: bool,
}

/// Where a request came from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origin {
    /// The client's address as far as it is known.
    pub(crate) address: Option<IpAddr>,
    /// The request's id, as in its answer and in the log.
    pub(crate) request_id: String,
}

impl Caller {
    /// Somebody whose route needs no permission: they see nothing through it that is not theirs.
    pub(crate) fn signed_in(known: Arc<Known>, origin: Origin, by_cookie: bool) -> Self {
        let scope = Scope::within(known.tenant.clone(), std::collections::BTreeSet::new());
        Self { known, scope, origin, by_cookie }
    }

    /// Somebody whose route needs a permission; `None` when they lack it.
    pub(crate) fn with(
        known: Arc<Known>,
        origin: Origin,
        permission: Permission,
        by_cookie: bool,
    ) -> Option<Self> {
        let scope = identity::scope(&known.tenant, &known.grants, permission)?;
        Some(Self { known, scope, origin, by_cookie })
    }

    /// What they may see, for the permission that the route needs.
    pub(crate) fn scope(&self) -> &Scope {
        &self.scope
    }

    /// How far they may do something else within the same request; `None`: not at all.
    pub(crate) fn scope_for(&self, permission: Permission) -> Option<Scope> {
        identity::scope(&self.known.tenant, &self.known.grants, permission)
    }

    /// Whether they may do something in that namespace.
    pub(crate) fn may(&self, permission: Permission, namespace: &str) -> bool {
        self.scope_for(permission).is_some_and(|scope| scope.shows(namespace))
    }

    /// Whether they could do all that themselves.
    pub(crate) fn covers(&self, grant: &Grant) -> bool {
        identity::covers(&self.known.tenant, &self.known.grants, grant)
    }

    /// Who.
    pub(crate) fn principal(&self) -> &Principal {
        &self.known.principal
    }

    /// All that is known of them.
    pub(crate) fn known(&self) -> &Known {
        &self.known
    }

    /// The pod, where a cluster vouched for it: it writes only as itself.
    pub(crate) fn pod(&self) -> Option<&Pod> {
        match &self.known.principal {
            Principal::Sidecar(pod) => Some(pod),
            _ => None,
        }
    }

    /// Whether a browser's cookie says so.
    pub(crate) fn by_cookie(&self) -> bool {
        self.by_cookie
    }

    /// Where the request came from.
    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// An entry for the audit log: this caller did that.
    pub(crate) fn did(&self, action: &'static str, object: impl Into<String>) -> Entry {
        Entry::new(&self.known.tenant, self.known.principal.id(), &self.origin, action, object)
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;

    /// Put there by the front, which knows what the route needs. A route outside the table has none: its handler does not run.
    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        parts.extensions.get().cloned().ok_or(ApiError::Unauthorized)
    }
}
