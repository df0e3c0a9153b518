//! How much searches have to look at besides the blocks, and the work of packing it.

use std::collections::{HashMap, VecDeque};

use rusqlite::Connection;
use shopfolk_model::{CustomerId, SearchedCustomer, StoreId};
use shopfolk_store::StoreError;

use crate::SqliteSettings;
use crate::connection::doing;

/// A commit that packs at all packs at least so many customers.
const PACKED_AT_LEAST: usize = 32;

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
    /// Customers that the last operation of that commit added, so that whoever packs them need not read them.
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
        let counting = doing("count what is not packed for searches");
        let mut count = |sql: &str, add: fn(&mut Unpacked, usize)| {
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                if let Ok(store) = StoreId::new(row.get(0)?) {
                    add(
                        self.stores.entry(store).or_default(),
                        usize::try_from(row.get::<_, i64>(1)?).unwrap_or_default(),
                    );
                }
            }
            Ok(())
        };
        count("SELECT store_id, count(*) FROM search_changed GROUP BY store_id", |of, count| {
            of.changed = count;
        })
        .and_then(|()| {
            count("SELECT store_id, sum(contacts) FROM search_added GROUP BY store_id", |of, count| {
                of.added = count;
            })
        })
        .map_err(counting)
    }

    /// An operation added a customer, as searches look at it.
    pub(crate) fn keep_fresh(&mut self, store: StoreId, customer: SearchedCustomer) {
        self.fresh.insert((store, customer.id), Box::new(customer));
    }

    /// The customer, if the last operation added it and nothing has changed it since.
    pub(crate) fn take_fresh(
        &mut self,
        store: StoreId,
        customer: CustomerId,
    ) -> Option<Box<SearchedCustomer>> {
        if self.fresh.is_empty() { None } else { self.fresh.remove(&(store, customer)) }
    }

    /// Another operation begins, or the commit is made.
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
    pub(super) fn recount_changed(&mut self, store: StoreId, customers: usize) {
        self.stores.entry(store).or_default().changed = customers;
    }

    /// So many added contacts of the store are in the table.
    pub(super) fn recount_added(&mut self, store: StoreId, contacts: usize) {
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
