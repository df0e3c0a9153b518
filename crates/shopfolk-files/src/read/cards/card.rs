//! What a vCard says of a customer.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use calcard::common::PartialDateTime;
use calcard::vcard::{
    VCard, VCardEntry, VCardParameterName, VCardParameterValue, VCardProperty, VCardType, VCardValue,
};
use shopfolk_api::{CustomerField, SaidContact, SaidCustomer, shorten};
use shopfolk_model::{ContactType, CustomerId, StoreKey};

use super::network::{network, parameter};
use crate::read::item::{Filed, Problem, ReadRules};
use crate::values::{self, phone, strip_scheme};

/// Groups that address books put everybody into.
const NO_GROUPS: [&str; 3] = ["mycontacts", "starred", "contacts"];

/// The fields of a place, in the order of the parts of an address: the first three are the street's.
const PLACE: [&str; 7] =
    ["street", "street", "street", "city", "stateOrProvinceName", "postalCode", "countryName"];

/// The fields that cards speak of, by name.
struct CardFields(Vec<(String, CustomerField)>);

static FIELDS: LazyLock<CardFields> = LazyLock::new(|| {
    let own = [
        "name",
        "billingPerson.companyName",
        "billingPerson.firstName",
        "billingPerson.lastName",
        "email",
        "lang",
        "privateAdminNotes",
        "customerGroupName",
        "extrafields[Birthday]",
        "extrafields[Nickname]",
        "extrafields[Job title]",
    ];
    let places = PLACE
        .iter()
        .flat_map(|name| ["billingPerson", "shippingAddresses[0]"].map(|object| format!("{object}.{name}")));
    let names = own.into_iter().map(str::to_owned).chain(places);
    CardFields(names.filter_map(|name| CustomerField::named(&name).ok().map(|field| (name, field))).collect())
});

/// The customer of a card.
pub(super) fn customer(card: &VCard, rules: &ReadRules) -> Result<Filed, Vec<Problem>> {
    let mut notes = HashMap::new();
    for note in card.properties(&VCardProperty::Note) {
        if let Some(group) = &note.group {
            notes.entry(group.as_str()).or_insert(note);
        }
    }
    let mut reading = Reading { card, said: SaidCustomer::default(), notes, rest: Vec::new(), addresses: 0 };
    reading.name();
    reading.emails();
    for entry in &card.entries {
        reading.take(entry);
    }
    let Reading { mut said, rest, .. } = reading;
    let mut left_out = Vec::new();
    for (name, text) in rest {
        if rules.keep_rest {
            if let Some(field) = field("privateAdminNotes") {
                said.say(field, Cow::Owned(format!("{name}: {text}")));
            }
        } else {
            left_out.push(Problem::of_field(
                &name,
                format!("'{}' has no place in a customer; --keep-rest notes it", shorten(&text)),
            ));
        }
    }
    rules.filed(said.read(rules.empty), left_out, str::to_owned)
}

fn field(name: &str) -> Option<&'static CustomerField> {
    FIELDS.0.iter().find(|(other, _)| other == name).map(|(_, field)| field)
}

struct Reading<'a> {
    card: &'a VCard,
    said: SaidCustomer<'a>,
    /// The note of each group.
    notes: HashMap<&'a str, &'a VCardEntry>,
    /// What has no place in a customer.
    rest: Vec<(String, String)>,
    /// How many shipping addresses there were.
    addresses: usize,
}

impl<'a> Reading<'a> {
    fn say(&mut self, name: &str, text: Cow<'a, str>) {
        if let Some(field) = field(name).filter(|_| !text.trim().is_empty()) {
            self.said.say(field, text);
        }
    }

    /// The name as it is shown, or put together.
    fn name(&mut self) {
        let card = self.card;
        let emails: Vec<_> = card.properties(&VCardProperty::Email).map(text).collect();
        let shown = card.property(&VCardProperty::Fn).map(text).unwrap_or_default();
        if !shown.trim().is_empty() && !emails.contains(&shown) {
            return self.say("name", shown);
        }
        let Some(parts) = card.property(&VCardProperty::N).map(|entry| &entry.values) else { return };
        let part = |place: usize| parts.get(place).map(|value| value_text(value, " ")).unwrap_or_default();
        let first = [part(1), part(2)].map(Cow::into_owned).join(" ");
        self.say("billingPerson.firstName", Cow::Owned(first.trim().to_owned()));
        self.say("billingPerson.lastName", part(0));
    }

