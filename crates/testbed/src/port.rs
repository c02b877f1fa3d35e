//! Free ports.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

/// A server that has not answered by then will not.
const PATIENCE: Duration = Duration::from_secs(60);

/// A port of the loopback that nobody has at this moment.
pub(crate) fn free() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("its address").port()
}

/// Waits until somebody listens there.
pub(crate) fn answers(port: u16, what: &str) {
    let begun = Instant::now();
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        assert!(begun.elapsed() < PATIENCE, "{what} did not open port {port} within {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
