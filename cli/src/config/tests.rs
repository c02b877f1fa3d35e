//! Precedence, and every problem reported at once with its place.

use std::fs;
use std::path::Path;

use super::*;

fn read(flags: &[&str], variables: &[(&str, &str)]) -> Result<Config, Problems> {
    let command = crate::command::command();
    let arguments = ["agentguard", "up"].into_iter().chain(flags.iter().copied());
    let matches = command.try_get_matches_from(arguments).unwrap();
    let environment = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
    Config::read(matches.subcommand_matches("up").unwrap(), &environment)
}

fn problems(flags: &[&str], variables: &[(&str, &str)]) -> String {
    read(flags, variables).unwrap_err().to_string()
}

fn control(config: &Config) -> SocketAddr {
    match &config.control {
        Control::Here { listen, .. } => *listen,
        Control::Elsewhere { url, .. } => panic!("elsewhere: {url}"),
    }
}

#[test]
fn without_anything_all_listeners_are_on_loopback() {
    let config = read(&[], &[("HOME", "/home/ada")]).unwrap();
    let listeners: Vec<String> = config.listeners().iter().map(|(name, at)| format!("{name} {at}")).collect();
    assert_eq!(
        listeners,
        [
            "control-listen 127.0.0.1:8000",
            "metrics-listen 127.0.0.1:9090",
            "base-url-listen 127.0.0.1:19003",
            "admin-listen 127.0.0.1:19020",
        ]
    );
    assert_eq!(config.data_dir, Path::new("/home/ada/.local/state/agentguard"));
    let Control::Here { retention, token, .. } = config.control else { panic!() };
    assert_eq!((retention, token.is_none()), (Some(Duration::from_secs(30 * 86_400)), true));
}

#[test]
fn the_data_directory_follows_the_environment() {
    let at = |variables: &[(&str, &str)]| read(&[], variables).unwrap().data_dir;
    assert_eq!(at(&[("HOME", "/h"), ("XDG_STATE_HOME", "/s")]), Path::new("/s/agentguard"));
    assert_eq!(
        at(&[("HOME", "/h"), ("XDG_STATE_HOME", "not/absolute")]),
        Path::new("/h/.local/state/agentguard")
    );
    assert_eq!(at(&[]), Path::new("agentguard-data"));
    assert_eq!(at(&[("HOME", "/h"), ("AGENTGUARD_DATA_DIR", "/d")]), Path::new("/d"));
}

#[test]
fn a_flag_wins_over_a_variable_which_wins_over_the_file_which_wins_over_the_default() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("agentguard.toml");
    fs::write(&file, "control_listen = \"127.0.0.1:1\"\nupstream = [\"a=http://file\", \"b=http://file\"]\n")
        .unwrap();
    let file = file.to_str().unwrap();
    let variable = ("AGENTGUARD_CONTROL_LISTEN", "127.0.0.1:2");
    let all = read(&["--config", file, "--control-listen", "127.0.0.1:3"], &[variable]).unwrap();
    assert_eq!(control(&all).port(), 3);
    assert_eq!(control(&read(&["--config", file], &[variable]).unwrap()).port(), 2);
    assert_eq!(control(&read(&["--config", file], &[]).unwrap()).port(), 1);
    assert_eq!(control(&read(&[], &[]).unwrap()).port(), 8000);
    // The file itself may be named by a variable, and an empty variable is none.
    let named = [("AGENTGUARD_CONFIG", file), ("AGENTGUARD_CONTROL_LISTEN", "")];
    assert_eq!(control(&read(&[], &named).unwrap()).port(), 1);
}

#[test]
fn a_list_is_taken_whole_from_the_first_source_that_gives_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("agentguard.toml");
    fs::write(&file, "[upstream]\na = \"http://file\"\nb = \"http://file\"\n").unwrap();
    let file = file.to_str().unwrap();
    let names = |flags: &[&str], variables: &[(&str, &str)]| -> Vec<String> {
        let config = read(flags, variables).unwrap();
        config.proxy.upstreams.iter().map(|(name, upstream)| format!("{name}={}", upstream.url)).collect()
    };
    assert_eq!(names(&["--config", file], &[]), ["a=http://file", "b=http://file"]);
    let variable = [("AGENTGUARD_UPSTREAM", "a=http://env, c=http://env")];
    assert_eq!(names(&["--config", file], &variable), ["a=http://env", "c=http://env"]);
    assert_eq!(names(&["--config", file, "--upstream", "d=http://flag"], &variable), ["d=http://flag"]);
}

