//! Bundles as a control plane would sign them, and what is not believed.

use std::os::unix::fs::PermissionsExt;

use agentguard_api::bundle::{
    BundledCanary, BundledPolicy, EVERYWHERE, FORMAT, PolicyText, Signature, WHOLE, signed_bytes,
};
use agentguard_api::{Bundle, Envelope};
use agentguard_policy::Action;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ring::signature::{Ed25519KeyPair, KeyPair};
use tempfile::TempDir;

use super::bundle::{Taken, follows, open};
use super::choose::{Identity, choose};
use super::keep::Shelf;
use super::*;

fn key(seed: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap()
}

fn public(seed: u8) -> TrustedKey {
    BASE64_STANDARD.encode(key(seed).public_key()).parse().unwrap()
}

fn sign(bundle: &Bundle, seeds: &[u8]) -> Envelope {
    let payload = serde_json::to_string(bundle).unwrap();
    let signatures = seeds
        .iter()
        .map(|seed| Signature {
            key: public(*seed).to_string(),
            signature: BASE64_STANDARD.encode(key(*seed).sign(&signed_bytes(&payload))),
        })
        .collect();
    Envelope { payload, signatures }
}

fn text(version: u64, yaml: &str) -> PolicyText {
    let revision = Policy::parse("t", yaml).map_or_else(|_| String::new(), |policy| policy.revision);
    PolicyText { version, revision, yaml: yaml.to_owned() }
}

const BLOCK: &str = "version: 1\ndefault: { action: block }\n";
const OBSERVE: &str = "version: 1\ndefault: { action: observe }\n";

fn bundle(revision: u64) -> Bundle {
    let stable = Some(text(1, BLOCK));
    Bundle {
        format: FORMAT,
        tenant: "default".to_owned(),
        revision,
        issued: i64::try_from(revision).unwrap() * 1000,
        keys: vec![public(1).to_string()],
        replaces: None,
        observe_only: Vec::new(),
        policies: vec![BundledPolicy {
            name: "all".to_owned(),
            namespaces: Vec::new(),
            stable,
            canary: None,
        }],
    }
}

fn who(namespace: &str, id: &str) -> Identity {
    Identity { namespace: namespace.to_owned(), id: id.to_owned() }
}

#[test]
fn only_what_a_trusted_key_signed_is_believed() {
    let signed = sign(&bundle(1), &[1]);
    assert_eq!(open(&signed, Some(&[public(1)]), "").unwrap().revision, 1);
    // By the second of two signers, too: one key is taking the other's place.
    assert!(open(&sign(&bundle(1), &[2, 1]), Some(&[public(1)]), "").is_ok());
    let refused = |envelope: &Envelope, trusted: &[TrustedKey]| {
        matches!(open(envelope, Some(trusted), ""), Err(BundleError::Untrusted { .. }))
    };
    assert!(refused(&signed, &[public(2)]));
    assert!(refused(&signed, &[]));
    let altered = Envelope { payload: signed.payload.replace("block", "observe"), ..signed.clone() };
    assert!(refused(&altered, &[public(1)]));
    let unsigned = Envelope { signatures: Vec::new(), ..signed.clone() };
    assert!(refused(&unsigned, &[public(1)]));
    // A signature over the payload alone, as another protocol might ask for, is none.
    let bare = Signature {
        key: public(1).to_string(),
        signature: BASE64_STANDARD.encode(key(1).sign(signed.payload.as_bytes())),
    };
    assert!(refused(&Envelope { signatures: vec![bare], ..signed.clone() }, &[public(1)]));
    // On first use the bundle names its keys itself; it must still be signed by one of them.
    assert!(open(&signed, None, "").is_ok());
    assert!(matches!(open(&sign(&bundle(1), &[2]), None, ""), Err(BundleError::Untrusted { .. })));
    let newer = Bundle { format: FORMAT + 1, ..bundle(1) };
    assert!(matches!(open(&sign(&newer, &[1]), Some(&[public(1)]), ""), Err(BundleError::Format(_))));
}

#[test]
fn an_older_bundle_is_refused_unless_it_is_signed_as_superseding() {
    let last = Taken::of(&bundle(5));
    assert!(follows(&bundle(6), Some(&last)).is_ok());
    assert!(follows(&bundle(1), None).is_ok());
    let older = follows(&bundle(4), Some(&last));
    assert!(matches!(older, Err(BundleError::Older { given: 4, have: 5 })));
    // The very same is no other; one of its revision that was made later is.
    assert!(follows(&bundle(5), Some(&last)).is_ok());
    assert!(follows(&Bundle { issued: 5001, ..bundle(5) }, Some(&last)).is_err());
    let restored = Bundle { replaces: Some(5), issued: 9000, ..bundle(3) };
    assert!(follows(&restored, Some(&last)).is_ok());
    // It was signed before ours was: somebody plays it again.
    assert!(follows(&Bundle { issued: 4999, ..restored.clone() }, Some(&last)).is_err());
    assert!(follows(&Bundle { replaces: Some(4), ..restored.clone() }, Some(&last)).is_err());
    // What was superseded does not come back although its revision is higher.
    assert!(follows(&bundle(6), Some(&Taken::of(&restored))).is_err());
    let other = Bundle { tenant: "other".to_owned(), ..bundle(6) };
    assert!(matches!(follows(&other, Some(&last)), Err(BundleError::Tenant { .. })));
}

