//! The rows of recent contacts: what `contacts` has of a contact, in the order in which contacts came.

use std::collections::HashMap;
use std::sync::LazyLock;

use rusqlite::Connection;
use shopfolk_model::{BookSummary, ContactId, CustomerId, OrderBy, StoreId, Timestamp};
use shopfolk_store::{
    Column, ColumnType, Columns, Damage, Dialect, IdKind, Record, Role, Row, RowReader, StoreError, Stored,
    StoredContact, Table, Value,
};

use crate::connection::doing;
use crate::recent::{CustomerKey, RecentContact};
use crate::sql_values::SqlColumns;

/// A contact that was created lately, as its row says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredRecentContact {
    /// The contact and its customer.
    pub stored: StoredContact,
    /// What the customer's `updated` is by this contact.
    pub updated: Timestamp,
}

/// The table of recent contacts, which this engine alone has.
pub(crate) const RECENT_CONTACTS: &Table = StoredRecentContact::TABLE;

/// The columns of a contact.
const OF_CONTACT: &[Column] = StoredContact::TABLE.columns;
/// Where a contact's row has its key, which follows from the text, and is not kept here.
const KEY: usize = 2;
/// Where a contact's row has its id, which is the key here.
const ID: usize = 3;
/// Where a contact's row has its text, which is always kept here.
const TEXT: usize = 4;

/// Where a contact's row has each of the columns here, but the last one. Those that SQLite has not are the last ones there.
const PLACES: [usize; COUNT] = {
    let mut places = [ID; COUNT];
    let (mut here, mut there) = (1, 0);
    while there < OF_CONTACT.len() {
        if OF_CONTACT[there].is_in(Dialect::Sqlite) && there != KEY && there != ID {
            places[here] = there;
            here += 1;
        }
        there += 1;
    }
    places
};

const COUNT: usize = {
    let (mut count, mut place) = (0, 0);
    while place < OF_CONTACT.len() {
        count += OF_CONTACT[place].is_in(Dialect::Sqlite) as usize;
        place += 1;
    }
    count - 1
};

const UPDATED: Column = Column {
    name: "customer_updated",
    column_type: ColumnType::BigInteger,
    nullable: false,
    role: Role::Value,
    only: None,
};

const COLUMNS: [Column; COUNT + 1] = {
    let mut columns = [UPDATED; COUNT + 1];
    let mut place = 0;
    while place < COUNT {
        let column = OF_CONTACT[PLACES[place]];
        let nullable = column.nullable && PLACES[place] != TEXT;
        let role = if place == 0 { Role::Key } else { Role::Value };
        columns[place] = Column { nullable, role, ..column };
        place += 1;
    }
    columns
};

impl Record for StoredRecentContact {
    type Key = (ContactId,);
    const TABLE: &'static Table = &Table {
        ids: Some((IdKind::Contact, "contact_id")),
        ..Table::of("recent_contacts", "contact", &COLUMNS)
    };

    fn encode(&self, dialect: Dialect) -> Vec<Value<'_>> {
        let mut of_contact = self.stored.encode(dialect);
        of_contact[TEXT] = self.stored.contact.address.contact().store();
        let mut row = Vec::with_capacity(COLUMNS.len());
        row.extend(PLACES.iter().map(|&place| std::mem::replace(&mut of_contact[place], Value::Null)));
        row.push(self.updated.store());
        row
    }

    fn decode(reader: &mut RowReader<'_>) -> Result<Self, Damage> {
        let row = reader.row();
        let of_contact = Row { table: StoredContact::TABLE, columns: &OfContact(row.columns), ..row };
        let stored = of_contact.decode().map_err(|damage| row.damage(damage.column, damage.reason))?;
        let updated = row.columns.value(COUNT).and_then(Timestamp::load);
        let updated = updated.map_err(|reason| row.damage(UPDATED.name, reason))?;
        Ok(Self { stored, updated })
    }
}

/// The columns of a contact's row, out of a row here.
struct OfContact<'a>(&'a dyn Columns);

impl Columns for OfContact<'_> {
    fn value(&self, place: usize) -> Result<Value<'_>, String> {
        match PLACES.iter().position(|&of_contact| of_contact == place) {
            Some(here) => self.0.value(here),
            // The key, of which nothing is read where there is a text.
            None => Ok(Value::Text("".into())),
        }
    }
}

/// The contacts of a store that the table holds, by customer, in the order they came. They are bounded by the server's
/// settings. Damaged rows are left out, and told.
pub(crate) fn read_recent_contacts(
    connection: &Connection,
    store: StoreId,
) -> Result<HashMap<CustomerId, Vec<RecentContact>>, StoreError> {
    let mut contacts: HashMap<_, Vec<_>> = HashMap::new();
    for (customer, contact) in read_recent_after(connection, store, 0)? {
        contacts.entry(customer).or_default().push(contact);
    }
    Ok(contacts)
}

/// The contacts of a store that the table holds behind this one, in the order they came, each with its customer. Damaged rows are
/// left out, and told.
pub(crate) fn read_recent_after(
    connection: &Connection,
    store: StoreId,
    after: i64,
) -> Result<Vec<(CustomerId, RecentContact)>, StoreError> {
    let reading = doing("read the recent contacts of a store");
    let mut statement = connection.prepare_cached(&OF_STORE).map_err(&reading)?;
    let mut rows = statement.query([store.get(), after]).map_err(&reading)?;
    let mut contacts = Vec::new();
    while let Some(row) = rows.next().map_err(&reading)? {
        let row = Row { store, table: RECENT_CONTACTS, columns: &SqlColumns(row) };
        match row.decode::<StoredRecentContact>() {
            Ok(recent) => contacts.push((recent.stored.customer, recent_contact(recent))),
            Err(damage) => damage.tell(),
        }
    }
    Ok(contacts)
}

fn recent_columns(prefix: &str) -> String {
    let columns = RECENT_CONTACTS.columns_read().map(|column| format!("{prefix}{}", column.name));
    columns.collect::<Vec<_>>().join(", ")
}

/// The recent contacts of a store behind one of them.
pub(crate) static OF_STORE: LazyLock<String> = LazyLock::new(|| {
    let columns = recent_columns("");
    format!(
        "SELECT {columns} FROM recent_contacts WHERE store_id = ?1 AND contact_id > ?2 ORDER BY contact_id"
    )
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
pub(crate) type Unsettled = (CustomerKey, RecentContact, BookSummary);

/// The store and the id of the contact in a row of [`RECENT_OF_ALL`].
pub(crate) fn place_of(row: &rusqlite::Row<'_>) -> Option<(StoreId, i64)> {
    let columns = SqlColumns(row);
    let store = columns.value(RECENT_CONTACTS.columns_read().count()).and_then(StoreId::load).ok()?;
    Some((store, columns.value(0).ok()?.as_integer()?))
}

/// A row of [`RECENT_OF_ALL`]: whose contact, the contact, and the summary of the customer's settled ones; `None` when it is settled.
pub(crate) fn read_unsettled(row: &rusqlite::Row<'_>) -> Result<Option<Unsettled>, Damage> {
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
    if settled >= recent.stored.contact.id.get() {
        return Ok(None);
    }
    Ok(Some((CustomerKey { store, customer: recent.stored.customer }, recent_contact(recent), summary)))
}

/// A contact of the table. It came with a commit before this engine was opened, or of another process.
fn recent_contact(StoredRecentContact { stored, updated }: StoredRecentContact) -> RecentContact {
    RecentContact { contact: stored.contact, updated, batch: 0 }
}
