//! Where an app is told what happens in the stores that let it in.

use url::Url;

use crate::app_url::{InvalidAppUrl, parse_app_url};
use crate::{EventSpelling, WebhookEventSet};

/// A URL that webhooks are sent to. To which addresses they may go is decided when they are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookUrl(Url);

impl WebhookUrl {
    /// The URL in this text, in its normal form.
    ///
    /// # Errors
    /// When it is too long, is no `http` or `https` URL, has a fragment, a user or a password, or a port that nothing is
    /// sent to.
    pub fn new(text: &str) -> Result<Self, InvalidAppUrl> {
        let url = parse_app_url(text.trim())?;
        match url.port_or_known_default() {
            Some(80 | 443 | 1024..) => Ok(Self(url)),
            _ => Err(InvalidAppUrl::Port),
        }
    }

    /// The URL, taken apart.
    pub const fn url(&self) -> &Url {
        &self.0
    }

    /// The URL in its normal form.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// The most headers of a webhook.
pub const MAXIMUM_WEBHOOK_HEADERS: usize = 20;

/// The texts are no header that a webhook can have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidWebhookHeader {
    /// The name is none.
    #[error("'{name}' is no name of a header")]
    Name {
        /// The text.
        name: String,
    },
    /// The name is of a header that says how a request is sent.
    #[error("the header '{name}' is not for an app to set")]
    Reserved {
        /// The text.
        name: String,
    },
    /// The value has what no header can have.
    #[error(
        "the value of a header must be at most {} visible characters of ASCII",
        WebhookHeader::MAXIMUM_LENGTH
    )]
    Value,
}

/// A header that an app wants with each of its webhooks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookHeader {
    name: Box<str>,
    value: Box<str>,
}

impl WebhookHeader {
    /// The most bytes of a value; a name has 100 at the most.
    pub const MAXIMUM_LENGTH: usize = 2_000;

    const RESERVED: &[&str] = &[
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ];

    /// The header of this name, with this value.
    ///
    /// # Errors
    /// When they are none, or the header says how a request is sent.
    pub fn new(name: &str, value: &str) -> Result<Self, InvalidWebhookHeader> {
        let (name, value) = (name.trim(), value.trim());
        let is_letter = |letter: u8| letter.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&letter);
        if name.is_empty() || name.len() > 100 || !name.bytes().all(is_letter) {
            return Err(InvalidWebhookHeader::Name { name: name.chars().take(100).collect() });
        }
        if Self::RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(name)) {
            return Err(InvalidWebhookHeader::Reserved { name: name.to_owned() });
        }
        let is_visible = |letter: u8| matches!(letter, b' '..=b'~' | b'\t');
        if value.len() > Self::MAXIMUM_LENGTH || !value.bytes().all(is_visible) {
            return Err(InvalidWebhookHeader::Value);
        }
        Ok(Self { name: name.into(), value: value.into() })
    }

    /// The name, spelt as the app spelt it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value.
    pub fn value(&self) -> &str {
        &self.value
    }
}

/// Where an app is told, of what, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// The URL.
    pub url: WebhookUrl,
    /// The events.
    pub events: WebhookEventSet,
    /// Headers that each request has besides, at most [`MAXIMUM_WEBHOOK_HEADERS`].
    pub headers: Vec<WebhookHeader>,
    /// How names of events are written.
    pub spelling: EventSpelling,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn webhooks_go_to_the_ports_of_the_contract() {
        for good in
            ["https://a.example/hook?x=1", "http://a.example:8080", "http://[::1]:1024/", "http://127.0.0.1"]
        {
            assert!(WebhookUrl::new(good).is_ok(), "{good}");
        }
        for (bad, error) in [
            ("http://a.example:22/", InvalidAppUrl::Port),
            ("http://a.example:0/", InvalidAppUrl::Port),
            ("http://a.example:1023/", InvalidAppUrl::Port),
            ("a.example/hook", InvalidAppUrl::NoUrl),
            ("file:///etc/passwd", InvalidAppUrl::NoUrl),
            ("https://a.example/#a", InvalidAppUrl::Fragment),
            ("https://a:b@a.example/", InvalidAppUrl::Credentials),
        ] {
            assert_eq!(WebhookUrl::new(bad), Err(error), "{bad}");
        }
    }

    #[test]
    fn headers_that_say_how_a_request_is_sent_are_refused() {
        assert_eq!(WebhookHeader::new("X-Key", " a b ").unwrap().value(), "a b");
        assert!(WebhookHeader::new("Content-Type", "text/plain").is_ok());
        assert!(matches!(WebhookHeader::new("HOST", "a"), Err(InvalidWebhookHeader::Reserved { .. })));
        assert!(matches!(WebhookHeader::new("a b", "a"), Err(InvalidWebhookHeader::Name { .. })));
        assert_eq!(WebhookHeader::new("a", "b\r\nc: d"), Err(InvalidWebhookHeader::Value));
    }
}
