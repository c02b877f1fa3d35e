//! Which host a client's connection is for, as pingora carries it to the requests on it.
//!
//! One pingora proxy serves the connections of all hosts: a proxy of its own for each would read the platform's authorities
//! anew for each, milliseconds on a thread that others wait for, and keep two copies of them.

use std::sync::Arc;

use pingora::http::ResponseHeader;
use pingora::protocols::http::ServerSession;
use pingora::protocols::raw_connect::ProxyDigest;

use crate::upstream::Target;

/// A host, and how it is reached. Of all that pingora knows about a connection, what it came through is the one thing that can say
/// more than pingora itself has words for.
#[derive(Clone, Debug)]
pub(crate) struct Bound(Arc<ProxyDigest>);

impl Bound {
    /// For this host.
    pub(crate) fn to(target: Target) -> Self {
        let answer = ResponseHeader::build_no_case(200, None).expect("200 is a status");
        Self(Arc::new(ProxyDigest::new(Box::new(answer), Some(Box::new(Arc::new(target))))))
    }

    /// As a connection tells it.
    pub(crate) fn digest(&self) -> Arc<ProxyDigest> {
        self.0.clone()
    }

    /// The host that a request's connection is for; `None`: it was meant for us.
    pub(crate) fn of(session: &ServerSession) -> Option<&Arc<Target>> {
        session.digest()?.proxy_digest.as_ref()?.user_data.as_ref()?.downcast_ref()
    }
}
