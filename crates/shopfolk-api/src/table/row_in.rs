//! A customer of whom fields are said one by one, as in the row of a table.

use std::borrow::Cow;

use shopfolk_model::{ContactType, ExtraFieldKey};

use super::column::{Column, EXTRA_FIELDS};
use super::field::CustomerField;
use crate::contact::ContactFields;
use crate::customer::CustomerFields;
use crate::extra_field::ExtraFieldValueFields;
use crate::imported::{FiledCustomer, filed_customer};
use crate::json::{JsonObject, JsonValue};
use crate::lenient::Empty;
use crate::wire::Cell;

/// What was said of a customer so far.
#[derive(Debug, Default)]
pub struct SaidCustomer<'a> {
    customer: JsonObject<'a>,
    objects: Vec<(&'static str, JsonObject<'a>)>,
    lists: Vec<(&'static str, Vec<JsonObject<'a>>)>,
    extra_fields: Vec<(&'a str, Cow<'a, str>)>,
    contacts: Vec<SaidContact<'a>>,
    /// Whether entries of lists come from several rows, and have gaps between them that mean nothing.
    has_rows: bool,
}

/// What is said of a contact that has no place in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaidContact<'a> {
    /// The type.
    pub kind: ContactType,
    /// The e-mail address, phone number or link.
    pub contact: Cow<'a, str>,
    /// The name on that network.
    pub handle: Option<Cow<'a, str>>,
    /// The store owner's note.
    pub note: Option<Cow<'a, str>>,
    /// Whether it is the default of its type.
    pub default: bool,
}

impl<'a> SaidContact<'a> {
    /// One of whom nothing else is said.
    pub const fn of(kind: ContactType, contact: Cow<'a, str>) -> Self {
        Self { kind, contact, handle: None, note: None, default: false }
    }
}

/// What became of something that was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// It is said, or was already.
    Taken,
    /// Something else was said of the field before, and counts.
    Otherwise,
}

impl<'a> SaidCustomer<'a> {
    /// Says a value of a field. Of texts that were said of a name, a street or notes the customer has all; of others the
    /// first counts.
    pub fn say(&mut self, field: &'a CustomerField, text: Cow<'a, str>) -> Said {
        self.say_later(field, 0, text)
    }

    /// The same of an entry of a list that comes so many places later.
    pub fn say_later(&mut self, field: &'a CustomerField, places: usize, text: Cow<'a, str>) -> Said {
        self.has_rows |= places > 0;
        let (object, name) = match &field.0 {
            Column::Customer(described) => (&mut self.customer, described.name),
            Column::Object(object, described) => (of_name(&mut self.objects, object.name), described.name),
            Column::Entry(list, number, described) => {
                let (entries, number) = (of_name(&mut self.lists, list.name), number + places);
                if entries.len() <= number {
                    entries.resize(number + 1, JsonObject::default());
                }
                (&mut entries[number], described.name)
            }
            Column::ExtraField(name) => return self.say_extra_field(name, text),
            Column::Store => return Said::Taken,
        };
        let cell = field.0.field().map_or(Cell::Text, |described| described.cell);
        match object.get_mut(name) {
            Some(JsonValue::Text(said)) => join(said, &text, field.joined_by()),
            Some(said) => {
                if *said == value(cell, text) {
                    Said::Taken
                } else {
                    Said::Otherwise
                }
            }
            None => {
                object.push(name, value(cell, text));
                Said::Taken
            }
        }
    }

    fn say_extra_field(&mut self, name: &'a str, text: Cow<'a, str>) -> Said {
        if let Some((_, said)) = self.extra_fields.iter_mut().find(|(other, _)| *other == name) {
            return join(said, &text, Some('\n'));
        }
        self.extra_fields.push((name, text));
        Said::Taken
    }

    /// Says that a field is empty. An entry of a list of which nothing else is said is none.
    pub fn say_empty(&mut self, field: &'a CustomerField) {
        let (object, name) = match &field.0 {
            Column::Customer(described) => (&mut self.customer, described.name),
            Column::Object(object, described) => (of_name(&mut self.objects, object.name), described.name),
            Column::ExtraField(name) => return self.extra_fields.push((name, Cow::Borrowed(""))),
            Column::Entry(..) | Column::Store => return,
        };
        if object.get(name).is_none() {
            object.push(name, JsonValue::Null);
        }
    }

    /// Whether something was said of a field.
    pub fn says(&self, field: &CustomerField) -> bool {
        let said = match &field.0 {
            Column::Customer(described) => self.customer.get(described.name),
            Column::Object(object, described) => {
                find(&self.objects, object.name).and_then(|object| object.get(described.name))
            }
            Column::Entry(list, number, described) => find(&self.lists, list.name)
                .and_then(|entries| entries.get(*number))
                .and_then(|entry| entry.get(described.name)),
            Column::ExtraField(name) => return self.extra_fields.iter().any(|(other, _)| other == name),
            Column::Store => None,
        };
        said.is_some_and(|said| *said != JsonValue::Null)
    }

