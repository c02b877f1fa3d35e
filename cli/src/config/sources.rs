//! Where settings come from: flags win over the environment, which wins over the file. A setting that may be repeated
//! is taken whole from the first source that gives it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use clap::ArgMatches;

use super::file;
use super::problem::{Origin, Problem};
use crate::settings::{SETTINGS, Setting};

/// The environment, as read once at start.
pub type Environment = BTreeMap<OsString, OsString>;

/// A value as it was written, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Given {
    pub(super) value: String,
    pub(super) origin: Origin,
}

/// Every setting that was given, from the source that wins.
pub(super) struct Sources {
    given: BTreeMap<&'static str, Vec<Given>>,
}

impl Sources {
    pub(super) fn read(flags: &ArgMatches, environment: &Environment, problems: &mut Vec<Problem>) -> Self {
        let mut given = BTreeMap::new();
        for setting in SETTINGS {
            let values =
                from_flags(setting, flags).or_else(|| from_environment(setting, environment, problems));
            if let Some(values) = values {
                given.insert(setting.name, values);
            }
        }
        let config = given.get("config").and_then(|values: &Vec<Given>| values.last()).cloned();
        if let Some(config) = config {
            for (setting, values) in file::read(Path::new(&config.value), problems) {
                given.entry(setting.name).or_insert(values);
            }
        }
        for (name, values) in &given {
            if let [_, .., last] = values.as_slice()
                && !crate::settings::named(name).many
            {
                problems.push(Problem {
                    origin: last.origin.clone(),
                    what: format!("given {} times", values.len()),
                    allowed: "it may be given once".to_owned(),
                });
            }
        }
        Self { given }
    }

    pub(super) fn one(&self, name: &str) -> Option<&Given> {
        self.many(name).first()
    }

    pub(super) fn many(&self, name: &str) -> &[Given] {
        self.given.get(name).map_or(&[], Vec::as_slice)
    }
}

fn from_flags(setting: &Setting, flags: &ArgMatches) -> Option<Vec<Given>> {
    // A command that lacks the flag is not an error here: `demo` knows fewer than `up`.
    let values = flags.try_get_many::<String>(setting.name).ok().flatten()?;
    let origin = Origin::Flag(setting.name.to_owned());
    Some(values.map(|value| Given { value: value.clone(), origin: origin.clone() }).collect())
}

fn from_environment(
    setting: &Setting,
    environment: &Environment,
    problems: &mut Vec<Problem>,
) -> Option<Vec<Given>> {
    let variable = setting.variable();
    let value = environment.get(&OsString::from(&variable))?;
    let origin = Origin::Variable(variable);
    let Some(value) = value.to_str() else {
        problems.push(Problem { origin, what: "not UTF-8".to_owned(), allowed: String::new() });
        return None;
    };
    // An empty variable is how shells and manifests say that it is not set.
    if value.is_empty() {
        return None;
    }
    let values: Vec<&str> =
        if setting.many { value.split(',').map(str::trim).collect() } else { vec![value] };
    let given = |value: &str| Given { value: value.to_owned(), origin: origin.clone() };
    Some(values.into_iter().filter(|value| !value.is_empty()).map(given).collect())
}
