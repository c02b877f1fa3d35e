//! People over HTTP: the first account, signing in, what a cookie alone cannot do, and what each role is answered.

#![allow(clippy::unwrap_used, reason = "helpers of tests, outside #[test]")]

mod support;

use agentguard_control::{Control, ControlError, Secret};
use bytes::Bytes;
use http::Method;
use http_body_util::Full;
use serde_json::{Value, json};
use support::{Answer, INGEST, Server, batch, event};
use uuid::Uuid;

const SECRET: &str = "0b5e-bootstrap-secret-of-a-test";
const PASSWORD: &str = "correct horse battery";
const TOKEN: &str = "0123456789abcdef0123456789abcdef";

async fn with_accounts() -> Server {
    Server::with(|config| {
        config.access.accounts = true;
        config.access.bootstrap = Some(Secret::new(SECRET));
        config.access.jwt_key = Some(Secret::new("a signing key of more than thirty-two bytes"));
        config.access.sidecar_token = Some(Secret::new(TOKEN));
    })
    .await
}

/// Somebody's way of asking.
#[derive(Clone, Default)]
struct Client {
    headers: Vec<(String, String)>,
}

impl Client {
    fn bearer(token: &str) -> Self {
        Self { headers: vec![("authorization".to_owned(), format!("Bearer {token}"))] }
    }

    /// Of the answer to a sign-in.
    fn signed_in(answer: &Answer) -> Self {
        let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
        let csrf = answer.json()["csrf_token"].as_str().unwrap().to_owned();
        Self { headers: vec![("cookie".to_owned(), cookie), ("x-csrf-token".to_owned(), csrf)] }
    }

    fn without(&self, name: &str) -> Self {
        Self { headers: self.headers.iter().filter(|(n, _)| n != name).cloned().collect() }
    }

    async fn send(&self, server: &Server, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let mut request = server.request(method, path);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let body = body.map(|body| Bytes::from(body.to_string())).unwrap_or_default();
        server.send(request.body(Full::new(body)).unwrap()).await
    }

    async fn get(&self, server: &Server, path: &str) -> Answer {
        self.send(server, Method::GET, path, None).await
    }

    async fn post(&self, server: &Server, path: &str, body: Value) -> Answer {
        self.send(server, Method::POST, path, Some(&body)).await
    }
}

async fn sign_in(server: &Server, name: &str) -> Client {
    let answer = Client::default()
        .post(server, "/api/v1/auth/login", json!({ "name": name, "password": PASSWORD }))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    Client::signed_in(&answer)
}

