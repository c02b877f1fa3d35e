use std::io::{Read, Seek};
use std::sync::Arc;

use super::*;

/// What a logger with this filter writes while `work` runs.
fn written(filter: &str, format: Format, work: impl FnOnce()) -> String {
    let file = Arc::new(tempfile::tempfile().expect("a temporary file"));
    let subscriber =
        Registry::default().with(lines(format, Arc::clone(&file))).with(filter_of(filter).expect("a filter"));
    tracing::subscriber::with_default(subscriber, work);
    let mut text = String::new();
    let mut file: &std::fs::File = &file;
    file.rewind().and_then(|()| file.read_to_string(&mut text)).expect("readable");
    text
}

#[test]
fn json_lines_are_json() {
    let text = written("info", Format::Json, || tracing::info!(port = 19003, "listening"));
    let line: serde_json::Value = serde_json::from_str(text.trim()).unwrap();
    assert_eq!(
        (&line["level"], &line["message"], &line["port"]),
        (&"INFO".into(), &"listening".into(), &19003.into())
    );
}

#[test]
fn dependencies_stay_capped_whatever_is_asked_for() {
    let text = written("trace,h2=trace", Format::Json, || {
        tracing::debug!(target: "h2::codec", "frame with headers");
        tracing::warn!(target: "h2::codec", "reset");
        tracing::trace!(target: "agentguard_proxy", "ours");
    });
    assert!(!text.contains("frame with headers"), "{text}");
    assert!(text.contains("reset") && text.contains("ours"), "{text}");
}

#[test]
fn lines_of_the_log_crate_are_scrubbed_and_keep_their_target() {
    use log::Log;
    let text = written("info", Format::Json, || {
        let record = |level, text| {
            let args = format_args!("{text}");
            scrub::Bridge
                .log(&log::Record::builder().level(level).target("pingora_proxy").args(args).build());
        };
        record(log::Level::Error, "Fail to proxy: GET /a?key=secret, Host: h");
        record(log::Level::Info, "noise");
    });
    assert!(text.contains("GET /a?… Host: h") && text.contains("pingora_proxy"), "{text}");
    assert!(!text.contains("secret") && !text.contains("noise"), "{text}");
}

#[test]
fn a_bad_filter_is_explained() {
    for (filter, why) in [("inof", "\"inof\" is no level"), ("agentguard=loud", "error parsing level filter")]
    {
        let error = filter_of(filter).expect_err("not a filter").to_string();
        let start = format!("AGENTGUARD_LOG: {filter:?} is not a log filter: {why}");
        assert!(error.starts_with(&start) && error.contains("; use a level (error, "), "{error}");
    }
    for filter in ["", "info", "warn,agentguard_proxy=debug", "off", "info, agentguard_control::store=trace"]
    {
        assert!(filter_of(filter).is_ok(), "{filter:?}");
    }
}

#[test]
fn a_panic_is_logged_by_its_place_and_without_its_message() {
    let text = written("info", Format::Json, || {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(panicked));
        let caught = std::panic::catch_unwind(|| panic!("at {:?}", "the customer's words"));
        std::panic::set_hook(before);
        assert!(caught.is_err());
    });
    assert!(text.contains("logs/tests.rs:") && !text.contains("customer"), "{text}");
}
