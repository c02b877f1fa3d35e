//! The `agentguard` command: reads the command line and hands over.

use std::io;
use std::process::ExitCode;

use agentguard::exit::Exit;
use agentguard::{command, version};
use clap::ArgMatches;
use clap_complete::Shell;

fn main() -> ExitCode {
    let mut command = command::command();
    let matches = command.clone().get_matches();
    let result = match matches.subcommand() {
        Some(("version", flags)) => {
            version::print(flags.get_flag("json"), &mut io::stdout()).map(|()| Exit::Fine)
        }
        Some(("completions", flags)) => completions(&mut command, flags),
        _ => Ok(Exit::Usage),
    };
    result.unwrap_or(Exit::Failed).into()
}

fn completions(command: &mut clap::Command, flags: &ArgMatches) -> io::Result<Exit> {
    if let Some(shell) = flags.get_one::<Shell>("shell") {
        clap_complete::generate(*shell, command, "agentguard", &mut io::stdout());
    }
    Ok(Exit::Fine)
}
