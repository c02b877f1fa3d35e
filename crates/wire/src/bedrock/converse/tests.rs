//! Events and blocks of Converse, one case each; shapes are those of botocore's service description.

use serde_json::{Value, json};

use crate::testing::{answer, cut, edits, events, notice, redacted, request};
use crate::{
    Citation, Dialect, Event, Finish, Part, Role, Usage, parse_answer, redact_answer, refuse, replace_answer,
};

const CONVERSE: Dialect = Dialect::BedrockConverse;

fn start() -> Value {
    json!({"messageStart": {"role": "assistant", "p": "abcd"}})
}

fn open(index: u64, start: &Value) -> Value {
    json!({"contentBlockStart": {"contentBlockIndex": index, "start": start}})
}

fn delta(index: u64, delta: &Value) -> Value {
    json!({"contentBlockDelta": {"contentBlockIndex": index, "delta": delta, "p": "abc"}})
}

fn text(index: u64, said: &str) -> Value {
    delta(index, &json!({"text": said}))
}

fn close(index: u64) -> Value {
    json!({"contentBlockStop": {"contentBlockIndex": index}})
}

fn stop(reason: &str) -> Value {
    json!({"messageStop": {"stopReason": reason}})
}

fn metadata() -> Value {
    json!({"metadata": {"usage": {"inputTokens": 9, "outputTokens": 4, "totalTokens": 13}, "metrics": {"latencyMs": 310},
        "trace": {"guardrail": {"modelOutput": ["Good. Bad thing."], "inputAssessment": {"g": {}}}}}})
}

#[test]
fn blocks_are_kept_apart_and_both_ways_say_the_same() {
    let stream = [
        start(),
        delta(0, &json!({"reasoningContent": {"text": "hm"}})),
        delta(0, &json!({"reasoningContent": {"signature": "s"}})),
        close(0),
        text(1, "Zü"),
        text(1, "rich "),
        close(1),
        text(2, "lies"),
        delta(
            2,
            &json!({"citation": {"title": "Atlas", "source": "a", "sourceContent": [{"text": "It lies."}],
            "location": {"web": {"url": "https://a", "domain": "a"}}}}),
        ),
        close(2),
        open(3, &json!({"toolUse": {"toolUseId": "s", "name": "nova_grounding", "type": "server_tool_use"}})),
        delta(3, &json!({"toolUse": {"input": "{}"}})),
        close(3),
        open(
            4,
            &json!({"toolResult": {"toolUseId": "s", "type": "nova_grounding_result", "status": "success"}}),
        ),
        delta(4, &json!({"toolResult": [{"json": {}}]})),
        close(4),
        text(5, " north."),
        close(5),
        open(6, &json!({"toolUse": {"toolUseId": "t1", "name": "find"}})),
        open(7, &json!({"toolUse": {"toolUseId": "t2", "name": "now"}})),
        delta(6, &json!({"toolUse": {"input": "{\"q\":"}})),
        delta(6, &json!({"toolUse": {"input": "1}"}})),
        close(6),
        close(7),
        stop("tool_use"),
        metadata(),
    ];
    let streamed = answer(CONVERSE, &stream);
    let body = json!({
        "output": {"message": {"role": "assistant", "content": [
            {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "s"}}},
            {"text": "Zürich "},
            {"citationsContent": {"content": [{"text": "lies"}], "citations": [{"title": "Atlas", "source": "a",
                "sourceContent": [{"text": "It lies."}], "location": {"web": {"url": "https://a"}}}]}},
            {"toolUse": {"toolUseId": "s", "name": "nova_grounding", "input": {}, "type": "server_tool_use"}},
            {"toolResult": {"toolUseId": "s", "content": [{"json": {}}]}},
            {"text": " north."},
            {"toolUse": {"toolUseId": "t1", "name": "find", "input": {"q": 1}}},
            {"toolUse": {"toolUseId": "t2", "name": "now", "input": {}}}]}},
        "stopReason": "tool_use", "usage": {"inputTokens": 9, "outputTokens": 4, "totalTokens": 13}, "metrics": {"latencyMs": 310}});
    let whole = parse_answer(CONVERSE, body.to_string().as_bytes()).expect("an answer");
    assert_eq!(streamed, whole);
    let choice = &whole.choices[0];
    assert_eq!((choice.text.as_str(), choice.breaks.as_slice()), ("Zürich lies north.", &[11][..]));
    let calls: Vec<_> =
        choice.tool_calls.iter().map(|call| (call.id.as_str(), call.arguments.as_str())).collect();
    assert_eq!(calls, [("t1", "{\"q\":1}"), ("t2", "{}")]);
    let cited =
        Citation { source: "https://a".to_owned(), title: "Atlas".to_owned(), quote: "It lies.".to_owned() };
    assert_eq!((choice.citations.as_slice(), choice.reasoning.as_str()), (&[cited][..], "hm"));
    assert_eq!(
        (whole.usage, choice.finish.clone()),
        (Some(Usage { input: 9, output: 4 }), Some(Finish::ToolCalls))
    );
    assert_eq!(events(CONVERSE, &stream).last(), Some(&Event::End), "metadata is the last word");
}

