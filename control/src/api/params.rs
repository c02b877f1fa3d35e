//! Query parameters, each taken by name; what is left over is refused by name.

use std::convert::Infallible;
use std::str::FromStr;

use axum::extract::{FromRequestParts, Query};
use http::request::Parts;

use crate::http::ApiError;
use crate::names::Named;

/// Values of one list.
const LIST: usize = 100;
/// Bytes of one value.
const VALUE: usize = 4096;

/// The parameters of a request. An empty value is the same as none.
#[derive(Debug, Default)]
pub(crate) struct Params {
    pairs: Vec<(String, String)>,
    taken: Vec<&'static str>,
    unreadable: bool,
}

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(match Query::<Vec<(String, String)>>::try_from_uri(&parts.uri) {
            Ok(Query(pairs)) => Self { pairs, ..Self::default() },
            Err(_) => Self { unreadable: true, ..Self::default() },
        })
    }
}

impl Params {
    /// The value of a parameter.
    pub(crate) fn text(&mut self, name: &'static str) -> Result<Option<String>, ApiError> {
        self.taken.push(name);
        let Some(at) = self.pairs.iter().position(|(n, _)| n == name) else { return Ok(None) };
        let (_, value) = self.pairs.swap_remove(at);
        if self.pairs.iter().any(|(n, _)| n == name) {
            return Err(ApiError::parameter(name, "is given twice; separate values by commas"));
        }
        if value.len() > VALUE {
            return Err(ApiError::parameter(name, format!("is longer than {VALUE} bytes")));
        }
        Ok((!value.is_empty()).then_some(value))
    }

    /// A number or id.
    pub(crate) fn parsed<T: FromStr>(
        &mut self,
        name: &'static str,
        expected: &str,
    ) -> Result<Option<T>, ApiError> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        match text.trim().parse() {
            Ok(value) => Ok(Some(value)),
            Err(_) => Err(ApiError::parameter(name, format!("must be {expected}"))),
        }
    }

    /// A comma-separated list.
    pub(crate) fn list(&mut self, name: &'static str) -> Result<Vec<String>, ApiError> {
        let Some(text) = self.text(name)? else { return Ok(Vec::new()) };
        let values: Vec<_> =
            text.split(',').map(str::trim).filter(|v| !v.is_empty()).map(str::to_owned).collect();
        if values.len() > LIST {
            return Err(ApiError::parameter(name, format!("holds more than {LIST} values")));
        }
        Ok(values)
    }

    /// A comma-separated list over a closed set.
    pub(crate) fn named<T: Named>(&mut self, name: &'static str) -> Result<Vec<T>, ApiError> {
        let known = |value: &String| {
            T::named(value).ok_or_else(|| ApiError::Parameter {
                field: name.to_owned(),
                what: "holds a value that is not allowed".to_owned(),
                allowed: T::ALL.iter().map(|v| v.name().to_owned()).collect(),
            })
        };
        self.list(name)?.iter().map(known).collect()
    }

    /// Refuses what was not taken: a misspelt filter must not look like no filter.
    pub(crate) fn end(self) -> Result<(), ApiError> {
        if self.unreadable {
            return Err(ApiError::parameter("query", "is not valid URL encoding"));
        }
        let Some((name, _)) = self.pairs.first() else { return Ok(()) };
        Err(ApiError::Parameter {
            field: name.chars().take(64).collect(),
            what: "is not a parameter of this address".to_owned(),
            allowed: self.taken.iter().map(|&n| n.to_owned()).collect(),
        })
    }
}

#[cfg(test)]
mod tests;
