//! `agentguard demo`: conversations that were written for it, through the real proxy, and what the judge says of them.

pub mod agreement;
pub mod conversation;
mod replay;
pub mod request;
mod show;
#[cfg(test)]
mod tests;
mod watch;

use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use agentguard_policy::{Policy, PolicyError, Problems};
use agentguard_proxy::Upstream;
use agentguard_telemetry::logs::{self, Format, LogError};
use clap::ArgMatches;
use futures_util::{StreamExt, stream};
use tokio::signal::unix::{SignalKind, signal};

use crate::config::{self, Config, Control, Environment};
use crate::exit::Exit;
use crate::policy_file::PolicyFile;
use crate::progress;
use crate::provider::{Pace, Provider, Script};
use crate::stack::{Stack, StackError};
use crate::style::{Look, Style};
use conversation::{Conversation, DataError};
use show::Outcome;
use watch::Watch;

const POLICY: &str = include_str!("demo/policy.yaml");

/// The longest that the demo waits for one verdict.
const PATIENCE: Duration = Duration::from_secs(15);

/// Why there is no demo.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The flags.
    #[error(transparent)]
    Config(#[from] config::Problems),
    /// The policy of `--policy`.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The policy that is built in.
    #[error("the demo's own policy: {0}")]
    OwnPolicy(Problems),
    /// The log filter.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The conversations.
    #[error(transparent)]
    Data(#[from] DataError),
    /// `--only` matches nothing.
    #[error("--only: no conversation's name holds {0:?}; `agentguard demo` shows the names")]
    NothingNamed(String),
    /// A part of it.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// HTTP client.
    #[error("the client cannot be made: {0}")]
    Client(#[from] reqwest::Error),
    /// The local provider or the terminal.
    #[error("{0}")]
    Io(#[from] io::Error),
}

impl DemoError {
    /// The exit code.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Config(_) | Self::Policy(_) | Self::Log(_) | Self::NothingNamed(_) => Exit::Usage,
            Self::OwnPolicy(_) | Self::Data(_) | Self::Stack(_) | Self::Client(_) | Self::Io(_) => {
                Exit::Failed
            }
        }
    }
}

/// Runs the demo.
///
/// # Errors
/// [`DemoError`].
pub async fn run(
    flags: &ArgMatches,
    environment: &Environment,
    style: Style,
    out: &mut impl Write,
) -> Result<Exit, DemoError> {
    let (fast, exit) = (flags.get_flag("fast"), flags.get_flag("exit"));
    let conversations = chosen(flags)?;
    let mut config = Config::read(flags, environment)?;
    // Only what goes wrong: the demo's own lines are what there is to read.
    logs::init(Some("warn"), Format::Text)?;
    let policy = match &config.policy {
        Some(path) => PolicyFile::load(Some(path))?,
        None => PolicyFile::of(Policy::parse("demo/policy.yaml", POLICY).map_err(DemoError::OwnPolicy)?),
    };
    let provider = Provider::start_live("127.0.0.1:0", script(&conversations, fast)).await?;
    let kept = flags.get_one::<String>("data-dir").map(PathBuf::from);
    let folder = tempfile::Builder::new().prefix("agentguard-demo-").tempdir()?;
    config.data_dir = kept.unwrap_or_else(|| folder.path().to_owned());
    prepare(&mut config, &provider);
    let stack = Stack::start(&config, &policy).await?;
    let (Some(base_url), Some(control)) = (stack.proxy.base_url, stack.control) else {
        return Err(io::Error::other("the demo needs the base URL and the control plane").into());
    };

    introduce(conversations.len(), base_url, control.api, style, out)?;
    let place = Place { base_url, control: control.api, fast, style };
    let ended = tokio::select! {
        shown = show_all(conversations, &place, exit, out) => shown,
        interrupted = interrupted() => interrupted.map(|()| Exit::Fine).map_err(DemoError::Io),
    };
    stack.drain().await;
    ended
}

/// Where the demo runs and how it is shown.
struct Place {
    base_url: SocketAddr,
    control: SocketAddr,
    fast: bool,
    style: Style,
}

async fn show_all(
    conversations: Vec<Conversation>,
    place: &Place,
    exit: bool,
    out: &mut impl Write,
) -> Result<Exit, DemoError> {
    let outcomes = replay_all(conversations, place, out).await?;
    writeln!(out, "\n{}", show::summary(&outcomes, place.style))?;
    if exit {
        return Ok(if show::whole(&outcomes) { Exit::Fine } else { Exit::Flagged });
    }
    // The default range would show them as one bar.
    let dashboard = place.style.paint(Look::Strong, &format!("http://{}/?range=15m", place.control));
    writeln!(out, "Every verdict with its words and evidence: {dashboard}")?;
    writeln!(out, "A client of your own, answered by the demo's provider:")?;
    writeln!(out, "  OPENAI_BASE_URL=http://{}/openai/v1", place.base_url)?;
    writeln!(out, "Ctrl-C ends the demo.")?;
    out.flush()?;
    std::future::pending().await
}

/// Until somebody ends the demo.
async fn interrupted() -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}

