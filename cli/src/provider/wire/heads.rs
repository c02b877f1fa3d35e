//! The response headers that each provider sends.

use agentguard_wire::Dialect;

use crate::provider::ids::Ids;

/// Headers of a 2xx answer, content type first.
pub(crate) fn head(dialect: Dialect, stream: bool, sse: bool, ids: &mut Ids) -> Vec<(&'static str, String)> {
    let mut head = vec![("content-type", content_type(dialect, stream, sse).to_owned())];
    match dialect {
        Dialect::OpenaiChat | Dialect::OpenaiResponses | Dialect::OpenaiCompletions => {
            if stream {
                head.push(("cache-control", "no-cache".to_owned()));
            }
            head.extend([
                ("access-control-expose-headers", "X-Request-ID".to_owned()),
                ("openai-organization", "example-org".to_owned()),
                ("openai-processing-ms", (180 + ids.below(900)).to_string()),
                ("openai-version", "2020-10-01".to_owned()),
                ("x-ratelimit-limit-requests", "10000".to_owned()),
                ("x-ratelimit-limit-tokens", "2000000".to_owned()),
                ("x-ratelimit-remaining-requests", (9000 + ids.below(999)).to_string()),
                ("x-ratelimit-remaining-tokens", (1_900_000 + ids.below(99_000)).to_string()),
                ("x-request-id", format!("req_{}", ids.hex(32))),
                ("strict-transport-security", "max-age=31536000; includeSubDomains; preload".to_owned()),
                ("x-content-type-options", "nosniff".to_owned()),
                ("server", "cloudflare".to_owned()),
                ("cf-ray", format!("{}-FRA", ids.hex(16))),
            ]);
        }
        Dialect::AnthropicMessages => {
            if stream {
                head.push(("cache-control", "no-cache".to_owned()));
            }
            head.extend([
                ("anthropic-organization-id", ids.uuid()),
                ("anthropic-ratelimit-requests-limit", "4000".to_owned()),
                ("anthropic-ratelimit-requests-remaining", (3900 + ids.below(99)).to_string()),
                ("request-id", format!("req_011C{}", ids.base58(20))),
                ("strict-transport-security", "max-age=31536000; includeSubDomains; preload".to_owned()),
                ("via", "1.1 google".to_owned()),
                ("cf-cache-status", "DYNAMIC".to_owned()),
                ("x-robots-tag", "none".to_owned()),
                ("server", "cloudflare".to_owned()),
                ("cf-ray", format!("{}-FRA", ids.hex(16))),
            ]);
        }
        Dialect::Gemini => head.extend([
            ("vary", "Origin, X-Origin, Referer".to_owned()),
            ("server", "scaffolding on HTTPServer2".to_owned()),
            ("x-xss-protection", "0".to_owned()),
            ("x-frame-options", "SAMEORIGIN".to_owned()),
            ("x-content-type-options", "nosniff".to_owned()),
            ("server-timing", format!("gfet4t7; dur={}", 300 + ids.below(700))),
        ]),
        Dialect::OllamaChat | Dialect::OllamaGenerate => {}
        Dialect::BedrockConverse | Dialect::BedrockInvoke => {
            head.push(("x-amzn-requestid", ids.uuid()));
            if dialect == Dialect::BedrockInvoke && stream {
                head.push(("x-amzn-bedrock-content-type", "application/json".to_owned()));
            }
        }
        Dialect::CohereChat => head.extend([
            (
                "cache-control",
                "no-cache, no-store, no-transform, must-revalidate, private, max-age=0".to_owned(),
            ),
            ("pragma", "no-cache".to_owned()),
            ("vary", "Origin".to_owned()),
            ("x-accel-expires", "0".to_owned()),
            ("x-debug-trace-id", ids.hex(32)),
            ("num_chars", (2000 + ids.below(4000)).to_string()),
            ("via", "1.1 google".to_owned()),
        ]),
    }
    head
}

fn content_type(dialect: Dialect, stream: bool, sse: bool) -> &'static str {
    match (dialect, stream) {
        (Dialect::Gemini, true) if sse => "text/event-stream",
        (Dialect::Gemini, _) => "application/json; charset=UTF-8",
        (Dialect::OllamaChat | Dialect::OllamaGenerate, true) => "application/x-ndjson",
        (Dialect::OllamaChat | Dialect::OllamaGenerate, false) => "application/json; charset=utf-8",
        (Dialect::CohereChat, true) => "text/event-stream",
        (Dialect::BedrockConverse | Dialect::BedrockInvoke, true) => "application/vnd.amazon.eventstream",
        (_, true) => "text/event-stream; charset=utf-8",
        (_, false) => "application/json",
    }
}
