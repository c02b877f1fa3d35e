//! The `agentguard` command: reads command line and environment, starts the runtime, hands over.

use std::io::{self, Write};
use std::process::ExitCode;

use agentguard::config::{Config, Environment, Problems};
use agentguard::exit::Exit;
use agentguard::style::Style;
use agentguard::{check, command, demo, eval, policy, score, up, version};
use anyhow::{Context, Result};
use clap::ArgMatches;
use clap_complete::Shell;

/// Each exchange makes hundreds of small allocations that live as long as it does, on whichever thread polls it.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let matches = command::command().get_matches();
    let environment: Environment = std::env::vars_os().collect();
    match run(&matches, &environment) {
        Ok(exit) => exit.into(),
        // The reader of the output went away (`agentguard … | head`): nothing is wrong.
        Err(error) if is_broken_pipe(&error) => Exit::Fine.into(),
        Err(error) => {
            let _ = writeln!(io::stderr(), "agentguard: {}", told(&error));
            exit_of(&error).into()
        }
    }
}

fn run(matches: &ArgMatches, environment: &Environment) -> Result<Exit> {
    let style = Style::of_stdout(environment);
    let mut out = io::stdout();
    Ok(match matches.subcommand() {
        Some(("up", flags)) => {
            let config = Config::read(flags, environment)?;
            let runtime = runtime(config.threads)?;
            let exit = runtime.block_on(up::run(config, environment, style, &mut out))?;
            // After a second signal, what still runs is not waited for.
            runtime.shutdown_background();
            exit
        }
        Some(("demo", flags)) => runtime(None)?.block_on(demo::run(flags, environment, style, &mut out))?,
        Some(("score", flags)) => score::run(flags, style, &mut out)?,
        Some(("eval", flags)) => eval::run(flags, style, &mut out)?,
        Some(("check", flags)) => runtime(None)?.block_on(check::run(flags, environment, style, &mut out))?,
        Some(("policy", flags)) => runtime(Some(1))?.block_on(policy::run(flags, environment, &mut out))?,
        Some(("version", flags)) => version::print(flags.get_flag("json"), &mut out).map(|()| Exit::Fine)?,
        Some(("completions", flags)) => completions(flags, &mut out),
        _ => Exit::Usage,
    })
}

fn runtime(threads: Option<usize>) -> Result<tokio::runtime::Runtime> {
    // Only one provider of cryptography is built in; installing it fails when it is already there.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if let Some(threads) = threads {
        builder.worker_threads(threads);
    }
    builder.enable_all().build().context("cannot start the runtime")
}

fn completions(flags: &ArgMatches, out: &mut impl Write) -> Exit {
    if let Some(shell) = flags.get_one::<Shell>("shell") {
        clap_complete::generate(*shell, &mut command::command(), "agentguard", out);
    }
    Exit::Fine
}

fn exit_of(error: &anyhow::Error) -> Exit {
    let of = |exit: Option<Exit>| exit.into_iter();
    of(error.downcast_ref::<Problems>().map(|_| Exit::Usage))
        .chain(error.downcast_ref::<up::UpError>().map(up::UpError::exit))
        .chain(error.downcast_ref::<demo::DemoError>().map(demo::DemoError::exit))
        .chain(error.downcast_ref::<score::ScoreError>().map(score::ScoreError::exit))
        .chain(error.downcast_ref::<eval::EvalError>().map(eval::EvalError::exit))
        .chain(error.downcast_ref::<policy::PolicyCommandError>().map(policy::PolicyCommandError::exit))
        .next()
        .unwrap_or(Exit::Failed)
}

/// The error with its causes, each told once: most of them already name theirs.
fn told(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |told, cause| match () {
        () if told.is_empty() => cause,
        () if told.contains(&cause) => told,
        () => format!("{told}: {cause}"),
    })
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}
