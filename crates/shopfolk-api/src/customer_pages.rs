//! Answers with many customers.

use serde::Serialize;
use shopfolk_model::DeletedCustomer;
use utoipa::ToSchema;

use crate::customer::CustomerOut;
use crate::wire::Answer;

/// A deleted customer in an answer.
pub(crate) type DeletedCustomerOut<'a> = Answer<'a, DeletedCustomer>;

/// A part of the customers that were deleted.
#[derive(Serialize, ToSchema)]
#[schema(as = DeletedCustomerPage)]
pub(crate) struct DeletedCustomerPageOut<'a> {
    /// How many there are in all.
    #[schema(minimum = 0)]
    pub(crate) total: u64,
    /// How many are in this answer.
    #[schema(minimum = 0)]
    pub(crate) count: usize,
    /// How many were passed over.
    #[schema(minimum = 0)]
    pub(crate) offset: u64,
    /// How many this answer could have had.
    #[schema(minimum = 1, maximum = 100)]
    pub(crate) limit: u32,
    /// The customers, by the time at which they were deleted.
    pub(crate) items: Vec<DeletedCustomerOut<'a>>,
}

/// A part of the customers.
#[derive(Serialize, ToSchema)]
#[schema(as = CustomerPage)]
pub(crate) struct CustomerPageOut<'a> {
    /// How many there are in all.
    #[schema(minimum = 0)]
    pub(crate) total: u64,
    /// How many are in this answer.
    #[schema(minimum = 0)]
    pub(crate) count: usize,
    /// How many were passed over.
    #[schema(minimum = 0)]
    pub(crate) offset: u64,
    /// How many this answer could have had.
    #[schema(minimum = 1, maximum = 100)]
    pub(crate) limit: u32,
    /// How many customers the store has, whatever was asked for.
    #[serde(rename = "allCustomerCount")]
    #[schema(minimum = 0)]
    pub(crate) all_customer_count: u64,
    /// The customers, by id where no order was asked for.
    pub(crate) items: Vec<CustomerOut<'a>>,
}

/// The ids of customers.
#[derive(Serialize, ToSchema)]
#[schema(as = CustomerIds)]
pub(crate) struct CustomerIdsOut {
    /// The ids, in the order that was asked for.
    pub(crate) ids: Vec<i64>,
}
