//! Each thing that can be out of place is found and told in plain words.

use std::fs;

use super::*;
use crate::provider::{Provider, Script};

async fn check(flags: &[&str]) -> (Exit, String) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let arguments = ["agentguard", "check"].into_iter().chain(flags.iter().copied());
    let matches = crate::command::command().try_get_matches_from(arguments).unwrap();
    let mut out = Vec::new();
    let flags = matches.subcommand_matches("check").unwrap();
    let exit = run(flags, &Environment::new(), Style::PLAIN, &mut out).await.unwrap();
    (exit, String::from_utf8(out).unwrap())
}

const FREE: [&str; 8] = [
    "--control-listen",
    "127.0.0.1:0",
    "--metrics-listen",
    "127.0.0.1:0",
    "--base-url-listen",
    "127.0.0.1:0",
    "--admin-listen",
    "127.0.0.1:0",
];

#[tokio::test]
async fn everything_in_place_is_fine() {
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("policy.yaml");
    fs::write(&policy, "version: 1\ndefault: { action: observe }\n").unwrap();
    let provider = Provider::start("127.0.0.1:0", Script::new()).await.unwrap();
    let upstream = format!("local=http://{}", provider.address());
    let data = folder.path().join("not/yet/there");
    let mut flags = vec!["--policy", policy.to_str().unwrap(), "--upstream", &upstream];
    flags.extend(["--data-dir", data.to_str().unwrap()]);
    flags.extend(FREE);
    let (exit, told) = check(&flags).await;
    assert_eq!(exit, Exit::Fine, "{told}");
    assert!(told.contains("policy.yaml is in order: 0 routes, revision "), "{told}");
    assert!(told.contains("not/yet/there will be made") && told.contains("answers (404 in"), "{told}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left behind");
}

#[tokio::test]
async fn a_port_in_use_and_an_upstream_that_is_not_there_are_failures() {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let (listen, upstream) = (taken.local_addr().unwrap().to_string(), format!("gone=http://{closed}"));
    let mut flags = vec!["--data-dir", folder.path().to_str().unwrap(), "--upstream", &upstream];
    flags.extend(FREE[2..].iter());
    flags.extend(["--control-listen", &listen]);
    let (exit, told) = check(&flags).await;
    assert_eq!(exit, Exit::Failed, "{told}");
    assert!(told.contains("is in use by another process; give --control-listen another"), "{told}");
    assert!(told.contains("upstream gone") && told.contains("Connection refused"), "{told}");
    let (exit, told) = check(&[&flags[..], &["--offline"]].concat()).await;
    assert_eq!(exit, Exit::Failed, "the port is still in use: {told}");
    assert!(told.contains("not tried (--offline)"), "{told}");
}

#[tokio::test]
async fn a_wrong_policy_or_configuration_is_another_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("policy.yaml");
    fs::write(&policy, "version: 1\ndefault: { action: shout }\n").unwrap();
    let mut flags = vec!["--policy", policy.to_str().unwrap()];
    flags.extend(["--data-dir", folder.path().to_str().unwrap()]);
    flags.extend(FREE);
    let (exit, told) = check(&flags).await;
    assert_eq!(exit, Exit::Usage, "{told}");
    assert!(told.contains("policy.yaml:2:") && told.contains("observe, annotate, redact, block"), "{told}");
    let (exit, told) = check(&["--admin-listen", "x", "--drain", "y"]).await;
    assert_eq!(exit, Exit::Usage);
    assert!(told.contains("--admin-listen: ") && told.contains("--drain: "), "{told}");
}

#[tokio::test]
async fn a_data_directory_that_is_a_file_is_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let mut flags = vec!["--data-dir", file.to_str().unwrap(), "--json"];
    flags.extend(FREE);
    let (exit, told) = check(&flags).await;
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!((exit, &told["fine"]), (Exit::Failed, &false.into()));
    let finding = told["checks"].as_array().unwrap().iter().find(|f| f["what"] == "data directory").unwrap();
    assert_eq!(finding["standing"], "failed");
    assert!(finding["detail"].as_str().unwrap().ends_with("is not a directory"));
}
