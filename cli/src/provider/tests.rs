//! The provider over real sockets: what it writes is what it was told to say, in every dialect, and its faults strike.

use agentguard_wire::framing::event_stream::Message;
use agentguard_wire::{Answer, Dialect, Framing, StreamDecoder};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::StreamExt;
use serde_json::{Value, json};

use super::*;

const TEXT: &str = "Der Fluss ist 1.233 km lang – naïve “quotes”, 5 µm.\n\nNext: 漢字 and 🙂!";

fn request(dialect: Dialect, stream: bool) -> (&'static str, Value) {
    let bedrock = |whole, streamed| if stream { streamed } else { whole };
    let messages = json!([{"role": "user", "content": "How long is it?"}]);
    match dialect {
        Dialect::OpenaiChat => {
            ("/v1/chat/completions", json!({"model": "gpt-4.1-mini", "messages": messages, "stream": stream}))
        }
        Dialect::OpenaiResponses => {
            ("/v1/responses", json!({"model": "gpt-4.1", "input": "How long is it?", "stream": stream}))
        }
        Dialect::OpenaiCompletions => (
            "/v1/completions",
            json!({"model": "gpt-3.5-turbo-instruct", "prompt": "How long is it?", "stream": stream}),
        ),
        Dialect::AnthropicMessages => (
            "/v1/messages",
            json!({"model": "claude-sonnet-4-5", "max_tokens": 500, "messages": messages, "stream": stream}),
        ),
        Dialect::Gemini => {
            let body = json!({"contents": [{"role": "user", "parts": [{"text": "How long is it?"}]}]});
            let path = "/v1beta/models/gemini-2.5-flash:";
            match (path, stream) {
                (_, true) => ("/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse", body),
                (_, false) => ("/v1beta/models/gemini-2.5-flash:generateContent", body),
            }
        }
        Dialect::OllamaChat => {
            ("/api/chat", json!({"model": "llama3.2", "messages": messages, "stream": stream}))
        }
        Dialect::OllamaGenerate => {
            ("/api/generate", json!({"model": "llama3.2", "prompt": "How long is it?", "stream": stream}))
        }
        Dialect::CohereChat => {
            ("/v2/chat", json!({"model": "command-a-03-2025", "messages": messages, "stream": stream}))
        }
        Dialect::BedrockConverse => (
            bedrock(
                "/model/amazon.nova-lite-v1%3A0/converse",
                "/model/amazon.nova-lite-v1%3A0/converse-stream",
            ),
            json!({"messages": [{"role": "user", "content": [{"text": "How long is it?"}]}]}),
        ),
        Dialect::BedrockInvoke => (
            bedrock(
                "/model/anthropic.claude-3-haiku-20240307-v1%3A0/invoke",
                "/model/anthropic.claude-3-haiku-20240307-v1%3A0/invoke-with-response-stream",
            ),
            json!({"anthropic_version": "bedrock-2023-05-31", "max_tokens": 500, "messages": messages}),
        ),
    }
}

/// Every string at any of the places where the dialects carry answer text, joined.
fn said(dialect: Dialect, payloads: &[Value]) -> String {
    let pointers: &[&str] = match dialect {
        Dialect::OpenaiChat => &["/choices/0/delta/content", "/choices/0/message/content"],
        Dialect::OpenaiResponses => &["/output/0/content/0/text"],
        Dialect::OpenaiCompletions => &["/choices/0/text"],
        Dialect::AnthropicMessages | Dialect::BedrockInvoke => &["/delta/text", "/content/0/text"],
        Dialect::Gemini => &["/candidates/0/content/parts/0/text"],
        Dialect::OllamaChat => &["/message/content"],
        Dialect::OllamaGenerate => &["/response"],
        Dialect::CohereChat => &["/delta/message/content/text", "/message/content/0/text"],
        Dialect::BedrockConverse => &["/delta/text", "/output/message/content/0/text"],
    };
    let delta = |payload: &Value| {
        if payload["type"] == "response.output_text.delta" {
            return payload["delta"].as_str().map(str::to_owned);
        }
        pointers.iter().find_map(|pointer| payload.pointer(pointer)?.as_str().map(str::to_owned))
    };
    payloads.iter().filter_map(delta).collect()
}

