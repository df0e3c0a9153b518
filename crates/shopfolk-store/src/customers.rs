//! The customers of a store with all that is theirs: a row in `customers`, and rows that hang on it.

mod parts;
mod read;
mod write;

use std::future::Future;
use std::sync::Arc;

use shopfolk_model::{
    AddressBook, BookSummary, Contact, Customer, CustomerDetails, CustomerId, CustomerName, DeletedCustomer,
    EmailAddress, EventType, ExternalReferenceId, ExtraFieldId, GroupId, OrderBy, Timestamp, is_namesake_key,
};

use crate::contacts::kept_key;
use crate::customer_document::{decode_customer, encode_customer};
use crate::value::Made;
use crate::{
    ColumnType, Dialect, Guard, IdKind, Lifecycle, OnlyRows, Owner, Page, PageRequest, Reference, StoreError,
    Stored, Unique, Value, record,
};

pub(crate) use read::MOST_CONTACTS;
pub use read::{
    ContactsOf, LookedUpCustomers, find_customer_by_email, find_customers, get_customer,
    list_stored_customers, look_up_customers, measure_customers,
};
pub use write::{delete_customers, insert_customers, update_customers};

/// The row of a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerRow {
    /// The id.
    pub id: CustomerId,
    /// The customer's own e-mail address.
    pub email: Option<EmailAddress>,
    /// The name.
    pub name: Option<CustomerName>,
    /// When the customer came to be.
    pub registered: Timestamp,
    /// When the customer last changed.
    pub updated: Timestamp,
    /// What the contacts are as a whole.
    pub contacts: BookSummary,
    /// The group.
    pub group: GroupId,
    /// Whether another customer has the same e-mail address ([`Customer::namesake`]).
    pub namesake: bool,
}

/// A customer's own e-mail address as databases keep it: an empty text where there is none.
#[derive(Debug)]
pub struct OwnEmail(Option<EmailAddress>);

impl Stored for OwnEmail {
    const TYPE: ColumnType = <EmailAddress as Stored>::TYPE;

    fn store(&self) -> Value<'_> {
        self.0.as_ref().map_or_else(|| "".into(), Stored::store)
    }

    fn load(value: Value<'_>) -> Result<Self, String> {
        if value == Value::from("") {
            Ok(Self(None))
        } else {
            Stored::load(value).map(|email| Self(Some(email)))
        }
    }
}

/// By what customers are told apart by their e-mail addresses. One who has none has a key of its own, which begins with a
/// character that is in no address.
fn email_key(customer: &CustomerRow, dialect: Dialect) -> String {
    let CustomerRow { id, email, namesake, .. } = customer;
    match email {
        None => format!("\u{1}{id}"),
        Some(email) => kept_key(&email.key(), *namesake, id.get(), dialect),
    }
}

/// By the customer's own e-mail address.
pub const CUSTOMERS_BY_EMAIL: Unique =
    Unique { name: "customers_by_email", columns: &["email_key"], only: None };

record! {
    customers: "customer" is CustomerRow, by (CustomerId,);
    |customer, dialect| {
        Key customer_id: CustomerId = &customer.id;
        Value email: OwnEmail = Made(OwnEmail(customer.email.clone()));
        Value email_key: String = Made(email_key(customer, dialect));
        Value name: Option<CustomerName> = &customer.name;
        Value registered: Timestamp = &customer.registered;
        Value updated: Timestamp = &customer.updated;
        Summary contact_count: u32 = &customer.contacts.size;
        Summary highest_order_by: Option<OrderBy> = &customer.contacts.highest_order_by;
        Value group_id: GroupId = &customer.group;
    }
    |store, reader| Self {
        id: customer_id,
        email: email.0,
        name,
        registered,
        updated,
        contacts: BookSummary { size: contact_count, highest_order_by },
        group: group_id,
        namesake: is_namesake_key(&email_key),
    };
    own_columns: &[(Dialect::Sqlite, "settled_through")];
    ids: Some((IdKind::Customer, "customer_id"));
    references: &[Reference { column: "group_id", table: "customer_groups", none: Some(0) }];
    unique: &[CUSTOMERS_BY_EMAIL];
    guard: Guard::Customer;
    lifecycle: Some(Lifecycle {
        created: EventType::CustomerCreated,
        changed: &[
            EventType::CustomerUpdated,
            EventType::ContactCreated,
            EventType::ContactUpdated,
            EventType::ContactDeleted,
        ],
        deleted: EventType::CustomerDeleted,
    });
}

