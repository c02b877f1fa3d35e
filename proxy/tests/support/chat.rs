//! A conversation about an invoice, as OpenAI's API carries it.

use serde_json::{Value, json};

/// Where the client posts.
pub const CHAT: &str = "/openai/v1/chat/completions";

/// What the model is shown.
pub const CONTEXT: &str = "Answer from this context only.\n\nInvoice INV-2041 was issued by Northwind GmbH on 12 February 2026. \
     The total is 1,250.00 EUR. Payment is due on 12 March 2026. The contact is Maria Keller.";

pub const FIRST: &str = "Northwind issued the invoice. ";
pub const GOOD: &str = "The total is 1,250.00 EUR. ";
pub const BAD: &str = "The total is 98,777.00 USD, as Contoso Ltd confirmed on 3 May 2031. ";
pub const LAST: &str = "Payment is due on 12 March 2026.";

/// What it is asked.
pub const QUESTION: &str = "Who issued the invoice, what is the total, and when is it due?";

/// The text of a good answer, and of one with a bad sentence in the middle.
pub fn good() -> String {
    [FIRST, GOOD, LAST].concat()
}

/// See [`good`].
pub fn bad() -> String {
    [FIRST, BAD, LAST].concat()
}

/// The request.
pub fn request(stream: bool) -> String {
    json!({
        "model": "gpt-4o",
        "stream": stream,
        "messages": [
            {"role": "system", "content": CONTEXT},
            {"role": "user", "content": QUESTION},
        ],
    })
    .to_string()
}

/// An unstreamed answer with that text. The odd spacing must survive.
pub fn answer(text: &str) -> String {
    let text = Value::from(text);
    format!(
        "{{ \"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"gpt-4o-2024\",  \"choices\":\
         [{{\"index\":0,\"message\":{{\"role\":\"assistant\",\"content\":{text}}},\"logprobs\":null,\"finish_reason\":\"stop\"}}],\
         \"usage\":{{\"prompt_tokens\":11,\"completion_tokens\":22,\"total_tokens\":33}} }}\n"
    )
}

/// One frame.
pub fn chunk(delta: &Value, finish: Option<&str>) -> String {
    let chunk = json!({
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "gpt-4o-2024",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    });
    format!("data: {chunk}\n\n")
}

/// The frames of a streamed answer: role, a keep-alive, words, finish, usage, end.
pub fn frames(text: &str) -> Vec<String> {
    let mut frames =
        vec![chunk(&json!({"role": "assistant", "content": ""}), None), ": keep-alive\n\n".to_owned()];
    frames.extend(text.split_inclusive(' ').map(|word| chunk(&json!({"content": word}), None)));
    frames.push(chunk(&json!({}), Some("stop")));
    frames.push("data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"gpt-4o-2024\",\"choices\":[],\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":22,\"total_tokens\":33}}\n\n".to_owned());
    frames.push("data: [DONE]\n\n".to_owned());
    frames
}

/// The text that a client reads out of a stream, and how its choice finished.
pub fn read(stream: &str) -> (String, Option<String>) {
    let (mut text, mut finish) = (String::new(), None);
    for data in stream.lines().filter_map(|line| line.strip_prefix("data: ")).filter(|data| *data != "[DONE]")
    {
        let chunk: Value = serde_json::from_str(data).unwrap_or_else(|e| panic!("{e}: {data}"));
        for choice in chunk["choices"].as_array().unwrap() {
            text.push_str(choice["delta"]["content"].as_str().unwrap_or_default());
            if let Some(reason) = choice["finish_reason"].as_str() {
                finish = Some(reason.to_owned());
            }
        }
    }
    (text, finish)
}
