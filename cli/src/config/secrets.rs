//! Secrets by names that are not ours alone: `ENCRYPTION_KEY` and the like, or `ENCRYPTION_KEY_FILE` with the path of a file that holds it.
//! They are never flags, which every process of the machine can read, and never in the configuration file.

use std::ffi::OsString;

use agentguard_telemetry::Secret;

use super::problem::{Origin, Problem};
use super::sources::Environment;

/// The secret of that name, if it is set, without the blanks around it.
pub(super) fn secret(environment: &Environment, name: &str, problems: &mut Vec<Problem>) -> Option<Secret> {
    let file = format!("{name}_FILE");
    let mut given = |name: &str| {
        let value = environment.get(&OsString::from(name))?;
        let Some(value) = value.to_str() else {
            problems.push(Problem {
                origin: Origin::Variable(name.to_owned()),
                what: "not UTF-8".to_owned(),
                allowed: String::new(),
            });
            return None;
        };
        // An empty variable is how shells and manifests say that it is not set.
        (!value.trim().is_empty()).then(|| value.trim().to_owned())
    };
    let (value, path) = (given(name), given(&file));
    let mut refuse = |what: String, allowed: &str| {
        let origin = Origin::Variable(file.clone());
        problems.push(Problem { origin, what, allowed: allowed.to_owned() });
        None
    };
    match (value, path) {
        (Some(_), Some(_)) => refuse(format!("cannot be given together with {name}"), "give one of the two"),
        (Some(value), None) => Some(Secret::new(value)),
        (None, Some(path)) => match std::fs::read_to_string(&path) {
            Ok(text) if text.trim().is_empty() => {
                refuse(format!("{path} is empty"), "a file that holds the secret")
            }
            Ok(text) => Some(Secret::new(text.trim())),
            Err(error) => refuse(format!("cannot read {path}: {error}"), ""),
        },
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> (Option<String>, Vec<String>) {
        let environment: Environment =
            pairs.iter().map(|(name, value)| (name.into(), value.into())).collect();
        let mut problems = Vec::new();
        let secret = secret(&environment, "ENCRYPTION_KEY", &mut problems);
        let told = problems.iter().map(|problem| format!("{} {}", problem.what, problem.allowed));
        (secret.map(|secret| secret.expose().to_owned()), told.collect())
    }

    #[test]
    fn from_the_variable_or_from_the_file_it_names() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("key");
        std::fs::write(&path, "the secret\n").expect("written");
        let path = path.to_str().expect("UTF-8");
        assert_eq!(read(&[]), (None, vec![]));
        assert_eq!(read(&[("ENCRYPTION_KEY", " ")]), (None, vec![]));
        assert_eq!(read(&[("ENCRYPTION_KEY", "the secret")]).0.as_deref(), Some("the secret"));
        assert_eq!(read(&[("ENCRYPTION_KEY_FILE", path)]).0.as_deref(), Some("the secret"));
        let (none, told) = read(&[("ENCRYPTION_KEY", "the secret"), ("ENCRYPTION_KEY_FILE", path)]);
        assert!(
            none.is_none() && told[0].contains("together") && !told[0].contains("the secret"),
            "{told:?}"
        );
        assert!(read(&[("ENCRYPTION_KEY_FILE", "/nowhere")]).1[0].contains("cannot read /nowhere"));
    }
}
