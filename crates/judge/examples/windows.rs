//! Prints the encoder's windows over labelled answers (JSON Lines; see `training/README.md`), as the session would make them.
//!
//! `windows (sentences|groups) FILE…`: one JSON line per window, with token ids, where the answer's side and the sentence begin, the place of each of the
//! sentence's tokens in the answer, and whether a labelled span holds it.

use std::io::{self, BufWriter, Write};

use agentguard_encoder::Tokenizer;
use agentguard_judge::{Evidence, fitting};
use serde_json::json;

use self::rows::{labels, request, text};

#[allow(dead_code, reason = "shared with the other examples")]
mod rows;

fn main() -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    let tokenizer = Tokenizer::new();
    let mut arguments = std::env::args().skip(1);
    let grouped = match arguments.next().as_deref() {
        Some("sentences") => false,
        Some("groups") => true,
        _ => return Err(io::Error::other("usage: windows (sentences|groups) FILE...")),
    };
    for row in rows::read(arguments)? {
        let evidence = Evidence::gather(&request(&row));
        let labels = labels(&row);
        for found in fitting::windows(&evidence, &tokenizer, text(&row, "response"), grouped) {
            let labelled =
                |place: &(usize, usize)| u8::from(labels.iter().any(|l| l.0 < place.1 && place.0 < l.1));
            let line = json!({
                "row": row["id"], "source": row["source_id"], "task": row["task"], "claim": found.claim,
                "ids": found.window.ids(), "question": found.window.question(), "response": found.window.response(),
                "sentence": found.window.sentence(), "places": found.places,
                "labels": found.places.iter().map(labelled).collect::<Vec<_>>(),
            });
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}
