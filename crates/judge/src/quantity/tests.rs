use super::{Date, Precision, Unit, Value, scan};
use crate::text::tokenize;

fn values(text: &str) -> Vec<(String, Value)> {
    let mut tokens = Vec::new();
    tokenize(text, &mut tokens);
    let mut found = Vec::new();
    scan(text, &tokens, &mut found);
    found.iter().map(|q| (text[q.start..q.end].to_owned(), q.value)).collect()
}

fn only(text: &str) -> Value {
    let found = values(text);
    assert_eq!(found.len(), 1, "{text}: {found:?}");
    found[0].1
}

fn number(text: &str) -> f64 {
    match only(text) {
        Value::Number(value, _) => value,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn one_thousand_in_many_ways() {
    for text in [
        "1000",
        "1,000",
        "1k",
        "1K",
        "one thousand",
        "1 thousand",
        "1.0 thousand",
        "a cost of 1,000.00",
        "ten hundred",
    ] {
        assert!((number(text) - 1000.0).abs() < 1e-9, "{text}: {}", number(text));
    }
}

#[test]
fn number_words() {
    for (text, value) in [
        ("twenty-five people", 25.0),
        ("two hundred and ten thousand", 210_000.0),
        ("one million two hundred thousand", 1_200_000.0),
        ("three hundred", 300.0),
        ("1.2 million", 1_200_000.0),
        ("$3.5bn", 3_500_000_000.0),
    ] {
        assert!((number(text) - value).abs() < 1e-6, "{text}: {}", number(text));
    }
    assert_eq!(values("two or three").len(), 2);
}

#[test]
fn units_and_money() {
    let unit = |text: &str| match only(text) {
        Value::Number(_, unit) => unit,
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(unit("$99"), Unit::MONEY);
    assert_eq!(unit("99 dollars"), Unit::MONEY);
    assert_eq!(unit("€ 99"), Unit::MONEY);
    assert_eq!(unit("45%"), Unit::PERCENT);
    assert_eq!(unit("45 per cent"), Unit::PERCENT);
    assert_eq!(unit("450°F"), Unit::FAHRENHEIT);
    assert_eq!(unit("230 degrees Celsius"), Unit::CELSIUS);
    assert_eq!(unit("a 9-pound boy"), Unit::named("pounds").unwrap());
    assert_eq!(
        values("20-30%")
            .iter()
            .filter(|(_, v)| matches!(v, Value::Number(_, u) if *u == Unit::PERCENT))
            .count(),
        2
    );
    assert_eq!(
        values("5 to 7 minutes")
            .iter()
            .filter(|(_, v)| matches!(v, Value::Number(_, u) if u.is_measure()))
            .count(),
        2
    );
}

#[test]
fn conversions() {
    let to = |value: f64, from: &str, to: &str| {
        Unit::named(from).unwrap().convert(value, Unit::named(to).unwrap())
    };
    assert!((to(5.0, "miles", "km").unwrap() - 8.05).abs() < 0.01);
    assert!((to(450.0, "fahrenheit", "celsius").unwrap() - 232.2).abs() < 0.1);
    assert!((to(100.0, "celsius", "fahrenheit").unwrap() - 212.0).abs() < 0.1);
    assert!((to(2.0, "hours", "minutes").unwrap() - 120.0).abs() < 1e-9);
    assert_eq!(to(5.0, "miles", "kg"), None);
}

#[test]
fn dates_in_their_forms() {
    let march = Date { year: 2024, month: 3, day: 5 };
    for text in [
        "March 5, 2024",
        "5 March 2024",
        "Mar. 5th, 2024",
        "2024-03-05",
        "3/5/2024",
        "5th of March 2024",
        "05.03.2024",
    ] {
        assert_eq!(only(text), Value::Date(march), "{text}");
    }
    assert_eq!(only("March 2024"), Value::Date(Date { day: 0, ..march }));
    assert_eq!(only("August 28th"), Value::Date(Date { year: 0, month: 8, day: 28 }));
    // The verb and the march are no dates.
    assert_eq!(values("they may 5 times march on"), [("5".to_owned(), Value::Number(5.0, Unit::NONE))]);
}

#[test]
fn times_of_day() {
    for (text, minutes) in [
        ("5 pm", 1020),
        ("5:30 p.m.", 1050),
        ("17:00", 1020),
        ("12 am", 0),
        ("noon", 720),
        ("11:0", 660),
        ("12:15 AM", 15),
    ] {
        assert!(matches!(only(text), Value::Time(m, _) if m == minutes), "{text}: {:?}", only(text));
    }
    assert_eq!(values("open 11:0-17:0").len(), 2);
    assert!(values("from 9 to 5 pm").iter().all(|(_, v)| matches!(v, Value::Time(..))));
}

#[test]
fn digits_in_names_are_no_quantities() {
    for text in ["COVID-19", "GPT-4", "version 1.2.3", "B12", "the H2O molecule"] {
        assert_eq!(values(text), [], "{text}");
    }
}

#[test]
fn precision_is_read_from_the_words_before() {
    let precision = |text: &str| {
        let mut tokens = Vec::new();
        tokenize(text, &mut tokens);
        let mut found = Vec::new();
        scan(text, &tokens, &mut found);
        found[0].precision
    };
    assert_eq!(precision("about 1.2 million"), Precision::About);
    assert_eq!(precision("~50"), Precision::About);
    assert_eq!(precision("more than $500"), Precision::Above);
    assert_eq!(precision("500+ users"), Precision::Above);
    assert_eq!(precision("up to 5"), Precision::Below);
    assert_eq!(precision("5 users"), Precision::Exact);
}
