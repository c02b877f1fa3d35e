//! Rows of every form are told apart; what is wrong is said with line and field.

#![allow(clippy::single_range_in_vec_init, reason = "a list of one range is meant")]

use proptest::prelude::*;

use super::*;

fn read_text(text: &str) -> Result<Vec<Row>, RowProblems> {
    read(text.as_bytes()).unwrap()
}

fn problem(row: &str) -> String {
    let told = read_text(row).expect_err(row).to_string();
    told.strip_prefix("1 of its rows cannot be read:\n  line 1: ").expect(&told).to_owned()
}

fn answer_of(row: &Row) -> &Labelled {
    match &row.form {
        Form::Answer(labelled) => labelled,
        Form::Calls(_) => panic!("{row:?}"),
    }
}

#[test]
fn forms_are_told_apart_row_by_row() {
    let rows = read_text(concat!(
        "\u{feff}{\"id\":\"a\",\"task\":\"QA\",\"question\":\"q\",\"context\":\"c\",\"response\":\"naïve\",\"labels\":[{\"start\":2,\"end\":5,\"type\":\"x\"}]}\r\n",
        "\n",
        "{\"id\":7,\"context\":\"c\",\"response\":\"r\",\"unsupported\":0,\"labels\":null}\n",
        "{\"context\":\"c\",\"response\":\"r\",\"labels\":[]}\n",
        "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"functions\":[{\"name\":\"f\",\"parameters\":{}}],\"gold\":[{\"f\":{\"x\":[1]}}]}",
    ))
    .unwrap();
    let told: Vec<(usize, &str, &str)> =
        rows.iter().map(|row| (row.line, row.id.as_str(), row.task.as_str())).collect();
    assert_eq!(
        told,
        [(1, "a", "QA"), (3, "7", "answers"), (4, "line 4", "answers"), (5, "line 5", "tool-calls")]
    );
    assert_eq!(
        (answer_of(&rows[0]).unsupported, answer_of(&rows[0]).spans.clone()),
        (true, Some(vec![2..5]))
    );
    assert_eq!((answer_of(&rows[1]).unsupported, answer_of(&rows[1]).spans.clone()), (false, None));
    assert_eq!((answer_of(&rows[2]).unsupported, answer_of(&rows[2]).spans.clone()), (false, Some(vec![])));
    let Form::Calls(gold) = &rows[3].form else { panic!() };
    assert_eq!(gold.calls, [("f".to_owned(), serde_json::json!({"x": [1]}))]);
}

#[test]
fn the_flag_may_be_a_boolean_or_a_number() {
    let flag = |value: &str| {
        let row = format!("{{\"context\":\"c\",\"response\":\"r\",\"unsupported\":{value}}}");
        answer_of(&read_text(&row).unwrap()[0]).unsupported
    };
    assert!(flag("true") && flag("1") && flag("1.0") && !flag("false") && !flag("0"));
}

#[test]
fn what_is_wrong_is_said_with_its_field() {
    for (row, told) in [
        ("[1]", "the row is a list; an object is needed"),
        (
            "{\"context\":\"c\",\"response\":\"r\"}",
            "none of `labels` (spans), `unsupported` (a flag) and `gold`",
        ),
        (
            "{\"context\":\"c\",\"response\":\"r\",\"unsupported\":\"yes\"}",
            "unsupported: is a text; true, false, 1 or 0 is needed",
        ),
        (
            "{\"context\":\"c\",\"response\":\"r\",\"unsupported\":0.5}",
            "unsupported: is 0.5; true, false, 1 or 0 is needed",
        ),
        (
            "{\"context\":\"c\",\"response\":\"r\",\"unsupported\":null}",
            "unsupported: is null, and so is `labels`",
        ),
        ("{\"context\":\"c\",\"response\":7,\"labels\":[]}", "response: is a number; a text is needed"),
        ("{\"response\":\"r\",\"labels\":[]}", "context: is missing; a text is needed"),
        ("{\"context\":\"c\",\"response\":\"r\",\"labels\":{}}", "labels: is an object; a list is needed"),
        (
            "{\"context\":\"c\",\"response\":\"r\",\"labels\":[3]}",
            "labels[0]: is a number; an object is needed",
        ),
        (
            "{\"context\":\"c\",\"response\":\"r\",\"labels\":[{\"start\":-1,\"end\":1}]}",
            "labels[0].start: is -1; a whole number from 0 on is needed",
        ),
        (
            "{\"context\":\"c\",\"response\":\"é\",\"labels\":[{\"start\":0,\"end\":2}]}",
            "labels[0].end: 2 lies behind the response's 1 characters",
        ),
        (
            "{\"context\":\"c\",\"response\":\"r\",\"labels\":[{\"start\":1,\"end\":1}]}",
            "labels[0].end: 1 is not behind `start`, 1",
        ),
        (
            "{\"context\":\"c\",\"response\":\"r\",\"unsupported\":false,\"labels\":[{\"start\":0,\"end\":1}]}",
            "unsupported: is false, but `labels` marks spans",
        ),
        ("{\"gold\":[],\"functions\":[]}", "messages: is missing; a list is needed"),
        (
            "{\"gold\":[],\"functions\":[],\"messages\":[{\"role\":\"robot\",\"content\":\"\"}]}",
            "messages[0].role: \"robot\" is none of",
        ),
        (
            "{\"gold\":[],\"functions\":[{\"name\":\"f\"}],\"messages\":[]}",
            "functions[0].parameters: is missing; an object is needed",
        ),
        (
            "{\"gold\":[{\"f\":3}],\"functions\":[],\"messages\":[]}",
            "gold[0].f: is a number; an object is needed",
        ),
        ("{\"gold\":7,\"functions\":[],\"messages\":[]}", "gold: is a number; a list is needed"),
        ("{\"id\":[],\"context\":\"c\",\"response\":\"r\",\"labels\":[]}", "id: is a list; a text is needed"),
        ("{", "no JSON: EOF while parsing"),
    ] {
        let problem = problem(row);
        assert!(problem.starts_with(told), "{row}: {problem}");
    }
    assert!(read(&b"{\"a\": \"\xff\"}"[..]).unwrap().is_err());
}

#[test]
fn several_problems_are_told_at_once_but_not_all() {
    let told = read_text(&format!("{}\n{{}}\n", "{\n".repeat(6))).unwrap_err().to_string();
    assert!(told.starts_with("7 of its rows cannot be read:\n  line 1: no JSON"), "{told}");
    assert!(
        told.ends_with("line 5: no JSON: EOF while parsing an object at line 1 column 1\n  … and 2 more"),
        "{told}"
    );
    assert_eq!(read_text("\n  \n"), Ok(vec![]));
}

proptest! {
    #[test]
    fn nothing_that_a_file_holds_ends_it(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&bytes[..]).unwrap();
    }

    #[test]
    fn no_value_in_any_field_ends_it(
        field in proptest::sample::select(vec!["id", "task", "context", "question", "response", "labels", "unsupported", "messages", "functions", "gold"]),
        value in proptest::sample::select(vec!["null", "1", "-1", "\"\"", "[]", "{}", "[[]]", "[{}]", "1e99", "true"]),
        calls in any::<bool>(),
    ) {
        let mut row = serde_json::json!(if calls {
            serde_json::json!({"messages": [], "functions": [], "gold": []})
        } else {
            serde_json::json!({"context": "c", "response": "r", "labels": []})
        });
        row[field] = serde_json::from_str(value).unwrap();
        let _ = read_text(&row.to_string());
    }
}
