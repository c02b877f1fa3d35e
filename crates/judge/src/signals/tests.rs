use agentguard_wire::Tool;
use serde_json::json;

use super::examine::examine;
use super::grounding::Before;
use super::speech::Speech;
use super::{Analysis, Finding, Rule, Scratch, consistency::Consistency, tool_calls};
use crate::claims::{Claim, Splitter};
use crate::evidence::{Evidence, Source, SourceKind};
use crate::text::tokenize;

fn evidence(text: &str) -> Evidence {
    evidence_with(text, Vec::new())
}

fn evidence_with(text: &str, tools: Vec<Tool>) -> Evidence {
    let source =
        |kind, label: &str, text: &str| Source { kind, label: label.to_owned(), text: text.to_owned() };
    Evidence::from_sources(
        vec![
            source(SourceKind::Document, "documents[0]", text),
            source(SourceKind::Question, "messages[0]", "What about 77 and Zelda?"),
        ],
        tools,
    )
}

fn claims(text: &str) -> Vec<Claim> {
    let (mut splitter, mut claims) = (Splitter::new(false), Vec::new());
    splitter.push(text, &mut |claim| claims.push(claim));
    splitter.finish(&mut |claim| claims.push(claim));
    claims
}

/// Rule and words of every finding.
fn found(evidence: &Evidence, answer: &str) -> Vec<(Rule, String)> {
    let mut all = Vec::new();
    let mut before = Before::default();
    let mut consistency = Consistency::default();
    for claim in claims(answer) {
        let analysis = Analysis::new(&claim, evidence, &mut Scratch::default());
        let mut findings = Vec::new();
        consistency.find(&analysis, &mut findings);
        if analysis.is_claim() {
            findings.extend(examine(&analysis, evidence, &mut before).findings);
        }
        all.extend(findings.into_iter().map(|f: Finding| (f.rule, claim.text[f.start..f.end].to_owned())));
    }
    all
}

fn speech(text: &str) -> Speech {
    let mut tokens = Vec::new();
    tokenize(text, &mut tokens);
    super::speech::speech(text, &tokens)
}

const FACTS: &str = "Acme Cloud was founded on 12 March 2019 in Rotterdam by Ines Vermeer. The Team plan costs $99 per month and \
includes 25 seats. Revenue rose from $1.2 million in 2021 to 1,187,000 dollars. The office is open from 9:00 am to 5:30 pm. \
Water boils at 212 °F. The Centers for Disease Control praised it, Vermeer said. Refunds take 30 days. Write to help@acme.io or see \
https://acme.io/docs/start. About 45% of users are in California. \"We build for people who have no time,\" she added.";

fn none(answer: &str) {
    assert_eq!(found(&evidence(FACTS), answer), [], "{answer}");
}

fn one(answer: &str, rule: Rule, words: &str) {
    let found = found(&evidence(FACTS), answer);
    assert_eq!(found, [(rule, words.to_owned())], "{answer}");
}

#[test]
fn numbers_in_other_forms_are_known() {
    for answer in [
        "Revenue was about 1.2 million dollars, or $1,187,000.",
        "Revenue was roughly $1.19 million.",
        "It includes twenty-five seats for $99.00 a month.",
        "Almost half, 45 percent, are in California.",
        "A share of 0.45 is in California.",
        "It opens at 9am and closes at 17:30.",
        "It was founded on March 12, 2019 (2019-03-12).",
        "Water boils at 100 °C.",
        "Refunds take thirty days, more than 25 days.",
        "You asked about 77.",
        "1. First, it has 25 seats.\n2. Second, it costs $99.",
        "It was founded two years before 2021.",
        "See step 4 and passage 3, 24/7, seven days a week.",
        "The two plans, 25 + 25 = 50 seats, fit.",
        "Founded in 2019, it reported in 2021.",
    ] {
        none(answer);
    }
}

#[test]
fn numbers_that_nobody_gave_are_found() {
    one("The company employs 340 people there.", Rule::NumberAbsent, "340");
    one("The office in Rotterdam cost €12.5 million to build.", Rule::AmountAbsent, "€12.5 million");
    one("It was bought in April 2023 by a rival.", Rule::DateAbsent, "April 2023");
    one("Lunch is served at 12:45 pm there.", Rule::TimeAbsent, "12:45 pm");
    one("The Team plan costs $149 per month and includes 25 seats.", Rule::NumberConflict, "$149");
    one("Water boils at 95 °C.", Rule::NumberAbsent, "95 °C");
}

