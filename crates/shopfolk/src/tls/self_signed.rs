//! A certificate of our own making, for development: an authority that clients can trust, and a certificate by it.
//!
//! The authority is one of its own because many programs accept no certificate that is both. Its key is thrown away once
//! it has signed: a client that trusts the authority can be deceived with nothing but this one certificate.

use std::fs::{self, File, Permissions};
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use anyhow::{Context, Result};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, SanType,
};
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use shopfolk_model::Timestamp;

use crate::tls::identity::Identity;

/// What clients trust.
const AUTHORITY: &str = "ca.pem";
/// The private key, its certificate, and the authority once more: in one file, so that they never come apart.
const SERVER: &str = "server.pem";
const DAY: Duration = Duration::from_hours(24);
/// No longer than what every client accepts.
const VALID_DAYS: u32 = 365;
/// A server that starts with less than this left makes a new one.
const DAYS_TO_SPARE: u32 = 30;
const LOCALHOST: &str = "localhost";

/// The certificate that is kept in this directory, or a new one if there is none that is good for these addresses and
/// this machine's own names; and the path of its authority.
///
/// # Errors
/// When the directory cannot be written.
pub(super) fn identity(
    directory: &Path,
    addresses: &[IpAddr],
    now: Timestamp,
) -> Result<(Identity, PathBuf)> {
    let now = Duration::from_secs(now.unix_seconds().unsigned_abs());
    let mut names = vec![IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
    names.extend(addresses.iter().filter(|address| !address.is_loopback()));
    let keep = || -> Result<(Identity, PathBuf)> {
        if !directory.is_dir() {
            fs::create_dir(directory)?;
        }
        // Two servers with PostgreSQL can start in one directory at once.
        let lock = File::open(directory)?;
        lock.lock()?;
        let authority = fs::canonicalize(directory)?.join(AUTHORITY);
        if let Some(identity) = kept(directory, &names, now) {
            return Ok((identity, authority));
        }
        make(directory, &names, now)?;
        let identity = kept(directory, &names, now).context("the certificate just made is not good")?;
        Ok((identity, authority))
    };
    keep().with_context(|| {
        format!(
            "cannot keep a certificate in {}, where --tls-self-signed wants it; make that possible, or name one with \
             --tls-cert",
            directory.display()
        )
    })
}

/// What is in the directory, if it is good.
fn kept(directory: &Path, names: &[IpAddr], now: Duration) -> Option<Identity> {
    let server = directory.join(SERVER);
    let identity = Identity::read(&server, &server).ok()?;
    let authority = CertificateDer::from_pem_file(directory.join(AUTHORITY)).ok()?;
    is_good(&identity, authority, names, now).then_some(identity)
}

/// Whether a client that trusts this authority believes the server, under each of its names, for long enough.
fn is_good(identity: &Identity, authority: CertificateDer<'static>, names: &[IpAddr], now: Duration) -> bool {
    let Some((own, others)) = identity.chain().split_first() else { return false };
    let mut roots = RootCertStore::empty();
    if roots.add(authority).is_err() {
        return false;
    }
    let provider = Arc::new(ring::default_provider());
    let Ok(verifier) = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build() else {
        return false;
    };
    let at = UnixTime::since_unix_epoch(now + DAY * DAYS_TO_SPARE);
    let addresses = names.iter().map(|&name| ServerName::from(name));
    let mut names = addresses.chain(ServerName::try_from(LOCALHOST));
    names.all(|name| verifier.verify_server_cert(own, others, &name, &[], at).is_ok())
}

/// Makes an authority and a certificate by it, and writes them.
fn make(directory: &Path, names: &[IpAddr], now: Duration) -> Result<()> {
    let now = UNIX_EPOCH + now;
    // Clocks differ, that of a virtual machine for one.
    let (begin, end) = ((now - DAY).into(), (now + DAY * VALID_DAYS).into());
    let mut authority = CertificateParams::default();
    authority.not_before = begin;
    authority.not_after = end;
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    authority.distinguished_name.push(DnType::CommonName, "Shopfolk development authority");
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;

    let key = KeyPair::generate()?;
    let mut certificate = CertificateParams::default();
    certificate.not_before = begin;
    certificate.not_after = end;
    certificate.is_ca = IsCa::ExplicitNoCa;
    certificate.use_authority_key_identifier_extension = true;
    certificate.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    certificate.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    certificate.distinguished_name.push(DnType::CommonName, "Shopfolk development server");
    certificate.subject_alt_names = names.iter().map(|&name| SanType::IpAddress(name)).collect();
    certificate.subject_alt_names.push(SanType::DnsName(LOCALHOST.try_into()?));
    let certificate = certificate.signed_by(&key, &authority)?;

    let server = format!("{}{}{}", key.serialize_pem(), certificate.pem(), authority.pem());
    write(directory, SERVER, &server, 0o600)?;
    write(directory, AUTHORITY, &authority.pem(), 0o644)
}

/// Writes a file as a whole or not at all.
fn write(directory: &Path, name: &str, text: &str, mode: u32) -> Result<()> {
    // It is made for its owner alone.
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(text.as_bytes())?;
    file.as_file().set_permissions(Permissions::from_mode(mode))?;
    file.persist(directory.join(name))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000;

    /// The authority in this directory after a start on this day with this address.
    fn start(directory: &Path, day: i64, address: &str) -> Vec<u8> {
        let now = Timestamp::from_unix_seconds(NOW + day * 86_400).unwrap();
        let (_, authority) = identity(directory, &[address.parse().unwrap()], now).unwrap();
        fs::read(authority).unwrap()
    }

    #[test]
    fn a_good_one_is_used_again_and_any_other_is_made_anew() {
        let parent = tempfile::tempdir().unwrap();
        let directory = parent.path().join("tls");
        let first = start(&directory, 0, "127.0.0.1");
        let mode = fs::metadata(directory.join(SERVER)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(start(&directory, 330, "127.0.0.1"), first);

        let second = start(&directory, 0, "192.0.2.7");
        assert_ne!(second, first, "it was not for that address");
        assert_eq!(start(&directory, 0, "127.0.0.1"), second, "one address more does no harm");

        let third = start(&directory, 336, "127.0.0.1");
        assert_ne!(third, second, "it would have ended soon");
        assert_ne!(start(&directory, 0, "127.0.0.1"), third, "it had not begun");

        for broken in [SERVER, AUTHORITY] {
            let before = start(&directory, 0, "127.0.0.1");
            fs::write(directory.join(broken), "broken").unwrap();
            assert_ne!(start(&directory, 0, "127.0.0.1"), before, "{broken}");
        }
    }
}
