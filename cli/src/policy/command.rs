//! The command line of `agentguard policy`.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, Command, ValueHint, value_parser};

use crate::remote;

const EXAMPLES: &str = "\
Examples:
  agentguard policy validate policy.yaml
  agentguard policy simulate policy.yaml --days 7
  agentguard policy publish answers --file policy.yaml --canary 10 --reason \"blocks what contradicts\"
  agentguard policy promote answers
  agentguard policy rollback answers --reason \"too much was blocked\"
  agentguard policy kill-switch on --namespaces shop --reason \"orders are refused\"";

/// `agentguard policy`.
pub(crate) fn command() -> Command {
    Command::new("policy")
        .about("Show, try and publish the control plane's policies; the kill switch")
        .after_help(EXAMPLES)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .args(remote::args())
        .arg(
            Arg::new("json").long("json").global(true).action(ArgAction::SetTrue).help("Print the API's answer"),
        )
        .subcommand(Command::new("list").about("Every policy and what is published of it"))
        .subcommand(
            Command::new("show")
                .about("A policy, its versions and what was done with it; or one version's text")
                .arg(name())
                .arg(number("version", "Print this version's text; 0: the newest")),
        )
        .subcommand(
            Command::new("diff")
                .about("What changed from one version to another")
                .arg(name())
                .arg(position("from", "The version before"))
                .arg(position("to", "The version after [default: the newest]").required(false)),
        )
        .subcommand(Command::new("validate").about("Say what is wrong with a policy file").arg(file().required(true)))
        .subcommand(
            Command::new("simulate")
                .about("Say what a policy would have done to stored verdicts")
                .arg(file().required_unless_present("name"))
                .arg(Arg::new("name").long("name").value_name("NAME").conflicts_with("file").help("A stored policy instead of a file"))
                .arg(number("version", "Its version [default: the newest]").requires("name"))
                .arg(number("days", "How far back, in days").default_value("7"))
                .arg(namespaces("Only there [default: everywhere]")),
        )
        .subcommand(
            Command::new("publish")
                .about("Give a version to everybody it is for, or to a part of them first")
                .arg(name())
                .arg(
                    Arg::new("file")
                        .long("file")
                        .value_name("FILE")
                        .value_hint(ValueHint::FilePath)
                        .value_parser(value_parser!(PathBuf))
                        .conflicts_with("version")
                        .help("Store this text as a new version first, or as a new policy's first one"),
                )
                .arg(number("version", "Which version [default: the newest]"))
                .arg(namespaces("Where the policy holds [default: as before; for a new one, wherever no other names the namespace]"))
                .arg(
                    Arg::new("canary")
                        .long("canary")
                        .value_name("PERCENT")
                        .value_parser(value_parser!(f64))
                        .help("Only this share of the sidecars first"),
                )
                .arg(
                    Arg::new("canary-namespaces")
                        .long("canary-namespaces")
                        .value_name("NAME,…")
                        .value_delimiter(',')
                        .help("Only there first"),
                )
                .arg(number("window", "Seconds until what is tried out is carried on [default: 3600]"))
                .arg(reason()),
        )
        .subcommand(Command::new("promote").about("Give what is tried out to everybody").arg(name()).arg(reason()))
        .subcommand(
            Command::new("rollback")
                .about("Take back what is tried out, or else give the version again that was in force before")
                .arg(name())
                .arg(reason()),
        )
        .subcommand(Command::new("withdraw").about("Give nothing of a policy out any more").arg(name()).arg(reason()))
        .subcommand(
            Command::new("kill-switch")
                .about("Let sidecars only observe: on, off, or show where it is on")
                .arg(
                    Arg::new("to")
                        .value_name("on|off|show")
                        .value_parser(PossibleValuesParser::new(["on", "off", "show"]))
                        .default_value("show"),
                )
                .arg(namespaces("Where [default: in the whole tenant]"))
                .arg(reason()),
        )
}

fn name() -> Arg {
    Arg::new("name").value_name("NAME").required(true).help("The policy")
}

fn file() -> Arg {
    Arg::new("file")
        .value_name("FILE")
        .value_hint(ValueHint::FilePath)
        .value_parser(value_parser!(PathBuf))
        .help("The policy file")
}

fn number(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name("N").value_parser(value_parser!(u32)).help(help)
}

fn position(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).value_name("VERSION").value_parser(value_parser!(u32)).required(true).help(help)
}

fn namespaces(help: &'static str) -> Arg {
    Arg::new("namespaces").long("namespaces").value_name("NAME,…").value_delimiter(',').help(help)
}

fn reason() -> Arg {
    Arg::new("reason")
        .long("reason")
        .value_name("TEXT")
        .default_value("")
        .hide_default_value(true)
        .help("Why, for the record")
}
