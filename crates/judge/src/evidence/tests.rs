use agentguard_wire::{Dialect, Document, Message, Part, Request, Role, Tool, ToolCall};

use super::{Evidence, Source, SourceKind};

fn said(role: Role, text: &str) -> Message {
    Message { role, parts: vec![Part::Text(text.to_owned())] }
}

fn request(messages: Vec<Message>) -> Request {
    Request { messages, ..Request::new(Dialect::OpenaiChat) }
}

fn gathered(messages: Vec<Message>) -> Evidence {
    Evidence::gather(&request(messages))
}

fn kinds(evidence: &Evidence) -> Vec<(SourceKind, &str)> {
    evidence.sources().iter().map(|s| (s.kind, s.label.as_str())).collect()
}

fn text(evidence: &Evidence, label: &str) -> String {
    evidence.sources().iter().find(|s| s.label == label).map(|s| s.text.clone()).unwrap_or_default()
}

const PASSAGES: &str = "passage 1:Lightly wipe the screen with a dry cloth. No paper towels should touch it.\n\n\
passage 2:Add 1 part isopropyl alcohol and 1 part water to a spray bottle.Turn off the laptop first.\n\n\
passage 3:1 The cloths are washable. 2  To clean the edges use a cotton ball.\n\n";

#[test]
fn passages_with_a_question() {
    let prompt = format!(
        "Briefly answer the following question:\nhow to clean a screen\nBear in mind that your response should be strictly based on the \
         following three passages:\n{PASSAGES}In case the passages do not contain the necessary information to answer the question, please \
         reply with: \"Unable to answer based on given passages.\"\noutput:"
    );
    let evidence = gathered(vec![said(Role::User, &prompt)]);
    assert_eq!(
        kinds(&evidence),
        [(SourceKind::UserContext, "messages[0]"), (SourceKind::Question, "messages[0].question")]
    );
    let context = text(&evidence, "messages[0]");
    assert!(context.contains("isopropyl alcohol") && context.contains("cotton ball"), "{context}");
    assert!(!context.contains("Unable to answer") && !context.contains("Bear in mind"), "{context}");
    assert!(text(&evidence, "messages[0].question").contains("how to clean a screen"));
    assert!(evidence.is_checkable());
    assert_eq!(evidence.materials(), Some(3));
}

#[test]
fn an_article_to_be_summarized() {
    let article = "Blue Bell has shut down a plant in Oklahoma over listeria. Health officials warned consumers on Friday. \
                   The company recalled several products in March. Five people were infected and three died.";
    for prompt in [
        format!("Summarize the following news within 49 words:\n{article}\noutput:"),
        format!("Summarize this article.\n\n{article}"),
        format!("{article}\n\nPlease summarize the text above in two sentences."),
        format!("Summarize the following text: {article}"),
        format!("TL;DR this for me: \"\"\"{article}\"\"\""),
        format!("<article>{article}</article>\nSummarize the article."),
    ] {
        let evidence = gathered(vec![said(Role::User, &prompt)]);
        let context = text(&evidence, "messages[0]");
        assert_eq!(evidence.sources()[0].kind, SourceKind::UserContext, "{prompt}");
        assert!(
            context.contains("three died") && !context.to_lowercase().contains("summarize"),
            "{prompt}\n→ {context}"
        );
        assert!(evidence.is_checkable());
    }
}

#[test]
fn structured_data_with_an_instruction() {
    let json = r#"{"name": "Tinker's Burgers", "hours": {"Monday": "11:0-17:0"}, "attributes": {"WiFi": "no"}, "reviews": [{"stars": 5}, {"stars": 3}]}"#;
    let prompt = format!(
        "Instruction:\nWrite an objective overview about the following local business.\nStructured data:\n{json}\nOverview:"
    );
    let evidence = gathered(vec![said(Role::User, &prompt)]);
    assert_eq!(text(&evidence, "messages[0]"), json);
    assert!(text(&evidence, "messages[0].question").contains("objective overview"));
    assert!(evidence.index().is_json() && evidence.asks_summary());
    let inline = gathered(vec![said(Role::User, &format!("What are the opening hours? {json}"))]);
    assert_eq!(text(&inline, "messages[0]"), json);
}

#[test]
fn labelled_context_and_question() {
    let facts = "The Team plan costs $99 per month. It includes 25 seats and single sign-on.";
    for prompt in [
        format!("Context: {facts}\nQuestion: What does the Team plan cost?"),
        format!("Context: {facts} Question: What does the Team plan cost? Answer:"),
        format!("Question: What does the Team plan cost?\n\nContext:\n{facts}"),
        format!(
            "Use the context to answer.\n\n## Context\n\n**Context:** {facts}\n\n**Question:** What does the Team plan cost?"
        ),
        format!("<context>\n{facts}\n</context>\n<question>What does the Team plan cost?</question>"),
        format!("Answer using this.\n```\n{facts}\n```\nWhat does the Team plan cost?"),
    ] {
        let evidence = gathered(vec![said(Role::User, &prompt)]);
        let context = text(&evidence, "messages[0]");
        assert!(context.contains("25 seats") && !context.contains("What does"), "{prompt}\n→ {context:?}");
        assert!(text(&evidence, "messages[0].question").contains("What does the Team plan cost"), "{prompt}");
    }
}

