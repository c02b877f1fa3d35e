//! One upstream and how it is dialled.

use http::HeaderValue;
use pingora::protocols::ALPN;
use pingora::upstreams::peer::HttpPeer;

use super::resolve::{Names, ResolveError, Resolver};
use super::roots::Roots;
use crate::dns::{Dns, View};
use crate::{Origin, Timeouts};

/// Streams on one h2 connection. pingora's own default is 1.
const H2_STREAMS: usize = 100;
/// Flow-control windows: what an upstream may send ahead of a client that reads slowly.
const H2_STREAM_WINDOW: u32 = 1 << 20;
const H2_CONNECTION_WINDOW: u32 = 8 << 20;

/// An upstream.
pub(crate) struct Target {
    /// Provider's name; empty for an agent.
    pub(crate) provider: String,
    /// Where it is.
    pub(crate) origin: Origin,
    /// Its `Host` header.
    pub(crate) authority: HeaderValue,
    resolver: Resolver,
    roots: Roots,
    /// Whether the operator or the table of providers named it; else its name is a client's word.
    known: bool,
}

impl Target {
    /// An upstream that the operator named.
    pub(crate) fn new(provider: &str, origin: Origin, roots: Roots, dns: &Dns) -> Self {
        Self::named(provider, origin, roots, Names { dns: dns.clone(), view: View::System, guarded: false })
    }

    /// A listed host that a client's connection was caught on its way to: the hosts file may say that it is us.
    pub(crate) fn caught(provider: &str, origin: Origin, roots: Roots, dns: &Dns) -> Self {
        Self::named(provider, origin, roots, Names { dns: dns.clone(), view: View::DnsOnly, guarded: true })
    }

    /// A server that a client asked for.
    pub(crate) fn asked(provider: &str, origin: Origin, dns: &Dns) -> Self {
        Self::named(provider, origin, None, Names { dns: dns.clone(), view: View::System, guarded: true })
    }

    fn named(provider: &str, origin: Origin, roots: Roots, names: Names) -> Self {
        let authority = HeaderValue::try_from(origin.authority())
            .expect("an authority that was parsed from a URL is a valid header value");
        let known = !names.guarded || provider != origin.host();
        let resolver = Resolver::new(origin.host(), origin.port(), names);
        Self { provider: provider.to_owned(), origin, authority, resolver, roots, known }
    }

    /// What it is called in metrics and logs: never a name that a client has chosen, of which there is no end.
    pub(crate) fn label(&self) -> &str {
        if self.known { self.name() } else { "other" }
    }

    /// What it is called in what clients are told.
    pub(crate) fn name(&self) -> &str {
        if self.provider.is_empty() { "agent" } else { &self.provider }
    }

    /// The peer to connect to now. `upgrade`: the request wants another protocol, which only HTTP/1.1 can carry.
    pub(crate) async fn peer(&self, upgrade: bool, timeouts: &Timeouts) -> Result<HttpPeer, ResolveError> {
        let address = self.resolver.address(timeouts.connect).await?;
        let mut peer = HttpPeer::new(address, self.origin.tls(), self.origin.host().to_owned());
        let options = &mut peer.options;
        options.alpn = if upgrade { ALPN::H1 } else { ALPN::H2H1 };
        options.max_h2_streams = H2_STREAMS;
        options.h2_stream_window_size = Some(H2_STREAM_WINDOW);
        options.h2_connection_window_size = Some(H2_CONNECTION_WINDOW);
        options.connection_timeout = Some(timeouts.connect);
        options.total_connection_timeout = Some(timeouts.connect);
        options.read_timeout = Some(timeouts.first_byte);
        options.write_timeout = Some(timeouts.upstream_write);
        options.idle_timeout = Some(timeouts.upstream_idle);
        options.ca = self.roots.clone();
        Ok(peer)
    }

    /// The peer could not be reached: the next address is dialled from now on. Says whether there is another one.
    pub(crate) fn unreachable(&self, peer: &HttpPeer) -> bool {
        if let Some(address) = peer._address.as_inet() {
            self.resolver.failed(*address);
        }
        self.resolver.choices() > 1
    }
}
