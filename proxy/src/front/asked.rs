//! What a client of the CONNECT listener asks for: a tunnel, or plain HTTP through a proxy.

use pingora::apps::ServerApp;
use pingora::server::ShutdownWatch;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::caught::{Arrival, Catcher};
use super::client::Client;
use super::connect::{self, Authority, Host, Progress};
use super::onward::{Onward, OnwardError};
use super::places::Newcomer;
use super::{listener, opening};
use crate::dns::View;

/// The promise of a tunnel.
const ESTABLISHED: &[u8] = b"HTTP/1.1 200 Connection Established\r\n\r\n";

impl Catcher {
    /// Reads the request and answers it. `None`: there is no tunnel to go on with, and the client was told why.
    pub(super) async fn asked(
        &self,
        mut client: TcpStream,
        stopped: &ShutdownWatch,
        newcomer: &Newcomer,
    ) -> Option<Arrival> {
        let mut read = Vec::new();
        let asked = timeout(self.shared.timeouts.client_read, head(&client, &mut read)).await.ok()??;
        let authority = match asked {
            Asked::Tunnel(authority) => authority,
            Asked::Request => {
                newcomer.known();
                let mut stream = listener::stream(client);
                stream.rewind(&read);
                self.hosts.forward(&self.shared).process_new(Box::new(Client::new(stream)), stopped).await;
                return None;
            }
            Asked::Malformed => {
                self.hosts.coverage.ended(self.mode, "malformed");
                refuse(&mut client, 400, "the CONNECT request is not one: write CONNECT host:port HTTP/1.1")
                    .await;
                return None;
            }
        };
        if !self.hosts.connect_ports.contains(&authority.port) {
            self.hosts.coverage.ended(self.mode, "port");
            let allowed = connect::list(&self.hosts.connect_ports);
            let why =
                format!("port {} is not allowed through this proxy; allowed: {allowed}", authority.port);
            refuse(&mut client, 403, &why).await;
            return None;
        }
        let listed = matches!(&authority.host, Host::Name(name) if self.hosts.lists(name));
        let onward = Onward::Asked(authority, View::System);
        // A tunnel is promised when its server is reached; of a listed host we are the server.
        let server = if listed {
            None
        } else {
            match self.dial(&onward).await {
                Ok(server) => Some(server),
                Err(error) => {
                    let forbidden = matches!(error, OnwardError::Forbidden { .. });
                    self.hosts.coverage.ended(self.mode, if forbidden { "forbidden" } else { "unreachable" });
                    refuse(&mut client, if forbidden { 403 } else { 502 }, &error.to_string()).await;
                    return None;
                }
            }
        };
        client.write_all(ESTABLISHED).await.ok()?;
        Some(Arrival { client, read, onward: Some(onward), server })
    }
}

enum Asked {
    Tunnel(Authority),
    Request,
    Malformed,
}

/// Reads until it is clear what is asked, and takes a CONNECT's head out of `read`. `None`: the client left.
async fn head(client: &TcpStream, read: &mut Vec<u8>) -> Option<Asked> {
    loop {
        match connect::read(read) {
            Progress::Connect(authority, length) => {
                read.drain(..length);
                return Some(Asked::Tunnel(authority));
            }
            Progress::Malformed => return Some(Asked::Malformed),
            Progress::Other => return Some(Asked::Request),
            Progress::More => {
                if opening::more(client, read).await.ok()? == 0 {
                    return None;
                }
            }
        }
    }
}

/// Answers and closes. The client has sent nothing more that it would lose by that: it waits for the answer.
async fn refuse(client: &mut TcpStream, status: u16, why: &str) {
    let code = if status == 502 { "agentguard_unreachable" } else { "agentguard_refused" };
    let message = format!("agentguard: {why}");
    let body = serde_json::json!({ "error": { "type": code, "message": message } }).to_string();
    let reason =
        http::StatusCode::from_u16(status).ok().and_then(|s| s.canonical_reason()).unwrap_or_default();
    let answer = format!(
        "HTTP/1.1 {status} {reason}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    // The client may be gone.
    if client.write_all(answer.as_bytes()).await.is_ok() {
        let _ = client.shutdown().await;
    }
}
