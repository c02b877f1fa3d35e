use proptest::prelude::*;

use super::*;

fn asked(target: &str) -> Progress {
    read(format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n").as_bytes())
}

fn to(target: &str) -> Option<(Host, u16)> {
    match asked(target) {
        Progress::Connect(authority, _) => Some((authority.host, authority.port)),
        _ => None,
    }
}

#[test]
fn names_and_addresses() {
    assert_eq!(to("API.openai.com.:443"), Some((Host::Name("api.openai.com".to_owned()), 443)));
    assert_eq!(to("192.0.2.1:8443"), Some((Host::Address("192.0.2.1".parse().unwrap()), 8443)));
    assert_eq!(to("[2001:db8::1]:443"), Some((Host::Address("2001:db8::1".parse().unwrap()), 443)));
}

#[test]
fn what_cannot_be_followed_is_malformed() {
    for target in [
        "",
        "host",
        "host:",
        "host:0",
        "host:65536",
        "host:-1",
        ":443",
        "2001:db8::1:443",
        "[::1:443",
        "a b:443",
        "h\u{f6}st:443",
        "http://host:443/",
        "user@host:443",
        "0x7f.0.0.1:443",
        "2130706433:443",
        "127.1:443",
        "host.0x7f:443",
        "a..b:443",
    ] {
        assert_eq!(asked(target), Progress::Malformed, "{target:?}");
    }
    assert_eq!(read(b"CONNECT host:443\r\n\r\n"), Progress::Malformed);
    assert_eq!(read(b"CONNECT host:443 HTTP/2\r\n\r\n"), Progress::Malformed);
}

#[test]
fn the_heads_end_is_waited_for_and_found() {
    let head = b"CONNECT host:443 HTTP/1.1\r\nProxy-Connection: keep-alive\r\n\r\n";
    for end in 0..head.len() {
        assert_eq!(read(&head[..end]), Progress::More, "{end}");
    }
    let Progress::Connect(_, length) = read(&[&head[..], b"\x16\x03\x01"].concat()) else {
        panic!("a CONNECT")
    };
    assert_eq!(length, head.len());
    let endless = [&b"CONNECT host:443 HTTP/1.1\r\nX: "[..], &vec![b'x'; MAX]].concat();
    assert_eq!(read(&endless), Progress::Malformed);
}

#[test]
fn other_requests_are_not_ours() {
    for other in [
        &b"GET http://host/ HTTP/1.1\r\n\r\n"[..],
        b"CONNECTX",
        b"P",
        b"\x16\x03",
        b"connect host:443 HTTP/1.1\r\n\r\n",
    ] {
        assert_eq!(read(other), Progress::Other, "{other:?}");
    }
}

proptest! {
    #[test]
    fn nothing_makes_it_panic(rest in proptest::collection::vec(any::<u8>(), 0..300)) {
        read(&[METHOD, &rest, b"\r\n\r\n"].concat());
        read(&rest);
    }
}
