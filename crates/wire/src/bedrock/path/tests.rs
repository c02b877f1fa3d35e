use crate::{Dialect, Endpoint};

fn detect(path: &str) -> Option<(Dialect, String, bool)> {
    let endpoint = Endpoint::detect("POST", path)?;
    Some((endpoint.dialect, endpoint.model?, endpoint.stream?))
}

#[test]
fn the_four_operations_and_every_kind_of_model_id() {
    use Dialect::{BedrockConverse, BedrockInvoke};
    let claude = "anthropic.claude-3-5-sonnet-20241022-v2:0";
    let profile =
        "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-20250514-v1:0";
    for (path, dialect, model, stream) in [
        ("/model/anthropic.claude-3-5-sonnet-20241022-v2%3A0/converse", BedrockConverse, claude, false),
        ("/model/anthropic.claude-3-5-sonnet-20241022-v2:0/converse-stream", BedrockConverse, claude, true),
        ("/model/us.amazon.nova-lite-v1%3A0/invoke", BedrockInvoke, "us.amazon.nova-lite-v1:0", false),
        (
            "/gateway/model/us.meta.llama3-3-70b-instruct-v1%3a0/invoke-with-response-stream?x=1",
            BedrockInvoke,
            "us.meta.llama3-3-70b-instruct-v1:0",
            true,
        ),
        (
            "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Ainference-profile%2Fus.anthropic.claude-sonnet-4-20250514-v1%3A0/converse-stream",
            BedrockConverse,
            profile,
            true,
        ),
        (
            "/model/arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-20250514-v1:0/invoke",
            BedrockInvoke,
            profile,
            false,
        ),
        (
            "/model/arn:aws:bedrock:us-east-1:123456789012:imported-model%2Fabc123/invoke",
            BedrockInvoke,
            "arn:aws:bedrock:us-east-1:123456789012:imported-model/abc123",
            false,
        ),
    ] {
        assert_eq!(detect(path), Some((dialect, model.to_owned(), stream)), "{path}");
    }
}

#[test]
fn what_is_not_a_conversation_passes() {
    for path in [
        "/model/amazon.titan-embed-text-v2%3A0/invoke",
        "/model/cohere.rerank-v3-5%3A0/invoke",
        "/model/stability.stable-image-ultra-v1%3A1/invoke",
        "/model/amazon.nova-canvas-v1%3A0/invoke",
        "/model/m/count-tokens",
        "/model/m/invoke-with-bidirectional-stream",
        "/model//converse",
        "/model/converse",
        "/model/some/chain/invoke",
        "/v1/invoke",
        "/model/%ff/invoke",
        "/guardrail/g/version/1/apply",
    ] {
        assert_eq!(Endpoint::detect("POST", path), None, "{path}");
    }
    assert_eq!(Endpoint::detect("GET", "/model/m/converse"), None);
}
