//! A block: one text or one number of each of up to [`MOST_CUSTOMERS`](super::bits::MOST_CUSTOMERS) customers, packed.

use std::ops::Range;

use memchr::memmem::Finder;

use super::bits::Bits;
use super::field::{END, PART_END, marked_type};

/// What is wrong with a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the block is damaged")]
pub(super) struct Damaged;

/// Packs texts; nothing is kept of texts that are all empty.
///
/// First the place after each text (its [`END`] included) as 32 bits, little end first, then the texts.
pub(super) fn pack_texts<T: AsRef<[u8]>>(texts: &[T]) -> Vec<u8> {
    if texts.iter().all(|text| text.as_ref().is_empty()) {
        return Vec::new();
    }
    let length: usize = texts.iter().map(|text| text.as_ref().len() + 5).sum();
    let mut packed = Vec::with_capacity(length);
    let mut end = 0;
    for text in texts {
        end += text.as_ref().len() + 1;
        packed.extend_from_slice(&u32::try_from(end).unwrap_or(u32::MAX).to_le_bytes());
    }
    for text in texts {
        packed.extend_from_slice(text.as_ref());
        packed.push(END);
    }
    packed
}

/// The texts of a block.
#[derive(Debug, Clone, Copy)]
pub(super) struct Texts<'a> {
    ends: &'a [[u8; 4]],
    texts: &'a [u8],
}

impl<'a> Texts<'a> {
    /// The texts of this many customers that were packed so.
    pub(super) fn unpack(count: usize, packed: &'a [u8]) -> Result<Self, Damaged> {
        if packed.is_empty() {
            return Ok(Self { ends: &[], texts: &[] });
        }
        let (ends, texts) = packed.split_at_checked(count * 4).ok_or(Damaged)?;
        let (ends, rest) = ends.as_chunks::<4>();
        let block = Self { ends, texts };
        let whole = rest.is_empty()
            && (1..ends.len()).all(|place| block.end(place - 1) < block.end(place))
            && ends.len().checked_sub(1).is_some_and(|last| block.end(last) == texts.len());
        if whole { Ok(block) } else { Err(Damaged) }
    }

    fn end(&self, place: usize) -> usize {
        u32::from_le_bytes(self.ends[place]) as usize
    }

    fn range(&self, place: usize) -> Range<usize> {
        let start = if place == 0 { 0 } else { self.end(place - 1) };
        start..self.end(place)
    }

    /// The text of a customer; empty when there is none.
    pub(super) fn get(&self, place: usize) -> &'a [u8] {
        if place >= self.ends.len() {
            return &[];
        }
        let range = self.range(place);
        &self.texts[range.start..range.end - 1]
    }

    /// Those whose text has the wanted one in it.
    pub(super) fn containing(&self, wanted: &Finder<'_>) -> Bits {
        self.matching(wanted, |_| true)
    }

    /// Those who have a contact with the wanted text in it whose type is accepted.
    pub(super) fn with_contact(
        &self,
        wanted: &Finder<'_>,
        mut accepts: impl FnMut(shopfolk_model::ContactType) -> bool,
    ) -> Bits {
        self.matching(wanted, |before| {
            let start = memchr::memrchr2(END, PART_END, before).map_or(0, |separator| separator + 1);
            before.get(start).copied().and_then(marked_type).is_some_and(&mut accepts)
        })
    }

    /// Those whose text has the wanted one in it at a place that is accepted, given everything before it.
    fn matching(&self, wanted: &Finder<'_>, mut accepts: impl FnMut(&[u8]) -> bool) -> Bits {
        let mut bits = Bits::default();
        let (mut place, mut from) = (0, 0);
        while let Some(found) = self.texts.get(from..).and_then(|rest| wanted.find(rest)) {
            let found = from + found;
            // The next one is seldom far: looking ahead step by step is quicker than halving.
            while place < self.ends.len() && self.end(place) <= found {
                place += 1;
            }
            if place >= self.ends.len() {
                break;
            }
            if accepts(&self.texts[..found]) {
                bits.set(place);
                from = self.end(place);
            } else {
                from = found + 1;
            }
        }
        bits
    }

    /// Those of whose parts one is accepted.
    pub(super) fn with_part(&self, mut accepts: impl FnMut(&[u8]) -> bool) -> Bits {
        Bits::of(self.ends.len(), |place| {
            self.get(place).split(|&byte| byte == PART_END).any(|part| !part.is_empty() && accepts(part))
        })
    }
}

