//! Where the database is, as `postgres://…` says it.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};

/// Where a database is and how it is reached. Neither `Debug` nor `Display` shows the password.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresAddress {
    pub(crate) config: Config,
    pub(crate) encryption: Encryption,
}

/// How the connection is encrypted, and what of the server's certificate is verified. The words are libpq's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Encryption {
    pub(crate) verify: Verify,
    /// The authorities that are believed, in a PEM file; those of the system without one.
    pub(crate) root_certificates: Option<PathBuf>,
    /// The certificate, with its chain, and the key by which the server knows the program, in PEM files.
    pub(crate) identity: Option<(PathBuf, PathBuf)>,
}

/// What of the server's certificate is verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verify {
    /// Nothing (`sslmode` of `disable`, `prefer` and `require`).
    Nothing,
    /// That an authority that is believed has signed it (`verify-ca`).
    Authority,
    /// That, and that it is for the host that was asked for (`verify-full`).
    AuthorityAndHost,
}

/// Why a text is no address of a PostgreSQL database. The message repeats nothing that may be a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAddress {
    /// It does not begin with `postgres://` or `postgresql://`.
    #[error("must begin with postgres://")]
    Scheme,
    /// No host, or no database.
    #[error("names no {0}")]
    Missing(&'static str),
    /// A parameter that is not known, or has a value that it cannot have.
    #[error("has a wrong part: {0}")]
    Malformed(String),
    /// Another `sslmode` than there are.
    #[error("sslmode must be disable, prefer, require, verify-ca or verify-full")]
    SslMode,
    /// `sslcert` without `sslkey`, or the other way round.
    #[error("sslcert and sslkey go together")]
    Identity,
}

impl PostgresAddress {
    /// Takes this password if the address has none.
    #[must_use]
    pub fn with_default_password(mut self, password: Option<&str>) -> Self {
        if let (None, Some(password)) = (self.config.get_password(), password) {
            self.config.password(password);
        }
        self
    }
}

impl FromStr for PostgresAddress {
    type Err = InvalidAddress;

    /// Reads `postgres://USER:PASSWORD@HOST:PORT,HOST:PORT/NAME?PARAMETER=VALUE&…`, with the parameters of libpq that
    /// make sense here: `sslmode`, `sslrootcert` (a PEM file or `system`), `sslcert`, `sslkey`, `connect_timeout`,
    /// `application_name`, `keepalives…`, `load_balance_hosts` and others.
    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
            return Err(InvalidAddress::Scheme);
        }
        let (base, query) = text.split_once('?').unwrap_or((text, ""));
        let mut ssl_mode = SslMode::Prefer;
        let mut verify = Verify::Nothing;
        let (mut root_certificates, mut certificate, mut key) = (None, None, None);
        let mut rest = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = percent_encoding::percent_decode_str(value).decode_utf8_lossy();
            match name {
                "sslmode" => (ssl_mode, verify) = parse_ssl_mode(&value)?,
                "sslrootcert" => root_certificates = (value != "system").then(|| PathBuf::from(&*value)),
                "sslcert" => certificate = Some(PathBuf::from(&*value)),
                "sslkey" => key = Some(PathBuf::from(&*value)),
                // Only a server that takes writes is of use.
                "target_session_attrs" => {}
                _ => rest.push(pair),
            }
        }
        let identity = match (certificate, key) {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some((certificate, key)),
            _ => return Err(InvalidAddress::Identity),
        };
        let understood = if rest.is_empty() { base.to_owned() } else { format!("{base}?{}", rest.join("&")) };
        let mut config = Config::from_str(&understood).map_err(|error| malformed(&error))?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(InvalidAddress::Missing("host"));
        }
        if config.get_dbname().is_none_or(str::is_empty) {
            return Err(InvalidAddress::Missing("database"));
        }
        config.ssl_mode(ssl_mode).target_session_attrs(TargetSessionAttrs::ReadWrite);
        Ok(Self { config, encryption: Encryption { verify, root_certificates, identity } })
    }
}

