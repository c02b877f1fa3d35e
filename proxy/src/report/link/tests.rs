use super::*;

#[test]
fn addresses_that_are_none_are_refused_without_showing_credentials() {
    for (given, why) in [
        ("", "is not a URL"),
        ("localhost:8000", "is neither http nor https"),
        ("ftp://host", "is neither http nor https"),
        ("http://user:hunter2@host", "holds a credential"),
        ("http://host/?token=hunter2", "has a query"),
    ] {
        let error = address(given).expect_err(given).to_string();
        assert!(error.contains(why) && !error.contains("hunter2"), "{error}");
    }
    assert_eq!(address("http://host:8000/").ok().as_deref(), Some("http://host:8000"));
    assert_eq!(address("https://host/agentguard/").ok().as_deref(), Some("https://host/agentguard"));
}
