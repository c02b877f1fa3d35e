//! Bearer credentials: the one token, the sidecars' key, API keys and signed tokens.

use std::sync::Arc;

use super::{Identity, Known, Permission, Permissions, Principal, keys, secrets};
use crate::clock;
use crate::store::StoreError;

/// Longest credential looked at, bytes.
const LONGEST: usize = 8192;

impl Identity {
    /// Whose credential it is, if it is one.
    pub(crate) async fn bearer(&self, text: &str) -> Result<Option<Arc<Known>>, StoreError> {
        if text.is_empty() || text.len() > LONGEST {
            return Ok(None);
        }
        // Both are always compared: how long it takes says nothing.
        let is = |hash: &Option<secrets::Hash>| hash.as_ref().is_some_and(|hash| secrets::is(text, hash));
        let (token, sidecar) = (is(&self.token), is(&self.sidecar_token));
        if token {
            return Ok(Some(Arc::new(Known::everywhere(Principal::Token, Permissions::ALL))));
        }
        if sidecar {
            let permissions = Permissions::of(&[Permission::IngestWrite, Permission::PolicyRead]);
            return Ok(Some(Arc::new(Known::everywhere(Principal::SidecarKey, permissions))));
        }
        let key = secrets::hash(text);
        if let Some(known) = self.recent.get(&key) {
            return Ok((known.expires > clock::now()).then_some(known));
        }
        let known = if text.starts_with(keys::PREFIX) {
            self.api_key(text).await?
        } else if text.bytes().filter(|&b| b == b'.').count() == 2 {
            self.signed(text).await?
        } else {
            None
        };
        Ok(known.map(|known| {
            let known = Arc::new(known);
            self.recent.put(key, Arc::clone(&known));
            known
        }))
    }
}
