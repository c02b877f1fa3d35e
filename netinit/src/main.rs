//! The `agentguard-netinit` command.

use std::io::{self, Write};
use std::process::ExitCode;

use agentguard_netinit::args::Args;
use agentguard_netinit::exit::Exit;
use clap::Parser;

fn main() -> ExitCode {
    let args = Args::parse();
    match agentguard_netinit::run(&args, &mut io::stdout().lock()) {
        Ok(()) => Exit::Fine.into(),
        Err(error) => {
            let _ = writeln!(io::stderr(), "agentguard-netinit: {error}");
            error.exit().into()
        }
    }
}
