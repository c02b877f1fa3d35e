//! What the system tells the process by signals.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// What it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Read the policy again.
    Reload,
    /// Drain and end.
    End,
}

/// The signals that are listened to: SIGTERM, SIGINT and SIGHUP.
#[derive(Debug)]
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    /// Listens from now on: before anything else does, since a signal during start would kill half a process.
    ///
    /// # Errors
    /// The system's word.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// The next one.
    pub async fn next(&mut self) -> Told {
        tokio::select! {
            _ = self.terminate.recv() => Told::End,
            _ = self.interrupt.recv() => Told::End,
            _ = self.hangup.recv() => Told::Reload,
        }
    }

    /// Until the process is told to end.
    pub async fn end(&mut self) {
        while matches!(self.next().await, Told::Reload) {}
    }
}
