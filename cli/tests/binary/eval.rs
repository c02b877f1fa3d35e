//! `agentguard eval` on rows written for this project: the table, the JSON, the diagram, and what is said about mistakes.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::running::run;

fn labelled(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/labelled").join(name)
}

fn told(name: &str, more: &[&str]) -> String {
    let path = labelled(name);
    let output = run(&[&["eval", "--data", path.to_str().unwrap()], more].concat());
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "no terminal, no progress bar");
    String::from_utf8(output.stdout).unwrap()
}

fn json(name: &str, more: &[&str]) -> Value {
    serde_json::from_str(&told(name, &[more, &["--json"]].concat())).unwrap()
}

fn fails(arguments: &[&str], code: i32) -> String {
    let output = run(&[&["eval"], arguments].concat());
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {told}");
    assert!(output.stdout.is_empty());
    told
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn json_has_the_figures_of_all_and_of_each_task() {
    let report = json("answers.jsonl", &[]);
    assert_eq!(keys(&report), ["overall", "tasks", "latency_ms", "versions"]);
    assert_eq!(keys(&report["tasks"]), ["Data2txt", "QA", "Summary"]);
    for section in [&report["overall"], &report["tasks"]["QA"]] {
        for key in [
            "auroc",
            "f1",
            "precision",
            "recall",
            "fpr",
            "best_f1",
            "span_f1",
            "span_precision",
            "span_recall",
            "ece",
        ] {
            let value = section[key].as_f64().unwrap_or_else(|| panic!("{key}: {section}"));
            assert!((0.0..=1.0).contains(&value), "{key}: {value}");
        }
        assert_eq!(section["threshold"], 0.5);
        assert_eq!(section["auroc_ci"].as_array().unwrap().len(), 2);
        assert_eq!((&section["not_checked"], &section["unverifiable"]), (&0.into(), &0.into()));
        assert!(section.get("weights").is_none() && section.get("tool_calls").is_none());
    }
    let overall = &report["overall"];
    assert_eq!((&overall["n"], &overall["positives"]), (&15.into(), &8.into()));
    let counted: u64 = overall["states"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|c| c.as_array().unwrap())
        .map(|c| c.as_u64().unwrap())
        .sum();
    assert_eq!(counted, 15);
    for part in ["response", "sentence", "evidence"] {
        let spread = &report["latency_ms"][part];
        assert!(spread["p50"].as_f64().unwrap() <= spread["p99"].as_f64().unwrap(), "{part}");
    }
    assert_eq!(report["versions"]["agentguard"], env!("CARGO_PKG_VERSION"));
    assert!(report["versions"]["judge"].is_string());
}

#[test]
fn the_figures_are_the_same_every_time_and_on_any_number_of_threads() {
    let without_times = |more: &[&str]| {
        let mut report = json("calls.jsonl", more);
        report.as_object_mut().unwrap().shift_remove("latency_ms");
        report
    };
    assert_eq!(without_times(&[]), without_times(&["--threads", "4"]));
}

#[test]
fn rows_without_spans_have_no_span_figures_and_one_class_no_area() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rows.jsonl");
    let row = |flag: u8| {
        format!(
            "{{\"context\":\"The café opens at 9.\",\"response\":\"It opens at 9.\",\"unsupported\":{flag}}}\n"
        )
    };
    fs::write(&file, row(0).repeat(3)).unwrap();
    let output = run(&["eval", "--data", file.to_str().unwrap(), "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    for key in ["auroc", "auroc_ci", "span_f1", "recall", "f1", "best_f1"] {
        assert_eq!(report["overall"][key], Value::Null, "{key}");
    }
    assert_eq!((&report["overall"]["fpr"], keys(&report["tasks"])), (&0.0.into(), vec!["answers"]));
    let shown = run(&["eval", "--data", file.to_str().unwrap(), "--prevalence", "0.2"]).stdout;
    assert!(String::from_utf8(shown).unwrap().contains("only one class is there, so nothing is weighted"));
}

#[test]
fn a_task_can_be_singled_out() {
    let report = json("answers.jsonl", &["--task", "Summary"]);
    assert_eq!((keys(&report["tasks"]), &report["overall"]["n"]), (vec!["Summary"], &4.into()));
}

#[test]
fn a_prevalence_weighs_the_classes_of_each_task() {
    let report = json("answers.jsonl", &["--prevalence", "0.2"]);
    let weights = &report["tasks"]["QA"]["weights"];
    let near = |value: &Value, expected: f64| (value.as_f64().unwrap() - expected).abs() < 1e-9;
    assert!(
        near(&weights["positive"], 0.2 * 9.0 / 5.0) && near(&weights["negative"], 0.8 * 9.0 / 4.0),
        "{weights}"
    );
    let plain = json("answers.jsonl", &[]);
    let section = |report: &Value| report["tasks"]["QA"].clone();
    for key in ["auroc", "recall", "fpr", "span_f1"] {
        assert_eq!(section(&report)[key], section(&plain)[key], "{key}");
    }
    assert_ne!(section(&report)["ece"], section(&plain)["ece"]);
}

#[test]
fn a_threshold_decides_what_is_flagged() {
    let everything = json("answers.jsonl", &["--threshold", "0"]);
    assert_eq!((&everything["overall"]["recall"], &everything["overall"]["fpr"]), (&1.0.into(), &1.0.into()));
    assert_eq!(everything["overall"]["auroc"], json("answers.jsonl", &[])["overall"]["auroc"]);
}

#[test]
fn people_see_a_table() {
    let told = told("answers.jsonl", &[]);
    for part in [
        "responses ",
        "Data2txt ",
        "all ",
        "marked characters",
        "judged →",
        "99 % within",
        "default policy's `warn`",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(!told.contains('\u{1b}') && !told.contains("not checked and"), "{told}");
    assert!(told.lines().all(|line| line.chars().count() <= 132), "{told}");
}

#[test]
fn gold_calls_and_their_corruptions_are_judged() {
    let report = json("calls.jsonl", &[]);
    let calls = &report["overall"]["tool_calls"];
    assert_eq!(
        (&calls["gold"], &calls["rows_without_call"], &calls["rows_left_out"]),
        (&4.into(), &1.into(), &1.into())
    );
    assert_eq!(report["overall"]["n"], 24);
    assert_eq!(calls["gold_flagged"], 0, "{calls}");
    for kind in ["unknown_function", "missing_argument", "mistyped_argument"] {
        assert_eq!(
            (&calls["corruptions"][kind]["n"], &calls["corruptions"][kind]["recall"]),
            (&4.into(), &1.0.into()),
            "{kind}"
        );
    }
    assert_eq!(calls["corruptions"]["extra_argument"]["n"], 4);
    assert_eq!(calls["ungrounded_value"]["n"], 4);
    let told = told("calls.jsonl", &[]);
    for part in
        ["right (gold)", "unknown function", "ungrounded value", "rows whose gold breaks its own schema: 1."]
    {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[test]
fn the_diagram_is_written_where_it_was_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("reliability.svg");
    told("answers.jsonl", &["--plot", file.to_str().unwrap()]);
    let drawn = fs::read_to_string(&file).unwrap();
    assert!(drawn.starts_with("<svg ") && drawn.contains("15 judged, 8 of them unsupported"), "{drawn}");
    let data = labelled("answers.jsonl");
    let told = fails(&["--data", data.to_str().unwrap(), "--plot", "/nowhere/at/all.svg"], 1);
    assert!(told.contains("cannot write /nowhere/at/all.svg"), "{told}");
}

#[test]
fn what_cannot_be_measured_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let answers = labelled("answers.jsonl").to_str().unwrap().to_owned();
    for (arguments, code, says) in [
        (vec!["--data", "/nowhere.jsonl"], 1, "cannot read /nowhere.jsonl"),
        (vec!["--data", folder.path().to_str().unwrap()], 1, "cannot read "),
        (vec!["--data", &file("empty.jsonl", "\n\n")], 2, "empty.jsonl holds no row"),
        (
            vec!["--data", &answers, "--task", "Poems"],
            2,
            "is of the task \"Poems\"; there are Data2txt, QA, Summary",
        ),
        (
            vec!["--data", &answers, "--signals", "model", "--model", "off"],
            2,
            "--signals model needs a model; --model off leaves none",
        ),
        (vec!["--data", &answers, "--signals", "some"], 2, "invalid value 'some'"),
        (
            vec!["--data", &answers, "--threshold", "2"],
            2,
            "--threshold: \"2\" is not a risk; allowed: 0 to 1",
        ),
        (
            vec!["--data", &answers, "--prevalence", "1"],
            2,
            "--prevalence: \"1\" is not a share; allowed: above 0 and below 1",
        ),
        (vec!["--data", &answers, "--threads", "0"], 2, "--threads: \"0\" is not a number of threads"),
        (vec![], 2, "--data <FILE>"),
        (
            vec!["--data", &file("none.jsonl", "{\"messages\":[],\"functions\":[],\"gold\":[]}")],
            2,
            "rows in which no call fits: 1",
        ),
        (
            vec![
                "--data",
                &file(
                    "bad.jsonl",
                    "{\"context\":\"c\",\"response\":\"r\",\"labels\":[]}\n{\"context\":\"c\",\"response\":3,\"labels\":[]}",
                ),
            ],
            2,
            "bad.jsonl: 1 of its rows cannot be read:\n  line 2: response: is a number; a text is needed",
        ),
    ] {
        let told = fails(&arguments, code);
        assert!(told.contains(says), "{arguments:?}: {told}");
    }
}

/// The sources that nothing was trained on: `fold` of crates/judge/fit/common.py.
fn is_development(source: &str) -> bool {
    use sha2::{Digest, Sha256};
    let remainder =
        Sha256::digest(source).iter().fold(0_u32, |rest, byte| (rest * 256 + u32::from(*byte)) % 5);
    remainder == 0
}

/// The artefact that is in the repository is the one that was measured: on a part of its development sources it is as good as
/// docs/judging.md says, within what so few answers can show.
#[test]
fn the_built_in_judge_is_what_was_measured() {
    let Some(folder) = std::env::var_os("AGENTGUARD_DATA").map(PathBuf::from) else {
        eprintln!("skipped: AGENTGUARD_DATA is not set");
        return;
    };
    let rows = ["ragtruth-train.jsonl", "ragtruth-open-test.jsonl"]
        .map(|name| fs::read_to_string(folder.join(name)).unwrap());
    let row = |line: &&str| {
        serde_json::from_str::<Value>(line).unwrap()["source_id"].as_str().is_some_and(is_development)
    };
    let chosen: Vec<&str> = rows.iter().flat_map(|text| text.lines()).filter(row).step_by(6).collect();
    assert!(chosen.len() > 100, "{} answers", chosen.len());
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("development.jsonl");
    fs::write(&path, chosen.join("\n")).unwrap();
    let auroc = |signals: &str| {
        let output = run(&[
            "eval",
            "--data",
            path.to_str().unwrap(),
            "--signals",
            signals,
            "--threads",
            "2",
            "--json",
        ]);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        (
            report["overall"]["auroc"].as_f64().unwrap(),
            report["versions"]["judge"].as_str().unwrap().to_owned(),
        )
    };
    let (all, judge) = auroc("all");
    assert!(judge.contains("+encoder-"), "{judge}");
    assert!(all > 0.75, "{judge}: AUROC {all}");
    let (model, _) = auroc("model");
    assert!(model > 0.68, "the encoder alone: AUROC {model}");
}