/// Packs numbers as 64 bits each, little end first; nothing is kept of numbers that are all the same.
pub(super) fn pack_numbers(numbers: &[i64]) -> Vec<u8> {
    if numbers.windows(2).all(|pair| pair[0] == pair[1]) {
        return Vec::new();
    }
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

/// The numbers of a block.
#[derive(Debug, Clone, Copy)]
pub(super) struct Numbers<'a> {
    count: usize,
    low: i64,
    packed: &'a [[u8; 8]],
}

impl<'a> Numbers<'a> {
    /// The numbers of this many customers that were packed so; `low` is the least of them.
    pub(super) fn unpack(count: usize, low: i64, packed: &'a [u8]) -> Result<Self, Damaged> {
        let (packed, rest) = packed.as_chunks::<8>();
        if !rest.is_empty() || !(packed.is_empty() || packed.len() == count) {
            return Err(Damaged);
        }
        Ok(Self { count, low, packed })
    }

    /// The number of a customer.
    pub(super) fn get(&self, place: usize) -> i64 {
        self.packed.get(place).map_or(self.low, |bytes| i64::from_le_bytes(*bytes))
    }

    /// Those whose number is accepted.
    pub(super) fn accepted(&self, mut accepts: impl FnMut(i64) -> bool) -> Bits {
        if self.packed.is_empty() {
            return if self.count > 0 && accepts(self.low) { Bits::all(self.count) } else { Bits::default() };
        }
        Bits::of(self.count, |place| accepts(self.get(place)))
    }

    /// All numbers.
    pub(super) fn iter(&self) -> impl Iterator<Item = i64> {
        (0..self.count).map(|place| self.get(place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_out_as_they_went_in() {
        for texts in [vec![], vec!["", ""], vec!["anna", "", "böb"]] {
            let packed = pack_texts(&texts);
            let block = Texts::unpack(texts.len(), &packed).unwrap();
            for (place, text) in texts.iter().enumerate() {
                assert_eq!(block.get(place), text.as_bytes());
            }
        }
    }

    #[test]
    fn a_text_is_found_in_each_customer_once_and_never_across_two() {
        let packed = pack_texts(&["anna anna", "bert", "nan", "na", "n"]);
        let block = Texts::unpack(5, &packed).unwrap();
        assert_eq!(block.containing(&Finder::new("na")).places().collect::<Vec<_>>(), [0, 2, 3]);
        assert_eq!(block.containing(&Finder::new("nn")).places().collect::<Vec<_>>(), [0]);
        assert!(block.containing(&Finder::new("ab")).is_empty());
    }

    #[test]
    fn a_damaged_block_is_refused() {
        let packed = pack_texts(&["anna", "bert"]);
        for damaged in [&packed[..3], &packed[..packed.len() - 1], &[&packed[..], b"x"].concat()] {
            assert!(Texts::unpack(2, damaged).is_err());
        }
        assert!(Texts::unpack(3, &packed).is_err());
        assert!(Numbers::unpack(2, 0, &[0; 15]).is_err() && Numbers::unpack(3, 0, &[0; 16]).is_err());
    }

    #[test]
    fn numbers_come_out_as_they_went_in() {
        for numbers in [vec![], vec![7], vec![5, 5, 5], vec![-1, 3, i64::MIN]] {
            let low = numbers.iter().copied().min().unwrap_or_default();
            let packed = pack_numbers(&numbers);
            let block = Numbers::unpack(numbers.len(), low, &packed).unwrap();
            assert_eq!(block.iter().collect::<Vec<_>>(), numbers);
            assert_eq!(
                block.accepted(|number| number > 2).count(),
                numbers.iter().filter(|&&n| n > 2).count()
            );
        }
    }
}
