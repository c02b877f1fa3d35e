use std::fs;

use rcgen::string::{BmpString, Ia5String, PrintableString, TeletexString, UniversalString};
use rcgen::{CertificateParams, DistinguishedName, DnType, DnValue, KeyPair};
use tempfile::TempDir;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::{FromDer, Pem};

use super::*;
use crate::testing::{openssl, said};

/// OpenSSL's hash and ours for a certificate in PEM.
fn both(pem: &str) -> (String, String) {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("certificate.pem");
    fs::write(&file, pem).unwrap();
    let output = openssl(["x509", "-noout", "-subject_hash", "-in", file.to_str().unwrap()]);
    assert!(output.status.success(), "{}", said(&output));
    let (_, pem) = x509_parser::pem::parse_x509_pem(pem.as_bytes()).unwrap();
    (said(&output).trim().to_owned(), ours(&pem))
}

fn ours(pem: &Pem) -> String {
    let (_, certificate) = X509Certificate::from_der(&pem.contents).unwrap();
    format!("{:08x}", name_hash(certificate.subject()))
}

fn assert_same(name: &str, values: Vec<(DnType, DnValue)>) {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    for (kind, value) in values {
        params.distinguished_name.push(kind, value);
    }
    let pem = params.self_signed(&KeyPair::generate().unwrap()).unwrap().pem();
    let (openssl, ours) = both(&pem);
    assert_eq!(ours, openssl, "{name}");
}

#[test]
fn every_string_type_white_space_and_case_hash_as_in_openssl() {
    let one = |value: DnValue| vec![(DnType::CommonName, value)];
    assert_same("empty", Vec::new());
    assert_same("plain", one("Example Root".into()));
    assert_same("white space", one("  Example \t\n Root\u{b}\u{c}\r  CA  ".into()));
    assert_same("only white space", one("   ".into()));
    assert_same("beyond ASCII", one("ÄÖÜ Straße ΑΒΓ 日本 \u{a0} \u{2003}x".into()));
    assert_same("long", one("Long Name ".repeat(40).into()));
    assert_same(
        "printable",
        one(DnValue::PrintableString(PrintableString::try_from("Example  CA").unwrap())),
    );
    assert_same("ia5", one(DnValue::Ia5String(Ia5String::try_from("CA@Example.COM").unwrap())));
    assert_same("teletex", one(DnValue::TeletexString(TeletexString::try_from("Example CA").unwrap())));
    assert_same("bmp", one(DnValue::BmpString(BmpString::try_from("Éxample  CA").unwrap())));
    assert_same("universal", one(DnValue::UniversalString(UniversalString::try_from("𝔸 Éxample").unwrap())));
    assert_same(
        "several",
        vec![
            (DnType::CountryName, "DE".into()),
            (DnType::OrganizationName, "Example GmbH".into()),
            (DnType::OrganizationalUnitName, "Trust".into()),
            (DnType::CommonName, "Root".into()),
        ],
    );
}

#[test]
fn a_relative_name_of_several_attributes_hashes_as_in_openssl() {
    for subject in ["/O=Example/CN=Root+OU=Trust+serialNumber=123", "/OU=b+OU=A+CN=  x /DC=Example"] {
        let output = openssl([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-keyout",
            "/dev/null",
            "-subj",
            subject,
            "-days",
            "1",
        ]);
        assert!(output.status.success(), "{}", said(&output));
        let (openssl, ours) = both(&String::from_utf8(output.stdout).unwrap());
        assert_eq!(ours, openssl, "{subject}");
    }
}

#[test]
fn lengths_are_encoded_in_the_shortest_form() {
    assert_eq!(tlv(4, &[7; 3]), [4, 3, 7, 7, 7]);
    assert_eq!(tlv(4, &[7; 127])[..3], [4, 127, 7]);
    assert_eq!(tlv(4, &[7; 128])[..4], [4, 0x81, 128, 7]);
    assert_eq!(tlv(4, &[7; 256])[..5], [4, 0x82, 1, 0, 7]);
}
