//! The authority in its file.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

use rcgen::{Issuer, KeyPair, PublicKeyData};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;
use zeroize::Zeroizing;

use super::{Authority, AuthorityError, Unfit, Validity};
use crate::bundle::pem_of;
use crate::files::{self, Durable};

/// Nothing that we wrote is longer, bytes: a certificate grows by its list of hosts.
const MAX_FILE: u64 = 1 << 20;

/// Writes the file: there whole and safe from a crash, or an error.
pub(super) fn write(dir: &Path, path: &Path, authority: &Authority) -> Result<(), AuthorityError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| AuthorityError::Write { path, source }
    };
    files::make_dir(dir, 0o700).map_err(failed(dir))?;
    let key = Zeroizing::new(authority.issuer.key().serialize_pem());
    let certificates = pem_of(&authority.intermediate) + &pem_of(&authority.root);
    // A text that grows may move and leave a copy of the key behind; with the room taken first it does not.
    let mut text = Zeroizing::new(String::with_capacity(key.len() + certificates.len()));
    text.push_str(&key);
    text.push_str(&certificates);
    files::write(path, text.as_bytes(), 0o600, Durable::Yes).map_err(failed(path))
}

/// Reads the file; `None` if there is none.
pub(super) fn read(path: &Path, now: SystemTime) -> Result<Option<Result<Authority, Unfit>>, AuthorityError> {
    let failed = |source| AuthorityError::Read { path: path.to_owned(), source };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Ok(Some(Err(Unfit::Exposed(mode))));
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(8192));
    file.take(MAX_FILE).read_to_end(&mut bytes).map_err(failed)?;
    Ok(Some(parse(&bytes, now)))
}

fn parse(pem: &[u8], now: SystemTime) -> Result<Authority, Unfit> {
    let keys: Vec<_> = PrivatePkcs8KeyDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(corrupt)?;
    let mut certificates: Vec<_> =
        CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(corrupt)?;
    let counts = Unfit::Incomplete { keys: keys.len(), certificates: certificates.len() };
    let ([key], Some(root), Some(intermediate), None) =
        (keys.as_slice(), certificates.pop(), certificates.pop(), certificates.pop())
    else {
        return Err(counts);
    };
    let key = KeyPair::try_from(key).map_err(corrupt)?;
    let (permitted, validity) = check(&root, &intermediate, &key)?;
    if validity.to < now {
        return Err(Unfit::Expired);
    }
    if now < validity.from {
        return Err(Unfit::NotYet);
    }
    let issuer = Issuer::from_ca_cert_der(&intermediate, key).map_err(corrupt)?;
    Ok(Authority { root, intermediate, issuer, permitted, validity })
}

/// Whether root, intermediate and key belong together; the permitted names and the common validity.
fn check(
    root: &CertificateDer<'_>,
    intermediate: &CertificateDer<'_>,
    key: &KeyPair,
) -> Result<(Vec<String>, Validity), Unfit> {
    let (_, root) = X509Certificate::from_der(root).map_err(corrupt)?;
    let (_, intermediate) = X509Certificate::from_der(intermediate).map_err(corrupt)?;
    root.verify_signature(None).map_err(|_| corrupt("the root's signature is wrong"))?;
    intermediate
        .verify_signature(Some(root.public_key()))
        .map_err(|_| corrupt("the intermediate is not signed by the root"))?;
    if intermediate.public_key().raw != key.subject_public_key_info() {
        return Err(corrupt("the key is not the intermediate's"));
    }
    let permitted = permitted(&intermediate)?;
    let (root, intermediate) = (root.validity(), intermediate.validity());
    let validity = Validity {
        from: time(root.not_before.timestamp().max(intermediate.not_before.timestamp())),
        to: time(root.not_after.timestamp().min(intermediate.not_after.timestamp())),
    };
    Ok((permitted, validity))
}

/// The permitted names of critical name constraints; at least one.
fn permitted(intermediate: &X509Certificate<'_>) -> Result<Vec<String>, Unfit> {
    let constraints = intermediate.name_constraints().map_err(corrupt)?;
    let constraints = constraints.filter(|extension| extension.critical).ok_or(Unfit::Unconstrained)?;
    let names: Vec<String> = constraints
        .value
        .permitted_subtrees
        .iter()
        .flatten()
        .filter_map(|subtree| match subtree.base {
            GeneralName::DNSName(name) => Some(name.to_owned()),
            _ => None,
        })
        .collect();
    if names.is_empty() { Err(Unfit::Unconstrained) } else { Ok(names) }
}

fn time(unix_seconds: i64) -> SystemTime {
    let distance = Duration::from_secs(unix_seconds.unsigned_abs());
    if unix_seconds < 0 { SystemTime::UNIX_EPOCH - distance } else { SystemTime::UNIX_EPOCH + distance }
}

fn corrupt(why: impl std::fmt::Display) -> Unfit {
    Unfit::Corrupt(why.to_string())
}