#[test]
fn every_problem_is_reported_at_once_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("agentguard.toml");
    let text = "# comment\nretention = \"a month\"\nadmin_lisen = \"127.0.0.1:1\"\ncolour = \"red\"\nthreads = 0\ndrain = true\n\
        inbound = [\n  \"127.0.0.1:19004=http://127.0.0.1:8080\",\n  \"127.0.0.1:19005\",\n]\n";
    fs::write(&file, text).unwrap();
    let flags = [
        "--config",
        file.to_str().unwrap(),
        "--control-listen",
        "0.0.0.0:8000",
        "--metrics-listen",
        "nine",
        "--upstream",
        "Big Co=https://x",
        "--upstream",
        "ok=ftp://x",
        "--policy",
        "/nowhere/policy.yaml",
        "--token",
        "short",
    ];
    let variables = [("AGENTGUARD_SPOOL_MAX", "lots"), ("AGENTGUARD_LOG_FORMAT", "xml")];
    let told = problems(&flags, &variables).replace(folder.path().to_str().unwrap(), "");
    assert_eq!(told, include_str!("tests/problems.txt").trim_end());
    assert!(!told.contains("short\""), "a token is never shown: {told}");
}

#[test]
fn a_file_that_is_not_toml_is_told_by_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("agentguard.toml");
    fs::write(&file, "data_dir = \"/d\"\nthreads = = 2\n").unwrap();
    let told = problems(&["--config", file.to_str().unwrap()], &[]);
    assert!(told.contains("agentguard.toml:2: "), "{told}");
    assert!(problems(&["--config", "/nowhere"], &[]).contains("--config: cannot read /nowhere"));
}

#[test]
fn a_listener_beyond_loopback_needs_a_token() {
    let token = "a-token-of-some-length";
    assert!(read(&["--control-listen", "0.0.0.0:8000", "--token", token], &[]).is_ok());
    assert!(problems(&["--control-listen", "[::]:8000"], &[]).contains("no token is set"));
    assert!(read(&["--control-listen", "[::1]:8000"], &[]).is_ok());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    fs::write(&file, format!("{token}\n")).unwrap();
    let flags = ["--control-listen", "0.0.0.0:8000", "--token-file", file.to_str().unwrap()];
    let Control::Here { token: Some(read), .. } = read(&flags, &[]).unwrap().control else { panic!() };
    assert_eq!(read.expose(), token);
}

#[test]
fn contradictions_are_refused() {
    let elsewhere = ["--control-url", "https://guard.example/ag"];
    let Control::Elsewhere { url, .. } = read(&elsewhere, &[]).unwrap().control else { panic!() };
    assert_eq!(url.to_string(), "https://guard.example/ag");
    for (flags, part) in [
        (
            vec!["--control-url", "https://g.example", "--control-listen", "127.0.0.1:1"],
            "together with --control-url",
        ),
        (vec!["--control-token", "0123456789abcdef"], "give --control-url too"),
        (vec!["--admin-listen", "127.0.0.1:8000"], "also the address of --control-listen"),
        (vec!["--drain", "1s", "--drain", "2s"], "given 2 times"),
        (vec!["--upstream", "a=http://x", "--upstream", "a=http://y"], "\"a\" is given twice"),
        (vec!["--drain", "2h"], "at most 1h"),
        (vec!["--control-url", "https://g.example", "--base-url-listen", "off"], "leaves nothing to run"),
    ] {
        assert!(problems(&flags, &[]).contains(part), "{flags:?}: {}", problems(&flags, &[]));
    }
    assert!(read(&["--admin-listen", "127.0.0.1:0", "--base-url-listen", "127.0.0.1:0"], &[]).is_ok());
    assert_eq!(
        read(&["--admin-listen", "off", "--metrics-listen", "off"], &[]).unwrap().listeners().len(),
        2
    );
    let control_only = read(&["--base-url-listen", "off"], &[]).unwrap();
    assert!(!control_only.proxies());
    assert_eq!(control_only.listeners().len(), 2, "no proxy, no admin port of it");
}

#[test]
fn every_setting_can_be_given_in_every_way() {
    let folder = tempfile::tempdir().unwrap();
    let command = crate::command::command();
    for setting in crate::settings::SETTINGS {
        let sources = |flags: &[&str], variables: &[(&str, &str)]| {
            let arguments = ["agentguard", "up"].into_iter().chain(flags.iter().copied());
            let matches = command.clone().try_get_matches_from(arguments).unwrap();
            let environment = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
            let sources =
                Sources::read(matches.subcommand_matches("up").unwrap(), &environment, &mut Vec::new());
            sources.one(setting.name).cloned().unwrap()
        };
        let flag = format!("--{}", setting.name);
        assert_eq!(sources(&[&flag, "some"], &[]).origin, Origin::Flag(setting.name.to_owned()));
        let variable = setting.variable();
        let given = sources(&[], &[(&variable, "some")]);
        assert_eq!((given.value.as_str(), given.origin), ("some", Origin::Variable(variable)));
        if setting.name != "config" {
            let file = folder.path().join("one.toml");
            fs::write(&file, format!("{} = \"some\"\n", setting.key())).unwrap();
            let given = sources(&["--config", file.to_str().unwrap()], &[]);
            assert!(matches!(given.origin, Origin::File { line: 1, .. }), "{:?}", given.origin);
        }
    }
}

