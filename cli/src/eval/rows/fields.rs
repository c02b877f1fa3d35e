//! Fields of a JSON object; what is wrong is said with the field's path.

use serde_json::{Map, Value};

/// An object of a row.
pub(super) struct Fields<'v> {
    /// Its path in the row; empty: the row itself.
    path: String,
    map: &'v Map<String, Value>,
}

/// What a value is, for people.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

impl<'v> Fields<'v> {
    pub(super) fn of(path: &str, value: &'v Value) -> Result<Self, String> {
        match value.as_object() {
            Some(map) => Ok(Self { path: path.to_owned(), map }),
            None if path.is_empty() => Err(format!("the row is {}; an object is needed", kind(value))),
            None => Err(format!("{path}: is {}; an object is needed", kind(value))),
        }
    }

    fn at(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// The value; `null` is as good as none.
    fn get(&self, key: &str) -> Option<&'v Value> {
        self.map.get(key).filter(|value| !value.is_null())
    }

    fn needed(&self, key: &str, what: &str) -> Result<&'v Value, String> {
        self.get(key).ok_or_else(|| format!("{}: is missing; {what} is needed", self.at(key)))
    }

    fn wrong(&self, key: &str, value: &Value, what: &str) -> String {
        format!("{}: is {}; {what} is needed", self.at(key), kind(value))
    }

    /// Whether the key is there, be it with `null`.
    pub(super) fn has(&self, key: &str) -> bool {
        self.map.contains_key(key)
    }

    pub(super) fn each(&self) -> impl Iterator<Item = (&'v String, &'v Value)> {
        self.map.iter()
    }

    pub(super) fn text(&self, key: &str) -> Result<&'v str, String> {
        let value = self.needed(key, "a text")?;
        value.as_str().ok_or_else(|| self.wrong(key, value, "a text"))
    }

    pub(super) fn text_or_empty(&self, key: &str) -> Result<&'v str, String> {
        if self.get(key).is_some() { self.text(key) } else { Ok("") }
    }

    /// A text or a number, as ids are.
    pub(super) fn name(&self, key: &str) -> Result<Option<String>, String> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(other) => Err(self.wrong(key, other, "a text")),
        }
    }

    pub(super) fn list(&self, key: &str) -> Result<&'v [Value], String> {
        let value = self.needed(key, "a list")?;
        value.as_array().map(Vec::as_slice).ok_or_else(|| self.wrong(key, value, "a list"))
    }

    pub(super) fn list_if_there(&self, key: &str) -> Result<Option<&'v [Value]>, String> {
        if self.get(key).is_some() { self.list(key).map(Some) } else { Ok(None) }
    }

    pub(super) fn object(&self, key: &str) -> Result<&'v Value, String> {
        let value = self.needed(key, "an object")?;
        if value.is_object() { Ok(value) } else { Err(self.wrong(key, value, "an object")) }
    }

    /// `true`, `false`, 1 or 0.
    pub(super) fn flag(&self, key: &str) -> Result<Option<bool>, String> {
        let what = "true, false, 1 or 0";
        match self.get(key) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(Value::Number(number)) if number.as_f64() == Some(1.0) => Ok(Some(true)),
            Some(Value::Number(number)) if number.as_f64() == Some(0.0) => Ok(Some(false)),
            Some(Value::Number(number)) => Err(format!("{}: is {number}; {what} is needed", self.at(key))),
            Some(other) => Err(self.wrong(key, other, what)),
        }
    }

    /// A number of scalar values.
    pub(super) fn offset(&self, key: &str) -> Result<usize, String> {
        let what = "a whole number from 0 on";
        let value = self.needed(key, what)?;
        let number = value.as_u64().and_then(|number| usize::try_from(number).ok());
        number.ok_or_else(|| format!("{}: is {value}; {what} is needed", self.at(key)))
    }
}
