//! The incremental reader: one byte in, at most two tokens out.

use smallvec::SmallVec;

/// Containers within containers; deeper input is an error, not a stack overflow.
const MAX_DEPTH: usize = 128;

/// What kind of value a scalar is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scalar {
    String,
    Number,
    True,
    False,
    Null,
}

/// Something that was read. Offsets are bytes from where the reader started; strings without their quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// A key is complete.
    Key { start: usize, end: usize },
    /// A string value begins after its quote.
    StringStart { start: usize },
    /// A value is complete.
    Value { start: usize, end: usize, kind: Scalar },
    /// `{` (`true`) or `[`.
    Open { object: bool },
    /// `}` or `]`.
    Close,
    /// The outermost container was closed.
    Done,
    /// Not JSON from this byte on.
    Error,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// A value is expected (or the end of an array).
    Value,
    /// A key is expected (or the end of an object).
    Key,
    Colon,
    /// `,` or the end of the container.
    Comma,
    Text {
        start: usize,
        quote: u8,
        escaped: bool,
        key: bool,
    },
    Bare {
        start: usize,
    },
    Over,
}

/// The reader.
#[derive(Debug)]
pub(crate) struct Reader {
    /// `true` for objects, outermost first.
    stack: SmallVec<[bool; 16]>,
    state: State,
    at: usize,
    bare: SmallVec<[u8; 32]>,
}

impl Reader {
    pub(crate) fn new() -> Self {
        Self { stack: SmallVec::new(), state: State::Value, at: 0, bare: SmallVec::new() }
    }

    /// Whether the reader stands inside a string value.
    pub(crate) fn in_string(&self) -> bool {
        matches!(self.state, State::Text { key: false, .. })
    }

    /// Whether the reader stands inside a number or constant.
    pub(crate) fn in_word(&self) -> bool {
        matches!(self.state, State::Bare { .. })
    }

    /// Whether the reader stands inside a key.
    pub(crate) fn in_key(&self) -> bool {
        matches!(self.state, State::Text { key: true, .. })
    }

    /// Takes what comes next of the inside of a string, up to its end or an escape; returns how many bytes that were.
    pub(crate) fn skip(&mut self, bytes: &[u8]) -> usize {
        let State::Text { quote, escaped: false, .. } = self.state else { return 0 };
        let skipped = memchr::memchr2(quote, b'\\', bytes).unwrap_or(bytes.len());
        self.at += skipped;
        skipped
    }

    /// Takes the next byte.
    pub(crate) fn push(&mut self, byte: u8) -> SmallVec<[Token; 2]> {
        let mut out = SmallVec::new();
        let at = self.at;
        self.at += 1;
        if let State::Text { start, quote, escaped, key } = self.state {
            if escaped {
                self.state = State::Text { start, quote, escaped: false, key };
            } else if byte == b'\\' {
                self.state = State::Text { start, quote, escaped: true, key };
            } else if byte == quote {
                let token = if key {
                    Token::Key { start, end: at }
                } else {
                    Token::Value { start, end: at, kind: Scalar::String }
                };
                self.state = if key { State::Colon } else { State::Comma };
                out.push(token);
            }
            return out;
        }
        if let State::Bare { start } = self.state {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+') {
                if self.bare.len() >= 32 {
                    return self.error();
                }
                self.bare.push(byte);
                return out;
            }
            let Some(kind) = bare(&self.bare) else { return self.error() };
            out.push(Token::Value { start, end: at, kind });
            self.state = State::Comma;
        }
        match self.structure(byte, at) {
            Some(token) => out.extend(token),
            None => return self.error(),
        }
        if self.stack.is_empty() && self.state == State::Comma {
            self.state = State::Over;
            out.push(Token::Done);
        }
        out
    }

    fn error(&mut self) -> SmallVec<[Token; 2]> {
        self.state = State::Over;
        SmallVec::from_iter([Token::Error])
    }

    /// A byte outside strings and bare words. `None`: not JSON.
    fn structure(&mut self, byte: u8, at: usize) -> Option<Option<Token>> {
        if byte.is_ascii_whitespace() {
            return Some(None);
        }
        match (self.state, byte) {
            (State::Value, b'{' | b'[') => {
                if self.stack.len() >= MAX_DEPTH {
                    return None;
                }
                let object = byte == b'{';
                self.stack.push(object);
                self.state = if object { State::Key } else { State::Value };
                Some(Some(Token::Open { object }))
            }
            (State::Value, b'"' | b'\'') if !self.stack.is_empty() => {
                self.state = State::Text { start: at + 1, quote: byte, escaped: false, key: false };
                Some(Some(Token::StringStart { start: at + 1 }))
            }
            (State::Key, b'"' | b'\'') => {
                self.state = State::Text { start: at + 1, quote: byte, escaped: false, key: true };
                Some(None)
            }
            (State::Value, b'0'..=b'9' | b'-' | b'a'..=b'z' | b'A'..=b'Z') if !self.stack.is_empty() => {
                self.bare.clear();
                self.bare.push(byte);
                self.state = State::Bare { start: at };
                Some(None)
            }
            (State::Colon, b':') => {
                self.state = State::Value;
                Some(None)
            }
            (State::Comma, b',') => {
                self.state = if *self.stack.last()? { State::Key } else { State::Value };
                Some(None)
            }
            (State::Comma | State::Key | State::Value, b'}' | b']') => {
                (self.stack.pop()? == (byte == b'}')).then_some(())?;
                self.state = State::Comma;
                Some(Some(Token::Close))
            }
            _ => None,
        }
    }
}

fn bare(word: &[u8]) -> Option<Scalar> {
    match word {
        b"true" | b"True" => Some(Scalar::True),
        b"false" | b"False" => Some(Scalar::False),
        b"null" | b"None" | b"nan" | b"NaN" => Some(Scalar::Null),
        [b'0'..=b'9' | b'-', ..] => Some(Scalar::Number),
        _ => None,
    }
}
