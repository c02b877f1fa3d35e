//! Reads each setting and what they mean together. Goes on after a problem, so that all of them are found.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use agentguard_api::Workload;
use agentguard_proxy::{Inbound, Timeouts, TrustedKey, Upstream};
use agentguard_telemetry::Secret;

use super::sources::{Environment, Given, Sources};
use super::value::{self, Refused};
use super::{Config, Control, Log, ModelSource, Origin, Problem};

pub(super) struct Reader<'a> {
    pub(super) sources: &'a Sources,
    pub(super) problems: Vec<Problem>,
}

impl Reader<'_> {
    pub(super) fn config(&mut self, environment: &Environment) -> Config {
        let local = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let proxy = agentguard_proxy::Config {
            base_url_listen: self.one("base-url-listen", value::listener).unwrap_or(Some(local(19003))),
            admin_listen: self.one("admin-listen", value::listener).unwrap_or(Some(local(19020))),
            inbound: self
                .many("inbound", value::inbound)
                .into_iter()
                .map(|(_, (listen, upstream))| Inbound { listen, upstream })
                .collect(),
            upstreams: self.upstreams(),
            workload: self.one("workload", value::workload).unwrap_or_else(|| workload(environment)),
            ca_file: self.file("ca-file"),
            timeouts: Timeouts {
                drain: self.time("drain", Duration::from_secs(3600)).unwrap_or(Timeouts::default().drain),
                ..Timeouts::default()
            },
            ..agentguard_proxy::Config::default()
        };
        let config = Config {
            data_dir: self.text("data-dir").map_or_else(|| data_dir(environment), PathBuf::from),
            proxy,
            threads: self.one("threads", value::threads),
            model: self.model(),
            model_threads: self.one("model-threads", value::threads).unwrap_or(1),
            policy: self.file("policy"),
            policy_keys: self.policy_keys(),
            control: self.control(),
            spool_max: self.one("spool-max", value::size).unwrap_or(256 << 20),
            log: Log {
                filter: self.text("log").unwrap_or_else(|| "info".to_owned()),
                json: self.one("log-format", |text| match text {
                    "json" => Ok(true),
                    "text" => Ok(false),
                    other => Err((format!("{other:?} is not a format"), "allowed: text, json".to_owned())),
                }),
            },
        };
        self.twice(&config);
        if !config.proxies() && matches!(config.control, Control::Elsewhere { .. }) {
            let origin = self.sources.one("base-url-listen").map(|given| given.origin.clone());
            self.problems.push(Problem {
                origin: origin.unwrap_or_else(|| Origin::Default("base-url-listen".to_owned())),
                what: "off, without --inbound and with --control-url, leaves nothing to run".to_owned(),
                allowed: "give an address, or --inbound".to_owned(),
            });
        }
        config
    }

    fn model(&mut self) -> ModelSource {
        match self.sources.one("model").map(|given| given.value.as_str()) {
            given @ (None | Some("builtin" | "off")) => {
                if let Some(given) = self.sources.one("model-sha256") {
                    self.problems.push(Problem {
                        origin: given.origin.clone(),
                        what: "has no effect without a file at --model".to_owned(),
                        allowed: "give the file's path as --model".to_owned(),
                    });
                }
                if given == Some("off") { ModelSource::Off } else { ModelSource::Builtin }
            }
            Some(_) => {
                let sha256 = self.one("model-sha256", value::sha256);
                self.file("model").map_or(ModelSource::Off, |path| ModelSource::File { path, sha256 })
            }
        }
    }

    fn control(&mut self) -> Control {
        let listen = self.one("control-listen", value::address);
        let metrics = self.one("metrics-listen", value::listener);
        let retention = self.one("retention", |text| match text {
            "forever" => Ok(None),
            text => value::duration(text, Duration::from_secs(3650 * 86_400))
                .map(Some)
                .map_err(|(what, allowed)| (what, format!("{allowed}; or forever"))),
        });
        let token = self.token();
        let signing_key = self.signing_key();
        let control_token = self.one("control-token", value::token).map(Secret::new);
        if let Some(url) = self.one("control-url", value::origin) {
            for name in [
                "control-listen",
                "metrics-listen",
                "retention",
                "token",
                "token-file",
                "signing-key",
                "signing-key-file",
            ] {
                self.conflict(name, "control-url", "the control plane is elsewhere, none is started here");
            }
            return Control::Elsewhere { url, token: control_token };
        }
        self.needs("control-token", "control-url");
        let listen = listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8000)));
        let given = self.sources.one("token").or_else(|| self.sources.one("token-file"));
        if !listen.ip().is_loopback() && given.is_none() {
            let origin = self.sources.one("control-listen").map(|given| given.origin.clone());
            self.problems.push(Problem {
                origin: origin.unwrap_or_else(|| Origin::Default("control-listen".to_owned())),
                what: format!("{listen} can be reached from other machines, and no token is set"),
                allowed: "set --token-file, or listen on 127.0.0.1".to_owned(),
            });
        }
        Control::Here {
            listen,
            metrics: metrics.unwrap_or_else(|| Some(SocketAddr::from(([127, 0, 0, 1], 9090)))),
            token,
            signing_key,
            retention: retention.unwrap_or(Some(Duration::from_secs(30 * 86_400))),
        }
    }

    fn token(&mut self) -> Option<Secret> {
        self.conflict("token-file", "token", "both give the token");
        let given = self.one("token", value::token);
        let from_file = self.one("token-file", |path| {
            std::fs::read_to_string(path)
                .map_err(|error| (format!("cannot read {path}: {error}"), String::new()))
                .and_then(|text| value::token(&text))
        });
        given.or(from_file).map(Secret::new)
    }

    /// PEM; what is in it is checked where it is used.
    fn signing_key(&mut self) -> Option<Secret> {
        self.conflict("signing-key-file", "signing-key", "both give the key");
        let given = self.text("signing-key");
        let from_file = self.one("signing-key-file", |path| {
            std::fs::read_to_string(path)
                .map_err(|error| (format!("cannot read {path}: {error}"), String::new()))
        });
        given.or(from_file).map(Secret::new)
    }

    fn policy_keys(&mut self) -> Vec<TrustedKey> {
        let key = |text: &str| {
            text.parse::<TrustedKey>().map_err(|error| (format!("{text:?} is {error}"), String::new()))
        };
        let mut keys: Vec<_> = self.many("policy-key", key).into_iter().map(|(_, key)| key).collect();
        let from_file = self.one("policy-key-file", |path| {
            let text = std::fs::read_to_string(path)
                .map_err(|error| (format!("cannot read {path}: {error}"), String::new()))?;
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
            let keys = lines.map(key).collect::<Result<Vec<_>, _>>()?;
            // An empty file must not mean that the first key that comes is trusted.
            if keys.is_empty() { Err((format!("{path} holds no key"), String::new())) } else { Ok(keys) }
        });
        keys.extend(from_file.into_iter().flatten());
        keys
    }

    fn upstreams(&mut self) -> BTreeMap<String, Upstream> {
        let mut out = BTreeMap::new();
        for (given, (name, url)) in self.many("upstream", value::upstream) {
            if out.insert(name.clone(), Upstream { url }).is_some() {
                self.problems.push(Problem {
                    origin: given.origin,
                    what: format!("upstream {name:?} is given twice"),
                    allowed: "give each name once".to_owned(),
                });
            }
        }
        out
    }

    /// Two listeners on one address.
    fn twice(&mut self, config: &Config) {
        let mut seen: BTreeMap<SocketAddr, String> = BTreeMap::new();
        for (name, listen) in config.listeners() {
            if listen.port() == 0 {
                continue;
            }
            if let Some(first) = seen.insert(listen, name.clone()) {
                let origin = self.sources.one(&name).map(|given| given.origin.clone());
                self.problems.push(Problem {
                    origin: origin.unwrap_or(Origin::Default(name)),
                    what: format!("{listen} is also the address of --{first}"),
                    allowed: "give each listener an address of its own".to_owned(),
                });
            }
        }
    }

    fn one<T>(&mut self, name: &str, read: impl FnOnce(&str) -> Result<T, Refused>) -> Option<T> {
        let given = self.sources.one(name)?;
        match read(&given.value) {
            Ok(value) => Some(value),
            Err((what, allowed)) => {
                self.problems.push(Problem { origin: given.origin.clone(), what, allowed });
                None
            }
        }
    }

    fn many<T>(&mut self, name: &str, read: impl Fn(&str) -> Result<T, Refused>) -> Vec<(Given, T)> {
        let mut out = Vec::new();
        for given in self.sources.many(name) {
            match read(&given.value) {
                Ok(value) => out.push((given.clone(), value)),
                Err((what, allowed)) => {
                    self.problems.push(Problem { origin: given.origin.clone(), what, allowed });
                }
            }
        }
        out
    }

    fn text(&mut self, name: &str) -> Option<String> {
        self.one(name, |text| Ok(text.to_owned()))
    }

    fn time(&mut self, name: &str, most: Duration) -> Option<Duration> {
        self.one(name, |text| value::duration(text, most))
    }

    /// A file that must be there.
    fn file(&mut self, name: &str) -> Option<PathBuf> {
        self.one(name, |path| match std::fs::metadata(path) {
            Ok(found) if found.is_file() => Ok(PathBuf::from(path)),
            Ok(_) => Err((format!("{path:?} is not a file"), String::new())),
            Err(error) => Err((format!("cannot read {path:?}: {error}"), String::new())),
        })
    }

    fn conflict(&mut self, name: &str, other: &str, why: &str) {
        if let (Some(given), Some(_)) = (self.sources.one(name), self.sources.one(other)) {
            self.problems.push(Problem {
                origin: given.origin.clone(),
                what: format!("cannot be given together with --{other}: {why}"),
                allowed: "give one of the two".to_owned(),
            });
        }
    }

    fn needs(&mut self, name: &str, other: &str) {
        if let (Some(given), None) = (self.sources.one(name), self.sources.one(other)) {
            self.problems.push(Problem {
                origin: given.origin.clone(),
                what: "has no effect by itself".to_owned(),
                allowed: format!("give --{other} too"),
            });
        }
    }
}

/// `$XDG_STATE_HOME/agentguard`, else `~/.local/state/agentguard` (XDG Base Directory Specification 0.8), else here.
fn data_dir(environment: &Environment) -> PathBuf {
    let variable =
        |name: &str| environment.get(&OsString::from(name)).map(PathBuf::from).filter(|p| p.is_absolute());
    variable("XDG_STATE_HOME")
        .or_else(|| variable("HOME").map(|home| home.join(".local/state")))
        .map_or_else(|| Path::new("agentguard-data").to_owned(), |state| state.join("agentguard"))
}

fn workload(environment: &Environment) -> Workload {
    let host = environment.get(&OsString::from("HOSTNAME")).and_then(|name| name.to_str()).map(str::to_owned);
    let host = host.or_else(|| std::fs::read_to_string("/proc/sys/kernel/hostname").ok());
    let name = host.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
    Workload {
        namespace: "local".to_owned(),
        name: name.unwrap_or_else(|| "localhost".to_owned()),
        pod: String::new(),
    }
}
