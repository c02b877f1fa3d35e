use agentguard_judge::SpanKind;
use agentguard_policy::Thresholds;

use super::*;

fn plan(change: impl FnOnce(&mut Rule)) -> Plan {
    let mut rule = Rule { thresholds: Thresholds { warn: 0.3, act: 0.7 }, ..Rule::default() };
    change(&mut rule);
    Plan::new(rule, String::new(), Arc::default())
}

fn span(risk: f32) -> Span {
    Span { choice: 0, call: None, start: 2, end: 5, kind: SpanKind::Unsupported, risk, evidence: None }
}

fn verdict(state: State, risk: f32, spans: &[f32]) -> Verdict {
    let spans = spans.iter().map(|risk| span(*risk)).collect();
    Verdict { state, risk, spans, reason: None, ..Verdict::not_checked(NotChecked::Empty) }
}

#[test]
fn contradictions_in_a_rule_are_settled_as_documented() {
    for (action, shadow, delivery, acts, delivered) in [
        (Action::Observe, false, Delivery::Full, false, Delivery::Pass),
        (Action::Annotate, false, Delivery::Sentence, false, Delivery::Pass),
        (Action::Block, true, Delivery::Full, false, Delivery::Pass),
        (Action::Redact, false, Delivery::Pass, true, Delivery::Sentence),
        (Action::Redact, false, Delivery::Full, true, Delivery::Full),
        (Action::Block, false, Delivery::Pass, true, Delivery::Pass),
    ] {
        let plan = plan(|rule| (rule.action, rule.shadow, rule.delivery) = (action, shadow, delivery));
        assert_eq!((plan.acts(), plan.delivery), (acts, delivered), "{action:?} {delivery:?}");
    }
}

#[test]
fn each_cause_has_its_own_fail_mode_and_only_acting_rules_stop_anything() {
    let closed = |rule: &mut Rule, action| {
        rule.action = action;
        rule.on_timeout = FailMode::Closed;
    };
    let block = plan(|rule| closed(rule, Action::Block));
    assert!(block.stops(NotChecked::Timeout));
    assert!(!block.stops(NotChecked::Overload) && !block.stops(NotChecked::JudgeError));
    assert!(plan(|rule| closed(rule, Action::Redact)).stops(NotChecked::Timeout));
    assert!(!plan(|rule| closed(rule, Action::Annotate)).stops(NotChecked::Timeout));
    let on_error = plan(|rule| (rule.action, rule.on_error) = (Action::Block, FailMode::Closed));
    assert!(on_error.stops(NotChecked::TooLarge) && on_error.stops(NotChecked::Encoding));
    for harmless in [NotChecked::Empty, NotChecked::UpstreamError, NotChecked::Disabled, NotChecked::Aborted]
    {
        assert!(!on_error.stops(harmless));
    }
}

#[test]
fn over_means_the_response_or_one_span_reaches_act() {
    let plan = plan(|rule| rule.action = Action::Block);
    assert!(plan.is_over(&verdict(State::Ungrounded, 0.7, &[])));
    assert!(plan.is_over(&verdict(State::Ungrounded, 0.5, &[0.71])));
    assert!(!plan.is_over(&verdict(State::Ungrounded, 0.69, &[0.69])));
    assert!(!plan.is_over(&verdict(State::Unverifiable, 0.9, &[])), "nothing to hold it against");
}

#[test]
fn shadow_says_what_would_have_been_done() {
    let shadow = |action| plan(|rule| (rule.action, rule.shadow) = (action, true));
    let bad = verdict(State::Contradicted, 0.9, &[0.9]);
    assert_eq!(shadow(Action::Block).would(&bad), Some(Action::Block));
    assert_eq!(shadow(Action::Block).would(&verdict(State::Grounded, 0.1, &[])), None);
    assert_eq!(shadow(Action::Annotate).would(&bad), Some(Action::Annotate));
    assert_eq!(shadow(Action::Observe).would(&bad), None);
}

#[test]
fn only_flagged_words_are_redacted() {
    let plan = plan(|rule| rule.action = Action::Redact);
    let call = Span { call: Some(0), ..span(0.9) };
    let other = Span { start: 8, end: 9, ..span(0.9) };
    let mut edits = Edits::default();
    plan.redact(&[span(0.5), call, other], &mut edits);
    assert_eq!(edits.apply(0, 0, "abcdefghij"), "abcdefgh[redacted]j");
}
