//! `agentguard-proxy`: the sidecar of one pod. Reads the command line, starts the runtime, hands over.

mod command;
mod config;
mod files;
mod run;
mod trust;

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;

use crate::command::Command;
use crate::config::{Config, Problems};

/// Each exchange makes hundreds of small allocations that live as long as it does, on whichever thread polls it.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Wrong settings. Everything else that keeps it from starting is 1.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let Command::Sidecar(flags) = Command::parse();
    match serve(*flags) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "agentguard-proxy: {error:#}");
            if error.is::<Problems>() { ExitCode::from(USAGE) } else { ExitCode::FAILURE }
        }
    }
}

fn serve(flags: command::Flags) -> Result<()> {
    let config = Config::read(flags)?;
    // Only one provider of cryptography is built in; installing it fails when it is already there.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if let Some(threads) = config.threads {
        builder.worker_threads(threads);
    }
    let runtime = builder.enable_all().build().context("cannot start the runtime")?;
    runtime.block_on(run::run(config))?;
    Ok(())
}
