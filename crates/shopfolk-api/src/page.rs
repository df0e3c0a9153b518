//! Answers with a part of a list.

use serde::{Serialize, Serializer};
use shopfolk_store::PageRequest;
use utoipa::openapi::{RefOr, Schema};

use crate::cursor::Place;
use crate::wire::{Answer, Cell, Components, Direction, WireObject, WireValue};
use crate::wire_schema::{answered, list};

/// A list of objects.
pub(crate) struct Items<'a, T>(pub(crate) &'a [T]);

impl<T: WireObject> WireValue for Items<'_, T> {
    const CELL: Cell = Cell::None;

    fn answer(&self) -> impl Serialize {
        self
    }

    fn schema(_: Direction, components: &mut Components) -> RefOr<Schema> {
        list(answered::<T>(components), None)
    }
}

impl<T: WireObject> Serialize for Items<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(Answer))
    }
}

/// A part of a list: how many there are in all, how many of them are here, and what was asked for.
pub(crate) struct Page<'a, T> {
    pub(crate) total: u64,
    pub(crate) count: usize,
    pub(crate) offset: u64,
    pub(crate) limit: u32,
    pub(crate) next: Option<String>,
    pub(crate) items: &'a [T],
}

impl<'a, T> Page<'a, T> {
    /// The part of a list that was found.
    pub(crate) fn of<P: Place<Order = ()>>(
        found: &'a shopfolk_store::Page<T, P>,
        asked: &PageRequest<P>,
    ) -> Self {
        Self::new(asked, found.total, &found.items, found.next.as_ref(), ())
    }

    /// A part of so many, with these on it; `next` is where it ends while there is more, in the order of the list.
    pub(crate) fn new<P: Place>(
        asked: &PageRequest<P>,
        total: u64,
        items: &'a [T],
        next: Option<&P>,
        order: P::Order,
    ) -> Self {
        let next = next.map(|place| place.cursor(order));
        Self { total, count: items.len(), offset: asked.offset(), limit: asked.limit, next, items }
    }
}

/// Describes a page: what it is, its name in the document, of what, how many there are at the most, and which come first.
macro_rules! page {
    ($(#[doc = $about:literal])* $name:literal of $item:ty, $most:expr, $order:literal) => {
        $crate::wire::wire_object! {
            $(#[doc = $about])*
            $name: $crate::page::Page<'_, $item>
                = $crate::page::Page { total, count, offset, limit, next, items } => {
                /// How many there are in all.
                "total": Shown u64 = total;
                /// How many are in this answer.
                "count": Shown u64 = &(*count as u64);
                /// How many were passed over.
                "offset": Shown u64 = offset;
                /// How many this answer could have had.
                "limit": Shown u32 {minimum: 1, maximum: $most} = limit;
                /// What `after` takes to go on behind this answer. Left out when there is nothing behind it.
                "next": ShownIfAny String = next;
                #[doc = $order]
                "items": Shown $crate::page::Items<'_, $item> = &$crate::page::Items(items);
            }
        }
    };
}

pub(crate) use page;