fn access(config: Config) -> agentguard_control::Access {
    let Control::Here { access, .. } = config.control else { panic!() };
    *access
}

#[test]
fn keys_are_read_by_the_seeds_names_or_from_the_files_that_these_name() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    fs::write(&file, "an encryption key of 32 letters!\n").unwrap();
    let jwt = "a signing key of more than thirty-two bytes";
    let variables = [("JWT_SECRET_KEY", jwt), ("ENCRYPTION_KEY_FILE", file.to_str().unwrap())];
    let flags = ["--token", "a-token-of-some-length"];
    let both = access(read(&flags, &variables).unwrap());
    assert_eq!(both.jwt_key.unwrap().expose(), jwt);
    assert_eq!(both.audit_key.unwrap().expose(), "an encryption key of 32 letters!");
    assert!(!both.accounts && both.sidecar_token.is_none());
    let one = access(read(&flags, &variables[..1]).unwrap());
    assert_eq!(one.audit_key.unwrap().expose(), jwt);
    let open = access(read(&[], &[("JWT_SECRET_KEY", "of another program")]).unwrap());
    assert!(open.jwt_key.is_none() && open.audit_key.is_none());
    let previous = ("ENCRYPTION_KEY_PREVIOUS", "the key before it, of 32 letters!");
    let Control::Here { content, .. } = read(&[], &[variables[1], previous]).unwrap().control else {
        panic!()
    };
    assert_eq!(content.key.unwrap().expose(), "an encryption key of 32 letters!");
    assert_eq!(content.previous.unwrap().expose(), previous.1);
    let refused = read(&[], &[("ENCRYPTION_KEY", "your_encryption_key_32_characters")]).unwrap_err();
    assert!(refused.to_string().contains("placeholder"), "{refused}");
    // Without a token, the proxy of this process still has something to report with.
    let accounts = access(read(&["--accounts", "on"], &[]).unwrap());
    assert!(accounts.accounts && accounts.sidecar_token.unwrap().expose().len() == 64);
}

#[test]
fn weak_secrets_are_all_reported_together_and_never_shown() {
    let said = problems(
        &[
            "--control-listen",
            "0.0.0.0:8000",
            "--accounts",
            "maybe",
            "--bootstrap-token",
            "hunter2",
            "--token",
            "short-t0ken",
        ],
        &[
            ("JWT_SECRET_KEY", "your_jwt_secret_key_with_64_characters"),
            ("ENCRYPTION_KEY", "sh0rt"),
            ("AGENTGUARD_SIDECAR_TOKEN", "changeme-changeme-changeme"),
            ("AGENTGUARD_CLUSTER_KEYS", "https://x/jwks"),
        ],
    );
    for what in [
        "JWT_SECRET_KEY still holds a placeholder",
        "ENCRYPTION_KEY has 5 bytes",
        "--accounts: \"maybe\" is neither",
        "--bootstrap-token: the token is shorter",
        "AGENTGUARD_SIDECAR_TOKEN: sidecar-token still holds a placeholder",
        "AGENTGUARD_CLUSTER_KEYS: has no effect by itself",
        "--token: the token is shorter",
    ] {
        assert!(said.contains(what), "{what} in {said}");
    }
    for secret in ["hunter2", "sh0rt", "short-t0ken", "your_jwt", "changeme"] {
        assert!(!said.contains(secret), "{said}");
    }
}

#[test]
fn the_database_is_a_setting_or_the_one_that_the_platform_gives() {
    let database = |flags: &[&str], variables: &[(&str, &str)]| {
        let Control::Here { database, database_password, .. } = read(flags, variables).unwrap().control
        else {
            panic!()
        };
        (database.map(|url| url.expose().to_owned()), database_password.map(|word| word.expose().to_owned()))
    };
    let (given, shared) = ("postgres://u:p@h/agentguard", "postgresql://h/shared");
    assert_eq!(database(&[], &[]), (None, None));
    assert_eq!(database(&[], &[("DATABASE_URL", shared)]).0.as_deref(), Some(shared));
    assert_eq!(database(&[], &[("DATABASE_URL", "mysql://h/another-program")]).0, None);
    let both = [("DATABASE_URL", shared), ("AGENTGUARD_DATABASE_URL", given), ("POSTGRES_PASSWORD", "word")];
    assert_eq!(database(&[], &both), (Some(given.to_owned()), Some("word".to_owned())));
    let told = problems(&["--database-url", "hunter2@h"], &[]);
    assert!(told.contains("--database-url") && !told.contains("hunter2"), "{told}");
    let told = problems(&["--database-url", given, "--control-url", "http://c"], &[]);
    assert!(told.contains("--control-url"), "{told}");
}
