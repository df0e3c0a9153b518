//! A certificate and its private key, read from files.

use std::fs;
use std::io;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{Error, InconsistentKeys};

/// A certificate with those that signed it, and its private key, which fit together.
#[derive(Debug)]
pub(super) struct Identity(CertifiedKey);

impl Identity {
    /// Reads both from their files, which may be one.
    ///
    /// # Errors
    /// When a file cannot be read or does not have in it what it should, or the two do not fit together. Nothing of the
    /// key is in the message.
    pub(super) fn read(certificate: &Path, key: &Path) -> Result<Self> {
        let chain = read_chain(certificate)?;
        let signing_key = any_supported_type(&read_key(key)?).map_err(|_| {
            anyhow!("the private key in {} is not one of RSA, ECDSA (P-256, P-384) or Ed25519", key.display())
        })?;
        let identity = CertifiedKey::new(chain, signing_key);
        match identity.keys_match() {
            Ok(()) | Err(Error::InconsistentKeys(InconsistentKeys::Unknown)) => Ok(Self(identity)),
            Err(Error::InconsistentKeys(_)) => bail!(
                "the private key in {} does not belong to the certificate in {}; the server's own certificate has to \
                 be the first in its file, before those that signed it",
                key.display(),
                certificate.display()
            ),
            Err(error) => {
                Err(error).with_context(|| format!("the certificate in {} is broken", certificate.display()))
            }
        }
    }

    /// The certificates, the server's own first.
    pub(super) fn chain(&self) -> &[CertificateDer<'static>] {
        &self.0.cert
    }

    pub(super) fn into_certified_key(self) -> CertifiedKey {
        self.0
    }
}

fn read_chain(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let shown = path.display();
    let text = fs::read(path).map_err(|reason| unreadable("certificate", path, &reason))?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let chain = chain.map_err(|_| anyhow!("the certificate in {shown} is broken: it is no PEM"))?;
    if chain.is_empty() {
        bail!("there is no certificate in {shown}; it has to be a PEM file, with a line 'BEGIN CERTIFICATE'");
    }
    Ok(chain)
}

fn read_key(path: &Path) -> Result<PrivateKeyDer<'static>> {
    let shown = path.display();
    let text = fs::read(path).map_err(|reason| unreadable("private key", path, &reason))?;
    if text.windows(b"ENCRYPTED".len()).any(|word| word == b"ENCRYPTED") {
        bail!(
            "the private key in {shown} is encrypted with a passphrase; write it without one: openssl pkey -in {shown} \
             -out FILE"
        );
    }
    let key = PrivateKeyDer::pem_slice_iter(&text).next();
    let key = key.with_context(|| {
        format!(
            "there is no private key in {shown}; it has to be a PEM file, with a line 'BEGIN PRIVATE KEY'"
        )
    })?;
    // What is wrong with it in particular could repeat a part of the key.
    key.map_err(|_| anyhow!("the private key in {shown} is broken: it is no PEM"))
}

fn unreadable(what: &str, path: &Path, reason: &io::Error) -> anyhow::Error {
    let advice = match reason.kind() {
        io::ErrorKind::NotFound => "name the file that has it with",
        io::ErrorKind::PermissionDenied => "let the user that Shopfolk runs as read it, or name another with",
        _ => "name another with",
    };
    let option = if what == "certificate" { "--tls-cert" } else { "--tls-key" };
    anyhow!("cannot read the {what} in {}: {reason}; {advice} {option}", path.display())
}
