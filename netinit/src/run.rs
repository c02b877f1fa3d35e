//! From arguments to a working table.

use std::io::{self, Write};

use thiserror::Error;

use crate::args::Args;
use crate::exit::Exit;
use crate::kernel::KernelError;
use crate::settings::{Problems, Settings};
use crate::table::{TABLE, Table};
use crate::verify::VerifyError;
use crate::{encode, kernel, verify};

/// Why the init step failed.
#[derive(Debug, Error)]
pub enum InitError {
    /// The arguments are wrong.
    #[error(transparent)]
    Usage(#[from] Problems),
    /// The kernel did not apply the table.
    #[error(transparent)]
    Kernel(#[from] KernelError),
    /// The table was applied, but its check failed.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// Nobody reads what was to be said.
    #[error("cannot write to stdout: {0}")]
    Output(#[from] io::Error),
}

impl InitError {
    /// The exit code that tells it.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Usage(_) => Exit::Usage,
            Self::Kernel(KernelError::Denied) => Exit::Denied,
            Self::Verify(VerifyError::Unchecked(_) | VerifyError::Setup { .. })
            | Self::Kernel(_)
            | Self::Output(_) => Exit::Failed,
            Self::Verify(_) => Exit::Broken,
        }
    }
}

/// Does what the arguments ask for, and says to `out` what it did.
///
/// # Errors
/// When it could not be done, or does not work; [`InitError::exit`] tells them apart.
pub fn run(args: &Args, out: &mut impl Write) -> Result<(), InitError> {
    if args.remove {
        kernel::apply(&encode::remove())?;
        return Ok(writeln!(out, "agentguard-netinit: the table inet {TABLE} is deleted")?);
    }
    let settings = Settings::read(args, rustix::process::geteuid().as_raw())?;
    let table = Table::from(&settings);
    if args.print {
        return Ok(write!(out, "{table}")?);
    }
    kernel::apply(&encode::replace(&table))?;
    if args.no_verify {
        return Ok(writeln!(out, "agentguard-netinit: the table inet {TABLE} is in place; not checked")?);
    }
    let report = verify::verify(&settings)?;
    Ok(writeln!(
        out,
        "agentguard-netinit: the table inet {TABLE} is in place; the redirect to :{}: {report}",
        settings.redirect
    )?)
}
