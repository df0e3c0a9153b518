//! When two contacts of one customer are the same.

use std::fmt;

use crate::email::{ascii_domain, email_key};
use crate::phone::phone_key;
use crate::{ContactId, ContactText, ContactType, namesake_key, spelling_key, unique_key};

/// The normalised form of a contact: two contacts of a customer with the same type and the same key are equal.
///
/// It serves for this comparison only; what is stored is what was sent.
///
/// - EMAIL: the key of the address.
/// - PHONE, WHATSAPP and VIBER without letters: a plus sign before the first digit and the digits.
/// - Links (`scheme://host…`): scheme and host in lower case, the host in its ASCII form, no trailing slash.
/// - Everything else: the unique key of texts without its case folded ([`spelling_key`]).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContactKey(Box<str>);

impl ContactKey {
    /// The key of this contact.
    pub fn of(contact_type: ContactType, contact: &ContactText) -> Self {
        let contact = contact.as_str();
        let key = match contact_type {
            ContactType::Email => Some(email_key(contact)),
            ContactType::Phone | ContactType::WhatsApp | ContactType::Viber => {
                phone_key(contact).or_else(|| link_key(contact))
            }
            _ => link_key(contact),
        };
        Self(key.map_or_else(|| spelling_key(contact).into(), String::into_boxed_str))
    }

    /// The key of a contact whose own is another's: a release before compared them in another way. No text has such a key.
    pub(crate) fn of_namesake(&self, id: ContactId) -> Self {
        Self(namesake_key(&self.0, id.get()).into())
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ContactKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

fn link_key(contact: &str) -> Option<String> {
    let (scheme, rest) = contact.split_once("://")?;
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    if !is_scheme || rest.starts_with('/') || rest.is_empty() {
        return None;
    }
    let authority_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(authority_end);
    // A user name before the host keeps its case: only the host has none.
    let host_start = authority.rfind('@').map_or(0, |at| at + 1);
    let (user, host) = authority.split_at(host_start);
    let (name, port) = host.rfind(':').map_or((host, ""), |colon| host.split_at(colon));
    let of_other_script = if name.is_ascii() { None } else { ascii_domain(name) };
    let host = of_other_script.unwrap_or_else(|| unique_key(name).into());
    let (user, path) = (spelling_key(user), spelling_key(path.trim_end_matches('/')));
    Some(format!("{}://{user}{host}{port}{path}", scheme.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(contact_type: ContactType, contact: &str) -> String {
        ContactKey::of(contact_type, &ContactText::new(contact).unwrap()).as_str().to_owned()
    }

    #[test]
    fn email_ignores_case() {
        assert_eq!(key(ContactType::Email, "Anna@Example.COM"), "anna@example.com");
    }

    #[test]
    fn a_phone_without_letters_is_its_digits() {
        for contact_type in [ContactType::Phone, ContactType::WhatsApp, ContactType::Viber] {
            assert_eq!(key(contact_type, "+0 (123) 123-12-31"), "+01231231231");
            assert_eq!(key(contact_type, "00000 000.000"), "00000000000");
        }
    }

    #[test]
    fn a_phone_with_letters_or_without_digits_stays() {
        assert_eq!(key(ContactType::Phone, "1-800-FLOWERS"), "1-800-FLOWERS");
        assert_eq!(key(ContactType::Phone, "+123 доб. 4"), "+123 доб. 4");
        assert_eq!(key(ContactType::Phone, "+-"), "+-");
        assert_eq!(key(ContactType::Phone, "１-800-FLOWERS"), "1-800-FLOWERS");
        assert_eq!(key(ContactType::WhatsApp, "HTTPS://WA.me/123/"), "https://wa.me/123");
    }

    #[test]
    fn a_plus_counts_only_in_front() {
        assert_eq!(key(ContactType::Phone, "1+2"), "12");
        assert_ne!(key(ContactType::Phone, "+12"), key(ContactType::Phone, "12"));
    }

    #[test]
    fn a_link_ignores_case_of_scheme_and_host_and_a_trailing_slash() {
        assert_eq!(
            key(ContactType::Facebook, "HTTPS://www.Facebook.com/MyShop/"),
            "https://www.facebook.com/MyShop"
        );
        assert_eq!(key(ContactType::Url, "http://Example.com/"), "http://example.com");
        assert_eq!(key(ContactType::Url, "http://Example.com?Q=A/"), "http://example.com?Q=A");
        assert_eq!(key(ContactType::Url, "ftp://User@Example.com:21/A"), "ftp://User@example.com:21/A");
    }

    #[test]
    fn nobody_can_make_two_contacts_that_look_the_same() {
        for (contact_type, one, other) in [
            (ContactType::Phone, "\u{202A}+49 176\u{202C}", "+49176"),
            (ContactType::WhatsApp, "+٩٦٦ ٥٠", "tel:+96650"),
            (ContactType::Email, "a@münchen.de", "A@xn--mnchen-3ya.de"),
            (ContactType::Url, "https://münchen.de/Café", "HTTPS://xn--mnchen-3ya.de/Cafe\u{301}/"),
            (ContactType::Telegram, "@caf\u{e9}", "@cafe\u{301}\u{200B}"),
            (ContactType::Other, "ＡＣＭＥ", "ACME"),
        ] {
            assert_eq!(key(contact_type, one), key(contact_type, other), "{one}");
        }
        assert_ne!(key(ContactType::Other, "ACME"), key(ContactType::Other, "acme"));
        assert_ne!(key(ContactType::Url, "http://a.de/É"), key(ContactType::Url, "http://a.de/é"));
    }

    #[test]
    fn what_is_no_link_stays() {
        for text in ["Example.com/", "://Example/", "http://", "http:///A/", "see http://Example.com/"] {
            assert_eq!(key(ContactType::Other, text), text);
        }
    }
}
