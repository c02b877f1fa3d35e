//! Tokens of a cluster that does not exist, signed with keys of this test, and what others would try.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use ring::rand::SystemRandom;
use ring::rsa::{KeyPair, PublicKeyComponents};
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256};
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

use super::Cluster;
use crate::clock;
use crate::config::{self, Access, KeySource};
use crate::identity::{Identity, IdentityError, Permission, Pod, Principal, scope};
use crate::testing::both;

const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";
const AUDIENCE: &str = config::Cluster::AUDIENCE;

/// An issuer with a key of each kind.
struct Issuer {
    rsa: KeyPair,
    ec: EcdsaKeyPair,
    dir: TempDir,
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn new_ec() -> EcdsaKeyPair {
    let random = SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).unwrap()
}

fn ec_jwk(id: &str, key: &EcdsaKeyPair) -> Value {
    let point = key.public_key().as_ref();
    json!({ "kty": "EC", "crv": "P-256", "kid": id, "use": "sig", "x": text(&point[1..33]), "y": text(&point[33..]) })
}

impl Issuer {
    fn new() -> Self {
        let rsa = KeyPair::from_pkcs8(include_bytes!("rsa-for-tests-only.der")).unwrap();
        Self { rsa, ec: new_ec(), dir: TempDir::new().unwrap() }
    }

    fn publish(&self, more: &[Value]) -> config::Cluster {
        let PublicKeyComponents { n, e } = PublicKeyComponents::<Vec<u8>>::from(self.rsa.public());
        let mut keys = vec![
            json!({ "kty": "RSA", "kid": "rsa-1", "use": "sig", "alg": "RS256", "n": text(&n), "e": text(&e) }),
            ec_jwk("ec-1", &self.ec),
        ];
        keys.extend(more.iter().cloned());
        let path = self.dir.path().join("jwks.json");
        std::fs::write(&path, json!({ "keys": keys }).to_string()).unwrap();
        config::Cluster {
            issuer: ISSUER.to_owned(),
            audience: AUDIENCE.to_owned(),
            keys: KeySource::File(path),
            ca_file: None,
            token_file: None,
        }
    }

    fn rs256(&self, claims: &Value) -> String {
        let message = message(&json!({ "alg": "RS256", "kid": "rsa-1" }), claims);
        let mut signature = vec![0; self.rsa.public().modulus_len()];
        self.rsa.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
        format!("{message}.{}", text(&signature))
    }

    fn es256(&self, header: &Value, claims: &Value) -> String {
        es256(&self.ec, header, claims)
    }
}

fn es256(key: &EcdsaKeyPair, header: &Value, claims: &Value) -> String {
    let message = message(header, claims);
    let signature = key.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
    format!("{message}.{}", text(signature.as_ref()))
}

fn message(header: &Value, claims: &Value) -> String {
    format!("{}.{}", text(header.to_string().as_bytes()), text(claims.to_string().as_bytes()))
}

fn ec_header() -> Value {
    json!({ "alg": "ES256", "kid": "ec-1" })
}

/// As a kubelet gets it, with members replaced or taken away.
fn claims(changes: &Value) -> Value {
    let now = clock::now() / 1_000_000;
    let mut claims = json!({
        "aud": [AUDIENCE], "iss": ISSUER, "exp": now + 600, "iat": now, "nbf": now, "jti": "f2b0",
        "sub": "system:serviceaccount:shop:assistant",
        "kubernetes.io": {
            "namespace": "shop", "node": { "name": "node-1", "uid": "n-1" },
            "pod": { "name": "assistant-1", "uid": "pod-uid-1" },
            "serviceaccount": { "name": "assistant", "uid": "sa-uid-1" },
        },
    });
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
            value => claims[name] = value.clone(),
        }
    }
    claims
}

