//! Unstreamed bodies: read, redacted, replaced.

use serde::Deserialize;
use serde_json::{Value, json};

use super::decoder::{Block, Decoder, Tokens, counted, ended};
use super::{FILTERED, told, untrace};
use crate::codec::ParseError;
use crate::event::Events;
use crate::loose::lenient::{List, Obj, Text};
use crate::loose::{self, Reads};
use crate::offsets::Rewrite;
use crate::{Answer, Dialect, Edits, Notice};

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
pub(in crate::bedrock) struct Body<'a> {
    output: Obj<Output<'a>>,
    stop_reason: Text<'a>,
    usage: Obj<Tokens>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Output<'a> {
    message: Obj<Message<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Message<'a> {
    content: List<Obj<Block<'a>>>,
}

/// Reads a body as a stream of one message.
#[derive(Default)]
struct Whole {
    recognised: bool,
    blocks: Decoder,
}

impl Reads for Whole {
    type Payload<'a> = Body<'a>;

    fn read(&mut self, body: Body<'_>, out: &mut Events) {
        let Some(output) = body.output.0 else { return };
        self.recognised = true;
        let blocks = output.message.0.unwrap_or_default().content.0;
        for (index, block) in (0..).zip(blocks) {
            if let Some(block) = block.0 {
                self.blocks.block(index, block, out);
            }
        }
        ended(body.stop_reason, out);
        counted(body.usage.0, out);
    }
}

pub(in crate::bedrock) fn read(dialect: Dialect, body: &[u8]) -> Result<Answer, ParseError> {
    let (mut whole, mut events) = (Whole::default(), Events::new());
    loose::decode_body(&mut whole, dialect, body, &mut events)?;
    if !whole.recognised {
        return Err(ParseError::shape(dialect, "it has no output"));
    }
    Ok(Answer::from_iter(&events))
}

/// Citations of a block whose text changed go with it: they vouch for words that are no longer there.
pub(in crate::bedrock) fn redact(body: &mut Value, edits: &Edits) {
    let mut rewrite = Rewrite::body(edits);
    let blocks = body.pointer_mut("/output/message/content").and_then(Value::as_array_mut);
    for block in blocks.into_iter().flatten() {
        if let Some(cited) = block.get_mut("citationsContent").filter(|cited| cited.is_object()) {
            let texts = cited.get_mut("content").and_then(Value::as_array_mut).into_iter().flatten();
            let texts = texts.filter_map(|said| said.get_mut("text"));
            if texts.fold(false, |changed, text| rewrite.text(0, text) | changed) {
                cited["citations"] = json!([]);
            }
        } else if let Some(text) = block.get_mut("text") {
            rewrite.text(0, text);
        }
    }
    if rewrite.changed() {
        untrace(body);
    }
}

pub(in crate::bedrock) fn replace(body: &mut Value, notice: &Notice) {
    body["output"] = json!({"message": {"role": "assistant", "content": [{"text": notice.message}]}});
    body["stopReason"] = FILTERED.into();
    body["additionalModelResponseFields"] = told(notice);
    untrace(body);
}
