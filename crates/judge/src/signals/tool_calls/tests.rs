use agentguard_wire::Tool;
use serde_json::{Value, json};

use super::find;
use crate::evidence::{Evidence, Source, SourceKind};
use crate::signals::Rule;

fn asked(question: &str, parameters: Value) -> Evidence {
    let tool = Tool {
        name: "act".into(),
        description: "Does what is asked. Defaults to the Aurora plan.".into(),
        parameters: Some(parameters),
        hosted: false,
    };
    let source =
        Source { kind: SourceKind::Question, label: "messages[0]".into(), text: question.to_owned() };
    Evidence::from_sources(vec![source], vec![tool])
}

/// What is found in a call with that value as its only argument, `x`.
fn found(question: &str, value: &Value) -> Vec<(Rule, String)> {
    let evidence = asked(question, json!({"type": "object", "properties": {"x": {}, "latitude": {}}}));
    of(&evidence, &json!({ "x": value }))
}

fn of(evidence: &Evidence, arguments: &Value) -> Vec<(Rule, String)> {
    let arguments = arguments.to_string();
    let found = find(evidence, "act", &arguments);
    found.iter().map(|f| (f.rule, arguments[f.start..f.end].to_owned())).collect()
}

fn grounded(question: &str, values: &[Value]) {
    for value in values {
        assert_eq!(found(question, value), [], "{value} from {question:?}");
    }
}

fn made_up(question: &str, values: &[Value]) {
    for value in values {
        let text = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
        assert_eq!(found(question, value), [(Rule::ToolArgument, text)], "{value} from {question:?}");
    }
}

#[test]
fn words_of_the_conversation_or_the_declaration() {
    let question = "Book the quiet garden room at Hotel Miramar for Ada's friends, user_name ada_l.";
    grounded(
        question,
        &[
            json!("Hotel Miramar, Lisbon"),
            json!("a quieter table"),
            json!("gardening"),
            json!("userName"),
            json!("ada"),
            json!("Aurora"),
            json!("AURORA-17"),
            json!("true"),
            json!("N/A"),
            json!(""),
            json!("--"),
        ],
    );
    made_up(
        question,
        &[
            json!("Basalt"),
            json!("tamarind"),
            json!("Oakhurst, KB"),
            json!("a marigold lantern"),
            json!("QX-4471"),
            json!("penrose@selwyn.com"),
            json!("https://www.quillon.org/yarrow"),
        ],
    );
}

#[test]
fn words_that_stand_for_others() {
    grounded(
        "Convert 10 dollars to Euros, I'm in New York City",
        &[json!("USD"), json!("EUR"), json!("NYC")],
    );
    grounded(
        "Weather in NYC or LA, in °F",
        &[json!("New York City"), json!("Los Angeles, CA"), json!("fahrenheit")],
    );
    grounded("Say it in German. I'm from Oregon.", &[json!("de"), json!("OR"), json!("de-DE")]);
    grounded("My wife is 30", &[json!("female")]);
    made_up("Convert 10 dollars to Euros", &[json!("KRW"), json!("XQZ")]);
    made_up("Say it in German", &[json!("French")]);
}