    /// Adds a contact, behind those that have a place in the list, unless it was already.
    pub fn add_contact(&mut self, contact: SaidContact<'a>) {
        let is_same =
            |other: &SaidContact<'_>| other.kind == contact.kind && other.contact == contact.contact;
        if !self.contacts.iter().any(is_same) {
            self.contacts.push(contact);
        }
    }

    /// What all of it says of the customer.
    pub fn read(self, empty: Empty) -> FiledCustomer {
        filed_customer(&self.into_customer(), empty)
    }

    /// The customer as it would stand in JSON, with gaps in its lists.
    fn into_customer(mut self) -> JsonObject<'a> {
        let contacts = std::mem::take(&mut self.contacts);
        if !contacts.is_empty() {
            of_name(&mut self.lists, CustomerFields::CONTACTS.name).extend(contacts.into_iter().map(contact));
        }
        let mut customer = self.customer;
        for (name, object) in self.objects.into_iter().filter(|(_, object)| !object.is_empty()) {
            customer.push(name, JsonValue::Object(object));
        }
        if !self.extra_fields.is_empty() {
            let values = self.extra_fields.into_iter().map(extra_field).collect();
            customer.push(EXTRA_FIELDS, JsonValue::List(values));
        }
        for (name, mut entries) in self.lists {
            if self.has_rows {
                entries.retain(|entry| !entry.is_empty());
            }
            if entries.iter().any(|entry| !entry.is_empty()) {
                let entry = |entry: JsonObject<'a>| {
                    if entry.is_empty() { JsonValue::Null } else { JsonValue::Object(entry) }
                };
                customer.push(name, JsonValue::List(entries.into_iter().map(entry).collect()));
            }
        }
        customer
    }
}

/// Joins a text to one that was said before, unless it says the same.
fn join(said: &mut Cow<'_, str>, text: &str, between: Option<char>) -> Said {
    match between {
        _ if said.trim() == text.trim() => Said::Taken,
        Some(between) => {
            let said = said.to_mut();
            said.push(between);
            said.push_str(text);
            Said::Taken
        }
        None => Said::Otherwise,
    }
}

/// What was said so far under a name.
fn of_name<'b, T: Default>(said: &'b mut Vec<(&'static str, T)>, name: &'static str) -> &'b mut T {
    let place = said.iter().position(|(other, _)| *other == name).unwrap_or_else(|| {
        said.push((name, T::default()));
        said.len() - 1
    });
    &mut said[place].1
}

