//! A place among customers in an order, from which a list goes on whatever becomes of the customers around it.

use crate::{CustomerId, CustomerSort, SearchedCustomer, SortValue};

/// What a customer was sorted by, kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SortKey {
    /// A text in UTF-8; empty where there is none. At most
    /// [`LONGEST_SORTED_KEY`](crate::LONGEST_SORTED_KEY) bytes.
    Text(Box<[u8]>),
    /// A number; `None` where there is none.
    Number(Option<i64>),
}

impl SortKey {
    /// What it was.
    pub fn value(&self) -> SortValue<'_> {
        match self {
            Self::Text(text) => SortValue::Text(text),
            Self::Number(number) => SortValue::Number(*number),
        }
    }
}

impl From<SortValue<'_>> for SortKey {
    fn from(value: SortValue<'_>) -> Self {
        match value {
            SortValue::Text(text) => Self::Text(text.into()),
            SortValue::Number(number) => Self::Number(number),
        }
    }
}

/// A place among customers in an order: that of a customer as it was. It needs no customer to be there now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerPosition {
    /// What the customer was sorted by; a number that is missing in the order by id.
    pub key: SortKey,
    /// The customer.
    pub id: CustomerId,
}

impl CustomerPosition {
    /// The place of this id among customers by id.
    pub const fn by_id(id: CustomerId) -> Self {
        Self { key: SortKey::Number(None), id }
    }

    /// The place of a customer in an order, or by id where none is named.
    pub fn of(customer: &SearchedCustomer, sort: Option<CustomerSort>) -> Self {
        match sort {
            None => Self::by_id(customer.id),
            Some(sort) => Self { key: customer.sort_value(sort.field).into(), id: customer.id },
        }
    }

    /// Whether a customer comes behind this place, which is one of the same order.
    pub fn is_before(&self, customer: &SearchedCustomer, sort: Option<CustomerSort>) -> bool {
        match sort {
            None => self.id < customer.id,
            Some(sort) => sort.is_behind(self, customer.sort_value(sort.field), || customer.id),
        }
    }
}

impl CustomerSort {
    /// Whether a customer comes behind a place of this order, by what customers are sorted by and, where that is the same, by
    /// the id, which is asked for only then.
    pub fn is_behind(
        self,
        position: &CustomerPosition,
        value: SortValue<'_>,
        id: impl FnOnce() -> CustomerId,
    ) -> bool {
        self.compare_values(position.key.value(), value)
            .then_with(|| self.compare_ids(&position.id, &id()))
            .is_lt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SortField;

    fn id(number: i64) -> CustomerId {
        CustomerId::new(number).unwrap()
    }

    #[test]
    fn what_comes_behind_a_place_is_behind_it_in_the_order() {
        let sort = |descending| CustomerSort { field: SortField::Name, descending };
        let place = CustomerPosition { key: SortKey::Text((*b"bert").into()), id: id(5) };
        let behind = |descending, name: &str, number| {
            sort(descending).is_behind(&place, SortValue::Text(name.as_bytes()), || id(number))
        };
        assert!(behind(false, "clara", 1) && !behind(true, "clara", 9));
        assert!(!behind(false, "anna", 9) && behind(true, "anna", 1));
        for descending in [false, true] {
            let (next, before) = if descending { (4, 6) } else { (6, 4) };
            assert!(behind(descending, "bert", next), "equal ones go by id, in the same direction");
            assert!(!behind(descending, "bert", before) && !behind(descending, "bert", 5));
            assert!(behind(descending, "", 1), "those without a name come last");
        }
    }
}
