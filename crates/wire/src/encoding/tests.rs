//! Every encoding in every split, flushed in the middle, stacked, truncated, corrupt, and as a bomb.

use std::io::Write;

use proptest::prelude::*;

use super::{Decoder, EncodingError};

const LIMIT: usize = 1 << 20;
const NAMES: [&str; 6] = ["gzip", "x-gzip", "deflate", "raw", "br", "zstd"];

fn header(name: &str) -> &str {
    if name == "raw" { "deflate" } else { name }
}

/// The pieces encoded, with a flush after each: the bytes of each piece.
fn encode(name: &str, pieces: &[&[u8]]) -> Vec<Vec<u8>> {
    fn flushed<W: Write>(
        mut to: W,
        pieces: &[&[u8]],
        take: impl Fn(&mut W) -> Vec<u8>,
        end: impl FnOnce(W) -> Vec<u8>,
    ) -> Vec<Vec<u8>> {
        let mut out = Vec::new();
        for piece in pieces {
            to.write_all(piece).expect("a Vec takes all");
            to.flush().expect("a Vec takes all");
            out.push(take(&mut to));
        }
        out.push(end(to));
        out
    }
    let level = flate2::Compression::fast();
    match name {
        "gzip" | "x-gzip" => flushed(
            flate2::write::GzEncoder::new(Vec::new(), level),
            pieces,
            |to| std::mem::take(to.get_mut()),
            |to| to.finish().expect("finish"),
        ),
        "deflate" => flushed(
            flate2::write::ZlibEncoder::new(Vec::new(), level),
            pieces,
            |to| std::mem::take(to.get_mut()),
            |to| to.finish().expect("finish"),
        ),
        "raw" => flushed(
            flate2::write::DeflateEncoder::new(Vec::new(), level),
            pieces,
            |to| std::mem::take(to.get_mut()),
            |to| to.finish().expect("finish"),
        ),
        "br" => flushed(
            brotli::CompressorWriter::new(Vec::new(), 4096, 4, 18),
            pieces,
            |to| std::mem::take(to.get_mut()),
            brotli::CompressorWriter::into_inner,
        ),
        "zstd" => flushed(
            zstd::stream::write::Encoder::new(Vec::new(), 1).expect("level 1"),
            pieces,
            |to| std::mem::take(to.get_mut()),
            |to| to.finish().expect("finish"),
        ),
        _ => panic!("no such encoding"),
    }
}

fn decode(encoding: &str, chunks: &[&[u8]]) -> Result<Vec<u8>, EncodingError> {
    let mut decoder = Decoder::new(encoding, LIMIT)?;
    let mut out = Vec::new();
    for chunk in chunks {
        out.extend_from_slice(&decoder.feed(chunk)?);
    }
    out.extend_from_slice(&decoder.finish()?);
    Ok(out)
}

#[test]
fn what_was_flushed_comes_out_at_once() {
    let pieces: [&[u8]; 3] = [b"data: one\n\n", "data: zwei é\n\n".as_bytes(), b"data: 3\n\n"];
    for name in NAMES {
        let mut decoder = Decoder::new(header(name), LIMIT).expect("a known encoding");
        let encoded = encode(name, &pieces);
        for (piece, bytes) in pieces.iter().zip(&encoded) {
            assert_eq!(decoder.feed(bytes).expect("valid"), *piece, "{name}");
        }
        assert!(decoder.feed(&encoded[3]).expect("valid").is_empty(), "{name}");
        assert!(decoder.finish().expect("whole").is_empty(), "{name}");
    }
}

#[test]
fn members_and_frames_follow_each_other() {
    for name in ["gzip", "zstd"] {
        let (one, two) = (encode(name, &[b"one"]).concat(), encode(name, &[b"two"]).concat());
        let both = [one, two].concat();
        for size in [1, 5, both.len()] {
            let chunks: Vec<&[u8]> = both.chunks(size).collect();
            assert_eq!(decode(name, &chunks).expect("valid"), b"onetwo", "{name}");
        }
    }
}

#[test]
fn lists_are_undone_in_reverse() {
    let inner = encode("gzip", &[b"text"]).concat();
    let outer = encode("br", &[&inner]).concat();
    for list in ["gzip, br", "GZIP,identity , br"] {
        assert_eq!(decode(list, &[&outer]).expect("valid"), b"text");
        let bytes: Vec<&[u8]> = outer.chunks(1).collect();
        assert_eq!(decode(list, &bytes).expect("valid"), b"text");
    }
    assert_eq!(decode("identity", &[b"text"]).expect("valid"), b"text");
    assert_eq!(decode("", &[b"text"]).expect("valid"), b"text");
    assert!(matches!(Decoder::new("gzip, lzma", LIMIT), Err(EncodingError::Unknown(name)) if name == "lzma"));
    assert!(Decoder::new("br,br,br,br,br", LIMIT).is_err());
}

#[test]
fn truncated_and_corrupt_bodies_are_told() {
    let text = b"some text that is long enough to be compressed, compressed, compressed";
    for name in NAMES {
        let whole = encode(name, &[text]).concat();
        for cut in 1..whole.len() {
            let cut = decode(header(name), &[&whole[..cut]]);
            assert!(matches!(cut, Err(EncodingError::Corrupt(_))), "{name}: {cut:?}");
        }
        assert!(decode(header(name), &[b"\xff\xff\xff\xffno such thing"]).is_err(), "{name}");
        assert_eq!(decode(header(name), &[]).expect("an empty body"), b"", "{name}");
    }
}

#[test]
fn bombs_stop_at_the_limit() {
    let zeros = vec![0; 8 * LIMIT];
    for name in NAMES {
        let bomb = encode(name, &[&zeros]).concat();
        let mut decoder = Decoder::new(header(name), LIMIT).expect("a known encoding");
        let found = bomb.chunks(100).find_map(|chunk| decoder.feed(chunk).err());
        assert!(matches!(found, Some(EncodingError::TooLarge(LIMIT))), "{name}: {found:?}");
    }
    let inner = encode("gzip", &[&zeros]).concat();
    let twice = encode("gzip", &[&inner]).concat();
    assert!(matches!(decode("gzip, gzip", &[&twice]), Err(EncodingError::TooLarge(LIMIT))));
    let exact = encode("br", &[&zeros[..LIMIT]]).concat();
    assert_eq!(decode("br", &[&exact]).expect("just fits").len(), LIMIT);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_split_gives_the_same(
        text in prop::collection::vec(prop_oneof![Just(b'a'), any::<u8>()], 0..2000),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        name in prop::sample::select(NAMES.to_vec()),
    ) {
        let encoded = encode(name, &[&text]).concat();
        let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(encoded.len() + 1)).collect();
        at.extend([0, encoded.len()]);
        at.sort_unstable();
        let chunks: Vec<&[u8]> = at.windows(2).map(|pair| &encoded[pair[0]..pair[1]]).collect();
        prop_assert_eq!(decode(header(name), &chunks).expect("valid"), text);
    }

    #[test]
    fn garbage_never_panics(garbage in prop::collection::vec(any::<u8>(), 0..200), name in prop::sample::select(NAMES.to_vec())) {
        let chunks: Vec<&[u8]> = garbage.chunks(7).collect();
        let _ = decode(header(name), &chunks);
    }
}
