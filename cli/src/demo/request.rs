//! A conversation written as each provider's own client would send it.

use serde_json::{Value, json};

use super::conversation::{Api, CallSpec, Conversation, Document, Provider, Setting, ToolSpec, Turn};

/// Path (behind the provider's name) and body.
#[must_use]
pub fn build(conversation: &Conversation) -> (String, Value) {
    let via = &conversation.case.via;
    let (path, mut body) = match (via.provider, via.api) {
        (Provider::Openai, Api::Chat) => ("/v1/chat/completions".to_owned(), chat(conversation)),
        (Provider::Openai, Api::Responses) => ("/v1/responses".to_owned(), responses(conversation)),
        (Provider::Anthropic, _) => ("/v1/messages".to_owned(), anthropic(conversation)),
        (Provider::Gemini, _) => {
            let verb = if via.stream { "streamGenerateContent?alt=sse" } else { "generateContent" };
            return (format!("/v1beta/models/{}:{verb}", via.model), gemini(conversation));
        }
        (Provider::Ollama, _) => ("/api/chat".to_owned(), ollama(conversation)),
        (Provider::Cohere, _) => ("/v2/chat".to_owned(), cohere(conversation)),
    };
    body["stream"] = via.stream.into();
    (path, body)
}

/// The headers that carry the client's key, by provider. The demo's provider looks at none of them.
#[must_use]
pub fn credentials(provider: Provider) -> &'static [(&'static str, &'static str)] {
    match provider {
        Provider::Openai | Provider::Cohere => &[("authorization", "Bearer demo")],
        Provider::Anthropic => &[("x-api-key", "demo"), ("anthropic-version", "2023-06-01")],
        Provider::Gemini => &[("x-goog-api-key", "demo")],
        Provider::Ollama => &[],
    }
}

fn chat(conversation: &Conversation) -> Value {
    let setting = &conversation.setting;
    let mut messages = system(setting);
    for turn in &setting.messages {
        messages.push(match turn {
            Turn::Tool { text, .. } => json!({"role": "tool", "tool_call_id": CALL_ID, "content": text}),
            Turn::Assistant { text, calls } if !calls.is_empty() => {
                json!({"role": "assistant", "content": content(text), "tool_calls": openai_calls(calls)})
            }
            turn => spoken(turn),
        });
    }
    messages.push(json!({"role": "user", "content": question(conversation, true)}));
    let mut body = json!({"model": conversation.case.via.model, "messages": messages});
    if !setting.tools.is_empty() {
        body["tools"] = openai_tools(&setting.tools);
    }
    if setting.json {
        body["response_format"] = json!({"type": "json_object"});
    }
    if conversation.case.via.stream {
        body["stream_options"] = json!({"include_usage": true});
    }
    body
}

fn responses(conversation: &Conversation) -> Value {
    let setting = &conversation.setting;
    let mut input = Vec::new();
    for turn in &setting.messages {
        match turn {
            Turn::Tool { text, .. } => {
                input.push(json!({"type": "function_call_output", "call_id": CALL_ID, "output": text}));
            }
            Turn::Assistant { calls, .. } if !calls.is_empty() => input.extend(calls.iter().map(|call| {
                let arguments = call.arguments.to_string();
                json!({"type": "function_call", "call_id": CALL_ID, "name": call.name, "arguments": arguments})
            })),
            turn => input.push(spoken(turn)),
        }
    }
    input.push(json!({"role": "user", "content": question(conversation, true)}));
    let mut body = json!({"model": conversation.case.via.model, "input": input});
    if let Some(system) = &setting.system {
        body["instructions"] = system.as_str().into();
    }
    if !setting.tools.is_empty() {
        let tool = |tool: &ToolSpec| {
            json!({
                "type": "function", "name": tool.name, "description": tool.description,
                "parameters": tool.parameters, "strict": false,
            })
        };
        body["tools"] = setting.tools.iter().map(tool).collect();
    }
    if setting.json {
        body["text"] = json!({"format": {"type": "json_object"}});
    }
    body
}

fn anthropic(conversation: &Conversation) -> Value {
    let setting = &conversation.setting;
    let mut messages: Vec<Value> = setting
        .messages
        .iter()
        .map(|turn| match turn {
            Turn::Tool { text, .. } => {
                let result = json!({"type": "tool_result", "tool_use_id": CALL_ID, "content": text});
                json!({"role": "user", "content": [result]})
            }
            Turn::Assistant { calls, .. } if !calls.is_empty() => {
                let call = |call: &CallSpec| {
                    json!({"type": "tool_use", "id": CALL_ID, "name": call.name, "input": call.arguments})
                };
                json!({"role": "assistant", "content": calls.iter().map(call).collect::<Vec<_>>()})
            }
            turn => spoken(turn),
        })
        .collect();
    let document = |document: &Document| {
        json!({
            "type": "document",
            "source": {"type": "text", "media_type": "text/plain", "data": document.text},
            "title": document.title,
        })
    };
    let mut content: Vec<Value> = setting.documents.iter().map(document).collect();
    content.push(json!({"type": "text", "text": question(conversation, false)}));
    messages.push(json!({"role": "user", "content": content}));
    let mut body = json!({"model": conversation.case.via.model, "max_tokens": 1024, "messages": messages});
    if let Some(system) = &setting.system {
        body["system"] = system.as_str().into();
    }
    if !setting.tools.is_empty() {
        let tool = |tool: &ToolSpec| json!({"name": tool.name, "description": tool.description, "input_schema": tool.parameters});
        body["tools"] = setting.tools.iter().map(tool).collect();
    }
    body
}

