use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use rcgen::PublicKeyData;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject;
use tempfile::TempDir;

use super::*;
use crate::leaf::sign;
use crate::testing::{DAY, hosts, webpki_accepts};

mod chain;
mod unfit;
mod volume;

fn open(dir: &TempDir, hosts: &HostSet, apps: Apps) -> Result<Opened, AuthorityError> {
    Authority::open(dir.path(), hosts, Terms::default(), apps)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn the_first_start_makes_an_authority_and_a_restart_keeps_it() {
    let parent = TempDir::new().unwrap();
    let dir = parent.path().join("keys");
    let hosts = hosts(["api.openai.com", "*.openai.azure.com"]);
    let first = Authority::open(&dir, &hosts, Terms::default(), Apps::MayRun).unwrap();
    assert_eq!(first.origin, Origin::Made);
    assert_eq!((mode(&dir), mode(&dir.join(FILE))), (0o700, 0o600));
    assert_eq!(fs::read_dir(&dir).unwrap().count(), 1, "no temporary file is left");

    for apps in [Apps::MayRun, Apps::NotStarted] {
        let second = Authority::open(&dir, &hosts, Terms::default(), apps).unwrap();
        assert_eq!(second.origin, Origin::Kept);
        assert!(second.uncovered.is_empty());
        assert_eq!(second.authority.root(), first.authority.root());
        assert_eq!(second.authority.intermediate(), first.authority.intermediate());
        assert_eq!(second.authority.permitted(), ["api.openai.com", "openai.azure.com"]);
        // What the reloaded key signs is accepted under the root that applications hold.
        let now = SystemTime::now();
        let leaf = sign(&second.authority, "api.openai.com", now).unwrap();
        webpki_accepts(&first.authority, &leaf.key.cert[0], now).unwrap();
    }
}

#[test]
fn the_file_holds_the_intermediates_key_and_no_other() {
    let dir = TempDir::new().unwrap();
    let opened = open(&dir, &hosts(["api.openai.com"]), Apps::MayRun).unwrap();
    let text = fs::read(dir.path().join(FILE)).unwrap();
    let keys: Vec<_> = PrivatePkcs8KeyDer::pem_slice_iter(&text).collect::<Result<_, _>>().unwrap();
    assert_eq!(keys.len(), 1);
    let public = KeyPair::try_from(&keys[0]).unwrap().subject_public_key_info();
    let contains = |der: &[u8]| der.windows(public.len()).any(|window| window == public);
    assert!(contains(opened.authority.intermediate()));
    assert!(!contains(opened.authority.root()));
}

#[test]
fn hosts_that_are_taken_away_leave_the_authority_and_added_ones_are_named_or_replace_it() {
    let dir = TempDir::new().unwrap();
    let two = hosts(["api.openai.com", "api.anthropic.com"]);
    let first = open(&dir, &two, Apps::NotStarted).unwrap();
    for apps in [Apps::MayRun, Apps::NotStarted] {
        let fewer = open(&dir, &hosts(["api.openai.com", "eu.api.openai.com"]), apps).unwrap();
        assert_eq!((&fewer.origin, fewer.authority.root()), (&Origin::Kept, first.authority.root()));
        assert!(fewer.uncovered.is_empty());
    }
    let more = hosts(["api.openai.com", "*.openai.azure.com", "api.x.ai"]);
    let kept = open(&dir, &more, Apps::MayRun).unwrap();
    assert_eq!((&kept.origin, kept.authority.root()), (&Origin::Kept, first.authority.root()));
    assert_eq!(kept.uncovered, ["api.x.ai", "openai.azure.com"]);

    let replaced = open(&dir, &more, Apps::NotStarted).unwrap();
    assert_eq!(replaced.origin, Origin::Replaced(Unfit::Uncovered("api.x.ai, openai.azure.com".to_owned())));
    assert!(replaced.uncovered.is_empty());
    assert_ne!(replaced.authority.root(), first.authority.root());
    assert_eq!(open(&dir, &more, Apps::MayRun).unwrap().authority.root(), replaced.authority.root());
}

#[test]
fn an_expired_authority_is_replaced_and_one_from_the_future_is_not() {
    let dir = TempDir::new().unwrap();
    let hosts = hosts(["api.openai.com"]);
    let now = SystemTime::now();
    let at = |now, apps| Authority::open_at(dir.path(), &hosts, Terms::default(), apps, now);
    let first = at(now, Apps::MayRun).unwrap();
    assert_eq!(at(now + 29 * DAY, Apps::MayRun).unwrap().origin, Origin::Kept);
    let early = at(now - DAY, Apps::MayRun).unwrap_err();
    assert!(matches!(early, AuthorityError::Unfit { why: Unfit::NotYet, .. }), "{early}");
    let second = at(now + 31 * DAY, Apps::MayRun).unwrap();
    assert_eq!(second.origin, Origin::Replaced(Unfit::Expired));
    assert_ne!(first.authority.root(), second.authority.root());
    assert!(second.authority.expires() > now + 60 * DAY);
}

#[test]
fn without_hosts_there_is_no_authority_since_it_would_be_for_all_hosts() {
    let dir = TempDir::new().unwrap();
    assert!(matches!(open(&dir, &HostSet::default(), Apps::NotStarted), Err(AuthorityError::NoHosts)));
}

#[test]
fn lifetimes_are_bounded() {
    let dir = TempDir::new().unwrap();
    for lifetime in [Duration::ZERO, Duration::from_mins(59), 398 * DAY, Duration::MAX] {
        let terms = Terms { lifetime, ..Terms::default() };
        let error = Authority::open(dir.path(), &hosts(["a.example.com"]), terms, Apps::MayRun).unwrap_err();
        assert!(matches!(error, AuthorityError::Lifetime(_)), "{error}");
    }
    let terms = Terms { lifetime: 397 * DAY, backdate: Duration::ZERO };
    let opened = Authority::open(dir.path(), &hosts(["a.example.com"]), terms, Apps::MayRun).unwrap();
    assert!(opened.authority.expires() > SystemTime::now() + 396 * DAY);
}

#[test]
fn debug_output_has_no_key() {
    let authority = Authority::made_for(&hosts(["a.example.com"]), SystemTime::now());
    let shown = format!("{authority:?}");
    assert!(shown.contains("a.example.com") && !shown.contains("issuer"), "{shown}");
}

/// The mode of a file, set.
fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}
