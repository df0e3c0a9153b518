//! Networks, as vCards call them.

use std::borrow::Cow;

use calcard::vcard::{VCardEntry, VCardParameterName};
use percent_encoding::percent_decode_str;
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
pub(super) fn network<'a>(entry: &VCardEntry, text: &'a str) -> (ContactType, Cow<'a, str>) {
    let types = entry.parameters(&VCardParameterName::Type).filter_map(|kind| kind.as_text());
    let services = ["SERVICE-TYPE", "X-SERVICE-TYPE"].into_iter().filter_map(|name| parameter(entry, name));
    let said = services.chain(types).find_map(named);
    let scheme = text
        .split_once(':')
        .filter(|(_, rest)| !rest.starts_with("//"))
        .and_then(|(scheme, rest)| named(scheme).map(|kind| (kind, rest)));
    match (said, scheme) {
        (Some(kind), Some((_, rest))) | (None, Some((kind, rest))) => (kind, rest.into()),
        (Some(kind), None) => match text.split_once(':') {
            // What is no link stands in one for Apple's programs.
            Some((scheme, encoded)) if scheme.eq_ignore_ascii_case("x-apple") => {
                (kind, percent_decode_str(encoded).decode_utf8().unwrap_or(encoded.into()))
            }
            _ => (kind, strip_scheme(text, "xmpp:").into()),
        },
        (None, None) => (ContactType::Other, text.into()),
    }
}
