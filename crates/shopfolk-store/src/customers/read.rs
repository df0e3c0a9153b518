//! Reading customers, each with what hangs on it. One of whom a row is damaged is damaged as a whole.

use std::collections::{BTreeMap, HashMap};

use shopfolk_model::{
    AddressBook, BookSummary, Customer, CustomerDetails, CustomerId, EmailAddress, ExtraFieldValues,
    OrderStatistics,
};

use super::parts::PARTS;
use super::{CUSTOMERS_BY_EMAIL, CustomerRow, StoredCustomer};
use crate::{
    Damage, FoundContacts, Listed, PORTION, Portion, Query, ReadTx, Record, Row, StoreError, StoredContact,
    WalkPosition, Which,
};

/// The contacts of customers, by customer; one that has none may be left out.
pub type ContactsOf = HashMap<CustomerId, FoundContacts>;

/// The customers with these ids that are there, in the order of the ids, without those of which a row is damaged, and the
/// contacts of `contacts_of`. A writer locks the customers.
///
/// # Errors
/// When the database fails.
pub async fn find_customers<T: ReadTx>(
    tx: &mut T,
    ids: &[CustomerId],
    contacts_of: &[CustomerId],
) -> Result<(Listed<Customer>, ContactsOf), StoreError> {
    let mut listed = Listed { items: Vec::with_capacity(ids.len()), damaged: 0 };
    let (customers, contacts) = look_up_customers(tx, ids, contacts_of).await?;
    for (_, customer) in customers {
        listed.take(customer);
    }
    Ok((listed, contacts))
}

/// Customers that are there, or why they cannot be read.
pub type LookedUpCustomers = Vec<(CustomerId, Result<Customer, Damage>)>;

/// The customers with these ids that are there, in the order of the ids, or why they cannot be read, and the contacts of
/// `contacts_of`. A writer locks the customers.
///
/// # Errors
/// When the database fails.
pub async fn look_up_customers<T: ReadTx>(
    tx: &mut T,
    ids: &[CustomerId],
    contacts_of: &[CustomerId],
) -> Result<(LookedUpCustomers, ContactsOf), StoreError> {
    if ids.is_empty() {
        return Ok((Vec::new(), ContactsOf::new()));
    }
    let keys: Vec<_> = ids.iter().map(|&id| (id,)).collect();
    let numbers: Vec<i64> = ids.iter().map(|id| id.get()).collect();
    let mut queries = vec![Query::keys::<CustomerRow>(&keys)];
    queries.extend(parts_of(&Which::Owners(&numbers)));
    let mut found = Found::default();
    let contacts = tx.read_with_contacts(&queries, &mut |row| found.take(row), contacts_of).await?;
    let mut found: HashMap<_, _> =
        found.whole()?.into_iter().map(|(position, (_, customer))| (position.number(), customer)).collect();
    let customers = ids.iter().filter_map(|id| found.remove(&id.get()).map(|customer| (*id, customer)));
    Ok((customers.collect(), contacts))
}

/// About how many bytes each of these customers has, with contacts where these are wanted.
///
/// # Errors
/// When the database fails.
pub async fn measure_customers<T: ReadTx>(
    tx: &mut T,
    ids: &[CustomerId],
    contacts: bool,
) -> Result<Vec<u64>, StoreError> {
    let mut tables = vec![CustomerRow::TABLE];
    tables.extend(PARTS.iter().map(|part| part.table));
    tables.extend(contacts.then_some(StoredContact::TABLE));
    let numbers: Vec<i64> = ids.iter().map(|id| id.get()).collect();
    tx.measure(&tables, &numbers).await
}

/// The customer with this id.
///
/// # Errors
/// When a row is damaged or the database fails.
pub async fn get_customer<T: ReadTx>(tx: &mut T, id: CustomerId) -> Result<Option<Customer>, StoreError> {
    let (mut found, _) = look_up_customers(tx, &[id], &[]).await?;
    Ok(found.pop().map(|(_, customer)| customer).transpose()?)
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
    let mut found = Found::default();
    tx.read(&[customers], &mut |_, row| found.take(row)).await?;
    let mut contacts = 0;
    let is_beyond = |(number, (_, (summary, _))): &(usize, (_, &(BookSummary, _)))| {
        contacts += summary.size as usize;
        *number > 0 && contacts > MOST_CONTACTS
    };
    let all = &mut found.customers;
    if let Some((_, (&first, _))) = all.iter().enumerate().find(is_beyond) {
        all.split_off(&first);
    }
    let (Some((&first, _)), Some((&through, _))) = (all.first_key_value(), all.last_key_value()) else {
        return found.whole().map(|_| None);
    };
    // Contacts of somebody whose id is none are never read.
    let ids: Vec<_> = all.keys().filter_map(|position| CustomerId::new(position.number()).ok()).collect();
    let parts: Vec<_> = parts_of(&Which::OwnersBetween(first.number(), through.number())).collect();
    let mut books = tx.read_with_contacts(&parts, &mut |row| found.take(row), &ids).await?;
    let mut listed = Listed::default();
    for (position, (_, customer)) in found.whole()? {
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

/// The queries for what hangs on customers, but for the contacts.
fn parts_of<'a>(which: &Which<'a>) -> impl Iterator<Item = Query<'a>> {
    PARTS.iter().map(|part| Query { table: part.table, which: which.clone() })
}

type FoundCustomers = BTreeMap<WalkPosition, (BookSummary, Result<Customer, Damage>)>;

/// Customers while their rows come.
#[derive(Default)]
struct Found {
    customers: FoundCustomers,
    /// Why nobody can say whose a row is.
    lost: Option<Damage>,
}

impl Found {
    /// All of them.
    ///
    /// # Errors
    /// When there is a row of which nobody can say whose it is.
    fn whole(self) -> Result<FoundCustomers, StoreError> {
        match self.lost {
            Some(damage) => Err(damage.into()),
            None => Ok(self.customers),
        }
    }

    fn take(&mut self, row: Row<'_>) {
        // Every row begins with the customer's id.
        let position = match WalkPosition::at(row) {
            Ok(position) => position,
            Err(damage) => {
                self.lost.get_or_insert(damage);
                return;
            }
        };
        let known = self.customers.get_mut(&position);
        let taken = match PARTS.iter().find(|part| part.table.name == row.table.name) {
            Some(part) => (part.take)(row, known.and_then(|(_, customer)| customer.as_mut().ok())),
            None => row.decode().map(|customer| {
                self.customers.insert(position, begun(customer));
            }),
        };
        if let Err(damage) = taken {
            // A customer of whom something cannot be read is not shown as if it were not there.
            let none = || (BookSummary::default(), Err(damage.clone()));
            self.customers.entry(position).or_insert_with(none).1 = Err(damage.clone());
        }
    }
}

/// A customer of whom nothing is known yet but the row.
fn begun(row: CustomerRow) -> (BookSummary, Result<Customer, Damage>) {
    let CustomerRow { id, email, name, registered, updated, contacts, group, namesake } = row;
    let customer = Customer {
        id,
        email,
        name,
        registered,
        updated,
        group,
        namesake,
        details: CustomerDetails::default(),
        addresses: AddressBook::default(),
        extra_fields: ExtraFieldValues::new(),
        orders: OrderStatistics::default(),
    };
    (contacts, Ok(customer))
}