#[test]
fn stop_reasons() {
    for (given, expected) in [
        ("end_turn", Finish::Stop),
        ("stop_sequence", Finish::Stop),
        ("max_tokens", Finish::Length),
        ("model_context_window_exceeded", Finish::Length),
        ("content_filtered", Finish::ContentFilter),
        ("guardrail_intervened", Finish::ContentFilter),
        ("malformed_tool_use", Finish::Other("malformed_tool_use".to_owned())),
    ] {
        assert_eq!(answer(CONVERSE, &[start(), stop(given)]).choices[0].finish, Some(expected));
    }
}

#[test]
fn exceptions_in_a_stream_are_told() {
    let exception = json!({"modelStreamErrorException": {"message": "it broke", "originalStatusCode": 500}});
    assert_eq!(events(CONVERSE, &[exception]), [Event::Error { message: "it broke".to_owned() }]);
    assert!(events(CONVERSE, &[json!({"laterEvent": {"contentBlockIndex": 0}})]).is_empty());
}

#[test]
fn cut_closes_what_is_open_and_tells_why() {
    let call = open(1, &json!({"toolUse": {"toolUseId": "t1", "name": "find"}}));
    let end = cut(CONVERSE, &[start(), text(0, "Hi"), close(0), call, text(2, "a")]);
    let told = json!({"agentguard": {"id": "x1", "message": notice().message}});
    assert_eq!(
        end,
        [
            close(1),
            close(2),
            json!({"messageStop": {"stopReason": "content_filtered", "additionalModelResponseFields": told}}),
        ]
    );
    let end = cut(CONVERSE, &[]);
    assert_eq!(end[0], json!({"messageStart": {"role": "assistant"}}));
    assert_eq!(answer(CONVERSE, &end).choices[0].finish, Some(Finish::ContentFilter));
    assert!(cut(CONVERSE, &[start(), text(0, "a"), close(0), stop("end_turn")]).is_empty(), "it has stopped");
    assert!(cut(CONVERSE, &[start(), stop("end_turn"), metadata()]).is_empty(), "it has ended");
}

