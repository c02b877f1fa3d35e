//! What stands between client and origin, and how it is started.

use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;
use tempfile::TempDir;

use super::pki::{LISTED, MANY, Pki, UNLISTED};
use crate::contender::{Usage, family, free, nginx, pause, user};

/// A way from client to origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Nothing in between.
    Direct,
    /// nginx, which reads the name in the ClientHello and passes the bytes on.
    NginxTunnel,
    /// AgentGuard in mode `hosts`, for a host that is not listed.
    HostsTunnel,
    /// AgentGuard in mode `connect`, for a host that is not listed.
    ConnectTunnel,
    /// nginx, which ends TLS and begins it anew, with connections to the origin kept.
    NginxEnds,
    /// AgentGuard in mode `hosts`, for a listed host, on a path that it does not judge.
    Intercepted,
}

impl Way {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::NginxTunnel => "nginx ssl_preread",
            Self::HostsTunnel => "agentguard hosts",
            Self::ConnectTunnel => "agentguard connect",
            Self::NginxEnds => "nginx ssl",
            Self::Intercepted => "agentguard intercepts",
        }
    }

    /// The host that clients ask for.
    pub(super) fn host(self) -> &'static str {
        if matches!(self, Self::NginxEnds | Self::Intercepted) { LISTED } else { UNLISTED }
    }
}

/// A running one; ends with the value.
pub(super) struct Running {
    pub(super) way: Way,
    pub(super) address: SocketAddr,
    child: Option<Child>,
    folder: TempDir,
}

impl Running {
    pub(super) fn start(
        way: Way,
        origin: SocketAddr,
        pki: &Pki,
        binary: &Path,
        threads: usize,
    ) -> anyhow::Result<Self> {
        let folder = TempDir::new()?;
        if way == Way::Direct {
            return Ok(Self { way, address: origin, child: None, folder });
        }
        let address = free()?;
        let mut command = match way {
            Way::NginxTunnel | Way::NginxEnds => {
                let body = if way == Way::NginxEnds {
                    ends(address, origin, pki)
                } else {
                    preread(address, origin)?
                };
                let user = user();
                let conf = format!(
                    "daemon off; {user} worker_processes {threads}; pid nginx.pid; error_log stderr crit; worker_rlimit_nofile {};\n{body}",
                    files()
                );
                std::fs::write(folder.path().join("nginx.conf"), conf)?;
                let mut command = Command::new(nginx()?);
                command.arg("-p").arg(folder.path()).args(["-e", "error.log", "-c", "nginx.conf"]);
                command
            }
            _ => sidecar(way, address, origin, pki, binary, threads, folder.path())?,
        };
        let child = command
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(folder.path().join("stderr"))?)
            .spawn()
            .with_context(|| format!("cannot start {}", way.name()))?;
        let running = Self { way, address, child: Some(child), folder };
        let deadline = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(address).is_err() {
            anyhow::ensure!(
                Instant::now() < deadline,
                "{} does not listen on {address} after 20 s: {}",
                way.name(),
                running.said()
            );
            pause(Duration::from_millis(50));
        }
        Ok(running)
    }

    /// The authorities that its clients must trust.
    pub(super) fn roots(&self, pki: &Pki) -> Vec<PathBuf> {
        let mut roots = vec![pki.root()];
        if self.way == Way::Intercepted {
            roots.push(self.folder.path().join("ca/root.pem"));
        }
        roots
    }

    /// CPU and peak memory so far.
    pub(super) fn usage(&self) -> Usage {
        self.child.as_ref().map_or_else(Usage::default, |child| Usage::of(child.id()))
    }

    /// Resident memory now, KiB, workers included.
    pub(super) fn resident(&self) -> f64 {
        let pids = self.child.as_ref().map(|child| family(child.id())).into_iter().flatten();
        pids.map(resident).sum()
    }

    /// The end of what it wrote to stderr.
    pub(super) fn said(&self) -> String {
        let said = std::fs::read_to_string(self.folder.path().join("stderr")).unwrap_or_default();
        let lines: Vec<_> = said.lines().rev().take(5).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // SIGTERM, so that nginx takes its workers along.
            let _ = Command::new("kill").arg(child.id().to_string()).status();
            let _ = child.wait();
        }
    }
}

