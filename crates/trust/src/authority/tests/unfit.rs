//! Stored files that cannot be used.

use rcgen::{BasicConstraints, CertificateParams, IsCa};

use super::*;
use crate::bundle::pem_of;

/// Writes a file, mode 0600, in place of the stored one.
fn store(dir: &TempDir, text: &str) {
    let path = dir.path().join(FILE);
    fs::write(&path, text).unwrap();
    chmod(&path, 0o600);
}

/// While applications may run the file is refused, with its path, and stays; else it is replaced.
fn is_unfit(dir: &TempDir, hosts: &HostSet, expected: impl Fn(&Unfit) -> bool) {
    let path = dir.path().join(FILE);
    let before = fs::read(&path).unwrap();
    let error = open(dir, hosts, Apps::MayRun).unwrap_err();
    let AuthorityError::Unfit { why, .. } = &error else { panic!("{error}") };
    assert!(expected(why), "{why}");
    assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
    assert_eq!(fs::read(&path).unwrap(), before);

    let Origin::Replaced(why) = open(dir, hosts, Apps::NotStarted).unwrap().origin else {
        panic!("not replaced")
    };
    assert!(expected(&why), "{why}");
    assert_eq!(open(dir, hosts, Apps::MayRun).unwrap().origin, Origin::Kept);
}

#[test]
fn a_truncated_file_is_incomplete_or_corrupt_wherever_it_ends() {
    let dir = TempDir::new().unwrap();
    let hosts = hosts(["api.openai.com"]);
    open(&dir, &hosts, Apps::MayRun).unwrap();
    let whole = fs::read_to_string(dir.path().join(FILE)).unwrap();
    for percent in [0, 5, 30, 60, 95] {
        store(&dir, &whole[..whole.len() * percent / 100]);
        is_unfit(&dir, &hosts, |why| matches!(why, Unfit::Incomplete { .. } | Unfit::Corrupt(_)));
    }
}

#[test]
fn a_file_that_is_not_ours_is_refused() {
    let dir = TempDir::new().unwrap();
    store(&dir, "not PEM at all\n");
    is_unfit(&dir, &hosts(["api.openai.com"]), |why| *why == Unfit::Incomplete { keys: 0, certificates: 0 });
}

#[test]
fn parts_of_two_authorities_do_not_go_together() {
    let (dir, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let hosts = hosts(["api.openai.com"]);
    let ours = open(&dir, &hosts, Apps::MayRun).unwrap().authority;
    let theirs = open(&other, &hosts, Apps::MayRun).unwrap().authority;
    let chain = |key: &Authority, intermediate: &Authority, root: &Authority| {
        key.issuer().key().serialize_pem() + &pem_of(intermediate.intermediate()) + &pem_of(root.root())
    };
    store(&dir, &chain(&theirs, &ours, &ours));
    is_unfit(&dir, &hosts, |why| why.to_string().contains("key is not the intermediate's"));
    store(&dir, &chain(&ours, &ours, &theirs));
    is_unfit(&dir, &hosts, |why| why.to_string().contains("not signed by the root"));
    store(&dir, &(chain(&ours, &ours, &ours) + &pem_of(theirs.root())));
    is_unfit(&dir, &hosts, |why| *why == Unfit::Incomplete { keys: 1, certificates: 3 });
}

#[test]
fn an_intermediate_that_could_sign_for_any_host_is_refused() {
    let dir = TempDir::new().unwrap();
    let (root_key, key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = params.self_signed(&root_key).unwrap();
    let intermediate = params.signed_by(&key, &Issuer::from_params(&params, &root_key)).unwrap();
    store(&dir, &(key.serialize_pem() + &intermediate.pem() + &root.pem()));
    is_unfit(&dir, &hosts(["api.openai.com"]), |why| *why == Unfit::Unconstrained);
}

#[test]
fn a_key_that_others_can_read_is_not_used() {
    let dir = TempDir::new().unwrap();
    let hosts = hosts(["api.openai.com"]);
    for mode in [0o640, 0o604, 0o644] {
        open(&dir, &hosts, Apps::MayRun).unwrap();
        chmod(&dir.path().join(FILE), mode);
        is_unfit(&dir, &hosts, |why| *why == Unfit::Exposed(mode));
    }
}
