//! Places in lists as callers are given them: `next` of an answer, which `after` takes.
//!
//! Opaque to callers: base64url of a version, the order of the list, the id of the last entry, and what it was sorted by. So it
//! holds all that is needed to go on, whatever became of that entry, and is at most some 2,100 characters long: that of the
//! longest name. Who makes one up asks for another part of the same list, and nothing else.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use shopfolk_model::{
    CustomerId, CustomerPosition, CustomerSort, DeletedCustomer, GroupId, LONGEST_SORTED_KEY, OrderNumber,
    SortKey, Timestamp,
};

/// Stands before everything else, and changes when the rest is written in another way.
const VERSION: u8 = 1;

/// Why a text is no place in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CursorError {
    /// No answer has it as its `next`.
    Unknown,
    /// An answer in another order has it.
    OtherOrder,
}

impl fmt::Display for CursorError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Unknown => "must be the 'next' of an answer",
            Self::OtherOrder => {
                "must be the 'next' of an answer to the same call with the same order, this one is of another"
            }
        })
    }
}

/// A place in a list.
pub trait Place: Sized {
    /// What tells the orders of such lists apart.
    type Order: Copy;

    /// The number of an order. It never changes, and no other order has it.
    fn code(order: Self::Order) -> u8;

    /// The number by which the entry is known, and what it is sorted by.
    fn parts(&self) -> (i64, Vec<u8>);

    /// The place with these parts, if they are those of one.
    fn of_parts(order: Self::Order, id: i64, key: &[u8]) -> Option<Self>;

    /// The text of a place.
    fn cursor(&self, order: Self::Order) -> String {
        let (id, key) = self.parts();
        let bytes = [&[VERSION, Self::code(order)], &id.to_be_bytes()[..], &key].concat();
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The place that a text stands for.
    ///
    /// # Errors
    /// When no answer in this order has it.
    fn of_cursor(text: &str, order: Self::Order) -> Result<Self, CursorError> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| CursorError::Unknown)?;
        let (&[version, code], rest) = bytes.split_first_chunk().ok_or(CursorError::Unknown)?;
        let (id, key) = rest.split_first_chunk().ok_or(CursorError::Unknown)?;
        if version != VERSION {
            return Err(CursorError::Unknown);
        }
        if code != Self::code(order) {
            return Err(CursorError::OtherOrder);
        }
        Self::of_parts(order, i64::from_be_bytes(*id), key).ok_or(CursorError::Unknown)
    }
}

/// Set in the numbers of orders in which the greatest come first.
const DESCENDING: u8 = 1 << 7;

impl Place for CustomerPosition {
    type Order = Option<CustomerSort>;

    fn code(order: Option<CustomerSort>) -> u8 {
        let Some(CustomerSort { field, descending }) = order else { return 0 };
        let field = field.code();
        if descending { field | DESCENDING } else { field }
    }

    fn parts(&self) -> (i64, Vec<u8>) {
        let key = match &self.key {
            SortKey::Text(text) => text.to_vec(),
            SortKey::Number(number) => number.map(|number| number.to_be_bytes().to_vec()).unwrap_or_default(),
        };
        (self.id.get(), key)
    }

    fn of_parts(order: Option<CustomerSort>, id: i64, key: &[u8]) -> Option<Self> {
        let number = || match key {
            [] => Some(None),
            key => key.try_into().ok().map(|bytes| Some(i64::from_be_bytes(bytes))),
        };
        let key = match order.map(|order| order.field) {
            None => SortKey::Number(key.is_empty().then_some(None)?),
            Some(field) if field.is_text() => {
                let text = std::str::from_utf8(key).ok()?;
                let is_kept = text.len() <= LONGEST_SORTED_KEY && !text.contains('\0');
                SortKey::Text(is_kept.then_some(key)?.into())
            }
            Some(_) => SortKey::Number(number()?),
        };
        Some(Self { key, id: CustomerId::new(id).ok()? })
    }
}

impl Place for DeletedCustomer {
    type Order = ();

    fn code((): ()) -> u8 {
        16
    }

    fn parts(&self) -> (i64, Vec<u8>) {
        (self.id.get(), self.deleted.unix_seconds().to_be_bytes().to_vec())
    }

    fn of_parts((): (), id: i64, key: &[u8]) -> Option<Self> {
        let deleted = Timestamp::from_unix_seconds(i64::from_be_bytes(key.try_into().ok()?)).ok()?;
        Some(Self { deleted, id: CustomerId::new(id).ok()? })
    }
}

