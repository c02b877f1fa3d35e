use agentguard_judge::State;

use super::{Params, VALUE};
use crate::http::ApiError;

impl Params {
    /// Parameters as if they had come with a request.
    pub(crate) fn of(pairs: &[(&str, &str)]) -> Self {
        let pairs = pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        Self { pairs, ..Self::default() }
    }
}

#[test]
fn lists_are_split_and_closed_sets_checked() {
    let mut params = Params::of(&[("model", " a, b,,c "), ("verdict", "grounded,not_checked")]);
    assert_eq!(params.list("model").unwrap(), ["a", "b", "c"]);
    assert_eq!(params.named::<State>("verdict").unwrap(), [State::Grounded, State::NotChecked]);
    params.end().unwrap();
    let error = Params::of(&[("verdict", "Grounded")]).named::<State>("verdict").unwrap_err();
    let ApiError::Parameter { field, allowed, .. } = error else { panic!("{error}") };
    assert_eq!((field.as_str(), allowed.len()), ("verdict", 5));
}

#[test]
fn nothing_is_ignored_in_silence() {
    let mut params = Params::of(&[("verdit", "grounded")]);
    params.list("verdict").unwrap();
    let error = params.end().unwrap_err();
    let ApiError::Parameter { field, allowed, .. } = error else { panic!("{error}") };
    assert_eq!((field.as_str(), allowed), ("verdit", vec!["verdict".to_owned()]));
    assert!(Params::of(&[("q", "a"), ("q", "b")]).text("q").is_err());
    assert!(Params::of(&[("q", &"a".repeat(VALUE + 1))]).text("q").is_err());
    assert!(Params::of(&[("model", &"a,".repeat(200))]).list("model").is_err());
    assert!(Params::of(&[("limit", "ten")]).parsed::<u16>("limit", "a number").is_err());
}
