//! The kernel's record of where a redirected connection was going (`SO_ORIGINAL_DST`).

use std::io;
use std::net::SocketAddr;

use socket2::SockRef;
use tokio::net::TcpStream;

/// Where a connection was going.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Destination {
    /// To another server; the kernel sent it here.
    Redirected(SocketAddr),
    /// To this listener itself: by mistake, or in a loop.
    Here,
}

/// Where it was going.
///
/// # Errors
/// The kernel's word when it has no record: the connection was not redirected, on a kernel without connection tracking.
pub(crate) fn of(stream: &TcpStream) -> io::Result<Destination> {
    let local = stream.local_addr()?;
    let socket = SockRef::from(stream);
    let recorded = if local.is_ipv4() { socket.original_dst_v4() } else { socket.original_dst_v6() };
    let recorded = match recorded {
        Ok(address) => address.as_socket(),
        // Connection tracking has no entry: nobody redirected it.
        Err(error) if error.raw_os_error() == Some(ENOENT) => return Ok(Destination::Here),
        Err(error) => return Err(error),
    };
    Ok(match recorded {
        Some(address) if address != local => Destination::Redirected(address),
        _ => Destination::Here,
    })
}

const ENOENT: i32 = 2;
