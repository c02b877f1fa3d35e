//! One listening socket: its accept loop and its connections.

use std::io;
use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::time::Duration;

use pingora::apps::{HttpServerApp, ServerApp};
use pingora::protocols::l4::stream::Stream;
use pingora::protocols::{GetSocketDigest, SocketDigest};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::app::{self, App};
use super::caught::Catcher;
use super::client::Client;
use super::places::{Newcomer, Places};
use super::sniff::{self, Protocol};
use crate::http::route::Router;
use crate::shared::Shared;

/// Pause after a failed accept (out of file descriptors, mostly).
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A bound listener.
pub(crate) struct Listener {
    tcp: TcpListener,
    address: SocketAddr,
    life: Life,
    shared: Arc<Shared>,
    places: Places,
}

/// What becomes of its connections.
enum Life {
    /// They were meant for us: HTTP/1.1 or h2 in the clear.
    Meant { http1: Arc<App>, http2: Arc<App> },
    /// They were caught on their way elsewhere.
    Caught(Catcher),
}

impl Listener {
    /// Binds. All listeners of a proxy draw on the same `places` for connections.
    pub(crate) async fn bind(
        address: SocketAddr,
        router: Router,
        shared: &Arc<Shared>,
        places: &Places,
    ) -> io::Result<Self> {
        let tcp = TcpListener::bind(address).await?;
        let proxy = app::proxy(router, shared);
        let app = |protocol| Arc::new(App::new(proxy.clone(), protocol, &shared.timeouts));
        let life = Life::Meant { http1: app(Protocol::Http1), http2: app(Protocol::Http2) };
        Self::new(tcp, life, shared, places)
    }

    /// Binds for connections that are caught.
    pub(crate) async fn catching(
        address: SocketAddr,
        catcher: Catcher,
        shared: &Arc<Shared>,
        places: &Places,
    ) -> io::Result<Self> {
        let tcp = TcpListener::bind(address).await?;
        Self::new(tcp, Life::Caught(catcher), shared, places)
    }

    fn new(tcp: TcpListener, life: Life, shared: &Arc<Shared>, places: &Places) -> io::Result<Self> {
        let address = tcp.local_addr()?;
        Ok(Self { tcp, address, life, shared: shared.clone(), places: places.clone() })
    }

    /// The address that was bound.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Accepts until told to drain; then idle connections are closed and busy ones finish on `connections`.
    pub(crate) async fn serve(self, drain: CancellationToken, connections: TaskTracker) {
        let (stop, stopped) = watch::channel(false);
        let listener = Arc::new(self);
        loop {
            let accepted = tokio::select! {
                () = drain.cancelled() => break,
                accepted = listener.tcp.accept() => accepted,
            };
            match accepted {
                Ok((tcp, _)) => listener.clone().admit(tcp, &stopped, &connections),
                Err(error) => {
                    tracing::warn!(%error, listener = %listener.address, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        let _ = stop.send(true);
        match &listener.life {
            Life::Meant { http1, .. } => http1.http_cleanup().await,
            Life::Caught(catcher) => catcher.hosts.cleanup().await,
        }
        // The channel must outlive the connections: they watch it.
        connections.spawn(async move {
            stop.closed().await;
        });
    }

    fn admit(self: Arc<Self>, tcp: TcpStream, stopped: &watch::Receiver<bool>, connections: &TaskTracker) {
        let stopped = stopped.clone();
        connections.spawn(async move {
            self.shared.metrics.connections.inc();
            tokio::select! {
                () = self.converse(tcp, &stopped) => {}
                () = self.shared.cut.cancelled() => {}
            }
            self.shared.metrics.connections.dec();
        });
    }

    async fn converse(&self, tcp: TcpStream, stopped: &watch::Receiver<bool>) {
        let Some((newcomer, place)) = self.places.admit().await else {
            return self.shared.metrics.connections_refused.inc();
        };
        let talk = async {
            match &self.life {
                Life::Meant { http1, http2 } => {
                    self.meant(tcp, [http1, http2], stopped, &newcomer).await;
                    drop(place);
                }
                Life::Caught(catcher) => catcher.converse(tcp, stopped, &newcomer, place).await,
            }
        };
        tokio::select! {
            () = talk => {}
            () = newcomer.sent_away() => self.shared.metrics.connections_refused.inc(),
        }
    }

    async fn meant(
        &self,
        tcp: TcpStream,
        [http1, http2]: [&Arc<App>; 2],
        stopped: &watch::Receiver<bool>,
        newcomer: &Newcomer,
    ) {
        let _ = tcp.set_nodelay(true); // fails only on a connection that is gone already
        let mut stream = stream(tcp);
        let mut draining = stopped.clone();
        let told = tokio::select! {
            told = sniff::protocol(&mut stream, self.shared.timeouts.client_read) => told,
            _ = draining.wait_for(|stop| *stop) => None,
        };
        let app = match told {
            Some(Protocol::Http1) => http1,
            Some(Protocol::Http2) => http2,
            None => return,
        };
        newcomer.known();
        app.process_new(Box::new(Client::new(stream)), stopped).await;
    }
}

/// A client's socket as pingora takes it.
pub(crate) fn stream(tcp: TcpStream) -> Stream {
    let digest = SocketDigest::from_raw_fd(tcp.as_raw_fd());
    let mut stream = Stream::from(tcp);
    stream.set_socket_digest(digest);
    stream
}
