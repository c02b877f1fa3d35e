//! Which encoder the flags of a command without a configuration mean.

pub(crate) use agentguard_proxy::model::Trained as Model;
use clap::ArgMatches;

use crate::config::ModelSource;

/// What `--model` and `--model-sha256` of a command without a configuration say; `default`: when they say nothing.
pub(crate) fn source(flags: &ArgMatches, default: ModelSource) -> ModelSource {
    match flags.get_one::<String>("model").map(String::as_str) {
        None => default,
        Some("builtin") => ModelSource::Builtin,
        Some("off") => ModelSource::Off,
        Some(path) => {
            let sha256 = flags.get_one::<String>("model-sha256").map(|hash| hash.to_ascii_lowercase());
            ModelSource::File { path: path.into(), sha256 }
        }
    }
}
