//! Where a contact leads: a link for its type, or none.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use shopfolk_model::{Contact, ContactType};

/// What stays as it is in an address or a name of a link.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'@').remove(b'.').remove(b'-').remove(b'_').remove(b'+');

/// What a person calls the type.
pub(crate) const fn label(contact_type: ContactType) -> &'static str {
    match contact_type {
        ContactType::Email => "E-mail",
        ContactType::Phone => "Phone",
        ContactType::Facebook => "Facebook",
        ContactType::Instagram => "Instagram",
        ContactType::Twitter => "X (Twitter)",
        ContactType::YouTube => "YouTube",
        ContactType::TikTok => "TikTok",
        ContactType::Pinterest => "Pinterest",
        ContactType::Vk => "VK",
        ContactType::FacebookMessenger => "Messenger",
        ContactType::WhatsApp => "WhatsApp",
        ContactType::Telegram => "Telegram",
        ContactType::Viber => "Viber",
        ContactType::Url => "Web page",
        ContactType::Other => "Other",
    }
}

/// Where the contact leads. A link of a contact is taken only if it is one of the web, so that none runs a script.
pub(crate) fn link(contact: &Contact) -> Option<String> {
    let text = contact.address.contact().as_str();
    if is_web(text) {
        return Some(text.to_owned());
    }
    let name = contact.handle.as_ref().map_or(text, |handle| handle.as_str()).trim_start_matches('@');
    let at = |begin: &str| {
        let is_name = !name.is_empty() && !name.contains(char::is_whitespace);
        is_name.then(|| format!("{begin}{}", utf8_percent_encode(name, ENCODED)))
    };
    match contact.contact_type() {
        ContactType::Email => Some(format!("mailto:{}", utf8_percent_encode(text, ENCODED))),
        ContactType::Phone | ContactType::Viber => Some(format!("tel:{}", number(text)?)),
        ContactType::WhatsApp => Some(format!("https://wa.me/{}", number(name)?.trim_start_matches('+'))),
        ContactType::Telegram => at("https://t.me/"),
        ContactType::Facebook => at("https://www.facebook.com/"),
        ContactType::Instagram => at("https://www.instagram.com/"),
        ContactType::Twitter => at("https://x.com/"),
        ContactType::YouTube => at("https://www.youtube.com/@"),
        ContactType::TikTok => at("https://www.tiktok.com/@"),
        ContactType::Pinterest => at("https://www.pinterest.com/"),
        ContactType::Vk => at("https://vk.com/"),
        ContactType::FacebookMessenger => at("https://m.me/"),
        ContactType::Url | ContactType::Other => None,
    }
}

fn is_web(text: &str) -> bool {
    let begins = |scheme: &str| text.get(..scheme.len()).is_some_and(|it| it.eq_ignore_ascii_case(scheme));
    (begins("https://") || begins("http://")) && !text.contains(char::is_whitespace)
}

/// The digits of a number, with the plus in front of them; `None` when it is none.
fn number(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let plus = if text.trim_start().starts_with('+') { "+" } else { "" };
    let is_number = !digits.is_empty() && !text.contains(char::is_alphabetic);
    is_number.then(|| format!("{plus}{digits}"))
}

#[cfg(test)]
mod tests {
    use shopfolk_model::{
        Addition, ContactAddress, ContactBook, ContactId, ContactText, NewContact, Timestamp,
    };

    use super::*;

    fn link_of(contact_type: ContactType, text: &str) -> Option<String> {
        let address = ContactAddress::new(contact_type, ContactText::new(text).unwrap()).unwrap();
        let now = Timestamp::from_unix_seconds(0).unwrap();
        let added = ContactBook::default().add(NewContact::of(address), ContactId::new(1).unwrap(), now);
        let Ok(Addition::Added { contact, .. }) = added else { panic!("{added:?}") };
        link(&contact)
    }

    #[test]
    fn each_type_leads_to_its_network() {
        for (contact_type, text, expected) in [
            (ContactType::Email, "anna@example.com", "mailto:anna@example.com"),
            (ContactType::Phone, "+1 (234) 5", "tel:+12345"),
            (ContactType::WhatsApp, "+1 234 5", "https://wa.me/12345"),
            (ContactType::WhatsApp, "wa.me/12345", "https://wa.me/12345"),
            (ContactType::Telegram, "@anna", "https://t.me/anna"),
            (ContactType::Facebook, "https://facebook.com/anna", "https://facebook.com/anna"),
            (ContactType::TikTok, "anna", "https://www.tiktok.com/@anna"),
        ] {
            assert_eq!(link_of(contact_type, text).as_deref(), Some(expected));
        }
    }

    #[test]
    fn no_link_runs_a_script_or_leaves_its_network() {
        for text in ["javascript:alert(1)", "data:text/html,x", "https://a b", "JaVaScRiPt:x"] {
            for contact_type in [ContactType::Url, ContactType::Other, ContactType::Phone] {
                assert_eq!(link_of(contact_type, text), None, "{text}");
            }
        }
        let odd = link_of(ContactType::Telegram, "a/../evil?x=\"y").unwrap();
        assert_eq!(odd, "https://t.me/a%2F..%2Fevil%3Fx%3D%22y");
    }
}
