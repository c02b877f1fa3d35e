//! Where log lines go and which: text for people on a terminal, one JSON object a line otherwise, always on stderr.

use std::io::{self, IsTerminal};
use std::panic::PanicHookInfo;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Layer, Registry, fmt};

use crate::scrub;

/// The environment variable that holds the filter, in `tracing`'s directive syntax: `info`, `agentguard_proxy=debug`.
pub const FILTER_VARIABLE: &str = "AGENTGUARD_LOG";

/// These log heads, frames or statements below `warn`, so no filter may ask them for more.
const CAPPED: &[&str] = &[
    "h2",
    "hyper",
    "hyper_util",
    "reqwest",
    "rustls",
    "sqlx",
    "tower_http",
    "axum",
    "hickory_resolver",
    "hickory_proto",
];

/// Why logging could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The filter is not one.
    #[error(
        "{FILTER_VARIABLE}: {filter:?} is not a log filter: {why}; use a level (error, warn, info, debug, trace, off) or \
         target=level pairs with commas between them"
    )]
    Filter {
        /// As given.
        filter: String,
        /// What is wrong.
        why: String,
    },
    /// Somebody set up logging before.
    #[error("logging is already set up in this process")]
    AlreadySet,
}

/// How lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// For machines.
    Json,
}

impl Format {
    /// Text when stderr is a terminal.
    #[must_use]
    pub fn of_stderr() -> Self {
        if io::stderr().is_terminal() { Self::Text } else { Self::Json }
    }
}

/// Sets up logging for the whole process, including what dependencies log with the `log` crate. Without `filter` that of
/// [`FILTER_VARIABLE`] holds, else `info`.
///
/// # Errors
/// The filter is bad, or it is the second call.
pub fn init(filter: Option<&str>, format: Format) -> Result<(), LogError> {
    let from_environment = std::env::var(FILTER_VARIABLE).ok();
    let text = filter.or(from_environment.as_deref()).unwrap_or("info");
    let subscriber = Registry::default().with(lines(format, io::stderr)).with(filter_of(text)?);
    tracing::subscriber::set_global_default(subscriber).map_err(|_| LogError::AlreadySet)?;
    log::set_logger(&scrub::Bridge).map_err(|_| LogError::AlreadySet)?;
    log::set_max_level(scrub::MAX_LEVEL);
    std::panic::set_hook(Box::new(panicked));
    Ok(())
}

/// A panic's message may quote what was worked on, as a failed slice of a string does: only its place is logged.
fn panicked(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(place, "a task panicked; this is a bug in AgentGuard");
}

fn filter_of(text: &str) -> Result<EnvFilter, LogError> {
    let bad = |why: String| LogError::Filter { filter: text.to_owned(), why };
    // A bare word is a target to `tracing`, so that a misspelt level would silence everything else.
    let words: Vec<&str> = text.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
    for word in words.iter().filter(|word| !word.contains(['=', '['])) {
        if word.parse::<LevelFilter>().is_err() {
            return Err(bad(format!("{word:?} is no level")));
        }
    }
    let filter = EnvFilter::builder()
        .with_default_directive(LevelFilter::INFO.into())
        .parse(words.join(","))
        .map_err(|error| bad(error.to_string()))?;
    CAPPED.iter().try_fold(filter, |filter, target| {
        let cap = format!("{target}=warn").parse().map_err(|error| bad(format!("{target}: {error}")))?;
        Ok(filter.add_directive(cap))
    })
}

fn lines<W>(format: Format, writer: W) -> Box<dyn Layer<Registry> + Send + Sync>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    match format {
        Format::Text => fmt::layer().with_writer(writer).boxed(),
        Format::Json => fmt::layer().json().flatten_event(true).with_writer(writer).boxed(),
    }
}

#[cfg(test)]
mod tests;
