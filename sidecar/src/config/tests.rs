use clap::Parser;

use super::*;
use crate::command::Command;

fn read(flags: &[&str]) -> Result<Config, Problems> {
    let Command::Sidecar(flags) = Command::parse_from([&["agentguard-proxy", "sidecar"], flags].concat());
    Config::read(*flags)
}

#[test]
fn each_mode_listens_where_its_traffic_arrives() {
    for (mode, addresses) in [
        ("transparent", vec!["127.0.0.1:19001", "[::1]:19001"]),
        ("hosts", vec!["127.0.0.1:443", "[::1]:443"]),
        ("connect", vec!["127.0.0.1:19002", "[::1]:19002"]),
        ("base-url", vec![]),
    ] {
        let config = read(&["--mode", mode]).unwrap();
        let listen: Vec<String> = config.listen.iter().map(|catch| catch.address.to_string()).collect();
        assert_eq!(listen, addresses, "{mode}");
        assert_eq!(config.base_url_listen().is_some(), mode == "base-url");
        assert!(config.hosts.contains("api.openai.com") && config.hosts.contains("me.openai.azure.com"));
    }
}

#[test]
fn all_problems_are_told_together() {
    let flags = [
        "--mode=base-url",
        "--hosts=*.com",
        "--upstream=x",
        "--inbound=a=http://b",
        "--resolve=x=y",
        "--threads=0",
    ];
    let problems = read(&[&flags[..], &["--catch-listen=127.0.0.1:1", "--control-token-file=/t"]].concat())
        .err()
        .unwrap();
    let text = problems.to_string();
    for flag in [
        "--hosts",
        "--upstream",
        "--inbound",
        "--resolve",
        "--threads",
        "--catch-listen",
        "--control-token-file",
    ] {
        assert!(text.contains(flag), "{flag} is missing in: {text}");
    }
}

#[test]
fn a_pods_name_tells_its_workload() {
    for (pod, name) in [
        ("web-7d4b9c6f5-x2x9q", "web"),
        ("my-job-x2x9q", "my-job"),
        ("db-0", "db"),
        ("alone", "alone"),
        ("", ""),
    ] {
        assert_eq!(owner(pod), name, "{pod}");
    }
}
