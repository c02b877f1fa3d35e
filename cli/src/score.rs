//! `agentguard score`: judges one recorded answer offline, by the same reader and judge that the proxy uses.

mod detect;
pub(crate) mod recorded;
mod show;
#[cfg(test)]
mod tests;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use agentguard_encoder::LoadError;
use agentguard_judge::{Evidence, Session, Settings, Verdict};
use agentguard_wire::{Answer, Dialect, Endpoint, Request};
use clap::ArgMatches;
use serde::Serialize;
use serde_json::Value;

use crate::config::ModelSource;
use crate::exit::Exit;
use crate::model::{self, Model};
use crate::style::Style;

/// Why an answer cannot be judged offline.
#[derive(Debug, thiserror::Error)]
pub enum ScoreError {
    /// A file.
    #[error("cannot read {}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
    /// The request is not JSON.
    #[error("{} is not JSON: {source}", path.display())]
    NotJson {
        /// Which file.
        path: PathBuf,
        /// Where.
        source: serde_json::Error,
    },
    /// Neither body gives the format away.
    #[error("cannot tell the wire format from the two files; give --dialect, one of {}", Dialect::ALL.map(Dialect::as_str).join(", "))]
    Dialect,
    /// One of the files is not that format.
    #[error("{} cannot be read as {dialect}: {reason}", path.display())]
    Shape {
        /// Which file.
        path: PathBuf,
        /// As what.
        dialect: Dialect,
        /// Why.
        reason: String,
    },
    /// A flag's value.
    #[error("--{flag}: {value:?} is not a risk; allowed: 0 to 1")]
    Risk {
        /// The flag.
        flag: &'static str,
        /// As given.
        value: String,
    },
    /// The trained encoder.
    #[error(transparent)]
    Model(#[from] LoadError),
    /// Output.
    #[error("cannot write the result: {0}")]
    Output(#[from] io::Error),
}

impl ScoreError {
    /// The exit code.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::File { .. } | Self::Model(_) | Self::Output(_) => Exit::Failed,
            Self::NotJson { .. } | Self::Dialect | Self::Shape { .. } | Self::Risk { .. } => Exit::Usage,
        }
    }
}

/// An answer, its evidence, and what is said about it.
pub(crate) struct Scored {
    request: Request,
    answer: Answer,
    streamed: bool,
    evidence: Arc<Evidence>,
    verdict: Verdict,
}

/// Judges the two files and prints the verdict.
///
/// # Errors
/// [`ScoreError`].
pub fn run(flags: &ArgMatches, style: Style, out: &mut impl Write) -> Result<Exit, ScoreError> {
    let path = |name: &str| flags.get_one::<PathBuf>(name).cloned().unwrap_or_default();
    let dialect = flags
        .get_one::<String>("dialect")
        .and_then(|name| Dialect::ALL.into_iter().find(|dialect| dialect.as_str() == name));
    let fail_on = risk(flags, "fail-on")?;
    let threshold = risk(flags, "threshold")?;
    let model = Model::load(&model::source(flags, ModelSource::Builtin), 1)?;
    let scored = score(&path("request"), &path("response"), dialect, threshold, model.as_ref())?;
    if flags.get_flag("json") {
        serde_json::to_writer_pretty(&mut *out, &Report::of(&scored)).map_err(io::Error::from)?;
        writeln!(out)?;
    } else {
        show::show(&scored, style, out)?;
    }
    let flagged = fail_on.is_some_and(|limit| scored.verdict.risk >= limit);
    Ok(if flagged { Exit::Flagged } else { Exit::Fine })
}

fn risk(flags: &ArgMatches, flag: &'static str) -> Result<Option<f32>, ScoreError> {
    let Some(value) = flags.get_one::<String>(flag) else { return Ok(None) };
    match value.parse::<f32>() {
        Ok(risk) if (0.0..=1.0).contains(&risk) => Ok(Some(risk)),
        _ => Err(ScoreError::Risk { flag, value: value.clone() }),
    }
}