    /// The first of the addresses, by preference, is the customer's own; in a card of ours the first, whichever is preferred.
    fn emails(&mut self) {
        let mut entries: Vec<_> = self.card.properties(&VCardProperty::Email).collect();
        if !is_ours(self.card) {
            entries.sort_by_key(|entry| !is_preferred(entry));
        }
        if let Some(first) = entries.first() {
            let address = text(first);
            self.say("email", Cow::Owned(values::email(&address).to_owned()));
        }
    }

    fn take(&mut self, entry: &'a VCardEntry) {
        let said = text(entry);
        if said.trim().is_empty() && entry.name != VCardProperty::Adr {
            return;
        }
        match &entry.name {
            VCardProperty::Email => {
                let address = values::email(&said).to_owned();
                self.contact(entry, ContactType::Email, Cow::Owned(address));
            }
            VCardProperty::Tel if has_type(entry, &VCardType::Fax) => self.leave(entry, &said),
            VCardProperty::Tel => {
                self.contact(entry, ContactType::Phone, Cow::Owned(phone(&said).to_owned()));
            }
            VCardProperty::Url => self.contact(entry, ContactType::Url, said),
            VCardProperty::Socialprofile | VCardProperty::Impp => self.profile(entry, &said),
            VCardProperty::Adr => self.address(entry),
            VCardProperty::Org => {
                let company = entry.values.first().map(|value| value_text(value, " ")).unwrap_or_default();
                self.say("billingPerson.companyName", company);
            }
            VCardProperty::Note if entry.group.is_none() => {
                self.say("privateAdminNotes", Cow::Owned(values::lines(&said).into_owned()));
            }
            VCardProperty::Categories => self.groups(entry),
            VCardProperty::Lang => self.say("lang", said),
            VCardProperty::Nickname => self.say("extrafields[Nickname]", said),
            VCardProperty::Title => self.say("extrafields[Job title]", said),
            VCardProperty::Bday => self.say("extrafields[Birthday]", said),
            VCardProperty::Other(name) => self.other(entry, name, said),
            // How the card is made, and what was said already.
            VCardProperty::Begin
            | VCardProperty::End
            | VCardProperty::Version
            | VCardProperty::Prodid
            | VCardProperty::Rev
            | VCardProperty::Uid
            | VCardProperty::Fn
            | VCardProperty::N
            | VCardProperty::Kind
            | VCardProperty::Note => {}
            _ => self.leave(entry, &said),
        }
    }

    fn other(&mut self, entry: &'a VCardEntry, name: &str, said: Cow<'a, str>) {
        let name = name.to_ascii_uppercase();
        match name.as_str() {
            "X-SOCIALPROFILE" => self.profile(entry, &said),
            "X-OTHER" => self.contact(entry, ContactType::Other, said),
            // What a report says, labels of Apple's, which go with their group, and what address books keep for themselves.
            _ if name == "X-REJECTED"
                || name.starts_with("X-AB")
                || name.starts_with("X-GOOGLE")
                || name.starts_with("X-MS-OL") => {}
            _ => self.leave(entry, &said),
        }
    }

    fn profile(&mut self, entry: &'a VCardEntry, said: &str) {
        let (kind, text) = network(entry, said);
        let handle =
            ["USERNAME", "X-USER"].into_iter().find_map(|name| parameter(entry, name)).map(unescaped);
        let contact = SaidContact { handle, ..SaidContact::of(kind, Cow::Owned(text.into_owned())) };
        self.add(entry, contact);
    }

    fn contact(&mut self, entry: &'a VCardEntry, kind: ContactType, text: Cow<'a, str>) {
        self.add(entry, SaidContact::of(kind, text));
    }

    /// Adds a contact with the note of its group.
    fn add(&mut self, entry: &'a VCardEntry, contact: SaidContact<'a>) {
        if contact.contact.trim().is_empty() {
            return;
        }
        let note = entry.group.as_deref().and_then(|group| self.notes.get(group)).map(|note| text(note));
        self.said.add_contact(SaidContact { note, default: is_preferred(entry), ..contact });
    }

    fn address(&mut self, entry: &'a VCardEntry) {
        let parts: Vec<_> = entry.values.iter().map(|value| value_text(value, " ")).collect();
        if parts.iter().all(|part| part.trim().is_empty()) {
            return;
        }
        // Before 4.0 there is no word for it, and addresses of which nothing is said have all of the words there are.
        let is_postal = has_word(entry, "POSTAL") && !has_word(entry, "PARCEL");
        let is_billing = has_type(entry, &VCardType::Billing) || is_postal;
        for (name, part) in PLACE.iter().zip(parts).filter(|(_, part)| !part.trim().is_empty()) {
            let part = Cow::Owned(values::lines(&part).into_owned());
            if is_billing {
                self.say(&format!("billingPerson.{name}"), part);
            } else if let Some(field) = field(&format!("shippingAddresses[0].{name}")) {
                self.said.say_later(field, self.addresses, part);
            }
        }
        self.addresses += usize::from(!is_billing);
    }

