//! What the tests of several modules need.

use std::process::{Command, Output};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustls::pki_types::{CertificateDer, UnixTime};
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};

use crate::authority::Authority;
use crate::host::HostSet;

pub(crate) const DAY: Duration = Duration::from_hours(24);

pub(crate) fn hosts<const N: usize>(list: [&str; N]) -> HostSet {
    HostSet::parse(list).unwrap()
}

/// Runs openssl; the test fails with how to get it if it is not there.
pub(crate) fn openssl<const N: usize>(arguments: [&str; N]) -> Output {
    Command::new("openssl").args(arguments).output().unwrap_or_else(|error| {
        panic!("cannot run openssl ({error}); this test needs it: apt-get install openssl")
    })
}

/// What a process said, for assertions.
pub(crate) fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Whether rustls' verifier accepts a leaf under an authority at a time.
pub(crate) fn webpki_accepts(
    authority: &Authority,
    leaf: &CertificateDer<'_>,
    at: SystemTime,
) -> Result<(), webpki::Error> {
    let anchors = [anchor_from_trusted_cert(authority.root()).unwrap()];
    let intermediates = [authority.intermediate().clone()];
    let time = UnixTime::since_unix_epoch(at.duration_since(UNIX_EPOCH).unwrap());
    let algorithms = [webpki::ring::ECDSA_P256_SHA256];
    EndEntityCert::try_from(leaf)
        .unwrap()
        .verify_for_usage(&algorithms, &anchors, &intermediates, time, KeyUsage::server_auth(), None, None)
        .map(|_| ())
}
