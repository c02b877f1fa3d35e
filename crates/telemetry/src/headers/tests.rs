use super::*;

#[test]
fn credentials_of_every_provider_are_redacted() {
    for name in [
        "Authorization",
        "proxy-authorization",
        "x-api-key",
        "API-Key",
        "x-goog-api-key",
        "X-Amz-Security-Token",
        "Cookie",
        "set-cookie",
        "ocp-apim-subscription-key",
    ] {
        assert_eq!(shown(name, b"sk-1"), REDACTED, "{name}");
    }
    for name in ["content-type", "retry-after", "traceparent", "user-agent", "anthropic-version"] {
        assert_eq!(shown(name, b"plain"), "plain", "{name}");
    }
}
