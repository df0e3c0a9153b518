//! `/latest-stats`: when what a store has changed last. Pollers ask it before they ask for more.

use axum::response::Response;
use serde::{Serialize, Serializer};
use shopfolk_model::Timestamp;
use shopfolk_operations::{FindLatestChanges, LatestChanges};
use shopfolk_store::Engine;
use utoipa::ToSchema;

use crate::answer;
use crate::caller::{Caller, ReadStoreProfile};
use crate::error::ApiError;
use crate::query::Fields;

/// When what a store has changed last. What Shopfolk does not keep has the date on which the store was created.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LatestStats)]
#[schema(example = json!({"ordersUpdated": "2025-03-26 11:07:12 +0000", "customersUpdated": "2025-03-26 11:07:12 +0000"}))]
pub(crate) struct LatestStatsOut {
    #[serde(serialize_with = "date")]
    #[schema(value_type = String)]
    products_updated: Timestamp,
    /// When an order was recorded, changed or deleted.
    #[serde(serialize_with = "date")]
    #[schema(value_type = String)]
    orders_updated: Timestamp,
    /// When the store's profile changed.
    #[serde(serialize_with = "date")]
    #[schema(value_type = String)]
    profile_updated: Timestamp,
    #[serde(serialize_with = "date")]
    #[schema(value_type = String)]
    categories_updated: Timestamp,
    #[serde(serialize_with = "date")]
    #[schema(value_type = String)]
    discount_coupons_updated: Timestamp,
    #[serde(serialize_with = "date")]
    #[schema(value_type = String)]
    abandoned_sales_updated: Timestamp,
    /// When a customer or one of its contacts was created, changed or deleted.
    #[serde(serialize_with = "date")]
    #[schema(value_type = String)]
    customers_updated: Timestamp,
    #[serde(serialize_with = "date")]
    #[schema(value_type = String)]
    subscriptions_updated: Timestamp,
}

fn date<S: Serializer>(date: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(date)
}

impl From<LatestChanges> for LatestStatsOut {
    fn from(LatestChanges { created, orders, profile, customers }: LatestChanges) -> Self {
        Self {
            products_updated: created,
            orders_updated: orders,
            profile_updated: profile,
            categories_updated: created,
            discount_coupons_updated: created,
            abandoned_sales_updated: created,
            customers_updated: customers,
            subscriptions_updated: created,
        }
    }
}

/// Get the dates of the latest changes
///
/// What Shopfolk does not keep has the date on which the store was created.
#[utoipa::path(
    get, path = "/api/v3/{storeId}/latest-stats", tag = "Store",
    responses((status = 200, description = "The dates", body = LatestStatsOut)),
    security(("token" = ["read_store_profile"])),
)]
pub(crate) async fn get_latest_stats<E: Engine>(
    caller: Caller<E, ReadStoreProfile>,
    Fields(fields): Fields,
) -> Result<Response, ApiError> {
    let changes = caller.read(FindLatestChanges).await?;
    answer::selected(&LatestStatsOut::from(changes), &fields)
}
