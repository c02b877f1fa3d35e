//! Gold becomes calls that fit their schema; each corruption is wrong in exactly its own way, and the same every time.

use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use serde_json::json;

use super::made_up::{Known, like};
use super::*;
use crate::eval::rows::Gold;

fn row(parameters: Value, gold: Value) -> Gold {
    let tool = |name: &str, parameters: Value| Tool {
        name: name.to_owned(),
        description: "Books a table.".to_owned(),
        parameters: Some(parameters),
        hosted: false,
    };
    let message = "A table for 4 at The Blue Heron on 2026-12-04, reference QX-4471, please.".to_owned();
    Gold {
        messages: vec![(agentguard_wire::Role::User, message)],
        functions: vec![tool("other", json!({"type": "dict", "properties": {}})), tool("book", parameters)],
        calls: vec![("book".to_owned(), gold)],
    }
}

fn booking() -> Gold {
    row(
        json!({"type": "dict", "required": ["place", "guests"], "properties": {
            "place": {"type": "string"},
            "guests": {"type": "integer"},
            "date": {"type": "string"},
            "area": {"type": "string", "enum": ["inside", "garden"]},
            "notes": {"type": "array", "items": {"type": "string"}},
        }}),
        json!({
            "place": ["The Blue Heron", "Blue Heron"], "guests": [4], "date": ["2026-12-04"],
            "area": ["", "garden"], "notes": [["reference QX-4471"]],
        }),
    )
}

fn parsed(call: &Call) -> Value {
    serde_json::from_str(&call.arguments).unwrap()
}

fn the(calls: &[Call], corruption: Corruption) -> &Call {
    calls.iter().find(|call| call.corruption == Some(corruption)).unwrap()
}

#[test]
fn gold_takes_the_first_value_that_fits() {
    let calls = of_row(1, &booking()).unwrap();
    let gold =
        json!({"place": "The Blue Heron", "guests": 4, "date": "2026-12-04", "notes": ["reference QX-4471"]});
    assert_eq!((calls[0].corruption, parsed(&calls[0])), (None, gold));
    let only = |values: Value| {
        let schema = json!({"type": "dict", "properties": {"x": {"type": "integer"}}, "required": ["x"]});
        of_row(1, &row(schema, json!({"x": values}))).map(|calls| parsed(&calls[0]))
    };
    assert_eq!(only(json!(["4", 4])), Some(json!({"x": 4})));
    assert_eq!(only(json!(["", 4])), Some(json!({"x": 4})));
    assert_eq!(only(json!(["four"])), None);
    assert_eq!(only(json!([""])), None);
}

#[test]
fn gold_that_breaks_its_schema_is_left_out() {
    let broken = |schema: Value, gold: Value| of_row(1, &row(schema, gold)).is_none();
    let one = |schema: Value| json!({"type": "dict", "properties": {"x": schema}});
    assert!(broken(one(json!({"enum": ["a"]})), json!({"x": ["b"]})));
    assert!(broken(json!({"type": "dict", "properties": {}, "required": ["x"]}), json!({})));
    assert!(broken(one(json!({"type": "array", "items": {"type": "integer"}})), json!({"x": [["a"]]})));
    assert!(broken(one(json!({"type": "integer", "maximum": 3})), json!({"x": [4]})));
    assert!(!broken(one(json!({"type": "float"})), json!({"x": [4]})));
    assert!(!broken(one(json!({"type": "any"})), json!({"x": [[4]]})));
    assert!(!broken(one(json!({"type": "string", "nullable": true})), json!({"x": [null]})));
    assert!(broken(one(json!({"type": "integer"})), json!({"x": [4], "y": [5]})));
    let mut undeclared = booking();
    undeclared.calls[0].0 = "nobody".to_owned();
    assert!(of_row(1, &undeclared).is_none());
}

#[test]
fn nested_gold_lists_values_at_every_level() {
    let schema = json!({"type": "dict", "properties": {
        "who": {"type": "dict", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}}},
        "all": {"type": "array", "items": {"type": "dict", "properties": {"n": {"type": "integer"}}}},
    }});
    let gold =
        json!({"who": [{"name": ["Ada", "A."], "age": ["", 3]}], "all": [[{"n": [1]}, {"n": [2, 3]}]]});
    let calls = of_row(1, &row(schema, gold)).unwrap();
    assert_eq!(parsed(&calls[0]), json!({"who": {"name": "Ada"}, "all": [{"n": 1}, {"n": 2}]}));
}

