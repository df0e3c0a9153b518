//! Certificates for a server that encrypts, signed by an authority that is made for it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

use crate::account::Account;

/// The files of a server's certificate, in PEM.
#[derive(Debug)]
pub(crate) struct Certificates {
    pub(crate) authority: PathBuf,
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

impl Certificates {
    /// Makes an authority, and a certificate by it for this machine's own names.
    pub(crate) fn make(directory: &Path, account: Option<Account>) -> Self {
        let mut authority = CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // Another name than that of the certificate, which would otherwise seem to have signed itself.
        authority.distinguished_name.push(DnType::CommonName, "authority of a test");
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &authority).unwrap();
        let file = |name: &str, text: &str, mode: u32| {
            let path = directory.join(name);
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            path
        };
        let made = Self {
            authority: file("authority.pem", &authority.pem(), 0o644),
            certificate: file("certificate.pem", &certificate.pem(), 0o644),
            key: file("key.pem", &key.serialize_pem(), 0o600),
        };
        if let Some(account) = account {
            account.own(&made.certificate);
            account.own(&made.key);
        }
        made
    }
}
