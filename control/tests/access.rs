//! Who may come in: the token, the session, the loopback, and nobody's other pages.

#![allow(clippy::unwrap_used, reason = "helpers of tests, outside #[test]")]

mod support;

use std::net::SocketAddr;

use agentguard_control::{Config, Control, ControlError, Secret};
use bytes::Bytes;
use http::Method;
use http_body_util::Full;
use support::{Answer, INGEST, Server, batch, event};
use uuid::Uuid;

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

async fn guarded() -> Server {
    Server::with(|config| config.token = Some(Secret::new(TOKEN))).await
}

async fn get_with(server: &Server, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = server.request(Method::GET, path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    server.send(request.body(Full::default()).unwrap()).await
}

async fn post_with(server: &Server, path: &str, body: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = server.request(Method::POST, path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    server.send(request.body(Full::new(Bytes::copy_from_slice(body.as_bytes()))).unwrap()).await
}

fn config(dir: &tempfile::TempDir, listen: &str, token: Option<&str>) -> Config {
    let mut config = Config::new(dir.path());
    config.listen = listen.parse().unwrap();
    config.metrics_listen = None;
    config.token = token.map(Secret::new);
    config
}

#[tokio::test]
async fn beyond_the_loopback_only_with_a_token_that_is_one() {
    let dir = tempfile::TempDir::new().unwrap();
    let refused = Control::bind(config(&dir, "0.0.0.0:0", None)).await.err().unwrap();
    assert!(matches!(refused, ControlError::Open(_)));
    assert!(refused.to_string().contains("refusing to listen on 0.0.0.0:0 without a token"), "{refused}");
    for weak in ["", "short", "has spaces in it all over", "tökentökentökentöken"] {
        let refused = Control::bind(config(&dir, "127.0.0.1:0", Some(weak))).await.err().unwrap();
        assert!(matches!(refused, ControlError::Token), "{weak}: {refused}");
        assert!(weak.is_empty() || !refused.to_string().contains(weak));
    }
    Control::bind(config(&dir, "0.0.0.0:0", Some(TOKEN))).await.unwrap();
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let dir = tempfile::TempDir::new().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address: SocketAddr = taken.local_addr().unwrap();
    let refused = Control::bind(config(&dir, &address.to_string(), None)).await.err().unwrap().to_string();
    assert!(refused.contains(&address.to_string()) && refused.contains("API and page"), "{refused}");
}

#[tokio::test]
async fn with_a_token_everything_but_the_probes_needs_it() {
    let server = guarded().await;
    for path in [
        "/api/v1/overview",
        "/api/v1/tail",
        "/openapi.json",
        "/docs",
        "/",
        "/verdicts",
        "/nowhere",
        "/api/v1/x",
    ] {
        let answer = get_with(&server, path, &[]).await;
        answer.problem(401, "unauthorized");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
    for path in ["/health", "/livez", "/readyz", "/startupz", "/version", "/login", "/login.css"] {
        assert_eq!(get_with(&server, path, &[]).await.status, 200, "{path}");
    }
    let instance = Uuid::now_v7();
    let body = batch(instance, &[event(instance, 1)]);
    server.post(INGEST, body.clone()).await.problem(401, "unauthorized");
    for wrong in [
        "Bearer wrong",
        "Bearer ",
        "Basic MDEy",
        &format!("Bearer {TOKEN}x"),
        &format!("Bearer {}", &TOKEN[1..]),
    ] {
        get_with(&server, "/api/v1/overview", &[("authorization", wrong)]).await.problem(401, "unauthorized");
    }
    let bearer = format!("Bearer {TOKEN}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    assert_eq!(post_with(&server, INGEST, &body, &headers).await.status, 200);
    assert_eq!(get_with(&server, "/api/v1/overview", &headers).await.json()["total"], 1);
    // With a token, the name by which it is reached does not matter.
    let elsewhere = [("authorization", bearer.as_str()), ("host", "guard.example")];
    assert_eq!(get_with(&server, "/api/v1/overview", &elsewhere).await.status, 200);
}

#[tokio::test]
async fn people_sign_in_once_and_get_where_they_wanted() {
    let server = guarded().await;
    let sent_away = get_with(&server, "/verdicts?verdict=ungrounded", &[("accept", "text/html")]).await;
    assert_eq!(sent_away.status, 303);
    let form = sent_away.header("location").to_owned();
    assert_eq!(form, "/login?next=%2Fverdicts%3Fverdict%3Dungrounded");
    let page = get_with(&server, &form, &[]).await.text();
    assert!(page.contains("value=\"/verdicts?verdict=ungrounded\""), "{page}");

    let kind = [("content-type", "application/x-www-form-urlencoded")];
    let wrong = post_with(&server, "/login", "token=wrong", &kind).await;
    assert_eq!((wrong.status.as_u16(), wrong.header("set-cookie")), (401, ""));
    let right = post_with(&server, "/login", &format!("token={TOKEN}&next=%2Fverdicts"), &kind).await;
    assert_eq!((right.status.as_u16(), right.header("location")), (303, "/verdicts"));
    let cookie = right.header("set-cookie").to_owned();
    assert!(cookie.contains("; HttpOnly; SameSite=Strict;") && !cookie.contains(TOKEN), "{cookie}");
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let signed_in = [("cookie", cookie.as_str())];
    assert_eq!(get_with(&server, "/api/v1/overview", &signed_in).await.status, 200);
    assert_eq!(get_with(&server, "/", &signed_in).await.status, 200);
    // What changes something needs more than the cookie, which a browser sends by itself.
    post_with(&server, "/logout", "", &signed_in).await.problem(403, "csrf");
    let me = get_with(&server, "/api/v1/auth/me", &signed_in).await.json();
    let csrf = me["csrf_token"].as_str().unwrap();
    post_with(&server, "/logout", "", &[signed_in[0], ("x-csrf-token", csrf)]).await;
    get_with(&server, "/api/v1/overview", &signed_in).await.problem(401, "unauthorized");
    // Behind a TLS terminator the cookie stays on TLS.
    let tls = [kind[0], ("x-forwarded-proto", "https")];
    assert!(
        post_with(&server, "/login", &format!("token={TOKEN}"), &tls)
            .await
            .header("set-cookie")
            .ends_with("; Secure")
    );
}

#[tokio::test]
async fn signing_in_leads_nowhere_else_and_cannot_be_guessed_at_speed() {
    let server = guarded().await;
    let kind = [("content-type", "application/x-www-form-urlencoded")];
    for next in
        ["https://evil.example", "//evil.example", "/%5Cevil.example", "/%0d%0aset-cookie:x", "javascript:1"]
    {
        let answer = post_with(&server, "/login", &format!("token={TOKEN}&next={next}"), &kind).await;
        assert_eq!(answer.header("location"), "/", "{next}");
    }
    let quoted = get_with(&server, "/login?next=%2F%22%3E%3Cscript%3E", &[]).await.text();
    assert!(!quoted.contains("<script>"), "{quoted}");
    for _ in 0..20 {
        post_with(&server, "/login", "token=wrong", &kind).await;
    }
    assert_eq!(post_with(&server, "/login", &format!("token={TOKEN}"), &kind).await.status, 429);
}

#[tokio::test]
async fn a_name_pointed_at_the_loopback_is_not_answered() {
    let server = Server::with(|config| config.hosts = vec!["guard.internal".to_owned()]).await;
    for host in ["evil.example", "evil.example:8000"] {
        get_with(&server, "/api/v1/verdicts", &[("host", host)]).await.problem(421, "unknown_host");
        get_with(&server, "/", &[("host", host)]).await.problem(421, "unknown_host");
    }
    for host in ["localhost:8000", "127.0.0.1", "[::1]:8000", "guard.internal:80"] {
        assert_eq!(get_with(&server, "/api/v1/verdicts", &[("host", host)]).await.status, 200, "{host}");
    }
}

#[tokio::test]
async fn other_sites_cannot_post() {
    let server = Server::start().await;
    let instance = Uuid::now_v7();
    let body = batch(instance, &[event(instance, 1)]);
    let json = ("content-type", "application/json");
    for header in
        [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("origin", "http://evil.example")]
    {
        post_with(&server, INGEST, &body, &[json, header]).await.problem(403, "cross_site");
    }
    let own = format!("http://{}", server.api);
    assert_eq!(post_with(&server, INGEST, &body, &[json, ("origin", &own)]).await.status, 200);
}
