//! A part far down an order, or all of it.
//!
//! What customers are sorted by is kept in few bytes: most are told apart by the first eight, which are one number.

use std::cmp::Ordering;

use shopfolk_model::{CustomerId, CustomerPosition, CustomerSort, SortKey, SortValue};
use shopfolk_store::PageRequest;

use super::field::{END, SortSource, sort_source};

/// How many bytes of a text are in its head.
const HEAD: usize = 8;

#[derive(Debug, Clone, Copy)]
struct Entry {
    /// A number or the first bytes of a text, such that lower ones come first in ascending order; 0 where there is none.
    head: u64,
    /// Where the rest of the text begins.
    rest: usize,
    id: CustomerId,
}

/// Everybody who was offered.
pub(super) struct Selection {
    sort: CustomerSort,
    entries: Vec<Entry>,
    /// The rests of texts, each with its [`END`], which is in no text. The first one is empty.
    rests: Vec<u8>,
}

impl Selection {
    /// At most so many will be taken.
    pub(super) fn new(sort: CustomerSort, most: usize) -> Self {
        let entries = Vec::with_capacity(most);
        Self { sort, entries, rests: vec![END] }
    }

    pub(super) fn take(&mut self, value: SortValue<'_>, id: CustomerId) {
        let entry = match value {
            SortValue::Number(number) => Entry { head: number.map_or(0, in_order), rest: 0, id },
            SortValue::Text(text) => {
                let (first, rest) = text.split_at(text.len().min(HEAD));
                let mut head = [0; HEAD];
                head[..first.len()].copy_from_slice(first);
                let at = if rest.is_empty() { 0 } else { self.rests.len() };
                if !rest.is_empty() {
                    self.rests.extend_from_slice(rest);
                    self.rests.push(END);
                }
                Entry { head: u64::from_be_bytes(head), rest: at, id }
            }
        };
        self.entries.push(entry);
    }

    /// The ids of those on a page, in their order, and where it ends while there is more.
    pub(super) fn page(
        mut self,
        offset: usize,
        page: &PageRequest<CustomerPosition>,
    ) -> (Vec<CustomerId>, Option<CustomerPosition>) {
        let mut entries = std::mem::take(&mut self.entries);
        if offset >= entries.len() {
            return (Vec::new(), None);
        }
        let compare = |one: &Entry, other: &Entry| self.compare(one, other);
        if offset > 0 {
            entries.select_nth_unstable_by(offset, compare);
        }
        let mut wanted = entries.split_off(offset);
        drop(entries);
        let reads = usize::try_from(page.reads()).unwrap_or(usize::MAX);
        if reads < wanted.len() {
            wanted.select_nth_unstable_by(reads, compare);
            wanted.truncate(reads);
        }
        wanted.sort_unstable_by(compare);
        let more = page.cut(&mut wanted);
        let next = wanted.last().filter(|_| more).map(|last| self.position(last));
        (wanted.iter().map(|entry| entry.id).collect(), next)
    }

    /// As [`CustomerSort::compare`] has it.
    fn compare(&self, one: &Entry, other: &Entry) -> Ordering {
        let ascending = one.head.cmp(&other.head).then_with(|| self.rest(one).cmp(self.rest(other)));
        let by_value = if self.sort.descending { ascending.reverse() } else { ascending };
        (one.head == 0)
            .cmp(&(other.head == 0))
            .then(by_value)
            .then_with(|| self.sort.compare_ids(&one.id, &other.id))
    }

    fn rest(&self, entry: &Entry) -> &[u8] {
        let rest = self.rests.get(entry.rest..).unwrap_or_default();
        rest.split(|&byte| byte == END).next().unwrap_or_default()
    }

    fn position(&self, entry: &Entry) -> CustomerPosition {
        let key = match sort_source(self.sort.field) {
            SortSource::Number(_) => SortKey::Number((entry.head != 0).then(|| number_of(entry.head))),
            SortSource::Text(_) => {
                let first = entry.head.to_be_bytes();
                let length = first.iter().position(|&byte| byte == END).unwrap_or(HEAD);
                SortKey::Text([&first[..length], self.rest(entry)].concat().into())
            }
        };
        CustomerPosition { key, id: entry.id }
    }
}

/// A number such that lower ones come first. The least of all, which nobody is sorted by, becomes 0.
const fn in_order(number: i64) -> u64 {
    number.cast_unsigned() ^ (1 << 63)
}

const fn number_of(in_order: u64) -> i64 {
    (in_order ^ (1 << 63)).cast_signed()
}