/// The payloads of a stream, whatever its layout.
fn events(dialect: Dialect, body: &[u8]) -> Vec<Value> {
    if !matches!(dialect, Dialect::BedrockConverse | Dialect::BedrockInvoke) {
        return payloads(std::str::from_utf8(body).unwrap());
    }
    let (mut rest, mut out) = (body, Vec::new());
    while let Some(length) = rest.first_chunk::<4>() {
        let (raw, after) = rest.split_at(u32::from_be_bytes(*length) as usize);
        rest = after;
        let data: Value = serde_json::from_slice(Message::parse(raw).unwrap().payload).unwrap();
        out.push(match data["bytes"].as_str() {
            Some(bytes) => serde_json::from_slice(&STANDARD.decode(bytes).unwrap()).unwrap(),
            None => data,
        });
    }
    out
}

fn payloads(body: &str) -> Vec<Value> {
    body.lines()
        .map(|line| line.strip_prefix("data: ").unwrap_or(line))
        .filter(|line| line.starts_with('{'))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

async fn ask(provider: &Provider, dialect: Dialect, stream: bool) -> reqwest::Response {
    let (path, body) = request(dialect, stream);
    client().post(format!("http://{}{path}", provider.address())).json(&body).send().await.unwrap()
}

#[tokio::test]
async fn every_dialect_says_what_the_script_says_streamed_and_not() {
    let provider = Provider::start("127.0.0.1:0", Script::always(Reply::text(TEXT))).await.unwrap();
    for dialect in Dialect::ALL {
        let whole = ask(&provider, dialect, false).await;
        assert_eq!(whole.status(), 200, "{dialect}");
        let whole: Value = whole.json().await.unwrap();
        assert_eq!(said(dialect, &[whole]), TEXT, "{dialect}, unstreamed");
        let stream = ask(&provider, dialect, true).await.bytes().await.unwrap();
        assert_eq!(said(dialect, &events(dialect, &stream)), TEXT, "{dialect}, streamed");
    }
    assert_eq!(provider.requests(), 2 * Dialect::ALL.len() as u64);
    assert_eq!(provider.cancelled(), 0);
}

#[tokio::test]
async fn the_same_request_gets_the_same_bytes_and_another_gets_others() {
    let provider = Provider::start("127.0.0.1:0", Script::always(Reply::text(TEXT))).await.unwrap();
    for dialect in Dialect::ALL {
        for stream in [false, true] {
            let one = ask(&provider, dialect, stream).await.bytes().await.unwrap();
            assert_eq!(one, ask(&provider, dialect, stream).await.bytes().await.unwrap(), "{dialect}");
        }
    }
    let id = |question: &'static str| {
        let url = format!("http://{}/v1/chat/completions", provider.address());
        let body = json!({"model": "m", "messages": [{"role": "user", "content": question}]});
        async move {
            client().post(url).json(&body).send().await.unwrap().json::<Value>().await.unwrap()["id"].clone()
        }
    };
    assert_ne!(id("one").await, id("two").await);
}

#[tokio::test]
async fn every_encoding_and_every_cut_carries_the_same_body() {
    let cuts = [Writes::Events, Writes::Joined(3), Writes::Bytes(1), Writes::Bytes(7)];
    let encodings = [Encoding::Identity, Encoding::Gzip, Encoding::Deflate, Encoding::Brotli, Encoding::Zstd];
    let mut plain = None;
    for encoding in encodings {
        for writes in cuts {
            let reply = Reply::text(TEXT).encoded(encoding).cut(Pieces::Tokens, writes);
            let provider = Provider::start("127.0.0.1:0", Script::always(reply)).await.unwrap();
            let response = ask(&provider, Dialect::AnthropicMessages, true).await;
            let name =
                response.headers().get("content-encoding").map(|name| name.to_str().unwrap().to_owned());
            let body = response.bytes().await.unwrap();
            let body = encode::decode(name.as_deref().unwrap_or_default(), &body).unwrap();
            assert_eq!(&body, plain.get_or_insert_with(|| body.clone()), "{encoding:?} {writes:?}");
        }
    }
}

