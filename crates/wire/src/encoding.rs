//! Content encodings (RFC 9110, section 8.4): gzip, deflate, br, zstd, decoded incrementally and with a bound.

use bytes::Bytes;

/// Why a body could not be decoded.
#[derive(Debug, thiserror::Error)]
pub enum EncodingError {
    /// An encoding that is not one of gzip, x-gzip, deflate, br, zstd, identity.
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
pub struct Decoder;

impl Decoder {
    /// A decoder for a `content-encoding` header (a list is applied in reverse), giving at most `limit` bytes in all.
    ///
    /// # Errors
    /// [`EncodingError::Unknown`].
    pub fn new(_content_encoding: &str, _limit: usize) -> Result<Self, EncodingError> {
        todo!()
    }

    /// Decodes the next bytes. What a `Flush` on the sender's side made available comes out at once.
    ///
    /// # Errors
    /// [`EncodingError::Corrupt`], [`EncodingError::TooLarge`].
    pub fn feed(&mut self, _input: &[u8]) -> Result<Bytes, EncodingError> {
        todo!()
    }

    /// The body is over: the rest, if any.
    ///
    /// # Errors
    /// [`EncodingError::Corrupt`] for a truncated body.
    pub fn finish(&mut self) -> Result<Bytes, EncodingError> {
        todo!()
    }
}
