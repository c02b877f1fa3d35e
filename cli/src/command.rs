//! The command line: what commands and flags there are and what help says about them.

use clap::{Arg, ArgAction, Command, ValueHint, builder::PossibleValuesParser, value_parser};
use clap_complete::Shell;

use crate::{check, policy, settings};

const ABOUT: &str = "Judges what language models say against what they were shown";

const LONG_ABOUT: &str = "\
AgentGuard stands between an agent and its language model, judges every answer while it streams \
against what the request itself carried, and does what the policy says: observe, annotate, redact or block.";

const EXAMPLES: &str = "\
Examples:
  agentguard demo
      watch conversations being judged, then open the dashboard
  agentguard up
      proxy and control plane on this machine
  OPENAI_BASE_URL=http://127.0.0.1:19003/openai/v1 python agent.py
      an agent that is judged; nothing else about it changes
  agentguard score --request q.json --response a.json
      judge one recorded answer, without a server
  agentguard eval --data labelled.jsonl
      how good is the judge on answers whose labels are known?
  agentguard check --config agentguard.toml
      is everything in place?

Exit codes:
  0  fine
  1  it could not be done; stderr says why
  2  the command line, the configuration, the policy or a file to be judged is wrong; nothing was started
  3  done, and what was judged is not as it should be (score --fail-on, demo --exit)";

const UP: &str = "\
Examples:
  agentguard up
  agentguard up --upstream vllm=http://10.0.0.7:8000 --policy policy.yaml
  agentguard up --inbound 127.0.0.1:19004=http://127.0.0.1:8080
      judge what your own agent answers, too
  agentguard up --control-url https://agentguard.example.com --control-token TOKEN

Every setting can be a flag (--data-dir), a variable (AGENTGUARD_DATA_DIR) or a key of the --config file \
(data_dir = \"…\"). The flag wins over the variable, the variable over the file. Settings that may be repeated are \
lists in the file and comma-separated in the variable, and are taken whole from the first place that gives them.

SIGTERM and SIGINT drain; a second one ends at once. SIGHUP reads the policy file again; a policy with a mistake \
changes nothing, and the log says what is wrong with it.";

const DEMO: &str = "\
A provider on this machine speaks the real wire formats (OpenAI Chat and Responses, Anthropic, Gemini, Ollama, \
Cohere) and replays conversations written for this demo, good ones and hallucinated ones, through the real proxy \
with a real HTTP client. Nothing leaves the machine.

A conversation agrees when the judge's state is what it was written to be (ungrounded and contradicted both count as \
flagged), where something was planted a span of an expected kind touches the planted words, and the client got what \
the action says: the whole answer, or none of the planted words. With --exit, the exit code is 0 only if every \
conversation agrees, and 3 otherwise.";

const SCORE: &str = "\
The response is a JSON body or a recorded stream (SSE, NDJSON or a JSON array). The wire format is told from the two \
bodies; --dialect settles it where they leave it open.

Examples:
  agentguard score --request q.json --response a.json
  agentguard score --request q.json --response stream.txt --json | jq .risk
  agentguard score --request q.json --response a.json --fail-on 0.7 || echo flagged";

const EVAL: &str = "\
Rows are JSON Lines, told apart one by one:
  answers      {id, task, context, question, response} and one of
               labels: [{start, end, type}]   Unicode scalar values, half open
               unsupported: true              or false, 1, 0
  tool calls   {id, messages, functions, gold} as in the Berkeley Function Calling
               Leaderboard; gold calls are judged as they are, and corrupted

Each answer is streamed into the judge in small pieces, as through the proxy. Flagged means what it means there: the \
state is ungrounded or contradicted.

Examples:
  agentguard eval --data labelled.jsonl
  agentguard eval --data labelled.jsonl --task QA --prevalence 0.2
  agentguard eval --data labelled.jsonl --json --threads 4 | jq .overall.auroc
  agentguard eval --data labelled.jsonl --plot reliability.svg";

const CHECK: &str = "\
Examples:
  agentguard check --config agentguard.toml
  agentguard check --mode transparent
  agentguard check --mode hosts api.openai.com bank.example";

/// The whole command line.
#[must_use]
pub fn command() -> Command {
    Command::new("agentguard")
        .version(env!("CARGO_PKG_VERSION"))
        .about(ABOUT)
        .long_about(LONG_ABOUT)
        .after_help(EXAMPLES)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .max_term_width(110)
        .subcommand(
            Command::new("up")
                .about("Run the proxy and the control plane in one process")
                .after_help(UP)
                .args(settings::args()),
        )
        .subcommand(
            Command::new("demo").about("Watch conversations being judged").after_help(DEMO).args(demo_args()),
        )
        .subcommand(
            Command::new("score")
                .about("Judge one recorded answer, offline")
                .after_help(SCORE)
                .args(score_args())
                .args(model_args(
                    "The trained encoder: builtin, off, or the path of another one [default: builtin]",
                )),
        )
        .subcommand(
            Command::new("eval")
                .about("Measure the judge on labelled answers and tool calls")
                .after_help(EVAL)
                .args(eval_args())
                .args(model_args(
                    "The trained encoder: builtin, off, or the path of another one [default: builtin]",
                )),
        )
        .subcommand(
            Command::new("check")
                .about("Check configuration, policy, ports, data directory, upstreams and control plane; or what a sidecar reads")
                .after_help(CHECK)
                .arg(flag("json", "Print JSON"))
                .arg(flag("offline", "Do not connect to anything"))
                .arg(
                    Arg::new("mode")
                        .long("mode")
                        .value_name("MODE")
                        .value_parser(check::interception::MODES)
                        .help("Say what a sidecar in this mode would judge, what not, and why; nothing else is checked"),
                )
                .arg(
                    Arg::new("hosts")
                        .long("hosts")
                        .value_name("HOST,…")
                        .value_delimiter(',')
                        .requires("mode")
                        .help("The sidecar's list of hosts [default: the well-known providers]"),
                )
                .arg(
                    Arg::new("host")
                        .value_name("HOST")
                        .num_args(0..)
                        .requires("mode")
                        .help("Hosts to be told about one by one"),
                )
                .args(settings::args()),
        )
        .subcommand(policy::command())
        .subcommand(Command::new("version").about("Print the version").arg(flag("json", "Print JSON")))
        .subcommand(
            Command::new("completions")
                .about("Print shell completions")
                .after_help("Example: agentguard completions bash > /etc/bash_completion.d/agentguard")
                .arg(Arg::new("shell").required(true).value_parser(value_parser!(Shell)).value_name("SHELL")),
        )
}

fn flag(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).help(help).action(ArgAction::SetTrue)
}