fn find<'b, T>(said: &'b [(&'static str, T)], name: &str) -> Option<&'b T> {
    said.iter().find(|(other, _)| *other == name).map(|(_, said)| said)
}

fn contact(said: SaidContact<'_>) -> JsonObject<'_> {
    let SaidContact { kind, contact: text, handle, note, default } = said;
    let mut contact = JsonObject::default();
    contact.push(ContactFields::TYPE.name, JsonValue::Text(Cow::Borrowed(kind.name())));
    contact.push(ContactFields::TEXT.name, JsonValue::Text(text));
    for (name, text) in [(ContactFields::HANDLE.name, handle), (ContactFields::NOTE.name, note)] {
        if let Some(text) = text {
            contact.push(name, JsonValue::Text(text));
        }
    }
    if default {
        contact.push(ContactFields::DEFAULT.name, JsonValue::Boolean(true));
    }
    contact
}

/// A value of an extra field by the name of its column, which is the title; it may be a key too.
fn extra_field<'a>((name, text): (&'a str, Cow<'a, str>)) -> JsonValue<'a> {
    let mut value = JsonObject::default();
    if ExtraFieldKey::new(name).is_ok() {
        value.push(ExtraFieldValueFields::KEY.name, JsonValue::Text(Cow::Borrowed(name)));
    }
    value.push(ExtraFieldValueFields::TITLE.name, JsonValue::Text(Cow::Borrowed(name)));
    value.push(ExtraFieldValueFields::VALUE.name, JsonValue::Text(text));
    JsonValue::Object(value)
}

/// The value of a cell. One that is not what its column wants stays a text, and is refused as one.
fn value(cell: Cell, text: Cow<'_, str>) -> JsonValue<'_> {
    let value = match (cell, text.trim()) {
        (Cell::Integer, number) => number.parse::<i64>().ok().map(|number| JsonValue::Number(number.into())),
        (Cell::Boolean, word) if word.eq_ignore_ascii_case("true") => Some(JsonValue::Boolean(true)),
        (Cell::Boolean, word) if word.eq_ignore_ascii_case("false") => Some(JsonValue::Boolean(false)),
        _ => None,
    };
    value.unwrap_or(JsonValue::Text(text))
}

#[cfg(test)]
mod tests {
    use shopfolk_model::{CustomerId, FieldChange};

    use super::*;

    fn read(columns: &str, cells: &[&str]) -> FiledCustomer {
        let fields: Vec<_> = columns.split(' ').map(|name| CustomerField::named(name).unwrap()).collect();
        let mut said = SaidCustomer::default();
        for (field, cell) in fields.iter().zip(cells).filter(|(_, cell)| !cell.is_empty()) {
            said.say(field, Cow::Borrowed(cell));
        }
        said.read(Empty::SaysNothing)
    }

    #[test]
    fn cells_are_read_as_their_columns_want_them() {
        let filed = read(
            "id email taxExempt acceptMarketing billingPerson.city extrafields[6r0fUGw] customerGroupName",
            &["7", "a@example.com", "TRUE", "false", "Rome", "5", "VIP"],
        );
        assert_eq!(filed.wrong, []);
        let customer = filed.customer;
        assert_eq!(customer.id, CustomerId::new(7).ok());
        let details = customer.details;
        assert_eq!((details.tax_exempt, details.accept_marketing), (Some(true), FieldChange::Set(false)));
        assert!(matches!(&details.billing.city, FieldChange::Set(city) if city.as_str() == "Rome"));
        assert!(
            matches!(&customer.group, FieldChange::Set(group) if group.name.as_ref().unwrap().as_str() == "VIP")
        );
        assert_eq!(customer.extra_fields.len(), 1);
    }

    #[test]
    fn an_empty_cell_says_nothing() {
        let filed = read(
            "email name lang contacts[0].type contacts[0].contact shippingAddresses[0].city",
            &["a@example.com", "", "", "", "", ""],
        );
        assert_eq!(filed.customer.name, FieldChange::Keep);
        assert_eq!((filed.customer.contacts, filed.customer.addresses), (None, None));
    }

    #[test]
    fn several_columns_say_lines_and_names_together_and_of_others_the_first_counts() {
        let street = CustomerField::named("billingPerson.street").unwrap();
        let first = CustomerField::named("billingPerson.firstName").unwrap();
        let last = CustomerField::named("billingPerson.lastName").unwrap();
        let code = CustomerField::named("billingPerson.postalCode").unwrap();
        let mut said = SaidCustomer::default();
        for (field, text) in [
            (&street, "Harbour 4"),
            (&street, "Flat 2"),
            (&first, "Mira"),
            (&first, "Mira"),
            (&last, "Olsen"),
        ] {
            assert_eq!(said.say(field, Cow::Borrowed(text)), Said::Taken);
        }
        assert_eq!(said.say(&code, Cow::Borrowed("5003")), Said::Taken);
        assert_eq!(said.say(&code, Cow::Borrowed("5004")), Said::Otherwise);
        let customer = said.read(Empty::SaysNothing).customer;
        assert!(
            matches!(&customer.details.billing.street, FieldChange::Set(street) if street.as_str() == "Harbour 4\nFlat 2")
        );
        assert!(matches!(&customer.name, FieldChange::Set(name) if name.as_str() == "Mira Olsen"));
    }

    #[test]
    fn gaps_among_the_contacts_are_passed_over_and_a_wrong_cell_is_named_by_its_column() {
        let columns = "email contacts[0].type contacts[0].contact contacts[2].type contacts[2].contact contacts[2].default";
        let filed = read(columns, &["a@example.com", "", "", "PHONE", "+1", "true"]);
        let contacts = filed.customer.contacts.unwrap();
        let [contact] = &contacts[..] else { panic!("{contacts:?}") };
        assert_eq!((contact.address.contact_type(), contact.default), (ContactType::Phone, true));

        let wrong = |cells: &[&str]| read(columns, cells).wrong.remove(0).reason;
        assert!(
            wrong(&["a@example.com", "", "", "FAX", "1", ""])
                .contains("'FAX' of parameter 'contacts[2].type'")
        );
        assert!(
            wrong(&["a@example.com", "", "", "PHONE", "1", "yes"])
                .contains("'yes' of parameter 'contacts[2].default'")
        );
        assert!(
            wrong(&["a@example.com", "PHONE", "", "", "", ""]).contains("'contacts[0].contact' is missing")
        );
    }

    #[test]
    fn a_contact_is_added_behind_those_with_a_place() {
        let fields =
            ["contacts[0].type", "contacts[0].contact"].map(|name| CustomerField::named(name).unwrap());
        let mut said = SaidCustomer::default();
        for note in [Some(Cow::Borrowed("Home")), None] {
            let contact = SaidContact::of(ContactType::Phone, Cow::Borrowed("+1"));
            said.add_contact(SaidContact { note, ..contact });
        }
        said.say(&fields[0], Cow::Borrowed("EMAIL"));
        said.say(&fields[1], Cow::Borrowed("a@example.com"));
        let contacts = said.read(Empty::SaysNothing).customer.contacts.unwrap();
        let kinds: Vec<_> = contacts.iter().map(|contact| contact.address.contact_type()).collect();
        assert_eq!(kinds, [ContactType::Email, ContactType::Phone]);
    }
}
