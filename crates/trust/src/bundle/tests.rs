use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::time::SystemTime;

use p12_keystore::{KeyStore, Pkcs12ImportPolicy};
use rustls::pki_types::pem::PemObject;
use tempfile::TempDir;

use super::*;
use crate::authority::Authority;
use crate::leaf::sign;
use crate::testing::{hosts, openssl, said};

mod clients;

fn authority() -> Authority {
    Authority::made_for(&hosts(["api.openai.com"]), SystemTime::now())
}

fn certificates(path: &Path) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_file_iter(path).unwrap().collect::<Result<_, _>>().unwrap()
}

/// File name and certificate of a directory's `<hash>.<number>` files.
fn by_name(dir: &Path) -> BTreeMap<String, CertificateDer<'static>> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap());
    let named = entries.map(|e| (e.file_name().into_string().unwrap(), e.path()));
    named
        .filter(|(name, _)| name.as_bytes().get(8) == Some(&b'.') && !name.ends_with(".pem"))
        .map(|(name, path)| (name, certificates(&path).remove(0)))
        .collect()
}

fn public() -> &'static [CertificateDer<'static>] {
    webpki_root_certs::TLS_SERVER_ROOT_CERTS
}

#[test]
fn the_files_hold_what_their_readers_need() {
    let dir = TempDir::new().unwrap();
    let (ours, company) = (authority(), authority());
    let extra = dir.path().join("company.pem");
    // A second time the same certificate, among text that is none.
    let text = format!("# the company's\n{0}\n# again\n{0}", pem_of(company.root()));
    fs::write(&extra, text).unwrap();
    let bundle = Bundle { extra: vec![extra], ..Bundle::new(dir.path().join("trust")) };
    let written = bundle.write(ours.root()).unwrap();

    let count = public().len() + 2;
    assert_eq!(written, Written { certificates: count, skipped: 0 });
    let all = certificates(&bundle.dir.join("bundle.pem"));
    assert_eq!(all.len(), count);
    for certificate in public().iter().chain([ours.root(), company.root()]) {
        assert!(all.contains(certificate));
    }
    assert_eq!(certificates(&bundle.dir.join("root.pem")), [ours.root().clone()]);
    let hashed: HashSet<_> = by_name(&bundle.dir.join("hashed")).into_values().collect();
    assert_eq!(hashed, all.into_iter().collect());
}

#[test]
fn everyone_may_read_and_nothing_temporary_is_left() {
    let dir = TempDir::new().unwrap();
    let bundle = Bundle::new(dir.path().join("trust"));
    bundle.write(authority().root()).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    let names = |path: &Path| -> BTreeSet<String> {
        fs::read_dir(path).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
    };
    assert_eq!(
        names(&bundle.dir).into_iter().collect::<Vec<_>>(),
        ["bundle.pem", "hashed", "root.pem", "truststore.p12"]
    );
    let hashed = bundle.dir.join("hashed");
    assert_eq!((mode(&bundle.dir), mode(&hashed)), (0o755, 0o755));
    for file in ["bundle.pem", "root.pem", "truststore.p12"] {
        assert_eq!(mode(&bundle.dir.join(file)), 0o644, "{file}");
    }
    assert!(names(&hashed).iter().all(|name| mode(&hashed.join(name)) == 0o644 && !name.starts_with('.')));
}

#[test]
fn writing_again_with_another_root_leaves_no_trace_of_the_first() {
    let dir = TempDir::new().unwrap();
    let bundle = Bundle::new(dir.path());
    let (first, second) = (authority(), authority());
    bundle.write(first.root()).unwrap();
    bundle.write(second.root()).unwrap();
    let hashed: Vec<_> = by_name(&dir.path().join("hashed")).into_values().collect();
    let all = certificates(&dir.path().join("bundle.pem"));
    for list in [&hashed, &all] {
        assert!(list.contains(second.root()) && !list.contains(first.root()));
    }
    assert_eq!(certificates(&dir.path().join("root.pem")), [second.root().clone()]);
}

