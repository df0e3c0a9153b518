//! Certificates, and connections that are encrypted and trust one authority.

use std::fs;
use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, PKCS_ECDSA_P256_SHA256,
};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::{PATIENCE, RawConnection};

/// An authority that signs certificates for servers of the tests.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// The files of a certificate.
#[derive(Debug, Clone)]
pub struct CertificateFiles {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl CertificateFiles {
    /// The options that have a server use them.
    pub fn options(&self) -> [&str; 4] {
        ["--tls-cert", self.certificate.to_str().unwrap(), "--tls-key", self.key.to_str().unwrap()]
    }
}

impl Authority {
    pub fn new() -> Self {
        let mut parameters = CertificateParams::new(Vec::new()).unwrap();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters.distinguished_name.push(DnType::CommonName, "authority of a test");
        Self { issuer: CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap() }
    }

    /// Writes a new certificate for this machine and its key into files of these names.
    pub fn write(&self, directory: &Path, name: &str) -> CertificateFiles {
        let (certificate, key) = self.certify("localhost");
        let file = |end: &str, text: &str| {
            let path = directory.join(format!("{name}{end}"));
            fs::write(&path, text).unwrap();
            path
        };
        CertificateFiles { certificate: file(".pem", &certificate), key: file(".key", &key) }
    }

    /// A certificate for this machine, by another authority below this one, before the certificate of that; and its key.
    fn certify(&self, name: &str) -> (String, String) {
        let mut between = CertificateParams::new(Vec::new()).unwrap();
        between.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        between.distinguished_name.push(DnType::CommonName, "authority in between");
        let key = KeyPair::generate().unwrap();
        let between = CertifiedIssuer::signed_by(between, key, &self.issuer).unwrap();
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let names = vec![name.to_owned(), "127.0.0.1".to_owned()];
        let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &between).unwrap();
        (format!("{}{}", certificate.pem(), between.pem()), key.serialize_pem())
    }

    /// What a client trusts that trusts this authority.
    pub fn trust(&self) -> Trust {
        Trust::of(self.issuer.der().clone())
    }
}

/// What clients trust, and how they connect with it.
#[derive(Clone)]
pub struct Trust {
    config: ClientConfig,
}

impl Trust {
    fn of(authority: CertificateDer<'static>) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(authority).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self { config }
    }

    /// Trusts the certificate in this file alone.
    pub fn file(path: &Path) -> Self {
        Self::of(CertificateDer::from_pem_file(path).unwrap())
    }

    /// Offers these protocols.
    pub fn config(&self, protocols: &[&str]) -> Arc<ClientConfig> {
        let mut config = self.config.clone();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        Arc::new(config)
    }

    /// Connects and shakes hands.
    pub fn connect(&self, address: SocketAddr) -> io::Result<RawConnection<Encrypted>> {
        self.connect_as(address, IpAddr::from([127, 0, 0, 1]).into())
    }

    /// The same, with a server that has to be of this name.
    pub fn connect_as(
        &self,
        address: SocketAddr,
        name: ServerName<'static>,
    ) -> io::Result<RawConnection<Encrypted>> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        let session = ClientConnection::new(self.config(&["http/1.1"]), name).unwrap();
        let mut stream = StreamOwned::new(session, stream);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        stream.flush()?;
        assert_eq!(stream.conn.alpn_protocol(), Some(&b"http/1.1"[..]));
        Ok(RawConnection::over(stream))
    }
}

/// An encrypted connection.
pub type Encrypted = StreamOwned<ClientConnection, TcpStream>;
