//! Each provider's own errors.

use agentguard_wire::Dialect;
use serde_json::{Value, json};

use super::{Event, json as text_of, pretty};
use crate::provider::ask::Unanswerable;
use crate::provider::ids::Ids;
use crate::provider::script::ProviderError;

/// HTTP status.
pub(crate) fn status(dialect: Dialect, error: &ProviderError) -> u16 {
    match error {
        ProviderError::Unauthorized if bedrock(dialect) => 403,
        ProviderError::Unauthorized => 401,
        ProviderError::RateLimited(_) => 429,
        ProviderError::Internal => 500,
        ProviderError::Overloaded if dialect == Dialect::AnthropicMessages => 529,
        ProviderError::Overloaded => 503,
        ProviderError::UnknownModel => 404,
    }
}

/// Headers besides the usual ones.
pub(crate) fn headers(dialect: Dialect, error: &ProviderError) -> Vec<(&'static str, String)> {
    let mut headers = Vec::new();
    if let ProviderError::RateLimited(seconds) = error {
        headers.push(("retry-after", seconds.to_string()));
    }
    if bedrock(dialect) {
        headers.push(("x-amzn-errortype", words(dialect, error, "").0.to_owned()));
    }
    headers
}

fn bedrock(dialect: Dialect) -> bool {
    matches!(dialect, Dialect::BedrockConverse | Dialect::BedrockInvoke)
}

/// The body.
pub(crate) fn body(dialect: Dialect, error: &ProviderError, model: &str, ids: &mut Ids) -> Vec<u8> {
    let (kind, code, message) = words(dialect, error, model);
    match dialect {
        Dialect::OpenaiChat | Dialect::OpenaiResponses | Dialect::OpenaiCompletions => {
            let code = Some(code).filter(|code| !code.is_empty());
            let error = json!({"message": message, "type": kind, "param": null, "code": code});
            (pretty(&json!({"error": error})) + "\n").into_bytes()
        }
        Dialect::AnthropicMessages => {
            let request_id = format!("req_011C{}", ids.base58(20));
            let error = json!({"type": kind, "message": message});
            text_of(&json!({"type": "error", "error": error, "request_id": request_id})).into_bytes()
        }
        Dialect::Gemini => {
            let error = json!({"code": status(dialect, error), "message": message, "status": kind});
            (pretty(&json!({"error": error})) + "\n").into_bytes()
        }
        Dialect::OllamaChat | Dialect::OllamaGenerate => text_of(&json!({"error": message})).into_bytes(),
        Dialect::CohereChat => text_of(&json!({"id": ids.uuid(), "message": message})).into_bytes(),
        Dialect::BedrockConverse | Dialect::BedrockInvoke => {
            text_of(&json!({"message": message})).into_bytes()
        }
    }
}

/// The event that reports an error inside a stream.
pub(crate) fn event(dialect: Dialect, sse: bool) -> Event {
    let message = "The server had an error while processing your request. Sorry about that!";
    match dialect {
        Dialect::OpenaiChat | Dialect::OpenaiCompletions => {
            let error = json!({"message": message, "type": "server_error", "param": null, "code": null});
            Event::sse(None, &json!({"error": error}))
        }
        Dialect::OpenaiResponses => {
            let data = json!({
                "type": "error", "code": "server_error", "message": message, "param": null, "sequence_number": 0,
            });
            Event::sse(Some("error"), &data)
        }
        Dialect::AnthropicMessages => {
            let error = json!({"type": "overloaded_error", "message": "Overloaded"});
            Event::sse(Some("error"), &json!({"type": "error", "error": error}))
        }
        Dialect::Gemini => {
            let error = json!({"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"});
            let data = json!({"error": error});
            Event::raw(if sse {
                format!("data: {}\r\n\r\n", text_of(&data))
            } else {
                format!(",\r\n{}\n]", pretty(&data))
            })
        }
        Dialect::OllamaChat | Dialect::OllamaGenerate => Event::raw(format!(
            "{}\n",
            text_of(&json!({"error": "an error was encountered while running the model"}))
        )),
        Dialect::CohereChat => {
            let delta = json!({"finish_reason": "ERROR", "error": "internal server error"});
            Event::sse(Some("message-end"), &json!({"type": "message-end", "delta": delta}))
        }
        Dialect::BedrockConverse | Dialect::BedrockInvoke => super::bedrock::exception(message),
    }
}

