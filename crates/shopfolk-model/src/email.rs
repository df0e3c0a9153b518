//! E-mail addresses.

use std::borrow::Cow;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use icu_properties::CodePointMapData;
use icu_properties::props::GeneralCategory;
use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};

use crate::text_key::{is_blank, unique_key};

/// The text is not an e-mail address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be a valid e-mail address of at most {} characters", EmailAddress::MAXIMUM_LENGTH)]
pub struct InvalidEmailAddress;

/// The most characters left of the `@` (RFC 5321, section 4.5.3.1.1, counts bytes; elsewhere than in the West that is a third).
const LONGEST_LOCAL_PART: usize = 64;

/// Joiners, which scripts of India and Persia need and emoji are made with.
const JOINERS: [char; 2] = ['\u{200C}', '\u{200D}'];

/// What is in no domain, of ASCII: all but letters, digits, `-` and `_`, which some have although they should not.
const NOT_IN_DOMAINS: AsciiDenyList = AsciiDenyList::new(true, "!\"#$%&'()*+,/:;<=>?@[\\]^`{|}~");

/// Whether the text has the syntax of an address (RFC 5321 and 6531), without a display name around it.
pub(crate) fn is_email_address(text: &str) -> bool {
    text.rsplit_once('@').is_some_and(|(local, domain)| is_local_part(local) && is_domain(domain))
}

/// The key of an address ([`EmailAddress::key`]), also of a text that is none.
pub fn email_key(address: &str) -> String {
    if address.is_ascii() {
        return address.to_ascii_lowercase();
    }
    let Some((local, domain)) = address.rsplit_once('@') else { return unique_key(address) };
    // Domains that former releases took may have no such form.
    let domain = ascii_domain(domain).unwrap_or_else(|| unique_key(domain).into());
    format!("{}@{domain}", unique_key(local))
}

/// The domain in its ASCII form, by UTS #46; `None` where it is no domain.
pub(crate) fn ascii_domain(domain: &str) -> Option<Cow<'_, str>> {
    Uts46::new().to_ascii(domain.as_bytes(), NOT_IN_DOMAINS, Hyphens::CheckFirstLast, DnsLength::Verify).ok()
}

fn is_domain(domain: &str) -> bool {
    match domain.strip_prefix('[').and_then(|literal| literal.strip_suffix(']')) {
        None => ascii_domain(domain).is_some(),
        Some(literal) => match literal.strip_prefix("IPv6:") {
            Some(literal) => literal.parse::<Ipv6Addr>().is_ok(),
            None => literal.parse::<Ipv4Addr>().is_ok(),
        },
    }
}

fn is_local_part(local: &str) -> bool {
    if local.len() > LONGEST_LOCAL_PART && local.chars().nth(LONGEST_LOCAL_PART).is_some() {
        return false;
    }
    match local.strip_prefix('"') {
        Some(quoted) => quoted.strip_suffix('"').is_some_and(is_quoted),
        None => local.split('.').all(|atom| !is_blank(atom) && atom.chars().all(is_in_atom)),
    }
}

/// Whether this can stand between quotation marks.
fn is_quoted(text: &str) -> bool {
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        let is_fine = match character {
            '"' => false,
            '\\' => characters.next().is_some_and(|escaped| escaped == ' ' || escaped.is_ascii_graphic()),
            ' ' => true,
            character => character.is_ascii_graphic() || is_seen(character),
        };
        if !is_fine {
            return false;
        }
    }
    !is_blank(text)
}

fn is_in_atom(character: char) -> bool {
    character.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(character) || is_seen(character)
}

