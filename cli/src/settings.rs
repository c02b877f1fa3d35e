//! Every setting of `agentguard up`, once: flag, environment variable and file key follow from its name.
//!
//! `--data-dir`, `AGENTGUARD_DATA_DIR` and `data_dir` are the same setting. What a value means is in [`crate::config`].

use clap::{Arg, ArgAction, ValueHint};

/// One setting.
#[derive(Debug)]
pub(crate) struct Setting {
    /// Name of the flag without dashes.
    pub(crate) name: &'static str,
    value: &'static str,
    /// Whether it may be given several times.
    pub(crate) many: bool,
    /// What help says it is without being set; empty: nothing.
    default: &'static str,
    help: &'static str,
    hint: ValueHint,
    /// Whether its value must never be shown.
    pub(crate) secret: bool,
}

const fn setting(
    name: &'static str,
    value: &'static str,
    default: &'static str,
    help: &'static str,
) -> Setting {
    Setting { name, value, many: false, default, help, hint: ValueHint::Unknown, secret: false }
}

impl Setting {
    const fn many(mut self) -> Self {
        self.many = true;
        self
    }

    const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    const fn path(mut self) -> Self {
        self.hint = ValueHint::AnyPath;
        self
    }

    /// The environment variable.
    pub(crate) fn variable(&self) -> String {
        format!("AGENTGUARD_{}", self.key().to_ascii_uppercase())
    }

    /// The key in the configuration file.
    pub(crate) fn key(&self) -> String {
        self.name.replace('-', "_")
    }

    fn arg(&self) -> Arg {
        let help = match self.default {
            "" => self.help.to_owned(),
            default => format!("{} [default: {default}]", self.help),
        };
        // Values stay text here and may repeat: whatever is wrong with them is reported together with all the rest.
        Arg::new(self.name)
            .long(self.name)
            .value_name(self.value)
            .help(help)
            .value_hint(self.hint)
            .action(ArgAction::Append)
    }
}

/// The settings, in the order of the help.
pub(crate) const SETTINGS: &[Setting] = &[
    setting("config", "FILE", "", "TOML file with any of these settings; dashes become underscores").path(),
    setting(
        "data-dir",
        "DIR",
        "the state directory of your account",
        "Where verdicts are stored and spooled",
    )
    .path(),
    setting(
        "database-url",
        "URL",
        "",
        "PostgreSQL for the control plane instead of a file in the data directory: postgres://user:password@host:port/database; \
         also read from DATABASE_URL, its password from POSTGRES_PASSWORD",
    )
    .secret(),
    setting(
        "base-url-listen",
        "ADDR",
        "127.0.0.1:19003",
        "Where clients point their base URL; `off` for none (without --inbound: no proxy at all)",
    ),
    setting(
        "upstream",
        "NAME=URL",
        "the well-known providers",
        "A provider under /NAME/ of the base URL; may be repeated",
    )
    .many(),
    setting("inbound", "ADDR=URL", "", "Listen at ADDR in front of the agent at URL; may be repeated").many(),
    setting(
        "policy",
        "FILE",
        "",
        "YAML policy, which wins over the control plane's; without either every answer is judged and annotated; re-read on SIGHUP",
    )
    .path(),
    setting(
        "policy-key",
        "BASE64",
        "those of the first bundle that comes",
        "Public key whose policy bundles are believed; may be repeated",
    )
    .many(),
    setting("policy-key-file", "FILE", "", "File that holds such keys, one a line").path(),
    setting(
        "model",
        "WHICH",
        "builtin",
        "The trained encoder that reads answers to questions, tens of milliseconds a sentence: builtin, off, or the path of another one",
    ),
    setting("model-sha256", "HEX", "that of the built-in one", "SHA-256 that the file at --model must have"),
    setting("model-threads", "N", "1", "Threads that run the encoder, a core each"),
    setting(
        "admin-listen",
        "ADDR",
        "127.0.0.1:19020",
        "The proxy's /ready, /live and /metrics; `off` for none",
    ),
    setting("control-listen", "ADDR", "127.0.0.1:8000", "The control plane's API and dashboard"),
    setting("metrics-listen", "ADDR", "127.0.0.1:9090", "The control plane's /metrics; `off` for none"),
    setting("token", "TOKEN", "", "Bearer token that the control plane asks for; needed beyond loopback")
        .secret(),
    setting("token-file", "FILE", "", "File that holds that token").path(),
    setting(
        "accounts",
        "on|off",
        "off",
        "Whether people sign in to the control plane with accounts of their own",
    ),
    setting(
        "bootstrap-token",
        "SECRET",
        "one that the first start logs",
        "One-time secret that makes the first account",
    )
    .secret(),
    setting("bootstrap-token-file", "FILE", "", "File that holds that secret").path(),
    setting(
        "sidecar-token",
        "TOKEN",
        "",
        "Bearer token with which sidecars elsewhere may report to the control plane, and nothing else",
    )
    .secret(),
    setting("sidecar-token-file", "FILE", "", "File that holds that token").path(),
    setting(
        "cluster-issuer",
        "URL",
        "",
        "`iss` of the ServiceAccount tokens that sidecars of a Kubernetes cluster may report with",
    ),
    setting(
        "cluster-keys",
        "FILE|URL",
        "the issuer's /openid/v1/jwks",
        "The JWK set that those tokens are verified with",
    ),
    setting("cluster-audience", "NAME", "agentguard-control", "`aud` that those tokens must be made for"),
    setting(
        "cluster-ca-file",
        "FILE",
        "",
        "PEM file of the authorities to believe when the keys are fetched",
    )
    .path(),
    setting("cluster-token-file", "FILE", "", "File with the bearer token to fetch the keys with").path(),
    setting(
        "trusted-proxies",
        "N",
        "0",
        "Proxies between clients and the control plane whose X-Forwarded-For is believed",
    ),
    setting(
        "signing-key",
        "PEM",
        "one made in the data directory",
        "Ed25519 key (PKCS #8) that signs policy bundles; two while one takes the other's place",
    )
    .secret(),
    setting("signing-key-file", "FILE", "", "File that holds that key").path(),
    setting("retention", "TIME", "30d", "How long verdicts are kept: 12h, 30d, forever"),
    setting("control-url", "URL", "", "Report to this control plane and start none here"),
    setting("control-token", "TOKEN", "", "Bearer token for the control plane at --control-url").secret(),
    setting("spool-max", "SIZE", "256MiB", "The most that waits on disk for the control plane"),
    setting(
        "workload",
        "NAME",
        "local/HOSTNAME",
        "Whose traffic this is: NAME, NAMESPACE/NAME or NAMESPACE/NAME/POD",
    ),
    setting(
        "hash-key-file",
        "FILE",
        "a random key of this process",
        "File with the key under which `capture: hash` hashes, 32 characters or more",
    )
    .path(),
    setting("ca-file", "FILE", "", "PEM file of authorities to trust besides the system's").path(),
    setting("drain", "TIME", "25s", "How long running exchanges may take after SIGTERM"),
    setting("threads", "N", "one a core", "Worker threads"),
    setting("log", "FILTER", "info", "error, warn, info, debug, trace, or target=level pairs"),
    setting("log-format", "FORMAT", "text on a terminal", "How log lines look: text or json"),
];

/// The setting of that name, which must be one of the table.
pub(crate) fn named(name: &str) -> &'static Setting {
    SETTINGS
        .iter()
        .find(|setting| setting.name == name)
        .expect("settings are asked for by the names of the table")
}

/// All of them as flags.
pub(crate) fn args() -> impl Iterator<Item = Arg> {
    SETTINGS.iter().map(Setting::arg)
}
