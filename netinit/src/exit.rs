//! The exit codes. They are an interface: a controller that repairs pods decides by them.

use std::process::ExitCode;

/// How the init step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: the table is in place and the redirect works.
    Fine,
    /// 1: it could not be done, or not be checked; stderr says why.
    Failed,
    /// 2: the arguments are wrong; nothing was changed.
    Usage,
    /// 77 (`EX_NOPERM` of `sysexits.h`): `CAP_NET_ADMIN` is missing; nothing was changed.
    Denied,
    /// 95: the table is in place, but the redirect does not work.
    Broken,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Fine => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Denied => 77,
            Exit::Broken => 95,
        })
    }
}
