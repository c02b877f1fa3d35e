use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::thread;

use rustls::client::ClientConnection;
use rustls::pki_types::ServerName;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore, ServerConfig, ServerConnection, SupportedProtocolVersion};

use super::*;
use crate::testing::{DAY, hosts, webpki_accepts};

fn mint<const N: usize>(list: [&str; N]) -> Mint {
    let hosts = hosts(list);
    Mint::new(Arc::new(Authority::made_for(&hosts, SystemTime::now())), hosts)
}

/// A mint whose observer counts the leaves.
fn counted(mint: Mint) -> (Mint, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counter = count.clone();
    let mint = mint.with_observer(move |event| {
        if matches!(event, Event::Minted { .. }) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    });
    (mint, count)
}

#[test]
fn a_name_is_minted_once_however_it_is_written() {
    let (mint, count) = counted(mint(["api.openai.com"]));
    let first = mint.key("api.openai.com").unwrap();
    for host in ["API.openai.com", "api.openai.com."] {
        assert!(Arc::ptr_eq(&first, &mint.key(host).unwrap()));
    }
    assert_eq!((count.load(Ordering::Relaxed), mint.leaves()), (1, 1));
}

#[test]
fn ten_thousand_names_stay_within_the_bound_and_the_newest_is_kept() {
    let (mint, count) = counted(mint(["*.openai.azure.com"]).with_capacity(NonZeroUsize::new(100).unwrap()));
    for n in 0..10_000 {
        mint.key(&format!("tenant-{n}.openai.azure.com")).unwrap();
        assert!(mint.leaves() <= 100, "{} leaves after {n}", mint.leaves());
    }
    assert_eq!(count.load(Ordering::Relaxed), 10_000);
    mint.key("tenant-9999.openai.azure.com").unwrap();
    assert_eq!(count.load(Ordering::Relaxed), 10_000);
}

#[test]
fn names_that_are_not_listed_are_never_minted_nor_kept() {
    let (mint, count) = counted(mint(["*.openai.azure.com"]));
    for n in 0..10_000 {
        let why = mint.key(&format!("{n}.bank.test")).unwrap_err();
        assert!(matches!(why, MintError::NotListed), "{why}");
    }
    for host in ["openai.azure.com", "10.0.0.1", "", "a b.openai.azure.com", "*.openai.azure.com"] {
        assert!(mint.key(host).is_err() && !mint.intercepts(host), "{host}");
    }
    assert_eq!((count.load(Ordering::Relaxed), mint.leaves()), (0, 0));
}

#[test]
fn a_host_that_was_added_after_the_authority_is_refused_with_the_reason() {
    let authority = Arc::new(Authority::made_for(&hosts(["api.openai.com"]), SystemTime::now()));
    let mint = Mint::new(authority, hosts(["api.openai.com", "api.x.ai"]));
    assert!(mint.intercepts("api.openai.com") && !mint.intercepts("api.x.ai"));
    let why = mint.key("api.x.ai").unwrap_err();
    assert!(why.to_string().contains("restart the pod"), "{why}");
}

#[test]
fn a_leaf_is_renewed_after_two_thirds_of_its_life_and_is_valid_until_then() {
    let (mint, count) = counted(mint(["api.openai.com"]));
    let now = SystemTime::now();
    let hour = DAY / 24;
    let first = mint.key_at("api.openai.com", now).unwrap();
    let kept = mint.key_at("api.openai.com", now + 15 * hour).unwrap();
    assert!(Arc::ptr_eq(&first, &kept));
    webpki_accepts(&mint.authority, &first.cert[0], now + 23 * hour).unwrap();
    webpki_accepts(&mint.authority, &first.cert[0], now + 25 * hour).unwrap_err();

    let second = mint.key_at("api.openai.com", now + 17 * hour).unwrap();
    assert!(!Arc::ptr_eq(&first, &second));
    webpki_accepts(&mint.authority, &second.cert[0], now + 40 * hour).unwrap();
    assert_eq!((count.load(Ordering::Relaxed), mint.leaves()), (2, 1));

    // A clock that was set back by more than the backdating finds a leaf that is not valid yet.
    let third = mint.key_at("api.openai.com", now).unwrap();
    assert!(!Arc::ptr_eq(&second, &third));
    webpki_accepts(&mint.authority, &third.cert[0], now).unwrap();
}

