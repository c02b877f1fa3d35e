//! The directory of certificates by subject hash, as `openssl rehash` would make it.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rustls::pki_types::CertificateDer;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

use super::name_hash::name_hash;
use super::{BundleError, DIR_MODE, pem_of, write as write_file};

/// A certificate under its file name, `<subject hash>.<number>`.
pub(super) struct Named<'a> {
    pub(super) name: String,
    pub(super) certificate: &'a CertificateDer<'static>,
}

/// Names certificates: those of one subject hash are numbered from 0, since OpenSSL tries `.0`, `.1`, … until one is missing.
pub(super) fn names<'a>(certificates: &'a [CertificateDer<'static>]) -> Vec<Named<'a>> {
    let mut next: HashMap<u32, usize> = HashMap::new();
    let named = certificates.iter().filter_map(|certificate| {
        // All have been parsed before; what is not a certificate has no name.
        let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
        let hash = name_hash(parsed.subject());
        let number = next.entry(hash).or_default();
        let name = format!("{hash:08x}.{number}");
        *number += 1;
        Some(Named { name, certificate })
    });
    named.collect()
}

/// Writes `hashed` in a directory.
pub(super) fn write(dir: &Path, named: &[Named<'_>]) -> Result<(), BundleError> {
    let hashed = dir.join("hashed");
    let failed = |source| BundleError::Write { path: hashed.clone(), source };
    if hashed.is_dir() {
        fill(&hashed, named)?;
        return remove_others(&hashed, named).map_err(failed);
    }
    let temporary = tempfile::Builder::new().prefix(".new-").tempdir_in(dir).map_err(failed)?;
    fill(temporary.path(), named)?;
    fs::set_permissions(temporary.path(), Permissions::from_mode(DIR_MODE)).map_err(failed)?;
    fs::rename(temporary.path(), &hashed).map_err(failed)?;
    // It has another name now, and nothing is to be removed.
    let _ = temporary.keep();
    Ok(())
}

fn fill(dir: &Path, named: &[Named<'_>]) -> Result<(), BundleError> {
    named.iter().try_for_each(|n| write_file(&dir.join(&n.name), pem_of(n.certificate).as_bytes()))
}

fn remove_others(dir: &Path, named: &[Named<'_>]) -> std::io::Result<()> {
    let wanted: HashSet<&OsStr> = named.iter().map(|n| OsStr::new(&n.name)).collect();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if !wanted.contains(entry.file_name().as_os_str()) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
