//! Writing customers with what hangs on them.

use std::sync::Arc;

use shopfolk_model::{BookSummary, Customer, CustomerId};

use super::parts::{PARTS, owned};
use super::{CustomerRow, Searched, StoredCustomer};
use crate::{Change, Dialect, IdKind, Record, StoreError, StoredContact, StoredRow, WriteTx};

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
    let mut contacts: Vec<_> = customers.iter().flat_map(StoredCustomer::stored_contacts).collect();
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
    for part in PARTS {
        tx.write(Change::DeleteOf(part.table, &ids)).await?;
    }
    insert_parts(tx, customers.iter()).await?;
    tx.write_searched(Searched::Updated(customers)).await
}

/// Removes customers, as far as they are there, with all that is theirs; their orders stay.
///
/// # Errors
/// When the database fails.
pub async fn delete_customers<T: WriteTx>(tx: &mut T, ids: &[CustomerId]) -> Result<(), StoreError> {
    tx.leave_orders(ids).await?;
    tx.write_searched(Searched::Deleted(ids)).await?;
    tx.delete_if_there::<CustomerRow>(&ids.iter().map(|&id| (id,)).collect::<Vec<_>>()).await
}

/// Writes what hangs on customers but the contacts.
async fn insert_parts<'a, T: WriteTx>(
    tx: &mut T,
    customers: impl Iterator<Item = &'a Customer> + Clone + Send,
) -> Result<(), StoreError> {
    let dialect = tx.dialect();
    for part in PARTS {
        let rows = customers.clone().flat_map(|customer| (part.rows)(customer, dialect)).collect();
        tx.write(Change::Insert(part.table, rows)).await?;
    }
    Ok(())
}

impl StoredCustomer {
    /// All rows, as this database keeps them.
    pub(crate) fn stored_rows(&self, dialect: Dialect) -> Vec<StoredRow<'static>> {
        let mut rows = vec![(CustomerRow::TABLE, owned(&self.row(), dialect))];
        for part in PARTS {
            rows.extend((part.rows)(&self.customer, dialect).into_iter().map(|row| (part.table, row)));
        }
        rows.extend(self.stored_contacts().map(|contact| (StoredContact::TABLE, owned(&contact, dialect))));
        rows
    }

    fn stored_contacts(&self) -> impl Iterator<Item = StoredContact> {
        let customer = self.customer.id;
        self.contacts.iter().map(move |contact| StoredContact { customer, contact: Arc::clone(contact) })
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
        namesake: customer.namesake,
    }
}