#[test]
fn the_names_are_those_of_openssl_rehash_for_every_public_root() {
    let dir = TempDir::new().unwrap();
    let ours = authority();
    let bundle = Bundle::new(dir.path().join("trust"));
    bundle.write(ours.root()).unwrap();
    let golden = dir.path().join("golden");
    fs::create_dir(&golden).unwrap();
    for (n, certificate) in public().iter().chain([ours.root()]).enumerate() {
        fs::write(golden.join(format!("{n}.pem")), pem_of(certificate)).unwrap();
    }
    let output = openssl(["rehash", golden.to_str().unwrap()]);
    assert!(output.status.success(), "{}", said(&output));
    let (expected, made) = (by_name(&golden), by_name(&bundle.dir.join("hashed")));
    assert_eq!(expected.len(), public().len() + 1);
    assert_eq!(made.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    // Which of two with one hash comes first depends on the order of the directory.
    let by_hash = |named: &BTreeMap<String, CertificateDer<'static>>| {
        named.iter().map(|(name, der)| (name[..8].to_owned(), der.clone())).collect::<HashSet<_>>()
    };
    assert_eq!(by_hash(&made), by_hash(&expected));
}

#[test]
fn certificates_of_one_subject_are_numbered_and_openssl_finds_both() {
    let dir = TempDir::new().unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let two: Vec<_> = [2030, 2031]
        .iter()
        .map(|year| {
            let mut params = rcgen::CertificateParams::default();
            params.not_after = rcgen::date_time_ymd(*year, 1, 1);
            params.self_signed(&key).unwrap().der().clone()
        })
        .collect();
    let names: Vec<_> = hashed::names(&two).into_iter().map(|named| named.name).collect();
    assert_eq!((&names[0][8..], &names[1][8..]), (".0", ".1"));
    assert_eq!(names[0][..8], names[1][..8]);
    let file = dir.path().join("one.pem");
    fs::write(&file, pem_of(&two[0])).unwrap();
    let output = openssl(["x509", "-noout", "-subject_hash", "-in", file.to_str().unwrap()]);
    assert_eq!(said(&output).trim(), &names[0][..8]);
}

