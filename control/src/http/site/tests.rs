use axum::body::Body;
use axum::extract::Request;
use http::HeaderMap;

use super::{cross_site, host_allowed};

fn host(host: &str) -> bool {
    let request = Request::builder().uri("/").header("host", host).body(Body::empty()).unwrap();
    host_allowed(&request, &["guard.internal".to_owned()])
}

#[test]
fn only_names_of_the_loopback_and_allowed_ones_are_answered() {
    for good in
        ["localhost", "LOCALHOST:8000", "127.0.0.1:8000", "127.9.9.9", "[::1]:8000", "[::1]", "a.localhost:1"]
    {
        assert!(host(good), "{good}");
    }
    assert!(host("guard.internal:8000") && host("guard.internal."));
    for bad in [
        "",
        "evil.example",
        "localhost.evil.example",
        "10.0.0.1:8000",
        "127.0.0.1.evil.example",
        "[::2]",
        "0.0.0.0",
    ] {
        assert!(!host(bad), "{bad}");
    }
    let none = Request::builder().uri("/").body(Body::empty()).unwrap();
    assert!(!host_allowed(&none, &[]));
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
}

#[test]
fn browsers_on_other_sites_are_recognised() {
    let site = |headers: &HeaderMap| cross_site(Some("localhost:8000"), headers);
    assert!(!site(&headers(&[])), "a program");
    assert!(!site(&headers(&[("sec-fetch-site", "same-origin"), ("origin", "http://localhost:8000")])));
    assert!(!site(&headers(&[("origin", "http://localhost:8000")])), "an old browser");
    for from in ["cross-site", "same-site", "odd"] {
        assert!(site(&headers(&[("sec-fetch-site", from)])), "{from}");
    }
    for origin in ["http://evil.example", "null", "http://localhost:9999", "http://localhost"] {
        assert!(site(&headers(&[("origin", origin)])), "{origin}");
    }
    assert!(cross_site(None, &headers(&[("origin", "http://localhost:8000")])));
}
