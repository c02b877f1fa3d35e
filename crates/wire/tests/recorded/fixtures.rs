//! The recorded files, found by `AGENTGUARD_FIXTURES`.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

/// One request and response.
pub(crate) struct Exchange {
    pub(crate) id: String,
    pub(crate) path: String,
    pub(crate) status: u64,
    pub(crate) content_type: String,
    pub(crate) request: Value,
    /// A JSON body, or a string where the response is a stream.
    pub(crate) response: Value,
}

fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("AGENTGUARD_FIXTURES").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: AGENTGUARD_FIXTURES does not name the folder of recorded traffic");
    }
    folder
}

/// The exchanges with a provider; none without fixtures.
pub(crate) fn exchanges(providers: &[&str]) -> Vec<Exchange> {
    let Some(folder) = folder() else { return Vec::new() };
    let text = fs::read_to_string(folder.join("wire/recorded-exchanges.jsonl")).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines
        .filter(|line| providers.iter().any(|provider| line["provider"] == *provider))
        .map(|line| Exchange {
            id: line["id"].as_str().unwrap_or_default().to_owned(),
            path: line["path"].as_str().unwrap().to_owned(),
            status: line["status"].as_u64().unwrap(),
            content_type: line["content_type"].as_str().unwrap().to_owned(),
            request: line["request"].clone(),
            response: line["response"].clone(),
        })
        .collect()
}

/// The recorded streams of folders with that prefix: name and payloads.
pub(crate) fn streams(prefix: &str) -> Vec<(String, Vec<String>)> {
    let Some(folder) = folder() else { return Vec::new() };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder.join("wire/stream-chunks")).unwrap() {
        let entry = entry.unwrap();
        if !entry.file_name().to_string_lossy().starts_with(prefix) {
            continue;
        }
        for file in fs::read_dir(entry.path()).unwrap() {
            let file = file.unwrap();
            let text = fs::read_to_string(file.path()).unwrap();
            let payloads = text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect();
            found.push((file.file_name().to_string_lossy().into_owned(), payloads));
        }
    }
    assert!(!found.is_empty(), "no recorded streams under {prefix}*");
    found.sort();
    found
}

/// The payloads of a recorded server-sent stream.
pub(crate) fn payloads_of_sse(text: &str) -> Vec<String> {
    let data = text.lines().filter_map(|line| line.strip_prefix("data:"));
    data.map(|data| data.trim().to_owned()).filter(|data| data != "[DONE]").collect()
}
