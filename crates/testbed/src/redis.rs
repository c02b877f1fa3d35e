//! A Redis server.

use tempfile::TempDir;

use crate::port;
use crate::server::{Server, program};

/// A Redis on a free port, with a password.
pub struct Redis {
    server: Option<Server>,
    port: u16,
    dir: TempDir,
}

/// Of the test's server, which nobody else reaches.
const PASSWORD: &str = "for-tests-only";

impl Redis {
    /// Starts one and waits until it answers.
    #[must_use]
    pub fn start() -> Self {
        let mut redis = Self { server: None, port: port::free(), dir: TempDir::new().expect("a folder") };
        redis.resume();
        redis
    }

    /// `redis://…`, with the password.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://:{PASSWORD}@127.0.0.1:{}/0", self.port)
    }

    /// Ends it, as a crash would.
    pub fn kill(&mut self) {
        if let Some(server) = self.server.take() {
            server.kill();
        }
    }

    /// Starts it again on the same port, empty.
    pub fn resume(&mut self) {
        let folder = self.dir.path().display().to_string();
        let command = [
            program("redis-server", &[], "redis-server").display().to_string(),
            "--bind".into(),
            "127.0.0.1".into(),
            "--port".into(),
            self.port.to_string(),
            "--requirepass".into(),
            PASSWORD.into(),
            "--save".into(),
            String::new(),
            "--dir".into(),
            folder,
        ];
        self.server = Some(Server::start(&command, "TERM"));
        port::answers(self.port, "redis-server");
    }
}
