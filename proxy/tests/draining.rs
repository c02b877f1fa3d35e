//! Starting and stopping.

#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use agentguard_judge::NotChecked;
use agentguard_proxy::{BindError, Config, Proxy};
use http::Request;
use support::client::{full, read};
use support::{Client, Provider, World};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

const CHAT: &str = "/openai/v1/chat/completions";

#[tokio::test(flavor = "multi_thread")]
async fn idle_connections_are_let_go_at_once() {
    let provider = Provider::json("{}").await;
    let world = World::start(&provider.url()).await;
    let (h1, h2) = (Client::h1(), Client::h2());
    h1.post(&world.url(CHAT), "{}").await;
    h2.post(&world.url(CHAT), "{}").await;
    let mut silent = TcpStream::connect(world.addresses.base_url.unwrap()).await.unwrap();
    world.until("agentguard_proxy_connections", 3.0).await;
    let begun = Instant::now();
    world.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    assert_eq!(silent.read(&mut [0; 1]).await.unwrap_or(0), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_stream_is_finished_before_the_end() {
    let provider =
        Provider::sse(&["data: 1\n\n", "data: 2\n\n", "data: 3\n\n"], Duration::from_millis(300)).await;
    for client in [Client::h1(), Client::h2()] {
        let world = World::start(&provider.url()).await;
        let begun = Instant::now();
        let response = client.open(Request::post(world.url(CHAT)).body(full("{}")).unwrap()).await.unwrap();
        world.drain.cancel();
        let got = read(response, begun).await;
        assert!(!got.broken);
        assert!(got.text().ends_with("data: 3\n\n"), "{}", got.text());
        let begun = Instant::now();
        world.stop().await;
        assert!(begun.elapsed() < Duration::from_secs(1), "and then there is nothing to wait for");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn at_the_deadline_a_stream_is_cut() {
    let provider = Provider::sse(&["data: tick\n\n"; 1000], Duration::from_millis(50)).await;
    for client in [Client::h1(), Client::h2()] {
        let impatient = |config: &mut Config| config.timeouts.drain = Duration::from_millis(300);
        let world = World::with(&provider.url(), support::observing(), impatient).await;
        let begun = Instant::now();
        let response = client.open(Request::post(world.url(CHAT)).body(full("{}")).unwrap()).await.unwrap();
        let reading = tokio::spawn(read(response, begun));
        let events = world.stop().await;
        assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
        assert!(reading.await.unwrap().broken);
        let reasons: Vec<_> = events.iter().map(|event| event.reason).collect();
        assert_eq!(reasons, [Some(NotChecked::Aborted)], "recorded by the time that the proxy has ended");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ready_turns_when_the_drain_begins_and_metrics_are_text() {
    let provider = Provider::sse(&["data: tick\n\n"; 20], Duration::from_millis(50)).await;
    let world = World::start(&provider.url()).await;
    let admin = |path: &str| format!("http://{}{path}", world.addresses.admin.unwrap());
    let client = Client::h1();
    for path in ["/startup", "/live", "/ready"] {
        assert_eq!(client.get(&admin(path)).await.status, 200, "{path}");
    }
    let metrics = client.get(&admin("/metrics")).await;
    assert!(metrics.header("content-type").unwrap().starts_with("text/plain; version=0.0.4"));
    assert!(metrics.text().contains("agentguard_proxy_connections 0"), "{}", metrics.text());
    let _held = client.open(Request::post(world.url(CHAT)).body(full("{}")).unwrap()).await.unwrap();
    world.drain.cancel();
    assert_eq!(client.get(&admin("/ready")).await.status, 503);
    assert_eq!(client.get(&admin("/live")).await.status, 200);
}

#[tokio::test]
async fn a_taken_address_is_an_error_that_names_listener_and_address() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap();
    let config = Config { admin_listen: Some(address), ..Config::default() };
    let (events, registry) = (Arc::new(support::Events::default()), prometheus::Registry::new());
    let error = Proxy::bind(config, Arc::default(), events, &registry).await.err().unwrap();
    assert!(matches!(error, BindError::Listen { what: "admin", .. }));
    assert!(error.to_string().contains(&address.to_string()), "{error}");
}
