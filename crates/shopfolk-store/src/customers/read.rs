//! Reading customers, each with what hangs on it. One of whom a row is damaged is damaged as a whole.

use std::collections::{BTreeMap, HashMap};

use shopfolk_model::{
    AddressBook, BookSummary, Customer, CustomerDetails, CustomerId, EmailAddress, ExtraFieldValues,
    OrderStatistics,
};

use super::parts::PARTS;
use super::{CUSTOMERS_BY_EMAIL, CustomerRow, StoredCustomer};
use crate::{Damage, Listed, PORTION, Portion, Query, ReadTx, Record, Row, StoreError, WalkPosition, Which};

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
    let mut queries = vec![customers];
    let which = match parts {
        Parts::Of(ids) => Some(Which::Owners(ids)),
        Parts::Between => {
            tx.read(&queries, &mut |_, row| found.take(row)).await?;
            queries.clear();
            let (first, last) = (found.customers.first_key_value(), found.customers.last_key_value());
            let ends = first.zip(last).map(|((first, _), (last, _))| (first.number(), last.number()));
            ends.map(|(first, last)| Which::OwnersBetween(first, last))
        }
    };
    if let Some(which) = which {
        queries.extend(PARTS.iter().map(|part| Query { table: part.table, which: which.clone() }));
        tx.read(&queries, &mut |_, row| found.take(row)).await?;
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
    (contacts, Ok(customer))
}