#[test]
fn escapes_are_read() {
    let evidence = asked("Call Müller in Köln", json!({"type": "object", "properties": {"x": {}}}));
    let arguments = r#"{"x": "M\u00fcller"}"#;
    assert_eq!(find(&evidence, "act", arguments), []);
    assert_eq!(find(&evidence, "act", r#"{"x": "Basalt\nGranite"}"#).len(), 1);
}

#[test]
fn other_scripts_are_translated() {
    grounded("我想知道上海目前的天气状况", &[json!("Shanghai, China")]);
    grounded("The weather in Shanghai", &[json!("上海")]);
}

#[test]
fn numbers_said_or_calculated() {
    let question = "Two rooms of 12 and 30 square metres for three weeks at 4.5% of 1,250 dollars";
    let said = [json!(2), json!(12), json!(30), json!(3), json!(4.5), json!(1250), json!("30")];
    grounded(question, &said);
    let calculated = [json!(42), json!(18), json!(360), json!(0.045), json!(21), json!(125_000), json!(-12)];
    grounded(question, &calculated);
    grounded(question, &[json!(0), json!(1), json!(9.81)]);
    made_up(question, &[json!(77), json!(8_641), json!(6.75), json!(913), json!("77"), json!(1_987)]);
    grounded("5ft 10in", &[json!(70)]);
    grounded("compounded quarterly", &[json!(4)]);
    grounded("the year before last year", &[json!(1_987)]);
}

#[test]
fn coordinates_are_looked_up() {
    let evidence = asked(
        "The weather in Berlin",
        json!({"type": "object", "properties": {"latitude": {}, "height": {}}}),
    );
    assert_eq!(of(&evidence, &json!({"latitude": 52.52})), []);
    assert_eq!(of(&evidence, &json!({"height": 52.52})), [(Rule::ToolArgument, "52.52".to_owned())]);
}

#[test]
fn dates_said_or_reckoned() {
    for question in ["on march 4th 2023", "on 2023.3.4", "on 4 March", "next Friday"] {
        grounded(question, &[json!("2023-03-04"), json!("2023-03-04T00:00:00")]);
    }
    grounded("at 5 pm", &[json!("17:00")]);
    grounded("in the evening", &[json!("19:30")]);
    made_up("on March 4th 2023", &[json!("2031-11-27"), json!("2031-11-27T17:45:00")]);
    made_up("a table for Ada", &[json!("2031-11-27"), json!("17:45")]);
}

#[test]
fn every_value_is_named_by_its_place_and_what_is_unseen_may_hold_it() {
    let nested = json!({"type": "object", "properties": {"to": {"type": "array"}, "n": {"type": "object"}}});
    let evidence = asked("Invite Ada", nested);
    let arguments = json!({"to": ["Ada", "Selwyn"], "n": {"a": "Penrose"}});
    let named = |text: &str| (Rule::ToolArgument, text.to_owned());
    assert_eq!(of(&evidence, &arguments), [named("Selwyn"), named("Penrose")]);
    let mut request = agentguard_wire::Request::new(agentguard_wire::Dialect::OpenaiChat);
    request.continues = Some("resp_1".into());
    request.tools = evidence.tools().to_vec();
    assert_eq!(of(&Evidence::gather(&request), &arguments), []);
}

#[test]
fn undeclared_arguments() {
    let extra = json!({"x": "Ada", "verbose": true, "inner": {"other": true}});
    let call = |mut schema: Value, more: Value| {
        if let (Some(schema), Some(more)) = (schema.as_object_mut(), more.as_object()) {
            schema.extend(more.clone());
        }
        of(&asked("Ada", schema), &extra)
    };
    let schema = json!({"type": "object", "properties": {"x": {}, "inner": {"type": "object", "properties": {"y": {}}}}});
    let named = [(Rule::ToolSchema, "true".to_owned())];
    assert_eq!(call(schema.clone(), json!({})), named);
    // What a declaration may mean by these is not seen from `properties` alone.
    for open in [
        json!({"additionalProperties": true}),
        json!({"additionalProperties": {"type": "boolean"}, "properties": {"x": {}, "inner": {}}}),
        json!({"patternProperties": {"^v": {}}}),
        json!({"unevaluatedProperties": true}),
        json!({"allOf": [{"properties": {"verbose": {}}}]}),
        json!({"anyOf": [{"required": ["x"]}]}),
    ] {
        assert_eq!(call(schema.clone(), open.clone()), [], "{open}");
    }
    assert_eq!(call(json!({"type": "object"}), json!({})), []);
    // A function without parameters takes none.
    let none =
        of(&asked("Ada", json!({"type": "object", "properties": {}})), &json!({"a": true, "b": "Ada"}));
    assert_eq!(none, [(Rule::ToolSchema, "true".to_owned()), (Rule::ToolSchema, "Ada".to_owned())]);
}

#[test]
fn hostile_arguments_take_bounded_time() {
    let evidence = asked("Ada, 12", json!({"type": "object", "properties": {"x": {}}}));
    let started = std::time::Instant::now();
    let many: serde_json::Map<String, Value> =
        (0..100_000).map(|n| (format!("key {n}"), json!("Penrose Selwyn"))).collect();
    assert!(!find(&evidence, "act", &Value::Object(many).to_string()).is_empty());
    let long_key = json!({ "k".repeat(1 << 20): vec![12; 500_000] }).to_string();
    assert_eq!(find(&evidence, "act", &long_key).len(), 1);
    let numbers = json!({ "x": vec![1_728; 500_000] }).to_string();
    assert_eq!(find(&evidence, "act", &numbers).len(), 16);
    let one = json!({"x": "penrose ".repeat(1 << 19)}).to_string();
    assert_eq!(find(&evidence, "act", &one), []);
    assert!(started.elapsed() < std::time::Duration::from_secs(60), "{:?}", started.elapsed());
}
