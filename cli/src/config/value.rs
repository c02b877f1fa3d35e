//! How single values are written. Each reader says what it allows when it refuses.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use agentguard_api::Workload;
use agentguard_proxy::Origin;

/// What is wrong with a value, and what is allowed.
pub(super) type Refused = (String, String);

fn refused(value: &str, what: &str, allowed: &str) -> Refused {
    (format!("{value:?} {what}"), format!("allowed: {allowed}"))
}

/// `IP:PORT` or `localhost:PORT`.
pub(super) fn address(value: &str) -> Result<SocketAddr, Refused> {
    let local = value
        .strip_prefix("localhost:")
        .and_then(|port| port.parse().ok())
        .map(|port| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port));
    local.or_else(|| value.parse().ok()).ok_or_else(|| {
        refused(
            value,
            "is not an address",
            "IP:PORT like 127.0.0.1:8000 or [::1]:8000; port 0 picks a free one",
        )
    })
}

/// A file with the key of `capture: hash`.
pub(super) fn hash_key(path: &str) -> Result<agentguard_telemetry::Secret, Refused> {
    // The error says what is allowed itself.
    agentguard_proxy::hash_key(std::path::Path::new(path)).map_err(|error| (error.to_string(), String::new()))
}

/// An address, or `off`.
pub(super) fn listener(value: &str) -> Result<Option<SocketAddr>, Refused> {
    if value == "off" {
        return Ok(None);
    }
    address(value).map(Some).map_err(|(what, allowed)| (what, format!("{allowed}; or off")))
}

/// `http(s)://host[:port][/prefix]`.
pub(super) fn origin(value: &str) -> Result<Origin, Refused> {
    // The error says what is allowed itself.
    value.parse::<Origin>().map_err(|error| (error.to_string(), String::new()))
}

/// `NAME=URL`.
pub(super) fn upstream(value: &str) -> Result<(String, Origin), Refused> {
    let (name, url) = value
        .split_once('=')
        .ok_or_else(|| refused(value, "has no =", "NAME=URL like vllm=http://127.0.0.1:8080"))?;
    let valid = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.".contains(&b);
    if name.is_empty() || name.len() > 63 || !name.bytes().all(valid) {
        return Err(refused(name, "is not a provider's name", "a-z, 0-9, - _ and ., at most 63 of them"));
    }
    Ok((name.to_owned(), origin(url)?))
}

/// `ADDR=URL`.
pub(super) fn inbound(value: &str) -> Result<(SocketAddr, Origin), Refused> {
    let (listen, url) = value
        .split_once('=')
        .ok_or_else(|| refused(value, "has no =", "ADDR=URL like 127.0.0.1:19004=http://127.0.0.1:8080"))?;
    Ok((address(listen)?, origin(url)?))
}

/// A time: `250ms`, `25s`, `5m`, `12h`, `30d`, at least a millisecond and at most `most`.
pub(super) fn duration(value: &str, most: Duration) -> Result<Duration, Refused> {
    let units = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];
    let digits = value.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = value.split_at(digits);
    let unit = units.iter().find(|(name, _)| *name == unit.trim()).map(|(_, ms)| *ms);
    let time =
        number.parse::<u64>().ok().zip(unit).and_then(|(n, ms)| n.checked_mul(ms)).map(Duration::from_millis);
    match time {
        Some(time) if time > most => {
            Err(refused(value, "is too long", &format!("at most {}", describe(most))))
        }
        Some(time) if !time.is_zero() => Ok(time),
        _ => Err(refused(
            value,
            "is not a time",
            "a whole number and its unit (ms, s, m, h, d), like 25s or 30d",
        )),
    }
}

/// A size in bytes: `64MiB`, `1GB`.
pub(super) fn size(value: &str) -> Result<u64, Refused> {
    let units = [
        ("", 1),
        ("B", 1),
        ("kB", 1_000),
        ("KiB", 1 << 10),
        ("MB", 1_000_000),
        ("MiB", 1 << 20),
        ("GB", 1_000_000_000),
        ("GiB", 1 << 30),
    ];
    let digits = value.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = value.split_at(digits);
    let unit = units.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit.trim())).map(|(_, bytes)| *bytes);
    number
        .parse::<u64>()
        .ok()
        .zip(unit)
        .and_then(|(number, unit)| number.checked_mul(unit))
        .filter(|bytes| *bytes > 0)
        .ok_or_else(|| {
            refused(value, "is not a size", "a whole number and its unit (kB, KiB, MB, MiB, GB, GiB)")
        })
}

/// A number of threads.
pub(super) fn threads(value: &str) -> Result<usize, Refused> {
    match value.parse::<usize>() {
        Ok(count @ 1..=256) => Ok(count),
        _ => Err(refused(value, "is not a number of threads", "1 to 256")),
    }
}

/// A SHA-256 in hexadecimal.
pub(super) fn sha256(value: &str) -> Result<String, Refused> {
    if value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(value.to_ascii_lowercase());
    }
    Err(refused(value, "is not a SHA-256", "64 hexadecimal digits, as sha256sum prints them"))
}

/// `NAME`, `NAMESPACE/NAME` or `NAMESPACE/NAME/POD`.
pub(super) fn workload(value: &str) -> Result<Workload, Refused> {
    let parts: Vec<&str> = value.split('/').collect();
    let workload = |namespace: &str, name: &str, pod: &str| Workload {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        pod: pod.to_owned(),
    };
    match parts.as_slice() {
        _ if parts.iter().any(|part| part.is_empty() || part.len() > 253) => {
            Err(refused(value, "has an empty or overlong part", "NAME, NAMESPACE/NAME or NAMESPACE/NAME/POD"))
        }
        [name] => Ok(workload("local", name, "")),
        [namespace, name] => Ok(workload(namespace, name, "")),
        [namespace, name, pod] => Ok(workload(namespace, name, pod)),
        _ => Err(refused(value, "has too many parts", "NAME, NAMESPACE/NAME or NAMESPACE/NAME/POD")),
    }
}

/// A bearer token: long enough not to be guessed, and what a header can carry.
pub(super) fn token(value: &str) -> Result<String, Refused> {
    let token = value.trim();
    if token.len() < 16 || !token.bytes().all(|b| b.is_ascii_graphic()) {
        let what = "the token is shorter than 16 characters or holds spaces or others than ASCII";
        return Err((what.to_owned(), "`openssl rand -hex 16` makes a good one".to_owned()));
    }
    Ok(token.to_owned())
}

/// An address of a PostgreSQL database. What is wrong with the rest of it, the control plane says; it is never repeated.
pub(super) fn database(value: &str) -> Result<String, Refused> {
    let value = value.trim();
    if !value.starts_with("postgres://") && !value.starts_with("postgresql://") {
        let what = "this is not the address of a PostgreSQL database";
        return Err((what.to_owned(), "expected postgres://user:password@host:port/database".to_owned()));
    }
    Ok(value.to_owned())
}

/// A time as people write it.
fn describe(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        s if s >= 86_400 && s.is_multiple_of(86_400) => format!("{}d", s / 86_400),
        s if s >= 3_600 && s.is_multiple_of(3_600) => format!("{}h", s / 3_600),
        s => format!("{s}s"),
    }
}
