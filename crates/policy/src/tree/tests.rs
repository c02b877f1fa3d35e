use super::*;

#[test]
fn every_value_and_key_knows_its_place() {
    let root = parse("a: 1\nb:\n  - x\n  - {c: true}\n").unwrap();
    let Value::Map(entries) = &root.value else { panic!("{root:?}") };
    assert_eq!(entries[0].0.mark, Mark { line: 1, column: 1 });
    assert_eq!(entries[0].1.mark, Mark { line: 1, column: 4 });
    let Value::List(list) = &entries[1].1.value else { panic!("{root:?}") };
    assert_eq!(list[0], Node { mark: Mark { line: 3, column: 5 }, value: Value::Text("x".into()) });
    let Value::Map(inner) = &list[1].value else { panic!("{root:?}") };
    assert_eq!(inner[0].0.mark, Mark { line: 4, column: 6 });
    assert_eq!(inner[0].1, Node { mark: Mark { line: 4, column: 9 }, value: Value::Bool(true) });
}

#[test]
fn only_true_and_false_are_booleans() {
    let root = parse("[yes, on, True, false, null, ~, '1', 0x10, .5]").unwrap();
    let Value::List(list) = root.value else { panic!("not a list") };
    let values: Vec<String> = list.iter().map(ToString::to_string).collect();
    assert_eq!(values[..2], ["\"yes\"", "\"on\""]);
    assert_eq!(values[3..], ["false", "an empty value", "an empty value", "\"1\"", "16", "0.5"]);
}

#[test]
fn long_values_are_cut_in_messages() {
    let node = Node { mark: Mark::default(), value: Value::Text("é".repeat(1000)) };
    assert_eq!(node.to_string().chars().count(), 63);
}
