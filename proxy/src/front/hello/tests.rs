use std::sync::Arc;

use proptest::prelude::*;
use rustls::{ClientConfig, ClientConnection, RootCertStore};

use super::*;

/// What a real client says first.
fn said(name: &str) -> Vec<u8> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    let mut client = ClientConnection::new(Arc::new(config), name.to_owned().try_into().unwrap()).unwrap();
    let mut bytes = Vec::new();
    client.write_tls(&mut bytes).unwrap();
    bytes
}

fn named(name: &str) -> Progress {
    Progress::Hello(Hello { name: Some(name.to_owned()), encrypted: false })
}

/// The same handshake message in records of so many bytes.
fn in_records(hello: &[u8], size: usize) -> Vec<u8> {
    let message = &hello[RECORD..];
    let record = |piece: &[u8]| {
        let length = u16::try_from(piece.len()).unwrap().to_be_bytes();
        [&[HANDSHAKE, 3, 1, length[0], length[1]], piece].concat()
    };
    message.chunks(size).flat_map(record).collect()
}

/// A hello with these extensions, by hand.
fn built(extensions: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let vector16 =
        |content: &[u8]| [&u16::try_from(content.len()).unwrap().to_be_bytes()[..], content].concat();
    let all: Vec<u8> = extensions
        .iter()
        .flat_map(|(kind, content)| [&kind.to_be_bytes()[..], &vector16(content)].concat())
        .collect();
    let body = [&[3, 3][..], &[7; 32], &[0], &vector16(&[0x13, 0x01]), &[1, 0], &vector16(&all)].concat();
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    let message = [&[CLIENT_HELLO, length[1], length[2], length[3]][..], &body].concat();
    in_records(&[&[0; RECORD][..], &message].concat(), 1 << 14)
}

fn server_names(names: &[(u8, &[u8])]) -> Vec<u8> {
    let list: Vec<u8> = names
        .iter()
        .flat_map(|(kind, name)| {
            [&[*kind][..], &u16::try_from(name.len()).unwrap().to_be_bytes(), name].concat()
        })
        .collect();
    [&u16::try_from(list.len()).unwrap().to_be_bytes()[..], &list].concat()
}

#[test]
fn a_real_clients_name_is_read() {
    assert_eq!(read(&said("api.openai.com")), named("api.openai.com"));
    assert_eq!(read(&said("API.OpenAI.com")), named("api.openai.com"));
    assert_eq!(
        read(&said("192.0.2.7")),
        Progress::Hello(Hello::default()),
        "an address is not sent as a name"
    );
}

#[test]
fn every_beginning_of_a_hello_asks_for_more_and_what_follows_it_changes_nothing() {
    let hello = said("api.anthropic.com");
    for end in 0..hello.len() {
        assert_eq!(read(&hello[..end]), Progress::More, "{end} bytes");
    }
    assert_eq!(read(&[&hello[..], b"early data"].concat()), named("api.anthropic.com"));
}

#[test]
fn a_hello_in_many_records_is_read() {
    let hello = said("api.anthropic.com");
    for size in [1, 2, 3, 4, 5, 100] {
        let pieces = in_records(&hello, size);
        assert_eq!(read(&pieces), named("api.anthropic.com"), "records of {size}");
        assert_eq!(read(&pieces[..pieces.len() - 1]), Progress::More, "records of {size}");
    }
}

#[test]
fn other_protocols_are_told_by_their_first_bytes() {
    for other in [
        &b"G"[..],
        b"GET / HTTP/1.1\r\n",
        b"SSH-2.0-",
        b"\x16\x02",
        b"\x17\x03\x03",
        b"\x16\x03\x01\x00\x00",
        b"\x80\x2e\x01",
    ] {
        assert_eq!(read(other), Progress::Other, "{other:?}");
    }
    assert_eq!(read(b""), Progress::More);
    assert_eq!(read(b"\x16\x03\x01\x00\x05\x02"), Progress::Other, "a handshake message, not a ClientHello");
}

#[test]
fn an_endless_hello_is_given_up() {
    let mut endless = vec![HANDSHAKE, 3, 1, 0xff, 0xff, CLIENT_HELLO, 0xff, 0xff, 0xff];
    endless.resize(MAX - 1, 0);
    assert_eq!(read(&endless), Progress::More);
    endless.push(0);
    assert_eq!(read(&endless), Progress::Other);
}

#[test]
fn names_that_are_none_are_not_taken_for_some() {
    for name in [
        &b""[..],
        b".",
        b"a..b",
        b"api.openai.com\0.evil.test",
        "b\u{fc}cher.de".as_bytes(),
        b"a b",
        &[b'a'; 254],
    ] {
        let hello = built(&[(SERVER_NAME, server_names(&[(HOST_NAME, name)]))]);
        assert_eq!(read(&hello), Progress::Hello(Hello::default()), "{name:?}");
    }
    let dotted = built(&[(SERVER_NAME, server_names(&[(9, b"x"), (HOST_NAME, b"api.openai.com.")]))]);
    assert_eq!(read(&dotted), named("api.openai.com"));
}

#[test]
fn an_encrypted_hello_is_seen() {
    let hello =
        built(&[(ENCRYPTED_HELLO, vec![0; 10]), (SERVER_NAME, server_names(&[(HOST_NAME, b"cover.test")]))]);
    assert_eq!(read(&hello), Progress::Hello(Hello { name: Some("cover.test".to_owned()), encrypted: true }));
}

#[test]
fn lengths_that_lie_make_it_unreadable() {
    let mut hello = built(&[(SERVER_NAME, server_names(&[(HOST_NAME, b"api.openai.com")]))]);
    let at = hello.len() - 16; // the name's length
    hello[at] = 0x7f;
    assert_eq!(read(&hello), Progress::Other);
}

proptest! {
    #[test]
    fn nothing_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600), as_hello in any::<bool>()) {
        let bytes = if as_hello { in_records(&[&[0; RECORD][..], &[CLIENT_HELLO, 0, 0, 200], &bytes].concat(), 90) } else { bytes };
        let whole = read(&bytes);
        // What was decided early stands.
        for end in 0..bytes.len() {
            match read(&bytes[..end]) {
                Progress::More => {}
                decided => prop_assert_eq!(&decided, &whole),
            }
        }
    }
}