    /// The first category is the group.
    fn groups(&mut self, entry: &'a VCardEntry) {
        let names = entry.values.iter().map(|value| value_text(value, ","));
        let is_group = |name: &Cow<'_, str>| {
            let name = name.trim().to_lowercase();
            !name.is_empty() && !NO_GROUPS.contains(&name.as_str())
        };
        for name in names.filter(is_group) {
            let has_one = field("customerGroupName").is_some_and(|field| self.said.says(field));
            if has_one { self.leave(entry, &name) } else { self.say("customerGroupName", name) }
        }
    }

    fn leave(&mut self, entry: &VCardEntry, said: &str) {
        let has_text = entry.values.iter().any(|value| !matches!(value, VCardValue::Binary(_)));
        let said = if has_text { said.to_owned() } else { "(data)".to_owned() };
        self.rest.push((entry.name.as_str().to_owned(), said));
    }
}

/// All of a value in one text.
fn text(entry: &VCardEntry) -> Cow<'_, str> {
    match &entry.values[..] {
        [one] => value_text(one, ","),
        several => Cow::Owned(
            several
                .iter()
                .map(|value| value_text(value, ","))
                .filter(|text| !text.is_empty())
                .collect::<Vec<_>>()
                .join(", "),
        ),
    }
}

fn value_text<'a>(value: &'a VCardValue, between: &str) -> Cow<'a, str> {
    match value {
        VCardValue::Component(parts) => Cow::Owned(parts.join(between)),
        VCardValue::Integer(number) => Cow::Owned(number.to_string()),
        VCardValue::Float(number) => Cow::Owned(number.to_string()),
        VCardValue::Boolean(value) => Cow::Owned(value.to_string()),
        VCardValue::PartialDateTime(date) => Cow::Owned(partial_date(date)),
        VCardValue::Binary(_) => Cow::Borrowed("(data)"),
        text => text.as_text().map(|text| Cow::Borrowed(strip_scheme(text, "text:"))).unwrap_or_default(),
    }
}

fn partial_date(date: &PartialDateTime) -> String {
    match (date.year, date.month, date.day) {
        (Some(year), Some(month), Some(day)) => format!("{year:04}-{month:02}-{day:02}"),
        (None, Some(month), Some(day)) => format!("--{month:02}-{day:02}"),
        (Some(year), _, _) => format!("{year:04}"),
        _ => String::new(),
    }
}

fn has_type(entry: &VCardEntry, kind: &VCardType) -> bool {
    let is_it =
        |value: &VCardParameterValue| matches!(value, VCardParameterValue::Type(other) if other == kind);
    entry.parameters(&VCardParameterName::Type).any(is_it)
}

fn has_word(entry: &VCardEntry, word: &str) -> bool {
    let mut types = entry.parameters(&VCardParameterName::Type).filter_map(|kind| kind.as_text());
    types.any(|kind| kind.eq_ignore_ascii_case(word))
}

/// Whether we wrote the card: by its `UID`, which has the key of a store before the id.
fn is_ours(card: &VCard) -> bool {
    let uid = card.property(&VCardProperty::Uid).map(text).unwrap_or_default();
    uid.split_once('-')
        .is_some_and(|(key, id)| StoreKey::new(key).is_ok() && id.parse::<CustomerId>().is_ok())
}

/// Whether it is the preferred one of its kind: `PREF=1`, or `TYPE=pref` before version 4.0.
fn is_preferred(entry: &VCardEntry) -> bool {
    let mut types = entry.parameters(&VCardParameterName::Type).filter_map(|kind| kind.as_text());
    let pref = entry.parameters(&VCardParameterName::Pref).next();
    let is_first = pref.is_some_and(|pref| {
        matches!(pref, VCardParameterValue::Integer(1)) || pref.as_text().is_some_and(|text| text == "1")
    });
    is_first || types.any(|kind| kind.eq_ignore_ascii_case("pref"))
}

/// The text of a parameter (RFC 6868): `^n` is a newline, `^'` a quote, `^^` a caret.
fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('^') {
        return Cow::Borrowed(text);
    }
    let mut unescaped = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let escaped = match (character, characters.peek()) {
            ('^', Some('n')) => Some('\n'),
            ('^', Some('\'')) => Some('"'),
            ('^', Some('^')) => Some('^'),
            _ => None,
        };
        if escaped.is_some() {
            characters.next();
        }
        unescaped.push(escaped.unwrap_or(character));
    }
    Cow::Owned(unescaped)
}
