//! The CONNECT head: it ends where it says, and its authority reads the same written out again.
#![no_main]
#![allow(dead_code, reason = "the proxy's modules, of which a part is used here")]

use libfuzzer_sys::fuzz_target;

#[path = "../../proxy/src/front/connect.rs"]
mod connect;
#[path = "../../proxy/src/front/hello.rs"]
mod hello;

use connect::{Authority, Host, Progress, read};

fuzz_target!(|bytes: &[u8]| {
    if let Progress::Connect(authority, length) = read(bytes) {
        assert!(bytes[..length].ends_with(b"\r\n\r\n"));
        let host = match &authority.host {
            Host::Name(name) => name.clone(),
            Host::Address(std::net::IpAddr::V6(address)) => format!("[{address}]"),
            Host::Address(address) => address.to_string(),
        };
        assert_eq!(Authority::parse(&format!("{host}:{}", authority.port)), Some(authority));
    }
});
