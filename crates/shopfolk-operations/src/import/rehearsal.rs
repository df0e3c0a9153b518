//! A dry run: everything but the writing, with what would have been written kept in mind.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};

use shopfolk_model::{
    ContactBook, Customer, CustomerGroup, CustomerId, EmailAddress, ExternalReferenceId, ExtraField,
};
use shopfolk_store::{CountedId, StoreError};

use super::Line;

/// What a portion of a dry run would have written.
#[derive(Debug)]
pub(super) struct Rehearsed {
    pub(super) ids: PretendedIds,
    pub(super) customers: Vec<(Customer, ContactBook)>,
    pub(super) groups: Vec<CustomerGroup>,
    pub(super) fields: Vec<ExtraField>,
}

/// Ids that are given to nobody, from the last one down.
#[derive(Debug, Clone, Copy)]
pub(super) struct PretendedIds(i64);

impl PretendedIds {
    /// The next so many.
    pub(super) fn take<I: CountedId>(&mut self, count: usize) -> Result<Vec<I>, StoreError> {
        let next = |_| {
            let id = I::from_number(self.0).map_err(|_| StoreError::OutOfIds { kind: I::KIND.name() });
            self.0 -= 1;
            id
        };
        (0..count).map(next).collect()
    }

    /// Whether nobody has this id.
    pub(super) fn are_pretended(self, id: CustomerId) -> bool {
        id.get() > self.0
    }
}

/// What a dry run would have written so far: all keys of customers, and the last customers as they would be.
#[derive(Debug)]
pub(super) struct Rehearsal {
    pub(super) ids: PretendedIds,
    pub(super) groups: Vec<CustomerGroup>,
    pub(super) fields: Vec<ExtraField>,
    hasher: RandomState,
    keys: HashMap<u64, CustomerId>,
    states: HashMap<CustomerId, (Customer, ContactBook)>,
    /// The customers whose state is known, the oldest first.
    order: VecDeque<CustomerId>,
}

/// A key of a customer.
#[derive(Debug, Clone, Copy)]
pub(crate) enum RehearsedKey<'a> {
    /// The e-mail address.
    Email(&'a EmailAddress),
    /// The external reference.
    Reference(&'a ExternalReferenceId),
}

impl Default for Rehearsal {
    fn default() -> Self {
        Self {
            ids: PretendedIds(CustomerId::MAXIMUM.get()),
            groups: Vec::new(),
            fields: Vec::new(),
            hasher: RandomState::new(),
            keys: HashMap::new(),
            states: HashMap::new(),
            order: VecDeque::new(),
        }
    }
}

impl Rehearsal {
    /// The most keys that are kept in mind: some 40 MB. A customer behind them who comes again counts as new.
    const MOST_KEYS: usize = 1_800_000;
    /// The most customers of whom everything is kept in mind. One before them who comes again counts as changed.
    const MOST_STATES: usize = 10_000;

    /// Whether nothing would have been written.
    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Who would have the e-mail address of a line, and who the external reference.
    pub(super) fn of_line<'a>(
        &self,
        line: &Line<'a>,
    ) -> impl Iterator<Item = (CustomerId, RehearsedKey<'a>)> + use<'a> {
        let email = line.said.email.as_ref().map(RehearsedKey::Email);
        let keys = [email, line.said.reference().map(RehearsedKey::Reference)];
        let found = keys.map(|key| Some((*self.keys.get(&self.hash(key?))?, key?)));
        found.into_iter().flatten()
    }

    fn hash(&self, key: RehearsedKey<'_>) -> u64 {
        match key {
            RehearsedKey::Email(email) => self.hasher.hash_one((0, email.key())),
            RehearsedKey::Reference(reference) => self.hasher.hash_one((1, reference.as_str())),
        }
    }

    /// A customer as it would be, where that is kept in mind.
    pub(super) fn state(&self, id: CustomerId) -> Option<&(Customer, ContactBook)> {
        self.states.get(&id)
    }

    /// Whether it is a customer who would have been created.
    pub(super) fn would_create(&self, id: CustomerId) -> bool {
        self.ids.are_pretended(id)
    }

    /// Takes what a portion would have written.
    pub(super) fn take(&mut self, rehearsed: Rehearsed) {
        let Rehearsed { ids, customers, groups, fields } = rehearsed;
        self.ids = ids;
        self.groups.extend(groups);
        self.fields.extend(fields);
        for (customer, contacts) in customers {
            let id = customer.id;
            let reference = customer.details.external_reference.as_ref().map(RehearsedKey::Reference);
            let email = customer.email.as_ref().map(RehearsedKey::Email);
            for key in [email, reference].into_iter().flatten() {
                if self.keys.len() < Self::MOST_KEYS {
                    self.keys.insert(self.hash(key), id);
                }
            }
            if self.states.insert(id, (customer, contacts)).is_none() {
                self.order.push_back(id);
            }
            if self.order.len() > Self::MOST_STATES
                && let Some(oldest) = self.order.pop_front()
            {
                self.states.remove(&oldest);
            }
        }
    }
}
