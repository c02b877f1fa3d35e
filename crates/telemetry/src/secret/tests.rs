use super::*;

#[test]
fn a_secret_is_never_printed() {
    let secret: Secret = serde_json::from_str("\"hunter2\"").unwrap();
    assert_eq!(format!("{secret} {secret:?} {:?}", Some(&secret)), "[secret] [secret] Some([secret])");
    assert_eq!(secret.expose(), "hunter2");
    assert!(!secret.is_empty() && Secret::new("").is_empty());
}