#[test]
fn each_corruption_is_wrong_in_its_own_way() {
    for line in 1..200 {
        let calls = of_row(line, &booking()).unwrap();
        assert_eq!(calls.len(), 6);
        let gold = parsed(&calls[0]);
        let schema = schema_of(&booking().functions[1]).clone();
        let unknown = the(&calls, Corruption::UnknownFunction);
        assert_eq!((unknown.name.as_str(), parsed(unknown)), ("book_v2", gold.clone()));
        let missing = parsed(the(&calls, Corruption::MissingArgument));
        assert_eq!(missing.as_object().unwrap().len(), 3);
        assert!(missing.get("place").is_none() || missing.get("guests").is_none());
        let extra = parsed(the(&calls, Corruption::ExtraArgument));
        assert_eq!((extra.as_object().unwrap().len(), &extra["verbose"]), (5, &json!(true)));
        let mistyped = parsed(the(&calls, Corruption::MistypedArgument));
        assert!(!schema::fits(&mistyped, &schema), "{mistyped}");
        let differing = |other: &Value| {
            gold.as_object().unwrap().iter().filter(|(name, value)| other.get(*name) != Some(*value)).count()
        };
        assert_eq!(differing(&mistyped), 1);
        let made_up = the(&calls, Corruption::UngroundedValue);
        assert!(schema::fits(&parsed(made_up), &schema) && differing(&parsed(made_up)) == 1);
        let (_, at) = made_up.made_up.clone().unwrap();
        let words: String = made_up.arguments.chars().skip(at.start).take(at.end - at.start).collect();
        let made_up = parsed(made_up);
        let leaves = |value: &Value| {
            vec![
                value["place"].clone(),
                value["guests"].clone(),
                value["date"].clone(),
                value["notes"][0].clone(),
            ]
        };
        let (before, after) = (leaves(&gold), leaves(&made_up));
        let new = after.iter().find(|value| !before.contains(value)).unwrap();
        assert_eq!(&serde_json::from_str::<Value>(&words).unwrap(), new, "the range is the new value's");
    }
}

#[test]
fn corruptions_are_the_same_every_time_and_differ_by_line() {
    assert_eq!(of_row(3, &booking()), of_row(3, &booking()));
    let made_up = |line| the(&of_row(line, &booking()).unwrap(), Corruption::UngroundedValue).clone();
    assert!((1..20).any(|line| made_up(line) != made_up(20)));
}

#[test]
fn what_cannot_be_wrong_is_not_corrupted() {
    let free = json!({"type": "dict", "properties": {"x": {"type": "any"}}, "additionalProperties": true});
    let calls = of_row(1, &row(free, json!({"x": [true]}))).unwrap();
    let kinds: Vec<Option<Corruption>> = calls.iter().map(|call| call.corruption).collect();
    assert_eq!(kinds, [None, Some(Corruption::UnknownFunction)]);
    let listed = json!({"type": "dict", "properties": {"x": {"type": "string", "enum": ["garden"]}}});
    let calls = of_row(1, &row(listed, json!({"x": ["garden"]}))).unwrap();
    assert!(calls.iter().all(|call| call.corruption != Some(Corruption::UngroundedValue)));
}

#[test]
fn made_up_values_keep_their_shape() {
    let known = Known::of(&booking());
    let mut random = Xoshiro256PlusPlus::seed_from_u64(1);
    for (text, shape) in [
        ("The Blue Heron", Shape::Name),
        ("heron", Shape::Word),
        ("a quiet table", Shape::Phrase),
        ("QX-4471", Shape::Identifier),
        ("ada@example.org", Shape::Identifier),
        ("2026-12-04T19:30", Shape::Date),
    ] {
        let (got, value) = like(&json!(text), &known, &mut random).unwrap();
        let new = value.as_str().unwrap();
        assert_eq!(got, shape, "{text}");
        let outline = |text: &str| text.replace(|c: char| c.is_alphanumeric(), "");
        assert_eq!(outline(text), outline(new), "{text}: {new}");
        assert_eq!(text.chars().next().unwrap().is_uppercase(), new.chars().next().unwrap().is_uppercase());
        assert_ne!(text, new);
    }
    for number in ["4", "-12", "1250", "0.05", "37.7749"] {
        let (shape, value) = like(&serde_json::from_str(number).unwrap(), &known, &mut random).unwrap();
        let new = value.to_string();
        assert_eq!(
            (shape, new.len(), new.find('.')),
            (Shape::Number, number.len(), number.find('.')),
            "{new}"
        );
    }
    assert_eq!(like(&json!("--"), &known, &mut random), None);
    assert_eq!(like(&json!(true), &known, &mut random), None);
}

#[test]
fn known_numbers_are_not_made_up() {
    let mut row = booking();
    row.messages[0].1 = "one two 3 4 five 6, 7 and 8".to_owned();
    let known = Known::of(&row);
    for seed in 0..50 {
        let (_, value) = like(&json!(3), &known, &mut Xoshiro256PlusPlus::seed_from_u64(seed)).unwrap();
        assert_eq!(value, json!(9));
    }
}

proptest! {
    #[test]
    fn no_text_is_too_odd_to_be_replaced(text in "\\PC{0,40}", seed in any::<u64>()) {
        let known = Known::of(&booking());
        let made_up = like(&json!(text), &known, &mut Xoshiro256PlusPlus::seed_from_u64(seed));
        if let Some((_, value)) = made_up {
            prop_assert_ne!(value, json!(text));
        }
    }
}
