//! What the proxy must not disturb, at LLM endpoints (relayed) and elsewhere (plainly proxied).

#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod support;

use std::time::Duration;

use agentguard_proxy::Config;
use http::{Method, Request, Version};
use support::client::full;
use support::provider::{status, stream, whole};
use support::{Client, Provider, World};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const CHAT: &str = "/openai/v1/chat/completions";
/// One of each kind of path.
const PATHS: [&str; 2] = [CHAT, "/openai/v1/files"];

async fn echo() -> Provider {
    Provider::serve(|seen, _| async move { whole("application/octet-stream", seen.body) }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_of_300_kb_arrives_whole_and_so_does_its_answer() {
    let provider = echo().await;
    let world = World::start(&provider.url()).await;
    let body: Vec<u8> = (0..300_000u32).map(|i| (i * 7 % 251) as u8).collect();
    for client in [Client::h1(), Client::h2()] {
        for path in PATHS {
            let got = client.post(&world.url(path), body.clone()).await;
            assert_eq!(got.status, 200, "{path}");
            assert!(got.body == body, "{path}: {} bytes came back", got.body.len());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn path_query_host_and_headers_are_the_providers() {
    let provider = echo().await;
    let world = World::start(&provider.url()).await;
    for path in PATHS {
        provider.seen.lock().clear();
        let request = Request::post(world.url(&format!("{path}?a=%2F&b")))
            .header("authorization", "Bearer sk-1")
            .header("accept-encoding", "gzip;q=0.5, zstd")
            .header("x-agentguard-verdict", "grounded")
            .header("x-agentguard-id", "forged")
            .body(full("{}"))
            .unwrap();
        Client::h1().send(request).await;
        let seen = provider.request();
        assert_eq!(seen.uri, format!("{}?a=%2F&b", path.strip_prefix("/openai").unwrap()));
        assert_eq!(seen.headers["host"], provider.address.to_string());
        assert_eq!(seen.headers["authorization"], "Bearer sk-1");
        assert_eq!(seen.headers["accept-encoding"], "gzip;q=0.5, zstd");
        assert!(!seen.headers.keys().any(|name| name.as_str().starts_with("x-agentguard")), "{seen:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_upstream_says_under_our_names_is_removed() {
    let provider = Provider::serve(|_, _| async {
        let mut response = whole("text/plain", "hello");
        response.headers_mut().insert("x-agentguard-verdict", "grounded".parse().unwrap());
        response
    })
    .await;
    let world = World::start(&provider.url()).await;
    let got = Client::h1().get(&world.url("/openai/v1/models")).await;
    assert_eq!((got.text(), got.ours()), ("hello", vec![]));
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_of_the_provider_pass_with_their_headers() {
    let provider = Provider::serve(|seen, _| async move {
        let code: u16 = seen.headers["x-want"].to_str().unwrap().parse().unwrap();
        let mut response = status(code, format!("{{\"error\":{{\"code\":{code}}}}}"));
        response.headers_mut().insert("retry-after", "7".parse().unwrap());
        response
    })
    .await;
    let world = World::start(&provider.url()).await;
    for code in [400, 401, 404, 429, 500, 503, 529] {
        for client in [Client::h1(), Client::h2()] {
            let request =
                Request::post(world.url(CHAT)).header("x-want", code.to_string()).body(full("{}")).unwrap();
            let got = client.send(request).await;
            assert_eq!(got.status, code);
            assert_eq!(got.header("retry-after"), Some("7"));
            assert_eq!(got.text(), format!("{{\"error\":{{\"code\":{code}}}}}"));
            assert!(got.ours().is_empty(), "{:?}", got.ours());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn head_204_and_304_have_no_body() {
    let provider = Provider::serve(|seen, _| async move {
        match seen.method {
            Method::GET => status(304, ""),
            Method::DELETE => status(204, ""),
            _ => whole("text/plain", "0123456789"),
        }
    })
    .await;
    let world = World::start(&provider.url()).await;
    for client in [Client::h1(), Client::h2()] {
        for (method, code) in [(Method::HEAD, 200), (Method::DELETE, 204), (Method::GET, 304)] {
            let request = Request::builder().method(method.clone()).uri(world.url("/openai/v1/files/1"));
            let got = client.send(request.body(full("")).unwrap()).await;
            assert_eq!((got.status, got.body.len()), (code, 0), "{method}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_provider_is_a_404_that_names_the_known_ones() {
    let world = World::start("http://127.0.0.1:9").await;
    let got = Client::h1().post(&world.url("/opnai/v1/chat/completions"), "{}").await;
    assert_eq!(got.status, 404);
    let message = got.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(
        message.contains("opnai") && message.contains("openai") && message.contains("--upstream"),
        "{message}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upstream_that_is_not_there_is_a_502_and_counted() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let world = World::start(&format!("http://{closed}")).await;
    for path in PATHS {
        let got = Client::h1().post(&world.url(path), "{}").await;
        assert_eq!(got.status, 502, "{path}");
        assert!(got.json()["error"]["message"].as_str().unwrap().contains("openai cannot be reached"));
    }
    assert_eq!(world.metric("agentguard_proxy_errors_total{kind=\"connect\",upstream=\"openai\"}"), 2.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_arrives_as_it_is_sent() {
    let frames = ["data: 1\n\n", "data: 2\n\n", "data: [DONE]\n\n"];
    let provider = Provider::sse(&frames, Duration::from_millis(200)).await;
    let world = World::start(&provider.url()).await;
    for client in [Client::h1(), Client::h2()] {
        let got = client.post(&world.url(CHAT), "{}").await;
        assert_eq!(got.text(), frames.concat());
        assert!(got.times[0] < Duration::from_millis(190), "{:?}", got.times);
        assert!(got.times[2] > Duration::from_millis(390), "{:?}", got.times);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_in_the_middle_breaks_the_clients_stream_off() {
    let provider = Provider::sse(&["data: 1\n\n", "!reset"], Duration::from_millis(50)).await;
    let world = World::start(&provider.url()).await;
    for client in [Client::h1(), Client::h2()] {
        let got = client.post(&world.url(CHAT), "{}").await;
        assert!(got.broken, "a clean end would hide the loss");
        assert_eq!(got.text(), "data: 1\n\n");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_cancels_the_upstream_at_once() {
    let frames = vec!["data: tick\n\n"; 1000];
    let provider = Provider::sse(&frames, Duration::from_millis(20)).await;
    let world = World::start(&provider.url()).await;
    for client in [Client::h1(), Client::h2()] {
        let response = client.open(Request::post(world.url(CHAT)).body(full("{}")).unwrap()).await.unwrap();
        drop(response); // the client lives on: h2 resets only the stream
        let noticed = tokio::time::timeout(Duration::from_secs(2), provider.dropped.notified()).await;
        assert!(noticed.is_ok(), "the provider still streams to nobody");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_before_the_answer_cancels_the_upstream_too() {
    let provider = Provider::serve(|_, dropped| async move {
        struct Gone(std::sync::Arc<tokio::sync::Notify>);
        impl Drop for Gone {
            fn drop(&mut self) {
                self.0.notify_one();
            }
        }
        let _gone = Gone(dropped);
        tokio::time::sleep(Duration::from_secs(60)).await;
        status(200, "")
    })
    .await;
    let world = World::start(&provider.url()).await;
    let (client, url) = (Client::h1(), world.url(CHAT));
    let asked = client.post(&url, "{}");
    let _ = tokio::time::timeout(Duration::from_millis(300), asked).await;
    drop(client);
    let noticed = tokio::time::timeout(Duration::from_secs(2), provider.dropped.notified()).await;
    assert!(noticed.is_ok(), "the provider still thinks for nobody");
}

#[tokio::test(flavor = "multi_thread")]
async fn expect_100_continue_is_answered_before_the_body_is_sent() {
    let provider = echo().await;
    let world = World::start(&provider.url()).await;
    for path in PATHS {
        provider.seen.lock().clear();
        let mut tcp = TcpStream::connect(world.addresses.base_url.unwrap()).await.unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n"
        );
        tcp.write_all(head.as_bytes()).await.unwrap();
        let mut buffer = [0; 25];
        let told = tokio::time::timeout(Duration::from_secs(5), tcp.read_exact(&mut buffer)).await;
        told.expect("100 Continue comes before the body").unwrap();
        assert!(buffer.starts_with(b"HTTP/1.1 100"), "{path}: {buffer:?}");
        tcp.write_all(b"body").await.unwrap();
        let mut rest = String::new();
        tcp.read_to_string(&mut rest).await.unwrap();
        assert!(rest.contains("200 OK") && rest.ends_with("body"), "{path}: {rest}");
        assert_eq!(provider.request().body, "body");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pipelined_requests_are_answered_in_order() {
    let provider = echo().await;
    let world = World::start(&provider.url()).await;
    for path in PATHS {
        let mut tcp = TcpStream::connect(world.addresses.base_url.unwrap()).await.unwrap();
        let one = |body: &str, close: &str| {
            format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n{close}\r\n{body}")
        };
        let both = one("one", "") + &one("two", "connection: close\r\n");
        tcp.write_all(both.as_bytes()).await.unwrap();
        let mut answers = String::new();
        tcp.read_to_string(&mut answers).await.unwrap();
        let (first, second) = (answers.find("one").unwrap(), answers.find("two").unwrap());
        assert!(first < second, "{answers}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_http_1_0_client_gets_an_answer_that_ends_with_the_connection() {
    let provider = Provider::sse(&["data: 1\n\n", "data: 2\n\n"], Duration::from_millis(10)).await;
    let world = World::start(&provider.url()).await;
    for path in PATHS {
        let mut tcp = TcpStream::connect(world.addresses.base_url.unwrap()).await.unwrap();
        let request = format!("POST {path} HTTP/1.0\r\nhost: x\r\ncontent-length: 2\r\n\r\n{{}}");
        tcp.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        tcp.read_to_string(&mut answer).await.unwrap();
        assert!(!answer.to_lowercase().contains("transfer-encoding"), "{path}: {answer}");
        assert!(answer.contains("\r\n\r\ndata: 1\n\ndata: 2\n\n"), "{path}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chunked_request_in_pieces_and_an_absolute_form_target_work() {
    let provider = echo().await;
    let world = World::start(&provider.url()).await;
    let host = world.addresses.base_url.unwrap();
    for path in PATHS {
        let mut tcp = TcpStream::connect(host).await.unwrap();
        let head = format!(
            "POST http://{host}{path} HTTP/1.1\r\nhost: {host}\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n"
        );
        tcp.write_all(head.as_bytes()).await.unwrap();
        for piece in ["3\r\nabc\r\n", "4\r\ndefg", "\r\n0\r\n", "\r\n"] {
            tcp.write_all(piece.as_bytes()).await.unwrap();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let mut answer = String::new();
        tcp.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("abcdefg"), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_websocket_passes_both_ways() {
    let upstream = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = upstream.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut tcp, _) = upstream.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(tcp.read_u8().await.unwrap());
        }
        assert!(String::from_utf8(head).unwrap().starts_with("GET /v1/realtime?model=x HTTP/1.1"));
        // pingora loses an upgrade that is answered within microseconds (cloudflare/pingora#946).
        tokio::time::sleep(Duration::from_millis(20)).await;
        let switch = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";
        tcp.write_all(switch.as_bytes()).await.unwrap();
        let mut buffer = [0; 4];
        tcp.read_exact(&mut buffer).await.unwrap();
        tcp.write_all(b"pong").await.unwrap();
        assert_eq!(&buffer, b"ping");
    });
    let world = World::start(&format!("http://{address}")).await;
    let mut tcp = TcpStream::connect(world.addresses.base_url.unwrap()).await.unwrap();
    let head = "GET /openai/v1/realtime?model=x HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: a\r\nsec-websocket-version: 13\r\n\r\n";
    tcp.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(tcp.read_u8().await.unwrap());
    }
    assert!(answer.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&answer));
    tcp.write_all(b"ping").await.unwrap();
    let mut pong = [0; 4];
    tcp.read_exact(&mut pong).await.unwrap();
    assert_eq!(&pong, b"pong");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_shorter_than_its_content_length_breaks_off() {
    let upstream = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = upstream.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut tcp, _) = upstream.accept().await.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(tcp.read_u8().await.unwrap());
            }
            let _ = tcp.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 99\r\n\r\ndata: 1\n\n").await;
        }
    });
    let world = World::start(&format!("http://{address}")).await;
    for path in PATHS {
        let got = Client::h1().post(&world.url(path), "{}").await;
        assert!(got.broken, "{path}: {got:?}");
        assert_eq!(got.text(), "data: 1\n\n");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pooled_connection_that_the_upstream_closed_meanwhile_is_no_fault_of_the_client() {
    // Answers one request a connection, says nothing of closing, and closes when the next one comes.
    let upstream = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = upstream.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut tcp, _) = upstream.accept().await.unwrap();
            tokio::spawn(async move {
                let mut request = Vec::new();
                while !request.ends_with(b"{}") {
                    let Ok(byte) = tcp.read_u8().await else { return };
                    request.push(byte);
                }
                let _ = tcp.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
                let _ = tcp.read_u8().await;
            });
        }
    });
    let world = World::start(&format!("http://{address}")).await;
    let client = Client::h1();
    for _ in 0..4 {
        let got = client.post(&world.url(CHAT), "{}").await;
        assert_eq!((got.status, got.text()), (200, "ok"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn trailers_of_an_h2_upstream_reach_an_h2_client_and_the_body_is_whole() {
    let (tls, ca) = support::tls::localhost(&["h2", "http/1.1"]);
    let provider = Provider::serve_tls(
        |_, _| async {
            use http_body_util::BodyExt;
            let mut trailers = http::HeaderMap::new();
            trailers.insert("x-tail", "1".parse().unwrap());
            whole("text/event-stream", "data: [DONE]\n\n")
                .map(|body| body.with_trailers(async move { Some(Ok(trailers)) }).boxed_unsync())
        },
        tls,
    )
    .await;
    let url = format!("https://localhost:{}", provider.address.port());
    let trusting = |config: &mut Config| config.ca_file = Some(ca.file());
    let world = World::with(&url, support::observing(), trusting).await;
    for path in PATHS {
        let got = Client::h2().post(&world.url(path), "{}").await;
        assert!(got.text().ends_with("data: [DONE]\n\n"), "{path}: {got:?}");
        assert_eq!(got.trailers.expect("trailers")["x-tail"], "1", "{path}");
        tokio::time::sleep(Duration::from_millis(50)).await;
        let got = Client::h1().post(&world.url(path), "{}").await;
        assert!(got.text().ends_with("data: [DONE]\n\n"), "{path}: {got:?}");
        // The client has its answer a little before the connection is back in the pool.
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(provider.seen.lock().iter().all(|seen| seen.version == Version::HTTP_2));
    assert_eq!(*provider.connections.lock(), 1, "all four on one connection");
    assert!(provider.seen.lock()[0].uri.starts_with(&url), "{}", provider.seen.lock()[0].uri);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_nobody_vouches_for_is_refused() {
    let (tls, _) = support::tls::localhost(&["h2"]);
    let provider = Provider::serve_tls(|_, _| async { whole("text/plain", "secret") }, tls).await;
    let world = World::start(&format!("https://localhost:{}", provider.address.port())).await;
    let got = Client::h1().post(&world.url(CHAT), "{}").await;
    assert_eq!(got.status, 502);
    assert!(provider.seen.lock().is_empty());
    assert_eq!(world.metric("agentguard_proxy_errors_total{kind=\"tls\",upstream=\"openai\"}"), 1.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_reads_slowly_slows_the_upstream_and_not_the_memory() {
    let provider = Provider::serve(|_, dropped| async move {
        stream(
            "text/event-stream",
            vec![format!("data: {}\n\n", "x".repeat(1 << 20)); 64],
            Duration::ZERO,
            dropped,
        )
    })
    .await;
    let world = World::start(&provider.url()).await;
    let mut tcp = TcpStream::connect(world.addresses.base_url.unwrap()).await.unwrap();
    tcp.write_all(format!("POST {CHAT} HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{{}}").as_bytes())
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    drop(tcp);
    world.until("agentguard_proxy_connections", 0.0).await;
    let passed = world.metric("agentguard_proxy_response_bytes_total");
    assert!(passed < f64::from(32 << 20), "{passed} bytes went towards a client that read none");
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_exchanges_are_shed_with_a_503() {
    let provider = Provider::serve(|_, _| async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        whole("text/plain", "late")
    })
    .await;
    let world =
        World::with(&provider.url(), support::observing(), |config| config.limits.exchanges = 1).await;
    let (client, url) = (Client::h1(), world.url(CHAT));
    let first = tokio::spawn({
        let (client, url) = (client.clone(), url.clone());
        async move { client.post(&url, "{}").await.status }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let second = client.post(&url, "{}").await;
    assert_eq!((second.status, second.header("retry-after")), (503, Some("1")));
    assert_eq!(first.await.unwrap(), 200);
    assert_eq!(world.metric("agentguard_proxy_exchanges_shed_total"), 1.0);
    // The first one's place is free once its verdict is there, a moment after its answer.
    let again = async {
        loop {
            let answer = client.post(&url, "{}").await;
            if answer.status == 200 {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let again = tokio::time::timeout(Duration::from_secs(10), again).await.unwrap();
    assert_eq!(again.text(), "late");
}

#[tokio::test(flavor = "multi_thread")]
async fn expect_100_continue_works_for_a_request_that_is_too_long_to_be_read() {
    let provider =
        Provider::serve(|seen, _| async move { whole("text/plain", seen.body.len().to_string()) }).await;
    let world =
        World::with(&provider.url(), support::observing(), |config| config.limits.request_bytes = 10).await;
    let mut tcp = TcpStream::connect(world.addresses.base_url.unwrap()).await.unwrap();
    let head = format!(
        "POST {CHAT} HTTP/1.1\r\nhost: x\r\ncontent-length: 40\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n"
    );
    tcp.write_all(head.as_bytes()).await.unwrap();
    let mut buffer = [0; 25];
    let told = tokio::time::timeout(Duration::from_secs(5), tcp.read_exact(&mut buffer)).await;
    told.expect("100 Continue comes before the body").unwrap();
    tcp.write_all(&[b'x'; 40]).await.unwrap();
    let mut rest = String::new();
    tcp.read_to_string(&mut rest).await.unwrap();
    assert!(rest.contains("200 OK") && rest.contains("40"), "{rest}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upstream_that_answers_before_it_has_read_the_request_is_heard() {
    let upstream = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = upstream.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut tcp, _) = upstream.accept().await.unwrap();
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(tcp.read_u8().await.unwrap());
                }
                let answer = b"HTTP/1.1 413 Payload Too Large\r\ncontent-length: 8\r\nconnection: close\r\n\r\ntoo long";
                tcp.write_all(answer).await.unwrap();
                tokio::time::sleep(Duration::from_secs(1)).await;
            });
        }
    });
    let url = format!("http://{address}");
    let world = World::with(&url, support::observing(), |config| config.limits.request_bytes = 1000).await;
    let got = Client::h1().post(&world.url(CHAT), vec![b'x'; 20 << 20]).await;
    assert_eq!((got.status, got.text()), (413, "too long"));
}
