//! Networks, as vCards call them.

use calcard::vcard::{VCardEntry, VCardParameterName};
use shopfolk_model::ContactType;

use crate::values::strip_scheme;

/// What networks are called, in letters and digits of lower case.
const NETWORKS: [(&str, ContactType); 18] = [
    ("facebook", ContactType::Facebook),
    ("facebookmessenger", ContactType::FacebookMessenger),
    ("messenger", ContactType::FacebookMessenger),
    ("fbmessenger", ContactType::FacebookMessenger),
    ("instagram", ContactType::Instagram),
    ("twitter", ContactType::Twitter),
    ("x", ContactType::Twitter),
    ("youtube", ContactType::YouTube),
    ("tiktok", ContactType::TikTok),
    ("pinterest", ContactType::Pinterest),
    ("vk", ContactType::Vk),
    ("vkontakte", ContactType::Vk),
    ("whatsapp", ContactType::WhatsApp),
    ("telegram", ContactType::Telegram),
    ("tg", ContactType::Telegram),
    ("viber", ContactType::Viber),
    ("url", ContactType::Url),
    ("other", ContactType::Other),
];

/// The network of this name.
fn named(name: &str) -> Option<ContactType> {
    let name: String =
        name.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    NETWORKS.iter().find(|(network, _)| *network == name).map(|(_, kind)| *kind)
}

/// A parameter of a property, whatever it is called.
pub(super) fn parameter<'a>(entry: &'a VCardEntry, name: &str) -> Option<&'a str> {
    let other = VCardParameterName::Other(name.to_owned());
    let is_it =
        |parameter: &VCardParameterName| parameter.as_str().eq_ignore_ascii_case(name) || *parameter == other;
    entry
        .params
        .iter()
        .find(|parameter| is_it(&parameter.name))
        .and_then(|parameter| parameter.value.as_text())
}

/// The network of a profile or of an address for messages, and the text without the scheme that names it.
pub(super) fn network<'a>(entry: &VCardEntry, text: &'a str) -> (ContactType, &'a str) {
    let types = entry.parameters(&VCardParameterName::Type).filter_map(|kind| kind.as_text());
    let services = ["SERVICE-TYPE", "X-SERVICE-TYPE"].into_iter().filter_map(|name| parameter(entry, name));
    let said = services.chain(types).find_map(named);
    let scheme = text
        .split_once(':')
        .filter(|(_, rest)| !rest.starts_with("//"))
        .and_then(|(scheme, rest)| named(scheme).map(|kind| (kind, rest)));
    match (said, scheme) {
        (Some(kind), Some((_, rest))) | (None, Some((kind, rest))) => (kind, rest),
        (Some(kind), None) => (kind, strip_scheme(strip_scheme(text, "x-apple:"), "xmpp:")),
        (None, None) => (ContactType::Other, text),
    }
}
