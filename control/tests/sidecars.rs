//! A sidecar that its cluster vouches for reports as itself and as nobody else.

#![allow(clippy::unwrap_used, reason = "helpers of tests, outside #[test]")]

mod support;

use agentguard_control::{Cluster, KeySource, Secret};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::Method;
use http_body_util::Full;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use support::{Answer, HEARTBEAT, INGEST, Server, batch, event_with, now};
use uuid::Uuid;

const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

struct Issuer(EcdsaKeyPair);

impl Issuer {
    fn new() -> Self {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        Self(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).unwrap())
    }

    fn jwks(&self) -> String {
        let point = self.0.public_key().as_ref();
        let key = json!({ "kty": "EC", "crv": "P-256", "kid": "k", "x": text(&point[1..33]), "y": text(&point[33..]) });
        json!({ "keys": [key] }).to_string()
    }

    fn token(&self, namespace: &str, pod: &str) -> String {
        let claims = json!({
            "aud": [Cluster::AUDIENCE], "iss": ISSUER, "exp": now() / 1_000_000 + 600,
            "sub": format!("system:serviceaccount:{namespace}:agent"),
            "kubernetes.io": {
                "namespace": namespace, "pod": { "name": pod, "uid": format!("uid-of-{pod}") },
                "serviceaccount": { "name": "agent", "uid": "sa" },
            },
        });
        let header = json!({ "alg": "ES256", "kid": "k" });
        let message =
            format!("{}.{}", text(header.to_string().as_bytes()), text(claims.to_string().as_bytes()));
        let signature = self.0.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
        format!("{message}.{}", text(signature.as_ref()))
    }
}

async fn post(server: &Server, path: &str, token: &str, body: String) -> Answer {
    let request = server.request(Method::POST, path).header("authorization", format!("Bearer {token}"));
    let request = request.header("content-type", "application/json");
    server.send(request.body(Full::new(Bytes::from(body))).unwrap()).await
}

async fn get(server: &Server, path: &str, token: &str) -> Answer {
    let request = server.request(Method::GET, path).header("authorization", format!("Bearer {token}"));
    server.send(request.body(Full::default()).unwrap()).await
}

fn heartbeat(instance: Uuid) -> Value {
    json!({
        "instance": instance, "started": now(), "version": "1", "policy": "p", "produced": 1, "in_flight": 0,
        "spool_bytes": 0, "seen": 1, "judged": 1, "lost": {}, "lost_ranges": [],
        "workload": { "namespace": "bank", "name": "vault", "pod": "vault-0" },
    })
}

#[tokio::test]
async fn a_pod_reports_as_itself_whatever_it_writes() {
    let issuer = Issuer::new();
    let dir = tempfile::TempDir::new().unwrap();
    let path = dir.path().join("jwks.json");
    std::fs::write(&path, issuer.jwks()).unwrap();
    let server = Server::with(|config| {
        config.token = Some(Secret::new(TOKEN));
        config.access.cluster = Some(Cluster {
            issuer: ISSUER.to_owned(),
            audience: Cluster::AUDIENCE.to_owned(),
            keys: KeySource::File(path),
            ca_file: None,
            token_file: None,
        });
    })
    .await;
    let (mine, other) = (issuer.token("shop", "assistant-1"), issuer.token("shop", "assistant-2"));
    let instance = Uuid::now_v7();
    let forged = json!({ "workload": { "namespace": "bank", "name": "vault", "pod": "vault-0" } });
    let body = batch(instance, &[event_with(instance, 1, forged)]);
    assert_eq!(post(&server, INGEST, &mine, body.clone()).await.status, 200);
    let beat = post(&server, HEARTBEAT, &mine, heartbeat(instance).to_string()).await;
    assert_eq!(beat.status, 200, "{}", beat.text());
    let page = get(&server, "/api/v1/verdicts", TOKEN).await.json();
    assert_eq!(
        page["items"][0]["workload"],
        json!({ "namespace": "shop", "name": "vault", "pod": "assistant-1" })
    );
    let sidecars = get(&server, "/api/v1/sidecars", TOKEN).await.json();
    assert_eq!(sidecars[0]["workload"]["namespace"], "shop");
    assert_eq!(sidecars[0]["workload"]["pod"], "assistant-1");
    // Another pod of the same namespace cannot go on in its name.
    post(&server, INGEST, &other, body).await.problem(403, "beyond_own_permissions");
    post(&server, HEARTBEAT, &other, heartbeat(instance).to_string())
        .await
        .problem(403, "beyond_own_permissions");
    get(&server, "/api/v1/verdicts", &mine).await.problem(403, "forbidden");
    let stranger = Issuer::new().token("shop", "assistant-1");
    post(&server, INGEST, &stranger, "{}".to_owned()).await.problem(401, "unauthorized");
}
