//! Headers: a name of up to 255 bytes, a type, a value.

use super::EventStreamError;

/// The value of a header, in any of the format's ten types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderValue<'a> {
    /// Types 0 (true) and 1 (false).
    Bool(bool),
    /// Type 2.
    Byte(i8),
    /// Type 3.
    Short(i16),
    /// Type 4.
    Int(i32),
    /// Type 5.
    Long(i64),
    /// Type 6, up to 32,767 bytes.
    Bytes(&'a [u8]),
    /// Type 7, up to 32,767 bytes of UTF-8.
    String(&'a str),
    /// Type 8: milliseconds since the Unix epoch.
    Timestamp(i64),
    /// Type 9.
    Uuid([u8; 16]),
}

/// The longest value of bytes or text.
const MAX_VALUE: usize = i16::MAX as usize;

const CUT: EventStreamError = EventStreamError::Header("it is cut off");
const TEXT: EventStreamError = EventStreamError::Header("it is not UTF-8");

/// Reads all headers of a message.
pub(super) fn read(mut bytes: &[u8]) -> Result<Vec<(&str, HeaderValue<'_>)>, EventStreamError> {
    let mut headers = Vec::new();
    while !bytes.is_empty() {
        let [length] = take_array(&mut bytes)?;
        let name = std::str::from_utf8(take(&mut bytes, length.into())?).map_err(|_| TEXT)?;
        if name.is_empty() {
            return Err(EventStreamError::Header("it has no name"));
        }
        let value = value(&mut bytes)?;
        // Readers differ in which of two they take.
        if headers.iter().any(|(other, _)| *other == name) {
            return Err(EventStreamError::Header("a name is there twice"));
        }
        headers.push((name, value));
    }
    Ok(headers)
}

fn value<'a>(bytes: &mut &'a [u8]) -> Result<HeaderValue<'a>, EventStreamError> {
    let [kind] = take_array(bytes)?;
    Ok(match kind {
        0 => HeaderValue::Bool(true),
        1 => HeaderValue::Bool(false),
        2 => HeaderValue::Byte(i8::from_be_bytes(take_array(bytes)?)),
        3 => HeaderValue::Short(i16::from_be_bytes(take_array(bytes)?)),
        4 => HeaderValue::Int(i32::from_be_bytes(take_array(bytes)?)),
        5 => HeaderValue::Long(i64::from_be_bytes(take_array(bytes)?)),
        6 => HeaderValue::Bytes(sized(bytes)?),
        7 => HeaderValue::String(std::str::from_utf8(sized(bytes)?).map_err(|_| TEXT)?),
        8 => HeaderValue::Timestamp(i64::from_be_bytes(take_array(bytes)?)),
        9 => HeaderValue::Uuid(take_array(bytes)?),
        _ => return Err(EventStreamError::Header("its type is unknown")),
    })
}

/// Bytes with their length before them. More than AWS writes is read, as its SDKs do.
fn sized<'a>(bytes: &mut &'a [u8]) -> Result<&'a [u8], EventStreamError> {
    let length = u16::from_be_bytes(take_array(bytes)?);
    take(bytes, length.into())
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Result<&'a [u8], EventStreamError> {
    bytes.split_off(..length).ok_or(CUT)
}

fn take_array<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], EventStreamError> {
    let (array, rest) = bytes.split_first_chunk::<N>().ok_or(CUT)?;
    *bytes = rest;
    Ok(*array)
}

/// Writes one header.
pub(super) fn write(name: &str, value: &HeaderValue<'_>, out: &mut Vec<u8>) -> Result<(), EventStreamError> {
    let length = u8::try_from(name.len()).ok().filter(|length| *length > 0);
    let length = length.ok_or(EventStreamError::Header("its name is empty or longer than 255 bytes"))?;
    out.push(length);
    out.extend_from_slice(name.as_bytes());
    match value {
        HeaderValue::Bool(true) => out.push(0),
        HeaderValue::Bool(false) => out.push(1),
        HeaderValue::Byte(number) => put(2, &number.to_be_bytes(), out),
        HeaderValue::Short(number) => put(3, &number.to_be_bytes(), out),
        HeaderValue::Int(number) => put(4, &number.to_be_bytes(), out),
        HeaderValue::Long(number) => put(5, &number.to_be_bytes(), out),
        HeaderValue::Bytes(bytes) => put_sized(6, bytes, out)?,
        HeaderValue::String(text) => put_sized(7, text.as_bytes(), out)?,
        HeaderValue::Timestamp(number) => put(8, &number.to_be_bytes(), out),
        HeaderValue::Uuid(bytes) => put(9, bytes, out),
    }
    Ok(())
}

fn put(kind: u8, bytes: &[u8], out: &mut Vec<u8>) {
    out.push(kind);
    out.extend_from_slice(bytes);
}

fn put_sized(kind: u8, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), EventStreamError> {
    let length = u16::try_from(bytes.len()).ok().filter(|length| usize::from(*length) <= MAX_VALUE);
    let length = length.ok_or(EventStreamError::Header("its value is longer than 32,767 bytes"))?;
    put(kind, &length.to_be_bytes(), out);
    out.extend_from_slice(bytes);
    Ok(())
}
