//! OpenSSL's hash of a distinguished name (`X509_NAME_hash_ex` and `x509_name_canon` in its `crypto/x509`).

use sha1::{Digest, Sha1};
use x509_parser::der_parser::asn1_rs::{Any, Tag, ToDer};
use x509_parser::x509::{RelativeDistinguishedName, X509Name};

/// The hash that names a file in a certificate directory: the first four bytes, little-endian, of the SHA-1 over the name's canonical form.
pub(super) fn name_hash(name: &X509Name<'_>) -> u32 {
    // The relative names one after another, without the header of the sequence around them.
    let canonical: Vec<u8> = name.iter_rdn().flat_map(canonical_rdn).collect();
    let digest = Sha1::digest(&canonical);
    u32::from_le_bytes([digest[0], digest[1], digest[2], digest[3]])
}

/// A SET OF attributes, in the order of their encodings as DER demands (X.690, section 11.6).
fn canonical_rdn(rdn: &RelativeDistinguishedName<'_>) -> Vec<u8> {
    let mut attributes: Vec<Vec<u8>> = rdn
        .iter()
        .map(|attribute| {
            let mut body = tlv(0x06, attribute.attr_type().as_bytes());
            body.extend(canonical_value(attribute.attr_value()));
            tlv(0x30, &body)
        })
        .collect();
    attributes.sort();
    tlv(0x31, &attributes.concat())
}

/// A value of a string type as a folded UTF8String; any other as it is.
fn canonical_value(value: &Any<'_>) -> Vec<u8> {
    match utf8(value) {
        Some(text) => tlv(0x0c, &fold(&text)),
        None => value.to_der_vec().unwrap_or_default(),
    }
}

/// The text of the types that OpenSSL folds (`ASN1_MASK_CANON`), of which NumericString is not one. A T61String counts as Latin-1.
fn utf8(value: &Any<'_>) -> Option<Vec<u8>> {
    let data = value.data;
    match value.tag() {
        Tag::Utf8String => Some(data.to_vec()),
        Tag::PrintableString | Tag::Ia5String | Tag::VisibleString | Tag::T61String => {
            Some(data.iter().map(|b| char::from(*b)).collect::<String>().into_bytes())
        }
        Tag::BmpString => {
            let units = data.chunks_exact(2).map(|c| u32::from(u16::from_be_bytes([c[0], c[1]])));
            from_units(units)
        }
        Tag::UniversalString => {
            from_units(data.chunks_exact(4).map(|c| u32::from_be_bytes([c[0], c[1], c[2], c[3]])))
        }
        _ => None,
    }
}

fn from_units(units: impl Iterator<Item = u32>) -> Option<Vec<u8>> {
    units.map(char::from_u32).collect::<Option<String>>().map(String::into_bytes)
}

/// White space at the ends goes, inner runs become one space, ASCII letters become small; bytes above ASCII stay.
fn fold(text: &[u8]) -> Vec<u8> {
    let is_space = |b: &u8| matches!(b, b' ' | b'\t' | b'\n' | 0x0b | 0x0c | b'\r');
    let words = text.split(is_space).filter(|word| !word.is_empty());
    words.map(<[u8]>::to_ascii_lowercase).collect::<Vec<_>>().join(&b' ')
}

/// Tag, length and value (X.690, section 8.1).
fn tlv(tag: u8, value: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    match u8::try_from(value.len()) {
        Ok(short) if short < 0x80 => out.push(short),
        _ => {
            let length = value.len().to_be_bytes();
            let bytes: Vec<u8> = length.into_iter().skip_while(|b| *b == 0).collect();
            // A usize has at most eight bytes.
            out.push(0x80 | bytes.len() as u8);
            out.extend(bytes);
        }
    }
    out.extend_from_slice(value);
    out
}

#[cfg(test)]
mod tests;
