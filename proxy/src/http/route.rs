//! From the path that the client asked for to an upstream and the path there.

use std::collections::BTreeMap;
use std::sync::Arc;

use agentguard_policy::Direction;
use agentguard_wire::{Endpoint, realtime};
use http::header::HOST;
use http::uri::PathAndQuery;
use http::{HeaderValue, Uri};
use pingora::http::RequestHeader;

use super::forward::Forward;
use crate::upstream::Target;

/// Where one request goes.
#[derive(Clone)]
pub(crate) struct Route {
    /// The upstream.
    pub(crate) target: Arc<Target>,
    /// Path and query there.
    pub(crate) path: PathAndQuery,
    /// Which way it goes.
    pub(crate) direction: Direction,
    /// What is spoken there, when it is a known LLM endpoint.
    pub(crate) endpoint: Option<Endpoint>,
    /// The model that a Realtime session is asked for there, when it is upgraded to one; empty where none is named.
    pub(crate) realtime: Option<String>,
}

/// What a request asks for.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'r> {
    pub(crate) method: &'r str,
    /// Its path and query; pingora keeps an absolute address out of it.
    pub(crate) uri: &'r Uri,
    /// The server that it is for, port or not, as the client says.
    pub(crate) host: &'r [u8],
    /// The host that its connection is for, where that is known.
    pub(crate) caught: Option<&'r Arc<Target>>,
    /// Whether the address was written out, `http://…`, as for a proxy. Then pingora has seen to it that `host` says the same.
    pub(crate) absolute: bool,
}

impl<'r> Asked<'r> {
    /// What a head asks for.
    pub(crate) fn of(head: &'r RequestHeader) -> Self {
        let authority = head.uri.authority().map(|authority| authority.as_str().as_bytes());
        let host =
            authority.or_else(|| head.headers.get(HOST).map(HeaderValue::as_bytes)).unwrap_or_default();
        let absolute =
            head.raw_path().get(..SCHEME.len()).is_some_and(|scheme| scheme.eq_ignore_ascii_case(SCHEME));
        Self { method: head.method.as_str(), uri: &head.uri, host, caught: None, absolute }
    }
}

const SCHEME: &[u8] = b"http://";

/// What a listener does with a path.
pub(crate) enum Router {
    /// `/{provider}/…` to that provider.
    BaseUrl(BTreeMap<String, Arc<Target>>),
    /// Everything to the agent.
    Inbound(Arc<Target>),
    /// Everything to the host that the client's TLS was for.
    Caught,
    /// To the server that the request names.
    Forward(Forward),
}

/// Why a path leads nowhere.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RouteError {
    /// The first segment names no provider.
    #[error(
        "no provider is called {name:?}; the path must begin with one of: {known}. Add another with \
         --upstream NAME=URL"
    )]
    UnknownProvider {
        /// What the client wrote.
        name: String,
        /// The providers, comma-separated.
        known: String,
    },
    /// The request is for another host than the connection.
    #[error("this connection is for {0}; a request for another host needs a connection of its own")]
    Misdirected(String),
    /// Not asked as of a proxy.
    #[error(
        "this is a proxy: set HTTPS_PROXY to its address, or ask with CONNECT host:443 or with an absolute http:// address"
    )]
    NotForUs,
    /// A port that clients may not reach through a proxy.
    #[error("port {port} is not allowed through this proxy; allowed: {allowed}")]
    Port {
        /// As asked for.
        port: u16,
        /// Those that are, comma-separated.
        allowed: String,
    },
    /// Path and prefix do not make a path.
    #[error("the request's path is not valid")]
    Path,
}

impl Router {
    /// Which way the listener's requests go.
    pub(crate) fn direction(&self) -> Direction {
        match self {
            Self::Inbound(_) => Direction::Inbound,
            Self::BaseUrl(_) | Self::Caught | Self::Forward(_) => Direction::Outbound,
        }
    }

    /// The route of a request.
    pub(crate) fn route(&self, request: &Asked<'_>) -> Result<Route, RouteError> {
        let Asked { method, uri, host, .. } = *request;
        let asked = uri.path_and_query().map_or("/", PathAndQuery::as_str);
        let (target, rest) = match self {
            Self::Inbound(target) => (target, asked),
            Self::Caught => match request.caught {
                Some(target) if is_for(host, target.origin.host()) => (target, asked),
                Some(target) => return Err(RouteError::Misdirected(target.origin.host().to_owned())),
                None => return Err(RouteError::NotForUs),
            },
            Self::Forward(forward) => return forward.route(request),
            Self::BaseUrl(providers) => split_provider(providers, asked)?,
        };
        let path = join(target.origin.prefix(), rest).parse().map_err(|_| RouteError::Path)?;
        let direction = self.direction();
        let outbound = direction == Direction::Outbound;
        let realtime = if outbound { realtime::model(method, rest) } else { None };
        let endpoint = Endpoint::detect(method, rest);
        Ok(Route { target: target.clone(), path, direction, endpoint, realtime })
    }
}

/// Whether an authority, port or not, names this host.
fn is_for(authority: &[u8], host: &str) -> bool {
    let name = authority.rsplitn(2, |b| *b == b':').last().unwrap_or_default();
    name.strip_suffix(b".").unwrap_or(name).eq_ignore_ascii_case(host.as_bytes())
}

fn split_provider<'a, 'b>(
    providers: &'a BTreeMap<String, Arc<Target>>,
    asked: &'b str,
) -> Result<(&'a Arc<Target>, &'b str), RouteError> {
    let path = asked.strip_prefix('/').unwrap_or(asked);
    let end = path.find(['/', '?']).unwrap_or(path.len());
    let (name, rest) = path.split_at(end);
    match providers.get(name) {
        Some(target) => Ok((target, rest)),
        None => Err(RouteError::UnknownProvider {
            name: name.chars().take(64).collect(),
            known: providers.keys().map(String::as_str).collect::<Vec<_>>().join(", "),
        }),
    }
}

/// Prefix and path as one path that begins with a slash; every other byte as it came.
fn join(prefix: &str, rest: &str) -> String {
    let slash = if prefix.is_empty() && !rest.starts_with('/') { "/" } else { "" };
    format!("{prefix}{slash}{rest}")
}

#[cfg(test)]
mod tests;
