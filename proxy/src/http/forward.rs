//! Plain HTTP asked of us as of a proxy: `GET http://host/path` (RFC 9112, section 3.2.2).

use std::sync::Arc;

use agentguard_policy::Direction;
use agentguard_trust::Mint;
use agentguard_wire::{Endpoint, realtime};
use http::uri::PathAndQuery;
use quick_cache::sync::Cache;

use super::route::{Asked, Route, RouteError};
use crate::dns::Dns;
use crate::front::connect::{self, Authority, Host};
use crate::upstream::Target;
use crate::{Origin, providers};

/// Servers whose addresses are remembered.
const KEPT: usize = 256;
const HTTP: u16 = 80;

/// Where such requests go.
pub(crate) struct Forward {
    mint: Arc<Mint>,
    /// To which requests may go.
    ports: Vec<u16>,
    dns: Dns,
    targets: Cache<(Host, u16), Arc<Target>>,
}

impl Forward {
    pub(crate) fn new(mint: Arc<Mint>, ports: Vec<u16>, dns: Dns) -> Self {
        Self { mint, ports, dns, targets: Cache::new(KEPT) }
    }

    /// The route of a request. Only those of listed hosts are judged.
    pub(crate) fn route(&self, request: &Asked<'_>) -> Result<Route, RouteError> {
        if !request.absolute {
            return Err(RouteError::NotForUs);
        }
        let authority = std::str::from_utf8(request.host).ok();
        let parsed = authority
            .and_then(|text| Authority::parse(text).or_else(|| Authority::parse(&format!("{text}:{HTTP}"))));
        let Authority { host, port } = parsed.ok_or(RouteError::Path)?;
        if !self.ports.contains(&port) {
            return Err(RouteError::Port { port, allowed: connect::list(&self.ports) });
        }
        let listed = matches!(&host, Host::Name(name) if self.mint.intercepts(name));
        let path = request.uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
        let endpoint = if listed { Endpoint::detect(request.method, path.as_str()) } else { None };
        let realtime = if listed { realtime::model(request.method, path.as_str()) } else { None };
        let target = self.targets.get_or_insert_with(&(host.clone(), port), || {
            let name = match &host {
                Host::Name(name) => name.clone(),
                Host::Address(address) => address.to_string(),
            };
            let origin = Origin::new(false, &name, port);
            Ok::<_, RouteError>(Arc::new(Target::asked(providers::of_host(&name), origin, &self.dns)))
        })?;
        Ok(Route { target, path, direction: Direction::Outbound, endpoint, realtime })
    }
}