#[test]
fn names_in_other_forms_are_known() {
    for answer in [
        "Vermeer's company is in Rotterdam.",
        "The CDC praised Ms. Vermeer, according to the Centers for Disease Control.",
        "Note that Ines founded Acme Cloud.",
        "However, Californian users like Zelda matter.",
        "The Centers for Disease Control (CDC) praised it.",
        "Overall, I'd say the Team plan fits.",
        "## Pricing And Plans For Every Team\n\n**Team Plan:** it costs $99.",
        "- **Refund Window**: 30 days",
    ] {
        none(answer);
    }
}

#[test]
fn names_that_nobody_gave_are_found() {
    one("It was founded by Ines Vermeer and Oscar Lindqvist.", Rule::NameAbsent, "Oscar Lindqvist");
    one("The company is in Rotterdam, near the Philips tower.", Rule::NameAbsent, "Philips");
    one("Refunds take 30 days, as NASA praised.", Rule::NamePartAbsent, "NASA");
    one("Acme Cloud was praised on a Tuesday.", Rule::CalendarAbsent, "Tuesday");
}

#[test]
fn references_are_held_to_the_letter() {
    none("Write to help@acme.io or see https://acme.io/docs/start.");
    none("See [the docs](https://acme.io/docs/start) or http://localhost:8080/x and https://example.com/y.");
    none("She said: \"We build for people who have no time.\"");
    one("See https://acme.io/docs/billing for more.", Rule::ReferenceAbsent, "https://acme.io/docs/billing");
    one("Write to sales@acme.io please.", Rule::ReferenceAbsent, "sales@acme.io");
    one(
        "She said: \"We always put our customers before profit.\"",
        Rule::QuoteAttributed,
        "We always put our customers before profit.",
    );
    one("It is described in doi 10.1000/xyz123 fully.", Rule::ReferenceAbsent, "10.1000/xyz123");
    let numbered = evidence("[1] Acme sells lamps.\n[2] Acme is in Lyon.\n[3] Acme has 40 staff.");
    assert_eq!(found(&numbered, "Acme sells lamps [1] and is in Lyon [2, 3]."), []);
    assert_eq!(found(&numbered, "Acme sells lamps [7]."), [(Rule::CitationAbsent, "[7]".to_owned())]);
}

#[test]
fn opposites_of_the_closest_sentence_are_contradictions() {
    let rules = evidence(
        "Refunds are possible within 30 days of purchase. Support is not available on Sundays. Prices will increase in spring.",
    );
    let rule = |answer: &str| found(&rules, answer).first().map(|f| f.0);
    assert_eq!(rule("Refunds are not possible within 30 days of purchase."), Some(Rule::Polarity));
    assert_eq!(rule("Support is available on Sundays."), Some(Rule::Polarity));
    assert_eq!(rule("Prices will decrease in spring."), Some(Rule::Antonym));
    assert_eq!(rule("Refunds are possible within 30 days of purchase."), None);
    assert_eq!(rule("Support isn't available on Sundays."), None);
}

const BUSINESS: &str = r#"{"name": "Tinker's", "hours": {"Monday": "11:0-17:0", "Tuesday": "11:0-17:0", "Saturday": "9:0-20:0"},
 "attributes": {"BusinessParking": {"valet": false, "garage": false, "street": true, "lot": false}, "RestaurantsReservations": false,
 "OutdoorSeating": true, "WiFi": "no", "RestaurantsTakeOut": true, "Music": null, "Ambience": {"romantic": false, "casual": true}},
 "stars": 4.0, "reviews": [{"stars": 5.0}, {"stars": 3.0}, {"stars": 1.0}]}"#;

