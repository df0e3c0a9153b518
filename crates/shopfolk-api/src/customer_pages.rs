//! Answers with many customers.

use serde::Serialize;
use shopfolk_model::DeletedCustomer;
use shopfolk_operations::CustomerWithContacts;
use utoipa::ToSchema;

use crate::page::{Items, Page, page};
use crate::query::PAGE_SIZE;
use crate::wire::{Answer, wire_object};

pub(crate) type DeletedCustomerPageOut<'a> = Answer<'a, Page<'a, DeletedCustomer>>;
pub(crate) type CustomerPageOut<'a> = Answer<'a, CustomerPage<'a>>;

page! {
    /// A part of the customers that were deleted.
    "DeletedCustomerPage" of DeletedCustomer, PAGE_SIZE, "The customers, by the time at which they were deleted."
}

/// A part of the customers, and how many customers the store has.
pub(crate) struct CustomerPage<'a> {
    pub(crate) page: Page<'a, CustomerWithContacts>,
    pub(crate) all: u64,
}

wire_object! {
    /// A part of the customers.
    "CustomerPage": CustomerPage<'_>
        = CustomerPage { page: Page { total, count, offset, limit, next, items }, all } => {
        /// How many there are in all.
        "total": Shown u64 = total;
        /// How many are in this answer.
        "count": Shown u64 = &(*count as u64);
        /// How many were passed over.
        "offset": Shown u64 = offset;
        /// How many this answer could have had.
        "limit": Shown u32 {minimum: 1, maximum: PAGE_SIZE} = limit;
        /// What `after` takes to go on behind this answer. Left out when there is nothing behind it.
        "next": ShownIfAny String = next;
        /// How many customers the store has, whatever was asked for.
        "allCustomerCount": Shown u64 = all;
        /// The customers, by id where no order was asked for.
        "items": Shown Items<'_, CustomerWithContacts> = &Items(items);
    }
}

/// The ids of customers.
#[derive(Serialize, ToSchema)]
#[schema(as = CustomerIds)]
pub(crate) struct CustomerIdsOut {
    /// The ids, in the order that was asked for.
    pub(crate) ids: Vec<i64>,
}