/// Status and body for a request that is none of the known ones.
pub(crate) fn unanswerable(why: &Unanswerable, method: &str, path: &str) -> (u16, Vec<u8>) {
    let (status, message) = match why {
        Unanswerable::UnknownUrl => (404, format!("Invalid URL ({method} {path})")),
        Unanswerable::NotJson => (
            400,
            "We could not parse the JSON body of your request. The OpenAI API expects a JSON payload."
                .to_owned(),
        ),
    };
    let error =
        json!({"message": message, "type": "invalid_request_error", "param": null, "code": Value::Null});
    (status, (pretty(&json!({"error": error})) + "\n").into_bytes())
}

fn words(dialect: Dialect, error: &ProviderError, model: &str) -> (&'static str, &'static str, String) {
    use ProviderError::{Internal, Overloaded, RateLimited, Unauthorized, UnknownModel};
    let own = |message: &str| message.to_owned();
    match (dialect, error) {
        (Dialect::AnthropicMessages, Unauthorized) => ("authentication_error", "", own("invalid x-api-key")),
        (Dialect::AnthropicMessages, RateLimited(_)) => (
            "rate_limit_error",
            "",
            own("This request would exceed your organization's rate limit of 50 requests per minute."),
        ),
        (Dialect::AnthropicMessages, Internal) => ("api_error", "", own("Internal server error")),
        (Dialect::AnthropicMessages, Overloaded) => ("overloaded_error", "", own("Overloaded")),
        (Dialect::AnthropicMessages, UnknownModel) => ("not_found_error", "", format!("model: {model}")),
        (Dialect::Gemini, Unauthorized) => {
            ("UNAUTHENTICATED", "", own("API key not valid. Please pass a valid API key."))
        }
        (Dialect::Gemini, RateLimited(_)) => {
            ("RESOURCE_EXHAUSTED", "", own("You exceeded your current quota."))
        }
        (Dialect::Gemini, Internal) => ("INTERNAL", "", own("An internal error has occurred.")),
        (Dialect::Gemini, Overloaded) => {
            ("UNAVAILABLE", "", own("The model is overloaded. Please try again later."))
        }
        (Dialect::Gemini, UnknownModel) => (
            "NOT_FOUND",
            "",
            format!(
                "models/{model} is not found for API version v1beta, or is not supported for generateContent."
            ),
        ),
        (Dialect::OllamaChat | Dialect::OllamaGenerate, UnknownModel) => {
            ("", "", format!("model '{model}' not found"))
        }
        (Dialect::BedrockConverse | Dialect::BedrockInvoke, error) => {
            let (kind, message) = match error {
                Unauthorized => {
                    ("UnrecognizedClientException", "The security token included in the request is invalid.")
                }
                RateLimited(_) => {
                    ("ThrottlingException", "Too many requests, please wait before trying again.")
                }
                Internal => (
                    "InternalServerException",
                    "The system encountered an unexpected error during processing. Try your request again.",
                ),
                Overloaded => ("ServiceUnavailableException", "Bedrock is unable to process your request."),
                UnknownModel => (
                    "ResourceNotFoundException",
                    "Could not resolve the foundation model from the provided model identifier.",
                ),
            };
            (kind, "", own(message))
        }
        (Dialect::CohereChat, Unauthorized) => ("", "", own("invalid api token")),
        (_, Unauthorized) => (
            "invalid_request_error",
            "invalid_api_key",
            own(
                "Incorrect API key provided. You can find your API key at https://platform.openai.com/account/api-keys.",
            ),
        ),
        (_, RateLimited(_)) => (
            "requests",
            "rate_limit_exceeded",
            format!("Rate limit reached for {model}: Limit 500, Used 500, Requested 1."),
        ),
        (_, Internal) => (
            "server_error",
            "",
            own("The server had an error while processing your request. Sorry about that!"),
        ),
        (_, Overloaded) => {
            ("server_error", "", own("The engine is currently overloaded, please try again later"))
        }
        (_, UnknownModel) => (
            "invalid_request_error",
            "model_not_found",
            format!("The model `{model}` does not exist or you do not have access to it."),
        ),
    }
}
