//! What pingora needs to know about a client's connection before its first request.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use pingora::apps::{HttpServerApp, HttpServerOptions, ReusedHttpStream};
use pingora::protocols::http::ServerSession;
use pingora::protocols::http::v2::server::{H2Options, default_h2_options};
use pingora::proxy::{HttpProxy, http_proxy};
use pingora::server::ShutdownWatch;
use pingora::server::configuration::ServerConf;

use super::sniff::Protocol;
use crate::Timeouts;
use crate::http::guard::Guard;
use crate::http::route::Router;
use crate::shared::Shared;

/// Requests that a client may run on one h2 connection at once.
const H2_STREAMS: u32 = 256;
/// Decoded header list of an h2 request.
const H2_HEADER_LIST: u32 = 64 << 10;
/// Wait for the rest of a request that was answered before it was read to its end.
const DISCARD: Duration = Duration::from_secs(10);

/// Idle connections kept to the upstreams of one proxy.
const POOL: usize = 512;

/// A pingora proxy of its own, with its connections to upstream.
pub(crate) fn proxy(router: Router, shared: &Arc<Shared>) -> Arc<HttpProxy<Guard>> {
    let conf = ServerConf { upstream_keepalive_pool_size: POOL, ..ServerConf::default() };
    Arc::new(http_proxy(&Arc::new(conf), Guard { router, shared: shared.clone() }))
}

/// A listener's pingora proxy, for connections of one protocol.
pub(crate) struct App {
    proxy: Arc<HttpProxy<Guard>>,
    options: HttpServerOptions,
    timeouts: Timeouts,
}

impl App {
    pub(crate) fn new(proxy: Arc<HttpProxy<Guard>>, protocol: Protocol, timeouts: &Timeouts) -> Self {
        let mut options = HttpServerOptions::default();
        options.h2c = protocol == Protocol::Http2;
        options.h2_idle_timeout = Some(timeouts.client_idle);
        Self { proxy, options, timeouts: timeouts.clone() }
    }
}

#[async_trait]
impl HttpServerApp for App {
    async fn process_new_http(
        self: &Arc<Self>,
        mut session: ServerSession,
        shutdown: &ShutdownWatch,
    ) -> Option<ReusedHttpStream> {
        session.set_keepalive(Some(self.timeouts.client_idle.as_secs().max(1)));
        session.set_read_timeout(Some(self.timeouts.client_read));
        session.set_write_timeout(Some(self.timeouts.client_write));
        // The rest of a request that was refused is read and dropped: a client that still writes would lose the answer.
        session.set_close_on_response_before_downstream_finish(false);
        session.set_total_drain_timeout(Some(DISCARD));
        // Bytes that follow a request are the next one, not a reason to give this one up.
        session.set_pipelining_enabled(true);
        self.proxy.process_new_http(session, shutdown).await
    }

    fn h2_options(&self) -> Option<H2Options> {
        let mut options = default_h2_options();
        options.max_concurrent_streams(H2_STREAMS).max_header_list_size(H2_HEADER_LIST);
        Some(options)
    }

    fn server_options(&self) -> Option<&HttpServerOptions> {
        Some(&self.options)
    }

    async fn http_cleanup(&self) {
        self.proxy.http_cleanup().await;
    }
}
