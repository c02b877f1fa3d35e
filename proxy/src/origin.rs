//! The address of an upstream, as people write it: `https://host[:port][/prefix]`.

use std::fmt;
use std::str::FromStr;

use http::Uri;

/// Scheme, host, port and path prefix of an upstream.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    tls: bool,
    host: String,
    port: u16,
    prefix: String,
}

/// Why a URL is not an upstream's address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OriginError {
    /// Not a URL.
    #[error("{0:?} is not a URL; write it as https://host[:port][/prefix]")]
    NotAUrl(String),
    /// A scheme that the proxy does not speak.
    #[error("scheme {0:?} is not supported; use http or https")]
    Scheme(String),
    /// A user name or password: the client's own credentials are passed on, none are added.
    #[error("the URL must not hold a user name or password; the client's own headers are passed on")]
    Userinfo,
    /// A query.
    #[error("the URL must not hold a query")]
    Query,
}

impl Origin {
    /// The address of a host, without a prefix.
    pub(crate) fn new(tls: bool, host: &str, port: u16) -> Self {
        Self { tls, host: host.to_owned(), port, prefix: String::new() }
    }

    /// Whether TLS is spoken.
    #[must_use]
    pub fn tls(&self) -> bool {
        self.tls
    }

    /// Host name or address, lower case, IPv6 without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// TCP port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What goes before the path of every request: empty, or `/…` without a slash at its end.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// `host[:port]` as the `Host` header says it: without the scheme's own port.
    #[must_use]
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        if self.port == default_port(self.tls) { host } else { format!("{host}:{}", self.port) }
    }
}

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        let uri: Uri = text.trim().parse().map_err(|_| OriginError::NotAUrl(text.to_owned()))?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(OriginError::NotAUrl(text.to_owned()));
        };
        let tls = match scheme {
            "http" => false,
            "https" => true,
            other => return Err(OriginError::Scheme(other.to_owned())),
        };
        if authority.as_str().contains('@') {
            return Err(OriginError::Userinfo);
        }
        if uri.query().is_some() {
            return Err(OriginError::Query);
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        if host.is_empty() {
            return Err(OriginError::NotAUrl(text.to_owned()));
        }
        Ok(Self {
            tls,
            host,
            port: authority.port_u16().unwrap_or_else(|| default_port(tls)),
            prefix: uri.path().trim_end_matches('/').to_owned(),
        })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.authority(), self.prefix)
    }
}

fn default_port(tls: bool) -> u16 {
    if tls { 443 } else { 80 }
}

#[cfg(test)]
mod tests;
