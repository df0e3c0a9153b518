//! What an event keeps of how a person was before: a JSON object with the parts that changed.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::RawValue;
use shopfolk_model::{
    AddressBook, BookChange, Contact, ContactBook, ContactHandle, ContactNote, ContactWrite, Customer,
    CustomerDetails, CustomerName, ExternalReferenceId, ExtraFieldValue,
};

use crate::customer_document::encode_customer;

/// What an event keeps.
#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::option_option, reason = "what was not there and changed is null, what stayed is left out")]
pub struct StateBefore<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Option<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_reference_id: Option<Option<&'a str>>,
    /// As `customer_details` keeps them: shipping addresses too.
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<Option<Box<RawValue>>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    extra_fields: BTreeMap<i64, Option<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    orders: Option<i64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    contacts: Vec<ContactBefore<'a>>,
    /// The ids of contacts that were not there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    added_contacts: Vec<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ContactBefore<'a> {
    id: i64,
    r#type: &'static str,
    contact: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    handle: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a str>,
    default: bool,
    order_by: i32,
    timestamp: i64,
}

impl<'a> ContactBefore<'a> {
    fn of(contact: &'a Contact) -> Self {
        let Contact { id, address, handle, note, default, order_by, timestamp } = contact;
        Self {
            id: id.get(),
            r#type: address.contact_type().name(),
            contact: address.contact().as_str(),
            handle: handle.as_ref().map(ContactHandle::as_str),
            note: note.as_ref().map(ContactNote::as_str),
            default: *default,
            order_by: order_by.get(),
            timestamp: timestamp.unix_seconds(),
        }
    }
}

impl<'a> StateBefore<'a> {
    /// What contacts were before a change of them; `None` when nothing was there.
    pub fn of_contacts(change: &'a BookChange) -> Option<Box<str>> {
        let mut state = Self::default();
        state.contacts_before(std::slice::from_ref(change));
        // Those that were added are named by the event itself.
        state.added_contacts.clear();
        if state.contacts.is_empty() { None } else { state.text() }
    }

    /// What a customer was before a change, as far as it is another.
    pub fn of_changed(
        before: &'a Customer,
        after: &'a Customer,
        contacts: &'a [BookChange],
    ) -> Option<Box<str>> {
        let mut state = Self::default();
        let same_details = before.details == after.details && before.addresses == after.addresses;
        state.email = (before.email != after.email).then(|| before.email.as_str());
        state.name = (before.name != after.name).then(|| name(before));
        state.group_id = (before.group != after.group).then(|| before.group.get());
        let (reference, reference_after) =
            (&before.details.external_reference, &after.details.external_reference);
        state.external_reference_id = (reference != reference_after).then(|| external_reference(before));
        state.details = (!same_details).then(|| details(&before.details, &before.addresses));
        state.orders =
            (before.orders != after.orders).then(|| i64::try_from(before.orders.orders).unwrap_or(i64::MAX));
        for field in before.extra_fields.keys().chain(after.extra_fields.keys()) {
            let was = before.extra_fields.get(field);
            if was != after.extra_fields.get(field) {
                state.extra_fields.insert(field.get(), was.map(ExtraFieldValue::as_str));
            }
        }
        state.contacts_before(contacts);
        state.text()
    }

    /// What a customer was who is deleted.
    pub fn of_deleted(before: &'a Customer, contacts: Option<&'a ContactBook>) -> Option<Box<str>> {
        let contacts = contacts.into_iter().flat_map(ContactBook::contacts);
        let value = |(field, value): (&shopfolk_model::ExtraFieldId, &'a ExtraFieldValue)| {
            (field.get(), Some(value.as_str()))
        };
        let state = Self {
            email: Some(before.email.as_str()),
            name: Some(name(before)),
            group_id: Some(before.group.get()),
            external_reference_id: Some(external_reference(before)),
            details: Some(details(&before.details, &before.addresses)),
            extra_fields: before.extra_fields.iter().map(value).collect(),
            orders: Some(i64::try_from(before.orders.orders).unwrap_or(i64::MAX)),
            contacts: contacts.map(|contact| ContactBefore::of(contact)).collect(),
            added_contacts: Vec::new(),
        };
        state.text()
    }

    fn contacts_before(&mut self, changes: &'a [BookChange]) {
        for write in changes.iter().flat_map(|change| &change.writes) {
            match write {
                ContactWrite::Add(contact) => self.added_contacts.push(contact.id.get()),
                ContactWrite::Replace { before, .. } | ContactWrite::Remove(before) => {
                    self.contacts.push(ContactBefore::of(before));
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

fn name(customer: &Customer) -> Option<&str> {
    customer.name.as_ref().map(CustomerName::as_str)
}

fn external_reference(customer: &Customer) -> Option<&str> {
    customer.details.external_reference.as_ref().map(ExternalReferenceId::as_str)
}

fn details(details: &CustomerDetails, addresses: &AddressBook) -> Option<Box<RawValue>> {
    encode_customer(details, addresses).and_then(|document| RawValue::from_string(document).ok())
}