#[test]
fn a_sidecar_picks_what_is_meant_for_it() {
    let mut all = bundle(1);
    all.policies.push(BundledPolicy {
        name: "shop".to_owned(),
        namespaces: vec!["shop".to_owned()],
        stable: Some(text(3, OBSERVE)),
        canary: Some(BundledCanary { policy: text(4, BLOCK), share: 2500, namespaces: Vec::new() }),
    });
    let chosen = choose(&all, &who("kitchen", "a"));
    assert_eq!((chosen.name.as_str(), chosen.canary), ("all/1", false));
    let tried = (0..1000).filter(|n| choose(&all, &who("shop", &format!("pod-{n}"))).canary).count();
    // A quarter of 1,000, within four standard deviations.
    assert!((195..=305).contains(&tried), "{tried}");
    let pod = choose(&all, &who("shop", "pod-1")).canary;
    assert_eq!(choose(&all, &who("shop", "pod-1")).canary, pod);
    all.policies[1].canary.as_mut().unwrap().share = WHOLE;
    assert_eq!(choose(&all, &who("shop", "pod-1")).name, "shop/4");
    all.policies[1].canary.as_mut().unwrap().namespaces = vec!["cellar".to_owned()];
    assert_eq!(choose(&all, &who("shop", "pod-1")).name, "shop/3");
    all.policies[1].stable = None;
    assert!(matches!(choose(&all, &who("shop", "pod-1")).policy, Ok(None)));
    all.observe_only = vec!["shop".to_owned()];
    assert!(choose(&all, &who("shop", "a")).observe_only);
    assert!(!choose(&all, &who("kitchen", "a")).observe_only);
    all.observe_only = vec![EVERYWHERE.to_owned()];
    assert!(choose(&all, &who("kitchen", "a")).observe_only);
}

#[test]
fn a_file_wins_and_the_kill_switch_wins_over_it() {
    let remote = choose(&bundle(1), &who("", "a"));
    let built_in = InForce::built_in();
    built_in.apply(1, remote);
    let current = built_in.current();
    assert_eq!(current.load().default.action, Action::Block);
    assert_eq!(built_in.report().state, BundleState::Applied);
    assert_eq!(built_in.report().policy, "all/1");

    let file = InForce::file(
        Policy::parse("f", "version: 1\ndefault: { action: redact, delivery: full }\n").unwrap(),
    );
    let current = file.current();
    file.apply(1, choose(&bundle(1), &who("", "a")));
    assert_eq!((current.load().default.action, current.load().default.shadow), (Action::Redact, false));
    assert_eq!(file.report().state, BundleState::Local);
    let killed = Bundle { observe_only: vec![EVERYWHERE.to_owned()], ..bundle(2) };
    file.apply(2, choose(&killed, &who("", "a")));
    assert!(current.load().default.shadow);
    // Reading the file again does not turn it off.
    file.reload(Policy::parse("f", BLOCK).unwrap());
    assert_eq!((current.load().default.action, current.load().default.shadow), (Action::Block, true));
    file.apply(3, choose(&bundle(3), &who("", "a")));
    assert!(!current.load().default.shadow);
}

#[test]
fn a_text_that_cannot_be_read_changes_nothing_but_the_kill_switch() {
    let in_force = InForce::built_in();
    in_force.apply(1, choose(&bundle(1), &who("", "a")));
    let mut broken = bundle(2);
    broken.policies[0].stable = Some(text(2, "version: 2\n"));
    broken.observe_only = vec![EVERYWHERE.to_owned()];
    in_force.apply(2, choose(&broken, &who("", "a")));
    let current = in_force.current().load_full();
    assert_eq!((current.default.action, current.default.shadow), (Action::Block, true));
    let report = in_force.report();
    assert_eq!((report.revision, report.state), (2, BundleState::Failed));
    assert!(report.error.unwrap().contains("version"));
}

#[test]
fn what_is_kept_is_its_owners_only_and_damaged_keys_trust_nobody() {
    let dir = TempDir::new().unwrap();
    let shelf = Shelf::new(dir.path());
    assert!(shelf.keys().is_none() && shelf.bundle().is_none());
    let signed = sign(&bundle(1), &[1]);
    shelf.keep(&signed).unwrap();
    shelf.trust(&[public(1)]).unwrap();
    assert_eq!(shelf.bundle(), Some(signed));
    assert_eq!(shelf.keys(), Some(vec![public(1)]));
    for name in ["bundle.json", "keys.json"] {
        let mode = std::fs::metadata(dir.path().join("policy").join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    std::fs::write(shelf.keys_path(), "{").unwrap();
    assert_eq!(shelf.keys(), Some(Vec::new()));
}