#[test]
fn attributes_of_json_evidence() {
    let business = evidence(BUSINESS);
    let rules = |answer: &str| found(&business, answer).into_iter().map(|f| f.0).collect::<Vec<_>>();
    for good in [
        "Tinker's has outdoor seating and takeout, but does not take reservations.",
        "Street parking is available, but there is no valet, garage, or lot parking.",
        "Wi-Fi is not available.",
        "The ambience is casual rather than romantic.",
        "It has 4 stars based on three reviews.",
        "It is open from 11 am to 5 pm on Monday and Tuesday, and from 9 am to 8 pm on Saturday.",
        "It offers outdoor seating, and reservations are not accepted.",
        "It has extended hours on Saturdays.",
        "There is no live music.",
    ] {
        assert_eq!(rules(good), [], "{good}");
    }
    assert_eq!(rules("Guests enjoy free WiFi and outdoor seating."), [Rule::AttributeDenied]);
    assert_eq!(rules("It has valet parking."), [Rule::AttributeDenied]);
    assert_eq!(rules("There is live music."), [Rule::AttributeOpen]);
    assert_eq!(rules("It does not offer outdoor seating."), [Rule::AttributeGiven]);
    assert_eq!(rules("It is open from 10 am to 9 pm on Monday."), [Rule::HoursDiffer]);
    assert_eq!(rules("It has extended hours on Tuesdays and Saturdays."), [Rule::HoursDiffer]);
    assert_eq!(rules("{\"stars\": 4.5, \"name\": \"Tinker's\"}"), [Rule::CountAbsent, Rule::ValueDiffers]);
    assert_eq!(rules("{\"OutdoorSeating\": false, \"WiFi\": false}"), [Rule::ValueDiffers]);
}

#[test]
fn arithmetic_is_recomputed() {
    let nothing = evidence("");
    for good in [
        "2 + 2 = 4",
        "So 3 x $4.50 = $13.50 in all.",
        "10 / 3 = 3.33",
        "15% of 80 is 12.",
        "100 - 20 * 2 = 60",
        "7 divided by 2 equals 3.5",
        "2020-2024 was long",
        "f(x) = 3x + 2 = 8",
        "1/3 ≈ 0.33",
        "a1 + 2 = 5",
    ] {
        assert_eq!(found(&nothing, good).iter().filter(|f| f.0 == Rule::Arithmetic).count(), 0, "{good}");
    }
    for (bad, words) in [
        ("Then 2 + 2 = 5.", "5"),
        ("15% of 80 is 14.", "14"),
        ("So 3 × $4.50 = $14.50 in all.", "$14.50"),
        ("1,200 + 300 = 1,600", "1,600"),
    ] {
        assert!(
            found(&nothing, bad).contains(&(Rule::Arithmetic, words.to_owned())),
            "{bad}: {:?}",
            found(&nothing, bad)
        );
    }
}

#[test]
fn lists_longer_than_announced_and_statements_told_twice() {
    let nothing = evidence("");
    let rules = |answer: &str| {
        found(&nothing, answer)
            .into_iter()
            .filter(|f| matches!(f.0, Rule::ListCount | Rule::SelfConflict))
            .collect::<Vec<_>>()
    };
    assert_eq!(rules("There are three reasons:\n- cost\n- speed\n- safety\n\nThat is all."), []);
    assert_eq!(rules("There are two reasons:\n- cost\n  - licence\n  - staff\n- speed"), []);
    assert_eq!(
        rules("There are two reasons:\n- cost\n- speed\n- safety"),
        [(Rule::ListCount, "- safety".to_owned())]
    );
    let twice = "The bridge has a span of 400 metres. It is red. The bridge has a span of 450 metres.";
    assert_eq!(rules(twice), [(Rule::SelfConflict, "450".to_owned())]);
    assert_eq!(rules("Monday had rain for 3 hours. Tuesday had rain for 5 hours."), []);
    assert_eq!(rules("## A\n\nThe total cost is $5.\n\n## B\n\nThe total cost is $7."), []);
}

#[test]
fn sentences_that_claim_nothing() {
    for text in [
        "Sure!",
        "Would you like to know more?",
        "Let me know if you need anything else.",
        "Here is a summary of the article in 200 words or less:",
        "I hope this helps!",
        "Hello! How can I help you today?",
        "Feel free to ask.",
    ] {
        assert_eq!(speech(text), Speech::Furniture, "{text}");
    }
    for text in [
        "I don't know.",
        "The passages do not mention the price.",
        "Unable to answer based on given passages.",
        "The context does not provide any information about that.",
        "I'm sorry, but I can't help with that.",
        "This is not specified in the document.",
    ] {
        assert_eq!(speech(text), Speech::Refusal, "{text}");
    }
    for text in [
        "The plan costs $5.",
        "Here the river is 30 metres wide and flows north through the old town of Arles.",
        "Sure Fire Ltd. was founded in 1990.",
        "It does not cost anything.",
    ] {
        assert_eq!(speech(text), Speech::Claim, "{text}");
    }
}

