//! Which type a contact has, found from the text that somebody pasted.

use shopfolk_model::{ContactType, EmailAddress};

/// The hosts of networks, and their types.
const HOSTS: &[(&str, ContactType)] = &[
    ("facebook.com", ContactType::Facebook),
    ("fb.com", ContactType::Facebook),
    ("messenger.com", ContactType::FacebookMessenger),
    ("m.me", ContactType::FacebookMessenger),
    ("instagram.com", ContactType::Instagram),
    ("twitter.com", ContactType::Twitter),
    ("x.com", ContactType::Twitter),
    ("youtube.com", ContactType::YouTube),
    ("youtu.be", ContactType::YouTube),
    ("tiktok.com", ContactType::TikTok),
    ("pinterest.com", ContactType::Pinterest),
    ("pin.it", ContactType::Pinterest),
    ("vk.com", ContactType::Vk),
    ("wa.me", ContactType::WhatsApp),
    ("whatsapp.com", ContactType::WhatsApp),
    ("t.me", ContactType::Telegram),
    ("telegram.me", ContactType::Telegram),
    ("viber.com", ContactType::Viber),
];

/// The type of a text: an e-mail address, a link to a network or elsewhere, a number, or something else.
pub(crate) fn found(text: &str) -> ContactType {
    let text = text.trim();
    if let Some(host) = host(text) {
        let is_at = |of: &str| host == of || host.strip_suffix(of).is_some_and(|rest| rest.ends_with('.'));
        let network = HOSTS.iter().find(|(of, _)| is_at(of));
        return network.map_or(ContactType::Url, |(_, contact_type)| *contact_type);
    }
    if EmailAddress::new(text).is_ok() {
        return ContactType::Email;
    }
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let is_number = text.chars().all(|it| it.is_ascii_digit() || " +-()./".contains(it));
    if digits >= 3 && is_number { ContactType::Phone } else { ContactType::Other }
}

/// The host of a link, which may come without its scheme.
fn host(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let scheme = ["https://", "http://"].into_iter().find_map(|scheme| lower.strip_prefix(scheme));
    let rest = scheme.unwrap_or(&lower);
    let host = rest.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let is_host = host.contains('.')
        && !host.starts_with('.')
        && host
            .split('.')
            .next_back()
            .is_some_and(|last| last.len() >= 2 && last.bytes().all(|byte| byte.is_ascii_alphabetic()))
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
    (is_host || scheme.is_some()).then(|| host.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_found_from_what_is_pasted() {
        for (text, expected) in [
            ("anna@example.com", ContactType::Email),
            (" +1 (234) 567-89 ", ContactType::Phone),
            ("https://www.facebook.com/anna", ContactType::Facebook),
            ("instagram.com/anna", ContactType::Instagram),
            ("https://x.com/anna", ContactType::Twitter),
            ("https://example.com/x.com", ContactType::Url),
            ("https://notx.com", ContactType::Url),
            ("wa.me/12345", ContactType::WhatsApp),
            ("example.com", ContactType::Url),
            ("@anna", ContactType::Other),
            ("at the market on Fridays", ContactType::Other),
            ("12", ContactType::Other),
        ] {
            assert_eq!(found(text), expected, "{text}");
        }
    }
}
