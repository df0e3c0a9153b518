//! The customers of a store with all that is theirs: a row in `customers`, and rows that hang on it.

use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::sync::Arc;

use shopfolk_model::{
    AddressBook, BookSummary, Contact, Customer, CustomerDetails, CustomerId, CustomerName, DeletedCustomer,
    EmailAddress, EventType, ExternalReferenceId, ExtraFieldId, ExtraFieldValues, GroupId, OrderBy,
    OrderStatistics, Timestamp,
};

use crate::customer_document::{decode_customer, encode_customer};
use crate::value::Made;
use crate::{
    Change, Damage, Derived, Dialect, Guard, IdKind, Lifecycle, Listed, OnlyRows, Owner, PORTION, Page,
    PageRequest, Portion, Query, ReadTx, Record, Reference, StoreError, StoredContact, StoredExtraFieldValue,
    StoredRow, StoredStatistics, Unique, Value, WalkPosition, Which, WriteTx, record,
};

/// The row of a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerRow {
    /// The id.
    pub id: CustomerId,
    /// The customer's own e-mail address.
    pub email: EmailAddress,
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
}

/// By the customer's own e-mail address.
pub const CUSTOMERS_BY_EMAIL: Unique =
    Unique { name: "customers_by_email", columns: &["email_key"], only: None };

record! {
    customers: "customer" is CustomerRow, by (CustomerId,);
    |customer, dialect| {
        Key customer_id: CustomerId = &customer.id;
        Value email: EmailAddress = &customer.email;
        Derived email_key: Derived<String> = Made(customer.email.key());
        Value name: Option<CustomerName> = &customer.name;
        Value registered: Timestamp = &customer.registered;
        Value updated: Timestamp = &customer.updated;
        Summary contact_count: u32 = &customer.contacts.size;
        Summary highest_order_by: Option<OrderBy> = &customer.contacts.highest_order_by;
        Value group_id: GroupId = &customer.group;
    }
    |store, reader| Self {
        id: customer_id,
        email,
        name,
        registered,
        updated,
        contacts: BookSummary { size: contact_count, highest_order_by },
        group: group_id,
    };
    own_columns: &[(Dialect::Sqlite, "settled_through")];
    ids: Some((IdKind::Customer, "customer_id"));
    references: &[Reference { column: "group_id", table: "customer_groups", none: Some(0) }];
    unique: &[CUSTOMERS_BY_EMAIL];
    guard: Guard::Row;
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
        page: PageRequest,
    ) -> impl Future<Output = Result<Page<CustomerId>, StoreError>> + Send;

    /// The customers that were deleted in this time, by time and id.
    ///
    /// # Errors
    /// When the database fails.
    fn list_deleted_customers(
        &mut self,
        from: Timestamp,
        to: Timestamp,
        page: PageRequest,
    ) -> impl Future<Output = Result<Page<DeletedCustomer>, StoreError>> + Send;

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
}

/// The customers with these ids that are there, in the order of the ids, without those of which a row is damaged. A writer
/// locks them.
///
/// # Errors
/// When the database fails.
pub async fn find_customers<T: ReadTx>(
    tx: &mut T,
    ids: &[CustomerId],
) -> Result<Listed<Customer>, StoreError> {
    let mut listed = Listed { items: Vec::with_capacity(ids.len()), damaged: 0 };
    for (_, customer) in look_up_customers(tx, ids).await? {
        listed.take(customer);
    }
    Ok(listed)
}

/// The customers with these ids that are there, in the order of the ids, or why they cannot be read. A writer locks them.
///
/// # Errors
/// When the database fails.
pub async fn look_up_customers<T: ReadTx>(
    tx: &mut T,
    ids: &[CustomerId],
) -> Result<Vec<(CustomerId, Result<Customer, Damage>)>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let keys: Vec<_> = ids.iter().map(|&id| (id,)).collect();
    let numbers: Vec<i64> = ids.iter().map(|id| id.get()).collect();
    let found = read_customers(tx, Query::keys::<CustomerRow>(&keys), Parts::Of(&numbers)).await?;
    let mut found: HashMap<_, _> =
        found.into_iter().map(|(position, (_, customer))| (position.number(), customer)).collect();
    Ok(ids.iter().filter_map(|id| found.remove(&id.get()).map(|customer| (*id, customer))).collect())
}

