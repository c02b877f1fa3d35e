//! What a client is told of a verdict: response headers on an unstreamed answer, one comment line in a stream.

use agentguard_judge::Verdict;
use agentguard_policy::{Action, Delivery};
use pingora::Result;
use pingora::http::ResponseHeader;
use uuid::Uuid;

/// The six things that are said.
pub(crate) struct Note {
    fields: [(&'static str, String); 6],
}

impl Note {
    /// `judge_ms`: what the judge took, evidence preparation included.
    pub(crate) fn new(id: Uuid, verdict: &Verdict, action: Action, mode: Delivery, judge_ms: f64) -> Self {
        Self {
            fields: [
                ("x-agentguard-id", id.to_string()),
                ("x-agentguard-verdict", verdict.state.as_str().to_owned()),
                ("x-agentguard-risk", format!("{:.3}", verdict.risk)),
                ("x-agentguard-action", action.as_str().to_owned()),
                ("x-agentguard-mode", mode.as_str().to_owned()),
                ("x-agentguard-latency-ms", format!("{judge_ms:.1}")),
            ],
        }
    }

    /// Adds the headers.
    pub(crate) fn put(&self, head: &mut ResponseHeader) -> Result<()> {
        self.fields.iter().try_for_each(|(name, value)| head.insert_header(*name, value.as_str()))
    }

    /// As headers of an answer of our own.
    pub(crate) fn headers(self) -> impl Iterator<Item = (&'static str, String)> {
        self.fields.into_iter()
    }

    /// As the text of a comment: `agentguard id=… verdict=… …`.
    pub(crate) fn line(&self) -> String {
        let field = |(name, value): &(&str, String)| {
            format!(" {}={value}", name.strip_prefix("x-agentguard-").unwrap_or(name))
        };
        format!("agentguard{}", self.fields.iter().map(field).collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use agentguard_judge::NotChecked;

    use super::*;

    #[test]
    fn headers_and_comment_say_the_same() {
        let verdict = Verdict { risk: 0.123_456, ..Verdict::not_checked(NotChecked::Timeout) };
        let note = Note::new(Uuid::nil(), &verdict, Action::Annotate, Delivery::Pass, 1.26);
        let id = Uuid::nil();
        let line = note.line();
        assert_eq!(
            line,
            format!(
                "agentguard id={id} verdict=not_checked risk=0.123 action=annotate mode=pass latency-ms=1.3"
            )
        );
        let mut head = ResponseHeader::build(200, None).unwrap();
        note.put(&mut head).unwrap();
        for (name, value) in note.headers() {
            assert_eq!(head.headers[name], value.as_str());
        }
    }
}
