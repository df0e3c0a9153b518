//! Where a webhook goes.

use std::fmt;
use std::net::IpAddr;

use shopfolk_model::{AddressPolicy, RefusedAddress};
use url::{Host, Url};

/// Why no webhook is sent to a URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidReceiverUrl {
    /// It is no URL.
    #[error("it is no URL: {0}")]
    Malformed(#[from] url::ParseError),
    /// It is one of something else than HTTP.
    #[error("it must begin with https:// or http://")]
    Scheme,
    /// A name and a password are in it.
    #[error("it must not have a user name or password in it")]
    Credentials,
    /// Nothing is sent to such an address.
    #[error("{0}")]
    Address(#[from] RefusedAddress),
}

/// A URL that webhooks may be sent to, as far as the URL itself tells: what its name stands for is looked at when it is
/// connected to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiverUrl(Url);

impl ReceiverUrl {
    /// Reads a URL as browsers do: an address in decimal, octal or hexadecimal digits is the address.
    ///
    /// # Errors
    /// Why nothing is sent there.
    pub fn new(text: &str, policy: AddressPolicy) -> Result<Self, InvalidReceiverUrl> {
        let url = Url::parse(text)?;
        if !matches!(url.scheme(), "https" | "http") {
            return Err(InvalidReceiverUrl::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidReceiverUrl::Credentials);
        }
        policy.allow_port(url.port_or_known_default().unwrap_or_default())?;
        let receiver = Self(url);
        receiver.address().map_or(Ok(()), |address| policy.allow(address))?;
        Ok(receiver)
    }

    /// The URL with the kind of event in its query.
    #[must_use]
    pub fn with_event_type(&self, event_type: &str) -> Self {
        let mut url = self.0.clone();
        url.query_pairs_mut().append_pair("eventtype", event_type);
        url.set_fragment(None);
        Self(url)
    }

    /// Whether it is reached over TLS.
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// The name or address of the host, without brackets.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']')
    }

    /// The address, where the URL has one instead of a name.
    pub fn address(&self) -> Option<IpAddr> {
        match self.0.host()? {
            Host::Domain(_) => None,
            Host::Ipv4(address) => Some(address.into()),
            Host::Ipv6(address) => Some(address.into()),
        }
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or_default()
    }

    /// What stands in `Host`: the name, and the port where it is not that of the scheme.
    pub(crate) fn authority(&self) -> String {
        let host = self.0.host_str().unwrap_or_default();
        self.0.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// What stands in the first line of a request: the path and the query.
    pub(crate) fn target(&self) -> String {
        let query = self.0.query().map(|query| format!("?{query}")).unwrap_or_default();
        format!("{}{query}", self.0.path())
    }
}

impl fmt::Display for ReceiverUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every way to write an address that is refused.
    const REFUSED: &[&str] = &[
        "http://127.0.0.1/",
        "http://127.1/",
        "http://127.0.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0x7f.1/",
        "http://0x7f.0.0.0x1/",
        "http://017700000001/",
        "http://0177.0.0.1/",
        "http://0177.0.0.01/",
        "http://127.0.0.1./",
        "http://%31%32%37.0.0.1/",
        "http://１２７.０.０.１/",
        "http://127。0。0。1/",
        "http://①②⑦.0.0.1/",
        "http://10.1/",
        "http://167772161/",
        "http://192.168.257/",
        "http://169.254.169.254/latest/meta-data/",
        "http://2852039166/",
        "http://0xa9fea9fe/",
        "http://0251.0376.0251.0376/",
        "http://0/",
        "http://0.0.0.0/",
        "http://0x0/",
        "http://[::1]/",
        "http://[0:0:0:0:0:0:0:1]/",
        "http://[::]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://[::127.0.0.1]/",
        "http://[64:ff9b::127.0.0.1]/",
        "http://[fd00:ec2::254]/",
        "http://[fe80::1]/",
        "https://[fc00::1]:8443/",
        "https://[ff02::1]/",
        "http://8.8.8.8:22/",
        "http://8.8.8.8:25/",
        "http://example.com:1023/",
        "http://example.com:0/",
    ];

    #[test]
    fn an_address_is_refused_in_every_way_of_writing_it() {
        for text in REFUSED {
            let outcome = ReceiverUrl::new(text, AddressPolicy::PublicOnly);
            assert!(matches!(outcome, Err(InvalidReceiverUrl::Address(_))), "{text}: {outcome:?}");
        }
    }

    #[test]
    fn what_is_no_url_of_a_receiver_is_refused() {
        for text in [
            "",
            "example.com",
            "ftp://example.com/",
            "file:///etc/passwd",
            "gopher://example.com/",
            "http://",
            "http://[fe80::1%25eth0]/",
            "http://user@example.com/",
            "http://user:secret@example.com/",
            "http://256.256.256.256/",
            "http://exa mple.com/",
        ] {
            assert!(ReceiverUrl::new(text, AddressPolicy::PrivateToo).is_err(), "{text}");
        }
    }

    #[test]
    fn an_own_address_is_taken_where_that_is_allowed() {
        for text in ["http://127.0.0.1:8080/", "http://[::1]/", "http://10.0.0.1/", "http://192.168.1.2:443/"]
        {
            assert!(ReceiverUrl::new(text, AddressPolicy::PrivateToo).is_ok(), "{text}");
        }
        for text in ["http://169.254.169.254/", "http://0.0.0.0/", "http://10.0.0.1:22/"] {
            assert!(ReceiverUrl::new(text, AddressPolicy::PrivateToo).is_err(), "{text}");
        }
    }

    #[test]
    fn the_kind_of_event_is_added_to_the_query() {
        let told = |text| {
            let url = ReceiverUrl::new(text, AddressPolicy::PublicOnly).unwrap();
            let url = url.with_event_type("customer.created");
            (url.authority(), url.target())
        };
        let told = |text| {
            let (authority, target) = told(text);
            format!("{authority}{target}")
        };
        assert_eq!(told("https://example.com"), "example.com/?eventtype=customer.created");
        assert_eq!(
            told("http://Example.com:8080/hook?a=1#here"),
            "example.com:8080/hook?a=1&eventtype=customer.created"
        );
        assert_eq!(told("https://münchen.de/ö"), "xn--mnchen-3ya.de/%C3%B6?eventtype=customer.created");
    }
}