#[test]
fn redaction_takes_citations_and_the_guardrails_copy_along() {
    let cited = |index, title: &str| delta(index, &json!({"citation": {"title": title}}));
    let stream = [
        start(),
        cited(0, "kept"),
        text(0, "Good. "),
        close(0),
        cited(1, "before"),
        text(1, "Bad"),
        text(1, " thing."),
        cited(1, "after"),
        close(1),
        stop("end_turn"),
        metadata(),
    ];
    let out = redacted(CONVERSE, &stream, &edits(6, 15, "[removed]"));
    assert_eq!(out.len(), stream.len(), "no frame vanishes");
    assert_eq!(out[..4], stream[..4]);
    for gone in [4, 7] {
        assert_eq!(out[gone]["contentBlockDelta"]["delta"], json!({"text": ""}), "frame {gone}");
        assert_eq!(out[gone]["contentBlockDelta"]["p"], "abc");
    }
    let choice = &answer(CONVERSE, &out).choices[0];
    assert_eq!((choice.text.as_str(), choice.citations.len()), ("Good. [removed].", 1));
    let guardrail = &out[10]["metadata"]["trace"]["guardrail"];
    assert_eq!(guardrail, &json!({"inputAssessment": {"g": {}}}));
    assert_eq!(redacted(CONVERSE, &stream, &edits(40, 50, "x")), stream);

    let body = json!({"output": {"message": {"role": "assistant", "content": [
        {"text": "Good. ", "later": 1},
        {"citationsContent": {"content": [{"text": "Bad"}, {"text": " thing."}], "citations": [{"title": "gone"}]}}]}},
        "stopReason": "end_turn", "trace": {"guardrail": {"modelOutput": ["Good. Bad thing."], "actionReason": "none"}}});
    let out =
        redact_answer(CONVERSE, body.to_string().as_bytes(), &edits(6, 15, "[removed]")).expect("an answer");
    let out: Value = serde_json::from_slice(&out).expect("JSON");
    assert_eq!(out["output"]["message"]["content"][0], body["output"]["message"]["content"][0]);
    assert_eq!(
        out["output"]["message"]["content"][1],
        json!({"citationsContent": {"content": [{"text": "[removed]"}, {"text": "."}], "citations": []}})
    );
    assert_eq!(out["trace"], json!({"guardrail": {"actionReason": "none"}}));
}

