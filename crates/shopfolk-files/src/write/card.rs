//! Customers as vCards: 4.0 (RFC 6350, with RFC 9554 for networks and kinds of addresses), and 3.0 (RFC 2426, with what phones
//! and mail programs added to it) for programs that refuse 4.0.
//!
//! What a reader has to know to take a card for the customer it was:
//! - the first `EMAIL` is the customer's own address; `FN` is the name; where there is none, it is
//!   that address, or else the company or the first contact;
//! - a property with `PREF=1`, in 3.0 `TYPE=PREF`, is the default of its kind;
//! - a `NOTE` in the group of a property is the note of that contact;
//! - `ADR;TYPE=billing` is the billing person's, `ADR;TYPE=delivery` a shipping address; in 3.0 `POSTAL` and `PARCEL`;
//! - `CATEGORIES` is the group's name; `UID` is the key of the store and the id, with a dash between them;
//! - networks: 4.0 `SOCIALPROFILE;SERVICE-TYPE=…;USERNAME=…`, with `VALUE=text` where it is no link; 3.0
//!   `X-SOCIALPROFILE;TYPE=…;X-USER=…`, messengers `IMPP;X-SERVICE-TYPE=…;X-USER=…`, where what is no link is
//!   `x-apple:` and the text percent-encoded;
//! - parameters are encoded by RFC 6868, and a backslash in them stands for itself.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use shopfolk_model::{
    CompanyName, Contact, ContactHandle, ContactType, CustomerName, EmailAddress, GroupId, StateCode,
    StoreKey, Timestamp, Whereabouts,
};
use shopfolk_operations::CustomerWithContacts;

use super::card_line::{CardLines, Property};

/// A version of vCards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardVersion {
    /// 3.0, which every phone and mail program reads.
    V3,
    /// 4.0, which says more.
    V4,
}

/// Writes cards of a store.
#[derive(Debug)]
pub(super) struct CardWriter {
    version: CardVersion,
    store: Option<StoreKey>,
    lines: CardLines,
}

impl CardWriter {
    /// Writes cards of this version, of this store.
    pub(super) const fn new(version: CardVersion, store: Option<StoreKey>) -> Self {
        Self { version, store, lines: CardLines::new() }
    }

    /// The card of a customer.
    pub(super) fn card(&mut self, customer: &CustomerWithContacts) -> &[u8] {
        self.lines.clear();
        self.text("BEGIN", "VCARD");
        self.text("VERSION", if self.is_4() { "4.0" } else { "3.0" });
        let id = customer.customer.id;
        let uid = self.store.map_or_else(|| id.to_string(), |store| format!("{store}-{id}"));
        let is_text = self.is_4().then_some("text");
        self.lines.property("UID").optional("VALUE", is_text).text(&uid);
        self.person(customer);
        self.contacts(customer);
        let details = &customer.customer.details;
        self.address(&details.billing, "billing", "POSTAL", false);
        for shipping in customer.customer.addresses.addresses() {
            self.address(&shipping.whereabouts, "delivery", "PARCEL", shipping.default);
        }
        if let Some(language) = details.language.as_ref().filter(|_| self.is_4()) {
            self.text("LANG", language.as_str());
        }
        self.text("REV", &timestamp(customer.customer.updated));
        self.text("END", "VCARD");
        self.lines.as_bytes()
    }

    const fn is_4(&self) -> bool {
        matches!(self.version, CardVersion::V4)
    }

    fn text(&mut self, property: &str, value: &str) {
        self.lines.property(property).text(value);
    }

    /// Name, company and group.
    fn person(&mut self, CustomerWithContacts { customer, contacts, group_name, .. }: &CustomerWithContacts) {
        let name = customer.name.as_ref().map_or("", CustomerName::as_str);
        let company = customer.details.billing.company_name.as_ref().map(CompanyName::as_str);
        let contact = contacts.contacts().first().map(|contact| contact.address.contact().as_str());
        // There must be one, and nobody is without all of these.
        let email = customer.email.as_ref().map(EmailAddress::as_str);
        let shown = [Some(name), email, company, contact];
        self.text("FN", shown.into_iter().flatten().find(|text| !text.is_empty()).unwrap_or_default());
        let (first, rest) = name.split_once(char::is_whitespace).unwrap_or((name, ""));
        // Without a last name it says no more than FN, but 3.0 wants it.
        if !rest.is_empty() || !self.is_4() {
            self.lines.property("N").structured([rest.trim_start(), first, "", "", ""]);
        }
        if let Some(company) = company {
            self.text("ORG", company);
        }
        if customer.group != GroupId::GENERAL {
            self.text("CATEGORIES", group_name.as_str());
        }
    }

    /// The customer's own address first, whatever the order of the contacts, and every contact.
    fn contacts(&mut self, CustomerWithContacts { customer, contacts, .. }: &CustomerWithContacts) {
        let contacts = contacts.contacts();
        let find = |kind: ContactType, said: &str| {
            contacts.iter().find(|contact| {
                contact.address.contact_type() == kind
                    && contact.address.contact().as_str().eq_ignore_ascii_case(said)
            })
        };
        let email = customer.email.as_ref().map(EmailAddress::as_str);
        let own = email.and_then(|email| find(ContactType::Email, email));
        let mut notes = 0;
        match (own, email) {
            (Some(own), _) => self.contact(own, &mut notes),
            (None, Some(email)) => self.property(None, Place::Email, false).text(email),
            (None, None) => {}
        }
        if let Some(phone) = &customer.details.billing.phone
            && find(ContactType::Phone, phone.as_str()).is_none()
        {
            self.property(None, Place::Phone, false).text(phone.as_str());
        }
        for contact in contacts.iter().filter(|contact| own.is_none_or(|own| own.id != contact.id)) {
            self.contact(contact, &mut notes);
        }
    }

