//! The value of digits and of number words.

use crate::text::token::word_hash;

/// The value of a digit token (`1,000`, `3.5`) and the number of decimals written. `None`: not one number (`1.2.3`, `11:30`).
pub(crate) fn digits(text: &str) -> Option<(f64, u32)> {
    if text.contains(':') || text.bytes().filter(|b| *b == b'.').count() > 1 {
        return None;
    }
    let plain: smallvec::SmallVec<[u8; 32]> = text.bytes().filter(|b| *b != b',').collect();
    let plain = std::str::from_utf8(&plain).ok()?;
    let decimals = plain.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    plain.parse().ok().map(|value| (value, u32::try_from(decimals).unwrap_or(u32::MAX)))
}

/// What a number word contributes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Word {
    /// Added to the group: `three`, `forty`.
    Unit(f64),
    /// Multiplies the group: `hundred`.
    Hundred,
    /// Closes the group: `thousand`, `million`.
    Scale(f64),
}

const UNITS: [(u32, f64); 28] = [
    (word_hash("zero"), 0.0),
    (word_hash("one"), 1.0),
    (word_hash("two"), 2.0),
    (word_hash("three"), 3.0),
    (word_hash("four"), 4.0),
    (word_hash("five"), 5.0),
    (word_hash("six"), 6.0),
    (word_hash("seven"), 7.0),
    (word_hash("eight"), 8.0),
    (word_hash("nine"), 9.0),
    (word_hash("ten"), 10.0),
    (word_hash("eleven"), 11.0),
    (word_hash("twelve"), 12.0),
    (word_hash("thirteen"), 13.0),
    (word_hash("fourteen"), 14.0),
    (word_hash("fifteen"), 15.0),
    (word_hash("sixteen"), 16.0),
    (word_hash("seventeen"), 17.0),
    (word_hash("eighteen"), 18.0),
    (word_hash("nineteen"), 19.0),
    (word_hash("twenty"), 20.0),
    (word_hash("thirty"), 30.0),
    (word_hash("forty"), 40.0),
    (word_hash("fifty"), 50.0),
    (word_hash("sixty"), 60.0),
    (word_hash("seventy"), 70.0),
    (word_hash("eighty"), 80.0),
    (word_hash("ninety"), 90.0),
];

const SCALES: [(u32, f64); 4] = [
    (word_hash("thousand"), 1e3),
    (word_hash("million"), 1e6),
    (word_hash("billion"), 1e9),
    (word_hash("trillion"), 1e12),
];

/// The number word with that hash.
pub(crate) fn word(raw: u32) -> Option<Word> {
    if raw == const { word_hash("hundred") } {
        return Some(Word::Hundred);
    }
    let find = |table: &[(u32, f64)]| table.iter().find(|(hash, _)| *hash == raw).map(|(_, value)| *value);
    find(&UNITS).map(Word::Unit).or_else(|| find(&SCALES).map(Word::Scale))
}

/// The scale that a suffix stands for: `k`, `M`, `bn`, `million`. Case matters for `m` (metre) and `M`.
pub(crate) fn scale(word: &str) -> Option<f64> {
    Some(match word {
        "k" | "K" => 1e3,
        "M" | "mn" | "mln" | "mm" => 1e6,
        "B" | "bn" | "bln" => 1e9,
        "T" | "tn" | "trn" => 1e12,
        _ => match word.to_ascii_lowercase().as_str() {
            "hundred" => 1e2,
            "thousand" => 1e3,
            "million" => 1e6,
            "billion" => 1e9,
            "trillion" => 1e12,
            "lakh" => 1e5,
            "crore" => 1e7,
            _ => return None,
        },
    })
}
