//! What is compared: nothing in between, nginx, pingora alone, and AgentGuard in three modes, with the rules alone and with the encoder.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;
use tempfile::TempDir;

use crate::sink::Sink;

/// A way between load and origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Direct,
    Nginx,
    /// A proxy that does nothing, on the library that AgentGuard is built on.
    Pingora,
    /// AgentGuard on a path that it does not judge.
    Plain,
    /// AgentGuard, judged by the rules, nothing added to the traffic.
    Observe,
    /// AgentGuard, every sentence held until it is judged.
    Sentence,
    /// As [`Kind::Observe`], with the encoder.
    ModelObserve,
    /// As [`Kind::Sentence`], with the encoder.
    ModelSentence,
}

impl Kind {
    pub(crate) const ALL: [Self; 8] = [
        Self::Direct,
        Self::Nginx,
        Self::Pingora,
        Self::Plain,
        Self::Observe,
        Self::Sentence,
        Self::ModelObserve,
        Self::ModelSentence,
    ];

    /// Whether the encoder judges, too.
    pub(crate) fn reads(self) -> bool {
        matches!(self, Self::ModelObserve | Self::ModelSentence)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Nginx => "nginx",
            Self::Pingora => "pingora alone",
            Self::Plain => "agentguard plain",
            Self::Observe => "agentguard observe",
            Self::Sentence => "agentguard sentence",
            Self::ModelObserve => "encoder observe",
            Self::ModelSentence => "encoder sentence",
        }
    }

    /// Whether every exchange gives a verdict.
    pub(crate) fn reports(self) -> bool {
        matches!(self, Self::Observe | Self::Sentence) || self.reads()
    }

    fn policy(self) -> &'static str {
        match self {
            Self::Sentence | Self::ModelSentence => "{delivery: sentence, action: redact, capture: none}",
            _ => "{delivery: pass, action: observe, capture: none}",
        }
    }
}

/// A running contender; ends with the value.
pub(crate) struct Contender {
    pub(crate) address: SocketAddr,
    /// Path of a chat completion.
    pub(crate) path: &'static str,
    child: Option<Child>,
    folder: TempDir,
}

/// What a contender's processes used.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    /// CPU time, milliseconds.
    pub(crate) cpu_ms: f64,
    /// Highest resident set so far, MiB.
    pub(crate) rss_mib: f64,
}

impl Usage {
    /// Of a process and its children.
    pub(crate) fn of(pid: u32) -> Self {
        family(pid).into_iter().map(process_usage).fold(Self::default(), |sum, one| Self {
            cpu_ms: sum.cpu_ms + one.cpu_ms,
            rss_mib: sum.rss_mib + one.rss_mib,
        })
    }

    pub(crate) fn since(self, before: Self) -> Self {
        Self { cpu_ms: self.cpu_ms - before.cpu_ms, rss_mib: self.rss_mib }
    }
}

