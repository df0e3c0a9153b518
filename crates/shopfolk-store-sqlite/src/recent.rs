//! The contacts that were created lately and are not settled yet, in memory.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use shopfolk_model::{BookSummary, Contact, ContactId, CustomerId, StoreId, Timestamp};

/// A customer of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct CustomerKey {
    pub store: StoreId,
    pub customer: CustomerId,
}

/// The number of a commit, counted from 1 since the engine was opened.
pub(crate) type BatchNumber = u64;

/// A contact in `recent_contacts`.
#[derive(Debug, Clone)]
pub(crate) struct RecentContact {
    pub contact: Arc<Contact>,
    /// What the customer's `updated` is by this contact.
    pub updated: Timestamp,
    /// The commit it came with. Readers see it when that is done.
    pub batch: BatchNumber,
}

/// What is known of one customer with recent contacts.
#[derive(Debug, Default)]
struct RecentCustomer {
    /// By id, which is the order they came in.
    contacts: Vec<RecentContact>,
    /// Over all contacts of the customer, settled or not. Right while there are unsettled ones.
    summary: BookSummary,
    /// Contacts up to this id are in the tables. They stay here until no reader has an older snapshot.
    settled_through: Option<ContactId>,
}

impl RecentCustomer {
    fn unsettled(&self) -> &[RecentContact] {
        let first = self.contacts.partition_point(|recent| Some(recent.contact.id) <= self.settled_through);
        &self.contacts[first..]
    }
}

/// What the writer sees of a customer that has unsettled contacts.
pub(crate) struct Unsettled {
    pub summary: BookSummary,
    /// When the customer was updated by the last of them.
    pub updated: Timestamp,
    /// Those that the question was about.
    pub contacts: Vec<Arc<Contact>>,
    /// How many there are in all.
    pub count: usize,
}

#[derive(Debug, Default)]
struct Inner {
    customers: HashMap<CustomerKey, RecentCustomer>,
    /// The last commit that is done.
    committed: BatchNumber,
    /// How many unsettled contacts there are.
    unsettled: usize,
    /// Settled customers whose contacts are kept for readers with older snapshots, oldest first.
    retired: VecDeque<(BatchNumber, CustomerKey, ContactId)>,
    /// The commit that each reader began after; `None` while it rests.
    readers: Vec<Option<BatchNumber>>,
}

/// The list of recent contacts, shared by the writer, which alone changes it, and the readers.
#[derive(Debug)]
pub(crate) struct RecentContacts(Mutex<Inner>);

/// A reader's place in the list: from [`RecentContacts::begin_read`] to [`RecentContacts::end_read`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ReaderNumber(pub usize);