#[tokio::test]
async fn choices_logprobs_and_usage_come_when_asked_for() {
    let provider =
        Provider::start("127.0.0.1:0", Script::always(Reply::text("One two three."))).await.unwrap();
    let body = json!({
        "model": "gpt-4.1-mini", "messages": [], "n": 2, "logprobs": true, "top_logprobs": 2, "stream": true,
        "stream_options": {"include_usage": true},
    });
    let url = format!("http://{}/v1/chat/completions", provider.address());
    let text = client().post(url).json(&body).send().await.unwrap().text().await.unwrap();
    assert!(text.ends_with("data: [DONE]\n\n"));
    let payloads = payloads(&text);
    for index in 0..2 {
        let mine = |payload: &&Value| payload["choices"][0]["index"] == index;
        let deltas: Vec<&Value> = payloads.iter().filter(mine).map(|p| &p["choices"][0]).collect();
        let text: String = deltas.iter().filter_map(|d| d["delta"]["content"].as_str()).collect();
        let tokens: String =
            deltas.iter().filter_map(|d| d["logprobs"]["content"][0]["token"].as_str()).collect();
        assert_eq!((text.as_str(), tokens.as_str()), ("One two three.", "One two three."));
        assert_eq!(deltas.last().unwrap()["finish_reason"], "stop");
        assert!(
            deltas
                .iter()
                .filter_map(|d| d["logprobs"]["content"][0]["top_logprobs"].as_array())
                .all(|t| t.len() == 2)
        );
    }
    let last = payloads.last().unwrap();
    assert_eq!(
        (last["choices"].as_array().unwrap().len(), last["usage"]["completion_tokens"].as_u64()),
        (0, Some(8))
    );
    assert!(payloads[..payloads.len() - 1].iter().all(|payload| payload["usage"].is_null()));
}

#[tokio::test]
async fn tool_calls_arrive_whole_in_every_dialect_that_has_them() {
    let arguments = r#"{"city":"Porto Alegre","days":3,"units":{"temperature":"°C"}}"#;
    let provider =
        Provider::start("127.0.0.1:0", Script::always(Reply::call("get_forecast", arguments))).await.unwrap();
    for dialect in Dialect::ALL {
        if matches!(dialect, Dialect::OpenaiCompletions | Dialect::OllamaGenerate) {
            continue;
        }
        let whole: Value = ask(&provider, dialect, false).await.json().await.unwrap();
        let whole = whole.to_string();
        let bytes = ask(&provider, dialect, true).await.bytes().await.unwrap();
        let stream = String::from_utf8_lossy(&bytes).into_owned();
        if matches!(dialect, Dialect::BedrockConverse | Dialect::BedrockInvoke) {
            // Binary frames, in one of two dialects within base64: read by the decoder, which its goldens hold to botocore's.
            let (mut decoder, mut frames) = (StreamDecoder::new(dialect, Framing::EventStream), Vec::new());
            decoder.feed(&bytes, &mut frames);
            decoder.finish(&mut frames);
            let mut answer = Answer::default();
            frames.iter().flat_map(|frame| &frame.events).for_each(|event| answer.apply(event));
            let call = &answer.choices[0].tool_calls[0];
            assert_eq!(
                (call.name.as_str(), call.arguments.as_str()),
                ("get_forecast", arguments),
                "{dialect}"
            );
            continue;
        }
        for body in [&whole, &stream] {
            assert!(body.contains("get_forecast"), "{dialect}: {body}");
        }
        let joined: String = payloads(&stream)
            .iter()
            .filter_map(|p| {
                [
                    "/choices/0/delta/tool_calls/0/function/arguments",
                    "/delta/partial_json",
                    "/delta/message/tool_calls/function/arguments",
                ]
                .iter()
                .find_map(|pointer| p.pointer(pointer)?.as_str())
                .or_else(|| p["delta"].as_str())
                .map(str::to_owned)
                .or_else(|| {
                    p.pointer("/candidates/0/content/parts/0/functionCall/args").map(Value::to_string)
                })
                .or_else(|| p.pointer("/message/tool_calls/0/function/arguments").map(Value::to_string))
            })
            .collect();
        assert_eq!(joined, arguments, "{dialect}");
    }
}

