//! Prints what the encoder says of labelled answers (JSON Lines; see `training/README.md`), window by window as in service.
//!
//! `scores MODEL SHA256 FILE…`: one JSON line per answer.

use std::borrow::Cow;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use agentguard_encoder::{Artefact, Encoder, Tokenizer};
use agentguard_judge::{Evidence, fitting};
use serde_json::{Value, json};

use self::rows::{request, text};

#[allow(dead_code, reason = "shared with the other examples")]
mod rows;

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(model), Some(sha256)) = (arguments.next(), arguments.next()) else {
        return Err(io::Error::other("usage: scores MODEL SHA256 FILE..."));
    };
    let artefact = Artefact { name: Cow::Borrowed("scores"), sha256: Cow::Owned(sha256) };
    let encoder = Encoder::open(Path::new(&model), &artefact, 1).map_err(io::Error::other)?;
    let tokenizer = Tokenizer::new();
    let mut out = BufWriter::new(io::stdout().lock());
    for row in rows::read(arguments)? {
        let evidence = Evidence::gather(&request(&row));
        let mut windows: Vec<Value> = Vec::new();
        for found in fitting::windows(&evidence, &tokenizer, text(&row, "response"), false) {
            let scores = encoder.score(std::slice::from_ref(&found.window)).map_err(io::Error::other)?;
            for score in scores {
                windows.push(json!({
                    "claim": found.claim, "places": found.places, "tokens": score.tokens.iter().map(rounded).collect::<Vec<_>>(),
                    "sentence": rounded(&score.sentence), "evidence": found.window.evidence(), "length": found.window.ids().len(),
                }));
            }
        }
        let line = json!({
            "row": row["id"], "source": row["source_id"], "task": row["task"], "labels": row["labels"],
            "unsupported": row["unsupported"], "windows": windows,
        });
        writeln!(out, "{line}")?;
        out.flush()?;
    }
    Ok(())
}

/// Five digits are enough to measure with.
fn rounded(p: &f32) -> f64 {
    (f64::from(*p) * 1e5).round() / 1e5
}