fn chosen(flags: &ArgMatches) -> Result<Vec<Conversation>, DemoError> {
    let all = conversation::all()?;
    let Some(only) = flags.get_one::<String>("only") else { return Ok(all) };
    let chosen: Vec<Conversation> = all.into_iter().filter(|c| c.case.id.contains(only.as_str())).collect();
    if chosen.is_empty() { Err(DemoError::NothingNamed(only.clone())) } else { Ok(chosen) }
}

fn script(conversations: &[Conversation], fast: bool) -> Script {
    let pace = if fast { Pace::default() } else { Pace::HUMAN };
    conversations.iter().fold(Script::new(), |script, conversation| {
        script.on_text(conversation.case.ask.clone(), conversation.reply().paced(pace))
    })
}

/// Points every provider's name at the local one, and takes free ports: for what people look at only where the usual
/// ones are in use, for the rest always.
fn prepare(config: &mut Config, provider: &Provider) {
    let free_if_used = |listen: &mut SocketAddr| {
        if listen.port() != 0 && TcpListener::bind(*listen).is_err() {
            listen.set_port(0);
        }
    };
    if let Ok(url) = format!("http://{}", provider.address()).parse::<agentguard_proxy::Origin>() {
        let name = |provider: conversation::Provider| provider.as_str().to_owned();
        let upstreams = conversation::Provider::ALL.map(|p| (name(p), Upstream { url: url.clone() }));
        config.proxy.upstreams = upstreams.into();
    }
    config.proxy.base_url_listen.iter_mut().for_each(free_if_used);
    config.proxy.admin_listen.iter_mut().for_each(|listen| listen.set_port(0));
    if let Control::Here { listen, metrics, database, .. } = &mut config.control {
        // Made-up conversations stay out of a real database.
        *database = None;
        free_if_used(listen);
        metrics.iter_mut().for_each(|listen| listen.set_port(0));
    }
}

fn introduce(
    count: usize,
    base_url: SocketAddr,
    control: SocketAddr,
    style: Style,
    out: &mut impl Write,
) -> io::Result<()> {
    writeln!(
        out,
        "{} {count} conversations go through the proxy at http://{base_url} to a provider on this machine.",
        style.paint(Look::Strong, "AgentGuard demo.")
    )?;
    writeln!(out, "Watch them arrive: {}\n", style.paint(Look::Strong, &format!("http://{control}/live")))?;
    let routes = [
        ("openai gpt-5.4", "sentence by sentence", "unsupported words are replaced before they leave"),
        ("anthropic sonnet", "sentence by sentence", "the answer is cut before an unsupported sentence"),
        ("gemini", "held as a whole", "an unsupported answer is refused"),
        ("ollama", "trial run", "nothing is done; what would have been is reported"),
        ("all others", "passed on", "the verdict is added, the bytes stay as they are"),
    ];
    for (who, how, what) in routes {
        writeln!(out, "  {who:<18} {how:<22} {}", style.paint(Look::Faint, what))?;
    }
    writeln!(out)
}

async fn replay_all(
    conversations: Vec<Conversation>,
    place: &Place,
    out: &mut impl Write,
) -> Result<Vec<Outcome>, DemoError> {
    let Place { base_url, control, fast, style } = *place;
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(60)).build()?;
    let watch = Arc::new(Watch::new(client.clone(), control, now()));
    let looking = tokio::spawn({
        let watch = Arc::clone(&watch);
        async move { watch.look().await }
    });
    let bar = progress::bar(conversations.len(), style.terminal, style.color);
    // A few at a time: a line a second or so can still be read.
    let at_once = if fast { 8 } else { 3 };
    let mut running = stream::iter(conversations)
        .map(|conversation| {
            let (client, watch) = (client.clone(), Arc::clone(&watch));
            async move { judged(&client, base_url, &watch, conversation).await }
        })
        .buffered(at_once);
    let mut outcomes = Vec::new();
    while let Some(outcome) = running.next().await {
        let line = show::line(&outcome, style);
        // The bar must be out of the way while a line is written.
        bar.suspend(|| writeln!(out, "{line}").and_then(|()| out.flush()))?;
        bar.inc(1);
        outcomes.push(outcome);
    }
    bar.finish_and_clear();
    looking.abort();
    Ok(outcomes)
}

async fn judged(
    client: &reqwest::Client,
    base_url: SocketAddr,
    watch: &Watch,
    conversation: Conversation,
) -> Outcome {
    let exchange = replay::replay(client, base_url, &conversation).await;
    let verdict = match &exchange {
        Ok(exchange) => watch
            .verdict(&exchange.trace, PATIENCE)
            .await
            .map(|(event, seen)| (event, seen.saturating_duration_since(exchange.ended))),
        Err(_) => None,
    };
    Outcome { conversation, exchange: exchange.map_err(|error| error.to_string()), verdict }
}

/// Microseconds since the Unix epoch.
fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