#[test]
fn no_leaf_outlives_its_authority() {
    let mint = mint(["api.openai.com"]);
    let end = mint.authority.expires();
    let late = mint.key_at("api.openai.com", end - DAY / 24).unwrap();
    webpki_accepts(&mint.authority, &late.cert[0], end - DAY / 48).unwrap();
    webpki_accepts(&mint.authority, &late.cert[0], end + DAY / 24).unwrap_err();
    let why = mint.key_at("api.openai.com", end + DAY / 24).unwrap_err();
    assert!(matches!(why, MintError::Expired), "{why}");
}

#[test]
fn first_requests_at_the_same_time_mint_once() {
    let (mint, count) = counted(mint(["*.openai.azure.com"]));
    for round in 0..20 {
        let host = format!("tenant-{round}.openai.azure.com");
        let start = Barrier::new(8);
        let keys: Vec<_> = thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        start.wait();
                        mint.key(&host).unwrap()
                    })
                })
                .collect();
            threads.into_iter().map(|t| t.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| Arc::ptr_eq(key, &keys[0])));
    }
    assert_eq!(count.load(Ordering::Relaxed), 20);
}

#[test]
fn the_observer_hears_of_time_and_refusals() {
    let (send, told) = mpsc::sync_channel(16);
    let mint = mint(["api.openai.com"]).with_observer(move |event| {
        send.send(match event {
            Event::Minted { host, took } => {
                assert!(*took > Duration::ZERO && *took < Duration::from_secs(10));
                format!("minted {host}")
            }
            Event::Refused { host, why } => format!("refused {host}: {why}"),
        })
        .unwrap();
    });
    mint.key("API.openai.com").unwrap();
    mint.key("api.openai.com").unwrap();
    mint.key("bank.test").unwrap_err();
    drop(mint);
    assert_eq!(
        told.iter().collect::<Vec<_>>(),
        ["minted api.openai.com", "refused bank.test: the host is not in the list of intercepted hosts"]
    );
}

/// A handshake in memory; the protocol's version if it succeeded, and what the client then read.
fn handshake(
    mint: Arc<Mint>,
    host: &str,
    version: &'static SupportedProtocolVersion,
) -> Result<String, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(mint.authority.root().clone()).unwrap();
    let client = ClientConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let server = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(mint);
    let name = ServerName::try_from(host.to_owned()).unwrap();
    let mut client = ClientConnection::new(Arc::new(client), name).unwrap();
    let mut server = ServerConnection::new(Arc::new(server)).unwrap();
    let mut bytes = Vec::new();
    while client.is_handshaking() || server.is_handshaking() {
        bytes.clear();
        client.write_tls(&mut bytes).unwrap();
        server.read_tls(&mut bytes.as_slice()).unwrap();
        server.process_new_packets()?;
        bytes.clear();
        server.write_tls(&mut bytes).unwrap();
        client.read_tls(&mut bytes.as_slice()).unwrap();
        client.process_new_packets()?;
    }
    std::io::Write::write_all(&mut server.writer(), b"hello").unwrap();
    bytes.clear();
    server.write_tls(&mut bytes).unwrap();
    client.read_tls(&mut bytes.as_slice()).unwrap();
    client.process_new_packets()?;
    let mut read = [0; 5];
    std::io::Read::read_exact(&mut client.reader(), &mut read).unwrap();
    Ok(String::from_utf8(read.to_vec()).unwrap())
}

#[test]
fn a_rustls_client_that_trusts_the_root_completes_a_handshake() {
    let mint = Arc::new(mint(["api.openai.com", "*.openai.azure.com"]));
    for version in [&TLS12, &TLS13] {
        for host in ["api.openai.com", "mine.openai.azure.com"] {
            assert_eq!(handshake(mint.clone(), host, version).unwrap(), "hello");
        }
        handshake(mint.clone(), "bank.test", version).unwrap_err();
    }
    assert_eq!(mint.leaves(), 2);
}