/// Whether it is a letter, a mark, a digit, a sign or a symbol beyond ASCII, or a joiner between such.
fn is_seen(character: char) -> bool {
    use GeneralCategory::{
        Control, Format, LineSeparator, ParagraphSeparator, PrivateUse, SpaceSeparator, Surrogate, Unassigned,
    };
    let is_tag_of_emoji = ('\u{E0020}'..='\u{E007F}').contains(&character);
    !character.is_ascii()
        && (JOINERS.contains(&character)
            || is_tag_of_emoji
            || !matches!(
                CodePointMapData::<GeneralCategory>::new().get(character),
                Control
                    | Format
                    | LineSeparator
                    | ParagraphSeparator
                    | PrivateUse
                    | SpaceSeparator
                    | Surrogate
                    | Unassigned
            ))
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

    /// The address that a database holds. Former releases took domains that are none, such as `xn--zzzzzz.com`.
    ///
    /// # Errors
    /// When it cannot have been one in any release.
    pub fn from_stored(text: &str) -> Result<Self, InvalidEmailAddress> {
        let has_parts = text.rsplit_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && !domain.is_empty() && !text.contains(char::is_control)
        });
        if has_parts && text.trim() == text && text.chars().count() <= Self::MAXIMUM_LENGTH {
            Ok(Self(text.into()))
        } else {
            Err(InvalidEmailAddress)
        }
    }

    /// The address as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// By which addresses are compared (decision 30): two of one store are the same when these are.
    pub fn key(&self) -> String {
        email_key(&self.0)
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(text: &str) -> String {
        EmailAddress::new(text).unwrap().key()
    }

    #[test]
    fn addresses_people_use_are_valid() {
        for text in [
            "anna@example.com",
            "a.b+tag@shop.example.co.uk",
            "o'neil@example.com",
            "жанна@пример.рф",
            "संपर्क@उदाहरण.भारत",
            "ग्राहक@example.com",
            "வாடிக்கையாளர்@எடுத்துக்காட்டு.இந்தியா",
            "ลูกค้า@ตัวอย่าง.ไทย",
            "مشتری\u{200C}ها@مثال.ایران",
            "a@نامه\u{200C}ای.com",
            "a@col·legi.cat",
            "a@東京・駅.jp",
            "用户@例子.公司",
            "cafe\u{301}@caf\u{65}\u{301}.fr",
            "고객@예시.한국",
            "👩\u{200D}💻@example.com",
            "❤\u{FE0F}@i❤.ws",
            "anna@xn--mnchen-3ya.de",
            "anna@my_shop.example",
            "\"anna b\\\"@\"@example.com",
            "anna@[192.0.2.1]",
            "anna@[IPv6:2001:db8::1]",
            "anna@localhost",
            "anna@ＥＸＡＭＰＬＥ。com",
        ] {
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
            "anna.@example.com",
            "an..na@example.com",
            "a@xn--zzzzzz.com",
            "a@-example.com",
            "a@example.com.",
            "\u{200B}@example.com",
            "\u{200D}@example.com",
            "\u{202A}anna@example.com",
            "an\u{A0}na@example.com",
            "anna@exam\u{FFFD}ple.com",
            "\"anna@example.com",
            "\"\"@example.com",
            "an\"na@example.com",
            "anna@[999.0.2.1]",
            "anna@[IPv6:zz]",
            "anna@exa$mple.com",
        ] {
            assert_eq!(EmailAddress::new(text), Err(InvalidEmailAddress), "{text}");
        }
    }

    #[test]
    fn what_former_releases_took_can_be_read() {
        for text in ["a@xn--zzzzzz.com", "anna@example.com", "a@exa$mple.com"] {
            assert_eq!(EmailAddress::from_stored(text).unwrap().as_str(), text);
        }
        for text in ["", "anna", "@example.com", "anna@", " anna@example.com", "a\u{1}@example.com"] {
            assert_eq!(EmailAddress::from_stored(text), Err(InvalidEmailAddress), "{text}");
        }
    }

    #[test]
    fn the_length_is_bounded() {
        let domain = format!("{}.{}.{}.example", "d".repeat(60), "d".repeat(60), "d".repeat(53));
        let address = format!("{}@{domain}", "a".repeat(64 - 1));
        assert!(EmailAddress::new(&address).is_ok(), "{}", address.len());
        assert!(EmailAddress::new(&format!("{}@{}", "a".repeat(64), "d.".repeat(95) + "example")).is_err());
        assert!(EmailAddress::new(&format!("{}@example.com", "ก".repeat(64))).is_ok());
        assert!(EmailAddress::new(&format!("{}@example.com", "ก".repeat(65))).is_err());
    }

    #[test]
    fn the_key_ignores_case_spelling_and_the_form_of_the_domain() {
        assert_eq!(key("Anna@Example.COM"), "anna@example.com");
        for (one, other) in [
            ("a@münchen.de", "a@xn--mnchen-3ya.de"),
            ("a@MÜNCHEN.de", "A@XN--MNCHEN-3YA.DE"),
            ("a@mu\u{308}nchen.de", "a@münchen.de"),
            ("JOSÉ@example.com", "jose\u{301}@example.com"),
            ("ａｎｎａ@ｅｘａｍｐｌｅ．ｃｏｍ", "anna@example.com"),
            ("straße@example.com", "STRASSE@example.com"),
        ] {
            assert_eq!(key(one), key(other), "{one}");
        }
        assert_ne!(key("jose@example.com"), key("josé@example.com"));
        assert_ne!(key("a@faß.de"), key("a@fass.de"), "two domains");
    }

    proptest! {
        #[test]
        fn a_key_is_that_of_an_address_and_its_own(local in "\\PC{1,9}", domain in "[a-zäßé中ก.]{1,9}") {
            if let Ok(address) = EmailAddress::new(&format!("{local}@{domain}")) {
                prop_assert_eq!(email_key(&address.key()), address.key());
            }
        }

        #[test]
        fn no_text_makes_a_panic(text in "\\PC*@?\\PC*") {
            let _ = EmailAddress::new(&text).map(|address| address.key());
        }
    }
}
