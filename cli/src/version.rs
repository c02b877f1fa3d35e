//! `agentguard version`.

use std::io::{self, Write};

use serde::Serialize;

/// What the binary is.
#[derive(Serialize)]
struct Version {
    name: &'static str,
    version: &'static str,
    profile: &'static str,
    target: String,
}

/// Prints the version.
///
/// # Errors
/// When `out` cannot be written.
pub fn print(json: bool, out: &mut impl Write) -> io::Result<()> {
    let version = Version {
        name: "agentguard",
        version: env!("CARGO_PKG_VERSION"),
        profile: if cfg!(debug_assertions) { "debug" } else { "release" },
        target: format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS),
    };
    if json {
        serde_json::to_writer(&mut *out, &version)?;
        writeln!(out)
    } else {
        writeln!(out, "agentguard {} ({} build, {})", version.version, version.profile, version.target)
    }
}
