//! `agentguard eval`: measures the judge on labelled answers and tool calls, by the code path that judges in the proxy.

mod calls;
mod item;
mod judge;
mod metrics;
mod options;
mod plot;
mod report;
mod request;
mod rows;
mod show;
mod work;

use std::fs::File;
use std::io::{self, BufReader, IsTerminal, Write};
use std::path::{Path, PathBuf};

use agentguard_encoder::LoadError;
use clap::ArgMatches;

use self::item::LeftOut;
use self::judge::{Judge, Which};
use self::options::Options;
use self::report::Report;
use self::rows::Row;
pub use self::rows::RowProblems;
use crate::config::ModelSource;
use crate::exit::Exit;
use crate::model::Model;
use crate::progress;
use crate::style::Style;

/// Why the judge cannot be measured.
#[derive(Debug, thiserror::Error)]
pub enum EvalError {
    /// The rows' file.
    #[error("cannot read {}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
    /// Rows that are none.
    #[error("{}: {problems}", path.display())]
    Rows {
        /// Which file.
        path: PathBuf,
        /// What is wrong, with lines and fields.
        problems: RowProblems,
    },
    /// Nothing in it.
    #[error("{} holds no row", path.display())]
    NoRow {
        /// Which file.
        path: PathBuf,
    },
    /// Nothing of that task in it.
    #[error("--task: no row of {} is of the task {task:?}; there are {}", path.display(), known.join(", "))]
    NoTask {
        /// Which file.
        path: PathBuf,
        /// The task asked for.
        task: String,
        /// Those that are there.
        known: Vec<String>,
    },
    /// Rows, but nothing to judge in them.
    #[error("{} holds no call to judge: rows in which no call fits: {without}; rows whose gold breaks its own schema: {broken}", path.display())]
    NoCall {
        /// Which file.
        path: PathBuf,
        /// Rows without a gold call.
        without: usize,
        /// Rows left out.
        broken: usize,
    },
    /// `--signals model` and `--model off`.
    #[error("--signals model needs a model; --model off leaves none")]
    NoModel,
    /// The trained encoder.
    #[error(transparent)]
    Model(#[from] LoadError),
    /// A flag's value.
    #[error("--{flag}: {value:?} is not {what}")]
    Flag {
        /// The flag.
        flag: &'static str,
        /// As given.
        value: String,
        /// What it should be.
        what: &'static str,
    },
    /// The diagram.
    #[error("cannot write {}: {source}", path.display())]
    Plot {
        /// Where to.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
    /// Output.
    #[error("cannot write the result: {0}")]
    Output(#[from] io::Error),
}

impl EvalError {
    /// The exit code.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::File { .. } | Self::Plot { .. } | Self::Model(_) | Self::Output(_) => Exit::Failed,
            Self::Rows { .. }
            | Self::NoRow { .. }
            | Self::NoTask { .. }
            | Self::NoCall { .. }
            | Self::NoModel
            | Self::Flag { .. } => Exit::Usage,
        }
    }
}

/// Judges every row and prints what the verdicts are worth.
///
/// # Errors
/// [`EvalError`].
pub fn run(flags: &ArgMatches, style: Style, out: &mut impl Write) -> Result<Exit, EvalError> {
    let options = Options::read(flags)?;
    let source = if options.signals == Which::Rules { &ModelSource::Off } else { &options.model };
    // Rows are read in parallel, each window by one thread.
    let judge = Judge::new(options.signals, options.threshold, Model::load(source, options.threads)?)?;
    let rows = rows(&options)?;
    let (jobs, left_out) = item::jobs(&rows);
    if jobs.is_empty() {
        let LeftOut { without_call: without, broken } = left_out.into_values().sum();
        return Err(EvalError::NoCall { path: options.data, without, broken });
    }
    // What is made at first use is made before the first row is timed, as it is before the proxy's first client.
    agentguard_proxy::warm_up();
    // A place that cannot be written is told before the work, not after it.
    let mut plot = match &options.plot {
        Some(path) => {
            let unwritable = |source| EvalError::Plot { path: path.clone(), source };
            Some((File::create(path).map_err(unwritable)?, path))
        }
        None => None,
    };
    let bar = progress::bar(jobs.len(), io::stderr().is_terminal(), style.color);
    let items = work::each(&jobs, options.threads, &bar, |job| item::judge(&judge, job));
    bar.finish_and_clear();
    let report = Report::of(&items, &left_out, &judge, &options);
    if let Some((file, path)) = &mut plot {
        let drawn = plot::svg(&report.overall_bins, &report.caption());
        let unwritable = |source| EvalError::Plot { path: path.to_owned(), source };
        file.write_all(drawn.as_bytes()).map_err(unwritable)?;
    }
    if options.json {
        serde_json::to_writer_pretty(&mut *out, &report).map_err(io::Error::from)?;
        writeln!(out)?;
    } else {
        show::show(&report, &options, style, out)?;
    }
    Ok(Exit::Fine)
}

/// The rows that are asked for; at least one.
fn rows(options: &Options) -> Result<Vec<Row>, EvalError> {
    let path: &Path = &options.data;
    let file = |source| EvalError::File { path: path.to_owned(), source };
    let read = rows::read(BufReader::new(File::open(path).map_err(file)?)).map_err(file)?;
    let mut rows = read.map_err(|problems| EvalError::Rows { path: path.to_owned(), problems })?;
    if rows.is_empty() {
        return Err(EvalError::NoRow { path: path.to_owned() });
    }
    if let Some(task) = &options.task {
        let mut known: Vec<String> = rows.iter().map(|row| row.task.clone()).collect();
        rows.retain(|row| row.task == *task);
        if rows.is_empty() {
            known.sort();
            known.dedup();
            return Err(EvalError::NoTask { path: path.to_owned(), task: task.clone(), known });
        }
    }
    Ok(rows)
}
