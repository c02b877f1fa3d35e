//! Who asks, as the handlers see it.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::request::Parts;

use crate::store::scope::{DEFAULT_TENANT, Scope};

/// Who asks and how far they may see. A handler that takes one can give [`Self::scope`] to the store, and only that.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    scope: Scope,
}

impl Caller {
    /// What they may see.
    pub(crate) fn scope(&self) -> &Scope {
        &self.scope
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Infallible;

    /// Whoever has the one token sees everything.
    async fn from_request_parts(_parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self { scope: Scope::tenant(DEFAULT_TENANT) })
    }
}
