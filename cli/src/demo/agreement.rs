//! Whether the judge said about an answer what it was written to be. The rule is the one that `demo --help` states.

use agentguard_judge::{Span, State};

use super::conversation::{Conversation, Expect};

/// What a verdict is compared by.
#[derive(Clone, Debug)]
pub struct Said<'a> {
    /// The state.
    pub state: State,
    /// The spans.
    pub spans: &'a [Span],
}

/// What stands in an answer, for finding words in it.
#[derive(Clone, Debug, Default)]
pub struct Spoken {
    text: Vec<char>,
    /// Function name and arguments.
    calls: Vec<(String, Vec<char>)>,
}

impl Spoken {
    /// What the provider said in that conversation.
    #[must_use]
    pub fn of(conversation: &Conversation) -> Self {
        let call = |call: &super::conversation::CallSpec| {
            (call.name.clone(), call.arguments.to_string().chars().collect())
        };
        Self {
            text: conversation.case.answer.chars().collect(),
            calls: conversation.case.calls.iter().map(call).collect(),
        }
    }

    /// The words of a span, as people are shown them. A span over all arguments of a call is about the call.
    #[must_use]
    pub fn shown(&self, span: &Span) -> String {
        let slice = |chars: &[char]| -> String {
            let end = span.end.min(chars.len());
            chars[span.start.min(end)..end].iter().collect()
        };
        let Some(call) = span.call else { return slice(&self.text) };
        let Some((name, arguments)) = self.calls.get(call as usize) else { return String::new() };
        match span.end.saturating_sub(span.start) {
            0 => name.clone(),
            length if length == arguments.len() => name.clone(),
            _ => slice(arguments),
        }
    }

    /// Whether a span touches these words.
    fn touches(&self, span: &Span, words: &str) -> bool {
        let wanted: Vec<char> = words.chars().collect();
        let overlaps = |chars: &[char]| {
            chars
                .windows(wanted.len().max(1))
                .enumerate()
                .any(|(at, window)| window == wanted && span.start < at + wanted.len() && at < span.end)
        };
        match span.call.map(|call| self.calls.get(call as usize)) {
            None => overlaps(&self.text),
            Some(Some((name, arguments))) => name == words || overlaps(arguments),
            Some(None) => false,
        }
    }
}

/// Whether that is what it was written to be; `Err` says in a few words what is different.
///
/// # Errors
/// The difference.
pub fn check(expect: &Expect, spoken: &Spoken, said: &Said<'_>) -> Result<(), String> {
    if flagged(expect.verdict) != flagged(said.state)
        || (!flagged(said.state) && expect.verdict != said.state)
    {
        return Err(format!("written to be {}, judged {}", expect.verdict.as_str(), said.state.as_str()));
    }
    if !flagged(expect.verdict) {
        return Ok(());
    }
    let named = |span: &&Span| expect.kinds.contains(&span.kind);
    let found = |words: &String| said.spans.iter().filter(named).any(|span| spoken.touches(span, words));
    if expect.words.is_empty() || expect.words.iter().any(found) {
        return Ok(());
    }
    let kinds: Vec<&str> = expect.kinds.iter().map(|kind| kind.as_str()).collect();
    Err(format!("no {} span on “{}”", kinds.join(" or "), expect.words.join("” or “")))
}

/// `ungrounded` and `contradicted` both say that something is wrong with the answer.
#[must_use]
pub fn flagged(state: State) -> bool {
    matches!(state, State::Ungrounded | State::Contradicted)
}
