//! One encoding being undone. The output of each stage is bounded, also of those whose output another stage takes.

use std::io::{self, Write};

use brotli::DecompressorWriter;
use flate2::write::MultiGzDecoder;
use flate2::{Decompress, FlushDecompress, Status};
use zstd::stream::raw::{DParameter, Decoder as ZstdDecoder};
use zstd::stream::zio;

use super::EncodingError;

/// Size of the pieces in which output is taken from a decompressor.
const BUFFER: usize = 16 << 10;
/// The largest window, as a power of two, that the zstd content coding may ask for (RFC 9659).
const ZSTD_WINDOW_LOG: u32 = 23;

pub(super) enum Stage {
    Gzip(MultiGzDecoder<Sink>),
    Deflate(Deflate),
    Brotli(Box<DecompressorWriter<Sink>>),
    Zstd(zio::Writer<Sink, ZstdDecoder<'static>>),
}

impl Stage {
    /// The stage for an encoding's name in lower case; `None` when it is not known.
    pub(super) fn new(name: &str, limit: usize) -> Option<Self> {
        let sink = Sink { out: Vec::new(), left: limit, limit, full: false };
        Some(match name {
            "gzip" | "x-gzip" => Self::Gzip(MultiGzDecoder::new(sink)),
            "deflate" => Self::Deflate(Deflate { sink, start: Vec::new(), inner: None, ended: false }),
            "br" => Self::Brotli(Box::new(DecompressorWriter::new(sink, BUFFER))),
            "zstd" => {
                // A window that libzstd can make; if it could not, the encoding is one that cannot be read.
                let mut decoder = ZstdDecoder::new().ok()?;
                decoder.set_parameter(DParameter::WindowLogMax(ZSTD_WINDOW_LOG)).ok()?;
                Self::Zstd(zio::Writer::new(sink, decoder))
            }
            _ => return None,
        })
    }

    pub(super) fn feed(&mut self, input: &[u8]) -> Result<Vec<u8>, EncodingError> {
        let done = match self {
            Self::Gzip(decoder) => decoder.write_all(input).and_then(|()| decoder.flush()),
            Self::Deflate(decoder) => decoder.write(input),
            Self::Brotli(decoder) => decoder.write_all(input),
            Self::Zstd(decoder) => decoder.write_all(input).and_then(|()| decoder.flush()),
        };
        self.output(done)
    }

    /// The input is over.
    pub(super) fn finish(&mut self) -> Result<Vec<u8>, EncodingError> {
        let done = match self {
            Self::Gzip(decoder) => decoder.try_finish(),
            Self::Deflate(decoder) => decoder.finish(),
            Self::Brotli(decoder) => decoder.close(),
            Self::Zstd(decoder) => decoder.finish(),
        };
        self.output(done)
    }

    fn output(&mut self, done: io::Result<()>) -> Result<Vec<u8>, EncodingError> {
        let (name, sink) = match self {
            Self::Gzip(decoder) => ("gzip", decoder.get_mut()),
            Self::Deflate(decoder) => ("deflate", &mut decoder.sink),
            Self::Brotli(decoder) => ("br", decoder.get_mut()),
            Self::Zstd(decoder) => ("zstd", decoder.writer_mut()),
        };
        if sink.full {
            return Err(EncodingError::TooLarge(sink.limit));
        }
        done.map_err(|_| EncodingError::Corrupt(name))?;
        Ok(std::mem::take(&mut sink.out))
    }
}

/// `deflate` means zlib, and some servers send it raw: the first two bytes tell.
pub(super) struct Deflate {
    sink: Sink,
    /// The first byte, until the second has come.
    start: Vec<u8>,
    inner: Option<Decompress>,
    ended: bool,
}

impl Deflate {
    fn write(&mut self, input: &[u8]) -> io::Result<()> {
        if let Some(inner) = &mut self.inner {
            return inflate(inner, input, &mut self.sink, &mut self.ended);
        }
        self.start.extend_from_slice(input);
        let [first, second, ..] = self.start[..] else {
            return Ok(());
        };
        let zlib = first & 0x0f == 8 && u16::from_be_bytes([first, second]).is_multiple_of(31);
        let inner = self.inner.insert(Decompress::new(zlib));
        inflate(inner, &std::mem::take(&mut self.start), &mut self.sink, &mut self.ended)
    }

    fn finish(&self) -> io::Result<()> {
        if self.ended { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }
}

/// Inflates all of the input; what follows the end of the data is ignored, as browsers do.
fn inflate(inner: &mut Decompress, mut input: &[u8], sink: &mut Sink, ended: &mut bool) -> io::Result<()> {
    let mut buffer = [0; BUFFER];
    while !*ended {
        let (taken, given) = (inner.total_in(), inner.total_out());
        let status = inner.decompress(input, &mut buffer, FlushDecompress::None)?;
        // Neither count exceeds the length of its buffer.
        let (taken, given) = ((inner.total_in() - taken) as usize, (inner.total_out() - given) as usize);
        sink.write_all(&buffer[..given])?;
        input = &input[taken..];
        *ended = status == Status::StreamEnd;
        // Output that did not fit before may come alone, so that only no progress at all means that this is all.
        if given == 0 && taken == 0 {
            break;
        }
    }
    Ok(())
}

/// Takes output up to a limit over the whole body.
pub(super) struct Sink {
    out: Vec<u8>,
    left: usize,
    limit: usize,
    full: bool,
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.left.checked_sub(bytes.len()) {
            Some(left) => {
                self.left = left;
                self.out.extend_from_slice(bytes);
                Ok(bytes.len())
            }
            None => {
                self.full = true;
                Err(io::ErrorKind::FileTooLarge.into())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
