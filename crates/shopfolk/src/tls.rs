//! Serving HTTPS: where the certificate comes from, and another one in its place while the server runs.

mod identity;
mod self_signed;

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use clap::Args;
use clap::builder::BoolishValueParser;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::sign::SingleCertAndKey;
use shopfolk_model::Timestamp;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use crate::database::DatabaseUrl;
use crate::failure::UsageError;
use crate::telemetry::NOTICE;
use crate::tls::identity::Identity;

/// What clients may choose from, the best first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];
/// Where a certificate of our own making is kept when there is no database file to keep it beside.
const DIRECTORY: &str = "shopfolk-tls";

/// Whether the server speaks HTTPS, and as whom.
#[derive(Debug, Args)]
pub(crate) struct TlsArguments {
    /// Serve HTTPS with the certificate in this PEM file, which those that signed it may follow
    ///
    /// After SIGHUP the server reads both files again, and new connections get what is in them.
    #[arg(
        long = "tls-cert",
        value_name = "FILE",
        env = "SHOPFOLK_TLS_CERT",
        requires = "key",
        help_heading = "TLS"
    )]
    certificate: Option<PathBuf>,
    /// The private key of that certificate: a PEM file without a passphrase
    #[arg(
        long = "tls-key",
        value_name = "FILE",
        env = "SHOPFOLK_TLS_KEY",
        requires = "certificate",
        help_heading = "TLS"
    )]
    key: Option<PathBuf>,
    /// Serve HTTPS with a certificate that the server makes itself, for development
    ///
    /// It is for `localhost`, `127.0.0.1`, `::1` and the address of --listen. The server prints the file that clients
    /// have to trust. The certificate is kept in a directory beside the database file, or in ./shopfolk-tls with
    /// PostgreSQL, and used again.
    #[arg(
        long = "tls-self-signed",
        env = "SHOPFOLK_TLS_SELF_SIGNED",
        value_parser = BoolishValueParser::new(),
        help_heading = "TLS"
    )]
    self_signed: bool,
}

/// Where the server's certificate is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// Files of the operator's.
    Files {
        /// The certificate, and those that signed it.
        certificate: PathBuf,
        /// Its private key.
        key: PathBuf,
    },
    /// Our own making, for these addresses.
    SelfSigned(Vec<IpAddr>),
}

impl TlsArguments {
    /// Where the certificate is to come from, if there is to be one, for a server that listens on this address.
    ///
    /// # Errors
    /// When the options contradict each other.
    pub(crate) fn source(&self, listen: IpAddr) -> Result<Option<Source>, UsageError> {
        match (&self.certificate, &self.key, self.self_signed) {
            // Not left to the parser: it would take SHOPFOLK_TLS_SELF_SIGNED=no for a contradiction.
            (Some(_), _, true) | (_, Some(_), true) => Err(UsageError(
                "--tls-self-signed makes a certificate, and --tls-cert names one; choose one of the two"
                    .to_owned(),
            )),
            (Some(certificate), Some(key), false) => {
                Ok(Some(Source::Files { certificate: certificate.clone(), key: key.clone() }))
            }
            (_, _, true) => {
                let addresses = Some(listen).filter(|address| !address.is_unspecified());
                Ok(Some(Source::SelfSigned(addresses.into_iter().collect())))
            }
            _ => Ok(None),
        }
    }
}

/// The certificate that is in use, and how to get another one.
pub(crate) struct Tls {
    files: Option<(PathBuf, PathBuf)>,
    authority: Option<PathBuf>,
    /// What new connections are accepted with.
    acceptor: watch::Sender<TlsAcceptor>,
    /// Held while the files are read again, so that the reading that begins last also ends last.
    reading: Mutex<()>,
}

impl Tls {
    /// Reads the certificate, or makes it.
    ///
    /// # Errors
    /// When it cannot be used. The message says which file is wrong, why, and what to do.
    pub(crate) fn open(source: Source, database: &DatabaseUrl, now: Timestamp) -> Result<Self> {
        let (identity, files, authority) = match source {
            Source::Files { certificate, key } => {
                (Identity::read(&certificate, &key)?, Some((certificate, key)), None)
            }
            Source::SelfSigned(addresses) => {
                let (identity, authority) = self_signed::identity(&directory_for(database), &addresses, now)?;
                (identity, None, Some(authority))
            }
        };
        let acceptor = watch::Sender::new(acceptor(identity)?);
        Ok(Self { files, authority, acceptor, reading: Mutex::new(()) })
    }

    /// What new connections are accepted with, now and later.
    pub(crate) fn acceptor(&self) -> watch::Receiver<TlsAcceptor> {
        self.acceptor.subscribe()
    }

    /// The file that clients have to trust, if the certificate is of our own making.
    pub(crate) fn authority(&self) -> Option<&Path> {
        self.authority.as_deref()
    }

    /// Reads the files again, if there are any; what is wrong with them is logged, and changes nothing.
    fn reload(&self) {
        let Some((certificate, key)) = &self.files else { return nothing_to_reload() };
        let _turn = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        match Identity::read(certificate, key).and_then(acceptor) {
            Ok(acceptor) => {
                self.acceptor.send_replace(acceptor);
                let (certificate, key) = (certificate.display(), key.display());
                tracing::info!(target: NOTICE, %certificate, %key, "new connections get the certificate that was read now");
            }
            Err(error) => {
                let error = format!("{error:#}");
                tracing::warn!(target: NOTICE, error, "the certificate stays the one that was read before");
            }
        }
    }
}

/// Has the files read again, on a thread of its own, because a disk can take long.
pub(crate) fn reload(tls: Option<&Arc<Tls>>) {
    match tls.cloned() {
        Some(tls) => drop(tokio::task::spawn_blocking(move || tls.reload())),
        None => nothing_to_reload(),
    }
}

fn nothing_to_reload() {
    tracing::info!(target: NOTICE, "SIGHUP has no files to read again, because --tls-cert names none");
}

/// How connections are encrypted: with TLS 1.2 or 1.3. It is made anew for each certificate, so that what was agreed on
/// under one is not resumed under the next.
fn acceptor(identity: Identity) -> Result<TlsAcceptor> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .context("cannot set up TLS")?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(identity.into_certified_key())));
    config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Where a certificate of our own making is kept: with the database, so that it lasts as long.
fn directory_for(database: &DatabaseUrl) -> PathBuf {
    match database {
        DatabaseUrl::Sqlite(path) => {
            let mut name = path.as_os_str().to_owned();
            name.push("-tls");
            PathBuf::from(name)
        }
        DatabaseUrl::Postgres(_) => PathBuf::from(DIRECTORY),
    }
}