    /// A contact, and behind it its note, which belongs to the same group.
    fn contact(&mut self, contact: &Contact, notes: &mut u32) {
        let group = contact.note.as_ref().map(|_| {
            *notes += 1;
            format!("contact{notes}")
        });
        let said = contact.address.contact().as_str();
        let place = Place::of(contact.address.contact_type());
        let is_link = said.contains("://");
        let handle = contact.handle.as_ref().map(ContactHandle::as_str);
        let is_4 = self.is_4();
        let mut property = self.property(group.as_deref(), place, contact.default);
        match place {
            Place::Email | Place::Phone | Place::Other => property.text(said),
            Place::Url => property.link(said),
            Place::Network(..) if is_4 => {
                property = property.optional("USERNAME", handle);
                if is_link { property.link(said) } else { property.parameter("VALUE", "text").text(said) }
            }
            Place::Network(..) => {
                property = property.optional("X-USER", handle);
                if is_link {
                    property.link(said);
                } else {
                    property.link(&format!("x-apple:{}", utf8_percent_encode(said, NON_ALPHANUMERIC)));
                }
            }
        }
        if let (Some(note), Some(group)) = (&contact.note, group) {
            self.lines.property_in(Some(&group), "NOTE").text(note.as_str());
        }
    }

    /// Begins the property of a contact that may be the default of its type.
    fn property(&mut self, group: Option<&str>, place: Place, is_default: bool) -> Property<'_> {
        let is_4 = self.is_4();
        let property = self.lines.property_in(group, place.property(is_4));
        let kind = if is_4 { None } else { place.kind_in_3() };
        let property = match (place, is_4) {
            (Place::Network(network, _), true) => property.parameter("SERVICE-TYPE", network),
            (Place::Network(network, true), false) => property.parameter("X-SERVICE-TYPE", network),
            _ => property,
        };
        match (is_default, is_4, kind) {
            (true, true, _) => property.parameter("PREF", "1"),
            (true, false, Some(kind)) => property.parameter("TYPE", kind).parameter("TYPE", "PREF"),
            (true, false, None) => property.parameter("TYPE", "PREF"),
            (false, _, kind) => property.optional("TYPE", kind),
        }
    }

    fn address(&mut self, place: &Whereabouts, kind: &str, kind_in_3: &str, is_default: bool) {
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
        if parts.iter().all(|part| part.is_empty()) {
            return;
        }
        let is_4 = self.is_4();
        let property = self.lines.property("ADR").parameter("TYPE", if is_4 { kind } else { kind_in_3 });
        let property = match (is_default, is_4) {
            (true, true) => property.parameter("PREF", "1"),
            (true, false) => property.parameter("TYPE", "PREF"),
            (false, _) => property,
        };
        property.structured(parts);
    }
}

/// Where cards have a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Email,
    Phone,
    Url,
    Other,
    /// A profile in this network, and whether it is one to send messages with.
    Network(&'static str, bool),
}

impl Place {
    const fn of(kind: ContactType) -> Self {
        match kind {
            ContactType::Email => Self::Email,
            ContactType::Phone => Self::Phone,
            ContactType::Url => Self::Url,
            ContactType::Other => Self::Other,
            ContactType::Facebook => Self::Network("Facebook", false),
            ContactType::Instagram => Self::Network("Instagram", false),
            ContactType::Twitter => Self::Network("Twitter", false),
            ContactType::YouTube => Self::Network("YouTube", false),
            ContactType::TikTok => Self::Network("TikTok", false),
            ContactType::Pinterest => Self::Network("Pinterest", false),
            ContactType::Vk => Self::Network("VK", false),
            ContactType::FacebookMessenger => Self::Network("Facebook Messenger", true),
            ContactType::WhatsApp => Self::Network("WhatsApp", true),
            ContactType::Telegram => Self::Network("Telegram", true),
            ContactType::Viber => Self::Network("Viber", true),
        }
    }

    const fn property(self, is_4: bool) -> &'static str {
        match self {
            Self::Email => "EMAIL",
            Self::Phone => "TEL",
            Self::Url => "URL",
            Self::Other => "X-OTHER",
            Self::Network(..) if is_4 => "SOCIALPROFILE",
            Self::Network(_, true) => "IMPP",
            Self::Network(_, false) => "X-SOCIALPROFILE",
        }
    }

    /// The type that 3.0 has for it.
    const fn kind_in_3(self) -> Option<&'static str> {
        match self {
            Self::Email => Some("INTERNET"),
            Self::Phone => Some("VOICE"),
            Self::Network(network, false) => Some(network),
            Self::Url | Self::Other | Self::Network(_, true) => None,
        }
    }
}

/// A time in the basic format of ISO 8601.
fn timestamp(time: Timestamp) -> String {
    let text = time.to_string();
    let (date, time) = text.split_once(' ').unwrap_or((&text, ""));
    let time = time.split(' ').next().unwrap_or_default();
    format!("{}T{}Z", date.replace('-', ""), time.replace(':', ""))
}
