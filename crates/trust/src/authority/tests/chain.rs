//! What verifiers say to the chain.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyUsagePurpose};
use rustls::pki_types::CertificateDer;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::FromDer;

use super::*;
use crate::bundle::pem_of;
use crate::testing::{openssl, said};

/// `openssl verify -x509_strict` of a leaf below some intermediates, as a TLS client would that checks a name or an address.
fn verify(
    authority: &Authority,
    intermediates: &[&CertificateDer<'_>],
    leaf: &CertificateDer<'_>,
    identity: [&str; 2],
) -> Result<(), String> {
    let dir = TempDir::new().unwrap();
    let file = |name: &str, certificates: &[&CertificateDer<'_>]| {
        let path = dir.path().join(name);
        fs::write(&path, certificates.iter().map(|der| pem_of(der)).collect::<String>()).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (root, untrusted, leaf) =
        (file("root", &[authority.root()]), file("intermediates", intermediates), file("leaf", &[leaf]));
    let [check, value] = identity;
    let output = openssl([
        "verify",
        "-x509_strict",
        "-purpose",
        "sslserver",
        check,
        value,
        "-no-CApath",
        "-no-CAstore",
        "-CAfile",
        &root,
        "-untrusted",
        &untrusted,
        &leaf,
    ]);
    if output.status.success() { Ok(()) } else { Err(said(&output)) }
}

fn strict(authority: &Authority, leaf: &CertificateDer<'_>, host: &str) -> Result<(), String> {
    verify(authority, &[authority.intermediate()], leaf, ["-verify_hostname", host])
}

#[test]
fn openssl_in_strict_mode_and_webpki_accept_a_leaf_for_each_permitted_host() {
    let authority = Authority::made_for(
        &hosts(["api.openai.com", "*.openai.azure.com", "bedrock-runtime.*.amazonaws.com"]),
        SystemTime::now(),
    );
    let long = format!("{}.openai.azure.com", "a".repeat(60));
    for host in ["api.openai.com", "mine.openai.azure.com", "bedrock-runtime.eu-west-1.amazonaws.com", &long]
    {
        let now = SystemTime::now();
        let leaf = sign(&authority, host, now).unwrap();
        assert_eq!(leaf.key.cert[1], *authority.intermediate());
        strict(&authority, &leaf.key.cert[0], host).unwrap();
        webpki_accepts(&authority, &leaf.key.cert[0], now).unwrap();
        let other = strict(&authority, &leaf.key.cert[0], "bank.test").unwrap_err();
        assert!(other.contains("hostname mismatch"), "{other}");
    }
}

#[test]
fn openssl_and_webpki_refuse_what_a_thief_of_the_key_would_sign_for_other_names() {
    let authority = Authority::made_for(&hosts(["api.openai.com", "*.openai.azure.com"]), SystemTime::now());
    for host in ["bank.test", "openai.com", "xopenai.azure.com", "azure.com", "api.openai.com.bank.test"] {
        let now = SystemTime::now();
        let leaf = sign(&authority, host, now).unwrap();
        let error = strict(&authority, &leaf.key.cert[0], host).unwrap_err();
        assert!(error.contains("permitted subtree violation"), "{host}: {error}");
        let error = webpki_accepts(&authority, &leaf.key.cert[0], now).unwrap_err();
        assert_eq!(error, webpki::Error::NameConstraintViolation, "{host}");
    }
}

#[test]
fn openssl_and_webpki_refuse_a_leaf_for_an_address() {
    let now = SystemTime::now();
    let authority = Authority::made_for(&hosts(["api.openai.com"]), now);
    for address in ["10.0.0.1", "2001:db8::1"] {
        let params = certificate(address, now);
        let leaf = params.signed_by(&KeyPair::generate().unwrap(), authority.issuer()).unwrap();
        let error =
            verify(&authority, &[authority.intermediate()], leaf.der(), ["-verify_ip", address]).unwrap_err();
        assert!(error.contains("excluded subtree violation"), "{error}");
        assert_eq!(webpki_accepts(&authority, leaf.der(), now), Err(webpki::Error::NameConstraintViolation));
    }
}

#[test]
fn openssl_refuses_another_authority_below_the_intermediate() {
    let now = SystemTime::now();
    let authority = Authority::made_for(&hosts(["api.openai.com"]), now);
    let (key, leaf_key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let mut below = certificate("api.openai.com", now);
    below.distinguished_name.push(DnType::CommonName, "below");
    below.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    below.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let second = below.signed_by(&key, authority.issuer()).unwrap();
    let leaf =
        certificate("api.openai.com", now).signed_by(&leaf_key, &Issuer::from_params(&below, &key)).unwrap();
    let chain = [second.der(), authority.intermediate()];
    let error = verify(&authority, &chain, leaf.der(), ["-verify_hostname", "api.openai.com"]).unwrap_err();
    assert!(error.contains("path length constraint exceeded"), "{error}");
}

/// What a thief would have signed: valid now, for one name or address.
fn certificate(name: &str, now: SystemTime) -> CertificateParams {
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    params.use_authority_key_identifier_extension = true;
    params.not_before = (now - DAY / 24).into();
    params.not_after = (now + DAY).into();
    params
}

struct Facts {
    critical: Vec<&'static str>,
    subject_key: Option<Vec<u8>>,
    authority_key: Option<Vec<u8>>,
}

fn facts(der: &CertificateDer<'_>) -> Facts {
    let (_, certificate) = X509Certificate::from_der(der).unwrap();
    let serial = certificate.raw_serial();
    assert!(serial.len() <= 20 && serial[0] < 0x80 && serial.iter().any(|b| *b != 0), "{serial:02x?}");
    let mut facts = Facts { critical: Vec::new(), subject_key: None, authority_key: None };
    for extension in certificate.extensions() {
        let name = match extension.parsed_extension() {
            ParsedExtension::SubjectKeyIdentifier(id) => {
                facts.subject_key = Some(id.0.to_vec());
                "subjectKeyIdentifier"
            }
            ParsedExtension::AuthorityKeyIdentifier(id) => {
                facts.authority_key = id.key_identifier.as_ref().map(|id| id.0.to_vec());
                "authorityKeyIdentifier"
            }
            ParsedExtension::BasicConstraints(_) => "basicConstraints",
            ParsedExtension::KeyUsage(_) => "keyUsage",
            ParsedExtension::ExtendedKeyUsage(usage) => {
                assert!(usage.server_auth && !usage.client_auth && !usage.any);
                "extKeyUsage"
            }
            ParsedExtension::NameConstraints(_) => "nameConstraints",
            ParsedExtension::SubjectAlternativeName(names) => {
                assert_eq!(names.general_names.len(), 1);
                "subjectAltName"
            }
            other => panic!("{other:?}"),
        };
        if extension.critical {
            facts.critical.push(name);
        }
    }
    facts
}

#[test]
fn each_certificate_has_the_fields_that_strict_clients_ask_for() {
    let authority = Authority::made_for(&hosts(["api.openai.com"]), SystemTime::now());
    let leaf = sign(&authority, "api.openai.com", SystemTime::now()).unwrap();
    let root = facts(authority.root());
    let intermediate = facts(authority.intermediate());
    let leaf = facts(&leaf.key.cert[0]);
    assert_eq!(root.critical, ["keyUsage", "basicConstraints"]);
    assert_eq!(intermediate.critical, ["keyUsage", "nameConstraints", "basicConstraints"]);
    assert!(leaf.critical.contains(&"keyUsage"));
    assert_eq!(intermediate.authority_key, root.subject_key);
    assert_eq!(leaf.authority_key, intermediate.subject_key);
    assert!(root.subject_key.is_some() && intermediate.subject_key.is_some());

    let (_, root) = X509Certificate::from_der(authority.root()).unwrap();
    let (_, intermediate) = X509Certificate::from_der(authority.intermediate()).unwrap();
    let path = |c: &X509Certificate<'_>| c.basic_constraints().unwrap().unwrap().value.path_len_constraint;
    assert_eq!((path(&root), path(&intermediate)), (Some(1), Some(0)));
}

#[test]
fn two_authorities_have_two_subjects() {
    let subject = |authority: &Authority| {
        let (_, root) = X509Certificate::from_der(authority.root()).unwrap();
        root.subject().to_string()
    };
    let hosts = hosts(["api.openai.com"]);
    let one = subject(&Authority::made_for(&hosts, SystemTime::now()));
    let two = subject(&Authority::made_for(&hosts, SystemTime::now()));
    assert!(one.contains("AgentGuard sidecar root"), "{one}");
    assert_ne!(one, two);
}
