//! Some of the customers of a block.

/// The most customers of one block.
pub(super) const MOST_CUSTOMERS: usize = 256;

const WORDS: usize = MOST_CUSTOMERS / 64;

/// One bit for each customer that a block can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Bits([u64; WORDS]);

impl Bits {
    /// The first so many customers.
    pub(super) fn all(count: usize) -> Self {
        let mut bits = Self::default();
        for place in 0..count.min(MOST_CUSTOMERS) {
            bits.set(place);
        }
        bits
    }

    /// Those of the first so many for which this holds.
    pub(super) fn of(count: usize, mut holds: impl FnMut(usize) -> bool) -> Self {
        let mut bits = Self::default();
        for place in 0..count.min(MOST_CUSTOMERS) {
            if holds(place) {
                bits.set(place);
            }
        }
        bits
    }

    /// Adds a customer, whose place is below [`MOST_CUSTOMERS`].
    pub(super) fn set(&mut self, place: usize) {
        self.0[place / 64] |= 1 << (place % 64);
    }

    /// Takes a customer away.
    pub(super) fn clear(&mut self, place: usize) {
        self.0[place / 64] &= !(1 << (place % 64));
    }

    pub(super) fn contains(self, place: usize) -> bool {
        self.0[place / 64] & (1 << (place % 64)) != 0
    }

    pub(super) fn is_empty(self) -> bool {
        self == Self::default()
    }

    pub(super) fn count(self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self(std::array::from_fn(|word| self.0[word] & other.0[word]))
    }

    pub(super) fn or(self, other: Self) -> Self {
        Self(std::array::from_fn(|word| self.0[word] | other.0[word]))
    }

    /// The places of the customers, in their order.
    pub(super) fn places(self) -> impl Iterator<Item = usize> {
        (0..MOST_CUSTOMERS).filter(move |&place| self.contains(place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_a_set_of_places() {
        let mut bits = Bits::all(130);
        assert_eq!(bits.count(), 130);
        bits.clear(64);
        assert!(!bits.contains(64) && bits.contains(129) && !bits.contains(130));
        let even = Bits::of(256, |place| place % 2 == 0);
        assert_eq!(bits.and(even).count(), 64);
        assert_eq!(bits.or(even).count(), 65 + 128);
        assert_eq!(bits.and(even).places().take(3).collect::<Vec<_>>(), [0, 2, 4]);
        assert!(Bits::default().is_empty() && !even.is_empty());
    }
}
