//! Reading JSON that providers really send: shapes that vary, bytes that strict parsers refuse.
//!
//! Stream payloads are read as typed, borrowed structs made of the [`lenient`] wrappers; whole bodies and payloads to be
//! edited become a [`Value`], which keeps unknown fields and their order. Both fall back to [`repair`] before they give up,
//! since clients' parsers accept more than RFC 8259 allows. Editing is not done here.

pub(crate) mod lenient;
mod repair;
#[cfg(test)]
mod tests;

use serde::Deserialize;
use serde_json::Value;

use crate::codec::ParseError;
use crate::event::Events;
use crate::{Dialect, Event};
use lenient::Obj;

/// A decoder that reads its payloads as a typed shape.
pub(crate) trait Reads {
    /// What a payload is read as; every field lenient.
    type Payload<'a>: Deserialize<'a>;
    /// Takes one payload.
    fn read(&mut self, payload: Self::Payload<'_>, out: &mut Events);
}

/// Reads one stream payload without copying; only what strict JSON refuses takes the slow way. What is JSON and not an
/// object says nothing; what is not JSON is [`Event::Unreadable`].
pub(crate) fn decode<R: Reads>(reader: &mut R, data: &[u8], out: &mut Events) {
    if let Ok(Obj(payload)) = serde_json::from_slice::<Obj<R::Payload<'_>>>(data) {
        if let Some(payload) = payload {
            reader.read(payload, out);
        }
        return;
    }
    let Some(value) = loose(data) else {
        out.push(Event::Unreadable);
        return;
    };
    if let Ok(Obj(Some(payload))) = Obj::<R::Payload<'_>>::deserialize(&value) {
        reader.read(payload, out);
    }
}

/// Reads one whole body as a decoder's payload: an answer in the shape of a stream of one event.
///
/// # Errors
/// [`ParseError`] when it is not JSON or not an object.
pub(crate) fn decode_body<R: Reads>(
    reader: &mut R,
    dialect: Dialect,
    data: &[u8],
    out: &mut Events,
) -> Result<(), ParseError> {
    if let Ok(Obj(Some(payload))) = serde_json::from_slice::<Obj<R::Payload<'_>>>(data) {
        reader.read(payload, out);
        return Ok(());
    }
    let value = object(dialect, data)?;
    let payload = R::Payload::deserialize(&value).map_err(|error| ParseError::json(dialect, &error))?;
    reader.read(payload, out);
    Ok(())
}

fn loose(data: &[u8]) -> Option<Value> {
    serde_json::from_slice(data).ok().or_else(|| serde_json::from_str(&repair::text(data)).ok())
}

/// The value, as strict JSON or repaired.
///
/// # Errors
/// [`ParseError`] when it is not JSON even so, or nested deeper than 128 levels.
pub(crate) fn value(dialect: Dialect, data: &[u8]) -> Result<Value, ParseError> {
    let data = data.strip_prefix(b"\xef\xbb\xbf").unwrap_or(data);
    serde_json::from_slice(data).or_else(|error| {
        serde_json::from_str(&repair::text(data)).map_err(|_| ParseError::json(dialect, &error))
    })
}

/// The object that a body has to be.
///
/// # Errors
/// [`ParseError`] when it is not JSON or not an object.
pub(crate) fn object(dialect: Dialect, data: &[u8]) -> Result<Value, ParseError> {
    match value(dialect, data)? {
        object @ Value::Object(_) => Ok(object),
        _ => Err(ParseError::Shape { dialect, reason: "not a JSON object".to_owned() }),
    }
}

/// A string field, or empty.
pub(crate) fn str_of<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// The elements of an array field, or none.
pub(crate) fn items<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A value as text: strings as they are, null as nothing, anything else as compact JSON.
pub(crate) fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A count, also where it is written as a float.
pub(crate) fn count_of(value: &Value, key: &str) -> Option<u64> {
    let number = value.get(key)?;
    number.as_u64().or_else(|| number.as_f64().filter(|n| *n >= 0.0).map(|n| n as u64))
}

/// Serialises what came from JSON.
pub(crate) fn bytes(value: &Value) -> Vec<u8> {
    serde_json::to_vec(value).expect("a Value holds string keys and finite numbers only")
}