/// The places of lists by id are ids.
macro_rules! places_by_id {
    ($($(#[$meta:meta])* $id:ident = $code:literal;)+) => {
        $(impl Place for $id {
            type Order = ();

            fn code((): ()) -> u8 {
                $code
            }

            fn parts(&self) -> (i64, Vec<u8>) {
                (self.get(), Vec::new())
            }

            fn of_parts((): (), id: i64, key: &[u8]) -> Option<Self> {
                key.is_empty().then(|| Self::new(id).ok()).flatten()
            }
        })+
    };
}

places_by_id! {
    OrderNumber = 17;
    GroupId = 18;
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use shopfolk_model::SortField;

    use super::*;

    fn orders() -> Vec<Option<CustomerSort>> {
        let sort = |field: &SortField| {
            [false, true].map(|descending| Some(CustomerSort { field: *field, descending }))
        };
        std::iter::once(None).chain(SortField::ALL.iter().flat_map(sort)).collect()
    }

    fn id(number: i64) -> CustomerId {
        CustomerId::new(number).unwrap()
    }

    #[test]
    fn a_place_is_read_as_it_was_written_and_in_no_other_order() {
        let keys = [
            SortKey::Number(None),
            SortKey::Number(Some(-7)),
            SortKey::Number(Some(i64::MAX)),
            SortKey::Text((*b"").into()),
            SortKey::Text("Ж ﷺ".as_bytes().into()),
        ];
        let places = keys.map(|key| CustomerPosition { key, id: id(5) });
        let mut read = 0;
        for order in orders() {
            for place in &places {
                let cursor = place.cursor(order);
                if CustomerPosition::of_cursor(&cursor, order).as_ref() == Ok(place) {
                    read += 1;
                    for other in orders().into_iter().filter(|other| *other != order) {
                        let refused = CustomerPosition::of_cursor(&cursor, other);
                        assert_eq!(refused, Err(CursorError::OtherOrder), "{order:?} {other:?}");
                    }
                }
            }
        }
        // One by id; texts in four orders; numbers in twelve.
        assert_eq!(read, 1 + 4 * 2 + 12 * 3);
        let deleted = DeletedCustomer { id: id(3), deleted: Timestamp::from_unix_seconds(77).unwrap() };
        assert_eq!(DeletedCustomer::of_cursor(&deleted.cursor(()), ()), Ok(deleted));
        let number = OrderNumber::MAXIMUM;
        assert_eq!(OrderNumber::of_cursor(&number.cursor(()), ()), Ok(number));
        assert_eq!(GroupId::of_cursor(&number.cursor(()), ()), Err(CursorError::OtherOrder));
    }

    #[test]
    fn every_order_has_a_number_of_its_own() {
        let others = [DeletedCustomer::code(()), OrderNumber::code(()), GroupId::code(())];
        let codes: Vec<u8> = orders().into_iter().map(CustomerPosition::code).chain(others).collect();
        assert_eq!(codes.iter().collect::<HashSet<_>>().len(), codes.len());
    }

    #[test]
    fn the_longest_name_makes_a_cursor_that_fits_into_an_address() {
        let name = "ﷺ".repeat(shopfolk_model::CustomerName::MAXIMUM_LENGTH);
        let key = shopfolk_model::sorted_key(&name).into_bytes();
        let place = CustomerPosition { key: SortKey::Text(key.into()), id: CustomerId::MAXIMUM };
        let order = CustomerSort::parse("NAME_ASC").ok();
        let cursor = place.cursor(order);
        assert!(cursor.len() < 2_100, "{}", cursor.len());
        assert_eq!(CustomerPosition::of_cursor(&cursor, order), Ok(place));
    }

    #[test]
    fn what_no_answer_has_as_its_next_is_refused() {
        let by_name = CustomerSort::parse("NAME_ASC").ok();
        let by_count = CustomerSort::parse("ORDER_COUNT_ASC").ok();
        let made = |order, parts: &[&[u8]]| {
            let code = [VERSION, CustomerPosition::code(order)];
            URL_SAFE_NO_PAD.encode([&[&code[..]], parts].concat().concat())
        };
        let one = 1_i64.to_be_bytes();
        let long = vec![b'a'; LONGEST_SORTED_KEY + 1];
        for (order, cursor) in [
            (None, String::new()),
            (None, "next".to_owned()),
            (None, "%%%".to_owned()),
            (None, made(None, &[])),
            (None, made(None, &[&one[1..]])),
            (None, made(None, &[&one, b"x"])),
            (None, made(None, &[&(-1_i64).to_be_bytes()])),
            (None, made(None, &[&i64::MAX.to_be_bytes()])),
            (by_name, made(by_name, &[&one, b"\xff"])),
            (by_name, made(by_name, &[&one, b"a\0b"])),
            (by_name, made(by_name, &[&one, &long])),
            (by_count, made(by_count, &[&one, &one[1..]])),
            (None, format!("{}=", made(None, &[&one]))),
        ] {
            assert_eq!(CustomerPosition::of_cursor(&cursor, order), Err(CursorError::Unknown), "{cursor}");
        }
        let newer = URL_SAFE_NO_PAD.encode([&[VERSION + 1, 0], &one[..]].concat());
        assert_eq!(CustomerPosition::of_cursor(&newer, None), Err(CursorError::Unknown));
    }

    proptest! {
        #[test]
        fn no_text_makes_a_panic(text in ".{0,60}", bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            for text in [text, URL_SAFE_NO_PAD.encode(bytes)] {
                for order in orders() {
                    let _ = CustomerPosition::of_cursor(&text, order);
                }
                let _ = DeletedCustomer::of_cursor(&text, ());
                let _ = OrderNumber::of_cursor(&text, ());
            }
        }
    }
}
