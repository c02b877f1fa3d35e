//! Whole JSON texts: every leaf with its path and place, and JSON found inside other text.

use super::{Reader, Scalar, Token};

/// A step of a path, as byte ranges of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// An object's key, without quotes.
    Key { start: usize, end: usize },
    /// An array's element.
    Index(usize),
}

/// A scalar and its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Leaf {
    /// First byte, quotes excluded.
    pub start: usize,
    /// One past the last.
    pub end: usize,
    pub kind: Scalar,
}

/// Calls `each` with the path and place of every leaf of the JSON text that begins at `from`. Returns where it ends;
/// `None` when it is not JSON or not complete (leaves before that have been seen).
pub(crate) fn leaves(text: &str, from: usize, mut each: impl FnMut(&[Step], Leaf)) -> Option<usize> {
    let mut reader = Reader::new();
    let mut path: Vec<Step> = Vec::new();
    let bytes = &text.as_bytes()[from..];
    let mut i = 0;
    loop {
        i += reader.skip(&bytes[i..]);
        let byte = bytes.get(i)?;
        for token in reader.push(*byte) {
            match token {
                Token::Key { start, end } => {
                    if let Some(step) = path.last_mut() {
                        *step = Step::Key { start: from + start, end: from + end };
                    }
                }
                Token::Open { object } => {
                    count(&mut path);
                    path.push(if object {
                        Step::Key { start: from, end: from }
                    } else {
                        Step::Index(usize::MAX)
                    });
                }
                Token::Close => drop(path.pop()),
                Token::Value { start, end, kind } => {
                    count(&mut path);
                    each(&path, Leaf { start: from + start, end: from + end, kind });
                }
                Token::Done => return Some(from + i + 1),
                Token::Error => return None,
                Token::StringStart { .. } => {}
            }
        }
        i += 1;
    }
}

/// The next element of the array on top, if it is one.
fn count(path: &mut [Step]) {
    if let Some(Step::Index(n)) = path.last_mut() {
        *n = n.wrapping_add(1);
    }
}

/// The first complete JSON object or array of at least `least` bytes in `text`.
pub(crate) fn find_block(text: &str, least: usize) -> Option<(usize, usize)> {
    let mut at = 0;
    // Failed starts are skipped to their end only when they were complete; a bounded number keeps this linear.
    for _ in 0..32 {
        let start = at + memchr::memchr2(b'{', b'[', &text.as_bytes()[at..])?;
        match leaves(text, start, |_, _| {}) {
            Some(end) if end - start >= least => return Some((start, end)),
            Some(end) => at = end,
            None => at = start + 1,
        }
    }
    None
}
