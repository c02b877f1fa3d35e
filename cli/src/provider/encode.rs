//! Content encodings of an answer, flushed at every event as providers behind compressing proxies do.

use std::io::{self, Read, Write};

use super::script::Encoding;

/// An encoder of one body.
pub(crate) enum Encoder {
    Identity,
    Gzip(flate2::write::GzEncoder<Vec<u8>>),
    Deflate(flate2::write::ZlibEncoder<Vec<u8>>),
    Brotli(Box<brotli::CompressorWriter<Vec<u8>>>),
    Zstd(zstd::stream::write::Encoder<'static, Vec<u8>>),
}

/// The encoding to use, given what the request accepts.
pub(crate) fn negotiate(encoding: Encoding, accepts: &str) -> Encoding {
    if encoding != Encoding::Accepted {
        return encoding;
    }
    let offered = |name: &str| {
        accepts.split(',').map(str::trim).any(|offer| {
            let (offer, parameters) = offer.split_once(';').unwrap_or((offer, ""));
            offer.trim().eq_ignore_ascii_case(name) && !matches!(parameters.trim(), "q=0" | "q=0.0")
        })
    };
    [("zstd", Encoding::Zstd), ("br", Encoding::Brotli), ("gzip", Encoding::Gzip)]
        .into_iter()
        .find(|(name, _)| offered(name))
        .map_or(Encoding::Identity, |(_, encoding)| encoding)
}

/// The `content-encoding` header.
pub(crate) fn name(encoding: Encoding) -> Option<&'static str> {
    match encoding {
        Encoding::Identity | Encoding::Accepted => None,
        Encoding::Gzip => Some("gzip"),
        Encoding::Deflate => Some("deflate"),
        Encoding::Brotli => Some("br"),
        Encoding::Zstd => Some("zstd"),
    }
}

impl Encoder {
    pub(crate) fn new(encoding: Encoding) -> io::Result<Self> {
        Ok(match encoding {
            Encoding::Identity | Encoding::Accepted => Self::Identity,
            Encoding::Gzip => {
                Self::Gzip(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()))
            }
            Encoding::Deflate => {
                Self::Deflate(flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast()))
            }
            Encoding::Brotli => {
                Self::Brotli(Box::new(brotli::CompressorWriter::new(Vec::new(), 4096, 4, 20)))
            }
            Encoding::Zstd => Self::Zstd(zstd::stream::write::Encoder::new(Vec::new(), 3)?),
        })
    }

    /// The bytes of one event, flushed.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Self::Identity => Ok(bytes.to_vec()),
            Self::Gzip(to) => {
                to.write_all(bytes)?;
                to.flush()?;
                Ok(std::mem::take(to.get_mut()))
            }
            Self::Deflate(to) => {
                to.write_all(bytes)?;
                to.flush()?;
                Ok(std::mem::take(to.get_mut()))
            }
            Self::Brotli(to) => {
                to.write_all(bytes)?;
                to.flush()?;
                Ok(std::mem::take(to.get_mut()))
            }
            Self::Zstd(to) => {
                to.write_all(bytes)?;
                to.flush()?;
                Ok(std::mem::take(to.get_mut()))
            }
        }
    }

    /// What ends the body.
    pub(crate) fn finish(self) -> io::Result<Vec<u8>> {
        match self {
            Self::Identity => Ok(Vec::new()),
            Self::Gzip(to) => to.finish(),
            Self::Deflate(to) => to.finish(),
            Self::Brotli(to) => Ok(to.into_inner()),
            Self::Zstd(to) => to.finish(),
        }
    }
}

/// A request body, decoded.
pub(crate) fn decode(encoding: &str, body: &[u8]) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    match encoding.trim() {
        "" | "identity" => out.extend_from_slice(body),
        "gzip" => drop(flate2::read::GzDecoder::new(body).read_to_end(&mut out)?),
        "deflate" => drop(flate2::read::ZlibDecoder::new(body).read_to_end(&mut out)?),
        "br" => drop(brotli::Decompressor::new(body, 4096).read_to_end(&mut out)?),
        "zstd" => zstd::stream::copy_decode(body, &mut out)?,
        other => return Err(io::Error::other(format!("content-encoding {other:?} is not known"))),
    }
    Ok(out)
}
