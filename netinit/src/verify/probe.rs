//! One connection that must come back to this process.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use socket2::SockRef;

use super::{Found, VerifyError};

/// How long the connection may take to be made, and then to arrive.
const PATIENCE: Duration = Duration::from_secs(2);

/// Dials `target` and expects to meet itself at `port` of loopback.
pub(super) fn probe(target: SocketAddr, port: u16) -> Result<Found, VerifyError> {
    let (loopback, any): (IpAddr, IpAddr) = match target {
        SocketAddr::V4(_) => (Ipv4Addr::LOCALHOST.into(), Ipv4Addr::UNSPECIFIED.into()),
        SocketAddr::V6(_) => (Ipv6Addr::LOCALHOST.into(), Ipv6Addr::UNSPECIFIED.into()),
    };
    let listener_at = SocketAddr::new(loopback, port);
    let listener = match TcpListener::bind(listener_at) {
        Ok(listener) => listener,
        Err(error) if error.kind() == ErrorKind::AddrInUse => return Err(VerifyError::Occupied(listener_at)),
        Err(error) if is_absent(&error) => return Ok(Found::NoFamily(error)),
        Err(source) => return Err(VerifyError::Setup { listener: listener_at, source }),
    };
    // Connecting a datagram socket sends nothing; it only asks for a route. Without one, the kernel refuses before any rule is asked, and a refusal
    // that comes later may be a router's answer to a connection that was not redirected.
    if let Err(error) = UdpSocket::bind(SocketAddr::new(any, 0)).and_then(|socket| socket.connect(target)) {
        return Ok(Found::NoRoute(error));
    }
    let client = TcpStream::connect_timeout(&target, PATIENCE)
        .map_err(|source| VerifyError::NotRedirected { target, listener: listener_at, source })?;
    let elsewhere = || VerifyError::Elsewhere { target, listener: listener_at };
    let arrived = meet(&listener, &client).map_err(|_| elsewhere())?;
    // Closing with a reset leaves no connection in TIME_WAIT at the port that the proxy is about to bind.
    for stream in [&client, &arrived] {
        let _ = SockRef::from(stream).set_linger(Some(Duration::ZERO));
    }
    let seen = match target {
        SocketAddr::V4(_) => SockRef::from(&arrived).original_dst_v4(),
        SocketAddr::V6(_) => SockRef::from(&arrived).original_dst_v6(),
    };
    match seen.map(|address| address.as_socket()) {
        Ok(Some(seen)) if (seen.ip(), seen.port()) == (target.ip(), target.port()) => {
            Ok(Found::Works(target))
        }
        Ok(Some(seen)) => Err(VerifyError::WrongDestination { target, seen: seen.to_string() }),
        Ok(None) => Err(VerifyError::WrongDestination { target, seen: "as no address".to_owned() }),
        Err(error) => Err(VerifyError::WrongDestination { target, seen: error.to_string() }),
    }
}

/// Takes connections until the client's own comes.
fn meet(listener: &TcpListener, client: &TcpStream) -> io::Result<TcpStream> {
    let own = client.local_addr()?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        // The time limit for reading is also one for accepting (socket(7), SO_RCVTIMEO).
        SockRef::from(listener).set_read_timeout(Some(left))?;
        match listener.accept() {
            Ok((stream, peer)) if (peer.ip(), peer.port()) == (own.ip(), own.port()) => return Ok(stream),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Whether the kernel has no such family, or loopback has no address of it (`disable_ipv6`).
fn is_absent(error: &io::Error) -> bool {
    error.kind() == ErrorKind::AddrNotAvailable
        || error.raw_os_error() == Some(rustix::io::Errno::AFNOSUPPORT.raw_os_error())
}