#[tokio::test]
async fn errors_come_as_each_provider_reports_them() {
    let provider =
        Provider::start("127.0.0.1:0", Script::always(Reply::error(ProviderError::RateLimited(7))))
            .await
            .unwrap();
    for dialect in Dialect::ALL {
        let response = ask(&provider, dialect, true).await;
        assert_eq!(response.status(), 429, "{dialect}");
        assert_eq!(response.headers()["retry-after"], "7");
        let body: Value = response.json().await.unwrap();
        if dialect == Dialect::AnthropicMessages {
            assert_eq!(body["error"]["type"], "rate_limit_error");
        }
    }
    let url = format!("http://{}/v1/chat/completions", provider.address());
    assert_eq!(client().post(url).body("{").send().await.unwrap().status(), 400);
    let url = format!("http://{}/v1/unheard-of", provider.address());
    assert_eq!(client().get(url).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn replies_in_turn_allow_a_retry() {
    let script = Script::new()
        .on_text_in_turn("How long", vec![Reply::error(ProviderError::Internal), Reply::text("233 km.")]);
    let provider = Provider::start("127.0.0.1:0", script).await.unwrap();
    let statuses = [500, 200, 200];
    for status in statuses {
        assert_eq!(ask(&provider, Dialect::OpenaiChat, false).await.status(), status);
    }
}

#[tokio::test]
async fn a_broken_stream_breaks_where_the_script_says() {
    for (fault, proper) in [(Fault::Truncate(5), true), (Fault::Close(5), false), (Fault::Reset(5), false)] {
        let provider =
            Provider::start("127.0.0.1:0", Script::always(Reply::text(TEXT).faulty(fault.clone())))
                .await
                .unwrap();
        let mut stream = ask(&provider, Dialect::OpenaiChat, true).await.bytes_stream();
        let (mut got, mut failed) = (Vec::new(), false);
        while let Some(chunk) = stream.next().await {
            match chunk {
                Ok(chunk) => got.extend_from_slice(&chunk),
                Err(_) => failed = true,
            }
        }
        assert_eq!(failed, !proper, "{fault:?}");
        assert_eq!(payloads(&String::from_utf8(got).unwrap()).len(), 5, "{fault:?}");
    }
}

#[tokio::test]
async fn an_unstreamed_answer_that_is_cut_is_an_error_to_the_client() {
    let provider = Provider::start("127.0.0.1:0", Script::always(Reply::text(TEXT).faulty(Fault::Close(4))))
        .await
        .unwrap();
    assert!(ask(&provider, Dialect::AnthropicMessages, false).await.bytes().await.is_err());
}

#[tokio::test]
async fn a_client_that_goes_away_is_noticed() {
    let reply = Reply::text(TEXT).faulty(Fault::Stall(3));
    let provider = Provider::start("127.0.0.1:0", Script::always(reply)).await.unwrap();
    let mut stream = ask(&provider, Dialect::OpenaiChat, true).await.bytes_stream();
    stream.next().await.unwrap().unwrap();
    assert_eq!(provider.cancelled(), 0);
    drop(stream);
    for _ in 0..200 {
        if provider.cancelled() == 1 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the provider never noticed");
}

#[tokio::test]
async fn recorded_bytes_are_sent_as_they_are() {
    let raw = Raw {
        status: 200,
        headers: vec![("content-type".into(), "text/event-stream".into()), ("x-own".into(), "1".into())],
        frames: vec![Bytes::from_static(b"data: {}\r\r"), Bytes::from_static(b": note\n\n")],
    };
    let provider = Provider::start("127.0.0.1:0", Script::always(Reply::raw(raw))).await.unwrap();
    let response = ask(&provider, Dialect::OpenaiChat, true).await;
    assert_eq!(response.headers()["x-own"], "1");
    assert_eq!(response.bytes().await.unwrap(), "data: {}\r\r: note\n\n");
}
