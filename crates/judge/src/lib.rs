//! Evidence → claims → signals → verdict. Pure and synchronous: no clock, no I/O, no runtime.
//!
//! [`Evidence`] is gathered once from the request (and, for an agent's own answers, from what the agent saw). A [`Session`]
//! then takes the answer as it arrives and returns, sentence by sentence, what is settled and which spans are unsupported.
//! The verdict depends only on the answer's text, never on how it was split: streamed and unstreamed judge the same.

mod claims;
mod encoding;
pub mod evidence;
#[doc(hidden)]
pub mod fitting;
mod json;
mod quantity;
mod schema;
mod score;
pub mod session;
pub mod settings;
mod signals;
mod text;
pub mod verdict;

pub use evidence::{Evidence, Source, SourceKind, Unseen};
pub use session::{Input, Output, Session};
pub use settings::{Settings, Signal, Signals};
pub use verdict::{EvidenceRef, NotChecked, Span, SpanKind, State, Verdict};
