//! E-mail addresses.

use std::fmt;

use email_address::EmailAddress as Syntax;
use email_address::Options;

/// The text is not an e-mail address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be a valid e-mail address of at most {} characters", EmailAddress::MAXIMUM_LENGTH)]
pub struct InvalidEmailAddress;

/// Whether the text has the syntax of an address (RFC 5321 and 6531), without a display name around it.
pub(crate) fn is_email_address(text: &str) -> bool {
    !text.contains(char::is_control)
        && Syntax::parse_with_options(text, Options::default().without_display_text()).is_ok()
}

/// A syntactically valid e-mail address of at most 254 characters, as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress(Box<str>);

impl EmailAddress {
    /// The most characters an address can have (RFC 5321, section 4.5.3.1.3).
    pub const MAXIMUM_LENGTH: usize = 254;

    /// The address in this text, white space around it dropped.
    ///
    /// # Errors
    /// When the text is not an address or too long.
    pub fn new(text: &str) -> Result<Self, InvalidEmailAddress> {
        let text = text.trim();
        if text.chars().count() <= Self::MAXIMUM_LENGTH && is_email_address(text) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidEmailAddress)
        }
    }

    /// The address as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address in lower case: two addresses of one store are the same when these are.
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_people_use_are_valid() {
        for text in
            ["anna@example.com", "a.b+tag@shop.example.co.uk", "o'neil@example.com", "жанна@пример.рф"]
        {
            assert!(EmailAddress::new(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn what_is_not_an_address_is_refused() {
        for text in [
            "",
            "anna",
            "anna@",
            "@example.com",
            "a b@example.com",
            "a@b@c",
            "anna@example..com",
            "a\n@example.com",
            "Anna <anna@example.com>",
            "anna@exa mple.com",
            ".anna@example.com",
        ] {
            assert_eq!(EmailAddress::new(text), Err(InvalidEmailAddress), "{text}");
        }
    }

    #[test]
    fn the_length_is_bounded() {
        let domain = format!("{}.{}.{}.example", "d".repeat(60), "d".repeat(60), "d".repeat(53));
        let address = format!("{}@{domain}", "a".repeat(64 - 1));
        assert!(EmailAddress::new(&address).is_ok(), "{}", address.len());
        assert!(EmailAddress::new(&format!("{}@{}", "a".repeat(64), "d.".repeat(95) + "example")).is_err());
    }

    #[test]
    fn the_key_ignores_case() {
        assert_eq!(EmailAddress::new("Anna@Example.COM").unwrap().key(), "anna@example.com");
    }
}
