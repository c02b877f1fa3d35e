//! What the command line says about a measurement.

use std::path::PathBuf;

use clap::ArgMatches;

use super::EvalError;
use super::judge::Which;
use crate::config::ModelSource;
use crate::model;

/// What is measured, and how it is told.
pub(super) struct Options {
    pub(super) data: PathBuf,
    pub(super) task: Option<String>,
    pub(super) signals: Which,
    pub(super) model: ModelSource,
    pub(super) threshold: Option<f32>,
    pub(super) prevalence: Option<f64>,
    pub(super) threads: usize,
    pub(super) json: bool,
    pub(super) plot: Option<PathBuf>,
}

impl Options {
    pub(super) fn read(flags: &ArgMatches) -> Result<Self, EvalError> {
        let text = |flag: &str| flags.get_one::<String>(flag);
        let named = |name: &String| Which::ALL.into_iter().find(|which| which.as_str() == name);
        Ok(Self {
            data: flags.get_one::<PathBuf>("data").cloned().unwrap_or_default(),
            task: text("task").cloned(),
            signals: text("signals").and_then(named).unwrap_or(Which::All),
            model: model::source(flags, ModelSource::Builtin),
            threshold: number(flags, "threshold", "a risk; allowed: 0 to 1", |risk: f32| {
                (0.0..=1.0).contains(&risk)
            })?,
            prevalence: number(
                flags,
                "prevalence",
                "a share; allowed: above 0 and below 1",
                |share: f64| share > 0.0 && share < 1.0,
            )?,
            threads: number(
                flags,
                "threads",
                "a number of threads; allowed: 1 to 1024",
                |threads: usize| (1..=1024).contains(&threads),
            )?
            .unwrap_or(1),
            json: flags.get_flag("json"),
            plot: flags.get_one::<PathBuf>("plot").cloned(),
        })
    }
}

fn number<N: std::str::FromStr + Copy>(
    flags: &ArgMatches,
    flag: &'static str,
    what: &'static str,
    allowed: impl Fn(N) -> bool,
) -> Result<Option<N>, EvalError> {
    let Some(value) = flags.get_one::<String>(flag) else { return Ok(None) };
    match value.parse::<N>() {
        Ok(number) if allowed(number) => Ok(Some(number)),
        _ => Err(EvalError::Flag { flag, value: value.clone(), what }),
    }
}