/// The customer with this id.
///
/// # Errors
/// When a row is damaged or the database fails.
pub async fn get_customer<T: ReadTx>(tx: &mut T, id: CustomerId) -> Result<Option<Customer>, StoreError> {
    let found = look_up_customers(tx, &[id]).await?.pop();
    Ok(found.map(|(_, customer)| customer).transpose()?)
}

/// The customer who has this e-mail address, in any case.
///
/// # Errors
/// When the row is damaged or the database fails.
pub async fn find_customer_by_email<T: ReadTx>(
    tx: &mut T,
    email: &EmailAddress,
) -> Result<Option<CustomerId>, StoreError> {
    let found = tx.find::<CustomerRow>(&CUSTOMERS_BY_EMAIL, email.key().into()).await?;
    Ok(found.map(|customer| customer.id))
}

/// A portion of customers has so many contacts at the most, unless one customer alone has more: with the longest texts
/// there can be, these are some 125 MB.
pub(crate) const MOST_CONTACTS: usize = 5_000;

/// The next portion of a walk through the customers with their contacts; `None` when nobody is left.
///
/// # Errors
/// When a row has no number in its key, or the database fails.
pub async fn list_stored_customers<T: ReadTx>(
    tx: &mut T,
    after: Option<WalkPosition>,
) -> Result<Option<Portion<StoredCustomer>>, StoreError> {
    let customers = Query::after(CustomerRow::TABLE, after, u32::try_from(PORTION).unwrap_or(u32::MAX));
    let mut found = read_customers(tx, customers, Parts::Between).await?;
    let mut contacts = 0;
    let is_beyond = |(number, (_, (summary, _))): &(usize, (_, &(BookSummary, _)))| {
        contacts += summary.size as usize;
        *number > 0 && contacts > MOST_CONTACTS
    };
    if let Some((_, (&first, _))) = found.iter().enumerate().find(is_beyond) {
        found.split_off(&first);
    }
    let Some((&through, _)) = found.last_key_value() else { return Ok(None) };
    // Contacts of somebody whose id is none are never read.
    let ids: Vec<_> = found.keys().filter_map(|position| CustomerId::new(position.number()).ok()).collect();
    let mut books = tx.find_contacts_of(&ids).await?;
    let mut listed = Listed::default();
    for (position, (_, customer)) in found {
        let id = CustomerId::new(position.number());
        let book = id.ok().and_then(|id| books.remove(&id)).unwrap_or_default();
        for (_, damage) in book.damaged {
            listed.take(Err(damage));
        }
        let mut contacts = book.contacts;
        contacts.sort_unstable_by_key(|contact| contact.id);
        listed.take(customer.map(|customer| StoredCustomer { customer, contacts }));
    }
    Ok(Some(Portion { listed, through }))
}

/// Which rows hang on the customers that are read.
enum Parts<'a> {
    /// Those of these.
    Of(&'a [i64]),
    /// Those of all from the first to the last.
    Between,
}

type FoundCustomers = BTreeMap<WalkPosition, (BookSummary, Result<Customer, Damage>)>;

/// Reads customers and what hangs on them but the contacts.
async fn read_customers<T: ReadTx>(
    tx: &mut T,
    customers: Query<'_>,
    parts: Parts<'_>,
) -> Result<FoundCustomers, StoreError> {
    let mut found = Found::default();
    match parts {
        Parts::Of(ids) => {
            let queries = [
                customers,
                Query::of::<StoredDetails>(ids),
                Query::of::<StoredExtraFieldValue>(ids),
                Query::of::<StoredStatistics>(ids),
            ];
            tx.read(&queries, &mut |part, row| found.take(part, row)).await?;
        }
        Parts::Between => {
            tx.read(&[customers], &mut |part, row| found.take(part, row)).await?;
            let (Some(first), Some(last)) =
                (found.customers.first_key_value(), found.customers.last_key_value())
            else {
                return Ok(FoundCustomers::new());
            };
            let which = Which::OwnersBetween(first.0.number(), last.0.number());
            let query = |table| Query { table, which: which.clone() };
            let queries = [
                query(StoredDetails::TABLE),
                query(StoredExtraFieldValue::TABLE),
                query(StoredStatistics::TABLE),
            ];
            tx.read(&queries, &mut |part, row| found.take(part + 1, row)).await?;
        }
    }
    match found.lost {
        Some(damage) => Err(damage.into()),
        None => Ok(found.customers),
    }
}

