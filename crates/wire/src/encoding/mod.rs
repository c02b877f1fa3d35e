//! Content encodings (RFC 9110, section 8.4): gzip, deflate, br, zstd, decoded incrementally and with a bound.
//!
//! Only decoding: what AgentGuard passes on keeps its encoding, and what it writes itself has none.

mod stage;
#[cfg(test)]
mod tests;

use bytes::Bytes;

use stage::Stage;

/// More encodings than any server stacks.
const MAX_STAGES: usize = 4;

/// Why a body could not be decoded.
#[derive(Debug, thiserror::Error)]
pub enum EncodingError {
    /// An encoding that is not one of gzip, x-gzip, deflate, br, zstd, identity, or too many of them.
    #[error("content-encoding {0:?} is not known")]
    Unknown(String),
    /// The bytes are not what the header says.
    #[error("the body is not valid {0}")]
    Corrupt(&'static str),
    /// More output than allowed: a decompression bomb or just too large.
    #[error("the decoded body is larger than {0} bytes")]
    TooLarge(usize),
}

/// Decodes a body as it arrives.
pub struct Decoder {
    /// In the order in which they are undone.
    stages: Vec<Stage>,
    /// What may still come out.
    left: usize,
    limit: usize,
    /// Whether any input came: an empty body is empty in every encoding.
    begun: bool,
}

impl Decoder {
    /// A decoder for a `content-encoding` header (a list is applied in reverse), giving at most `limit` bytes in all.
    ///
    /// # Errors
    /// [`EncodingError::Unknown`].
    pub fn new(content_encoding: &str, limit: usize) -> Result<Self, EncodingError> {
        let names = content_encoding.split(',').map(|name| name.trim().to_ascii_lowercase());
        let mut stages = Vec::new();
        for name in names.filter(|name| !name.is_empty() && name != "identity") {
            let stage = Stage::new(&name, limit).filter(|_| stages.len() < MAX_STAGES);
            stages.push(stage.ok_or(EncodingError::Unknown(name))?);
        }
        stages.reverse();
        Ok(Self { stages, left: limit, limit, begun: false })
    }

    /// Decodes the next bytes. What a flush on the sender's side made available comes out at once. After an error the decoder
    /// is of no further use.
    ///
    /// # Errors
    /// [`EncodingError::Corrupt`], [`EncodingError::TooLarge`].
    pub fn feed(&mut self, input: &[u8]) -> Result<Bytes, EncodingError> {
        self.begun |= !input.is_empty();
        let Some((first, rest)) = self.stages.split_first_mut() else {
            return self.bounded(Bytes::copy_from_slice(input));
        };
        let mut output = first.feed(input)?;
        for stage in rest {
            output = stage.feed(&output)?;
        }
        self.bounded(output.into())
    }

    /// The body is over: the rest, if any.
    ///
    /// # Errors
    /// [`EncodingError::Corrupt`] for a truncated body.
    pub fn finish(&mut self) -> Result<Bytes, EncodingError> {
        let mut output = Vec::new();
        if self.begun {
            for stage in &mut self.stages {
                let mut last = stage.feed(&output)?;
                last.extend(stage.finish()?);
                output = last;
            }
        }
        self.bounded(output.into())
    }

    fn bounded(&mut self, output: Bytes) -> Result<Bytes, EncodingError> {
        self.left = self.left.checked_sub(output.len()).ok_or(EncodingError::TooLarge(self.limit))?;
        Ok(output)
    }
}
