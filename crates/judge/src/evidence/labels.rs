//! Labels that open a section of a message: `Context:`, `Passage 2:`, `## Question:`.

/// What a label opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Context,
    Question,
    /// The place where the answer is to stand.
    Answer,
}

/// A label, decoration included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Label {
    pub start: usize,
    pub end: usize,
    pub kind: Kind,
}

#[rustfmt::skip]
const CONTEXT: &[&str] = &[
    "context", "contexts", "passage", "passages", "document", "documents", "doc", "docs", "article", "articles", "text", "texts", "source",
    "sources", "background", "information", "data", "content", "transcript", "email", "e-mail", "excerpt", "excerpts", "reference",
    "references", "result", "results", "knowledge", "knowledge base", "facts", "record", "records", "report", "paragraph", "chunk", "chunks",
    "snippet", "snippets", "story", "news", "conversation", "dialogue", "review", "reviews", "notes", "log", "logs", "table", "policy", "faq",
];
const QUESTION: &[&str] =
    &["question", "query", "q", "instruction", "instructions", "task", "request", "prompt", "ask"];
const ANSWER: &[&str] = &["output", "answer", "response", "summary", "overview"];
/// Words before a label's own.
const BEFORE: &[&str] = &[
    "the",
    "my",
    "user",
    "user's",
    "relevant",
    "retrieved",
    "provided",
    "given",
    "additional",
    "background",
    "reference",
    "structured",
    "search",
    "source",
    "input",
    "company",
    "product",
    "customer",
];
/// Bytes that a label may take with its decoration.
const MAX_LABEL: usize = 48;

/// Finds the labels of a text: at the beginning of a line, or after the end of a sentence on the same line.
pub(super) fn find(text: &str) -> Vec<Label> {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b':', bytes)
        .filter_map(|colon| {
            let floor = colon.saturating_sub(MAX_LABEL);
            let begins = |at: usize| {
                bytes[at] == b'\n'
                    || matches!(bytes[at], b'.' | b'?' | b'!')
                        && matches!(bytes.get(at + 1), Some(b' ' | b'\t'))
            };
            let start = match (floor..colon).rev().find(|at| begins(*at)) {
                Some(at) => at + 1,
                None if floor == 0 => 0,
                None => return None,
            };
            let kind = kind(text.get(start..colon)?)?;
            // `**Context:** …`
            let marks = bytes[colon + 1..].iter().take_while(|b| matches!(b, b'*' | b'_')).count();
            Some(Label { start, end: colon + 1 + marks, kind })
        })
        .collect()
}

fn kind(label: &str) -> Option<Kind> {
    let decoration =
        |c: char| c.is_whitespace() || matches!(c, '#' | '*' | '_' | '>' | '-' | '[' | ']' | '(' | ')');
    let name = label
        .trim_matches(decoration)
        .trim_end_matches(|c: char| c.is_ascii_digit() || decoration(c))
        .to_ascii_lowercase();
    let is = |names: &[&str], name: &str| names.contains(&name);
    let bare = match name.split_once(' ') {
        Some((first, rest)) if is(BEFORE, first) => rest,
        _ => name.as_str(),
    };
    [(CONTEXT, Kind::Context), (QUESTION, Kind::Question), (ANSWER, Kind::Answer)]
        .into_iter()
        .find(|(names, _)| is(names, &name) || is(names, bare))
        .map(|(_, kind)| kind)
}
