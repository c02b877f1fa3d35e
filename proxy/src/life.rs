//! The life of an exchange, to be read aloud.

use std::sync::Arc;

use pingora::Result;
use pingora::proxy::Session;

use crate::exchange::request;
use crate::http::relay::{Received, Relay};
use crate::http::route::Route;
use crate::shared::Shared;

/// Whether a request belongs to an LLM endpoint, and so becomes an exchange. Everything else is plainly proxied.
pub(crate) fn concerns(session: &Session, route: &Route) -> bool {
    route.endpoint.is_some() && !session.is_upgrade_req()
}

/// From the request's head to the answer's last byte.
pub(crate) async fn exchange(session: &mut Session, route: &Arc<Route>, shared: &Arc<Shared>) -> Result<()> {
    let upload = request::read(session, shared.limits.request_bytes).await?;
    let mut relay = Relay::start(session, route, upload, shared.timeouts.between_bytes)?;
    loop {
        match relay.next().await? {
            Received::Interim(head) | Received::Head(head) => relay.send_head(head).await?,
            Received::Body(bytes) => relay.send_body(bytes).await?,
            Received::Trailers(trailers) => return relay.send_end(Some(trailers)).await,
            Received::End => return relay.send_end(None).await,
        }
    }
}
