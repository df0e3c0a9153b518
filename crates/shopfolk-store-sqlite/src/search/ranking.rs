//! The best of many, without sorting them all.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use shopfolk_model::{CustomerSort, SortValue};

/// What a customer is sorted by, kept.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Kept {
    Text(Box<[u8]>),
    Number(Option<i64>),
}

impl Kept {
    fn of(value: SortValue<'_>) -> Self {
        match value {
            SortValue::Text(text) => Self::Text(text.into()),
            SortValue::Number(number) => Self::Number(number),
        }
    }

    fn value(&self) -> SortValue<'_> {
        match self {
            Self::Text(text) => SortValue::Text(text),
            Self::Number(number) => SortValue::Number(*number),
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Ranked {
    kept: Kept,
    id: i64,
    sort: CustomerSort,
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        self.sort
            .compare_values(self.kept.value(), other.kept.value())
            .then_with(|| self.sort.compare_ids(&self.id, &other.id))
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
    sort: CustomerSort,
    best: BinaryHeap<Ranked>,
}

impl Ranking {
    pub(super) fn new(most: usize, sort: CustomerSort) -> Self {
        Self { most, sort, best: BinaryHeap::new() }
    }

    /// Offers a customer, whose id is asked for only when it matters.
    pub(super) fn offer<E>(
        &mut self,
        value: SortValue<'_>,
        id: impl FnOnce() -> Result<i64, E>,
    ) -> Result<(), E> {
        let sort = self.sort;
        if self.best.len() < self.most {
            self.best.push(Ranked { kept: Kept::of(value), id: id()?, sort });
            return Ok(());
        }
        let Some(worst) = self.best.peek() else { return Ok(()) };
        let order = sort.compare_values(value, worst.kept.value());
        if order == Ordering::Greater {
            return Ok(());
        }
        let id = id()?;
        if order.then_with(|| sort.compare_ids(&id, &worst.id)) == Ordering::Less {
            self.best.pop();
            self.best.push(Ranked { kept: Kept::of(value), id, sort });
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
    use shopfolk_model::SortField;

    use super::*;

    fn sort(descending: bool) -> CustomerSort {
        CustomerSort { field: SortField::FirstOrder, descending }
    }

    fn best(most: usize, descending: bool, offered: &[(Option<i64>, i64)]) -> Vec<i64> {
        let mut ranking = Ranking::new(most, sort(descending));
        for &(number, id) in offered {
            ranking.offer(SortValue::Number(number), || Ok::<_, ()>(id)).unwrap();
        }
        ranking.after(0)
    }

    #[test]
    fn the_best_come_in_order_and_equal_ones_by_id() {
        let offered = [(Some(3), 1), (None, 2), (Some(1), 9), (Some(2), 4), (Some(1), 5)];
        assert_eq!(best(3, false, &offered), [5, 9, 4]);
        assert_eq!(best(5, false, &offered), [5, 9, 4, 1, 2]);
        assert_eq!(best(5, true, &offered), [1, 4, 5, 9, 2]);
        assert_eq!(best(0, true, &offered), [0; 0]);
    }

    #[test]
    fn an_empty_text_is_missing() {
        let mut ranking = Ranking::new(3, sort(true));
        for (text, id) in [("", 1), ("b", 2), ("a", 3), ("c", 4)] {
            ranking.offer(SortValue::Text(text.as_bytes()), || Ok::<_, ()>(id)).unwrap();
        }
        assert_eq!(ranking.after(1), [2, 3]);
    }
}