/// Customers while their rows come.
#[derive(Default)]
struct Found {
    customers: FoundCustomers,
    /// Why nobody can say whose a row is.
    lost: Option<Damage>,
}

impl Found {
    fn take(&mut self, part: usize, row: crate::Row<'_>) {
        // Every row begins with the customer's id.
        let position = match WalkPosition::at(row) {
            Ok(position) => position,
            Err(damage) => {
                self.lost.get_or_insert(damage);
                return;
            }
        };
        let taken = match part {
            0 => row.decode::<CustomerRow>().map(|customer| self.begin(position, customer)),
            1 => row.decode::<StoredDetails>().map(|known| {
                self.change(position, |customer| {
                    (customer.details, customer.addresses) = (known.details, known.addresses);
                });
            }),
            2 => row.decode::<StoredExtraFieldValue>().map(|value| {
                self.change(position, |customer| {
                    customer.extra_fields.insert(value.field, value.value);
                });
            }),
            _ => row.decode::<StoredStatistics>().map(|statistics| {
                self.change(position, |customer| customer.orders = statistics.statistics());
            }),
        };
        if let Err(damage) = taken {
            // A customer of whom something cannot be read is not shown as if it were not there.
            let customer =
                self.customers.entry(position).or_insert((BookSummary::default(), Err(damage.clone())));
            customer.1 = Err(damage);
        }
    }

    fn begin(&mut self, position: WalkPosition, row: CustomerRow) {
        let CustomerRow { id, email, name, registered, updated, contacts, group } = row;
        let customer = Customer {
            id,
            email,
            name,
            registered,
            updated,
            group,
            details: CustomerDetails::default(),
            addresses: AddressBook::default(),
            extra_fields: ExtraFieldValues::new(),
            orders: OrderStatistics::default(),
        };
        self.customers.insert(position, (contacts, Ok(customer)));
    }

    fn change(&mut self, position: WalkPosition, change: impl FnOnce(&mut Customer)) {
        if let Some((_, Ok(customer))) = self.customers.get_mut(&position) {
            change(customer);
        }
    }
}

/// Keeps new customers with all that is theirs.
///
/// # Errors
/// [`StoreError::Conflict`] when the store has an id, an e-mail address or an external reference of theirs; otherwise when
/// the database fails.
pub async fn insert_customers<T: WriteTx>(
    tx: &mut T,
    customers: &[StoredCustomer],
) -> Result<(), StoreError> {
    let addresses = customers.iter().flat_map(|stored| stored.customer.addresses.addresses());
    if let Some(highest) = addresses.map(|address| address.id.get()).max() {
        tx.raise_numbers(IdKind::Address, highest).await?;
    }
    tx.insert(&customers.iter().map(StoredCustomer::row).collect::<Vec<_>>()).await?;
    insert_parts(tx, customers.iter().map(|stored| &stored.customer)).await?;
    let contact = |stored: &StoredCustomer| {
        let customer = stored.customer.id;
        move |contact: &Arc<Contact>| StoredContact { customer, contact: Arc::clone(contact) }
    };
    let mut contacts: Vec<_> =
        customers.iter().flat_map(|stored| stored.contacts.iter().map(contact(stored))).collect();
    // In the order of the table, so that each page of it is visited once.
    contacts.sort_by(|one, other| {
        let place = |stored: &StoredContact| (stored.customer, stored.contact.contact_type().code());
        place(one).cmp(&place(other)).then_with(|| one.contact.address.key().cmp(other.contact.address.key()))
    });
    tx.insert(&contacts).await?;
    tx.write_searched(Searched::Inserted(customers)).await
}

