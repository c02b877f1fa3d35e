//! Bytes and Unicode scalar values: spans are given in the latter, strings are cut in the former.

/// Scalar values in `text`.
pub(crate) fn count(text: &str) -> usize {
    text.as_bytes().iter().filter(|b| (**b as i8) >= -0x40).count()
}

/// The scalar-value range of a byte range.
pub(crate) fn range(text: &str, start: usize, end: usize) -> (usize, usize) {
    let first = count(&text[..start]);
    (first, first + count(&text[start..end]))
}

/// The largest character boundary at or below `at`.
pub(crate) fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Whether a character is written without spaces between words (Han, kana, Hangul is not).
pub(crate) fn is_cjk(c: char) -> bool {
    matches!(c as u32, 0x3040..=0x30ff | 0x3400..=0x4dbf | 0x4e00..=0x9fff | 0xf900..=0xfaff | 0x20000..=0x2fa1f)
}

/// Latin letters without their accents, so that `café` and `cafe` are one word. Others unchanged.
pub(crate) fn fold(c: char) -> char {
    match c {
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'è'..='ë' | 'ē' | 'ė' | 'ę' | 'ě' => 'e',
        'ì'..='ï' | 'ī' | 'į' | 'ı' => 'i',
        'ñ' | 'ń' | 'ň' => 'n',
        'ò'..='ö' | 'ø' | 'ō' | 'ő' => 'o',
        'ù'..='ü' | 'ū' | 'ů' | 'ű' => 'u',
        'ý' | 'ÿ' => 'y',
        'ł' => 'l',
        'ś' | 'š' => 's',
        'ź' | 'ż' | 'ž' => 'z',
        'ğ' => 'g',
        '’' | 'ʼ' => '\'',
        other => other,
    }
}
