//! What an event keeps of how a person was before: a JSON object with the parts that changed, by the names of columns.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use shopfolk_model::{
    AddressBook, BookChange, Contact, ContactBook, ContactWrite, Customer, CustomerDetails, CustomerId,
    CustomerName, EmailAddress, ExternalReferenceId, ExtraFieldValue,
};

use crate::customer_document::encode_customer;
use crate::{Dialect, Record, Role, StoredContact, Value};

/// What an event keeps.
#[derive(Serialize, Default)]
#[expect(clippy::option_option, reason = "what was not there and changed is null, what stayed is left out")]
pub struct StateBefore<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<Option<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Option<&'a str>>,
    /// Where it changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    registered: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_reference: Option<Option<&'a str>>,
    /// As `customer_details` keeps them: shipping addresses too.
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<Option<Box<RawValue>>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    extra_fields: BTreeMap<i64, Option<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    orders: Option<i64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    contacts: Vec<RowBefore>,
    /// The ids of contacts that were not there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    added_contacts: Vec<i64>,
}

/// A row as it was: its columns by their names, without those that follow from others.
struct RowBefore(Vec<(&'static str, Value<'static>)>);

impl RowBefore {
    fn of<R: Record>(record: &R) -> Self {
        // The same in every database, which may keep it otherwise.
        let dialect = Dialect::Sqlite;
        let columns = R::TABLE.columns_in(dialect).zip(record.encode(dialect));
        let kept = columns.filter(|(column, value)| column.role != Role::Derived && *value != Value::Null);
        Self(kept.map(|(column, value)| (column.name, value.into_owned())).collect())
    }
}

impl Serialize for RowBefore {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, Json(value))))
    }
}

/// The value of a column in JSON.
struct Json<'a>(&'a Value<'a>);

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Null => serializer.serialize_unit(),
            Value::Integer(number) => serializer.serialize_i64(*number),
            Value::Text(text) => serializer.serialize_str(text),
            Value::Bytes(bytes) => bytes.serialize(serializer),
        }
    }
}

impl<'a> StateBefore<'a> {
    /// What contacts of a customer were before a change of them; `None` when nothing was there.
    pub fn of_contacts(customer: CustomerId, change: &BookChange) -> Option<Box<str>> {
        let mut state = Self::default();
        state.contacts_before(customer, std::slice::from_ref(change));
        // Those that were added are named by the event itself.
        state.added_contacts.clear();
        if state.contacts.is_empty() { None } else { state.text() }
    }

    /// What a customer was before a change, as far as it is another.
    pub fn of_changed(
        before: &'a Customer,
        after: &'a Customer,
        contacts: &[BookChange],
    ) -> Option<Box<str>> {
        let mut state = Self::default();
        let same_details = before.details == after.details && before.addresses == after.addresses;
        state.email = (before.email != after.email).then(|| email(before));
        state.name = (before.name != after.name).then(|| name(before));
        state.registered = (before.registered != after.registered).then(|| before.registered.unix_seconds());
        state.group_id = (before.group != after.group).then(|| before.group.get());
        let (reference, reference_after) =
            (&before.details.external_reference, &after.details.external_reference);
        state.external_reference = (reference != reference_after).then(|| external_reference(before));
        state.document = (!same_details).then(|| details(&before.details, &before.addresses));
        state.orders =
            (before.orders != after.orders).then(|| i64::try_from(before.orders.orders).unwrap_or(i64::MAX));
        for field in before.extra_fields.keys().chain(after.extra_fields.keys()) {
            let was = before.extra_fields.get(field);
            if was != after.extra_fields.get(field) {
                state.extra_fields.insert(field.get(), was.map(ExtraFieldValue::as_str));
            }
        }
        state.contacts_before(before.id, contacts);
        state.text()
    }

    /// What a customer was who is deleted.
    pub fn of_deleted(before: &'a Customer, contacts: Option<&ContactBook>) -> Option<Box<str>> {
        let contacts = contacts.into_iter().flat_map(ContactBook::contacts);
        let value = |(field, value): (&shopfolk_model::ExtraFieldId, &'a ExtraFieldValue)| {
            (field.get(), Some(value.as_str()))
        };
        let state = Self {
            email: Some(email(before)),
            name: Some(name(before)),
            registered: None,
            group_id: Some(before.group.get()),
            external_reference: Some(external_reference(before)),
            document: Some(details(&before.details, &before.addresses)),
            extra_fields: before.extra_fields.iter().map(value).collect(),
            orders: Some(i64::try_from(before.orders.orders).unwrap_or(i64::MAX)),
            contacts: contacts.map(|contact| contact_before(before.id, contact)).collect(),
            added_contacts: Vec::new(),
        };
        state.text()
    }

    fn contacts_before(&mut self, customer: CustomerId, changes: &[BookChange]) {
        for write in changes.iter().flat_map(|change| &change.writes) {
            match write {
                ContactWrite::Add(contact) => self.added_contacts.push(contact.id.get()),
                ContactWrite::Replace { before, .. } | ContactWrite::Remove(before) => {
                    self.contacts.push(contact_before(customer, before));
                }
            }
        }
    }

    #[expect(
        clippy::expect_used,
        reason = "texts, numbers and flags under names that are texts are always JSON"
    )]
    fn text(&self) -> Option<Box<str>> {
        let text = serde_json::to_string(self).expect("what was before is JSON");
        (text != "{}").then(|| text.into())
    }
}

fn contact_before(customer: CustomerId, contact: &Arc<Contact>) -> RowBefore {
    RowBefore::of(&StoredContact { customer, contact: Arc::clone(contact) })
}

fn email(customer: &Customer) -> Option<&str> {
    customer.email.as_ref().map(EmailAddress::as_str)
}

fn name(customer: &Customer) -> Option<&str> {
    customer.name.as_ref().map(CustomerName::as_str)
}

fn external_reference(customer: &Customer) -> Option<&str> {
    customer.details.external_reference.as_ref().map(ExternalReferenceId::as_str)
}

fn details(details: &CustomerDetails, addresses: &AddressBook) -> Option<Box<RawValue>> {
    encode_customer(details, addresses).and_then(|document| RawValue::from_string(document).ok())
}
