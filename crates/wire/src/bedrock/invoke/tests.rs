//! Every family of models behind `InvokeModel`: both ways say the same, and edits, ends and requests.

use serde_json::{Value, json};

use crate::testing::{answer, cut, edits, events, notice, redacted, request};
use crate::{
    Answer, Dialect, Endpoint, Event, Finish, Part, Role, Usage, parse_answer, parse_request, redact_answer,
    refuse, replace_answer,
};

const INVOKE: Dialect = Dialect::BedrockInvoke;

/// A stream and the body that says the same, with the text of both.
struct Case {
    model: &'static str,
    stream: Vec<Value>,
    body: Value,
    text: &'static str,
}

fn metrics(mut last: Value) -> Value {
    last["amazon-bedrock-invocationMetrics"] = json!({"inputTokenCount": 9, "outputTokenCount": 4, "invocationLatency": 300, "firstByteLatency": 80});
    last
}

fn cases() -> Vec<Case> {
    let nova = |name: &str, event: Value| json!({name: event});
    let message = |content: Value| {
        json!({"output": {"message": {"role": "assistant", "content": content}},
        "stopReason": "end_turn", "usage": {"inputTokens": 9, "outputTokens": 4}})
    };
    vec![
        Case {
            model: "anthropic",
            stream: vec![
                json!({"type": "message_start", "message": {"id": "msg_1", "model": "claude-x", "usage": {"input_tokens": 9, "output_tokens": 1}}}),
                json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
                json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Good. "}}),
                json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Bad thing."}}),
                json!({"type": "content_block_stop", "index": 0}),
                json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 4}}),
                metrics(json!({"type": "message_stop"})),
            ],
            body: json!({"id": "msg_1", "type": "message", "model": "claude-x", "content": [{"type": "text", "text": "Good. Bad thing."}],
                "stop_reason": "end_turn", "usage": {"input_tokens": 9, "output_tokens": 4}}),
            text: "Good. Bad thing.",
        },
        Case {
            model: "nova",
            stream: vec![
                nova("messageStart", json!({"role": "assistant"})),
                nova("contentBlockDelta", json!({"delta": {"text": "Good. "}, "contentBlockIndex": 0})),
                nova("contentBlockDelta", json!({"delta": {"text": "Bad thing."}, "contentBlockIndex": 0})),
                nova("contentBlockStop", json!({"contentBlockIndex": 0})),
                nova("messageStop", json!({"stopReason": "end_turn"})),
                metrics(nova(
                    "metadata",
                    json!({"usage": {"inputTokens": 9, "outputTokens": 4}, "metrics": {}, "trace": {}}),
                )),
            ],
            body: message(json!([{"text": "Good. Bad thing."}])),
            text: "Good. Bad thing.",
        },
        Case {
            model: "mistral chat",
            stream: vec![
                json!({"choices": [{"index": 0, "message": {"role": "assistant", "content": "Good. "}, "stop_reason": null}]}),
                json!({"choices": [{"index": 0, "message": {"role": "assistant", "content": "Bad thing."}, "stop_reason": null}]}),
                metrics(
                    json!({"choices": [{"index": 0, "message": {"role": "assistant", "content": ""}, "stop_reason": "stop"}]}),
                ),
            ],
            body: json!({"choices": [{"index": 0, "message": {"role": "assistant", "content": "Good. Bad thing."}, "stop_reason": "stop"}],
                "usage": {"prompt_tokens": 9, "completion_tokens": 4}}),
            text: "Good. Bad thing.",
        },
        Case {
            model: "llama",
            stream: vec![
                json!({"generation": "Good. ", "prompt_token_count": 9, "generation_token_count": 2, "stop_reason": null}),
                json!({"generation": "Bad thing.", "prompt_token_count": null, "generation_token_count": 4, "stop_reason": null}),
                metrics(
                    json!({"generation": "", "prompt_token_count": null, "generation_token_count": 4, "stop_reason": "stop"}),
                ),
            ],
            body: json!({"generation": "Good. Bad thing.", "prompt_token_count": 9, "generation_token_count": 4, "stop_reason": "stop"}),
            text: "Good. Bad thing.",
        },
        Case {
            model: "titan",
            stream: vec![
                json!({"outputText": "Good. ", "index": 0, "totalOutputTextTokenCount": null, "completionReason": null, "inputTextTokenCount": 9}),
                metrics(
                    json!({"outputText": "Bad thing.", "index": 0, "totalOutputTextTokenCount": 4, "completionReason": "FINISHED", "inputTextTokenCount": null}),
                ),
            ],
            body: json!({"inputTextTokenCount": 9, "results": [{"tokenCount": 4, "outputText": "Good. Bad thing.", "completionReason": "FINISHED"}]}),
            text: "Good. Bad thing.",
        },
        Case {
            model: "mistral",
            stream: vec![
                json!({"outputs": [{"text": "Good. ", "stop_reason": null}]}),
                json!({"outputs": [{"text": "Bad thing.", "stop_reason": null}]}),
                json!({"outputs": [{"text": "", "stop_reason": "stop"}]}),
            ],
            body: json!({"outputs": [{"text": "Good. Bad thing.", "stop_reason": "stop"}]}),
            text: "Good. Bad thing.",
        },
        Case {
            model: "cohere command",
            stream: vec![
                json!({"index": 0, "is_finished": false, "text": "Good. "}),
                json!({"index": 0, "is_finished": false, "text": "Bad thing."}),
                json!({"index": 0, "is_finished": true, "finish_reason": "COMPLETE", "text": ""}),
            ],
            body: json!({"id": "i", "prompt": "?", "generations": [{"id": "g", "text": "Good. Bad thing.", "finish_reason": "COMPLETE"}]}),
            text: "Good. Bad thing.",
        },
        Case {
            model: "cohere command r",
            stream: vec![
                json!({"event_type": "stream-start", "is_finished": false, "generation_id": "g"}),
                json!({"event_type": "text-generation", "is_finished": false, "text": "Good. "}),
                json!({"event_type": "text-generation", "is_finished": false, "text": "Bad thing."}),
                json!({"event_type": "citation-generation", "is_finished": false, "citations": [
                    {"start": 0, "end": 4, "text": "Good", "document_ids": ["d0"]}, {"start": 6, "end": 9, "text": "Bad", "document_ids": ["d1"]}]}),
                json!({"event_type": "stream-end", "is_finished": true, "finish_reason": "COMPLETE", "response": {"text": "Good. Bad thing.",
                    "chat_history": [{"role": "USER", "message": "?"}, {"role": "CHATBOT", "message": "Good. Bad thing."}]}}),
            ],
            body: json!({"text": "Good. Bad thing.", "finish_reason": "COMPLETE", "citations": [
                    {"start": 0, "end": 4, "text": "Good", "document_ids": ["d0"]}, {"start": 6, "end": 9, "text": "Bad", "document_ids": ["d1"]}],
                "chat_history": [{"role": "USER", "message": "?"}, {"role": "CHATBOT", "message": "Good. Bad thing."}]}),
            text: "Good. Bad thing.",
        },
        Case {
            model: "deepseek",
            stream: vec![
                json!({"choices": [{"text": "Good. Bad thing.", "stop_reason": null}]}),
                metrics(json!({"choices": [{"text": "", "stop_reason": "stop"}]})),
            ],
            body: json!({"choices": [{"text": "Good. Bad thing.", "stop_reason": "stop"}]}),
            text: "Good. Bad thing.",
        },
        Case {
            model: "older claude",
            stream: vec![
                json!({"type": "completion", "completion": "Good. Bad thing.", "stop_reason": null}),
                metrics(
                    json!({"type": "completion", "completion": "", "stop_reason": "stop_sequence", "stop": "\n\nHuman:"}),
                ),
            ],
            body: json!({"type": "completion", "completion": "Good. Bad thing.", "stop_reason": "stop_sequence"}),
            text: "Good. Bad thing.",
        },
    ]
}