/// Which encoder judges, for commands that read no configuration.
fn model_args(help: &'static str) -> [Arg; 2] {
    let text = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    [
        text("model", "WHICH", help),
        text(
            "model-sha256",
            "HEX",
            "SHA-256 that the file at --model must have [default: that of the built-in one]",
        ),
    ]
}

fn file(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name)
        .long(name)
        .help(help)
        .value_name("FILE")
        .value_hint(ValueHint::FilePath)
        .value_parser(value_parser!(std::path::PathBuf))
}

fn demo_args() -> Vec<Arg> {
    let settings = ["data-dir", "control-listen", "base-url-listen", "policy"];
    let mut args: Vec<Arg> =
        settings::args().filter(|arg| settings.contains(&arg.get_id().as_str())).collect();
    args.push(flag("exit", "End after the summary"));
    args.push(flag("fast", "Stream as fast as possible instead of at a human pace"));
    args.push(
        Arg::new("only").long("only").value_name("TEXT").help("Only conversations whose name holds TEXT"),
    );
    args
}

fn score_args() -> Vec<Arg> {
    let dialects: Vec<&'static str> =
        agentguard_wire::Dialect::ALL.iter().map(|dialect| dialect.as_str()).collect();
    vec![
        file("request", "The request body, JSON").required(true),
        file("response", "The response body, or the recorded stream").required(true),
        Arg::new("dialect")
            .long("dialect")
            .value_name("DIALECT")
            .help("Wire format of both [default: told from the bodies]")
            .value_parser(PossibleValuesParser::new(dialects)),
        Arg::new("threshold")
            .long("threshold")
            .value_name("RISK")
            .help("From this risk on words count as unsupported [default: 0.5]"),
        Arg::new("fail-on")
            .long("fail-on")
            .value_name("RISK")
            .help("End with exit code 3 at or above this risk, 0 to 1"),
        flag("json", "Print the verdict as JSON"),
    ]
}

fn eval_args() -> Vec<Arg> {
    let valued = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    vec![
        file("data", "The labelled rows, JSON Lines").required(true),
        valued("task", "TASK", "Only rows of this task [default: all]"),
        valued("signals", "SIGNALS", "Which signals judge: the rules, the trained encoder, or both")
            .value_parser(PossibleValuesParser::new(["rules", "model", "all"]))
            .default_value("all"),
        valued("threshold", "RISK", "From this risk on a response or span is flagged [default: 0.5]"),
        valued("prevalence", "SHARE", "Weigh each task's responses as if this share were unsupported"),
        valued("threads", "N", "Threads that judge; times are only fair with one [default: 1]"),
        file("plot", "Write a reliability diagram, SVG"),
        flag("json", "Print JSON"),
    ]
}