fn gemini(conversation: &Conversation) -> Value {
    let setting = &conversation.setting;
    let text = |role: &str, text: &str| json!({"role": role, "parts": [{"text": text}]});
    let mut contents: Vec<Value> = setting
        .messages
        .iter()
        .map(|turn| match turn {
            Turn::User { text: said } => text("user", said),
            Turn::Assistant { text: said, calls } if calls.is_empty() => text("model", said),
            Turn::Assistant { calls, .. } => {
                let call =
                    |call: &CallSpec| json!({"functionCall": {"name": call.name, "args": call.arguments}});
                json!({"role": "model", "parts": calls.iter().map(call).collect::<Vec<_>>()})
            }
            Turn::Tool { name, text } => {
                let result = serde_json::from_str(text).unwrap_or_else(|_| json!({"result": text}));
                json!({"role": "user", "parts": [{"functionResponse": {"name": name, "response": result}}]})
            }
        })
        .collect();
    contents.push(text("user", &question(conversation, true)));
    let mut body = json!({"contents": contents});
    if let Some(system) = &setting.system {
        body["systemInstruction"] = json!({"parts": [{"text": system}]});
    }
    if !setting.tools.is_empty() {
        let tool = |tool: &ToolSpec| json!({"name": tool.name, "description": tool.description, "parameters": tool.parameters});
        body["tools"] = json!([{"functionDeclarations": setting.tools.iter().map(tool).collect::<Vec<_>>()}]);
    }
    if setting.json {
        body["generationConfig"] = json!({"responseMimeType": "application/json"});
    }
    body
}

fn ollama(conversation: &Conversation) -> Value {
    let setting = &conversation.setting;
    let mut messages = system(setting);
    for turn in &setting.messages {
        messages.push(match turn {
            Turn::Tool { name, text } => json!({"role": "tool", "tool_name": name, "content": text}),
            Turn::Assistant { text, calls } if !calls.is_empty() => {
                let call =
                    |call: &CallSpec| json!({"function": {"name": call.name, "arguments": call.arguments}});
                let calls: Vec<Value> = calls.iter().map(call).collect();
                json!({"role": "assistant", "content": text, "tool_calls": calls})
            }
            turn => spoken(turn),
        });
    }
    messages.push(json!({"role": "user", "content": question(conversation, true)}));
    let mut body = json!({"model": conversation.case.via.model, "messages": messages});
    if !setting.tools.is_empty() {
        body["tools"] = openai_tools(&setting.tools);
    }
    if setting.json {
        body["format"] = "json".into();
    }
    body
}

fn cohere(conversation: &Conversation) -> Value {
    let setting = &conversation.setting;
    let mut messages = system(setting);
    for turn in &setting.messages {
        messages.push(match turn {
            Turn::Tool { text, .. } => json!({"role": "tool", "tool_call_id": CALL_ID, "content": text}),
            Turn::Assistant { calls, .. } if !calls.is_empty() => {
                json!({"role": "assistant", "tool_calls": openai_calls(calls)})
            }
            turn => spoken(turn),
        });
    }
    messages.push(json!({"role": "user", "content": question(conversation, false)}));
    let mut body = json!({"model": conversation.case.via.model, "messages": messages});
    if !setting.documents.is_empty() {
        let document = |(at, document): (usize, &Document)| json!({"id": format!("doc-{at}"), "data": {"title": document.title, "text": document.text}});
        body["documents"] = setting.documents.iter().enumerate().map(document).collect();
    }
    if !setting.tools.is_empty() {
        body["tools"] = openai_tools(&setting.tools);
    }
    if setting.json {
        body["response_format"] = json!({"type": "json_object"});
    }
    body
}

/// The id of the one earlier call that a conversation may hold.
const CALL_ID: &str = "call_7Yc0QnZkTgLwR2mXb8VdJ4";

fn system(setting: &Setting) -> Vec<Value> {
    setting.system.iter().map(|text| json!({"role": "system", "content": text})).collect()
}

fn spoken(turn: &Turn) -> Value {
    match turn {
        Turn::User { text } => json!({"role": "user", "content": text}),
        Turn::Assistant { text, .. } => json!({"role": "assistant", "content": text}),
        Turn::Tool { text, .. } => json!({"role": "tool", "content": text}),
    }
}

fn content(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

fn openai_calls(calls: &[CallSpec]) -> Value {
    let call = |call: &CallSpec| {
        let function = json!({"name": call.name, "arguments": call.arguments.to_string()});
        json!({"id": CALL_ID, "type": "function", "function": function})
    };
    calls.iter().map(call).collect()
}

fn openai_tools(tools: &[ToolSpec]) -> Value {
    let tool = |tool: &ToolSpec| {
        let function =
            json!({"name": tool.name, "description": tool.description, "parameters": tool.parameters});
        json!({"type": "function", "function": function})
    };
    tools.iter().map(tool).collect()
}

/// The last user turn: what is pasted (documents too, where the format has no place for them), then the question.
fn question(conversation: &Conversation, paste_documents: bool) -> String {
    let setting = &conversation.setting;
    let mut parts = Vec::new();
    if paste_documents {
        let paste = |document: &Document| {
            format!("<document title=\"{}\">\n{}\n</document>", document.title, document.text.trim_end())
        };
        parts.extend(setting.documents.iter().map(paste));
    }
    parts.extend(setting.context.iter().map(|context| format!("Context:\n{}", context.trim_end())));
    if parts.is_empty() {
        return conversation.case.ask.clone();
    }
    parts.push(format!("Question: {}", conversation.case.ask));
    parts.join("\n\n")
}