fn score(
    request_path: &Path,
    response_path: &Path,
    dialect: Option<Dialect>,
    threshold: Option<f32>,
    model: Option<&Model>,
) -> Result<Scored, ScoreError> {
    let read = |path: &Path| {
        std::fs::read(path).map_err(|source| ScoreError::File { path: path.to_owned(), source })
    };
    let (request_body, response_body) = (read(request_path)?, read(response_path)?);
    let asked: Value = serde_json::from_slice(&request_body)
        .map_err(|source| ScoreError::NotJson { path: request_path.to_owned(), source })?;
    let dialect = dialect.or_else(|| detect::dialect(&asked, &response_body)).ok_or(ScoreError::Dialect)?;
    let shape = |path: &Path, reason: String| ScoreError::Shape { path: path.to_owned(), dialect, reason };
    let endpoint = Endpoint { dialect, model: None, stream: None };
    let request = agentguard_wire::parse_request(&endpoint, &request_body)
        .map_err(|error| shape(request_path, error.to_string()))?;
    let (answer, streamed) =
        recorded::read(dialect, response_body).map_err(|reason| shape(response_path, reason))?;
    let mut evidence = Evidence::gather(&request);
    if let Some(model) = model {
        model.encode(&mut evidence);
    }
    let evidence = Arc::new(evidence);
    let mut settings = Settings::default();
    if let Some(threshold) = threshold {
        settings.threshold = threshold;
    }
    let mut session = Session::new(Arc::clone(&evidence), settings);
    session.feed(&answer);
    if let Some(model) = model {
        model.catch_up(&mut session);
    }
    let verdict = session.finish();
    Ok(Scored { request, answer, streamed, evidence, verdict })
}

/// The JSON that `--json` prints: the verdict, with the words beside the offsets.
#[derive(Serialize)]
struct Report<'a> {
    dialect: Dialect,
    model: &'a str,
    streamed: bool,
    verdict: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    risk: f32,
    explanation: &'a str,
    spans: Vec<ReportedSpan<'a>>,
    sentences: u32,
    sources: usize,
    signals: &'a [agentguard_judge::Signal],
    judge: &'a str,
}

#[derive(Serialize)]
struct ReportedSpan<'a> {
    #[serde(flatten)]
    span: &'a agentguard_judge::Span,
    /// The flagged words.
    text: String,
    /// The evidence's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence_text: Option<String>,
}

impl<'a> Report<'a> {
    fn of(scored: &'a Scored) -> Self {
        let Scored { request, answer, streamed, evidence, verdict } = scored;
        let span = |span: &'a agentguard_judge::Span| ReportedSpan {
            span,
            text: scored.words(span),
            evidence_text: scored.evidence_words(span),
        };
        Self {
            dialect: request.dialect,
            model: if answer.model.is_empty() { &request.model } else { &answer.model },
            streamed: *streamed,
            verdict: verdict.state.as_str(),
            reason: verdict.reason.map(agentguard_judge::NotChecked::as_str),
            risk: verdict.risk,
            explanation: &verdict.explanation,
            spans: verdict.spans.iter().map(span).collect(),
            sentences: verdict.sentences,
            sources: evidence.sources().len(),
            signals: &verdict.signals,
            judge: &verdict.judge,
        }
    }
}

impl Scored {
    /// The text that a span's offsets count in.
    fn spanned(&self, span: &agentguard_judge::Span) -> Option<&str> {
        let choice = self.answer.choices.get(span.choice as usize)?;
        match span.call {
            None => Some(&choice.text),
            Some(call) => choice.tool_calls.get(call as usize).map(|call| call.arguments.as_str()),
        }
    }

    /// The flagged words; the function's name for a span that covers no arguments.
    fn words(&self, span: &agentguard_judge::Span) -> String {
        let words = self.spanned(span).map(|text| slice(text, span.start, span.end)).unwrap_or_default();
        let call = || {
            let choice = self.answer.choices.get(span.choice as usize)?;
            choice.tool_calls.get(span.call? as usize).map(|call| call.name.clone())
        };
        if words.is_empty() { call().unwrap_or_default() } else { words }
    }

    fn evidence_words(&self, span: &agentguard_judge::Span) -> Option<String> {
        let at = span.evidence.as_ref()?;
        let source = self.evidence.sources().iter().find(|source| source.label == at.source)?;
        Some(slice(&source.text, at.start, at.end))
    }
}

/// The scalar values `start..end`.
fn slice(text: &str, start: usize, end: usize) -> String {
    text.chars().skip(start).take(end.saturating_sub(start)).collect()
}
