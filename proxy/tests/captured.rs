//! What is captured never leaves the process unredacted: not to the spool's files, not to whoever reads them.

#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use agentguard_api::VerdictEvent;
use agentguard_policy::{Capture, Policy};
use agentguard_proxy::spool::{Spool, SpoolConfig};
use agentguard_proxy::{Config, Proxy, Upstream};
use agentguard_telemetry::Secret;
use arc_swap::ArcSwap;
use prometheus::Registry;
use support::{Client, Provider, chat};
use tokio_util::sync::CancellationToken;

const KEY: &str = "sk-ant-api03-aB3dE5fG7hJ9kL1mN3pQ5rS7";
const CARD: &str = "4111 1111 1111 1111";
const MAIL: &str = "ada.lovelace@example.com";

/// Has an exchange full of secrets judged under that policy, recorded by a real spool. What a client got, the event as it would be
/// sent, and everything in the spool's folder.
async fn exchanged(policy: Policy, hash_key: Option<Secret>) -> (String, VerdictEvent, Vec<u8>) {
    let answer =
        format!("Northwind issued it to {MAIL}. The card {CARD} paid 98,777.00 USD. The key is {KEY}.");
    let provider = Provider::json(chat::answer(&answer)).await;
    let any = Some("127.0.0.1:0".parse().unwrap());
    let mut config = Config { base_url_listen: any, hash_key, ..Config::default() };
    config.upstreams.insert("openai".to_owned(), Upstream { url: provider.url().parse().unwrap() });
    let (dir, registry) = (tempfile::tempdir().unwrap(), Registry::new());
    let (spool, mut reader) = Spool::open(dir.path(), &SpoolConfig::default(), &registry).unwrap();
    let policy = Arc::new(ArcSwap::from_pointee(policy));
    let proxy = Proxy::bind(config, policy, Arc::new(spool), &registry).await.unwrap();
    let url = format!("http://{}{}", proxy.addresses().base_url.unwrap(), chat::CHAT);
    let drain = CancellationToken::new();
    let running = tokio::spawn(proxy.run(drain.clone()));
    let request = chat::request(false)
        .replace("The contact is", &format!("The key is {KEY}, mail {MAIL}. The contact is"));
    let got = Client::h1().post(&url, request).await;
    drain.cancel();
    running.await.unwrap();
    assert!(reader.accounts().flush(Duration::from_secs(20)));
    let parcel = reader.next(9, usize::MAX).unwrap().unwrap();
    let event = serde_json::from_slice(&parcel.events[0].1).unwrap();
    let mut bytes = Vec::new();
    let mut folders = vec![dir.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else {
                bytes.extend(std::fs::read(entry.path()).unwrap());
            }
        }
    }
    assert!(!bytes.is_empty());
    (got.text().to_owned(), event, bytes)
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_spool_on_disk_holds_no_secret_and_spans_point_at_their_words() {
    let (got, event, disk) = exchanged(support::policy(|rule| rule.capture = Capture::All), None).await;
    for secret in [KEY, CARD, MAIL] {
        assert!(got.contains(secret), "the client's bytes are not touched");
        assert!(!holds(&disk, secret), "{secret}");
    }
    let content = event.content.unwrap();
    let text = &content.texts[0];
    assert_eq!(
        text,
        "Northwind issued it to [redacted:email]. The card [redacted:card] paid 98,777.00 USD. The key is [redacted:api_key]."
    );
    assert!(
        content
            .evidence
            .iter()
            .any(|source| source.text.contains("The key is [redacted:api_key], mail [redacted:email]."))
    );
    let shown: Vec<String> = event
        .spans
        .iter()
        .map(|span| text.chars().skip(span.start).take(span.end - span.start).collect())
        .collect();
    assert!(shown.iter().any(|words| words.contains("98,777.00")), "{shown:?}");
    let counts: Vec<(&str, u64)> = event.redactions.iter().map(|(kind, n)| (kind.as_str(), *n)).collect();
    assert_eq!(counts, [("api_key", 2), ("card", 1), ("email", 2)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn hashes_can_be_compared_and_not_read() {
    let key = || Some(Secret::new("0123456789abcdef0123456789abcdef"));
    let policy = || support::policy(|rule| rule.capture = Capture::Hash);
    let (_, event, disk) = exchanged(policy(), key()).await;
    let hashes = event.content.unwrap().hashes.unwrap();
    for word in [KEY, "Northwind", "98,777.00", "Maria Keller"] {
        assert!(!holds(&disk, word), "{word}");
    }
    assert!(!hashes.evidence.is_empty() && hashes.texts[0].hmac.len() == 64);
    let (_, again, _) = exchanged(policy(), key()).await;
    assert_eq!(again.content.unwrap().hashes.unwrap().texts, hashes.texts);
    let (_, other, _) = exchanged(policy(), None).await;
    assert_ne!(other.content.unwrap().hashes.unwrap().texts, hashes.texts);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_policy_does_not_look_for_is_kept() {
    let text = "version: 1\ndefault: {capture: all}\nredaction: {emails: false, patterns: [{name: invoice, pattern: 'INV-[0-9]{1,6}'}]}";
    let (_, event, _) = exchanged(Policy::parse("policy.yaml", text).unwrap(), None).await;
    let content = event.content.unwrap();
    assert!(content.texts[0].contains(MAIL) && !content.texts[0].contains(CARD));
    assert!(content.evidence.iter().any(|source| source.text.contains("Invoice [redacted:invoice] was")));
    assert_eq!(event.redactions["invoice"], 1);
}
