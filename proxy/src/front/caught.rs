//! The life of a caught connection, to be read aloud.
//!
//! It was going to a server on the internet and came here instead. What it says first is read, and decides: TLS for a listed
//! host ends here and its requests are judged; everything else goes where it was going, byte for byte.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use pingora::apps::ServerApp;
use pingora::server::ShutdownWatch;
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;

use super::client::Client;
use super::connect::{Authority, Host};
use super::decide::{Decision, Mode, Opening, decide};
use super::destination::{self, Destination};
use super::hosts::Hosts;
use super::onward::{Onward, OnwardError};
use super::places::Newcomer;
use super::secure::{Refusal, Secure};
use super::{listener, opening, tunnel};
use crate::dns::View;
use crate::shared::Shared;

/// The port that TLS is meant for where only a name is known.
const HTTPS: u16 = 443;

/// What all caught connections of a listener share.
pub(crate) struct Catcher {
    pub(crate) mode: Mode,
    pub(crate) hosts: Arc<Hosts>,
    pub(crate) shared: Arc<Shared>,
}

/// A connection that has arrived: what it has said, and where it was going.
pub(super) struct Arrival {
    pub(super) client: TcpStream,
    pub(super) read: Vec<u8>,
    pub(super) onward: Option<Onward>,
    /// The connection there, where it was needed already.
    pub(super) server: Option<TcpStream>,
}

impl Catcher {
    /// From the first byte to the last. `place`: among the connections that may hold what a judged one holds.
    pub(crate) async fn converse(
        &self,
        client: TcpStream,
        stopped: &ShutdownWatch,
        newcomer: &Newcomer,
        place: OwnedSemaphorePermit,
    ) {
        let _ = client.set_nodelay(true); // fails only on a connection that is gone already
        // Where was it going?
        let arrival = match self.mode {
            Mode::Transparent => self.redirected(client),
            Mode::Hosts => Some(Arrival { client, read: Vec::new(), onward: None, server: None }),
            Mode::Connect => self.asked(client, stopped, newcomer).await,
        };
        let Some(mut arrival) = arrival else { return };
        // What does it speak, and for whom?
        let Some(opening) = self.tell(&mut arrival).await else {
            return self.hosts.coverage.ended(self.mode, "silent");
        };
        // Where only the name in the ClientHello tells, that is where it is going.
        if let (None, Opening::Tls(hello)) = (&arrival.onward, &opening) {
            let named = |name: &String| {
                Onward::Asked(Authority { host: Host::Name(name.clone()), port: HTTPS }, View::DnsOnly)
            };
            arrival.onward = hello.name.as_ref().map(named);
        }
        let decision = decide(
            &opening,
            self.hosts.unknown,
            |name| self.hosts.lists(name),
            |name| self.hosts.leaves_alone(name),
            arrival.onward.is_some(),
        );
        self.hosts.decided(self.mode, &opening, &decision);
        match decision {
            Decision::Intercept(host) => self.intercept(arrival, &host, stopped, newcomer).await,
            Decision::Tunnel(_) => {
                newcomer.known();
                // A tunnel holds next to nothing, so there may be many more of them.
                let Ok(_among_tunnels) = self.hosts.tunnels.clone().try_acquire_owned() else {
                    return self.shared.metrics.connections_refused.inc();
                };
                drop(place);
                self.tunnel(arrival).await;
            }
            Decision::Refuse(_) => {}
        }
    }

    fn redirected(&self, client: TcpStream) -> Option<Arrival> {
        match destination::of(&client) {
            Ok(Destination::Redirected(address)) => {
                let onward = Some(Onward::Recorded(address));
                return Some(Arrival { client, read: Vec::new(), onward, server: None });
            }
            // Passed on, it would come back to us, and again.
            Ok(Destination::Here) => self.hosts.coverage.ended(self.mode, "loop"),
            Err(error) => {
                tracing::warn!(%error, "the kernel does not say where a redirected connection was going");
                self.hosts.coverage.ended(self.mode, "no_destination");
            }
        }
        None
    }

    async fn tell(&self, arrival: &mut Arrival) -> Option<Opening> {
        let Arrival { client, read, onward, server } = arrival;
        let dial = async {
            match onward {
                Some(onward) => self.dial(onward).await.map(Some).map_err(io::Error::other),
                None => Ok(None),
            }
        };
        opening::tell(client, read, server, dial, self.shared.timeouts.client_read).await.ok().flatten()
    }

    /// Ends TLS, and hands the requests in it to pingora.
    async fn intercept(&self, arrival: Arrival, host: &str, stopped: &ShutdownWatch, newcomer: &Newcomer) {
        let Arrival { client, read, onward, server } = arrival;
        drop(server);
        let mut stream = listener::stream(client);
        stream.rewind(&read);
        drop(read);
        let client = Client::new(stream);
        match Secure::accept(client, self.hosts.tls(), self.shared.timeouts.client_read).await {
            Ok(secure) => {
                newcomer.known();
                self.hosts.pins.trusted(host);
                let port = onward.as_ref().map_or(HTTPS, Onward::port);
                let secure = secure.bind(self.hosts.bound(host, port, &self.shared));
                self.hosts.app(&self.shared).process_new(Box::new(secure), stopped).await;
            }
            Err(refusal) => {
                tracing::debug!(host, reason = refusal.as_str(), "TLS with a client did not come about");
                self.hosts.coverage.handshake_failed(self.mode, refusal);
                if refusal == Refusal::Distrust {
                    self.hosts.watch.refused(host);
                    self.hosts.pins.refused(host, Instant::now());
                }
            }
        }
    }

    /// Passes the connection on unread.
    async fn tunnel(&self, arrival: Arrival) {
        let Arrival { client, read, onward, server } = arrival;
        let server = match (server, onward) {
            (Some(server), _) => server,
            (None, None) => return,
            (None, Some(onward)) => match self.dial(&onward).await {
                Ok(server) => server,
                Err(error) => {
                    tracing::debug!(%error, "a tunnel's server cannot be reached");
                    return self.hosts.coverage.unreachable(self.mode);
                }
            },
        };
        let moved = tunnel::splice(client, server, read).await;
        self.hosts.coverage.tunnelled(self.mode, moved);
    }

    pub(super) async fn dial(&self, onward: &Onward) -> Result<TcpStream, OnwardError> {
        onward.dial(&self.shared.dns, self.shared.timeouts.connect).await
    }
}
