use super::*;

fn origin(text: &str) -> Origin {
    text.parse().unwrap()
}

#[test]
fn what_people_write_is_understood_and_written_back() {
    for (text, tls, host, port, prefix, back) in [
        ("https://api.openai.com", true, "api.openai.com", 443, "", "https://api.openai.com"),
        ("https://API.openai.com:443/", true, "api.openai.com", 443, "", "https://api.openai.com"),
        ("http://127.0.0.1:11434", false, "127.0.0.1", 11434, "", "http://127.0.0.1:11434"),
        ("http://[::1]:8080/a/b/", false, "::1", 8080, "/a/b", "http://[::1]:8080/a/b"),
        ("https://gw.example/openai", true, "gw.example", 443, "/openai", "https://gw.example/openai"),
    ] {
        let parsed = origin(text);
        assert_eq!((parsed.tls(), parsed.host(), parsed.port(), parsed.prefix()), (tls, host, port, prefix));
        assert_eq!(parsed.to_string(), back);
    }
}

#[test]
fn what_cannot_be_an_upstream_is_refused_with_the_reason() {
    let refused = |text: &str| text.parse::<Origin>().unwrap_err();
    assert_eq!(refused("api.openai.com"), OriginError::NotAUrl("api.openai.com".into()));
    assert_eq!(refused("/v1"), OriginError::NotAUrl("/v1".into()));
    assert_eq!(refused("ftp://host/x"), OriginError::Scheme("ftp".into()));
    assert_eq!(refused("https://user:pass@host"), OriginError::Userinfo);
    assert_eq!(refused("https://host/?key=1"), OriginError::Query);
}
