//! Whose fault a failed exchange is, what the client is told, and what is counted.

use pingora::{Error, ErrorSource, ErrorType};
use prometheus::{IntCounterVec, Opts, Registry};

use super::reply::Reply;

/// What went wrong, as far as anybody can act on it. A closed set: it is a metric label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The upstream's name has no address.
    Resolve,
    /// The upstream is one that clients may not reach through a proxy.
    Forbidden,
    /// No TCP connection.
    Connect,
    /// No TLS session: certificate, name or protocol.
    Tls,
    /// The upstream was silent for too long.
    Timeout,
    /// The upstream broke off.
    Reset,
    /// The upstream said something that is not HTTP.
    Protocol,
    /// The client went away or stopped reading.
    Client,
    /// The client's request is not HTTP as we understand it.
    Request,
    /// The proxy is being stopped.
    Stopped,
    /// None: the policy stopped it.
    Cut,
    /// Something of our own.
    Internal,
}

/// The error type of a name that does not resolve.
pub(crate) const RESOLVE: ErrorType = ErrorType::Custom("Resolve");
/// The error type of an address that clients may not reach.
pub(crate) const FORBIDDEN: ErrorType = ErrorType::Custom("Forbidden");
/// The error type of a stream that the policy stops and whose format has no ending.
pub(crate) const CUT: ErrorType = ErrorType::Custom("Cut");
/// The error type of an exchange that is cut because the proxy stops.
pub(crate) const STOPPED: ErrorType = ErrorType::Custom("Stopped");

impl Fault {
    /// Reads pingora's error.
    pub(crate) fn of(error: &Error) -> Self {
        use ErrorType as E;
        match (&error.etype, error.esource()) {
            (t, _) if *t == RESOLVE => Self::Resolve,
            (t, _) if *t == FORBIDDEN => Self::Forbidden,
            (t, _) if *t == STOPPED => Self::Stopped,
            (t, _) if *t == CUT => Self::Cut,
            (
                E::ReadTimedout | E::InvalidHTTPHeader | E::H1Error | E::HTTPStatus(_),
                ErrorSource::Downstream,
            ) => Self::Request,
            (_, ErrorSource::Downstream) => Self::Client,
            (E::TLSHandshakeFailure | E::TLSHandshakeTimedout | E::InvalidCert | E::HandshakeError, _) => {
                Self::Tls
            }
            (E::ConnectTimedout | E::ReadTimedout | E::WriteTimedout, _) => Self::Timeout,
            (
                E::ConnectRefused
                | E::ConnectNoRoute
                | E::ConnectError
                | E::ConnectProxyFailure
                | E::BindError
                | E::SocketError,
                _,
            ) => Self::Connect,
            (E::InvalidHTTPHeader | E::H1Error | E::InvalidH2 | E::H2Downgrade, _) => Self::Protocol,
            (E::ConnectionClosed | E::ReadError | E::WriteError | E::H2Error, _)
            | (_, ErrorSource::Upstream) => Self::Reset,
            _ => Self::Internal,
        }
    }

    /// Its name in metrics and logs.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Resolve => "resolve",
            Self::Forbidden => "forbidden",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::Reset => "reset",
            Self::Protocol => "protocol",
            Self::Client => "client",
            Self::Request => "request",
            Self::Stopped => "stopped",
            Self::Cut => "cut",
            Self::Internal => "internal",
        }
    }

    /// What the client is told while a head can still be sent; `None`: there is nobody to tell.
    pub(crate) fn reply(self, upstream: &str) -> Option<Reply> {
        let (status, message) = match self {
            Self::Resolve => (502, format!("the name of {upstream} does not resolve")),
            Self::Forbidden => (
                403,
                format!(
                    "{upstream} is this machine, its network segment or a cloud's metadata: it cannot be reached through this proxy"
                ),
            ),
            Self::Connect => (502, format!("{upstream} cannot be reached")),
            Self::Tls => {
                (502, format!("no TLS session with {upstream}: its certificate or protocol was refused"))
            }
            Self::Timeout => (504, format!("{upstream} did not answer in time")),
            Self::Reset => (502, format!("{upstream} closed the connection before it answered")),
            Self::Protocol => (502, format!("{upstream} did not answer in HTTP")),
            Self::Request => (400, "the request could not be read".to_owned()),
            Self::Stopped => (503, "the proxy is being stopped".to_owned()),
            Self::Internal => (500, "the proxy failed".to_owned()),
            Self::Client | Self::Cut => return None,
        };
        Some(Reply::error(status, "agentguard_proxy_error", &format!("agentguard: {message}")))
    }
}

/// Counts faults.
pub(crate) struct FaultMetrics(IntCounterVec);

impl FaultMetrics {
    pub(crate) fn new(registry: &Registry) -> prometheus::Result<Self> {
        let faults = IntCounterVec::new(
            Opts::new(
                "agentguard_proxy_errors_total",
                "Exchanges that failed, by upstream and kind of fault",
            ),
            &["upstream", "kind"],
        )?;
        registry.register(Box::new(faults.clone()))?;
        Ok(Self(faults))
    }

    pub(crate) fn count(&self, upstream: &str, fault: Fault) {
        self.0.with_label_values(&[upstream, fault.as_str()]).inc();
    }
}
