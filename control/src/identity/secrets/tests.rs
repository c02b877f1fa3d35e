use agentguard_telemetry::Secret;

use super::{check_key, check_placeholder, hash, is, random};

#[test]
fn weak_keys_are_refused_without_being_shown() {
    for weak in [
        "",
        "short-but-secret-k3y",
        "your_jwt_secret_key_with_64_characters_here_xxxxxxxxxxxxxxxxxxxxxx",
        "CHANGEME-CHANGEME-CHANGEME-CHANGEME-CHANGEME",
        "<your key of at least thirty-two characters>",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    ] {
        let said = check_key("JWT_SECRET_KEY", &Secret::new(weak)).unwrap_err();
        assert!(said.starts_with("JWT_SECRET_KEY "), "{said}");
        assert!(weak.is_empty() || !said.contains(weak), "{said}");
    }
    check_key("JWT_SECRET_KEY", &Secret::new(random())).unwrap();
    check_placeholder("POSTGRES_PASSWORD", &Secret::new("correct horse")).unwrap();
    assert!(check_placeholder("POSTGRES_PASSWORD", &Secret::new("your_password")).is_err());
}

#[test]
fn a_secret_is_told_by_its_hash() {
    let secret = random();
    assert_eq!(secret.len(), 64);
    assert!(is(&secret, &hash(&secret)));
    assert!(!is(&secret[1..], &hash(&secret)) && !is("", &hash(&secret)) && !is(&secret, b"short"));
    assert_ne!(random(), secret);
}
