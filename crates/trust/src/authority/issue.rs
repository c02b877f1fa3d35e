//! Making root and intermediate (RFC 5280, in the strict reading of `openssl verify -x509_strict` and Python's `VERIFY_X509_STRICT`).

use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints,
};
use zeroize::Zeroizing;

use super::{Authority, Validity};

/// Makes an authority. The root's key does not leave this function: its serialised form is zeroised at the end; the parsed form, in
/// memory that ring gives no access to, is freed.
pub(super) fn issue(permitted: Vec<String>, validity: Validity) -> Result<Authority, rcgen::Error> {
    let root_key = Zeroizing::new(KeyPair::generate()?);
    let root_params = params("AgentGuard sidecar root", &root_key, 1, validity);
    let root = root_params.self_signed(&*root_key)?;

    let key = KeyPair::generate()?;
    let mut params = params("AgentGuard sidecar intermediate", &key, 0, validity);
    params.use_authority_key_identifier_extension = true;
    params.name_constraints = Some(constraints(&permitted));
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let intermediate = params.signed_by(&key, &Issuer::from_params(&root_params, &*root_key))?;

    Ok(Authority {
        root: root.der().clone(),
        intermediate: intermediate.der().clone(),
        issuer: Issuer::new(params, key),
        permitted,
        validity,
    })
}

/// What root and intermediate share. A part of the key identifier is in the subject, so that two sidecars' roots in one trust store are
/// never taken for each other.
fn params(name: &str, key: &KeyPair, path_length: u8, validity: Validity) -> CertificateParams {
    let mut params = CertificateParams::default();
    let id = params.key_identifier(key).iter().take(4).map(|b| format!("{b:02x}")).collect::<String>();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::OrganizationName, "AgentGuard");
    params.distinguished_name.push(DnType::CommonName, format!("{name} {id}"));
    params.not_before = validity.from.into();
    params.not_after = validity.to.into();
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(path_length));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

/// The given names and no address at all. (Mail addresses and URIs are nothing that a TLS client matches a server against.)
fn constraints(permitted: &[String]) -> NameConstraints {
    NameConstraints {
        permitted_subtrees: permitted.iter().cloned().map(GeneralSubtree::DnsName).collect(),
        excluded_subtrees: vec![
            GeneralSubtree::IpAddress(CidrSubnet::V4([0; 4], [0; 4])),
            GeneralSubtree::IpAddress(CidrSubnet::V6([0; 16], [0; 16])),
        ],
    }
}