#[test]
fn openssl_verifies_a_minted_chain_with_the_bundle_and_with_the_hashed_directory() {
    let dir = TempDir::new().unwrap();
    let ours = authority();
    let bundle = Bundle::new(dir.path().join("trust"));
    bundle.write(ours.root()).unwrap();
    let leaf = sign(&ours, "api.openai.com", SystemTime::now()).unwrap();
    let file = |name: &str, der: &[u8]| {
        let path = dir.path().join(name);
        fs::write(&path, pem_of(der)).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (leaf, intermediate) =
        (file("leaf.pem", &leaf.key.cert[0]), file("intermediate.pem", ours.intermediate()));
    let path = |name: &str| bundle.dir.join(name).to_str().unwrap().to_owned();
    let (whole, hashed) = (path("bundle.pem"), path("hashed"));
    for roots in [["-no-CApath", "-CAfile", &whole], ["-no-CAfile", "-CApath", &hashed]] {
        let [off, on, place] = roots;
        let output = openssl([
            "verify",
            "-x509_strict",
            "-no-CAstore",
            off,
            on,
            place,
            "-untrusted",
            &intermediate,
            &leaf,
        ]);
        assert!(output.status.success(), "{}", said(&output));
    }
    fs::remove_dir_all(&hashed).unwrap();
    let output = openssl([
        "verify",
        "-no-CAstore",
        "-no-CAfile",
        "-CApath",
        &hashed,
        "-untrusted",
        &intermediate,
        &leaf,
    ]);
    assert!(!output.status.success(), "the system's own store was asked");
}

#[test]
fn every_entry_of_the_trust_store_is_a_trusted_certificate() {
    let dir = TempDir::new().unwrap();
    let ours = authority();
    Bundle::new(dir.path()).write(ours.root()).unwrap();
    let bytes = fs::read(dir.path().join("truststore.p12")).unwrap();
    // The strict policy leaves out what lacks Java's attribute.
    let store = KeyStore::from_pkcs12(&bytes, TRUSTSTORE_PASSWORD, Pkcs12ImportPolicy::Strict).unwrap();
    assert_eq!(store.entries_len(), public().len() + 1);
    let Some(p12_keystore::KeyStoreEntry::Certificate(root)) = store.entry("agentguard-root") else {
        panic!("our root is not in the store")
    };
    assert_eq!(root.as_der(), ours.root().as_ref());
    assert!(KeyStore::from_pkcs12(&bytes, "other", Pkcs12ImportPolicy::Strict).is_err());
}

#[test]
fn java_lists_the_trust_store() {
    let dir = TempDir::new().unwrap();
    Bundle::new(dir.path()).write(authority().root()).unwrap();
    let list = Command::new("keytool")
        .args(["-list", "-storetype", "PKCS12", "-storepass", TRUSTSTORE_PASSWORD, "-keystore"])
        .arg(dir.path().join("truststore.p12"))
        .env("LC_ALL", "C")
        .output();
    let Ok(output) = list else {
        println!("skipped: no keytool");
        return;
    };
    let said = said(&output);
    assert!(output.status.success(), "{said}");
    assert_eq!(said.matches("trustedCertEntry").count(), public().len() + 1, "{said}");
    assert!(said.contains("agentguard-root"), "{said}");
}

#[test]
fn a_file_of_public_roots_takes_the_place_of_the_compiled_in_ones() {
    let dir = TempDir::new().unwrap();
    let (ours, other) = (authority(), authority());
    let system = dir.path().join("ca-certificates.crt");
    fs::write(&system, pem_of(other.root()) + &pem_of(b"no certificate")).unwrap();
    let bundle = Bundle { public: PublicRoots::File(system), ..Bundle::new(dir.path().join("trust")) };
    assert_eq!(bundle.write(ours.root()).unwrap(), Written { certificates: 2, skipped: 1 });
    assert_eq!(certificates(&bundle.dir.join("bundle.pem")), [other.root().clone(), ours.root().clone()]);
}

#[test]
fn a_bad_file_of_the_operators_is_an_error_that_names_it() {
    let dir = TempDir::new().unwrap();
    let ours = authority();
    let cases = [
        (dir.path().join("missing.pem"), None, "cannot read certificates from"),
        (dir.path().join("empty.pem"), Some(String::new()), "no \"BEGIN CERTIFICATE\""),
        (
            dir.path().join("der.pem"),
            Some("-----BEGIN CERTIFICATE-----\nAA\n".to_owned()),
            "does not hold valid",
        ),
        (
            dir.path().join("second.pem"),
            Some(pem_of(ours.root()) + &pem_of(b"no certificate")),
            "certificate 2 of the file is not X.509",
        ),
    ];
    for (path, text, expected) in cases {
        if let Some(text) = text {
            fs::write(&path, text).unwrap();
        }
        let bundle = Bundle { extra: vec![path.clone()], ..Bundle::new(dir.path().join("trust")) };
        let error = bundle.write(ours.root()).unwrap_err().to_string();
        assert!(error.contains(expected) && error.contains(path.to_str().unwrap()), "{error}");
        assert!(!bundle.dir.exists(), "nothing is written before everything is read");
    }
}

#[test]
fn a_directory_that_cannot_be_written_is_an_error_that_names_it() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    let error = Bundle::new(file.join("trust")).write(authority().root()).unwrap_err();
    assert!(matches!(error, BundleError::Write { .. }));
    assert!(error.to_string().contains(file.to_str().unwrap()), "{error}");
}
