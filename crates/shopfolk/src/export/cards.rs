//! Customers as vCards: version 4.0 (RFC 6350), with the properties of RFC 9554 for networks and kinds of addresses.

use std::fmt;
use std::io::{self, Write};

use calcard::vcard::{
    VCard, VCardEntry, VCardParameter, VCardProperty, VCardType, VCardValue, VCardValueType, VCardVersion,
};
use shopfolk_model::{Contact, ContactType, Customer, CustomerName, StateCode, Timestamp, Whereabouts};
use shopfolk_operations::CustomerWithContacts;

/// Writes a customer as a vCard.
pub(super) fn write_card(customer: &CustomerWithContacts, out: &mut impl Write) -> io::Result<()> {
    let mut card = VCard { entries: entries(customer) };
    card.entries.retain(|entry| !entry.values.is_empty());
    let mut text = String::new();
    card.write_to(&mut text, VCardVersion::V4_0).map_err(|error: fmt::Error| io::Error::other(error))?;
    out.write_all(text.as_bytes())
}

fn entries(customer: &CustomerWithContacts) -> Vec<VCardEntry> {
    let CustomerWithContacts { customer, contacts, .. } = customer;
    let Customer { id, email, name, updated, details, addresses, .. } = customer;
    let shown = name.as_ref().map_or(email.as_str(), CustomerName::as_str);
    let mut entries = vec![
        text(VCardProperty::Uid, &id.to_string()).with_param(VCardParameter::value(VCardValueType::Text)),
        text(VCardProperty::Fn, shown),
    ];
    if let Some((first, rest)) = name.as_ref().and_then(|name| name.as_str().split_once(char::is_whitespace))
    {
        let parts = [rest.trim_start(), first, "", "", ""].map(component);
        entries.push(VCardEntry::new(VCardProperty::N).with_values(parts.into()));
    }
    if let Some(company) = &details.billing.company_name {
        entries.push(text(VCardProperty::Org, company.as_str()));
    }
    let contacts = contacts.contacts();
    let has = |kind: ContactType, said: &str| {
        contacts.iter().any(|contact| {
            contact.address.contact_type() == kind
                && contact.address.contact().as_str().eq_ignore_ascii_case(said)
        })
    };
    if !has(ContactType::Email, email.as_str()) {
        entries.push(text(VCardProperty::Email, email.as_str()));
    }
    if let Some(phone) =
        details.billing.phone.as_ref().filter(|phone| !has(ContactType::Phone, phone.as_str()))
    {
        entries.push(text(VCardProperty::Tel, phone.as_str()));
    }
    for (number, contact) in (1..).zip(contacts) {
        push_contact(&mut entries, number, contact);
    }
    entries.extend(address(&details.billing, VCardType::Billing));
    for shipping in addresses.addresses() {
        let preferred = shipping.default.then(|| VCardParameter::pref(1));
        entries.extend(
            address(&shipping.whereabouts, VCardType::Delivery).map(|entry| entry.with_param_opt(preferred)),
        );
    }
    if let Some(language) = &details.language {
        entries.push(text(VCardProperty::Lang, language.as_str()));
    }
    entries.push(text(VCardProperty::Rev, &timestamp(*updated)));
    entries
}

fn text(name: VCardProperty, value: &str) -> VCardEntry {
    VCardEntry::new(name).with_value(value.to_owned())
}

fn component(part: &str) -> VCardValue {
    VCardValue::Component(if part.is_empty() { Vec::new() } else { vec![part.to_owned()] })
}

/// A contact, and behind it its note, which belongs to the same group.
fn push_contact(entries: &mut Vec<VCardEntry>, number: u32, contact: &Contact) {
    let said = contact.address.contact().as_str();
    let mut entry = match property(contact.address.contact_type()) {
        Property::Plain(name) => text(name, said),
        Property::Network(network) => {
            let is_text = (!said.contains("://")).then(|| VCardParameter::value(VCardValueType::Text));
            text(VCardProperty::Socialprofile, said)
                .with_param(VCardParameter::service_type(network.to_owned()))
                .with_param_opt(
                    contact
                        .handle
                        .as_ref()
                        .map(|handle| VCardParameter::username(handle.as_str().to_owned())),
                )
                .with_param_opt(is_text)
        }
    };
    if contact.default {
        entry.add_param(VCardParameter::pref(1));
    }
    let group = contact.note.as_ref().map(|_| format!("contact{number}"));
    entries.push(entry.with_group(group.clone()));
    if let Some(note) = &contact.note {
        entries.push(text(VCardProperty::Note, note.as_str()).with_group(group));
    }
}

/// What a contact becomes.
enum Property {
    Plain(VCardProperty),
    /// A profile in this network.
    Network(&'static str),
}

fn property(kind: ContactType) -> Property {
    match kind {
        ContactType::Email => Property::Plain(VCardProperty::Email),
        ContactType::Phone => Property::Plain(VCardProperty::Tel),
        ContactType::Url => Property::Plain(VCardProperty::Url),
        ContactType::Other => Property::Plain(VCardProperty::Other("X-OTHER".to_owned())),
        ContactType::Facebook => Property::Network("Facebook"),
        ContactType::Instagram => Property::Network("Instagram"),
        ContactType::Twitter => Property::Network("Twitter"),
        ContactType::YouTube => Property::Network("YouTube"),
        ContactType::TikTok => Property::Network("TikTok"),
        ContactType::Pinterest => Property::Network("Pinterest"),
        ContactType::Vk => Property::Network("VK"),
        ContactType::FacebookMessenger => Property::Network("Facebook Messenger"),
        ContactType::WhatsApp => Property::Network("WhatsApp"),
        ContactType::Telegram => Property::Network("Telegram"),
        ContactType::Viber => Property::Network("Viber"),
    }
}

fn address(place: &Whereabouts, kind: VCardType) -> Option<VCardEntry> {
    let Whereabouts { street, city, country, postal_code, .. } = place;
    let state = place.state_name().or(place.state.as_ref().map(StateCode::as_str));
    let parts = [
        "",
        "",
        street.as_ref().map_or("", |street| street.as_str()),
        city.as_ref().map_or("", |city| city.as_str()),
        state.unwrap_or_default(),
        postal_code.as_ref().map_or("", |code| code.as_str()),
        country.map_or("", |country| country.name()),
    ];
    let known = parts.iter().any(|part| !part.is_empty());
    let values = parts.map(component).into();
    known.then(|| {
        VCardEntry::new(VCardProperty::Adr).with_param(VCardParameter::typ(kind)).with_values(values)
    })
}

/// A time in the basic format of ISO 8601.
fn timestamp(time: Timestamp) -> String {
    let text = time.to_string();
    let (date, time) = text.split_once(' ').unwrap_or((&text, ""));
    let time = time.split(' ').next().unwrap_or_default();
    format!("{}T{}Z", date.replace('-', ""), time.replace(':', ""))
}
