use super::Rates;
use crate::config;
use crate::http::Origin;
use crate::http::routes::Class;
use crate::identity::Known;

fn from(address: &str) -> Origin {
    Origin { address: Some(address.parse().unwrap()), request_id: String::new() }
}

#[test]
fn each_caller_and_kind_has_its_own_and_is_told_what_is_left() {
    let rates = Rates::new(&config::Rates { query: 3, export: 1, login: 2, ingest: 0 });
    let known = Known::local();
    let take = |class, who, address| rates.take(class, who, &from(address)).map_err(|left| left.reset);
    for remaining in [2, 1, 0] {
        let left = take(Class::Query, Some(&known), "10.0.0.1").unwrap().unwrap();
        assert_eq!((left.limit, left.remaining), (3, remaining));
        assert!((1..=60).contains(&left.reset), "{}", left.reset);
    }
    let wait = take(Class::Query, Some(&known), "10.0.0.2").err().unwrap();
    assert!((10..=20).contains(&wait), "one every 20 s: {wait}");
    assert!(take(Class::Export, Some(&known), "10.0.0.1").is_ok());
    // Signing in counts by address.
    for _ in 0..2 {
        assert!(take(Class::Login, None, "10.0.0.1").is_ok());
    }
    assert!(take(Class::Login, Some(&known), "10.0.0.1").is_err());
    assert!(take(Class::Login, None, "10.0.0.2").is_ok());
    for _ in 0..100 {
        assert!(take(Class::Ingest, Some(&known), "10.0.0.1").unwrap().is_none(), "no limit");
        assert!(take(Class::Free, None, "10.0.0.1").unwrap().is_none());
    }
}