async fn owner(server: &Server) -> Client {
    let body = json!({ "secret": SECRET, "name": "root", "password": PASSWORD });
    let answer = Client::default().post(server, "/api/v1/auth/bootstrap", body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    Client::signed_in(&answer)
}

async fn form(server: &Server, path: &str, body: &str) -> Answer {
    server.post_as(path, "application/x-www-form-urlencoded", "", body.to_owned()).await
}

#[tokio::test]
async fn the_first_visitor_with_the_secret_becomes_the_owner() {
    let server = with_accounts().await;
    server.get("/api/v1/overview").await.problem(401, "unauthorized");
    let page = server.get("/login").await.text();
    assert!(page.contains("action=\"/setup\"") && page.contains("name=\"secret\""), "{page}");
    assert!(!page.contains("<script") && !page.contains("style="), "{page}");
    let wrong = form(&server, "/setup", &format!("secret=guess&name=root&password={PASSWORD}")).await;
    assert_eq!(wrong.status, 401);
    let short = form(&server, "/setup", &format!("secret={SECRET}&name=root&password=short")).await;
    assert_eq!(short.status, 400);
    assert!(short.text().contains("at least 12 characters"), "{}", short.text());
    let made =
        form(&server, "/setup", &format!("secret={SECRET}&name=root&password={PASSWORD}&next=%2Flive")).await;
    assert_eq!((made.status.as_u16(), made.header("location")), (303, "/live"));
    let page = server.get("/login").await.text();
    assert!(page.contains("action=\"/login\"") && page.contains("name=\"password\""), "{page}");
    assert_eq!(
        form(&server, "/setup", &format!("secret={SECRET}&name=eve&password={PASSWORD}")).await.status,
        400
    );
    let cookie = form(&server, "/login", &format!("name=root&password={PASSWORD}")).await;
    assert_eq!((cookie.status.as_u16(), cookie.header("location")), (303, "/"));
    assert!(cookie.header("set-cookie").contains("; HttpOnly; SameSite=Strict;"));
    let wrong = form(&server, "/login", "name=root&password=%3Cscript%3E").await;
    assert!(wrong.status == 401 && !wrong.text().contains("<script>"));
}

#[tokio::test]
async fn a_cookie_alone_changes_nothing_and_other_sites_neither() {
    let server = with_accounts().await;
    let root = owner(&server).await;
    let user = json!({ "name": "ada", "password": PASSWORD });
    root.without("x-csrf-token").post(&server, "/api/v1/users", user.clone()).await.problem(403, "csrf");
    let mut guessed = root.without("x-csrf-token");
    guessed.headers.push(("x-csrf-token".to_owned(), "0".repeat(64)));
    guessed.post(&server, "/api/v1/users", user.clone()).await.problem(403, "csrf");
    let mut elsewhere = root.clone();
    elsewhere.headers.push(("origin".to_owned(), "http://evil.example".to_owned()));
    elsewhere.post(&server, "/api/v1/users", user.clone()).await.problem(403, "cross_site");
    // A bearer decides alone.
    let mut both = root.clone();
    both.headers.push(("authorization".to_owned(), "Bearer wrong".to_owned()));
    both.get(&server, "/api/v1/overview").await.problem(401, "unauthorized");
    assert_eq!(root.post(&server, "/api/v1/users", user).await.status, 200);
    // Programs have no cookie and need no token against forgery.
    let key = json!({ "name": "k", "permissions": ["users:manage"] });
    let key = root.post(&server, "/api/v1/api-keys", key).await.json();
    let key = Client::bearer(key["key"].as_str().unwrap());
    let user = json!({ "name": "bob", "password": PASSWORD });
    assert_eq!(key.post(&server, "/api/v1/users", user).await.status, 200);
    key.get(&server, "/api/v1/overview").await.problem(403, "forbidden");
}

#[tokio::test]
async fn a_life_with_an_account() {
    let server = with_accounts().await;
    let root = owner(&server).await;
    let ada = json!({ "name": "Ada", "password": PASSWORD, "bindings": [{ "role": "analyst", "namespaces": ["shop"] }] });
    let ada = root.post(&server, "/api/v1/users", ada).await.json();
    assert_eq!((ada["name"].as_str(), ada["bindings"][0]["role"].as_str()), (Some("ada"), Some("analyst")));
    assert!(!ada.to_string().contains("argon2") && !ada.to_string().contains(PASSWORD), "{ada}");
    let path = format!("/api/v1/users/{}", ada["id"].as_str().unwrap());
    let me = sign_in(&server, "ada").await;
    let who = me.get(&server, "/api/v1/auth/me").await.json();
    assert_eq!((who["kind"].as_str(), who["name"].as_str()), (Some("user"), Some("ada")));
    assert_eq!(who["grants"][0]["namespaces"], json!(["shop"]));
    me.get(&server, "/api/v1/users").await.problem(403, "forbidden");
    me.get(&server, "/api/v1/audit").await.problem(403, "forbidden");
    assert_eq!(me.get(&server, "/api/v1/verdicts").await.status, 200);
    let new = json!({ "current": PASSWORD, "new": "a new set of words" });
    let changed = me.post(&server, "/api/v1/auth/password", new).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    me.get(&server, "/api/v1/auth/me").await.problem(401, "unauthorized");
    let me = Client::signed_in(&changed);
    let token = me.post(&server, "/api/v1/auth/token", json!({})).await.json();
    let program = Client::bearer(token["token"].as_str().unwrap());
    assert_eq!(program.get(&server, "/api/v1/verdicts").await.status, 200);
    program.get(&server, "/api/v1/users").await.problem(403, "forbidden");
    let bound = root.post(&server, &format!("{path}/bindings"), json!({ "role": "auditor" })).await.json();
    assert_eq!(me.get(&server, "/api/v1/audit").await.status, 200, "at once");
    let binding = format!("{path}/bindings/{}", bound["id"].as_str().unwrap());
    assert_eq!(root.send(&server, Method::DELETE, &binding, None).await.status, 200);
    me.get(&server, "/api/v1/audit").await.problem(403, "forbidden");
    let off = json!({ "disabled": true });
    assert_eq!(root.send(&server, Method::PATCH, &path, Some(&off)).await.json()["disabled"], true);
    me.get(&server, "/api/v1/auth/me").await.problem(401, "unauthorized");
    assert_eq!(root.send(&server, Method::DELETE, &path, None).await.status, 200);
    root.get(&server, &path).await.problem(404, "not_found");
    let log = root.get(&server, "/api/v1/audit?limit=100").await.json();
    let actions: Vec<_> =
        log["items"].as_array().unwrap().iter().map(|e| e["action"].as_str().unwrap()).collect();
    for action in [
        "user.bootstrap",
        "user.create",
        "session.begin",
        "password.change",
        "token.sign",
        "role.give",
        "role.take",
        "user.delete",
    ] {
        assert!(actions.contains(&action), "{action} in {actions:?}");
    }
    assert!(!log.to_string().contains(PASSWORD) && log["items"][0]["address"] == "127.0.0.1", "{log}");
    let report = root.post(&server, "/api/v1/audit/verify", json!({})).await.json();
    assert_eq!(
        (report["state"].as_str(), report["complete"].as_bool()),
        (Some("unproven"), Some(true)),
        "no key: {report}"
    );
    let everywhere = json!({ "everywhere": true });
    assert_eq!(root.post(&server, "/api/v1/auth/logout", everywhere).await.status, 200);
    root.get(&server, "/api/v1/auth/me").await.problem(401, "unauthorized");
}

#[tokio::test]
async fn sidecars_report_and_read_nothing_while_people_read_and_report_nothing() {
    let server = with_accounts().await;
    let root = owner(&server).await;
    let sidecar = Client::bearer(TOKEN);
    let instance = Uuid::now_v7();
    let body: Value = serde_json::from_str(&batch(instance, &[event(instance, 1)])).unwrap();
    assert_eq!(sidecar.post(&server, INGEST, body.clone()).await.status, 200);
    sidecar.get(&server, "/api/v1/verdicts").await.problem(403, "forbidden");
    sidecar.get(&server, "/api/v1/tail").await.problem(403, "forbidden");
    root.post(&server, INGEST, body).await.problem(403, "forbidden");
    assert_eq!(root.get(&server, "/api/v1/overview").await.json()["total"], 1);
}

#[tokio::test]
async fn guessing_is_slow_and_bodies_are_read_strictly() {
    let server = with_accounts().await;
    owner(&server).await;
    let nobody = Client::default();
    let guess = json!({ "name": "root", "password": "wrong horse battery" });
    for _ in 0..5 {
        nobody.post(&server, "/api/v1/auth/login", guess.clone()).await.problem(401, "wrong_credentials");
    }
    let right = json!({ "name": "root", "password": PASSWORD });
    let locked = nobody.post(&server, "/api/v1/auth/login", right).await;
    locked.problem(429, "locked");
    let wait: u64 = locked.header("retry-after").parse().unwrap();
    assert!((1..=31).contains(&wait));
    for (body, code) in [
        (json!({}), "invalid_body"),
        (json!({ "name": "a", "password": "b", "x": 1 }), "invalid_body"),
        (json!([1]), "invalid_body"),
    ] {
        let answer = nobody.post(&server, "/api/v1/auth/login", body).await;
        answer.problem(400, code);
    }
    let long = json!({ "name": "a", "password": "x".repeat(100_000) });
    nobody.post(&server, "/api/v1/auth/login", long).await.problem(413, "too_large");
    let odd = json!({ "name": "a", "password": PASSWORD, "sekrit-value": 1 });
    assert!(!nobody.post(&server, "/api/v1/auth/login", odd).await.text().contains(PASSWORD));
    server
        .post_as("/api/v1/auth/login", "text/plain", "", "{}")
        .await
        .problem(415, "unsupported_content_type");
}

#[tokio::test]
async fn whoever_asks_too_often_is_told_when_to_come_back() {
    let server = Server::with(|config| {
        config.token = Some(Secret::new(TOKEN));
        config.access.rates.query = 5;
    })
    .await;
    let holder = Client::bearer(TOKEN);
    for left in (0..5).rev() {
        let answer = holder.get(&server, "/api/v1/overview").await;
        assert_eq!((answer.status.as_u16(), answer.header("ratelimit-limit")), (200, "5"));
        assert_eq!(answer.header("ratelimit-remaining"), left.to_string());
    }
    let limited = holder.get(&server, "/api/v1/verdicts").await;
    limited.problem(429, "rate_limited");
    let wait: u64 = limited.header("retry-after").parse().unwrap();
    assert!((1..=12).contains(&wait) && limited.header("ratelimit-remaining") == "0", "{wait}");
    assert_eq!(holder.get(&server, "/health").await.status, 200);
    assert_eq!(holder.get(&server, "/docs").await.status, 200);
}

#[tokio::test]
async fn keys_that_others_could_guess_are_refused_at_the_start() {
    let dir = tempfile::TempDir::new().unwrap();
    for weak in ["your_jwt_secret_key_here_64_characters_long_please", "short"] {
        let mut config = agentguard_control::Config::new(dir.path());
        config.listen = ([127, 0, 0, 1], 0).into();
        config.metrics_listen = None;
        config.access.jwt_key = Some(Secret::new(weak));
        let refused = Control::bind(config).await.err().unwrap();
        assert!(matches!(refused, ControlError::Key(_)), "{refused}");
        assert!(
            refused.to_string().starts_with("JWT_SECRET_KEY ") && !refused.to_string().contains(weak),
            "{refused}"
        );
    }
}