fn weather() -> Tool {
    Tool {
        name: "get_weather".into(),
        description: "Current weather of a place".into(),
        parameters: Some(json!({"type": "OBJECT", "properties": {
            "city": {"type": "STRING"}, "days": {"type": "integer", "minimum": 1, "maximum": 14},
            "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]}, "station": {"type": "string"}}, "required": ["city"], "additionalProperties": false})),
        hosted: false,
    }
}

#[test]
fn tool_calls_against_schema_and_conversation() {
    let evidence = evidence_with("The user is in Paris for 3 days.", vec![weather()]);
    let call = |name: &str, arguments: &str| {
        tool_calls::find(&evidence, name, arguments)
            .into_iter()
            .map(|f| (f.rule, arguments[f.start..f.end].to_owned()))
            .collect::<Vec<_>>()
    };
    for good in [
        r#"{"city": "Paris"}"#,
        r#"{"city": "Paris, France", "days": 3, "unit": "celsius"}"#,
        r#" {"unit":"fahrenheit","city":"paris"} "#,
    ] {
        assert_eq!(call("get_weather", good), [], "{good}");
    }
    assert_eq!(call("get_wether", r#"{"city": "Paris"}"#)[0].0, Rule::ToolUnknown);
    assert_eq!(call("get_weather", r#"{"days": 3}"#), [(Rule::ToolSchema, r#"{"days": 3}"#.to_owned())]);
    assert_eq!(
        call("get_weather", r#"{"city": "Paris", "days": "three"}"#),
        [(Rule::ToolSchema, "three".to_owned())]
    );
    assert_eq!(
        call("get_weather", r#"{"city": "Paris", "days": 99}"#),
        [(Rule::ToolSchema, "99".to_owned())]
    );
    assert_eq!(
        call("get_weather", r#"{"city": "Paris", "unit": "kelvin"}"#),
        [(Rule::ToolSchema, "kelvin".to_owned())]
    );
    assert_eq!(call("get_weather", r#"{"city": "Paris", "zip": 1}"#), [(Rule::ToolSchema, "1".to_owned())]);
    assert_eq!(call("get_weather", r#"{"city": "Paris""#)[0].0, Rule::ToolSyntax);
    assert_eq!(
        call("get_weather", r#"{"city": "Paris", "station": "LFPG-071570"}"#),
        [(Rule::ToolArgument, "LFPG-071570".to_owned())]
    );
    assert_eq!(call("get_weather", "")[0].0, Rule::ToolSchema);
}

#[test]
fn schemas_that_are_none_blame_nobody() {
    let broken = Tool { parameters: Some(json!({"type": 5, "properties": "x"})), ..weather() };
    let evidence = evidence_with("Paris", vec![broken]);
    assert_eq!(tool_calls::find(&evidence, "get_weather", r#"{"city": 5}"#), []);
}

/// Pain 9: good technical answers are not suspicious for being technical.
#[test]
fn technical_answers() {
    let docs = evidence(
        "Set the `timeout` option in config.yaml. It defaults to 30 seconds. Restart the service with systemctl restart acme. \
                         The table users has the columns id, name and email. Errors are logged as ERR_TIMEOUT with code 504.",
    );
    for answer in [
        "Set `timeout: 60` in config.yaml and restart:\n\n```sh\nsudo systemctl restart acme --force\ncurl -s http://127.0.0.1:9090/health?x=1\n```",
        "```sql\nSELECT id, name FROM users WHERE created_at > '2024-01-01' LIMIT 50;\n```",
        "```json\n{\"timeout\": 120, \"retries\": 7}\n```\nRestart the service after that.",
        "```\n2024-05-01T12:00:01Z ERR_TIMEOUT code=504 host=db-17 after 30012ms\n```\nThe log shows ERR_TIMEOUT with code 504.",
        "The default is 30 seconds; errors show as `ERR_TIMEOUT`.",
        "| Column | Table |\n|---|---|\n| id | users |\n| email | users |",
    ] {
        assert_eq!(found(&docs, answer), [], "{answer}");
    }
}
