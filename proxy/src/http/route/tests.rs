use agentguard_wire::Dialect;

use super::*;
use crate::Origin;
use crate::dns::Dns;

fn asked<'r>(method: &'r str, uri: &'r Uri, host: &'r [u8]) -> Asked<'r> {
    Asked { method, uri, host, caught: None, absolute: false }
}

fn dns() -> Dns {
    Dns::new(BTreeMap::new())
}

fn base_url() -> Router {
    let target = |name: &str, url: &str| {
        (name.to_owned(), Arc::new(Target::new(name, url.parse().unwrap(), None, &dns())))
    };
    Router::BaseUrl(BTreeMap::from([
        target("openai", "https://api.openai.com"),
        target("azure", "https://me.openai.azure.com/openai/"),
    ]))
}

fn to(router: &Router, uri: &str) -> String {
    let route = router.route(&asked("POST", &uri.parse().unwrap(), b"")).unwrap();
    format!("{} {}", route.target.origin.host(), route.path)
}

#[test]
fn the_first_segment_names_the_provider_and_the_rest_is_kept_to_the_byte() {
    let router = base_url();
    for (asked, expected) in [
        ("/openai/v1/chat/completions", "api.openai.com /v1/chat/completions"),
        ("/openai/v1/x%2Fy?a=b%20c&d", "api.openai.com /v1/x%2Fy?a=b%20c&d"),
        ("/openai//v1/", "api.openai.com //v1/"),
        ("/openai", "api.openai.com /"),
        ("/openai?q=1", "api.openai.com /?q=1"),
        (
            "/azure/deployments/d/chat/completions?api-version=1",
            "me.openai.azure.com /openai/deployments/d/chat/completions?api-version=1",
        ),
        ("http://127.0.0.1:19003/openai/v1/models", "api.openai.com /v1/models"),
    ] {
        assert_eq!(to(&router, asked), expected, "{asked}");
    }
}

#[test]
fn an_llm_endpoint_is_recognised_and_anything_else_is_not() {
    let endpoint = |method: &str, uri: &str| {
        base_url().route(&asked(method, &uri.parse().unwrap(), b"")).unwrap().endpoint
    };
    assert_eq!(endpoint("POST", "/openai/v1/chat/completions").unwrap().dialect, Dialect::OpenaiChat);
    assert_eq!(endpoint("GET", "/openai/v1/chat/completions"), None);
    assert_eq!(endpoint("POST", "/openai/v1/embeddings"), None);
}

#[test]
fn an_unknown_provider_is_told_which_ones_there_are() {
    let error =
        base_url().route(&asked("POST", &"/opnai/v1".parse().unwrap(), b"")).err().unwrap().to_string();
    assert!(error.contains("\"opnai\"") && error.contains("azure, openai"), "{error}");
    assert!(base_url().route(&asked("GET", &"/".parse().unwrap(), b"")).is_err());
}

#[test]
fn inbound_everything_goes_to_the_agent() {
    let target = Arc::new(Target::new("", "http://127.0.0.1:3000/app".parse().unwrap(), None, &dns()));
    let router = Router::Inbound(target);
    assert_eq!(to(&router, "/openai/ask?x"), "127.0.0.1 /app/openai/ask?x");
    assert_eq!(router.direction(), Direction::Inbound);
}

#[test]
fn a_connection_is_for_one_host() {
    let target = Arc::new(Target::caught("openai", Origin::new(true, "api.openai.com", 443), None, &dns()));
    let uri = "/v1/chat/completions".parse().unwrap();
    let routed = |host: &str| {
        Router::Caught.route(&Asked { caught: Some(&target), ..asked("POST", &uri, host.as_bytes()) })
    };
    for host in ["api.openai.com", "API.openai.com:443", "api.openai.com."] {
        assert!(routed(host).unwrap().endpoint.is_some(), "{host}");
    }
    for host in ["", "bank.test", "api.openai.com.bank.test", "xapi.openai.com", ":443"] {
        assert!(matches!(routed(host), Err(RouteError::Misdirected(_))), "{host:?}");
    }
}
