//! What of an exchange's content goes with its event, by policy.

use agentguard_api::verdict::{CallHash, CapturedCall, ContentHashes, SourceHash, TextHash};
use agentguard_api::{Content, ContentSource, VerdictEvent};
use agentguard_judge::evidence::Source;
use agentguard_policy::{Capture, Rule};
use agentguard_telemetry::Secret;
use agentguard_wire::Answer;
use ring::hmac;

/// Bytes of text that are captured: no more fits a record of the spool, and what does not leave need not be searched either.
const MAX_BYTES: usize = 1 << 20;
/// What the key's id is the hash of.
const KEY_ID: &[u8] = b"agentguard content hash key id";

/// As what content is captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum As {
    Text,
    Hashes,
}

/// As what the rule captures the content of a response with this verdict, if at all.
pub(crate) fn captures(rule: &Rule, event: &VerdictEvent) -> Option<As> {
    let warn = rule.thresholds.warn;
    let flagged = || event.risk >= warn || event.spans.iter().any(|span| span.risk >= warn);
    match rule.capture {
        Capture::None => None,
        Capture::Hash => Some(As::Hashes),
        Capture::Flagged => flagged().then_some(As::Text),
        Capture::All => Some(As::Text),
    }
}

/// The content. Without the evidence, or `None`, when it is too large to be kept.
pub(crate) fn of(answer: Answer, sources: &[Source]) -> Option<Content> {
    let mut content = Content::default();
    let mut bytes = 0;
    for (choice, said) in (0..).zip(answer.choices) {
        bytes += said.text.len();
        content.texts.push(said.text);
        for (call, made) in (0..).zip(said.tool_calls) {
            bytes += made.name.len() + made.arguments.len();
            let (name, arguments) = (made.name, made.arguments);
            content.tool_calls.push(CapturedCall { choice, call, name, arguments });
        }
    }
    let shown: usize = sources.iter().map(|source| source.label.len() + source.text.len()).sum();
    if bytes + shown <= MAX_BYTES {
        let source = |source: &Source| ContentSource {
            label: source.label.clone(),
            kind: source.kind,
            text: source.text.clone(),
        };
        content.evidence = sources.iter().map(source).collect();
    }
    (bytes <= MAX_BYTES).then_some(content)
}

/// The same as hashes.
pub(crate) fn hashed(content: &Content, hasher: &Hasher) -> Content {
    let call = |call: &CapturedCall| CallHash {
        choice: call.choice,
        call: call.call,
        name: call.name.clone(),
        arguments: hasher.hash(&call.arguments),
    };
    let source = |source: &ContentSource| SourceHash {
        label: source.label.clone(),
        kind: source.kind,
        text: hasher.hash(&source.text),
    };
    let hashes = ContentHashes {
        key: hasher.id.clone(),
        texts: content.texts.iter().map(|text| hasher.hash(text)).collect(),
        tool_calls: content.tool_calls.iter().map(call).collect(),
        evidence: content.evidence.iter().map(source).collect(),
    };
    Content { hashes: Some(hashes), ..Content::default() }
}

/// Hashes texts under a key, so that short ones cannot be guessed by whoever reads the hashes.
pub(crate) struct Hasher {
    key: hmac::Key,
    id: String,
}

impl Hasher {
    /// Under that key; without one, under a random one that ends with the process.
    pub(crate) fn new(key: Option<&Secret>) -> Self {
        let random: [u8; 32];
        let bytes = match key {
            Some(key) => key.expose().as_bytes(),
            None => {
                random = rand::random();
                &random
            }
        };
        let key = hmac::Key::new(hmac::HMAC_SHA256, bytes);
        let id = hex(&hmac::sign(&key, KEY_ID).as_ref()[..8]);
        Self { key, id }
    }

    fn hash(&self, text: &str) -> TextHash {
        let hmac = hex(hmac::sign(&self.key, text.as_bytes()).as_ref());
        TextHash { hmac, chars: text.chars().count() as u64 }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
