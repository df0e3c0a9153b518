//! Moving recent contacts to the table where they lie beside the others of their customer.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use rusqlite::{Connection, params};
use shopfolk_model::{BookSummary, Contact, ContactId, CustomerId, OrderBy, StoreId, Timestamp};
use shopfolk_store::{Damage, Dialect, Record, StoreError, StoredContact};

use crate::connection::doing;
use crate::recent::{BatchNumber, CustomerKey, RecentContact, RecentContacts};
use crate::recent_rows::{RECENT_OF_ALL, place_of, read_unsettled};
use crate::sql_values::bind;
use crate::statements::Statements;

/// Rows of `recent_contacts` are deleted when this many can go, so that whole pages go at once.
const DELETE_AT: usize = 1_000;

/// Which customer is to be settled next: the one whose oldest unsettled contact is the oldest.
#[derive(Debug, Default)]
pub(crate) struct SettlingOrder {
    /// A turn for each customer that got unsettled contacts, in that order. A turn whose customer was settled since by
    /// another write is passed over when it comes.
    stores: VecDeque<StoreId>,
    by_store: HashMap<StoreId, WaitingCustomers>,
}

#[derive(Debug, Default)]
struct WaitingCustomers {
    customers: VecDeque<(CustomerId, ContactId)>,
    /// Turns taken since rows of the store were last deleted.
    taken: usize,
    /// Contacts whose rows are damaged: they stay where they are.
    damaged: BTreeSet<i64>,
}

impl SettlingOrder {
    /// The customer got its first unsettled contact.
    pub(crate) fn wait(&mut self, customer: CustomerKey, first: ContactId) {
        self.stores.push_back(customer.store);
        self.by_store.entry(customer.store).or_default().customers.push_back((customer.customer, first));
    }

    fn take(&mut self) -> Option<CustomerKey> {
        let store = self.stores.pop_front()?;
        let turns = self.by_store.get_mut(&store)?;
        turns.taken += 1;
        let (customer, _) = turns.customers.pop_front()?;
        Some(CustomerKey { store, customer })
    }

    /// How many turns there are, those to be passed over too.
    pub(crate) fn len(&self) -> usize {
        self.stores.len()
    }

    /// The row of a contact of the store is damaged, and must not be deleted with those that are settled.
    fn keep(&mut self, store: StoreId, contact: i64) {
        self.by_store.entry(store).or_default().damaged.insert(contact);
    }