/// Makes customers that are there these; of the contacts nothing changes.
///
/// # Errors
/// [`StoreError::Conflict`] when another customer has an e-mail address or an external reference of theirs; otherwise when
/// the database fails.
pub async fn update_customers<T: WriteTx>(tx: &mut T, customers: &[Customer]) -> Result<(), StoreError> {
    let rows: Vec<_> =
        customers.iter().map(|customer| customer_row(customer, BookSummary::default())).collect();
    tx.update(&rows).await?;
    let ids: Vec<i64> = customers.iter().map(|customer| customer.id.get()).collect();
    for table in [StoredDetails::TABLE, StoredExtraFieldValue::TABLE, StoredStatistics::TABLE] {
        tx.write(Change::DeleteOf(table, &ids)).await?;
    }
    insert_parts(tx, customers.iter()).await?;
    tx.write_searched(Searched::Updated(customers)).await
}

/// Removes customers with all that is theirs; their orders stay.
///
/// # Errors
/// When the database fails.
pub async fn delete_customers<T: WriteTx>(tx: &mut T, ids: &[CustomerId]) -> Result<(), StoreError> {
    tx.leave_orders(ids).await?;
    tx.write_searched(Searched::Deleted(ids)).await?;
    let owners: Vec<i64> = ids.iter().map(|id| id.get()).collect();
    for table in
        [StoredContact::TABLE, StoredDetails::TABLE, StoredExtraFieldValue::TABLE, StoredStatistics::TABLE]
    {
        tx.write(Change::DeleteOf(table, &owners)).await?;
    }
    tx.delete::<CustomerRow>(&ids.iter().map(|&id| (id,)).collect::<Vec<_>>()).await
}

impl StoredCustomer {
    /// All rows, as this database keeps them.
    pub(crate) fn stored_rows(&self, dialect: Dialect) -> Vec<StoredRow<'static>> {
        fn owned<R: Record>(records: &[R], dialect: Dialect) -> impl Iterator<Item = StoredRow<'static>> {
            records.iter().map(move |record| {
                (R::TABLE, record.encode(dialect).into_iter().map(Value::into_owned).collect())
            })
        }
        let customer = &self.customer;
        let contact =
            |contact: &Arc<Contact>| StoredContact { customer: customer.id, contact: Arc::clone(contact) };
        let contacts: Vec<_> = self.contacts.iter().map(contact).collect();
        owned(&[self.row()], dialect)
            .chain(owned(&Vec::from_iter(known_parts(customer)), dialect))
            .chain(owned(&extra_field_values(customer), dialect))
            .chain(owned(&Vec::from_iter(StoredStatistics::of(customer.id, &customer.orders)), dialect))
            .chain(owned(&contacts, dialect))
            .collect()
    }

    fn row(&self) -> CustomerRow {
        let highest_order_by = self.contacts.iter().map(|contact| contact.order_by).max();
        // A customer has at most 500 contacts.
        let size = u32::try_from(self.contacts.len()).unwrap_or(u32::MAX);
        customer_row(&self.customer, BookSummary { size, highest_order_by })
    }
}

fn customer_row(customer: &Customer, contacts: BookSummary) -> CustomerRow {
    CustomerRow {
        id: customer.id,
        email: customer.email.clone(),
        name: customer.name.clone(),
        registered: customer.registered,
        updated: customer.updated,
        contacts,
        group: customer.group,
    }
}

/// What is known of a customer besides, where anything is.
fn known_parts(customer: &Customer) -> Option<StoredDetails> {
    let known =
        customer.details.external_reference.is_some() || customer.details.are_known(&customer.addresses);
    known.then(|| StoredDetails {
        customer: customer.id,
        details: customer.details.clone(),
        addresses: customer.addresses.clone(),
    })
}

fn extra_field_values(customer: &Customer) -> Vec<StoredExtraFieldValue> {
    let value = |(&field, value): (&_, &_)| StoredExtraFieldValue {
        customer: customer.id,
        field,
        value: Clone::clone(value),
    };
    customer.extra_fields.iter().map(value).collect()
}

/// Writes what hangs on customers but the contacts.
async fn insert_parts<'a, T: WriteTx>(
    tx: &mut T,
    customers: impl Iterator<Item = &'a Customer> + Clone + Send,
) -> Result<(), StoreError> {
    tx.insert(&customers.clone().filter_map(known_parts).collect::<Vec<_>>()).await?;
    tx.insert(&customers.clone().flat_map(extra_field_values).collect::<Vec<_>>()).await?;
    let statistics = customers.filter_map(|customer| StoredStatistics::of(customer.id, &customer.orders));
    tx.insert(&statistics.collect::<Vec<_>>()).await
}