fn chunks(stream: &[Value]) -> Vec<Value> {
    stream.iter().map(|payload| json!({"chunk": payload})).collect()
}

fn whole(body: &Value) -> Answer {
    parse_answer(INVOKE, body.to_string().as_bytes()).expect("an answer")
}

#[test]
fn both_ways_say_the_same() {
    for Case { model, stream, body, text } in cases() {
        let (streamed, body) = (answer(INVOKE, &chunks(&stream)), whole(&body));
        assert_eq!(streamed.choices, body.choices, "{model}");
        assert_eq!(
            (body.choices[0].text.as_str(), body.choices[0].finish.clone()),
            (text, Some(Finish::Stop)),
            "{model}"
        );
        let counted = Some(Usage { input: 9, output: 4 });
        let counts = stream.last().expect("a last chunk").get("amazon-bedrock-invocationMetrics").is_some();
        assert_eq!(streamed.usage, counted.filter(|_| counts), "{model}");
        assert!(body.usage.is_none() || body.usage == counted, "{model}");
        let ends = events(INVOKE, &chunks(&stream)).iter().filter(|event| **event == Event::End).count();
        assert_eq!(ends, usize::from(counts), "{model}");
    }
}

#[test]
fn redaction_is_the_same_both_ways_and_keeps_every_frame() {
    for Case { model, stream, body, .. } in cases() {
        let stream = chunks(&stream);
        let edits = edits(6, 16, "[removed]");
        let out = redacted(INVOKE, &stream, &edits);
        assert_eq!(out.len(), stream.len(), "{model}");
        let out: Vec<_> = out.iter().map(ToString::to_string).collect();
        assert!(!out.concat().contains("Bad"), "{model}: {out:?}");
        let streamed = answer(INVOKE, &redacted(INVOKE, &stream, &edits));
        assert_eq!(streamed.choices[0].text, "Good. [removed]", "{model}");
        let body = redact_answer(INVOKE, body.to_string().as_bytes(), &edits).expect("an answer");
        let body: Value = serde_json::from_slice(&body).expect("JSON");
        assert!(!body.to_string().contains("Bad"), "{model}: {body}");
        assert_eq!(whole(&body).choices, streamed.choices, "{model}");
        assert_eq!(redacted(INVOKE, &stream, &Default::default()), stream, "{model}");
    }
}