fn parse_ssl_mode(value: &str) -> Result<(SslMode, Verify), InvalidAddress> {
    Ok(match value {
        "disable" => (SslMode::Disable, Verify::Nothing),
        "prefer" => (SslMode::Prefer, Verify::Nothing),
        "require" => (SslMode::Require, Verify::Nothing),
        "verify-ca" => (SslMode::Require, Verify::Authority),
        "verify-full" => (SslMode::Require, Verify::AuthorityAndHost),
        _ => return Err(InvalidAddress::SslMode),
    })
}

/// What is wrong, in the words of the library, which names parameters and never values.
fn malformed(error: &tokio_postgres::Error) -> InvalidAddress {
    let cause = std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
    InvalidAddress::Malformed(cause)
}

impl fmt::Display for PostgresAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("postgres://")?;
        if let Some(user) = self.config.get_user() {
            write!(formatter, "{user}@")?;
        }
        let ports = self.config.get_ports();
        for (number, host) in self.config.get_hosts().iter().enumerate() {
            let separator = if number == 0 { "" } else { "," };
            match host {
                Host::Tcp(name) => write!(formatter, "{separator}{name}")?,
                Host::Unix(path) => write!(formatter, "{separator}{}", path.display())?,
            }
            // One port for all hosts, or one for each.
            if let Some(port) = ports.get(number).or(ports.first()) {
                write!(formatter, ":{port}")?;
            }
        }
        write!(formatter, "/{}", self.config.get_dbname().unwrap_or_default())
    }
}

impl fmt::Debug for PostgresAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PostgresAddress({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<PostgresAddress, InvalidAddress> {
        text.parse()
    }

    #[test]
    fn an_address_is_shown_without_its_password() {
        let address = parse("postgres://shop:hunter2@db1:5433,db2/folk?sslmode=require").unwrap();
        assert_eq!(address.to_string(), "postgres://shop@db1:5433,db2:5432/folk");
        assert!(!format!("{address:?}").contains("hunter2"));
        assert_eq!(address.config.get_ssl_mode(), SslMode::Require);
        assert_eq!(address.encryption.verify, Verify::Nothing);
        assert_eq!(address.config.get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
    }

    #[test]
    fn certificates_are_named_as_libpq_does() {
        let address =
            parse("postgresql://db/folk?sslmode=verify-full&sslrootcert=%2Fetc%2Fca.pem&sslcert=c&sslkey=k")
                .unwrap();
        assert_eq!(address.encryption.verify, Verify::AuthorityAndHost);
        assert_eq!(address.encryption.root_certificates, Some("/etc/ca.pem".into()));
        assert_eq!(address.encryption.identity, Some(("c".into(), "k".into())));
        let system = parse("postgres://db/folk?sslmode=verify-ca&sslrootcert=system").unwrap();
        assert_eq!(system.encryption.root_certificates, None);
    }

    #[test]
    fn a_password_from_elsewhere_does_not_replace_the_one_that_is_there() {
        let given = parse("postgres://shop:one@db/folk").unwrap().with_default_password(Some("two"));
        assert_eq!(given.config.get_password(), Some(&b"one"[..]));
        let none = parse("postgres://shop@db/folk").unwrap().with_default_password(Some("two"));
        assert_eq!(none.config.get_password(), Some(&b"two"[..]));
    }

    #[test]
    fn what_is_wrong_is_named_and_no_password_repeated() {
        for (text, part) in [
            ("mysql://shop:hunter2@db/folk", "postgres://"),
            ("postgres:///folk", "host"),
            ("postgres://shop:hunter2@db", "database"),
            ("postgres://shop:hunter2@db/", "database"),
            ("postgres://shop:hunter2@db/folk?sslmode=maybe", "verify-full"),
            ("postgres://shop:hunter2@db/folk?sslcert=a", "sslkey"),
            ("postgres://shop:hunter2@db/folk?pool_size=hunter2", "pool_size"),
            ("postgres://shop:hunter2@db:port/folk", "port"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(part) && !error.contains("hunter2"), "{text}: {error}");
        }
    }
}
