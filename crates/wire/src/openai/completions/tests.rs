//! Legacy Completions, streamed and not.

#![allow(clippy::needless_pass_by_value, reason = "json! makes values")]

use bytes::Bytes;
use serde_json::{Value, json};

use crate::testing::notice;
use crate::{
    Answer, Dialect, Edit, Edits, Endpoint, Finish, Framing, Part, StreamDecoder, StreamEncoder,
    TokenLogprob, Usage, parse_answer, parse_request, redact_answer, replace_answer,
};

const COMPLETIONS: Dialect = Dialect::OpenaiCompletions;

fn chunk(index: u32, text: &str, reason: Value) -> Value {
    json!({"id": "c", "model": "m", "created": 7, "choices": [{"index": index, "text": text, "finish_reason": reason,
        "logprobs": {"tokens": [text], "token_logprobs": [null], "top_logprobs": [{}], "text_offset": [0]}}]})
}

fn sse(chunks: &[Value]) -> Bytes {
    chunks.iter().map(|chunk| format!("data: {chunk}\n\n")).collect::<String>().into()
}

fn decode(stream: &Bytes) -> (Vec<crate::Frame>, Answer) {
    let (mut decoder, mut frames) = (StreamDecoder::new(COMPLETIONS, Framing::Sse), Vec::new());
    decoder.feed(stream, &mut frames);
    decoder.finish(&mut frames);
    let answer = frames.iter().flat_map(|frame| &frame.events).collect();
    (frames, answer)
}

fn edits() -> Edits {
    let mut edits = Edits::default();
    edits.add(1, Edit { start: 1, end: 3, replacement: "-".into() });
    edits
}

#[test]
fn stream_and_answer_are_the_same() {
    let usage = json!({"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2}});
    let stream = sse(&[
        chunk(0, "é", json!(null)),
        chunk(1, "ab", json!(null)),
        chunk(1, "cd", json!("length")),
        usage,
    ]);
    let (frames, answer) = decode(&stream);
    assert_eq!((answer.choices[0].text.as_str(), answer.choices[1].text.as_str()), ("é", "abcd"));
    assert_eq!(answer.choices[1].finish, Some(Finish::Length));
    assert_eq!(answer.choices[0].logprobs, [TokenLogprob { token: "é".into(), logprob: 0.0 }]);
    assert_eq!(answer.usage, Some(Usage { input: 1, output: 2 }));

    let mut encoder = StreamEncoder::new(COMPLETIONS, Framing::Sse);
    let out: Vec<u8> = frames.iter().flat_map(|frame| encoder.redact(frame, &edits()).to_vec()).collect();
    let (_, redacted) = decode(&out.clone().into());
    assert_eq!(redacted.choices[1].text, "a-d");
    assert!(!String::from_utf8_lossy(&out).contains("ab"), "its token must go, too");
    let body = json!({"choices": [chunk(0, "é", json!("stop"))["choices"][0], chunk(1, "abcd", json!("stop"))["choices"][0]]});
    let out = redact_answer(COMPLETIONS, body.to_string().as_bytes(), &edits()).expect("an answer");
    assert_eq!(parse_answer(COMPLETIONS, &out).expect("an answer").choices[1].text, "a-d");
    assert!(parse_answer(COMPLETIONS, b"{}").is_err());
}

#[test]
fn cut_and_replacement() {
    let (frames, _) = decode(&sse(&[chunk(0, "a", json!("stop")), chunk(1, "b", json!(null))]));
    let mut encoder = StreamEncoder::new(COMPLETIONS, Framing::Sse);
    frames.iter().for_each(|frame| encoder.delivered(frame));
    let end = encoder.cut(&notice());
    let (_, answer) = decode(&end);
    assert_eq!((answer.id.as_str(), answer.choices[0].finish.as_ref()), ("c", None));
    assert_eq!(answer.choices[1].finish, Some(Finish::ContentFilter));
    assert!(end.ends_with(b"data: [DONE]\n\n"));
    let body = json!({"choices": [chunk(0, "secret", json!("stop"))["choices"][0]]});
    let out = replace_answer(COMPLETIONS, body.to_string().as_bytes(), &notice()).expect("an answer");
    assert!(!String::from_utf8_lossy(&out).contains("secret"));
    assert_eq!(parse_answer(COMPLETIONS, &out).expect("an answer").choices[0].text, notice().message);
}

#[test]
fn prompts_of_every_kind() {
    let endpoint = Endpoint::detect("POST", "/v1/completions").expect("known path");
    let read = |body: Value| parse_request(&endpoint, body.to_string().as_bytes());
    let tokens = || Part::Media { kind: "tokens".into() };
    for (prompt, parts) in [
        (json!("a"), vec![Part::Text("a".into())]),
        (json!(["a", "b"]), vec![Part::Text("a".into()), Part::Text("b".into())]),
        (json!([1, 2]), vec![tokens()]),
        (json!([[1], [2]]), vec![tokens(), tokens()]),
    ] {
        let request =
            read(json!({"model": "m", "prompt": prompt, "n": 2, "logprobs": 0})).expect("a request");
        assert_eq!(request.choices as usize, 2 * parts.len());
        assert_eq!(request.messages[0].parts, parts);
        assert!(request.sampling.logprobs);
    }
    assert!(read(json!({"model": "m"})).is_err());
}
