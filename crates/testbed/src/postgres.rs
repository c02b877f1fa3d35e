//! A PostgreSQL server.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::port;
use crate::server::{Server, program, root};

/// A cluster of its own on a free port.
pub struct Postgres {
    server: Option<Server>,
    port: u16,
    dir: TempDir,
    databases: AtomicU32,
    durable: bool,
}

const PACKAGE: &str = "postgresql";
/// Its crash recovery included.
const PATIENCE: Duration = Duration::from_secs(60);
/// Who owns the cluster when root runs the tests: the server refuses root. Debian's `nobody`.
const NOBODY: &str = "65534";

impl Postgres {
    /// One for a whole test binary, without syncs: quick, and as lasting as the process.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Postgres> = OnceLock::new();
        SHARED.get_or_init(|| Self::with(false))
    }

    /// One that syncs every commit, for tests that kill it.
    #[must_use]
    pub fn durable() -> Self {
        Self::with(true)
    }

    fn with(durable: bool) -> Self {
        let dir = TempDir::new().expect("a folder");
        if root(dir.path()) {
            let owned = Command::new("chown").args([NOBODY]).arg(dir.path()).status();
            assert!(owned.is_ok_and(|status| status.success()), "the folder can be given away");
        }
        let mut postgres =
            Self { server: None, port: port::free(), dir, databases: AtomicU32::new(0), durable };
        let data = postgres.data();
        let made = postgres
            .command("initdb")
            .args(["-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-locale", "--no-sync", "-D"])
            .arg(&data)
            .stdout(Stdio::null())
            .output()
            .expect("initdb runs");
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        postgres.resume();
        postgres
    }

    /// A fresh, empty database: its `postgres://…`.
    pub fn database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {name}"));
        self.url(&name)
    }

    /// The address of a database.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Runs SQL as the superuser; its first column, a value a line.
    pub fn sql(&self, database: &str, sql: &str) -> String {
        let run = self
            .command("psql")
            .args([
                "-h",
                "127.0.0.1",
                "-p",
                &self.port.to_string(),
                "-U",
                "postgres",
                "-qtAX",
                "-v",
                "ON_ERROR_STOP=1",
            ])
            .args(["-d", database, "-c", sql])
            .output()
            .expect("psql runs");
        assert!(run.status.success(), "{sql}: {}", String::from_utf8_lossy(&run.stderr));
        String::from_utf8_lossy(&run.stdout).trim().to_owned()
    }

    /// Ends it, as a crash would.
    pub fn kill(&mut self) {
        if let Some(server) = self.server.take() {
            server.kill();
        }
    }

    /// Starts it again on the same port with the same data.
    pub fn resume(&mut self) {
        // What a killed one left: the next would wonder whether it still runs.
        let _ = fs::remove_file(self.data().join("postmaster.pid"));
        let sync = if self.durable { "on" } else { "off" };
        let mut command = self.words("postgres");
        command.extend(["-D".into(), self.data().display().to_string(), "-p".into(), self.port.to_string()]);
        command.extend(["-k".into(), self.dir.path().display().to_string(), "-h".into(), "127.0.0.1".into()]);
        for setting in [
            format!("fsync={sync}"),
            format!("synchronous_commit={sync}"),
            format!("full_page_writes={sync}"),
            "max_connections=200".into(),
            "shared_buffers=128MB".into(),
        ] {
            command.extend(["-c".into(), setting]);
        }
        // SIGINT: end at once, clients or not.
        self.server = Some(Server::start(&command, "INT"));
        self.ready();
    }

    /// The port opens before recovery ends.
    fn ready(&self) {
        let begun = Instant::now();
        loop {
            let port = self.port.to_string();
            let ready = self.command("pg_isready").args(["-q", "-h", "127.0.0.1", "-p", &port]).status();
            if ready.is_ok_and(|status| status.success()) {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "postgres did not answer within {PATIENCE:?}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    fn command(&self, name: &str) -> Command {
        let words = self.words(name);
        let mut command = Command::new(&words[0]);
        // The folder that the tests run in may be closed to the cluster's owner.
        command.args(&words[1..]).current_dir(self.dir.path());
        command
    }

    /// The command line of one of PostgreSQL's programs, by the cluster's owner.
    fn words(&self, name: &str) -> Vec<String> {
        let mut folders: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
            .map(|versions| versions.flatten().map(|version| version.path().join("bin")).collect())
            .unwrap_or_default();
        folders.sort();
        folders.reverse();
        let program = program(name, &folders, PACKAGE).display().to_string();
        if root(self.dir.path()) || self.given_away() {
            ["setpriv", "--reuid", NOBODY, "--clear-groups"]
                .map(str::to_owned)
                .into_iter()
                .chain([program])
                .collect()
        } else {
            vec![program]
        }
    }

    fn given_away(&self) -> bool {
        use std::os::unix::fs::MetadataExt;
        fs::metadata(self.dir.path()).is_ok_and(|m| m.uid().to_string() == NOBODY)
    }
}
