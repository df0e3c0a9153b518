//! What came later than the blocks were packed: where the customers lie to whom contacts were added since.

use shopfolk_store::StoreError;

use super::bits::Bits;
use super::blocks::Blocks;
use super::field::Column;
use super::hits::{BlockHits, Hits};

/// A contact that was added, where that matters to a search: whose, which, and the customer's `updated` by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Late {
    pub customer: i64,
    pub contact: i64,
    pub updated: i64,
}

/// A customer in a block whose `updated` the block does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LateUpdate {
    /// The block.
    pub first: i64,
    /// The customer's place in it.
    pub place: usize,
    /// When the customer was updated, in UNIX seconds.
    pub updated: i64,
}

impl Blocks<'_> {
    /// Those in the blocks to whom contacts were added of which the blocks do not know yet.
    pub(super) fn late(self, contacts: &[Late]) -> Result<Hits, StoreError> {
        let mut hits: Vec<BlockHits> = Vec::new();
        self.place(contacts, |first, place, _| match hits.last_mut() {
            Some(block) if block.first == first => block.bits.set(place),
            _ => {
                let mut bits = Bits::default();
                bits.set(place);
                hits.push(BlockHits { first, bits });
            }
        })?;
        Ok(Hits::of(hits))
    }

    /// Those of these customers, who are given by id, who are in the blocks.
    pub(super) fn these(self, customers: &[i64]) -> Result<Hits, StoreError> {
        let always = |&customer: &i64| Late { customer, contact: i64::MAX, updated: 0 };
        self.late(&customers.iter().map(always).collect::<Vec<_>>())
    }

    pub(super) fn late_updates(self, contacts: &[Late]) -> Result<Vec<LateUpdate>, StoreError> {
        let mut updates: Vec<LateUpdate> = Vec::new();
        self.place(contacts, |first, place, late| {
            let update = LateUpdate { first, place, updated: late.updated };
            match updates.last_mut() {
                Some(last) if (last.first, last.place) == (first, place) => *last = update,
                _ => updates.push(update),
            }
        })?;
        Ok(updates)
    }

    /// Hands the block and place of the customer of each contact that the block does not know yet to `look`, by customer,
    /// then in the order the contacts came.
    fn place(self, contacts: &[Late], mut look: impl FnMut(i64, usize, Late)) -> Result<(), StoreError> {
        let mut contacts = contacts.to_vec();
        contacts.sort_unstable_by_key(|late| (late.customer, late.contact));
        let mut block: Option<(i64, Vec<i64>, Vec<i64>)> = None;
        for late in contacts {
            let inside = block
                .as_ref()
                .is_some_and(|(_, ids, _)| ids.last().is_some_and(|&last| late.customer <= last));
            if !inside {
                block = match self.block_of(late.customer)? {
                    Some((first, ids)) => Some((first, ids, self.column(Column::NextContactId, first)?)),
                    None => None,
                };
            }
            let Some((first, ids, next)) = &block else { continue };
            let Ok(place) = ids.binary_search(&late.customer) else { continue };
            if next.get(place).is_some_and(|&next| late.contact >= next) {
                look(*first, place, late);
            }
        }
        Ok(())
    }
}