/// What is known of a customer besides, where anything is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDetails {
    /// The customer.
    pub customer: CustomerId,
    /// The details.
    pub details: CustomerDetails,
    /// The shipping addresses.
    pub addresses: AddressBook,
}

/// By the customer's name in somebody else's system.
pub const CUSTOMERS_BY_EXTERNAL_REFERENCE: Unique = Unique {
    name: "customers_by_external_reference",
    columns: &["external_reference"],
    only: Some(OnlyRows::With("external_reference")),
};

record! {
    customer_details: "details of a customer" is StoredDetails, by (CustomerId,);
    |known, dialect| {
        Key customer_id: CustomerId = &known.customer;
        Value external_reference: Option<ExternalReferenceId> = &known.details.external_reference;
        Value document: Option<String> = Made(encode_customer(&known.details, &known.addresses));
    }
    |store, reader| {
        let (details, addresses) = decode_customer(document.as_deref(), external_reference)
            .map_err(|error| reader.damage("document", error))?;
        Self { customer: customer_id, details, addresses }
    };
    owner: Some(Owner { table: "customers", column: "customer_id" });
    unique: &[CUSTOMERS_BY_EXTERNAL_REFERENCE];
}

/// A customer with all contacts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCustomer {
    /// The customer.
    pub customer: Customer,
    /// The contacts, by id.
    pub contacts: Vec<Arc<Contact>>,
}

/// Reading customers, besides their rows.
pub trait ReadCustomers {
    /// How many customers the store has, and the ids of this part of them, by id.
    ///
    /// # Errors
    /// When the database fails.
    fn list_customer_ids(
        &mut self,
        page: PageRequest<CustomerId>,
    ) -> impl Future<Output = Result<Page<CustomerId, CustomerId>, StoreError>> + Send;

    /// The customers that were deleted in this time, by time and id.
    ///
    /// # Errors
    /// When the database fails.
    fn list_deleted_customers(
        &mut self,
        from: Timestamp,
        to: Timestamp,
        page: PageRequest<DeletedCustomer>,
    ) -> impl Future<Output = Result<Page<DeletedCustomer, DeletedCustomer>, StoreError>> + Send;

    /// Customers who are in a group that is not the built-in one, as many as there are up to `limit`, in any order.
    ///
    /// # Errors
    /// When an id is damaged or the database fails.
    fn customers_in_group(
        &mut self,
        group: GroupId,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<CustomerId>, StoreError>> + Send;

    /// Customers who have a value of an extra field, as many as there are up to `limit`, in any order.
    ///
    /// # Errors
    /// When an id is damaged or the database fails.
    fn customers_with_extra_field(
        &mut self,
        field: ExtraFieldId,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<CustomerId>, StoreError>> + Send;
}

/// What became of customers, for what searches look through.
#[derive(Debug, Clone, Copy)]
pub enum Searched<'a> {
    /// They are new.
    Inserted(&'a [StoredCustomer]),
    /// They changed, but for their contacts.
    Updated(&'a [Customer]),
    /// They go.
    Deleted(&'a [CustomerId]),
}

/// Writing what searches look through.
pub trait WriteSearched {
    /// Brings what searches look through up to date.
    ///
    /// # Errors
    /// When the database fails.
    fn write_searched(
        &mut self,
        customers: Searched<'_>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Notes that the texts of the store have the keys of this release ([`crate::StoresWith::OldTextKeys`]).
    ///
    /// # Errors
    /// When the database fails.
    fn forget_old_keys(&mut self) -> impl Future<Output = Result<(), StoreError>> + Send;
}
