//! What answers say of a contact.

use serde::{Serialize, Serializer};
use shopfolk_model::{Contact, ContactBook, Timestamp};
use utoipa::ToSchema;

use crate::schemas::{ContactTypeName, Date};

/// A contact of a customer.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Contact)]
#[schema(example = json!({
    "id": 113_861_381, "contact": "ec.apps@lightspeedhq.com", "type": "EMAIL", "default": true, "orderBy": 0,
    "timestamp": "2025-03-26 11:07:12 +0000"
}))]
pub(crate) struct ContactOut<'a> {
    /// The id, unique in the store.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    id: i64,
    /// The e-mail address, phone number or link, as it was sent.
    contact: &'a str,
    #[schema(value_type = ContactTypeName)]
    r#type: &'static str,
    /// The name on that network. Left out when empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    handle: Option<&'a str>,
    /// The store owner's note. Left out when empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    note: Option<&'a str>,
    /// Whether it is the default contact of its type.
    default: bool,
    /// The place on the customer's page.
    #[schema(minimum = 0)]
    order_by: i32,
    /// When the contact was created.
    #[serde(serialize_with = "as_date")]
    #[schema(value_type = Date)]
    timestamp: Timestamp,
}

impl<'a> From<&'a Contact> for ContactOut<'a> {
    fn from(contact: &'a Contact) -> Self {
        let Contact { id, address, handle, note, default, order_by, timestamp } = contact;
        Self {
            id: id.get(),
            contact: address.contact().as_str(),
            r#type: address.contact_type().name(),
            handle: handle.as_ref().map(shopfolk_model::ContactHandle::as_str),
            note: note.as_ref().map(shopfolk_model::ContactNote::as_str),
            default: *default,
            order_by: order_by.get(),
            timestamp: *timestamp,
        }
    }
}

/// A date as answers show it: `2025-03-26 11:07:12 +0000`.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
pub(crate) fn as_date<S: Serializer>(timestamp: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(timestamp)
}

/// The contacts of a customer.
pub(crate) fn contacts_out(book: &ContactBook) -> Vec<ContactOut<'_>> {
    book.contacts().iter().map(|contact| contact.as_ref().into()).collect()
}

/// The answer to a create: how many contacts were created, and the contact that is there now.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ContactCreation)]
#[schema(example = json!({
    "createCount": 1, "id": 113_861_381, "contact": "ec.apps@lightspeedhq.com", "type": "EMAIL", "default": true,
    "orderBy": 0, "timestamp": "2025-03-26 11:07:12 +0000"
}))]
pub(crate) struct ContactCreationOut<'a> {
    /// 1, or 0 when an equal contact was there already and nothing changed.
    #[schema(minimum = 0, maximum = 1)]
    pub(crate) create_count: u8,
    /// The contact.
    #[serde(flatten)]
    pub(crate) contact: ContactOut<'a>,
}

/// The contacts of a customer, ordered by `orderBy`, then `id`.
#[derive(Serialize, ToSchema)]
#[schema(as = ContactList)]
pub(crate) struct ContactListOut<'a> {
    /// The contacts.
    pub(crate) items: Vec<ContactOut<'a>>,
}

/// How many entries were changed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = UpdateCount)]
pub(crate) struct UpdateCountOut {
    /// 1, or 0 when the request changed nothing.
    #[schema(minimum = 0, example = 1)]
    pub(crate) update_count: u8,
}

/// How many entries were deleted.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DeleteCount)]
pub(crate) struct DeleteCountOut {
    /// 1.
    #[schema(minimum = 0, example = 1)]
    pub(crate) delete_count: u8,
}
