//! The customers that a search has found so far, block by block.

use super::bits::Bits;

/// Those found in one block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BlockHits {
    /// The block: the id of the first customer that belongs into it.
    pub first: i64,
    /// Which of them are found.
    pub bits: Bits,
}

/// Those found in all blocks of a store, by block; blocks without any are left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Hits(Vec<BlockHits>);

impl Hits {
    /// Puts the blocks in order and leaves empty ones out.
    pub(super) fn of(mut blocks: Vec<BlockHits>) -> Self {
        blocks.retain(|block| !block.bits.is_empty());
        if !blocks.is_sorted_by_key(|block| block.first) {
            blocks.sort_unstable_by_key(|block| block.first);
        }
        Self(blocks)
    }

    pub(super) fn blocks(&self) -> &[BlockHits] {
        &self.0
    }

    pub(super) fn count(&self) -> usize {
        self.0.iter().map(|block| block.bits.count()).sum()
    }

    /// Those found by both.
    pub(super) fn and(&self, other: &Self) -> Self {
        let mut others = other.0.iter().peekable();
        let both = self.0.iter().filter_map(|block| {
            while others.next_if(|other| other.first < block.first).is_some() {}
            let other = others.next_if(|other| other.first == block.first)?;
            Some(BlockHits { bits: block.bits.and(other.bits), ..*block })
        });
        Self::of(both.collect())
    }

    /// Those found by either.
    pub(super) fn or(self, other: Self) -> Self {
        let mut either = self.0;
        either.extend(other.0);
        either.sort_by_key(|block| block.first);
        either.dedup_by(|later, earlier| {
            let same = later.first == earlier.first;
            if same {
                earlier.bits = earlier.bits.or(later.bits);
            }
            same
        });
        Self(either)
    }

    /// The hits of the block into which a customer belongs, if any block with hits can be it.
    pub(super) fn block_mut(&mut self, customer: i64) -> Option<&mut BlockHits> {
        let after = self.0.partition_point(|block| block.first <= customer);
        after.checked_sub(1).map(|place| &mut self.0[place])
    }

    /// Leaves out blocks that have become empty.
    pub(super) fn tidy(&mut self) {
        self.0.retain(|block| !block.bits.is_empty());
    }

    /// The number of blocks with hits.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Those of this block.
    pub(super) fn at(&self, first: i64) -> Option<&BlockHits> {
        self.0.binary_search_by_key(&first, |block| block.first).ok().map(|place| &self.0[place])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(blocks: &[(i64, &[usize])]) -> Hits {
        let block = |&(first, places): &(i64, &[usize])| {
            let bits = Bits::of(256, |place| places.contains(&place));
            BlockHits { first, bits }
        };
        Hits::of(blocks.iter().map(block).collect())
    }

    #[test]
    fn hits_join_block_by_block() {
        let one = hits(&[(1, &[0, 1]), (9, &[5]), (20, &[7])]);
        let other = hits(&[(20, &[7, 8]), (1, &[1, 2]), (10, &[5])]);
        assert_eq!(one.and(&other), hits(&[(1, &[1]), (20, &[7])]));
        assert_eq!(one.clone().or(other), hits(&[(1, &[0, 1, 2]), (9, &[5]), (10, &[5]), (20, &[7, 8])]));
        assert_eq!(one.and(&Hits::default()), Hits::default());
        assert_eq!(one.count(), 4);
    }

    #[test]
    fn a_customer_belongs_into_the_last_block_that_begins_before_it() {
        let mut one = hits(&[(1, &[0]), (9, &[5])]);
        let mut first = |customer| one.block_mut(customer).map(|block| block.first);
        assert_eq!([0, 1, 8, 9, 100].map(&mut first), [None, Some(1), Some(1), Some(9), Some(9)]);
    }
}