#[test]
fn questions_inside_the_context_stay_there() {
    let prompt = "Context:\nQ: How long do refunds take?\nA: Refunds take 5 days.\nQ: Is there a trial?\nA: Yes, for 14 days, without a card. \
                  We remind you two days before it ends so that nothing is charged by surprise.\n\nQuestion: How long is the trial?";
    let evidence = gathered(vec![said(Role::User, prompt)]);
    let context = text(&evidence, "messages[0]");
    assert!(
        context.contains("Is there a trial")
            && context.contains("14 days")
            && !context.contains("How long is the trial")
    );
}

#[test]
fn a_bare_question_proves_nothing() {
    for prompt in [
        "What is the capital of France?",
        "Write a haiku about the sea.",
        "How do I reverse a list in Python? I tried reversed() but it gives an iterator.",
    ] {
        let evidence = gathered(vec![
            said(Role::System, "You are a helpful assistant. Always be polite."),
            said(Role::User, prompt),
        ]);
        assert_eq!(evidence.sources().last().unwrap().kind, SourceKind::Question);
        assert!(!evidence.is_checkable(), "{prompt}");
    }
}

#[test]
fn instructions_count_when_they_bring_facts() {
    let rules = "You are the support agent of Acme. Always answer in English. Never discuss politics. Be brief and friendly.";
    let facts = "You are the support agent of Acme. The Starter plan costs $29 per month. The Team plan costs $99 per month. \
                 Support is open from 9 am to 5 pm in Rotterdam. Refunds are paid within 30 days by Acme Finance.";
    let material = format!(
        "{rules}\n\nContext:\nRefunds are possible within 30 days of purchase if the seal is not broken, and are paid to the card."
    );
    let checkable = |system: &str| {
        gathered(vec![said(Role::System, system), said(Role::User, "What does it cost?")]).is_checkable()
    };
    assert!(!checkable(rules));
    assert!(checkable(facts));
    assert!(checkable(&material));
}

#[test]
fn invention_is_not_held_against_instructions() {
    let facts = "Acme sells solar lamps. The Sun 3 lamp costs $49. The Sun 5 lamp costs $79. Acme was founded in Lyon in 2011.";
    let evidence =
        gathered(vec![said(Role::System, facts), said(Role::User, "Write a short poem about our lamps.")]);
    assert!(!evidence.is_checkable());
}

#[test]
fn documents_tools_and_turns() {
    let call =
        ToolCall { id: "c1".into(), name: "get_weather".into(), arguments: "{\"city\": \"Paris\"}".into() };
    let result =
        |text: &str| Part::ToolResult { call_id: "c1".into(), name: String::new(), text: text.into() };
    let mut request = request(vec![
        said(Role::User, "How is the weather?"),
        Message {
            role: Role::Assistant,
            parts: vec![Part::Text("Let me see.".into()), Part::ToolCall(call)],
        },
        Message { role: Role::Tool, parts: vec![result("14 degrees")] },
        Message {
            role: Role::User,
            parts: vec![
                result("15 degrees"),
                Part::Text("And now?".into()),
                Part::Document(Document {
                    id: String::new(),
                    title: "Almanac".into(),
                    text: "June is dry.".into(),
                }),
            ],
        },
    ]);
    request.documents.push(Document { id: "a".into(), title: String::new(), text: "May is wet.".into() });
    let evidence = Evidence::gather(&request);
    assert_eq!(
        kinds(&evidence),
        [
            (SourceKind::Document, "documents[0]"),
            (SourceKind::EarlierTurn, "messages[0]"),
            (SourceKind::EarlierTurn, "messages[1]"),
            (SourceKind::ToolResult, "tool:get_weather"),
            (SourceKind::ToolResult, "tool:get_weather#2"),
            (SourceKind::Document, "documents[1]"),
            (SourceKind::Question, "messages[3]"),
        ]
    );
    assert!(text(&evidence, "messages[1]").contains("Paris"));
    assert!(text(&evidence, "documents[1]").starts_with("Almanac\n"));
}

#[test]
fn what_cannot_be_seen_is_said() {
    let document = || {
        said(
            Role::User,
            "Context: The Team plan costs $99 per month and has 25 seats.\nQuestion: What does it cost?",
        )
    };
    let mut media = request(vec![document()]);
    media.messages[0].parts.push(Part::Media { kind: "image_url".into() });
    let mut hosted = request(vec![document()]);
    hosted.tools.push(Tool {
        name: "web_search".into(),
        description: String::new(),
        parameters: None,
        hosted: true,
    });
    let mut continued = request(vec![document()]);
    continued.continues = Some("resp_1".into());
    for request in [media, hosted, continued] {
        let evidence = Evidence::gather(&request);
        assert!(evidence.unseen().any() && !evidence.is_checkable());
    }
    assert!(!Evidence::gather(&request(vec![document()])).unseen().any());
}

#[test]
fn text_over_the_budget_is_counted() {
    let source = |kind, label: &str, text: String| Source { kind, label: label.to_owned(), text };
    let sources = vec![
        source(SourceKind::EarlierTurn, "messages[0]", "old words ".repeat(200_000)),
        source(SourceKind::Document, "documents[0]", "fresh words ".repeat(600_000)),
        source(SourceKind::Question, "messages[1]", "What is new?".to_owned()),
    ];
    let total: usize = sources.iter().map(|s| s.text.len()).sum();
    let evidence = Evidence::from_sources(sources, Vec::new());
    assert_eq!(evidence.unseen().bytes, total - Evidence::MAX_BYTES);
    assert_eq!(evidence.sources().iter().map(|s| s.text.len()).sum::<usize>(), Evidence::MAX_BYTES);
    assert_eq!(text(&evidence, "messages[1]"), "What is new?");
    assert!(evidence.is_checkable());
}
