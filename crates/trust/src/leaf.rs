//! One leaf certificate.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
};
use rustls::crypto::ring::sign::any_ecdsa_type;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::CertifiedKey;
use zeroize::Zeroizing;

use crate::authority::Authority;
use crate::mint::{LEAF_LIFETIME, MintError};

/// How far before now a leaf's validity begins.
const BACKDATE: Duration = Duration::from_hours(1);
/// The longest common name (RFC 5280, appendix A, `ub-common-name`).
const MAX_COMMON_NAME: usize = 64;

/// A leaf with its key and the intermediate, ready for a handshake.
pub(crate) struct Leaf {
    pub(crate) key: Arc<CertifiedKey>,
    from: SystemTime,
    renew: SystemTime,
}

impl Leaf {
    /// Whether it can be served at this time: it has begun, and two thirds of its life are not over.
    pub(crate) fn is_fresh(&self, now: SystemTime) -> bool {
        self.from <= now && now < self.renew
    }
}

/// Signs a leaf for one name. Neither the list nor the constraints are asked here.
///
/// One name a leaf, since an HTTP/2 client reuses a connection for every name of its certificate (RFC 9113, section 9.1.1). Each leaf has a
/// key of its own, from which its serial number (20 octets) is derived.
pub(crate) fn sign(authority: &Authority, host: &str, now: SystemTime) -> Result<Leaf, MintError> {
    let bounds = authority.validity();
    let from = (now - BACKDATE).max(bounds.from);
    let to = (now + LEAF_LIFETIME).min(bounds.to);
    let life = to.duration_since(now).map_err(|_| MintError::Expired)?;
    if now < from {
        return Err(MintError::Expired);
    }
    let key = Zeroizing::new(KeyPair::generate()?);
    let mut params = CertificateParams::new([host.to_owned()])?;
    params.distinguished_name = DistinguishedName::new();
    if host.len() <= MAX_COMMON_NAME {
        params.distinguished_name.push(DnType::CommonName, host);
    }
    params.not_before = from.into();
    params.not_after = to.into();
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    let certificate = params.signed_by(&*key, authority.issuer())?;
    let signer = any_ecdsa_type(&PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialized_der())))?;
    let chain = vec![certificate.der().clone(), authority.intermediate().clone()];
    Ok(Leaf { key: Arc::new(CertifiedKey::new(chain, signer)), from, renew: now + life * 2 / 3 })
}