#[test]
fn replacement_and_refusal_hold_only_the_notice() {
    let body = json!({"output": {"message": {"role": "assistant", "content": [
        {"text": "secret"}, {"toolUse": {"toolUseId": "t", "name": "n", "input": {"a": "secret"}}}]}},
        "additionalModelResponseFields": {"x": "secret"}, "trace": {"guardrail": {"modelOutput": ["secret"]}},
        "stopReason": "tool_use", "usage": {"inputTokens": 1, "outputTokens": 2, "totalTokens": 3}});
    let out = replace_answer(CONVERSE, body.to_string().as_bytes(), &notice()).expect("an answer");
    assert!(!String::from_utf8_lossy(&out).contains("secret"));
    let answer = parse_answer(CONVERSE, &out).expect("an answer");
    assert_eq!(answer.choices[0].text, notice().message);
    assert_eq!(answer.choices[0].finish, Some(Finish::ContentFilter));
    assert_eq!(answer.usage, Some(Usage { input: 1, output: 2 }));
    let refusal = refuse(CONVERSE, &notice());
    assert_eq!((refusal.status, &refusal.body[..]), (403, br#"{"message":"Stopped by policy."}"#.as_slice()));
    assert_eq!(refusal.headers, [("x-amzn-errortype", "AccessDeniedException")]);
    assert!(parse_answer(CONVERSE, br#"{"message": "no"}"#).is_err());
}

#[test]
fn request_is_read() {
    let body = json!({
        "system": [{"text": "Be brief."}, {"cachePoint": {"type": "default"}}],
        "messages": [
            {"role": "user", "content": [
                {"document": {"format": "txt", "name": "Spec", "context": "Draft", "source": {"text": "A is 1."}}},
                {"document": {"format": "md", "name": "Notes", "source": {"bytes": "QiBpcyAyLg=="}}},
                {"document": {"format": "pdf", "name": "Scan", "source": {"bytes": "JVBERi0="}}},
                {"document": {"format": "txt", "name": "Far", "source": {"s3Location": {"uri": "s3://b/k"}}}},
                {"document": {"format": "txt", "name": "Parts", "source": {"content": [{"text": "C"}, {"text": "D"}]}}},
                {"searchResult": {"source": "https://r", "title": "R", "content": [{"text": "E"}]}},
                {"image": {"format": "png", "source": {"bytes": "iVBO"}}},
                {"guardContent": {"text": {"text": "Only this.", "qualifiers": ["query"]}}},
                {"text": "What is A?"}]},
            {"role": "assistant", "content": [
                {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "s"}}},
                {"citationsContent": {"content": [{"text": "It "}, {"text": "is 1."}], "citations": []}},
                {"toolUse": {"toolUseId": "t1", "name": "lookup", "input": {"k": "A"}}}]},
            {"role": "user", "content": [
                {"toolResult": {"toolUseId": "t1", "status": "success", "content": [{"text": "A=1"}, {"json": {"n": 1}},
                    {"document": {"format": "txt", "name": "Found", "source": {"text": "F"}}}]}},
                {"text": "Go on."}]}],
        "inferenceConfig": {"maxTokens": 64, "temperature": 0.5, "topP": 0.75},
        "toolConfig": {"tools": [
            {"toolSpec": {"name": "lookup", "description": "Looks up.", "inputSchema": {"json": {"type": "object"}}}},
            {"cachePoint": {"type": "default"}}, {"systemTool": {"name": "nova_grounding"}}]},
        "outputConfig": {"textFormat": {"type": "json_schema"}},
    });
    let read = request("/model/us.amazon.nova-pro-v1%3A0/converse-stream", &body);
    assert_eq!((read.model.as_str(), read.stream, read.wants_json), ("us.amazon.nova-pro-v1:0", true, true));
    assert_eq!(
        (read.sampling.max_tokens, read.sampling.temperature, read.sampling.top_p),
        (Some(64), Some(0.5), Some(0.75))
    );
    let roles: Vec<_> = read.messages.iter().map(|message| message.role).collect();
    assert_eq!(roles, [Role::System, Role::User, Role::Assistant, Role::Tool, Role::User]);
    let shown: Vec<_> = read.messages[1]
        .parts
        .iter()
        .map(|part| match part {
            Part::Document(document) => format!("{}|{}|{}", document.id, document.title, document.text),
            Part::Media { kind } => kind.clone(),
            Part::Text(text) => text.clone(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        shown,
        [
            "|Spec|Draft",
            "|Spec|A is 1.",
            "|Notes|B is 2.",
            "document",
            "document",
            "|Parts|C\nD",
            "https://r|R|E",
            "image",
            "Only this.",
            "What is A?"
        ]
    );
    assert_eq!(read.messages[2].parts[1], Part::Text("It is 1.".to_owned()));
    let result = Part::ToolResult {
        call_id: "t1".to_owned(),
        name: "lookup".to_owned(),
        text: "A=1\n{\"n\":1}".to_owned(),
    };
    assert_eq!(read.messages[3].parts[0], result);
    assert!(matches!(&read.messages[3].parts[1], Part::Document(document) if document.title == "Found"));
    let hosted: Vec<_> = read.tools.iter().map(|tool| (tool.name.as_str(), tool.hosted)).collect();
    assert_eq!(hosted, [("lookup", false), ("nova_grounding", true)]);
    assert_eq!(read.tools[0].parameters, Some(json!({"type": "object"})));
}

#[test]
fn a_stored_prompt_is_evidence_that_is_not_here() {
    let body = json!({"promptVariables": {"topic": {"text": "bridges"}}});
    let prompt = "arn:aws:bedrock:us-east-1:123456789012:prompt/ABC:1";
    let read =
        request("/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aprompt%2FABC%3A1/converse", &body);
    assert_eq!((read.model.as_str(), read.continues.as_deref()), (prompt, Some(prompt)));
    assert_eq!(read.messages[0].parts, [Part::Text("bridges".to_owned())]);
}
