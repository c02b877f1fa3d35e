use super::{Before, FEATURES, Features, NAMES};
use crate::claims::{Claim, Splitter};
use crate::evidence::{Evidence, Source, SourceKind};
use crate::signals::examine::examine;
use crate::signals::{Analysis, Scratch};

const LEAFLET: &str = "The harbour bridge opened on 4 May 1931 after six years of work. It carries eight lanes of traffic. \
The chief engineer was Ida Brandt, who drew the granite towers. Maintenance is paid by the city.";

fn evidence() -> Evidence {
    let source = |kind, label: &str, text: &str| Source { kind, label: label.into(), text: text.into() };
    let question = source(SourceKind::Question, "messages[0]", "Who built the bridge?");
    Evidence::from_sources(vec![source(SourceKind::Document, "documents[0]", LEAFLET), question], Vec::new())
}

/// The features of every sentence of an answer.
fn features(answer: &str) -> Vec<Features> {
    let (mut splitter, mut claims) = (Splitter::new(false), Vec::<Claim>::new());
    splitter.push(answer, &mut |claim| claims.push(claim));
    splitter.finish(&mut |claim| claims.push(claim));
    let (evidence, mut before) = (evidence(), Before::default());
    let analysed = claims.iter().map(|claim| Analysis::new(claim, &evidence, &mut Scratch::default()));
    analysed.filter_map(|analysis| examine(&analysis, &evidence, &mut before).features).collect()
}

fn value(features: &Features, name: &str) -> f32 {
    features[NAMES.iter().position(|n| *n == name).unwrap()]
}

fn is(features: &Features, expected: &[(&str, f32)]) {
    for (name, wanted) in expected {
        let value = value(features, name);
        assert!((value - wanted).abs() < 1e-3, "{name} is {value}, not {wanted}");
    }
}

#[test]
fn a_copied_sentence_is_covered_and_held_by_its_closest() {
    let [copied] = features("The chief engineer was Ida Brandt, who drew the granite towers.")[..] else {
        panic!()
    };
    is(
        &copied,
        &[
            ("absent", 0.0),
            ("covered", 1.0),
            ("closest_weight", 1.0),
            ("apart_share", 0.0),
            ("names_elsewhere", 0.0),
            ("place", 0.4),
        ],
    );
}

#[test]
fn words_put_together_from_several_sentences_are_apart() {
    let [mixed] = features("Ida Brandt opened eight granite lanes of traffic.")[..] else { panic!() };
    is(&mixed, &[("absent", 0.0), ("names_elsewhere", 1.0)]);
    assert!(value(&mixed, "apart_share") > 0.4 && value(&mixed, "covered") < 0.7, "{mixed:?}");
}

#[test]
fn another_form_of_a_word_is_absent_but_not_foreign() {
    let [forms] = features("The maintainer and the zeppelin are at the bridge.")[..] else { panic!() };
    is(&forms, &[("absent", 2.0), ("foreign", 1.0)]);
}

#[test]
fn a_sentence_looks_back_and_never_ahead() {
    let lead = "Wizards juggle purple onions nightly.";
    let one = features(lead);
    let two = features(&format!("{lead} Wizards like the harbour bridge."));
    assert_eq!(one[0], two[0]);
    is(&two[0], &[("absent_before", 0.0), ("repeated", 0.0), ("new_absent", 1.0), ("position", 0.0)]);
    is(&two[1], &[("absent_before", 1.0), ("absent_last", 1.0), ("repeated", 0.25), ("position", 0.05)]);
}

#[test]
fn style_is_counted() {
    let text = "Overall, you should consult reviews, such as those of guests (or your own).";
    let [style] = features(text)[..] else { panic!() };
    is(
        &style,
        &[
            ("concludes", 1.0),
            ("advises", 2.0),
            ("addresses", 2.0),
            ("examples", 1.0),
            ("opinions", 2.0),
            ("commas", 2.0),
            ("joins", 1.0),
            ("aside", 1.0),
        ],
    );
}

#[test]
fn all_features_are_named_and_finite() {
    let mut names = NAMES.to_vec();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), FEATURES);
    for text in ["a b c", "7 7 7", "日本の東京", "the of and", "!!! x y z ???"] {
        assert!(features(text).iter().flatten().all(|value| value.is_finite()), "{text}");
    }
}
