//! What a model says in a Realtime session, read as the Responses API's stream that it is but for a few names: those of the
//! general interface (`response.output_text.delta`, `response.output_audio_transcript.delta`) and those of the beta before it
//! (`response.text.delta`, `response.audio_transcript.delta`). The transcript of speech is text like any other.

use std::borrow::Cow;
use std::mem::take;

use super::decode::Decoder;
use super::shape::Payload;
use crate::codec::EventDecoder;
use crate::event::Events;
use crate::loose::lenient::Text;
use crate::loose::{self, Reads};

/// The events of one response.
#[derive(Debug, Default)]
pub(crate) struct Spoken(Renamed);

/// Reads them under the Responses API's names.
#[derive(Debug, Default)]
struct Renamed(Decoder);

impl Spoken {
    /// Takes one server event of this response.
    pub(crate) fn read(&mut self, message: &[u8], out: &mut Events) {
        loose::decode(&mut self.0, message, out);
    }

    /// No more will come: closes the calls that are still open.
    pub(crate) fn finish(&mut self, out: &mut Events) {
        self.0.0.finish(out);
    }
}

impl Reads for Renamed {
    type Payload<'a> = Payload<'a>;

    fn read(&mut self, mut event: Payload<'_>, out: &mut Events) {
        let same = match event.kind.as_str() {
            "response.text.delta"
            | "response.output_audio_transcript.delta"
            | "response.audio_transcript.delta" => "response.output_text.delta",
            "response.text.done" => "response.output_text.done",
            "response.output_audio_transcript.done" | "response.audio_transcript.done" => {
                event.text = take(&mut event.transcript);
                "response.output_text.done"
            }
            "response.done" => "response.completed",
            _ => return self.0.read(event, out),
        };
        event.kind = Text(Some(Cow::Borrowed(same)));
        self.0.read(event, out);
    }
}