impl RecentContacts {
    /// An empty list for this many readers.
    pub(crate) fn new(readers: usize) -> Self {
        Self(Mutex::new(Inner { readers: vec![None; readers], ..Inner::default() }))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing in this file panics while it holds the lock, so a poisoned list is a whole one.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A reader says, before it takes its snapshot, that it is about to. What it may need stays until it ends.
    pub(crate) fn begin_read(&self, reader: ReaderNumber) -> BatchNumber {
        let mut inner = self.lock();
        let committed = inner.committed;
        inner.readers[reader.0] = Some(committed);
        committed
    }

    /// A reader says that it has given its snapshot back.
    pub(crate) fn end_read(&self, reader: ReaderNumber) {
        self.lock().readers[reader.0] = None;
    }

    /// The recent contacts of a customer that a reader adds to what its snapshot says: those that came with a commit
    /// up to `began` and are not settled in the snapshot, whose row says `settled_through`.
    pub(crate) fn read(
        &self,
        customer: CustomerKey,
        began: BatchNumber,
        settled_through: i64,
    ) -> Vec<RecentContact> {
        let inner = self.lock();
        let Some(recent) = inner.customers.get(&customer) else { return Vec::new() };
        recent
            .contacts
            .iter()
            .filter(|recent| recent.batch <= began && recent.contact.id.get() > settled_through)
            .cloned()
            .collect()
    }

    /// When the customer was updated by the last of these, in UNIX seconds.
    pub(crate) fn last_update(
        &self,
        customer: CustomerKey,
        began: BatchNumber,
        settled_through: i64,
    ) -> Option<i64> {
        let inner = self.lock();
        let recent = inner.customers.get(&customer)?;
        let last = recent.contacts.iter().rev().find(|recent| recent.batch <= began)?;
        (last.contact.id.get() > settled_through).then(|| last.updated.unix_seconds())
    }

    /// What the writer needs of a customer's unsettled contacts; `None` when there are none and the tables say all.
    pub(crate) fn unsettled(
        &self,
        customer: CustomerKey,
        wanted: impl Fn(&Contact) -> bool,
    ) -> Option<Unsettled> {
        let inner = self.lock();
        let recent = inner.customers.get(&customer)?;
        let unsettled = recent.unsettled();
        let updated = unsettled.last()?.updated;
        let contacts = unsettled
            .iter()
            .filter(|recent| wanted(&recent.contact))
            .map(|recent| Arc::clone(&recent.contact));
        let (summary, contacts, count) = (recent.summary, contacts.collect(), unsettled.len());
        Some(Unsettled { summary, updated, contacts, count })
    }

    /// The unsettled contacts of a customer, with the summary.
    pub(crate) fn take_stock(&self, customer: CustomerKey) -> Option<(Vec<RecentContact>, BookSummary)> {
        let inner = self.lock();
        let recent = inner.customers.get(&customer)?;
        let unsettled = recent.unsettled();
        (!unsettled.is_empty()).then(|| (unsettled.to_vec(), recent.summary))
    }

    /// Adds a contact, and says whether it is the first unsettled one of its customer.
    pub(crate) fn add(&self, customer: CustomerKey, contact: RecentContact, summary: BookSummary) -> bool {
        let mut inner = self.lock();
        inner.unsettled += 1;
        let recent = inner.customers.entry(customer).or_default();
        let first = recent.unsettled().is_empty();
        recent.contacts.push(contact);
        recent.summary = summary;
        first
    }

    /// Takes a contact that another process created, unless it is known. What the customer's contacts amount to is not right before
    /// [`Self::refresh`].
    pub(crate) fn take(&self, customer: CustomerKey, contact: RecentContact) {
        let mut inner = self.lock();
        let recent = inner.customers.entry(customer).or_default();
        if recent.contacts.last().is_none_or(|last| last.contact.id < contact.contact.id) {
            recent.contacts.push(contact);
            inner.unsettled += 1;
        }
    }

    /// Whether anything is known of a customer.
    pub(crate) fn knows(&self, customer: CustomerKey) -> bool {
        self.lock().customers.contains_key(&customer)
    }

    /// Puts right what is known of a customer whose contacts another process may have settled: forgets those up to
    /// `settled_through`, where all settled ones amount to `settled`.
    pub(crate) fn refresh(&self, customer: CustomerKey, settled_through: i64, settled: BookSummary) {
        let mut inner = self.lock();
        let Some(mut recent) = inner.customers.remove(&customer) else { return };
        inner.unsettled -= recent.unsettled().len();
        recent.contacts.retain(|recent| recent.contact.id.get() > settled_through);
        if recent.contacts.is_empty() {
            return;
        }
        let summary = recent.contacts.iter().fold(settled, |summary, recent| summary.with(&recent.contact));
        inner.unsettled += recent.contacts.len();
        let refreshed = RecentCustomer { summary, contacts: recent.contacts, settled_through: None };
        inner.customers.insert(customer, refreshed);
    }

    /// Forgets the contacts of a store before this one.
    pub(crate) fn forget_before(&self, store: StoreId, first: i64) {
        let mut inner = self.lock();
        let mut unsettled = inner.unsettled;
        inner.customers.retain(|customer, recent| {
            if customer.store == store {
                unsettled -= recent.unsettled().len();
                recent.contacts.retain(|recent| recent.contact.id.get() >= first);
                unsettled += recent.unsettled().len();
            }
            !recent.contacts.is_empty()
        });
        inner.unsettled = unsettled;
    }

    /// Notes that a customer's contacts were moved to the tables in this commit, which is not done yet.
    pub(crate) fn settle(&self, customer: CustomerKey, batch: BatchNumber) {
        let mut inner = self.lock();
        let Some(recent) = inner.customers.get_mut(&customer) else { return };
        let count = recent.unsettled().len();
        let Some(through) = recent.contacts.last().map(|last| last.contact.id) else { return };
        recent.settled_through = Some(through);
        inner.unsettled -= count;
        inner.retired.push_back((batch, customer, through));
    }

    /// Notes that a commit is done: readers that begin now see it. Forgets what no reader needs any more.
    pub(crate) fn publish(&self, batch: BatchNumber) {
        let mut inner = self.lock();
        inner.committed = batch;
        let oldest_reader = inner.readers.iter().flatten().copied().min().unwrap_or(batch);
        while let Some(&(settled_in, customer, through)) = inner.retired.front() {
            if settled_in > oldest_reader {
                break;
            }
            inner.retired.pop_front();
            if let Entry::Occupied(mut entry) = inner.customers.entry(customer) {
                entry.get_mut().contacts.retain(|recent| recent.contact.id > through);
                if entry.get().contacts.is_empty() {
                    entry.remove();
                }
            }
        }
    }

    /// How many unsettled contacts there are.
    pub(crate) fn count(&self) -> usize {
        self.lock().unsettled
    }

    /// Puts the list right after a commit failed or another process wrote: forgets what came with commits from `batch`
    /// on, and takes what the table holds as the truth. `unsettled` are its rows above their customers' mark, by store
    /// and id, each with the summary that its customer's row gives without them.
    pub(crate) fn reload(
        &self,
        batch: BatchNumber,
        unsettled: impl IntoIterator<Item = (CustomerKey, RecentContact, BookSummary)>,
    ) {
        let mut inner = self.lock();
        let committed = inner.committed;
        let mut fresh: HashMap<CustomerKey, RecentCustomer> = HashMap::new();
        let mut count = 0;
        for (customer, mut contact, settled_summary) in unsettled {
            let known = inner.customers.get(&customer).and_then(|recent| {
                recent.contacts.iter().find(|known| known.contact.id == contact.contact.id)
            });
            contact.batch = known.map_or(committed, |known| known.batch);
            let recent = fresh
                .entry(customer)
                .or_insert_with(|| RecentCustomer { summary: settled_summary, ..RecentCustomer::default() });
            recent.summary = recent.summary.with(&contact.contact);
            recent.contacts.push(contact);
            count += 1;
        }
        let mut retired = VecDeque::new();
        for (customer, mut old) in inner.customers.drain() {
            old.contacts.retain(|recent| recent.batch < batch);
            let recent = fresh.entry(customer).or_default();
            let first_unsettled = recent.contacts.first().map(|first| first.contact.id);
            // What the table no longer holds unsettled may still be needed by readers with an older snapshot.
            old.contacts.retain(|recent| first_unsettled.is_none_or(|first| recent.contact.id < first));
            if let Some(last) = old.contacts.last() {
                recent.settled_through = Some(last.contact.id);
                retired.push_back((batch, customer, last.contact.id));
            }
            old.contacts.append(&mut recent.contacts);
            recent.contacts = old.contacts;
        }
        fresh.retain(|_, recent| !recent.contacts.is_empty());
        inner.customers = fresh;
        inner.unsettled = count;
        inner.retired = retired;
    }
}
