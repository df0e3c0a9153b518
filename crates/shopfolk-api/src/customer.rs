//! What the wire says of a customer.

use serde::Serialize;
use shopfolk_model::{
    AddressBook, AdminNotes, ContactBook, Customer, CustomerDetails, CustomerId, CustomerKind, CustomerName,
    DeletedCustomer, EmailAddress, ExternalReferenceId, GroupId, GroupName, LanguageCode, Money,
    OrderStatistics, PrimaryPhone, TaxText, Timestamp,
};
use shopfolk_operations::CustomerWithContacts;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};

use crate::extra_field::ExtraFieldValues;
use crate::person::Person;
use crate::wire::{Answer, Cell, Components, Direction, WireObject, WireValue, wire_object};
use crate::wire_schema::{answered, list};

wire_object! {
    /// A customer of the store.
    "Customer": CustomerWithContacts as CustomerFields = CustomerWithContacts {
        customer: Customer {
            id, email, name, registered, updated, addresses, group, extra_fields: _, orders, namesake: _,
            details: CustomerDetails {
                billing, tax_id, tax_id_valid, tax_exempt, kind, fiscal_code, invoice_email, invoice_code, admin_notes,
                accept_marketing, language, external_reference,
            },
        },
        contacts,
        damaged_contacts: _,
        group_name,
        extra_fields,
    }, example {
        "id": 177_737_165, "name": "Jane Doe", "email": "ec.apps@lightspeedhq.com",
        "registered": "2025-03-26 11:07:12 +0000", "updated": "2025-03-26 11:07:12 +0000",
        "contacts": [{
            "id": 113_861_381, "contact": "ec.apps@lightspeedhq.com", "type": "EMAIL", "default": true, "orderBy": 0,
            "timestamp": "2025-03-26 11:07:12 +0000"
        }]
    } => {
        /// The id, unique in the store.
        ID "id": Imported CustomerId = id;
        /// The name; left out when unknown. In a request the same thing as `billingPerson.name`, which wins if both are sent.
        NAME "name": Clearable CustomerName = name;
        /// The customer's own address, unique in the store as texts are compared; empty where a file had none.
        EMAIL "email": RequiredOrEmpty EmailAddress = email;
        /// How many orders the customer made.
        "totalOrderCount": Shown u64 = &orders.orders;
        /// The group of the customer; 0 is the built-in one.
        GROUP "customerGroupId": Optional GroupId = group;
        /// The name of the group.
        GROUP_NAME "customerGroupName": Imported GroupName {example: "General"} = group_name;
        /// Who pays. Left out when nothing is known.
        BILLING_PERSON "billingPerson": ClearableObject Person<'static>
            = (name.is_some() || !billing.is_empty()).then(|| Person::new(name.as_ref(), billing));
        /// Where goods are sent, ordered by `orderBy`, then `id`.
        ADDRESSES "shippingAddresses": Optional AddressBook = addresses;
        /// Checked for its length and dropped: customers do not sign in here.
        PASSWORD "password": Requested Password;
        /// A telephone number that becomes the default contact of type PHONE, made where it is not there. `null` or empty says
        /// nothing.
        PRIMARY_PHONE "primaryPhone": Requested PrimaryPhone;
        TAX_ID "taxId": OrEmpty TaxText = tax_id;
        TAX_ID_VALID "taxIdValid": Optional bool {default: true} = tax_id_valid;
        TAX_EXEMPT "taxExempt": Optional bool {default: false} = tax_exempt;
        /// `b2c` or `b2b`.
        KIND "b2b_b2c": Optional CustomerKind {default: "b2c"} = kind;
        FISCAL_CODE "fiscalCode": OrEmpty TaxText = fiscal_code;
        INVOICE_EMAIL "electronicInvoicePecEmail": OrEmpty TaxText = invoice_email;
        INVOICE_CODE "electronicInvoiceSdiCode": OrEmpty TaxText = invoice_code;
        /// What the store's people note for themselves.
        ADMIN_NOTES "privateAdminNotes": OrEmpty AdminNotes = admin_notes;
        /// Whether the customer agreed to marketing. Left out when unknown.
        ACCEPT_MARKETING "acceptMarketing": Clearable bool = accept_marketing;
        /// The customer's language: 2 to 10 letters, `-` or `_`. Left out when unknown.
        LANGUAGE "lang": Clearable LanguageCode {example: "en"} = language;
        /// The customer's name in another system, unique in the store. Left out when there is none.
        EXTERNAL_REFERENCE "externalReferenceId": Clearable ExternalReferenceId = external_reference;
        /// The values of extra fields, left out when there are none. In a request, those that are not named stay.
        EXTRA_FIELDS "extrafields": ClearableObject ExtraFieldValues<'static> = ExtraFieldValues::of(extra_fields);
        "stats": Shown OrderStatistics = orders;
        /// Always empty.
        "favorites": Shown Favorites = &Favorites;
        /// When the customer came to be.
        REGISTERED "registered": Imported Timestamp = registered;
        /// When the customer or one of its contacts last changed.
        "updated": Shown Timestamp = updated;
        /// The contacts, ordered by `orderBy`, then `id`.
        CONTACTS "contacts": Optional ContactBook = contacts;
    }
}

/// A customer in an answer.
pub(crate) type CustomerOut<'a> = Answer<'a, CustomerWithContacts>;

wire_object! {
    /// What a customer bought.
    "CustomerStatistics": OrderStatistics = statistics @ OrderStatistics { orders, sales, first, last } => {
        "numberOfOrders": Shown u64 = orders;
        /// What the orders are worth together.
        "salesValue": Shown Money = sales;
        /// What an order is worth on average, to a hundredth.
        "averageOrderValue": Shown Money = &statistics.average();
        /// When the first order was made. Left out without orders.
        "firstOrderDate": ShownIfAny Timestamp = first;
        /// When the last order was made. Left out without orders.
        "lastOrderDate": ShownIfAny Timestamp = last;
    }
}

impl WireValue for OrderStatistics {
    const CELL: Cell = Cell::Object(Self::FIELDS);

    fn answer(&self) -> impl Serialize {
        Answer(self)
    }

    fn schema(_: Direction, components: &mut Components) -> RefOr<Schema> {
        answered::<Self>(components)
    }
}

wire_object! {
    /// A deleted customer.
    "DeletedCustomer": DeletedCustomer = DeletedCustomer { id, deleted } => {
        /// The id it had.
        "id": Shown CustomerId = id;
        /// When it was deleted.
        "date": Shown Timestamp = deleted;
    }
}

/// The longest password that is taken, in characters.
pub(crate) const LONGEST_PASSWORD: usize = 128;

/// A password, which is never kept and never shown.
pub(crate) struct Password;

impl WireValue for Password {
    const CELL: Cell = Cell::None;

    fn answer(&self) -> impl Serialize {}

    fn schema(_: Direction, _: &mut Components) -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::String).max_length(Some(LONGEST_PASSWORD)).into()
    }
}

/// The products that a customer likes, of which none are known.
struct Favorites;

impl WireValue for Favorites {
    const CELL: Cell = Cell::None;

    fn answer(&self) -> impl Serialize {
        [0_i64; 0]
    }

    fn schema(_: Direction, _: &mut Components) -> RefOr<Schema> {
        list(<i64 as utoipa::PartialSchema>::schema(), None)
    }
}
