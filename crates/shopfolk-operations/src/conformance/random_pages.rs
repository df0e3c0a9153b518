//! Pages at random, one behind the other and behind anybody, compared with the rule of the order.

use rand::RngExt;
use shopfolk_model::{CustomerId, CustomerPosition, CustomerSearch, CustomerSort};
use shopfolk_store::{Engine, PageRequest};

use super::random_search::{Comparison, ids_of};
use super::random_values::any_of;

impl<E: Engine> Comparison<'_, E> {
    /// Each page goes on where the one before ended, from anywhere.
    pub(super) async fn walk_customers(
        &mut self,
        search: &CustomerSearch,
        sort: Option<CustomerSort>,
        expected: &[CustomerId],
    ) {
        let offset = self.random.random_range(0..=expected.len());
        let limit = self.random.random_range(expected.len().div_ceil(4).max(1)..=expected.len() + 1);
        let limit = u32::try_from(limit).unwrap();
        let (mut walked, mut page) = (Vec::new(), PageRequest::at(offset as u64, limit));
        loop {
            let answer = self.page_of_customers(search, sort, page).await;
            assert_eq!(answer.total, expected.len() as u64);
            walked.extend(ids_of(&answer));
            let Some(next) = answer.next else { break };
            assert_eq!(answer.count, limit as usize, "there is more, and the page is not full");
            page = PageRequest::after(next, limit);
        }
        assert_eq!(walked, expected[offset..], "{search:?} {sort:?} {offset} {limit}");
    }

    /// A page goes on behind a place at which nobody whom the search finds has to be.
    pub(super) async fn begin_behind_anybody(
        &mut self,
        search: &CustomerSearch,
        sort: Option<CustomerSort>,
        expected: &[CustomerId],
    ) {
        let Some(anybody) = (!self.searched.is_empty()).then(|| any_of(self.random, &self.searched)) else {
            return;
        };
        let mut place = CustomerPosition::of(&anybody, sort);
        if self.random.random_bool(0.5) {
            // Someone who was in between, and is there no more.
            place.id = CustomerId::new(self.random.random_range(0..1_000)).unwrap();
        }
        let is_behind = |id: &&CustomerId| {
            let customer = self.searched.iter().find(|customer| customer.id == **id);
            place.is_before(customer.unwrap(), sort)
        };
        let behind: Vec<_> = expected.iter().filter(is_behind).copied().collect();
        let page = PageRequest::after(place.clone(), 7);
        let answer = self.page_of_customers(search, sort, page).await;
        assert_eq!(ids_of(&answer), behind[..behind.len().min(7)], "{search:?} {sort:?} {place:?}");
        assert_eq!(answer.next.is_some(), behind.len() > 7);
    }
}
