use std::os::unix::fs::PermissionsExt;

use agentguard_telemetry::Secret;
use ring::signature::{ED25519, UnparsedPublicKey};
use tempfile::TempDir;

use super::*;

/// The first key of RFC 8032, section 7.1, in the form that `openssl genpkey -algorithm ed25519` writes.
const OPENSSL: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----
";

fn verifies(envelope: &Envelope, signature: &Signature) -> bool {
    let key = BASE64_STANDARD.decode(&signature.key).unwrap();
    let bytes = signed_bytes(&envelope.payload);
    UnparsedPublicKey::new(&ED25519, key)
        .verify(&bytes, &BASE64_STANDARD.decode(&signature.signature).unwrap())
        .is_ok()
}

#[test]
fn the_data_directorys_own_key_is_made_once_and_is_nobody_elses_to_read() {
    let dir = TempDir::new().unwrap();
    let first = Keys::load(None, dir.path()).unwrap();
    let again = Keys::load(None, dir.path()).unwrap();
    assert_eq!(first.public(), again.public());
    let mode = fs::metadata(dir.path().join(FILE)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let other = TempDir::new().unwrap();
    assert_ne!(Keys::load(None, other.path()).unwrap().public(), first.public());
}

#[test]
fn two_keys_both_sign() {
    let dir = TempDir::new().unwrap();
    let own = Keys::load(None, dir.path()).unwrap();
    let both = format!("{OPENSSL}{}", fs::read_to_string(dir.path().join(FILE)).unwrap());
    let keys = Keys::load(Some(&Secret::new(both)), dir.path()).unwrap();
    let envelope = keys.sign("{}".to_owned());
    assert_eq!(envelope.signatures.len(), 2);
    assert!(envelope.signatures.iter().all(|signature| verifies(&envelope, signature)));
    assert_eq!(envelope.signatures[0].key, "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
    assert_eq!(envelope.signatures[1].key, own.public()[0]);
    let changed = Envelope { payload: "{ }".to_owned(), ..envelope };
    assert!(!changed.signatures.iter().any(|signature| verifies(&changed, signature)));
}

#[test]
fn what_is_no_key_is_refused() {
    let dir = TempDir::new().unwrap();
    let load = |text: &str| Keys::load(Some(&Secret::new(text.to_owned())), dir.path()).err();
    assert!(matches!(load("hunter2"), Some(KeyError::Form)));
    let certificate = OPENSSL.replace("PRIVATE KEY", "CERTIFICATE");
    assert!(matches!(load(&certificate), Some(KeyError::Kind)));
    assert!(matches!(load(&OPENSSL.repeat(3)), Some(KeyError::Count(3))));
}