impl Contender {
    pub(crate) fn start(
        kind: Kind,
        origin: SocketAddr,
        sink: &Sink,
        threads: usize,
        binary: &Path,
    ) -> anyhow::Result<Self> {
        let folder = TempDir::new()?;
        let (address, path, mut command) = match kind {
            Kind::Direct => {
                return Ok(Self { address: origin, path: "/v1/chat/completions", child: None, folder });
            }
            Kind::Nginx => {
                let address = free()?;
                std::fs::write(folder.path().join("nginx.conf"), nginx_conf(address, origin, threads))?;
                let mut command = Command::new(nginx()?);
                command.arg("-p").arg(folder.path()).args(["-e", "error.log", "-c", "nginx.conf"]);
                (address, "/v1/chat/completions", command)
            }
            Kind::Pingora => {
                let address = free()?;
                let mut command = Command::new(std::env::current_exe()?);
                command
                    .arg("pingora")
                    .arg(address.to_string())
                    .arg(origin.to_string())
                    .arg(threads.to_string());
                (address, "/v1/chat/completions", command)
            }
            Kind::Plain | Kind::Observe | Kind::Sentence | Kind::ModelObserve | Kind::ModelSentence => {
                let address = free()?;
                let policy = folder.path().join("policy.yaml");
                std::fs::write(&policy, format!("version: 1\ndefault: {}\n", kind.policy()))?;
                let mut command = Command::new(binary);
                command
                    .arg("up")
                    .arg("--data-dir")
                    .arg(folder.path().join("data"))
                    .arg("--policy")
                    .arg(policy);
                command
                    .args(["--admin-listen", "off", "--model", if kind.reads() { "builtin" } else { "off" }])
                    .arg("--control-url")
                    .arg(format!("http://{}", sink.address));
                command.arg("--base-url-listen").arg(address.to_string());
                command.arg("--upstream").arg(format!("origin=http://{origin}"));
                command.arg("--threads").arg(threads.to_string());
                // Not the path of a known format: passed, not judged.
                let path =
                    if kind == Kind::Plain { "/origin/v1/plain" } else { "/origin/v1/chat/completions" };
                (address, path, command)
            }
        };
        let child = command
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(folder.path().join("stderr"))?)
            .spawn()
            .with_context(|| format!("cannot start {}", kind.name()))?;
        let contender = Self { address, path, child: Some(child), folder };
        let deadline = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(address).is_err() {
            anyhow::ensure!(
                Instant::now() < deadline,
                "{} does not listen on {address} after 20 s",
                kind.name()
            );
            pause(Duration::from_millis(50));
        }
        Ok(contender)
    }

    /// CPU and memory of the process and its children (nginx's workers).
    pub(crate) fn usage(&self) -> Usage {
        self.child.as_ref().map_or_else(Usage::default, |child| Usage::of(child.id()))
    }
}

impl Contender {
    /// Ends it, and gives the end of what it wrote to stderr.
    pub(crate) fn end(mut self) -> String {
        self.stop();
        let said = std::fs::read_to_string(self.folder.path().join("stderr")).unwrap_or_default();
        let lines: Vec<_> = said.lines().rev().take(10).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }

    fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // SIGTERM, so that nginx takes its workers along; both drain within seconds.
            let _ = Command::new("kill").arg(child.id().to_string()).status();
            let _ = child.wait();
        }
    }
}

impl Drop for Contender {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A process and its children.
pub(crate) fn family(pid: u32) -> Vec<u32> {
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    std::iter::once(pid).chain(children.split_whitespace().filter_map(|pid| pid.parse().ok())).collect()
}

fn process_usage(pid: u32) -> Usage {
    // proc_pid_stat(5): utime and stime are fields 14 and 15, in ticks of 10 ms on Linux.
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks: f64 = [11, 12].iter().filter_map(|&i| fields.get(i)?.parse::<f64>().ok()).sum();
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:")?.trim().split(' ').next()?.parse::<f64>().ok());
    Usage { cpu_ms: ticks * 10.0, rss_mib: peak.unwrap_or_default() / 1024.0 }
}

pub(crate) fn nginx() -> anyhow::Result<&'static str> {
    ["/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/sbin/nginx"]
        .into_iter()
        .find(|path| Path::new(path).exists())
        .context("nginx is missing: run `scripts/setup.sh bench`")
}

/// nginx's workers are to run as whoever runs this.
pub(crate) fn user() -> &'static str {
    let root = std::fs::metadata("/proc/self").is_ok_and(|m| std::os::unix::fs::MetadataExt::uid(&m) == 0);
    if root { "user root;" } else { "" }
}

fn nginx_conf(listen: SocketAddr, origin: SocketAddr, threads: usize) -> String {
    let user = user();
    format!(
        "daemon off; {user} worker_processes {threads}; pid nginx.pid; error_log stderr crit;
events {{ worker_connections 4096; }}
http {{
  access_log off; client_body_buffer_size 64k; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
  keepalive_requests 1000000;
  upstream origin {{ server {origin}; keepalive 256; keepalive_requests 1000000; }}
  server {{
    listen {listen};
    location / {{ proxy_pass http://origin; proxy_http_version 1.1; proxy_set_header Connection \"\"; proxy_buffering off; }}
  }}
}}
"
    )
}

/// An address on loopback that nobody listens on.
pub(crate) fn free() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// Start-up only: no runtime is running yet.
#[expect(
    clippy::disallowed_methods,
    reason = "no async worker is blocked: the contender is started before the load"
)]
pub(crate) fn pause(time: Duration) {
    std::thread::sleep(time);
}
