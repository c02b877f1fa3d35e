//! What happens to a caught connection: a pure function of what it said and where it was going.

use super::hello::Hello;

/// How a connection came here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// The kernel redirected it: where it was going is known.
    Transparent,
    /// Its name was resolved to loopback: only the name in its ClientHello tells where it was going.
    Hosts,
    /// It asked for a tunnel to a name or an address.
    Connect,
}

impl Mode {
    /// As metrics and people call it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Transparent => "transparent",
            Self::Hosts => "hosts",
            Self::Connect => "connect",
        }
    }
}

/// What is done with connections that do not say, or may not say truly, where they are going.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unknown {
    /// They pass unread, as anything that is not listed.
    #[default]
    Pass,
    /// They are closed.
    Refuse,
}

/// What a connection said first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Opening {
    /// TLS.
    Tls(Hello),
    /// The beginning of TLS, of which a ClientHello could not be read, in time or at all.
    Unreadable,
    /// Something else.
    Plain,
    /// Nothing, and its server spoke.
    ServerFirst,
}

/// What is done with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// TLS ends here; its requests are judged.
    Intercept(String),
    /// Its bytes pass unread.
    Tunnel(Reason),
    /// It is closed.
    Refuse(Reason),
}

/// Why a connection is not intercepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Reason {
    /// Its host is not listed.
    NotListed,
    /// A ClientHello without a host name.
    NoName,
    /// Its true name may be encrypted.
    Encrypted,
    /// TLS of which the ClientHello could not be read.
    Unreadable,
    /// Not TLS.
    NotTls,
    /// The server spoke first.
    ServerFirst,
    /// The client has shown that it trusts only its own certificates for this host.
    Pinned,
    /// There is nowhere to pass it on to.
    Nowhere,
}

impl Reason {
    /// As metrics call it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::NotListed => "not_listed",
            Self::NoName => "no_name",
            Self::Encrypted => "encrypted_name",
            Self::Unreadable => "unreadable_hello",
            Self::NotTls => "not_tls",
            Self::ServerFirst => "server_first",
            Self::Pinned => "tls_pinned",
            Self::Nowhere => "nowhere",
        }
    }
}

/// Decides. `listed`: whether a host is to be intercepted; `pinned`: whether its clients refused our certificates and are
/// therefore left alone; `onward`: whether it is known where to pass the connection on to.
pub(crate) fn decide(
    opening: &Opening,
    unknown: Unknown,
    listed: impl Fn(&str) -> bool,
    pinned: impl Fn(&str) -> bool,
    onward: bool,
) -> Decision {
    let (reason, told) = match opening {
        Opening::Tls(Hello { name: Some(name), .. }) if listed(name) => {
            if !pinned(name) {
                return Decision::Intercept(name.clone());
            }
            (Reason::Pinned, true)
        }
        Opening::Tls(Hello { name: Some(_), encrypted: false }) => (Reason::NotListed, true),
        Opening::Tls(Hello { encrypted: true, .. }) => (Reason::Encrypted, false),
        Opening::Tls(Hello { name: None, .. }) => (Reason::NoName, false),
        Opening::Unreadable => (Reason::Unreadable, false),
        Opening::Plain => (Reason::NotTls, true),
        Opening::ServerFirst => (Reason::ServerFirst, true),
    };
    if !told && unknown == Unknown::Refuse {
        Decision::Refuse(reason)
    } else if !onward {
        Decision::Refuse(Reason::Nowhere)
    } else {
        Decision::Tunnel(reason)
    }
}

#[cfg(test)]
mod tests;
