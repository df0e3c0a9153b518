//! What an import knows from one portion to the next.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, RandomState};

use shopfolk_model::{ContactAddress, CustomerId};

use super::rehearsal::Rehearsal;
use super::said_before::clears;
use super::{ImportOutcome, Imported, Line};

/// What an import knows from one portion to the next.
#[derive(Debug, Default)]
pub(super) struct ImportMemory {
    /// The customers of whom a line was.
    told: IdSet,
    /// Whether a line cleared a field.
    cleared: bool,
    /// Who has which contact, once that is asked for.
    owners: Option<ContactOwners>,
    /// What a dry run would have written.
    pub(super) rehearsal: Rehearsal,
}

impl ImportMemory {
    /// Whether an earlier line was of this customer.
    pub(super) fn was_told(&self, id: CustomerId) -> bool {
        self.told.contains(id)
    }

    /// Whether a later line of a customer fills fields that are empty: not where lines say so themselves.
    pub(super) const fn fills(&self) -> bool {
        !self.cleared
    }

    /// Who has which contact; `None` as long as that is not known.
    pub(super) const fn owners(&self) -> Option<&ContactOwners> {
        self.owners.as_ref()
    }

    /// Who may be meant by the contacts of a line without e-mail address and external reference.
    pub(super) fn candidates<'a>(&'a self, line: &'a Line<'_>) -> impl Iterator<Item = CustomerId> {
        let owners = self.owners.as_ref().filter(|_| !line.has_key());
        let found = move |owners: &'a ContactOwners| {
            line.contacts().iter().flat_map(|contact| owners.of(&contact.address))
        };
        owners.into_iter().flat_map(found).take(ContactOwners::MOST_CANDIDATES)
    }

    /// Begins to know who has which contact.
    pub(super) fn know_owners(&mut self, owners: ContactOwners) {
        self.owners = Some(owners);
    }

    /// Takes what became of a line.
    pub(super) fn take(&mut self, line: &Line<'_>, imported: &Imported) {
        let (ImportOutcome::Created(id) | ImportOutcome::Updated(id) | ImportOutcome::Unchanged(id)) =
            imported.outcome
        else {
            return;
        };
        self.told.insert(id);
        self.cleared |= clears(line.said);
        if let Some(owners) = &mut self.owners {
            for contact in line.contacts() {
                owners.add(&contact.address, id);
            }
        }
    }
}

/// A set of ids, most of which lie close together: a bit for each.
#[derive(Debug, Default)]
struct IdSet(BTreeMap<i64, Box<[u64; Self::WORDS]>>);

impl IdSet {
    const WORDS: usize = 64;
    const WORD: i64 = 64;
    const CHUNK: i64 = Self::WORD * 64;

    fn place(id: CustomerId) -> (i64, usize, u64) {
        let (chunk, rest) = (id.get().div_euclid(Self::CHUNK), id.get().rem_euclid(Self::CHUNK));
        // The rest is below 4,096.
        let word = usize::try_from(rest / Self::WORD).unwrap_or_default();
        (chunk, word, 1 << (rest % Self::WORD))
    }

    fn insert(&mut self, id: CustomerId) {
        let (chunk, word, bit) = Self::place(id);
        self.0.entry(chunk).or_insert_with(|| Box::new([0; Self::WORDS]))[word] |= bit;
    }

    fn contains(&self, id: CustomerId) -> bool {
        let (chunk, word, bit) = Self::place(id);
        self.0.get(&chunk).is_some_and(|words| words[word] & bit != 0)
    }
}

/// Who has which contact, by a hash of it: whoever is found has to be looked at.
#[derive(Debug, Default)]
pub(super) struct ContactOwners {
    hasher: RandomState,
    first: HashMap<u64, u32>,
    /// The others of those that several have.
    others: HashMap<u64, Vec<u32>>,
}

impl ContactOwners {
    /// The most contacts that are known: some 70 MB.
    const MOST: usize = 3_500_000;
    /// The most owners of a contact that are told apart.
    const MOST_OWNERS: usize = 16;
    /// The most customers who are looked at because they may have contacts of a line.
    const MOST_CANDIDATES: usize = 64;

    /// Whether there are more contacts than can be known.
    pub(super) fn are_too_many(&self) -> bool {
        self.first.len() >= Self::MOST
    }

    fn hash(&self, address: &ContactAddress) -> u64 {
        self.hasher.hash_one((address.contact_type(), address.key()))
    }

    /// Takes a contact of a customer.
    pub(super) fn add(&mut self, address: &ContactAddress, id: CustomerId) {
        let (hash, Ok(id)) = (self.hash(address), u32::try_from(id.get())) else { return };
        match self.first.get(&hash) {
            None if self.are_too_many() => {}
            None => {
                self.first.insert(hash, id);
            }
            Some(&first) if first == id => {}
            Some(_) => {
                let others = self.others.entry(hash).or_default();
                if others.len() < Self::MOST_OWNERS && !others.contains(&id) {
                    others.push(id);
                }
            }
        }
    }

    /// Who may have this contact.
    pub(super) fn of(&self, address: &ContactAddress) -> impl Iterator<Item = CustomerId> {
        let hash = self.hash(address);
        let others = self.others.get(&hash).into_iter().flatten();
        let all = self.first.get(&hash).into_iter().chain(others);
        all.filter_map(|&id| CustomerId::new(i64::from(id)).ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_the_ids_that_were_put_into_it() {
        let id = |number| CustomerId::new(number).unwrap();
        let mut set = IdSet::default();
        let inside = [1, 63, 64, 4_095, 4_096, 1_000_000, CustomerId::MAXIMUM.get()];
        for number in inside {
            set.insert(id(number));
        }
        assert!(inside.into_iter().all(|number| set.contains(id(number))));
        assert!(![2, 62, 65, 4_097, 999_999].into_iter().any(|number| set.contains(id(number))));
    }
}
