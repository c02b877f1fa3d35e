use http::HeaderMap;

use super::request_id;

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
}

#[test]
fn only_plain_request_ids_are_taken_over() {
    assert_eq!(request_id(&headers(&[("x-request-id", "abc-1.2_3")])), "abc-1.2_3");
    for bad in ["", "a b", "a\"b", "<script>", &"x".repeat(65)] {
        let id = request_id(&headers(&[("x-request-id", bad)]));
        assert!(id.parse::<uuid::Uuid>().is_ok(), "{bad:?} became {id}");
    }
}