    /// Forgets all turns.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}

/// Settles customers until at most `keep` unsettled contacts are left, and at most `customers` of them.
pub(crate) fn settle_oldest(
    connection: &Connection,
    recent: &RecentContacts,
    order: &mut SettlingOrder,
    batch: BatchNumber,
    keep: usize,
    customers: usize,
) -> Result<(), StoreError> {
    for _ in 0..customers {
        // Turns that will be passed over must not pile up either.
        if recent.count() <= keep && order.len() <= 2 * keep {
            break;
        }
        let Some(customer) = order.take() else { break };
        settle_customer(connection, recent, customer, batch)?;
    }
    delete_settled(connection, order)
}

/// Moves the recent contacts of one customer to the tables, if it has any, and says whether it did.
pub(crate) fn settle_customer(
    connection: &Connection,
    recent: &RecentContacts,
    customer: CustomerKey,
    batch: BatchNumber,
) -> Result<bool, StoreError> {
    let Some((mut contacts, summary)) = recent.take_stock(customer) else { return Ok(false) };
    let (Some(updated), Some(through)) =
        (contacts.last().map(|last| last.updated), contacts.last().map(|last| last.contact.id))
    else {
        return Ok(false);
    };
    // In the order of the table, so that each page is visited once.
    contacts.sort_unstable_by(|a, b| {
        let place = |recent: &RecentContact| recent.contact.contact_type().code();
        place(a).cmp(&place(b)).then_with(|| a.contact.address.key().cmp(b.contact.address.key()))
    });
    for RecentContact { contact, .. } in contacts {
        settle_contact(connection, customer, &contact)?;
    }
    let changed = update_customer(connection, customer, summary, updated, Some(through))?;
    if changed != 1 {
        let damage = Damage {
            table: "customers",
            column: "customer_id",
            row: format!("store {}, customer_id {}", customer.store, customer.customer),
            reason: "the customer of recent contacts is not there".to_owned(),
        };
        return Err(damage.into());
    }
    recent.settle(customer, batch);
    Ok(true)
}

/// Writes what a customer's row says of its contacts, and answers how many rows that were.
pub(crate) fn update_customer(
    connection: &Connection,
    customer: CustomerKey,
    summary: BookSummary,
    updated: Timestamp,
    settled_through: Option<ContactId>,
) -> Result<usize, StoreError> {
    connection
        .prepare_cached(
            "UPDATE customers
                SET updated = ?3, contact_count = ?4, highest_order_by = ?5,
                    settled_through = max(settled_through, ?6)
              WHERE store_id = ?1 AND customer_id = ?2",
        )
        .and_then(|mut statement| {
            statement.execute(params![
                customer.store.get(),
                customer.customer.get(),
                updated.unix_seconds(),
                summary.size,
                summary.highest_order_by.map(OrderBy::get),
                settled_through.map_or(0, ContactId::get),
            ])
        })
        .map_err(doing("update the customer of a contact"))
}

/// Deletes the rows of `recent_contacts` below the first that is still unsettled, store by store, once they are many.
fn delete_settled(connection: &Connection, order: &mut SettlingOrder) -> Result<(), StoreError> {
    let mut emptied = Vec::new();
    for (store, of_store) in &mut order.by_store {
        let first_waiting = of_store.customers.front().map(|&(_, first)| first.get());
        let end = first_waiting.unwrap_or(i64::MAX);
        if of_store.taken == 0 || (first_waiting.is_some() && of_store.taken < DELETE_AT) {
            continue;
        }
        of_store.taken = 0;
        let mut from = 0;
        for &kept in of_store.damaged.range(..end).chain([&end]) {
            connection
                .prepare_cached(
                    "DELETE FROM recent_contacts WHERE store_id = ?1 AND contact_id >= ?2 AND contact_id < ?3",
                )
                .and_then(|mut statement| statement.execute([store.get(), from, kept]))
                .map_err(doing("delete settled contacts from the recent ones"))?;
            from = kept.saturating_add(1);
        }
        if first_waiting.is_none() && of_store.damaged.is_empty() {
            emptied.push(*store);
        }
    }
    for store in emptied {
        order.by_store.remove(&store);
    }
    Ok(())
}

/// Reads the unsettled contacts that the table holds, after the engine was opened, a commit failed or another process
/// wrote. `batch` is the first commit that is not done. Damaged rows are left out, and told.
pub(crate) fn reload(
    connection: &Connection,
    recent: &RecentContacts,
    order: &mut SettlingOrder,
    batch: BatchNumber,
) -> Result<(), StoreError> {
    let reading = doing("read the recent contacts");
    let mut statement = connection.prepare_cached(&RECENT_OF_ALL).map_err(&reading)?;
    let mut rows = statement.query([]).map_err(&reading)?;
    let mut unsettled = Vec::new();
    let mut waiting = HashSet::new();
    order.clear();
    while let Some(row) = rows.next().map_err(&reading)? {
        match read_unsettled(row) {
            Ok(None) => {}
            Ok(Some((customer, contact, summary))) => {
                if waiting.insert(customer) {
                    order.wait(customer, contact.contact.id);
                }
                unsettled.push((customer, contact, summary));
            }
            Err(damage) => {
                damage.tell();
                if let Some((store, contact)) = place_of(row) {
                    order.keep(store, contact);
                }
            }
        }
    }
    recent.reload(batch, unsettled);
    Ok(())
}

/// Writes a recent contact beside the others of its customer. One that a release before took for another one than it is now
/// stays as a namesake.
fn settle_contact(
    connection: &Connection,
    customer: CustomerKey,
    contact: &Arc<Contact>,
) -> Result<(), StoreError> {
    match insert_contact(connection, customer, Arc::clone(contact)) {
        Err(StoreError::Conflict { .. }) if is_of_another(connection, customer, contact)? => {
            let address = contact.address.clone().of_namesake(contact.id);
            insert_contact(connection, customer, Arc::new(Contact { address, ..Contact::clone(contact) }))
        }
        written => written,
    }
}

/// Whether another contact of the customer has the key of this one.
fn is_of_another(
    connection: &Connection,
    customer: CustomerKey,
    contact: &Contact,
) -> Result<bool, StoreError> {
    connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM contacts
                             WHERE store_id = ?1 AND customer_id = ?2 AND contact_type = ?3 AND contact_key = ?4
                               AND contact_id <> ?5)",
        )
        .and_then(|mut statement| {
            statement.query_row(
                params![
                    customer.store.get(),
                    customer.customer.get(),
                    contact.contact_type().code(),
                    contact.address.key().as_str(),
                    contact.id.get(),
                ],
                |row| row.get(0),
            )
        })
        .map_err(doing("look for an equal contact"))
}

/// Writes a contact beside the others of its customer.
pub(crate) fn insert_contact(
    connection: &Connection,
    customer: CustomerKey,
    contact: Arc<Contact>,
) -> Result<(), StoreError> {
    let writing = doing("write a contact");
    let stored = StoredContact { customer: customer.customer, contact };
    let sql = &Statements::for_table(StoredContact::TABLE).insert;
    let mut statement = connection.prepare_cached(sql).map_err(&writing)?;
    bind(&mut statement, customer.store.get(), &stored.encode(Dialect::Sqlite)).map_err(&writing)?;
    statement.raw_execute().map_err(&writing)?;
    Ok(())
}
