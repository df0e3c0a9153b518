//! Lists that grow with the store come in pages. Ids alone come in one list too, where the API has it so.

use crate::Length;

/// Up to this entry a page is one of the first: what is passed over before it costs next to nothing.
const FIRST_ENTRIES: u64 = 1_000;

/// Where a part of a list begins; `P` is a place in the order of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageStart<P> {
    /// Behind so many entries.
    Offset(u64),
    /// Behind this place, whether or not its entry is still there.
    After(P),
}

/// Which part of a list is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest<P> {
    /// Where it begins.
    pub start: PageStart<P>,
    /// How many entries to answer with at the most.
    pub limit: u32,
}

impl<P> PageRequest<P> {
    /// So many entries behind so many others.
    pub const fn at(offset: u64, limit: u32) -> Self {
        Self { start: PageStart::Offset(offset), limit }
    }

    /// So many entries behind this place.
    pub const fn after(position: P, limit: u32) -> Self {
        Self { start: PageStart::After(position), limit }
    }

    /// How many entries are passed over, besides those in front of a place.
    pub const fn offset(&self) -> u64 {
        match self.start {
            PageStart::Offset(offset) => offset,
            PageStart::After(_) => 0,
        }
    }

    /// How long it takes to find the page by walking from where it begins: all that is passed over is walked through.
    pub fn length(&self) -> Length {
        if self.offset().saturating_add(self.limit.into()) <= FIRST_ENTRIES {
            Length::Short
        } else {
            Length::Long
        }
    }

    /// The place behind which it begins.
    pub const fn position(&self) -> Option<&P> {
        match &self.start {
            PageStart::Offset(_) => None,
            PageStart::After(position) => Some(position),
        }
    }

    /// The same part of a list whose places are others.
    pub fn map<Q>(&self, position: impl FnOnce(&P) -> Q) -> PageRequest<Q> {
        let start = match &self.start {
            PageStart::Offset(offset) => PageStart::Offset(*offset),
            PageStart::After(place) => PageStart::After(position(place)),
        };
        PageRequest { start, limit: self.limit }
    }

    /// How many entries are read: one more than is answered, by which it is known whether there is more. None of a part
    /// without entries.
    pub const fn reads(&self) -> u64 {
        if self.limit == 0 { 0 } else { self.limit as u64 + 1 }
    }

    /// Keeps of the entries that were read those that are answered, and says whether there is more behind the last.
    pub fn cut<T>(&self, read: &mut Vec<T>) -> bool {
        let more = read.len() > self.limit as usize;
        read.truncate(self.limit as usize);
        more
    }

    /// The page of a list that is in memory as a whole, in its order.
    pub fn of<T>(&self, all: Vec<T>, position: impl Fn(&T) -> P) -> Page<T, P>
    where
        P: Ord,
    {
        let total = all.len() as u64;
        let offset = usize::try_from(self.offset()).unwrap_or(usize::MAX);
        let behind = |entry: &T| self.position().is_none_or(|after| position(entry) > *after);
        let reads = usize::try_from(self.reads()).unwrap_or(usize::MAX);
        let mut items: Vec<T> = all.into_iter().filter(behind).skip(offset).take(reads).collect();
        let more = self.cut(&mut items);
        let next = items.last().filter(|_| more).map(position);
        Page { total, items, damaged: 0, next }
    }
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T, P> {
    /// How many entries there are in all.
    pub total: u64,
    /// The entries of this part that can be read.
    pub items: Vec<T>,
    /// How many rows of this part are damaged and left out; each was told.
    pub damaged: u64,
    /// Where this part ends, while there is more behind it.
    pub next: Option<P>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_ends_where_the_next_begins_and_the_last_ends_nowhere() {
        let part = |page: PageRequest<u8>| {
            let Page { total, items, next, .. } = page.of(vec![1, 3, 5, 7], |&entry| entry);
            assert_eq!(total, 4);
            (items, next)
        };
        assert_eq!(part(PageRequest::at(0, 2)), (vec![1, 3], Some(3)));
        assert_eq!(part(PageRequest::after(3, 2)), (vec![5, 7], None));
        assert_eq!(part(PageRequest::after(2, 1)), (vec![3], Some(3)));
        assert_eq!(part(PageRequest::after(7, 2)), (vec![], None));
        assert_eq!(part(PageRequest::at(3, 2)), (vec![7], None));
        assert_eq!(part(PageRequest::at(0, 0)), (vec![], None));
        assert_eq!(part(PageRequest::at(u64::MAX, u32::MAX)), (vec![], None));
    }
}