#[tokio::test]
async fn a_pod_is_who_its_cluster_says() {
    let issuer = Issuer::new();
    let cluster = Cluster::open(&issuer.publish(&[])).await.unwrap();
    for token in [issuer.rs256(&claims(&json!({}))), issuer.es256(&ec_header(), &claims(&json!({})))] {
        let known = cluster.verify(&token).await.unwrap();
        let Principal::Sidecar(pod) = &known.principal else { panic!("{known:?}") };
        assert_eq!(
            (pod.namespace.as_str(), pod.name.as_str(), pod.uid.as_str()),
            ("shop", "assistant-1", "pod-uid-1")
        );
        assert_eq!(pod.service_account, "assistant");
        assert!(known.expires > clock::now());
        let reach = |permission| scope(&known.tenant, &known.grants, permission);
        let writes = reach(Permission::IngestWrite).unwrap();
        assert!(writes.shows("shop") && !writes.shows("bank"));
        assert!(reach(Permission::VerdictsRead).is_none());
    }
}

#[tokio::test]
async fn what_others_would_try_is_refused() {
    let issuer = Issuer::new();
    let cluster = Cluster::open(&issuer.publish(&[])).await.unwrap();
    let now = clock::now() / 1_000_000;
    let pod = json!({ "name": "assistant-1", "uid": "pod-uid-1" });
    let account = json!({ "name": "assistant", "uid": "sa-uid-1" });
    for changes in [
        json!({ "aud": ["https://kubernetes.default.svc"] }),
        json!({ "aud": null }),
        json!({ "iss": "https://another.cluster" }),
        json!({ "iss": null }),
        json!({ "exp": now - 120 }),
        json!({ "exp": null }),
        json!({ "nbf": now + 600 }),
        json!({ "sub": null }),
        json!({ "sub": "system:serviceaccount:bank:assistant" }),
        json!({ "kubernetes.io": null }),
        json!({ "kubernetes.io": { "namespace": "shop", "serviceaccount": account } }),
        json!({ "kubernetes.io": { "namespace": "shop", "serviceaccount": account, "pod": { "name": "assistant-1" } } }),
        json!({ "kubernetes.io": { "namespace": "", "serviceaccount": account, "pod": pod } }),
    ] {
        assert!(cluster.verify(&issuer.rs256(&claims(&changes))).await.is_none(), "{changes}");
        assert!(cluster.verify(&issuer.es256(&ec_header(), &claims(&changes))).await.is_none(), "{changes}");
    }
    let good = claims(&json!({}));
    // No signature, and the public key as a shared secret: the two classics.
    for alg in ["none", "None", "HS256"] {
        let message = message(&json!({ "alg": alg, "kid": "rsa-1" }), &good);
        let PublicKeyComponents { n, .. } = PublicKeyComponents::<Vec<u8>>::from(issuer.rsa.public());
        let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &n), message.as_bytes());
        for signature in [String::new(), text(mac.as_ref())] {
            assert!(cluster.verify(&format!("{message}.{signature}")).await.is_none(), "{alg}");
        }
    }
    // A key of another kind than the header says, an unknown one, none named, and somebody else's.
    for header in [
        json!({ "alg": "RS256", "kid": "ec-1" }),
        json!({ "alg": "ES256", "kid": "rsa-1" }),
        json!({ "alg": "ES256", "kid": "ec-2" }),
        json!({ "alg": "ES256" }),
        json!({ "alg": "ES256", "kid": "../../etc/passwd" }),
    ] {
        assert!(cluster.verify(&issuer.es256(&header, &good)).await.is_none(), "{header}");
    }
    assert!(cluster.verify(&es256(&new_ec(), &ec_header(), &good)).await.is_none());
    // Somebody else's claims under a good signature.
    let token = issuer.es256(&ec_header(), &good);
    let (head, signature) = token.rsplit_once('.').unwrap();
    let forged = text(claims(&json!({ "sub": "system:serviceaccount:bank:x" })).to_string().as_bytes());
    let (header, _) = head.split_once('.').unwrap();
    assert!(cluster.verify(&format!("{header}.{forged}.{signature}")).await.is_none());
}

