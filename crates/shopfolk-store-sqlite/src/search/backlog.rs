//! How much searches have to look at besides the blocks, and the work of packing it.

use std::collections::{HashMap, VecDeque};

use rusqlite::Connection;
use shopfolk_model::{CustomerId, SearchedCustomer, StoreId};
use shopfolk_store::StoreError;

use crate::SqliteSettings;
use crate::connection::doing;

/// A commit that packs at all packs at least so many customers.
const PACKED_AT_LEAST: usize = 32;
/// So many customers are kept as searches look at them: more than wait to be packed where there is a packing for each commit.
const MOST_FRESH: usize = 1_024;
/// Of whom there is more than this, is read when it is packed.
const MOST_CONTACTS_OF_FRESH: usize = 32;

/// What of a store is not packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Unpacked {
    changed: usize,
    added: usize,
}

/// Customers of a store that are to be packed, one after the other.
#[derive(Debug)]
pub(crate) struct Packing {
    pub store: StoreId,
    /// By id.
    pub customers: VecDeque<CustomerId>,
    /// When all are packed, contacts up to this id need not be kept among the added ones.
    pub added_through: Option<i64>,
}

/// What is not packed, as far as the writer knows; counted by the tables after a commit failed.
#[derive(Debug)]
pub(crate) struct Backlog {
    /// More than this in one store is too much.
    most: Unpacked,
    stores: HashMap<StoreId, Unpacked>,
    /// The packing that was begun.
    packing: Option<Packing>,
    /// How much came with the commit that is being made.
    came: Unpacked,
    /// Some of the customers that were added and that nothing has changed since, so that whoever packs them need not read them.
    fresh: HashMap<(StoreId, CustomerId), Box<SearchedCustomer>>,
}

impl Backlog {
    /// A backlog of which nothing is known yet.
    pub(crate) fn new(settings: &SqliteSettings) -> Self {
        Self::of(Unpacked { changed: settings.unpacked_customers, added: settings.unpacked_contacts })
    }

    fn of(most: Unpacked) -> Self {
        Self { most, stores: HashMap::new(), packing: None, came: Unpacked::default(), fresh: HashMap::new() }
    }

    /// Counts by the tables, and forgets what was begun.
    pub(crate) fn reload(&mut self, connection: &Connection) -> Result<(), StoreError> {
        *self = Self::of(self.most);
        self.recount_changed(connection)?;
        self.count(
            connection,
            "SELECT store_id, sum(contacts) FROM search_added GROUP BY store_id",
            |of, count| of.added = count,
        )
    }

    /// Counts the changed customers by the table, after another process wrote. Of those who were kept as they were added it is no
    /// longer known whether they still are so.
    pub(crate) fn recount_changed(&mut self, connection: &Connection) -> Result<(), StoreError> {
        self.forget_fresh();
        self.stores.values_mut().for_each(|of_store| of_store.changed = 0);
        self.count(
            connection,
            "SELECT store_id, count(*) FROM search_changed GROUP BY store_id",
            |of, count| of.changed = count,
        )
    }

    fn count(
        &mut self,
        connection: &Connection,
        sql: &str,
        add: fn(&mut Unpacked, usize),
    ) -> Result<(), StoreError> {
        let counting = doing("count what is not packed for searches");
        let mut statement = connection.prepare_cached(sql).map_err(&counting)?;
        let mut rows = statement.query([]).map_err(&counting)?;
        while let Some(row) = rows.next().map_err(&counting)? {
            let (store, count) =
                row.get(0).and_then(|store| Ok((store, row.get::<_, i64>(1)?))).map_err(&counting)?;
            if let Ok(store) = StoreId::new(store) {
                add(self.stores.entry(store).or_default(), usize::try_from(count).unwrap_or_default());
            }
        }
        Ok(())
    }

    /// An operation added a customer with so many contacts: keeps it as searches look at it, if there is room.
    pub(crate) fn keep_fresh(
        &mut self,
        store: StoreId,
        contacts: usize,
        customer: impl FnOnce() -> SearchedCustomer,
    ) {
        if self.fresh.len() < MOST_FRESH && contacts <= MOST_CONTACTS_OF_FRESH {
            let customer = customer();
            self.fresh.insert((store, customer.id), Box::new(customer));
        }
    }

    /// The customer, if it was kept when it was added. Whatever changes a customer takes it away.
    pub(crate) fn take_fresh(
        &mut self,
        store: StoreId,
        customer: CustomerId,
    ) -> Option<Box<SearchedCustomer>> {
        if self.fresh.is_empty() { None } else { self.fresh.remove(&(store, customer)) }
    }

    /// Rows are about to be written without a word of whose they are.
    pub(crate) fn forget_fresh(&mut self) {
        self.fresh.clear();
    }

    /// Customers were noted as changed.
    pub(crate) fn note_changed(&mut self, store: StoreId, customers: usize) {
        self.stores.entry(store).or_default().changed += customers;
        self.came.changed += customers;
    }

    /// Contacts were written among the added ones.
    pub(crate) fn note_added(&mut self, store: StoreId, contacts: usize) {
        self.stores.entry(store).or_default().added += contacts;
        self.came.added += contacts;
    }

    /// Changed customers were packed.
    pub(super) fn note_packed(&mut self, store: StoreId, customers: usize) {
        let of_store = self.stores.entry(store).or_default();
        of_store.changed = of_store.changed.saturating_sub(customers);
    }

    /// So many changed customers of the store are in the table.
    pub(super) fn set_changed(&mut self, store: StoreId, customers: usize) {
        self.stores.entry(store).or_default().changed = customers;
    }

    /// So many added contacts of the store are in the table.
    pub(super) fn set_added(&mut self, store: StoreId, contacts: usize) {
        self.stores.entry(store).or_default().added = contacts;
    }

    /// Added contacts need not be kept any more.
    pub(super) fn note_dropped(&mut self, store: StoreId, contacts: usize) {
        let of_store = self.stores.entry(store).or_default();
        of_store.added = of_store.added.saturating_sub(contacts);
    }

    /// Whether everything is packed.
    pub(crate) fn is_empty(&self) -> bool {
        self.packing.is_none() && self.stores.values().all(|of_store| *of_store == Unpacked::default())
    }

    /// The packing that was begun, if any is.
    pub(crate) fn take_packing(&mut self) -> Option<Packing> {
        self.packing.take()
    }

    /// Keeps the packing that was begun, unless it is done.
    pub(crate) fn put_packing(&mut self, packing: Packing) {
        self.packing = (!packing.customers.is_empty()).then_some(packing);
    }

    /// A store that has something to pack.
    pub(crate) fn store_to_pack(&self) -> Option<StoreId> {
        if let Some(packing) = &self.packing {
            return Some(packing.store);
        }
        self.stores.iter().find(|(_, of_store)| **of_store != Unpacked::default()).map(|(store, _)| *store)
    }

    /// A store that has too much to pack, and whether that is added contacts too.
    pub(crate) fn too_much(&self) -> Option<(StoreId, bool)> {
        let most = self.most;
        let too_much = |of_store: &Unpacked| of_store.changed > most.changed || of_store.added > most.added;
        let (store, of_store) = self.stores.iter().find(|(_, of_store)| too_much(of_store))?;
        Some((*store, of_store.added > most.added))
    }

    /// How many customers the commit that is being made has to pack, so that the backlog does not grow, given what came.
    pub(crate) fn share(&mut self) -> usize {
        let came = std::mem::take(&mut self.came);
        PACKED_AT_LEAST.max(2 * came.changed).max(came.added)
    }
}
