//! Accounts, keys and whom the control plane believes.

use std::ffi::OsString;

use agentguard_control::{Access, Cluster, KeySource, check_key, check_placeholder};
use agentguard_telemetry::Secret;

use super::reader::Reader;
use super::sources::Environment;
use super::{Origin, Problem, value};

impl Reader<'_> {
    /// All of it. `JWT_SECRET_KEY` is read from the environment, or from the file that the same name with `_FILE` names, when there is a
    /// token or there are accounts.
    pub(super) fn access(&mut self, environment: &Environment, encryption_key: Option<Secret>) -> Access {
        let accounts = self.one("accounts", |text| match text {
            "on" => Ok(true),
            "off" => Ok(false),
            other => Err((format!("{other:?} is neither"), "allowed: on, off".to_owned())),
        });
        let accounts = accounts.unwrap_or_default();
        // Where nobody is asked who they are, other programs' variables of these names are none of our business.
        let guarded = accounts || ["token", "token-file"].iter().any(|name| self.sources.one(name).is_some());
        let key = |reader: &mut Self, name| if guarded { reader.key(name, environment) } else { None };
        let jwt_key = key(self, "JWT_SECRET_KEY");
        let encryption_key = encryption_key.filter(|_| guarded);
        Access {
            accounts,
            bootstrap: self.secret("bootstrap-token", "bootstrap-token-file"),
            audit_key: encryption_key.or_else(|| jwt_key.clone()),
            jwt_key,
            sidecar_token: self.secret("sidecar-token", "sidecar-token-file"),
            cluster: self.cluster(),
            trusted_proxies: self
                .one("trusted-proxies", |text| match text.parse::<usize>() {
                    Ok(count @ 0..=16) => Ok(count),
                    _ => Err((format!("{text:?} is not a number of proxies"), "0 to 16".to_owned())),
                })
                .unwrap_or_default(),
            ..Access::default()
        }
    }

    /// A token of ours, given itself or in a file.
    pub(super) fn secret(&mut self, name: &'static str, file: &'static str) -> Option<Secret> {
        self.conflict(file, name, "both give the same");
        let checked = |text: &str| {
            let token = Secret::new(value::token(text)?);
            check_placeholder(name, &token).map_err(|what| (what, String::new()))?;
            Ok(token)
        };
        let given = self.one(name, checked);
        let from_file = self.one(file, |path| {
            let text = std::fs::read_to_string(path);
            checked(&text.map_err(|error| (format!("cannot read {path}: {error}"), String::new()))?)
        });
        given.or(from_file)
    }

    /// A key by its name in the environment.
    pub(super) fn key(&mut self, name: &str, environment: &Environment) -> Option<Secret> {
        let file = format!("{name}_FILE");
        let variable = |name: &str| {
            let value = environment.get(&OsString::from(name)).and_then(|value| value.to_str());
            value.filter(|value| !value.is_empty())
        };
        let (given, path) = (variable(name), variable(&file));
        let origin = if path.is_some() { file.clone() } else { name.to_owned() };
        let mut wrong = |what: String| {
            let problem = Problem { origin: Origin::Variable(origin.clone()), what, allowed: String::new() };
            self.problems.push(problem);
            None
        };
        let key = match (given, path) {
            (Some(_), Some(_)) => return wrong(format!("cannot be given together with {name}")),
            (Some(key), None) => Secret::new(key.trim()),
            (None, Some(path)) => match std::fs::read_to_string(path) {
                Ok(text) => Secret::new(text.trim()),
                Err(error) => return wrong(format!("cannot read {path}: {error}")),
            },
            (None, None) => return None,
        };
        match check_key(name, &key) {
            Ok(()) => Some(key),
            Err(what) => wrong(what),
        }
    }

    fn cluster(&mut self) -> Option<Cluster> {
        for name in ["cluster-keys", "cluster-audience", "cluster-ca-file", "cluster-token-file"] {
            self.needs(name, "cluster-issuer");
        }
        let text = |text: &str| match text.trim() {
            "" => Err(("is empty".to_owned(), String::new())),
            text => Ok(text.to_owned()),
        };
        let issuer = self.one("cluster-issuer", text)?;
        let keys = self.one("cluster-keys", |keys| match keys {
            url if url.starts_with("https://") => Ok(KeySource::Url(url.to_owned())),
            path if std::path::Path::new(path).is_file() => Ok(KeySource::File(path.into())),
            other => Err((format!("{other:?} is neither a file nor an https:// address"), String::new())),
        });
        let theirs = || KeySource::Url(format!("{}/openid/v1/jwks", issuer.trim_end_matches('/')));
        Some(Cluster {
            keys: keys.unwrap_or_else(theirs),
            audience: self.one("cluster-audience", text).unwrap_or_else(|| Cluster::AUDIENCE.to_owned()),
            ca_file: self.file("cluster-ca-file"),
            token_file: self.file("cluster-token-file"),
            issuer,
        })
    }
}
