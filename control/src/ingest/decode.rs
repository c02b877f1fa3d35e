//! Content encodings and the outer shape of a batch. Decompression stops at a bound: a bomb costs at most that much memory.

use std::borrow::Cow;
use std::io::Read;

use super::RawBatch;

/// Largest zstd window accepted: 8 MiB, the recommendation of RFC 8878 3.1.1.1.2 for interoperability.
const ZSTD_WINDOW_LOG: u32 = 23;

/// How a body is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Identity,
    Gzip,
    Zstd,
}

impl Encoding {
    /// What may stand in `Content-Encoding`.
    pub(crate) const ALLOWED: [&'static str; 3] = ["identity", "gzip", "zstd"];

    /// Reads the header's value.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name.trim().to_ascii_lowercase().as_str() {
            "" | "identity" => Some(Self::Identity),
            "gzip" | "x-gzip" => Some(Self::Gzip),
            "zstd" => Some(Self::Zstd),
            _ => None,
        }
    }
}

/// Why a whole batch is refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BatchError {
    #[error("the body is not valid {0}")]
    Corrupt(&'static str),
    #[error("the body is larger than {limit} bytes after decompression; send smaller batches")]
    TooLarge { limit: usize },
    #[error("the batch holds more than {limit} events; send smaller batches")]
    TooMany { limit: usize },
    #[error("{0}")]
    Json(String),
}

/// The body, decompressed.
pub(crate) fn decode(body: &[u8], encoding: Encoding, limit: usize) -> Result<Cow<'_, [u8]>, BatchError> {
    match encoding {
        Encoding::Identity if body.len() > limit => Err(BatchError::TooLarge { limit }),
        Encoding::Identity => Ok(Cow::Borrowed(body)),
        Encoding::Gzip => bounded(flate2::read::MultiGzDecoder::new(body), limit, "gzip"),
        Encoding::Zstd => {
            let mut decoder =
                zstd::stream::read::Decoder::with_buffer(body).map_err(|_| BatchError::Corrupt("zstd"))?;
            decoder.window_log_max(ZSTD_WINDOW_LOG).map_err(|_| BatchError::Corrupt("zstd"))?;
            bounded(decoder, limit, "zstd")
        }
    }
}

fn bounded(reader: impl Read, limit: usize, name: &'static str) -> Result<Cow<'static, [u8]>, BatchError> {
    let mut out = Vec::new();
    let read = reader.take(limit as u64 + 1).read_to_end(&mut out);
    match read {
        Ok(n) if n > limit => Err(BatchError::TooLarge { limit }),
        Ok(_) => Ok(Cow::Owned(out)),
        Err(_) => Err(BatchError::Corrupt(name)),
    }
}

/// The outer object of a batch.
pub(crate) fn split(body: &[u8]) -> Result<RawBatch<'_>, BatchError> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let batch = serde_path_to_error::deserialize(&mut reader)
        .map_err(|e| BatchError::Json(without_content(&e.path().to_string(), e.inner())))?;
    reader.end().map_err(|e| BatchError::Json(without_content(".", &e)))?;
    Ok(batch)
}

/// What is wrong with a piece of JSON, naming the field but quoting nothing of it. serde's messages quote the value before
/// they say what was expected: only what is expected, the field and the place are kept.
pub(crate) fn without_content(path: &str, error: &serde_json::Error) -> String {
    let message = error.to_string();
    let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
    let field = if path == "." { String::new() } else { format!("{path}: ") };
    if error.is_data() {
        if message.starts_with("missing field `") || message.starts_with("duplicate field `") {
            return format!("{field}{message}");
        }
        return match message.rsplit_once(", expected ") {
            Some((_, expected)) => format!("{field}wrong value, expected {expected}"),
            None => format!("{field}wrong value"),
        };
    }
    format!("{field}not valid JSON at line {}, column {}", error.line(), error.column())
}
