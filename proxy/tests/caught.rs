//! Connections that were going to a provider, or elsewhere, and were caught on their way.

#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod support;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use agentguard_api::{Unjudged, UnjudgedReason};
use agentguard_policy::{Action, Delivery, Policy, Thresholds};
use agentguard_proxy::Config;
use agentguard_proxy::intercept::{Catch, Intercept, Mode, Pinned, Unknown};
use agentguard_trust::{Apps, Authority, HostSet, Terms};
use http::{Request, Response};
use http_body_util::BodyExt;
use rustls::HandshakeKind;
use rustls::pki_types::CertificateDer;
use support::agent::{Agent, ask};
use support::chat;
use support::client::{Body, full};
use support::provider::{self, Seen, whole};
use support::tls::Ca;
use support::{Provider, World, observing};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const LLM: &str = "api.openai.com";
const BANK: &str = "bank.test";
const PATH: &str = "/v1/chat/completions";

/// A provider and a bank with certificates of their own, and a proxy between them and the agent.
struct Caught {
    world: World,
    llm: Provider,
    bank: Provider,
    /// Whose certificates the agent's image trusts.
    public: Ca,
    /// The bank's certificate.
    banks: CertificateDer<'static>,
    /// The proxy's own authority.
    ours: CertificateDer<'static>,
}

impl Caught {
    async fn start(mode: Mode) -> Self {
        Self::with(mode, &["h2", "http/1.1"], |_| {}).await
    }

    /// `alpn`: what the provider offers.
    async fn with(mode: Mode, alpn: &[&str], change: impl FnOnce(&mut Config)) -> Self {
        Self::guarded(mode, alpn, observing(), change).await
    }

    async fn guarded(mode: Mode, alpn: &[&str], policy: Policy, change: impl FnOnce(&mut Config)) -> Self {
        let public = Ca::new();
        let (acceptor, _) = public.acceptor(&[LLM], alpn);
        let llm = Provider::serve_tls(answer, acceptor).await;
        let (acceptor, banks) = public.acceptor(&[BANK], &["h2", "http/1.1"]);
        let bank = Provider::serve_tls(|_, _| async { whole("text/plain", "your balance") }, acceptor).await;
        let hosts = HostSet::parse([LLM, "*.llm.test"]).unwrap();
        let keys = public.folder().join("keys");
        let opened = Authority::open(&keys, &hosts, Terms::default(), Apps::NotStarted).unwrap();
        let ours = opened.authority.root().clone();
        let intercept = Intercept {
            listen: vec![Catch { mode, address: "127.0.0.1:0".parse().unwrap() }],
            hosts,
            authority: Arc::new(opened.authority),
            unknown: Unknown::Pass,
            pinned: Pinned::Fail,
            connect_ports: vec![443],
            http_ports: vec![80],
        };
        let world = World::with("http://127.0.0.1:9", policy, |config| {
            config.ca_file = Some(public.file());
            config.resolve.insert(LLM.to_owned(), llm.address);
            config.resolve.insert(BANK.to_owned(), bank.address);
            config.intercept = Some(intercept);
            change(config);
        })
        .await;
        Self { world, llm, bank, public, banks, ours }
    }

    fn address(&self) -> SocketAddr {
        self.world.addresses.caught[0]
    }

    /// An agent that trusts what its image trusts, and us.
    fn agent(&self, alpn: &[&str]) -> Agent {
        Agent::new(&[&self.public.root, &self.ours], alpn)
    }

    fn connections(&self, mode: &str, decision: &str, reason: &str) -> String {
        let name = "agentguard_proxy_caught_connections_total";
        let _ = self;
        format!("{name}{{decision=\"{decision}\",mode=\"{mode}\",reason=\"{reason}\"}}")
    }
}

fn unjudged(host: &str, reason: UnjudgedReason, connections: u64) -> Unjudged {
    Unjudged { host: host.to_owned(), reason, connections }
}

