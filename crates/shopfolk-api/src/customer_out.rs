//! What answers say of a customer.

use serde::Serialize;
use shopfolk_model::Timestamp;
use shopfolk_operations::CustomerWithContacts;
use utoipa::ToSchema;

use crate::contact_out::{ContactOut, as_date, contacts_out};
use crate::schemas::Date;

/// A customer of the store.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Customer)]
#[schema(example = json!({
    "id": 177_737_165, "name": "Jane Doe", "email": "ec.apps@lightspeedhq.com",
    "registered": "2025-03-26 11:07:12 +0000", "updated": "2025-03-26 11:07:12 +0000",
    "contacts": [{
        "id": 113_861_381, "contact": "ec.apps@lightspeedhq.com", "type": "EMAIL", "default": true, "orderBy": 0,
        "timestamp": "2025-03-26 11:07:12 +0000"
    }]
}))]
pub(crate) struct CustomerOut<'a> {
    /// The id, unique in the store.
    #[schema(minimum = 0, maximum = 2_147_483_647)]
    id: i64,
    /// The name. Left out when unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    name: Option<&'a str>,
    /// The customer's own address.
    email: &'a str,
    /// When the customer came to be.
    #[serde(serialize_with = "as_date")]
    #[schema(value_type = Date)]
    registered: Timestamp,
    /// When the customer or one of its contacts last changed.
    #[serde(serialize_with = "as_date")]
    #[schema(value_type = Date)]
    updated: Timestamp,
    /// The contacts, ordered by `orderBy`, then `id`.
    contacts: Vec<ContactOut<'a>>,
}

impl<'a> From<&'a CustomerWithContacts> for CustomerOut<'a> {
    fn from(customer: &'a CustomerWithContacts) -> Self {
        let CustomerWithContacts { customer, contacts } = customer;
        Self {
            id: customer.id.get(),
            name: customer.name.as_ref().map(shopfolk_model::CustomerName::as_str),
            email: customer.email.as_str(),
            registered: customer.registered,
            updated: customer.updated,
            contacts: contacts_out(contacts),
        }
    }
}

/// A part of the customers.
#[derive(Serialize, ToSchema)]
#[schema(as = CustomerPage)]
pub(crate) struct CustomerPageOut<'a> {
    /// How many there are in all.
    #[schema(minimum = 0)]
    pub(crate) total: u64,
    /// How many are in this answer.
    #[schema(minimum = 0)]
    pub(crate) count: usize,
    /// How many were passed over.
    #[schema(minimum = 0)]
    pub(crate) offset: u64,
    /// How many this answer could have had.
    #[schema(minimum = 1, maximum = 100)]
    pub(crate) limit: u32,
    /// How many customers the store has, whatever was asked for.
    #[serde(rename = "allCustomerCount")]
    #[schema(minimum = 0)]
    pub(crate) all_customer_count: u64,
    /// The customers, by id.
    pub(crate) items: Vec<CustomerOut<'a>>,
}

/// The id of what was created.
#[derive(Serialize, ToSchema)]
#[schema(as = Id)]
pub(crate) struct IdOut {
    /// The id, unique in the store.
    #[schema(minimum = 0, example = 177_737_165)]
    pub(crate) id: i64,
}