fn resident(pid: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|rest| rest.trim().split(' ').next()?.parse().ok()).unwrap_or_default()
}

fn sidecar(
    way: Way,
    address: SocketAddr,
    origin: SocketAddr,
    pki: &Pki,
    binary: &Path,
    threads: usize,
    folder: &Path,
) -> anyhow::Result<Command> {
    let policy = folder.join("policy.yaml");
    std::fs::write(&policy, "version: 1\ndefault: {delivery: pass, action: observe, capture: none}\n")?;
    let mode = if way == Way::ConnectTunnel { "connect" } else { "hosts" };
    let mut command = Command::new(binary);
    command.arg("sidecar").arg("--mode").arg(mode).arg("--catch-listen").arg(address.to_string());
    command.args(["--hosts", LISTED, "--hosts", MANY, "--model", "off", "--log", "error"]);
    command.arg("--threads").arg(threads.to_string()).arg("--admin-listen").arg(free()?.to_string());
    command.arg("--extra-ca").arg(pki.root()).arg("--policy").arg(policy);
    for host in [LISTED, UNLISTED] {
        command.arg("--resolve").arg(format!("{host}={origin}"));
    }
    for (flag, name) in [("--key-dir", "key"), ("--ca-dir", "ca"), ("--data-dir", "data")] {
        std::fs::create_dir(folder.join(name))?;
        command.arg(flag).arg(folder.join(name));
    }
    Ok(command)
}

/// Passing on by the name in the ClientHello.
fn preread(listen: SocketAddr, origin: SocketAddr) -> anyhow::Result<String> {
    let module = ["/usr/lib/nginx/modules", "/usr/lib64/nginx/modules", "/usr/local/nginx/modules"]
        .into_iter()
        .map(|folder| Path::new(folder).join("ngx_stream_module.so"))
        .find(|file| file.exists());
    // Without the file it may be built in.
    let load = module.map(|file| format!("load_module {};", file.display())).unwrap_or_default();
    Ok(format!(
        "{load}
events {{ worker_connections {}; }}
stream {{
  map $ssl_preread_server_name $to {{ {UNLISTED} {origin}; default 127.0.0.1:1; }}
  server {{ listen {listen} backlog=4096; ssl_preread on; proxy_pass $to; }}
}}
",
        files()
    ))
}

/// Ending TLS, and beginning it anew.
fn ends(listen: SocketAddr, origin: SocketAddr, pki: &Pki) -> String {
    let (root, chain, key) = (pki.root(), pki.chain(), pki.key());
    let (root, chain, key) = (root.display(), chain.display(), key.display());
    format!(
        "events {{ worker_connections {}; }}
http {{
  access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
  upstream origin {{ server {origin}; keepalive 256; keepalive_requests 1000000; }}
  server {{
    listen {listen} ssl backlog=4096; server_name {LISTED};
    ssl_certificate {chain}; ssl_certificate_key {key}; ssl_protocols TLSv1.2 TLSv1.3;
    location / {{
      proxy_pass https://origin; proxy_http_version 1.1; proxy_set_header Connection \"\"; proxy_set_header Host $host; proxy_buffering off;
      proxy_ssl_server_name on; proxy_ssl_name {LISTED}; proxy_ssl_verify on; proxy_ssl_verify_depth 3; proxy_ssl_trusted_certificate {root};
    }}
  }}
}}
",
        files()
    )
}

/// Files that a process may hold open.
pub(super) fn files() -> u64 {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).current.unwrap_or(1 << 20)
}

/// Raises what this process, and those that it starts, may hold open to what the system allows.
pub(super) fn raise_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    // What cannot be raised is met again below, where rows are made smaller.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
}
