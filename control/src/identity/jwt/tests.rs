use agentguard_telemetry::Secret;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use serde_json::{Value, json};

use super::Jwt;
use crate::clock;

const KEY: &str = "a signing key of more than thirty-two bytes";

/// Signed by hand, so that the header can say anything.
fn token(header: &Value, claims: &Value, key: &str) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes()), message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(mac))
}

fn claims(changes: &Value) -> Value {
    let now = clock::now() / 1_000_000;
    let mut claims = json!({
        "iss": "agentguard", "aud": "agentguard-control", "sub": "user/1", "exp": now + 900, "iat": now, "jti": "1",
        "tenant": "default", "grants": [{ "permissions": "verdicts:read" }],
    });
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
            value => claims[name] = value.clone(),
        }
    }
    claims
}

#[test]
fn only_what_this_key_signed_for_us_and_not_for_long_is_taken() {
    let jwt = Jwt::new(&Secret::new(KEY)).unwrap();
    let hs256 = json!({ "alg": "HS256", "typ": "JWT" });
    let good = token(&hs256, &claims(&json!({})), KEY);
    assert_eq!(jwt.claims(&good).unwrap().sub, "user/1");
    let now = clock::now() / 1_000_000;
    for changes in [
        json!({ "iss": "somebody" }),
        json!({ "iss": null }),
        json!({ "aud": "another-service" }),
        json!({ "aud": null }),
        json!({ "sub": null }),
        json!({ "exp": now - 60 }),
        json!({ "exp": null }),
        json!({ "exp": now + 10 * 86_400 }),
        json!({ "nbf": now + 600 }),
        json!({ "grants": "all" }),
    ] {
        assert!(jwt.claims(&token(&hs256, &claims(&changes), KEY)).is_none(), "{changes}");
    }
    for header in [json!({ "alg": "none" }), json!({ "alg": "HS384" }), json!({ "alg": "RS256" }), json!({})]
    {
        assert!(jwt.claims(&token(&header, &claims(&json!({})), KEY)).is_none(), "{header}");
    }
    assert!(
        jwt.claims(&token(&hs256, &claims(&json!({})), "another key of more than thirty-two bytes"))
            .is_none()
    );
    let (message, signature) = good.rsplit_once('.').unwrap();
    assert!(jwt.claims(&format!("{message}.")).is_none(), "no signature");
    let (header, _) = message.split_once('.').unwrap();
    let forged = URL_SAFE_NO_PAD.encode(claims(&json!({ "sub": "user/2" })).to_string());
    assert!(jwt.claims(&format!("{header}.{forged}.{signature}")).is_none(), "other claims");
    for junk in ["", ".", "..", "a.b.c", "é.é.é"] {
        assert!(jwt.claims(junk).is_none(), "{junk}");
    }
}
