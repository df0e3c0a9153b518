//! What answers say of a customer.

use serde::Serialize;
use shopfolk_model::{
    AdminNotes, Customer, CustomerName, DeletedCustomer, ExternalReferenceId, ExtraField, ExtraFieldValue,
    LanguageCode, OrderStatistics, TaxText, Timestamp,
};
use shopfolk_operations::CustomerWithContacts;
use utoipa::ToSchema;

use crate::contact_out::{ContactOut, as_date, contacts_out};
use crate::extra_fields::ENTITY_TYPES;
use crate::orders::MoneyOut;
use crate::person_out::{AddressOut, PersonOut};
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
    /// How many orders the customer made.
    #[schema(minimum = 0)]
    total_order_count: u64,
    /// The group of the customer; 0 is the built-in one.
    #[schema(minimum = 0, maximum = 2_147_483_647)]
    customer_group_id: i64,
    /// Its name.
    #[schema(example = "General")]
    customer_group_name: &'a str,
    /// Who pays. Left out when nothing is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    billing_person: Option<PersonOut<'a>>,
    /// Where goods are sent, ordered by `orderBy`, then `id`.
    shipping_addresses: Vec<AddressOut<'a>>,
    tax_id: &'a str,
    tax_id_valid: bool,
    tax_exempt: bool,
    /// `b2c` or `b2b`.
    #[serde(rename = "b2b_b2c")]
    kind: &'static str,
    fiscal_code: &'a str,
    electronic_invoice_pec_email: &'a str,
    electronic_invoice_sdi_code: &'a str,
    /// What the store's people note for themselves.
    private_admin_notes: &'a str,
    /// Whether the customer agreed to marketing. Left out when unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    accept_marketing: Option<bool>,
    /// The customer's language. Left out when unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    lang: Option<&'a str>,
    /// The customer's name in another system. Left out when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    external_reference_id: Option<&'a str>,
    /// The values of extra fields. Left out when there are none.
    #[serde(rename = "extrafields", skip_serializing_if = "Vec::is_empty")]
    #[schema(nullable = false, required = false)]
    extra_fields: Vec<ExtraFieldValueOut<'a>>,
    stats: StatisticsOut,
    /// Always empty.
    #[schema(value_type = Vec<i64>)]
    favorites: [i64; 0],
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
        let CustomerWithContacts { customer, contacts, group_name, extra_fields } = customer;
        let Customer { id, email, name, registered, updated, details, addresses, group, orders, .. } =
            customer;
        let text = |text: &'a Option<TaxText>| text.as_ref().map_or("", TaxText::as_str);
        let billed = name.is_some() || !details.billing.is_empty();
        Self {
            id: id.get(),
            name: name.as_ref().map(CustomerName::as_str),
            email: email.as_str(),
            total_order_count: orders.orders,
            customer_group_id: group.get(),
            customer_group_name: group_name.as_str(),
            billing_person: billed.then(|| PersonOut::new(name.as_ref(), &details.billing)),
            shipping_addresses: addresses.addresses().iter().map(AddressOut::from).collect(),
            tax_id: text(&details.tax_id),
            tax_id_valid: details.tax_id_valid,
            tax_exempt: details.tax_exempt,
            kind: details.kind.name(),
            fiscal_code: text(&details.fiscal_code),
            electronic_invoice_pec_email: text(&details.invoice_email),
            electronic_invoice_sdi_code: text(&details.invoice_code),
            private_admin_notes: details.admin_notes.as_ref().map_or("", AdminNotes::as_str),
            accept_marketing: details.accept_marketing,
            lang: details.language.as_ref().map(LanguageCode::as_str),
            external_reference_id: details.external_reference.as_ref().map(ExternalReferenceId::as_str),
            extra_fields: (0..).zip(extra_fields).map(ExtraFieldValueOut::of).collect(),
            stats: StatisticsOut::from(*orders),
            favorites: [],
            registered: *registered,
            updated: *updated,
            contacts: contacts_out(contacts),
        }
    }
}

/// A customer's value of an extra field.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExtraFieldValue)]
pub(crate) struct ExtraFieldValueOut<'a> {
    /// The key of the field.
    #[schema(example = "6r0fUGw")]
    key: &'a str,
    /// The title of the field.
    title: &'a str,
    value: &'a str,
    /// `TEXT` or `DATETIME`.
    #[serde(rename = "type")]
    field_type: &'static str,
    /// The place among the customer's values.
    #[schema(minimum = 0)]
    order_by: u32,
    #[schema(value_type = Vec<String>, example = json!(["CUSTOMERS"]))]
    entity_types: [&'static str; 1],
}

impl<'a> ExtraFieldValueOut<'a> {
    fn of((order_by, (field, value)): (u32, &'a (ExtraField, ExtraFieldValue))) -> Self {
        Self {
            key: field.key.as_str(),
            title: field.title.as_str(),
            value: value.as_str(),
            field_type: field.field_type.name(),
            order_by,
            entity_types: ENTITY_TYPES,
        }
    }
}

/// What a customer bought.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CustomerStatistics)]
pub(crate) struct StatisticsOut {
    #[schema(minimum = 0)]
    number_of_orders: u64,
    /// What the orders are worth together.
    #[schema(value_type = f64, minimum = 0)]
    sales_value: MoneyOut,
    /// What an order is worth on average, to a hundredth.
    #[schema(value_type = f64, minimum = 0)]
    average_order_value: MoneyOut,
    /// When the first order was made. Left out without orders.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Date>, nullable = false)]
    first_order_date: Option<String>,
    /// When the last order was made. Left out without orders.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Date>, nullable = false)]
    last_order_date: Option<String>,
}

impl From<OrderStatistics> for StatisticsOut {
    fn from(statistics: OrderStatistics) -> Self {
        Self {
            number_of_orders: statistics.orders,
            sales_value: MoneyOut(statistics.sales),
            average_order_value: MoneyOut(statistics.average()),
            first_order_date: statistics.first.map(|time| time.to_string()),
            last_order_date: statistics.last.map(|time| time.to_string()),
        }
    }
}

/// A part of the customers that were deleted.
#[derive(Serialize, ToSchema)]
#[schema(as = DeletedCustomerPage)]
pub(crate) struct DeletedCustomerPageOut {
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
    /// The customers, by the time at which they were deleted.
    pub(crate) items: Vec<DeletedCustomerOut>,
}

/// A customer that is no more.
#[derive(Serialize, ToSchema)]
#[schema(as = DeletedCustomer)]
pub(crate) struct DeletedCustomerOut {
    /// The id it had.
    #[schema(minimum = 0, maximum = 2_147_483_647)]
    id: i64,
    /// When it was deleted.
    #[serde(serialize_with = "as_date")]
    #[schema(value_type = Date)]
    date: Timestamp,
}

impl From<DeletedCustomer> for DeletedCustomerOut {
    fn from(DeletedCustomer { id, deleted }: DeletedCustomer) -> Self {
        Self { id: id.get(), date: deleted }
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
    /// The customers, by id where no order was asked for.
    pub(crate) items: Vec<CustomerOut<'a>>,
}

/// The ids of customers.
#[derive(Serialize, ToSchema)]
#[schema(as = CustomerIds)]
pub(crate) struct CustomerIdsOut {
    /// The ids, in the order that was asked for.
    pub(crate) ids: Vec<i64>,
}

/// The id of what was created.
#[derive(Serialize, ToSchema)]
#[schema(as = Id)]
pub(crate) struct IdOut {
    /// The id, unique in the store.
    #[schema(minimum = 0, example = 177_737_165)]
    pub(crate) id: i64,
}
