//! Moving recent contacts to the table where they lie beside the others of their customer.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use rusqlite::{Connection, Row, params};
use shopfolk_model::{BookSummary, Contact, ContactId, CustomerId, OrderBy, StoreId, Timestamp};
use shopfolk_store::StoreError;

use crate::connection::doing;
use crate::recent::{BatchNumber, CustomerKey, RecentContact, RecentContacts};
use crate::row::{ContactRow, Place};

/// Rows of `recent_contacts` are deleted when this many can go, so that whole pages go at once.
const DELETE_AT: usize = 1_000;

/// Which customer is to be settled next: the one whose oldest unsettled contact is the oldest.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    /// A turn for each customer that got unsettled contacts, in that order. A turn whose customer was settled since by
    /// another write is passed over when it comes.
    stores: VecDeque<StoreId>,
    by_store: HashMap<StoreId, StoreTurns>,
}

#[derive(Debug, Default)]
struct StoreTurns {
    customers: VecDeque<(CustomerId, ContactId)>,
    /// Turns taken since rows of the store were last deleted.
    taken: usize,
}

impl Turns {
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

    /// Forgets all turns.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}

/// Settles customers until at most `keep` unsettled contacts are left, and at most `customers` of them.
pub(crate) fn settle_oldest(
    connection: &Connection,
    recent: &RecentContacts,
    turns: &mut Turns,
    batch: BatchNumber,
    keep: usize,
    customers: usize,
) -> Result<(), StoreError> {
    for _ in 0..customers {
        // Turns that will be passed over must not pile up either.
        if recent.count() <= keep && turns.len() <= 2 * keep {
            break;
        }
        let Some(customer) = turns.take() else { break };
        settle_customer(connection, recent, customer, batch)?;
    }
    delete_settled(connection, turns)
}

/// Moves the recent contacts of one customer to the tables, if it has any.
pub(crate) fn settle_customer(
    connection: &Connection,
    recent: &RecentContacts,
    customer: CustomerKey,
    batch: BatchNumber,
) -> Result<(), StoreError> {
    let Some((mut contacts, summary)) = recent.take_stock(customer) else { return Ok(()) };
    let (Some(updated), Some(through)) =
        (contacts.last().map(|last| last.updated), contacts.last().map(|last| last.contact.id))
    else {
        return Ok(());
    };
    // In the order of the table, so that each page is visited once.
    contacts.sort_unstable_by(|a, b| {
        let place = |recent: &RecentContact| recent.contact.contact_type().code();
        place(a).cmp(&place(b)).then_with(|| a.contact.address.key().cmp(b.contact.address.key()))
    });
    for RecentContact { contact, .. } in &contacts {
        insert_contact(connection, customer, contact)?;
    }
    let changed = update_customer(connection, customer, summary, updated, Some(through))?;
    if changed != 1 {
        return Err(StoreError::Corrupt {
            table: "customers",
            column: "customer_id",
            row: format!("store {}, customer {}", customer.store, customer.customer),
            reason: "the customer of recent contacts is not there".to_owned(),
        });
    }
    recent.settle(customer, batch);
    Ok(())
}

/// Writes a contact beside the others of its customer.
pub(crate) fn insert_contact(
    connection: &Connection,
    customer: CustomerKey,
    contact: &Contact,
) -> Result<(), StoreError> {
    let key = contact.address.key().as_str();
    let text = contact.address.contact().as_str();
    connection
        .prepare_cached(
            "INSERT INTO contacts (store_id, customer_id, contact_type, contact_key, contact_id, contact, handle,
                                   note, is_default, order_by, timestamp)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )
        .and_then(|mut statement| {
            statement.execute(params![
                customer.store.get(),
                customer.customer.get(),
                contact.contact_type().code(),
                key,
                contact.id.get(),
                (text != key).then_some(text),
                contact.handle.as_ref().map(shopfolk_model::ContactHandle::as_str),
                contact.note.as_ref().map(shopfolk_model::ContactNote::as_str),
                contact.default,
                contact.order_by.get(),
                contact.timestamp.unix_seconds(),
            ])
        })
        .map_err(doing("write a contact"))?;
    Ok(())
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
fn delete_settled(connection: &Connection, turns: &mut Turns) -> Result<(), StoreError> {
    let mut emptied = Vec::new();
    for (store, of_store) in &mut turns.by_store {
        let first_waiting = of_store.customers.front().map(|&(_, first)| first.get());
        if of_store.taken == 0 || (first_waiting.is_some() && of_store.taken < DELETE_AT) {
            continue;
        }
        of_store.taken = 0;
        connection
            .prepare_cached("DELETE FROM recent_contacts WHERE store_id = ?1 AND contact_id < ?2")
            .and_then(|mut statement| statement.execute([store.get(), first_waiting.unwrap_or(i64::MAX)]))
            .map_err(doing("delete settled contacts from the recent ones"))?;
        if first_waiting.is_none() {
            emptied.push(*store);
        }
    }
    for store in emptied {
        turns.by_store.remove(&store);
    }
    Ok(())
}

/// Reads the unsettled contacts that the table holds, after the engine was opened, a commit failed or another process
/// wrote. `batch` is the first commit that is not done.
pub(crate) fn reload(
    connection: &Connection,
    recent: &RecentContacts,
    turns: &mut Turns,
    batch: BatchNumber,
) -> Result<(), StoreError> {
    let reading = doing("read the recent contacts");
    let mut statement = connection.prepare_cached(UNSETTLED).map_err(&reading)?;
    let mut rows = statement.query([]).map_err(&reading)?;
    let mut unsettled = Vec::new();
    let mut waiting = HashSet::new();
    turns.clear();
    while let Some(row) = rows.next().map_err(&reading)? {
        let (customer, contact, summary) = read_unsettled(row)?;
        if waiting.insert(customer) {
            turns.wait(customer, contact.contact.id);
        }
        unsettled.push((customer, contact, summary));
    }
    recent.reload(batch, unsettled);
    Ok(())
}

/// The unsettled contacts of one customer that the table holds, above `settled_through`. The table has no index by
/// customer, so this reads all of the store's recent contacts, which are bounded by the server's settings.
pub(crate) fn read_recent_contacts(
    connection: &Connection,
    customer: CustomerKey,
    settled_through: i64,
) -> Result<Vec<RecentContact>, StoreError> {
    let reading = doing("read the recent contacts of a customer");
    let mut statement = connection
        .prepare_cached(
            "SELECT contact_id, contact_type, contact, handle, note, is_default, order_by, timestamp,
                    customer_updated
               FROM recent_contacts
              WHERE store_id = ?1 AND contact_id > ?2 AND customer_id = ?3
              ORDER BY contact_id",
        )
        .map_err(&reading)?;
    let mut rows = statement
        .query([customer.store.get(), settled_through, customer.customer.get()])
        .map_err(&reading)?;
    let mut contacts = Vec::new();
    while let Some(row) = rows.next().map_err(&reading)? {
        let contact = ContactRow::read(row, 0).map_err(&reading)?.contact("recent_contacts")?;
        let updated = row.get(8).map_err(&reading)?;
        contacts.push(recent_contact(contact, updated)?);
    }
    Ok(contacts)
}

/// The unsettled contacts of many customers of a store that the table holds, in one pass over the store's recent ones.
/// The customers are given by id, each with its `settled_through`; those without any are left out.
pub(crate) fn read_recent_contacts_of_many(
    connection: &Connection,
    store: StoreId,
    customers: &[(CustomerId, i64)],
) -> Result<HashMap<CustomerId, Vec<RecentContact>>, StoreError> {
    let (Some((first, _)), Some((last, _))) = (customers.first(), customers.last()) else {
        return Ok(HashMap::new());
    };
    let settled_through: HashMap<_, _> = customers.iter().copied().collect();
    let reading = doing("read the recent contacts of customers");
    let mut statement = connection
        .prepare_cached(
            "SELECT contact_id, contact_type, contact, handle, note, is_default, order_by, timestamp,
                    customer_updated, customer_id
               FROM recent_contacts
              WHERE store_id = ?1 AND customer_id BETWEEN ?2 AND ?3
              ORDER BY contact_id",
        )
        .map_err(&reading)?;
    let mut rows = statement.query([store.get(), first.get(), last.get()]).map_err(&reading)?;
    let mut contacts: HashMap<_, Vec<_>> = HashMap::new();
    while let Some(row) = rows.next().map_err(&reading)? {
        let id: i64 = row.get(0).map_err(&reading)?;
        let customer = CustomerId::new(row.get(9).map_err(&reading)?).ok();
        let Some((&customer, &through)) = customer.and_then(|id| settled_through.get_key_value(&id)) else {
            continue;
        };
        if id > through {
            let contact = ContactRow::read(row, 0).map_err(&reading)?.contact("recent_contacts")?;
            let updated = row.get(8).map_err(&reading)?;
            contacts.entry(customer).or_default().push(recent_contact(contact, updated)?);
        }
    }
    Ok(contacts)
}

const UNSETTLED: &str = "
    SELECT recent.store_id, recent.customer_id, recent.customer_updated, customers.contact_count,
           customers.highest_order_by,
           recent.contact_id, recent.contact_type, recent.contact, recent.handle, recent.note, recent.is_default,
           recent.order_by, recent.timestamp
      FROM recent_contacts AS recent
      JOIN customers USING (store_id, customer_id)
     WHERE recent.contact_id > customers.settled_through
     ORDER BY recent.store_id, recent.contact_id";

/// A row of [`UNSETTLED`]: whose contact, the contact, and the summary of the customer's settled ones.
fn read_unsettled(row: &Row<'_>) -> Result<(CustomerKey, RecentContact, BookSummary), StoreError> {
    let reading = doing("read the recent contacts");
    let get = |column: usize| row.get::<_, i64>(column).map_err(&reading);
    let contact = ContactRow::read(row, 5).map_err(&reading)?.contact("recent_contacts")?;
    let place = Place { table: "recent_contacts", row: format!("contact {}", contact.id) };
    let customer = CustomerKey {
        store: place.value("store_id", StoreId::new(get(0)?))?,
        customer: place.value("customer_id", CustomerId::new(get(1)?))?,
    };
    let highest: Option<i64> = row.get(4).map_err(&reading)?;
    let summary = BookSummary {
        size: place.value("contact_count", u32::try_from(get(3)?))?,
        highest_order_by: place.value("highest_order_by", highest.map(OrderBy::new).transpose())?,
    };
    Ok((customer, recent_contact(contact, get(2)?)?, summary))
}

/// A contact of the table. It came with a commit before this engine was opened, or of another process.
fn recent_contact(contact: Contact, updated: i64) -> Result<RecentContact, StoreError> {
    let place = Place { table: "recent_contacts", row: format!("contact {}", contact.id) };
    let updated = place.value("customer_updated", Timestamp::from_unix_seconds(updated))?;
    Ok(RecentContact { contact: Arc::new(contact), updated, batch: 0 })
}