/// A chat completion, streamed when it is asked for; elsewhere the request again, with another way to the host, and trailers.
async fn answer(seen: Seen, dropped: Arc<tokio::sync::Notify>) -> Response<provider::Body> {
    if seen.uri.ends_with(PATH) {
        if seen.body.windows(13).any(|part| part == b"\"stream\":true") {
            return provider::stream(
                "text/event-stream",
                chat::frames(&chat::bad()),
                Duration::from_millis(1),
                dropped,
            );
        }
        return whole("application/json", chat::answer(&chat::bad()));
    }
    let mut response = whole("application/octet-stream", seen.body);
    response.headers_mut().insert("alt-svc", "h3=\":443\"".parse().unwrap());
    let mut trailers = http::HeaderMap::new();
    trailers.insert("grpc-status", "0".parse().unwrap());
    response.map(|body| body.with_trailers(async move { Some(Ok(trailers)) }).boxed_unsync())
}

fn post(path: &str, body: impl Into<bytes::Bytes>) -> Request<Body> {
    Request::post(format!("https://{LLM}{path}"))
        .header("content-type", "application/json")
        .body(full(body))
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_to_a_listed_host_is_judged_whatever_is_spoken_on_either_side() {
    for upstream in ["h2", "http/1.1"] {
        for client in ["h2", "http/1.1"] {
            for stream in [false, true] {
                let caught = Caught::with(Mode::Hosts, &[upstream], |_| {}).await;
                let secured = caught.agent(&[client]).connect(caught.address(), LLM).await.unwrap();
                let got = secured.send(post(PATH, chat::request(stream))).await;
                let sent =
                    if stream { chat::frames(&chat::bad()).concat() } else { chat::answer(&chat::bad()) };
                assert_eq!((got.status, got.text()), (200, sent.as_str()), "{client} to {upstream}");
                let event = caught.world.event().await;
                assert_eq!(
                    (event.provider.as_str(), event.host.as_str(), event.stream),
                    ("openai", LLM, stream)
                );
                assert!(!event.spans.is_empty(), "{event:?}");
                let seen = caught.llm.request();
                let version = if upstream == "h2" { http::Version::HTTP_2 } else { http::Version::HTTP_11 };
                assert_eq!(seen.version, version);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unlisted_host_shows_its_own_certificate() {
    for mode in [Mode::Hosts, Mode::Connect] {
        let caught = Caught::start(mode).await;
        // An agent that does not trust us.
        let agent = Agent::new(&[&caught.public.root], &["http/1.1"]);
        let secured = match mode {
            Mode::Connect => agent.through(caught.address(), "bank.test:443", BANK).await,
            _ => agent.connect(caught.address(), BANK).await,
        };
        let secured = secured.unwrap();
        assert_eq!(secured.shown, caught.banks);
        let got = secured.send(Request::get(format!("https://{BANK}/")).body(full("")).unwrap()).await;
        assert_eq!(got.text(), "your balance");
        caught.world.until(&caught.connections(mode.as_str(), "tunnel", "not_listed"), 1.0).await;
        assert_eq!(caught.bank.seen.lock().len(), 1);
        caught.world.events(0).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tunnel_to_a_listed_host_is_judged() {
    let caught = Caught::start(Mode::Connect).await;
    let secured = caught.agent(&["h2"]).through(caught.address(), "api.openai.com:443", LLM).await.unwrap();
    let got = secured.send(post(PATH, chat::request(true))).await;
    assert_eq!(got.text(), chat::frames(&chat::bad()).concat());
    assert_eq!(caught.world.event().await.provider, "openai");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_request_arrives_whole() {
    let caught = Caught::start(Mode::Hosts).await;
    let body: Vec<u8> = (0..300_000u32).map(|i| (i * 7 % 251) as u8).collect();
    for alpn in ["h2", "http/1.1"] {
        for path in ["/v1/files", PATH] {
            let secured = caught.agent(&[alpn]).connect(caught.address(), LLM).await.unwrap();
            let got = secured.send(post(path, body.clone())).await;
            assert_eq!(got.status, 200, "{alpn} {path}: {}", got.text());
            assert!(path == PATH || got.body == body, "{} bytes came back", got.body.len());
            assert!(caught.llm.seen.lock().last().unwrap().body == body);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_an_llm_call_keeps_its_trailers() {
    // gRPC to a listed host: h2 from end to end.
    let caught = Caught::with(Mode::Hosts, &["h2"], |_| {}).await;
    let secured = caught.agent(&["h2"]).connect(caught.address(), LLM).await.unwrap();
    let got = secured.send(post("/google.ai.Service/Call", "message")).await;
    assert_eq!((got.status, got.text()), (200, "message"));
    assert_eq!(got.trailers.unwrap()["grpc-status"], "0");
    caught.world.events(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_is_cut_before_the_made_up_sentence_in_either_protocol() {
    for alpn in ["h2", "http/1.1"] {
        let policy = support::policy(|rule| {
            rule.action = Action::Block;
            rule.delivery = Delivery::Sentence;
            rule.thresholds = Thresholds { warn: 0.25, act: 0.3 };
            rule.hold_budget = Duration::from_secs(5);
        });
        let caught = Caught::guarded(Mode::Hosts, &["h2"], policy, |_| {}).await;
        let secured = caught.agent(&[alpn]).connect(caught.address(), LLM).await.unwrap();
        let got = secured.send(post(PATH, chat::request(true))).await;
        let (text, finish) = chat::read(got.text());
        assert_eq!((text.as_str(), finish.as_deref()), (chat::FIRST, Some("content_filter")), "{alpn}");
        assert!(!got.broken && !got.text().contains("98,777"), "{alpn}: {got:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_breaks_off_breaks_off_for_the_client() {
    let public = Ca::new();
    let (acceptor, _) = public.acceptor(&[LLM], &["http/1.1"]);
    let frames = [chat::frames(&chat::good())[0].clone(), "!reset".to_owned()];
    let breaking = Provider::serve_tls(
        move |_, dropped| {
            let frames = frames.to_vec();
            async move { provider::stream("text/event-stream", frames, Duration::from_millis(150), dropped) }
        },
        acceptor,
    )
    .await;
    for alpn in ["h2", "http/1.1"] {
        let caught = Caught::with(Mode::Hosts, &["h2"], |config| {
            config.ca_file = Some(public.file());
            config.resolve.insert(LLM.to_owned(), breaking.address);
        })
        .await;
        let secured = caught.agent(&[alpn]).connect(caught.address(), LLM).await.unwrap();
        let got = secured.send(post(PATH, chat::request(true))).await;
        assert!(got.broken && got.text() == chat::frames(&chat::good())[0], "{alpn}: {got:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_other_way_to_the_host_is_told() {
    let caught = Caught::start(Mode::Hosts).await;
    let secured = caught.agent(&["http/1.1"]).connect(caught.address(), LLM).await.unwrap();
    let got = secured.send(post("/v1/files", "x")).await;
    assert_eq!((got.text(), got.header("alt-svc")), ("x", None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_for_another_host_than_the_connections_is_misdirected() {
    let caught = Caught::start(Mode::Hosts).await;
    for alpn in ["h2", "http/1.1"] {
        let secured = caught.agent(&[alpn]).connect(caught.address(), LLM).await.unwrap();
        let got = secured.send(Request::get(format!("https://{BANK}/")).body(full("")).unwrap()).await;
        assert_eq!(got.status, 421, "{alpn}");
    }
    assert!(caught.bank.seen.lock().is_empty() && caught.llm.seen.lock().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_whose_certificate_is_not_trusted_is_never_spoken_to() {
    let stranger = Ca::new();
    let (acceptor, _) = stranger.acceptor(&[LLM], &["http/1.1"]);
    let false_llm = Provider::serve_tls(answer, acceptor).await;
    let caught = Caught::with(Mode::Hosts, &["h2"], |config| {
        config.resolve.insert(LLM.to_owned(), false_llm.address);
    })
    .await;
    let secured = caught.agent(&["http/1.1"]).connect(caught.address(), LLM).await.unwrap();
    let got = secured.send(post(PATH, chat::request(false))).await;
    assert_eq!(got.status, 502, "{}", got.text());
    assert!(false_llm.seen.lock().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_pin_are_counted_and_left_alone_where_that_is_wanted() {
    for pinned in [Pinned::Fail, Pinned::Pass] {
        let caught = Caught::with(Mode::Hosts, &["h2", "http/1.1"], |config| {
            config.intercept.as_mut().unwrap().pinned = pinned;
        })
        .await;
        // It trusts the provider's own authority and no other.
        let agent = Agent::new(&[&caught.public.root], &["http/1.1"]);
        for _ in 0..3 {
            assert!(agent.connect(caught.address(), LLM).await.is_err());
        }
        caught
            .world
            .until("agentguard_proxy_tls_handshake_failures_total{mode=\"hosts\",reason=\"distrust\"}", 3.0)
            .await;
        caught
            .world
            .until("agentguard_proxy_connections_not_checked_total{reason=\"tls_pinned\"}", 3.0)
            .await;
        let mut told = vec![unjudged(LLM, UnjudgedReason::TlsPinned, 3)];
        assert_eq!(caught.world.unjudged.all(), told);
        let again = agent.connect(caught.address(), LLM).await;
        assert_eq!(again.is_ok(), pinned == Pinned::Pass);
        if let Ok(secured) = again {
            let got = secured.send(post(PATH, chat::request(false))).await;
            assert_eq!(got.status, 200);
            caught
                .world
                .until("agentguard_proxy_connections_not_checked_total{reason=\"tls_pinned\"}", 4.0)
                .await;
            caught.world.events(0).await;
            told.push(unjudged(LLM, UnjudgedReason::TlsPinnedPassed, 1));
            assert_eq!(caught.world.unjudged.all(), told);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_not_listed_and_names_that_are_hidden_are_told_of() {
    let caught = Caught::with(Mode::Connect, &["h2", "http/1.1"], |config| {
        let bank = config.resolve[BANK];
        config.resolve.insert("api.groq.com".to_owned(), bank);
    })
    .await;
    let agent = Agent::new(&[&caught.public.root], &["http/1.1"]);
    // Their certificate is the bank's: the connection passed, which is what counts.
    assert!(agent.through(caught.address(), "api.groq.com:443", "api.groq.com").await.is_err());
    let (tcp, _) = ask(caught.address(), "CONNECT bank.test:443 HTTP/1.1\r\n\r\n").await;
    assert!(agent.secure(tcp, "192.0.2.1").await.is_err()); // an address: no name in its ClientHello
    agent.through(caught.address(), "bank.test:443", BANK).await.unwrap();
    let mut told = caught.world.unjudged.all();
    told.sort_by(|one, other| one.host.cmp(&other.host));
    let groq = unjudged("api.groq.com", UnjudgedReason::NotListed, 1);
    assert_eq!(told, [groq, unjudged(Unjudged::OTHER, UnjudgedReason::NoName, 1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn connect_refuses_what_it_should_and_says_why() {
    let caught = Caught::start(Mode::Connect).await;
    for (target, status, word) in [
        ("127.0.0.1:443", 403, "loopback"),
        ("[::1]:443", 403, "loopback"),
        ("[::ffff:127.0.0.1]:443", 403, "loopback"),
        ("localhost:443", 403, "loopback"),
        ("169.254.169.254:443", 403, "link-local"),
        ("[fd00:ec2::254]:443", 403, "metadata"),
        ("0.0.0.0:443", 403, "not the address of one host"),
        ("bank.test:22", 403, "port 22 is not allowed"),
        ("no-such-host.invalid:443", 502, "does not resolve"),
        ("0x7f.1:443", 400, "CONNECT host:port"),
        ("bank.test", 400, "CONNECT host:port"),
    ] {
        let (_, answer) = ask(caught.address(), &format!("CONNECT {target} HTTP/1.1\r\n\r\n")).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")) && answer.contains(word),
            "{target}: {answer}"
        );
    }
    let (_, answer) = ask(caught.address(), "GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("HTTPS_PROXY"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_http_asked_of_the_proxy_is_passed_on_and_judged_for_a_listed_host() {
    let llm = Provider::serve(answer).await;
    let caught = Caught::with(Mode::Connect, &["h2"], |config| {
        config.resolve.insert(LLM.to_owned(), llm.address);
    })
    .await;
    let body = chat::request(false);
    let head = |path: &str| {
        format!(
            "POST http://{LLM}{path} HTTP/1.1\r\nHost: {LLM}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let (_, answer) = ask(caught.address(), &head("/v1/other")).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let (_, answer) = ask(caught.address(), &head(PATH)).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert_eq!(caught.world.event().await.provider, "openai");
    assert_eq!(llm.seen.lock()[0].headers["host"], LLM);
    let (_, answer) =
        ask(caught.address(), "GET http://127.0.0.1/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 403 ") && answer.contains("metadata"), "{answer}");
    let seen = llm.seen.lock().len();
    for port in [22, 8080] {
        let host = format!("{LLM}:{port}");
        let (_, answer) =
            ask(caught.address(), &format!("GET http://{host}/ HTTP/1.1\r\nHost: {host}\r\n\r\n")).await;
        let why = format!("port {port} is not allowed through this proxy; allowed: 80, 443");
        assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
        assert!(answer.contains(&why), "{answer}");
    }
    assert_eq!(llm.seen.lock().len(), seen);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_clients_choose_are_no_metric() {
    let caught = Caught::start(Mode::Connect).await;
    for n in 0..3 {
        let host = format!("n{n}.invalid");
        let (_, answer) =
            ask(caught.address(), &format!("GET http://{host}/ HTTP/1.1\r\nHost: {host}\r\n\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 502 ") && answer.contains(&host), "{answer}");
    }
    caught.world.until("agentguard_proxy_errors_total{kind=\"resolve\",upstream=\"other\"}", 3.0).await;
    let text = prometheus::TextEncoder::new().encode_to_string(&caught.world.registry.gather()).unwrap();
    assert!(!text.contains(".invalid"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_speaks_first_is_heard_in_a_tunnel() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mail = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut tcp, _) = listener.accept().await.unwrap();
        tcp.write_all(b"220 mail.test\r\n").await.unwrap();
        let mut heard = [0; 4];
        tcp.read_exact(&mut heard).await.unwrap();
        tcp.write_all(&heard).await.unwrap();
    });
    let caught = Caught::with(Mode::Connect, &["h2"], |config| {
        config.resolve.insert("mail.test".to_owned(), mail);
    })
    .await;
    let (mut tcp, answer) = ask(caught.address(), "CONNECT mail.test:443 HTTP/1.1\r\n\r\n").await;
    let mut greeting = answer.split_once("\r\n\r\n").unwrap().1.as_bytes().to_vec();
    while greeting.len() < 15 {
        tcp.read_buf(&mut greeting).await.unwrap();
    }
    assert_eq!(greeting, b"220 mail.test\r\n");
    tcp.write_all(b"QUIT").await.unwrap();
    let mut echoed = [0; 4];
    tcp.read_exact(&mut echoed).await.unwrap();
    assert_eq!(&echoed, b"QUIT");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_says_nothing_sensible_is_closed_and_counted() {
    let caught = Caught::with(Mode::Hosts, &["h2"], |config| {
        config.timeouts.client_read = Duration::from_millis(400);
        config.intercept.as_mut().unwrap().unknown = Unknown::Refuse;
    })
    .await;
    let refused = |reason: &str| caught.connections("hosts", "refuse", reason);
    let closed = async |said: &[u8]| {
        let mut tcp = TcpStream::connect(caught.address()).await.unwrap();
        let _ = tcp.write_all(said).await; // it may be closed before all was taken
        let mut rest = Vec::new();
        let end = tokio::time::timeout(Duration::from_secs(5), tcp.read_to_end(&mut rest)).await;
        assert!(end.is_ok() && rest.is_empty(), "{rest:?}");
    };
    closed(b"").await; // a port scan that waits
    caught.world.until(&refused("silent"), 1.0).await;
    closed(b"\x16\x03\x01\x02\x00\x01\x00").await; // half a handshake
    caught.world.until(&refused("unreadable_hello"), 1.0).await;
    closed(&vec![0x16; 64 << 10]).await;
    caught.world.until(&refused("unreadable_hello"), 2.0).await;
    closed(&vec![b'G'; 64 << 10]).await;
    caught.world.until(&refused("nowhere"), 1.0).await;
    drop(TcpStream::connect(caught.address()).await.unwrap());
    caught.world.until(&refused("silent"), 2.0).await;
    // It still works.
    let secured = caught.agent(&["h2"]).connect(caught.address(), LLM).await.unwrap();
    assert_eq!(secured.send(post("/v1/files", "x")).await.text(), "x");
}

#[tokio::test(flavor = "multi_thread")]
async fn names_beyond_the_list_cost_no_certificate() {
    let caught = Caught::start(Mode::Hosts).await;
    let agent = caught.agent(&["http/1.1"]);
    for n in 0..300 {
        assert!(agent.connect(caught.address(), &format!("n{n}.evil.invalid")).await.is_err());
    }
    assert_eq!(caught.world.metric("agentguard_proxy_leaf_mint_seconds_count"), 0.0);
    agent.connect(caught.address(), LLM).await.unwrap();
    agent.connect(caught.address(), LLM).await.unwrap();
    assert_eq!(caught.world.metric("agentguard_proxy_leaf_mint_seconds_count"), 1.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_of_two_hosts_are_kept_apart() {
    let caught = Caught::with(Mode::Hosts, &["h2", "http/1.1"], |config| {
        let bank = config.resolve[BANK];
        config.resolve.insert("eu.llm.test".to_owned(), bank); // whose certificate is for another name
    })
    .await;
    for alpn in ["h2", "http/1.1"] {
        let agent = caught.agent(&[alpn]);
        let (one, other) = tokio::join!(
            agent.connect(caught.address(), LLM),
            agent.connect(caught.address(), "eu.llm.test")
        );
        let request = Request::get("https://eu.llm.test/").body(full("")).unwrap();
        let (one, other) =
            tokio::join!(one.unwrap().send(post("/v1/files", "x")), other.unwrap().send(request));
        assert_eq!((one.status, one.text(), other.status), (200, "x", 502), "{alpn}");
    }
    assert!(caught.bank.seen.lock().is_empty());
    assert_eq!(caught.llm.seen.lock().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_taken_up_again_however_many_came_in_between() {
    let caught = Caught::start(Mode::Hosts).await;
    let agent = caught.agent(&["http/1.1"]);
    let first = agent.connect(caught.address(), LLM).await.unwrap();
    assert_eq!(first.tls.get_ref().1.handshake_kind(), Some(HandshakeKind::Full));
    first.send(post("/v1/files", "x")).await; // its tickets come with the answer
    for _ in 0..140 {
        caught.agent(&["http/1.1"]).connect(caught.address(), LLM).await.unwrap();
    }
    let again = agent.connect(caught.address(), LLM).await.unwrap();
    assert_eq!(again.tls.get_ref().1.handshake_kind(), Some(HandshakeKind::Resumed));
    assert_eq!(again.send(post("/v1/files", "x")).await.text(), "x");
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_say_nothing_keep_nobody_out() {
    let caught = Caught::with(Mode::Hosts, &["h2"], |config| config.limits.connections = 8).await;
    let in_use = caught.agent(&["h2"]).connect(caught.address(), LLM).await.unwrap();
    // The client's handshake ends a little before the proxy's, and until then it is a stranger like the others.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let mut half = Vec::new();
    for _ in 0..20 {
        let mut tcp = TcpStream::connect(caught.address()).await.unwrap();
        tcp.write_all(b"\x16\x03\x01\x02\x00\x01\x00").await.unwrap(); // half a handshake
        half.push(tcp);
    }
    // Seven of them have a place; the others had one in their turn.
    caught.world.until("agentguard_proxy_connections_refused_total", 13.0).await;
    let newcomer = caught.agent(&["h2"]).connect(caught.address(), LLM).await.unwrap();
    assert_eq!(newcomer.send(post("/v1/files", "x")).await.text(), "x");
    assert_eq!(in_use.send(post("/v1/files", "y")).await.text(), "y");
    // They went in the order in which they got their places, which is nearly the order in which they came: so many are counted, not
    // which. The other six say nothing for a minute before they are closed, too.
    let left = |read: std::io::Result<usize>| !matches!(read, Err(error) if error.kind() == std::io::ErrorKind::WouldBlock);
    let mut gone = 0;
    for _ in 0..500 {
        gone = half.iter().filter(|tcp| left(tcp.try_read(&mut [0]))).count();
        if gone == 14 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(gone, 14);
    caught.world.until("agentguard_proxy_connections_refused_total", 14.0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drain_ends_idle_connections_and_lets_busy_ones_finish() {
    let caught = Caught::start(Mode::Hosts).await;
    let idle = caught.agent(&["http/1.1"]).connect(caught.address(), LLM).await.unwrap();
    let busy = caught.agent(&["http/1.1"]).connect(caught.address(), LLM).await.unwrap();
    let running = tokio::spawn(busy.send(post(PATH, chat::request(true))));
    caught.world.until("agentguard_proxy_connections", 2.0).await;
    for _ in 0..500 {
        if !caught.llm.seen.lock().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let events = caught.world.stop().await;
    assert_eq!(running.await.unwrap().text(), chat::frames(&chat::bad()).concat());
    assert_eq!(events.len(), 1);
    drop(idle);
}