#[test]
fn cut_is_the_models_own_end_in_a_chunk() {
    for Case { model, stream, .. } in cases() {
        let stream = chunks(&stream);
        for delivered in 1..stream.len() {
            let end = cut(INVOKE, &stream[..delivered]);
            let given = answer(INVOKE, &stream[..delivered]);
            let all: Vec<_> = stream[..delivered].iter().chain(&end).cloned().collect();
            let ended = answer(INVOKE, &all);
            let finish = ended.choices[0].finish.clone();
            if given.choices.first().is_none_or(|choice| choice.finish.is_none()) {
                assert_eq!(finish, Some(Finish::ContentFilter), "{model} after {delivered}: {end:?}");
                assert!(
                    end.iter().any(|chunk| chunk.to_string().contains("Stopped by policy.")),
                    "{model}: {end:?}"
                );
            }
            let text = given.choices.first().map(|choice| choice.text.clone()).unwrap_or_default();
            assert_eq!(ended.choices[0].text, text, "{model}");
        }
    }
    let nothing = cut(INVOKE, &[]);
    assert_eq!(nothing, [json!({"modelStreamErrorException": {"message": notice().message}})]);
}

#[test]
fn replacement_and_refusal_hold_only_the_notice() {
    for Case { model, body, .. } in cases() {
        let out = replace_answer(INVOKE, body.to_string().as_bytes(), &notice()).expect("an answer");
        let out: Value = serde_json::from_slice(&out).expect("JSON");
        assert!(!out.to_string().contains("Bad") && !out.to_string().contains("Good"), "{model}: {out}");
        let answer = whole(&out);
        assert_eq!(answer.choices[0].text, notice().message, "{model}");
        assert_eq!(answer.choices[0].finish, Some(Finish::ContentFilter), "{model}: {out}");
    }
    assert_eq!(refuse(INVOKE, &notice()), refuse(Dialect::BedrockConverse, &notice()));
    assert!(parse_answer(INVOKE, br#"{"embedding": [0.5], "inputTextTokenCount": 3}"#).is_err());
}

#[test]
fn chunks_that_make_no_sense_are_unreadable_and_exceptions_are_told() {
    let raw = |data: Value| {
        let mut out = Vec::new();
        crate::Framing::EventStream.write(Some("chunk"), data.to_string().as_bytes(), true, &mut out);
        let (mut decoder, mut frames) =
            (crate::StreamDecoder::new(INVOKE, crate::Framing::EventStream), Vec::new());
        decoder.feed(&out.into(), &mut frames);
        frames.remove(0).events.into_vec()
    };
    for damaged in [json!({"bytes": "%%%"}), json!({"bytes": "bm90IGpzb24"}), json!({}), json!({"bytes": 7})]
    {
        assert_eq!(raw(damaged.clone()), [Event::Unreadable], "{damaged}");
    }
    assert!(raw(json!({"bytes": "W10="})).is_empty(), "JSON that is no object says nothing");
    let exception = json!({"throttlingException": {"message": "slow down"}});
    assert_eq!(events(INVOKE, &[exception]), [Event::Error { message: "slow down".to_owned() }]);
}

#[test]
fn command_r_calls_tools() {
    let call = json!([{"name": "f", "parameters": {"a": 1}}]);
    let stream = chunks(&[
        json!({"event_type": "text-generation", "text": "I look."}),
        json!({"event_type": "tool-calls-generation", "tool_calls": call}),
        json!({"event_type": "stream-end", "finish_reason": "COMPLETE", "response": {"text": "I look.", "tool_calls": call}}),
    ]);
    let body = whole(&json!({"text": "I look.", "tool_calls": call, "finish_reason": "COMPLETE"}));
    assert_eq!(answer(INVOKE, &stream), body);
    assert_eq!(
        (body.choices[0].tool_calls[0].name.as_str(), body.choices[0].tool_calls[0].arguments.as_str()),
        ("f", "{\"a\":1}")
    );
}

#[test]
fn requests_of_every_family() {
    let ask = |body: Value| request("/model/us.vendor.model-v1%3A0/invoke-with-response-stream", &body);
    let turns = json!([{"role": "user", "content": [{"type": "text", "text": "What?"}]}]);
    for (body, roles, limit) in [
        (
            json!({"anthropic_version": "bedrock-2023-05-31", "max_tokens": 64, "system": "Be brief.", "messages": turns}),
            vec![Role::System, Role::User],
            Some(64),
        ),
        (
            json!({"schemaVersion": "messages-v1", "system": [{"text": "Be brief."}], "inferenceConfig": {"max_new_tokens": 64},
                "messages": [{"role": "user", "content": [{"text": "What?"}]}]}),
            vec![Role::System, Role::User],
            Some(64),
        ),
        (
            json!({"max_tokens": 64, "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "What?"}]}),
            vec![Role::System, Role::User],
            Some(64),
        ),
        (json!({"prompt": "What?", "max_gen_len": 64}), vec![Role::User], Some(64)),
        (
            json!({"inputText": "What?", "textGenerationConfig": {"maxTokenCount": 64}}),
            vec![Role::User],
            Some(64),
        ),
        (
            json!({"message": "What?", "preamble": "Be brief.", "chat_history": [{"role": "USER", "message": "Hi"},
                {"role": "CHATBOT", "message": "Hello"}], "documents": [{"title": "T", "snippet": "S"}], "max_tokens": 64}),
            vec![Role::System, Role::User, Role::Assistant, Role::User],
            Some(64),
        ),
    ] {
        let read = ask(body.clone());
        assert_eq!(
            (read.dialect, read.model.as_str(), read.stream),
            (INVOKE, "us.vendor.model-v1:0", true),
            "{body}"
        );
        assert_eq!(read.messages.iter().map(|turn| turn.role).collect::<Vec<_>>(), roles, "{body}");
        assert_eq!(read.messages.last().expect("a turn").parts, [Part::Text("What?".to_owned())], "{body}");
        assert_eq!(read.sampling.max_tokens, limit, "{body}");
    }
    let read = ask(json!({"message": "Go on.", "documents": [{"title": "T", "snippet": "S"}, {"fact": "x"}],
        "tools": [{"name": "f", "description": "d", "parameter_definitions": {"a": {"type": "int"}}}],
        "tool_results": [{"call": {"name": "f", "parameters": {"a": 1}}, "outputs": [{"n": 1}, {"n": 2}]}]}));
    assert_eq!((read.documents[0].title.as_str(), read.documents[0].text.as_str()), ("T", "S"));
    assert_eq!(read.documents[1].text, r#"{"fact":"x"}"#);
    let result = Part::ToolResult {
        call_id: String::new(),
        name: "f".to_owned(),
        text: "{\"n\":1}\n{\"n\":2}".to_owned(),
    };
    assert_eq!(read.messages.last().expect("a turn").parts, [result]);
    let endpoint = Endpoint::detect("POST", "/model/m/invoke").expect("an endpoint");
    for unknown in ["{\"texts\": [\"a\"]}", "{\"taskType\": \"TEXT_IMAGE\"}", "[]", "x"] {
        assert!(parse_request(&endpoint, unknown.as_bytes()).is_err(), "{unknown}");
    }
}
