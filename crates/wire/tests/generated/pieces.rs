//! What answers are made of, whatever the dialect.

use proptest::prelude::*;
use serde_json::{Map, Value};

/// A piece of an answer, in the fragments in which a stream says it.
#[derive(Clone, Debug)]
pub(crate) enum Piece {
    Text(Vec<String>),
    Thought(Vec<String>),
    Call(String, Map<String, Value>),
}

fn fragments() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec("[\\PC\n\"\\\\]{1,9}", 1..5)
}

pub(crate) fn piece() -> impl Strategy<Value = Piece> {
    let arguments = prop::collection::btree_map("[a-z]{1,4}", "\\PC{0,6}".prop_map(Value::from), 0..3);
    prop_oneof![
        4 => fragments().prop_map(Piece::Text),
        1 => fragments().prop_map(Piece::Thought),
        1 => ("[a-z_]{1,8}", arguments).prop_map(|(name, args)| Piece::Call(name, args.into_iter().collect())),
    ]
}

/// Payloads of the stream, and the body that says the same.
pub(crate) type Written = (Vec<Value>, Value);
