//! Connecting to a receiver: the address that is connected to is the one that was looked at.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use shopfolk_model::{AddressPolicy, RefusedAddress};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::ReceiverUrl;

/// Why no connection was made.
#[derive(Debug, thiserror::Error)]
pub enum UnreachableReceiver {
    /// Its name stands for no address.
    #[error("the name {name} stands for no address{}", .error.as_ref().map(|error| format!(": {error}")).unwrap_or_default())]
    UnknownName {
        /// The name.
        name: String,
        /// What the system said.
        error: Option<io::Error>,
    },
    /// Nothing is sent to the address that its name stands for.
    #[error("nothing is sent to {address}: {reason}; --webhook-allow-private allows private addresses")]
    Refused {
        /// The address.
        address: IpAddr,
        /// Why.
        reason: RefusedAddress,
    },
    /// It does not take connections.
    #[error("no connection: {0}")]
    NoConnection(io::Error),
    /// It does not speak TLS, or shows a certificate that nobody trusts.
    #[error("no TLS: {0}")]
    NoTls(io::Error),
}

/// What a name stands for.
pub type Addresses<'a> = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>>;

/// Finds out what a name stands for.
pub trait Resolver: Send + Sync + 'static {
    /// The addresses of a name.
    fn resolve<'a>(&'a self, name: &'a str) -> Addresses<'a>;
}

/// What the system knows.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

impl Resolver for SystemResolver {
    fn resolve<'a>(&'a self, name: &'a str) -> Addresses<'a> {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// A connection, encrypted or not.
pub(crate) trait Connection: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Connection for S {}

/// Connects to receivers.
pub(crate) struct Connector {
    policy: AddressPolicy,
    resolver: Arc<dyn Resolver>,
    tls: TlsConnector,
}

impl Connector {
    /// One that trusts the authorities of the system and these.
    pub(crate) fn new(
        policy: AddressPolicy,
        resolver: Arc<dyn Resolver>,
        mut trusted: RootCertStore,
    ) -> Result<Self, rustls::Error> {
        // Some of a system's certificates may be odd; the others count.
        trusted.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(trusted)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { policy, resolver, tls: TlsConnector::from(Arc::new(config)) })
    }

    /// Connects to one of the addresses of a receiver, all of which were looked at.
    pub(crate) async fn connect(
        &self,
        url: &ReceiverUrl,
    ) -> Result<Box<dyn Connection>, UnreachableReceiver> {
        let stream = self.connect_to_any(self.addresses(url).await?, url.port()).await?;
        if !url.is_https() {
            return Ok(Box::new(stream));
        }
        let no_tls =
            |error: &dyn std::fmt::Display| UnreachableReceiver::NoTls(io::Error::other(error.to_string()));
        let name = ServerName::try_from(url.host().to_owned()).map_err(|error| no_tls(&error))?;
        let encrypted = self.tls.connect(name, stream).await.map_err(|error| no_tls(&error))?;
        Ok(Box::new(encrypted))
    }

    /// The addresses of a receiver: all of them are allowed, or none is taken.
    async fn addresses(&self, url: &ReceiverUrl) -> Result<Vec<IpAddr>, UnreachableReceiver> {
        let name = url.host();
        let unknown = |error| UnreachableReceiver::UnknownName { name: name.to_owned(), error };
        let addresses = match url.address() {
            Some(address) => vec![address],
            None => self.resolver.resolve(name).await.map_err(|error| unknown(Some(error)))?,
        };
        if addresses.is_empty() {
            return Err(unknown(None));
        }
        for &address in &addresses {
            self.policy.allow(address).map_err(|reason| UnreachableReceiver::Refused { address, reason })?;
        }
        Ok(addresses)
    }

    async fn connect_to_any(
        &self,
        addresses: Vec<IpAddr>,
        port: u16,
    ) -> Result<TcpStream, UnreachableReceiver> {
        let mut failure = io::Error::from(io::ErrorKind::AddrNotAvailable);
        for address in addresses {
            match TcpStream::connect(SocketAddr::new(address, port)).await {
                Ok(stream) => {
                    // A request is one write; waiting for more of it helps nobody.
                    stream.set_nodelay(true).map_err(UnreachableReceiver::NoConnection)?;
                    return Ok(stream);
                }
                Err(error) => failure = error,
            }
        }
        Err(UnreachableReceiver::NoConnection(failure))
    }
}
