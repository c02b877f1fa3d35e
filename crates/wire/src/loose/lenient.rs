//! Wrappers for typed payloads that accept any JSON: what has the wrong type reads as if it were missing, so that one odd
//! field never hides the text beside it.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};

/// A string, borrowed where it holds no escapes; numbers and booleans as their text; anything else is `None`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Text<'a>(pub(crate) Option<Cow<'a, str>>);

impl Text<'_> {
    /// The string, or empty.
    pub(crate) fn as_str(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
    }

    /// The string, or empty, owned.
    pub(crate) fn into_string(self) -> String {
        self.0.map(Cow::into_owned).unwrap_or_default()
    }

    /// The string unless it is missing or empty.
    pub(crate) fn filled(self) -> Option<String> {
        self.0.filter(|text| !text.is_empty()).map(Cow::into_owned)
    }
}

/// A whole number ≥ 0, also written as a float; anything else is `None`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Count(pub(crate) Option<u64>);

/// Any number; anything else is `None`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Number(pub(crate) Option<f64>);

/// `true`, or anything else.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Flag(pub(crate) bool);

/// An object; anything else is `None`.
#[derive(Clone, Debug)]
pub(crate) struct Obj<T>(pub(crate) Option<T>);

impl<T> Default for Obj<T> {
    fn default() -> Self {
        Self(None)
    }
}

/// A string, or an array whose elements read as `T`; anything else is `None`.
#[derive(Clone, Debug, Default)]
pub(crate) enum TextOrList<'a, T> {
    /// Neither.
    #[default]
    None,
    /// A string, borrowed where it holds no escapes.
    Text(Cow<'a, str>),
    /// An array.
    List(Vec<T>),
}

/// An array whose elements read as `T`; anything else is empty.
#[derive(Clone, Debug)]
pub(crate) struct List<T>(pub(crate) Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// One visitor for all of them: every kind of JSON value is accepted, and those that the wrapper does not want are dropped.
struct Any<T>(PhantomData<T>);

/// What a wrapper makes of each kind of value.
trait FromAny<'de>: Default {
    fn from_text(_: Cow<'de, str>) -> Self {
        Self::default()
    }
    fn from_number(_: f64) -> Self {
        Self::default()
    }
    fn from_whole(number: u64) -> Self {
        Self::from_number(number as f64)
    }
    fn from_bool(_: bool) -> Self {
        Self::default()
    }
    fn from_seq<A: SeqAccess<'de>>(mut seq: A) -> Result<Self, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Self::default())
    }
    fn from_map<A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Self::default())
    }
}

impl<'de, T: FromAny<'de>> Visitor<'de> for Any<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }
    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<T, E> {
        Ok(T::from_text(Cow::Borrowed(text)))
    }
    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        Ok(T::from_text(Cow::Owned(text.to_owned())))
    }
    fn visit_string<E: de::Error>(self, text: String) -> Result<T, E> {
        Ok(T::from_text(Cow::Owned(text)))
    }
    fn visit_u64<E: de::Error>(self, number: u64) -> Result<T, E> {
        Ok(T::from_whole(number))
    }
    fn visit_i64<E: de::Error>(self, number: i64) -> Result<T, E> {
        Ok(T::from_number(number as f64))
    }
    fn visit_f64<E: de::Error>(self, number: f64) -> Result<T, E> {
        Ok(T::from_number(number))
    }
    fn visit_bool<E: de::Error>(self, value: bool) -> Result<T, E> {
        Ok(T::from_bool(value))
    }
    fn visit_unit<E: de::Error>(self) -> Result<T, E> {
        Ok(T::default())
    }
    fn visit_none<E: de::Error>(self) -> Result<T, E> {
        Ok(T::default())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<T, A::Error> {
        T::from_seq(seq)
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::from_map(map)
    }
}

impl<'de: 'a, 'a> FromAny<'de> for Text<'a> {
    fn from_text(text: Cow<'de, str>) -> Self {
        Self(Some(text))
    }
    fn from_number(number: f64) -> Self {
        Self(Some(Cow::Owned(number.to_string())))
    }
    fn from_whole(number: u64) -> Self {
        Self(Some(Cow::Owned(number.to_string())))
    }
    fn from_bool(value: bool) -> Self {
        Self(Some(Cow::Owned(value.to_string())))
    }
}

impl FromAny<'_> for Count {
    fn from_number(number: f64) -> Self {
        Self((number >= 0.0).then_some(number as u64))
    }
    fn from_whole(number: u64) -> Self {
        Self(Some(number))
    }
}

impl FromAny<'_> for Number {
    fn from_number(number: f64) -> Self {
        Self(Some(number))
    }
}

impl FromAny<'_> for Flag {
    fn from_bool(value: bool) -> Self {
        Self(value)
    }
}

impl<'de, T: Deserialize<'de>> FromAny<'de> for Obj<T> {
    fn from_map<A: MapAccess<'de>>(map: A) -> Result<Self, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(|object| Self(Some(object)))
    }
}

impl<'de, T: Deserialize<'de>> FromAny<'de> for List<T> {
    fn from_seq<A: SeqAccess<'de>>(mut seq: A) -> Result<Self, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Self(items))
    }
}

impl<'de: 'a, 'a, T: Deserialize<'de>> FromAny<'de> for TextOrList<'a, T> {
    fn from_text(text: Cow<'de, str>) -> Self {
        Self::Text(text)
    }
    fn from_seq<A: SeqAccess<'de>>(seq: A) -> Result<Self, A::Error> {
        List::from_seq(seq).map(|List(items)| Self::List(items))
    }
}

macro_rules! deserialize {
    ($([$($generics:tt)*] $wrapper:ty;)*) => {$(
        impl<'de $($generics)*> Deserialize<'de> for $wrapper {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(Any(PhantomData))
            }
        }
    )*};
}

deserialize! {
    [: 'a, 'a] Text<'a>;
    [] Count;
    [] Number;
    [] Flag;
    [, T: Deserialize<'de>] Obj<T>;
    [, T: Deserialize<'de>] List<T>;
    [: 'a, 'a, T: Deserialize<'de>] TextOrList<'a, T>;
}
