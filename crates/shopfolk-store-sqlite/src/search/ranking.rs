//! A part of many in an order, without sorting them all.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use shopfolk_model::{CustomerId, CustomerPosition, CustomerSort, SortKey, SortValue};
use shopfolk_store::{PageRequest, StoreError};

use super::selection::Selection;

/// A heap keeps at most one of so many that are offered: of more, all are selected from.
const OFFERED_FOR_EACH_KEPT: usize = 16;

#[derive(Debug, PartialEq, Eq)]
struct Ranked {
    key: SortKey,
    id: CustomerId,
    sort: CustomerSort,
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        self.sort
            .compare_values(self.key.value(), other.key.value())
            .then_with(|| self.sort.compare_ids(&self.id, &other.id))
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Those on a page of all that are offered.
pub(super) struct Ranking {
    sort: CustomerSort,
    page: PageRequest<CustomerPosition>,
    kept: Kept,
}

/// What is kept of those that were offered.
enum Kept {
    /// The first so many.
    First(usize, BinaryHeap<Ranked>),
    /// All.
    All(Selection),
}

impl Ranking {
    /// A page of at most so many that will be offered.
    pub(super) fn new(sort: CustomerSort, page: &PageRequest<CustomerPosition>, offered: usize) -> Self {
        let first = usize::try_from(page.offset().saturating_add(page.reads())).unwrap_or(usize::MAX);
        let kept = if first <= offered / OFFERED_FOR_EACH_KEPT {
            Kept::First(first, BinaryHeap::new())
        } else {
            Kept::All(Selection::new(sort, offered))
        };
        Self { sort, page: page.clone(), kept }
    }

    /// Offers a customer, whose id is asked for only when it matters.
    pub(super) fn offer(
        &mut self,
        value: SortValue<'_>,
        mut id: impl FnMut() -> Result<CustomerId, StoreError>,
    ) -> Result<(), StoreError> {
        if let Some(position) = self.page.position() {
            match self.sort.compare_values(position.key.value(), value) {
                Ordering::Less => {}
                Ordering::Equal if self.sort.compare_ids(&position.id, &id()?) == Ordering::Less => {}
                Ordering::Equal | Ordering::Greater => return Ok(()),
            }
        }
        match &mut self.kept {
            Kept::All(selection) => selection.take(value, id()?),
            Kept::First(first, best) => offer_to(best, *first, self.sort, value, id)?,
        }
        Ok(())
    }

    /// The ids of those on the page, in their order, and where it ends while there is more.
    pub(super) fn page(self) -> (Vec<CustomerId>, Option<CustomerPosition>) {
        let offset = usize::try_from(self.page.offset()).unwrap_or(usize::MAX);
        match self.kept {
            Kept::First(_, best) => {
                let mut page: Vec<_> = best.into_sorted_vec().into_iter().skip(offset).collect();
                let more = self.page.cut(&mut page);
                let ids = page.iter().map(|ranked| ranked.id).collect();
                let last = page.pop().filter(|_| more);
                (ids, last.map(|Ranked { key, id, .. }| CustomerPosition { key, id }))
            }
            Kept::All(selection) => selection.page(offset, &self.page),
        }
    }
}

/// Offers a customer to a heap of at most so many.
fn offer_to(
    best: &mut BinaryHeap<Ranked>,
    most: usize,
    sort: CustomerSort,
    value: SortValue<'_>,
    mut id: impl FnMut() -> Result<CustomerId, StoreError>,
) -> Result<(), StoreError> {
    if best.len() < most {
        best.push(Ranked { key: value.into(), id: id()?, sort });
        return Ok(());
    }
    let Some(worst) = best.peek() else { return Ok(()) };
    let order = sort.compare_values(value, worst.key.value());
    if order == Ordering::Greater {
        return Ok(());
    }
    let id = id()?;
    if order.then_with(|| sort.compare_ids(&id, &worst.id)) == Ordering::Less {
        best.pop();
        best.push(Ranked { key: value.into(), id, sort });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use shopfolk_model::SortField;

    use super::*;

    fn id(number: i64) -> CustomerId {
        CustomerId::new(number).unwrap()
    }

    /// The ids on a page, and whether there is more, as a heap and a selection have them, which must be the same.
    fn page(
        sort: CustomerSort,
        page: &PageRequest<CustomerPosition>,
        offered: &[(SortValue<'_>, i64)],
    ) -> (Vec<i64>, bool) {
        let pages = [0, usize::MAX].map(|expected| {
            let mut ranking = Ranking::new(sort, page, expected);
            for &(value, number) in offered {
                ranking.offer(value, || Ok(id(number))).unwrap();
            }
            ranking.page()
        });
        assert_eq!(pages[0], pages[1]);
        let (ids, next) = &pages[0];
        (ids.iter().map(|id| id.get()).collect(), next.is_some())
    }

    #[test]
    fn the_best_come_in_order_and_equal_ones_by_id() {
        let offered = [(Some(3), 1), (None, 2), (Some(1), 9), (Some(-2), 4), (Some(1), 5)]
            .map(|(number, id)| (SortValue::Number(number), id));
        let best = |most, descending| {
            page(
                CustomerSort { field: SortField::FirstOrder, descending },
                &PageRequest::at(0, most),
                &offered,
            )
        };
        assert_eq!(best(3, false), (vec![4, 5, 9], true));
        assert_eq!(best(5, false), (vec![4, 5, 9, 1, 2], false));
        assert_eq!(best(5, true), (vec![1, 9, 5, 4, 2], false));
        assert_eq!(best(0, true), (vec![], false));
    }

    #[test]
    fn texts_are_compared_whole_and_an_empty_one_is_missing() {
        let texts = ["", "christina", "christin", "christine b", "christine a", "bob"];
        let offered: Vec<_> = texts.iter().map(|text| SortValue::Text(text.as_bytes())).zip(1..).collect();
        let ids = |descending, wanted: &PageRequest<_>| {
            page(CustomerSort { field: SortField::Name, descending }, wanted, &offered).0
        };
        assert_eq!(ids(false, &PageRequest::at(0, 10)), [6, 3, 2, 5, 4, 1]);
        assert_eq!(ids(true, &PageRequest::at(0, 10)), [4, 5, 2, 3, 6, 1]);
        assert_eq!(ids(true, &PageRequest::at(1, 2)), [5, 2]);
        let place =
            |text: &[u8], number| CustomerPosition { key: SortKey::Text(text.into()), id: id(number) };
        assert_eq!(ids(false, &PageRequest::after(place(b"christina", 2), 2)), [5, 4]);
        assert_eq!(ids(true, &PageRequest::after(place(b"christine", 9), 9)), [2, 3, 6, 1]);
        assert_eq!(ids(true, &PageRequest::after(place(b"", 1), 9)), [0; 0]);
    }
}
