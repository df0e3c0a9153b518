//! Moving recent contacts to the table where they lie beside the others of their customer.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::{Arc, LazyLock};

use rusqlite::{Connection, params};
use shopfolk_model::{
    BookSummary, Contact, ContactAddress, ContactHandle, ContactId, ContactNote, ContactText, ContactType,
    CustomerId, OrderBy, StoreId, Timestamp,
};
use shopfolk_store::{Columns, Damage, IdKind, Made, Record, Row, StoreError, Stored, Table, record};

use crate::connection::doing;
use crate::recent::{BatchNumber, CustomerKey, RecentContact, RecentContacts};
use crate::rows::{SqlColumns, insert_contact};

record! {
    recent_contacts: "contact" is StoredRecentContact, by (ContactId,);
    |recent, dialect| {
        Key contact_id: ContactId = &recent.contact.id;
        Value customer_id: CustomerId = &recent.customer;
        Value contact_type: ContactType = Made(recent.contact.contact_type());
        Value contact: ContactText = recent.contact.address.contact();
        Value handle: Option<ContactHandle> = &recent.contact.handle;
        Value note: Option<ContactNote> = &recent.contact.note;
        Value is_default: bool = &recent.contact.default;
        Value order_by: OrderBy = &recent.contact.order_by;
        Value timestamp: Timestamp = &recent.contact.timestamp;
        Value customer_updated: Timestamp = &recent.updated;
    }
    |store, reader| Self {
        customer: customer_id,
        updated: customer_updated,
        contact: Arc::new(Contact {
            id: contact_id,
            address: ContactAddress::from_stored(contact_type, contact),
            handle,
            note,
            default: is_default,
            order_by,
            timestamp,
        }),
    };
    ids: Some((IdKind::Contact, "contact_id"));
}

/// A contact that was created lately, as its row says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredRecentContact {
    /// The customer.
    pub customer: CustomerId,
    /// The contact.
    pub contact: Arc<Contact>,
    /// What the customer's `updated` is by this contact.
    pub updated: Timestamp,
}

/// The table of recent contacts, which this engine alone has.
pub(crate) const RECENT_CONTACTS: &Table = StoredRecentContact::TABLE;

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
    for RecentContact { contact, .. } in contacts {
        insert_contact(connection, customer, contact)?;
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

/// The contacts of a store that the table holds, by customer, in the order they came. They are bounded by the server's
/// settings. Damaged rows are left out, and told.
pub(crate) fn read_recent_contacts(
    connection: &Connection,
    store: StoreId,
) -> Result<HashMap<CustomerId, Vec<RecentContact>>, StoreError> {
    let reading = doing("read the recent contacts of a store");
    let mut statement = connection.prepare_cached(&OF_STORE).map_err(&reading)?;
    let mut rows = statement.query([store.get()]).map_err(&reading)?;
    let mut contacts: HashMap<_, Vec<_>> = HashMap::new();
    while let Some(row) = rows.next().map_err(&reading)? {
        let row = Row { store, table: RECENT_CONTACTS, columns: &SqlColumns(row) };
        match row.decode::<StoredRecentContact>() {
            Ok(recent) => contacts.entry(recent.customer).or_default().push(recent_contact(recent)),
            Err(damage) => damage.tell(),
        }
    }
    Ok(contacts)
}

fn recent_columns(prefix: &str) -> String {
    let columns = RECENT_CONTACTS.columns_read().map(|column| format!("{prefix}{}", column.name));
    columns.collect::<Vec<_>>().join(", ")
}

/// The recent contacts of a store.
pub(crate) static OF_STORE: LazyLock<String> = LazyLock::new(|| {
    let columns = recent_columns("");
    format!("SELECT {columns} FROM recent_contacts WHERE store_id = ?1 ORDER BY contact_id")
});

/// The recent contacts of all stores, each with what its customer's settled ones amount to, and through which contact these are
/// settled.
pub(crate) static RECENT_OF_ALL: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {}, recent.store_id, customers.contact_count, customers.highest_order_by,
                customers.settled_through
           FROM recent_contacts AS recent
           JOIN customers USING (store_id, customer_id)
          ORDER BY recent.store_id, recent.contact_id",
        recent_columns("recent.")
    )
});

/// A contact that is not settled: whose, itself, and what the customer's settled ones amount to.
type Unsettled = (CustomerKey, RecentContact, BookSummary);

/// The store and the id of the contact in a row of [`RECENT_OF_ALL`].
fn place_of(row: &rusqlite::Row<'_>) -> Option<(StoreId, i64)> {
    let columns = SqlColumns(row);
    let store = columns.value(RECENT_CONTACTS.columns_read().count()).and_then(StoreId::load).ok()?;
    Some((store, columns.value(0).ok()?.as_integer()?))
}

/// A row of [`RECENT_OF_ALL`]: whose contact, the contact, and the summary of the customer's settled ones; `None` when it is settled.
fn read_unsettled(row: &rusqlite::Row<'_>) -> Result<Option<Unsettled>, Damage> {
    let columns = SqlColumns(row);
    let first = RECENT_CONTACTS.columns_read().count();
    let other = |place: usize| columns.value(first + place);
    let damaged = |column, reason: String| Damage {
        table: "recent_contacts",
        column,
        row: format!("contact_id {:?}", columns.value(0)),
        reason,
    };
    let store = other(0).and_then(StoreId::load).map_err(|reason| damaged("store_id", reason))?;
    let recent = Row { store, table: RECENT_CONTACTS, columns: &columns }.decode::<StoredRecentContact>()?;
    let summary = BookSummary {
        size: other(1).and_then(u32::load).map_err(|reason| damaged("contact_count", reason))?,
        highest_order_by: other(2)
            .and_then(Option::<OrderBy>::load)
            .map_err(|reason| damaged("highest_order_by", reason))?,
    };
    let settled = other(3).and_then(i64::load).map_err(|reason| damaged("settled_through", reason))?;
    if settled >= recent.contact.id.get() {
        return Ok(None);
    }
    Ok(Some((CustomerKey { store, customer: recent.customer }, recent_contact(recent), summary)))
}

/// A contact of the table. It came with a commit before this engine was opened, or of another process.
fn recent_contact(StoredRecentContact { contact, updated, .. }: StoredRecentContact) -> RecentContact {
    RecentContact { contact, updated, batch: 0 }
}
