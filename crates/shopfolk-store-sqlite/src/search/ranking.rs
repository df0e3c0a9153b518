//! The best of many, without sorting them all.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::field::MISSING;

/// What customers are compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key<'a> {
    Text(&'a [u8]),
    Number(i64),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum OwnedKey {
    Text(Box<[u8]>),
    Number(i64),
}

impl OwnedKey {
    fn borrowed(&self) -> Key<'_> {
        match self {
            Self::Text(text) => Key::Text(text),
            Self::Number(number) => Key::Number(*number),
        }
    }
}

impl Key<'_> {
    fn is_missing(self) -> bool {
        matches!(self, Self::Text([]) | Self::Number(MISSING))
    }

    fn owned(self) -> OwnedKey {
        match self {
            Self::Text(text) => OwnedKey::Text(text.into()),
            Self::Number(number) => OwnedKey::Number(number),
        }
    }

    /// Which comes first; what is missing comes last in both directions.
    fn order(self, other: Self, descending: bool) -> Ordering {
        let by_value = || {
            let ascending = match (self, other) {
                (Self::Text(one), Self::Text(other)) => one.cmp(other),
                (Self::Number(one), Self::Number(other)) => one.cmp(&other),
                (Self::Text(_), Self::Number(_)) => Ordering::Less,
                (Self::Number(_), Self::Text(_)) => Ordering::Greater,
            };
            if descending { ascending.reverse() } else { ascending }
        };
        self.is_missing().cmp(&other.is_missing()).then_with(by_value)
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Ranked {
    key: OwnedKey,
    id: i64,
    descending: bool,
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key.borrowed().order(other.key.borrowed(), self.descending).then_with(|| self.id.cmp(&other.id))
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The first so many of all that are offered.
pub(super) struct Ranking {
    most: usize,
    descending: bool,
    best: BinaryHeap<Ranked>,
}

impl Ranking {
    pub(super) fn new(most: usize, descending: bool) -> Self {
        Self { most, descending, best: BinaryHeap::new() }
    }

    /// Offers a customer, whose id is asked for only when it matters.
    pub(super) fn offer<E>(&mut self, key: Key<'_>, id: impl FnOnce() -> Result<i64, E>) -> Result<(), E> {
        if self.best.len() < self.most {
            self.best.push(Ranked { key: key.owned(), id: id()?, descending: self.descending });
            return Ok(());
        }
        let Some(worst) = self.best.peek() else { return Ok(()) };
        let order = key.order(worst.key.borrowed(), self.descending);
        if order == Ordering::Greater {
            return Ok(());
        }
        let id = id()?;
        if order.then_with(|| id.cmp(&worst.id)) == Ordering::Less {
            self.best.pop();
            self.best.push(Ranked { key: key.owned(), id, descending: self.descending });
        }
        Ok(())
    }

    /// The ids of the best, in their order, after the first so many.
    pub(super) fn after(self, first: usize) -> Vec<i64> {
        self.best.into_sorted_vec().into_iter().skip(first).map(|ranked| ranked.id).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best(most: usize, descending: bool, offered: &[(i64, i64)]) -> Vec<i64> {
        let mut ranking = Ranking::new(most, descending);
        for &(number, id) in offered {
            ranking.offer(Key::Number(number), || Ok::<_, ()>(id)).unwrap();
        }
        ranking.after(0)
    }

    #[test]
    fn the_best_come_in_order_and_equal_ones_by_id() {
        let offered = [(3, 1), (MISSING, 2), (1, 9), (2, 4), (1, 5)];
        assert_eq!(best(3, false, &offered), [5, 9, 4]);
        assert_eq!(best(5, false, &offered), [5, 9, 4, 1, 2]);
        assert_eq!(best(5, true, &offered), [1, 4, 5, 9, 2]);
        assert_eq!(best(0, true, &offered), [0; 0]);
    }

    #[test]
    fn an_empty_text_is_missing() {
        let mut ranking = Ranking::new(3, true);
        for (text, id) in [("", 1), ("b", 2), ("a", 3), ("c", 4)] {
            ranking.offer(Key::Text(text.as_bytes()), || Ok::<_, ()>(id)).unwrap();
        }
        assert_eq!(ranking.after(1), [2, 3]);
    }
}
