//! The exit codes. They are an interface: scripts and CI decide by them.

use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: everything is as it should be.
    Fine,
    /// 1: it could not be done; stderr says why.
    Failed,
    /// 2: command line, configuration, policy or a file to be judged are wrong; nothing was started.
    Usage,
    /// 3: it was done, and what was judged is not as it should be (`score --fail-on`, `demo --exit`).
    Flagged,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Fine => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Flagged => 3,
        })
    }
}