#[tokio::test]
async fn new_keys_are_found_and_old_ones_forgotten_but_not_asked_for_at_will() {
    let issuer = Issuer::new();
    let cluster = Cluster::open(&issuer.publish(&[])).await.unwrap();
    let new = new_ec();
    let token = es256(&new, &json!({ "alg": "ES256", "kid": "ec-2" }), &claims(&json!({})));
    issuer.publish(&[ec_jwk("ec-2", &new)]);
    assert!(cluster.verify(&token).await.is_none(), "read a moment ago");
    cluster.keys.age();
    assert!(cluster.verify(&token).await.is_some());
    // Taken back.
    issuer.publish(&[]);
    cluster.keys.age();
    assert!(cluster.verify(&token).await.is_none());
    // What cannot be read leaves what is known.
    let path = issuer.dir.path().join("jwks.json");
    for junk in ["", "{}", "{\"keys\":[]}", "not json"] {
        std::fs::write(&path, junk).unwrap();
        cluster.keys.age();
        assert!(cluster.verify(&issuer.rs256(&claims(&json!({})))).await.is_some(), "{junk}");
    }
    // A control plane that starts before the file is there.
    std::fs::remove_file(&path).unwrap();
    let config = config::Cluster { keys: KeySource::File(path), ..issuer.publish(&[]) };
    std::fs::remove_file(issuer.dir.path().join("jwks.json")).unwrap();
    let late = Cluster::open(&config).await.unwrap();
    assert!(late.verify(&issuer.rs256(&claims(&json!({})))).await.is_none());
    issuer.publish(&[]);
    late.keys.age();
    assert!(late.verify(&issuer.rs256(&claims(&json!({})))).await.is_some());
}

#[tokio::test]
async fn keys_are_fetched_from_an_address_with_a_token_and_only_by_tls_beyond_the_loopback() {
    use axum::Router;
    use axum::routing::get;
    let issuer = Issuer::new();
    let file = issuer.publish(&[]);
    let KeySource::File(path) = &file.keys else { panic!() };
    let jwks = std::fs::read_to_string(path).unwrap();
    let answer = move |headers: http::HeaderMap| {
        let known = headers.get("authorization").is_some_and(|v| v == "Bearer of-the-control-plane");
        let jwks = jwks.clone();
        async move { if known { Ok(jwks) } else { Err(http::StatusCode::UNAUTHORIZED) } }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/openid/v1/jwks", listener.local_addr().unwrap());
    let server = crate::http::serve(
        listener,
        Router::new().route("/openid/v1/jwks", get(answer)),
        10,
        tokio_util::sync::CancellationToken::new(),
        std::time::Duration::from_secs(1),
    );
    tokio::spawn(server);
    let token_file = issuer.dir.path().join("token");
    std::fs::write(&token_file, "of-the-control-plane\n").unwrap();
    let fetched = config::Cluster { keys: KeySource::Url(url), token_file: Some(token_file), ..file.clone() };
    let cluster = Cluster::open(&fetched).await.unwrap();
    assert!(cluster.verify(&issuer.rs256(&claims(&json!({})))).await.is_some());
    let without = Cluster::open(&config::Cluster { token_file: None, ..fetched }).await.unwrap();
    assert!(without.verify(&issuer.rs256(&claims(&json!({})))).await.is_none());
    let plain = config::Cluster { keys: KeySource::Url("http://10.0.0.1/jwks".to_owned()), ..file };
    assert!(Cluster::open(&plain).await.err().unwrap().to_string().contains("https://"));
}

#[tokio::test]
async fn an_instance_stays_the_pods_that_first_used_it() {
    let pod = |uid: &str| Pod {
        namespace: "shop".to_owned(),
        name: "assistant-1".to_owned(),
        uid: uid.to_owned(),
        service_account: "assistant".to_owned(),
    };
    for (_dir, records) in both().await {
        let open = || async { Identity::open(records.clone(), None, &Access::default()).await.unwrap().0 };
        let (one, other) = (open().await, open().await);
        let instance = Uuid::now_v7();
        one.claim(instance, &pod("a")).await.unwrap();
        one.claim(instance, &pod("a")).await.unwrap();
        for identity in [&one, &other, &open().await] {
            let refused = identity.claim(instance, &pod("b")).await.err().unwrap();
            assert!(matches!(refused, IdentityError::Beyond), "{refused}");
            identity.claim(instance, &pod("a")).await.unwrap();
        }
        other.claim(Uuid::now_v7(), &pod("b")).await.unwrap();
    }
}
