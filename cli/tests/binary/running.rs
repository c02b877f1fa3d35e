//! A started binary, and plain ways to talk to it.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use agentguard::provider::Provider;
use serde_json::Value;

pub(crate) fn binary() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_agentguard"));
    // What the developer's own shell says must not decide a test.
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AGENTGUARD_")) {
        command.env_remove(name);
    }
    command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").stdin(Stdio::null());
    command
}

pub(crate) fn run(arguments: &[&str]) -> Output {
    binary().args(arguments).output().unwrap()
}

pub(crate) fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// A running `agentguard up` on ports of its own.
pub(crate) struct Up {
    child: Child,
    pub(crate) base: SocketAddr,
    pub(crate) control: SocketAddr,
    pub(crate) admin: SocketAddr,
    log: mpsc::Receiver<String>,
}

impl Up {
    pub(crate) fn start(folder: &Path, provider: &Provider, more: &[&str]) -> Self {
        let upstream = format!("openai=http://{}", provider.address());
        let data = folder.join("data");
        let mut command = binary();
        command.args([
            "up",
            "--data-dir",
            data.to_str().unwrap(),
            "--upstream",
            &upstream,
            "--log-format",
            "text",
        ]);
        for name in ["control", "metrics", "base-url", "admin"] {
            command.args([format!("--{name}-listen"), "127.0.0.1:0".to_owned()]);
        }
        let mut child = command.args(more).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut banner = BufReader::new(child.stdout.take().unwrap());
        let mut told = String::new();
        while !told.contains("OLLAMA_HOST=") {
            if banner.read_line(&mut told).unwrap() == 0 {
                let mut log = String::new();
                child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
                panic!("it ended at start: {log}");
            }
        }
        let (send, log) = mpsc::channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
        let address = |before: &str, after: &str| -> SocketAddr {
            let rest = told.split(before).nth(1).unwrap_or_else(|| panic!("{before} is not in {told}"));
            rest.split(after).next().unwrap().trim().parse().unwrap()
        };
        Self {
            base: address("OPENAI_BASE_URL=http://", "/openai/v1"),
            control: address("dashboard    http://", "\n"),
            admin: address("proxy admin  http://", "/ready"),
            child,
            log,
        }
    }

    pub(crate) fn chat(&self) -> String {
        format!("http://{}/openai/v1/chat/completions", self.base)
    }

    /// Waits for a log line that holds `text`.
    pub(crate) fn logged(&self, text: &str) -> String {
        let until = Instant::now() + Duration::from_secs(10);
        let mut seen = Vec::new();
        while let Ok(line) = self.log.recv_timeout(until.saturating_duration_since(Instant::now())) {
            if line.contains(text) {
                return line;
            }
            seen.push(line);
        }
        panic!("{text:?} was not logged, but: {seen:#?}");
    }

    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([format!("-{name}"), pid]).status().unwrap().success());
    }

    pub(crate) async fn ended(mut self) -> ExitStatus {
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < until, "it does not end");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The stored verdicts, waiting until there are so many.
    pub(crate) async fn verdicts(&self, count: usize) -> Vec<Value> {
        let url = format!("http://{}/api/v1/verdicts?limit=100", self.control);
        let until = Instant::now() + Duration::from_secs(10);
        loop {
            let page: Value = client().get(&url).send().await.unwrap().json().await.unwrap();
            let items = page["items"].as_array().unwrap();
            if items.len() >= count {
                return items.clone();
            }
            assert!(Instant::now() < until, "{} verdicts of {count}", items.len());
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
