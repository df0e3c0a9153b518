//! `/latest-stats`: when what a store has changed last. Pollers ask it before they ask for more.

use axum::response::Response;
use serde::Serialize;
use shopfolk_operations::{FindLatestChanges, LatestChanges};
use shopfolk_store::Engine;
use utoipa::ToSchema;

use crate::answer;
use crate::caller::{Caller, ReadStoreProfile};
use crate::error::ApiError;
use crate::query::Fields;

/// When what a store has changed last. What Shopfolk does not keep has the date on which the store was created.
#[derive(Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "they are the names of the wire")]
#[serde(rename_all = "camelCase")]
#[schema(as = LatestStats)]
#[schema(example = json!({"ordersUpdated": "2025-03-26 11:07:12 +0000", "customersUpdated": "2025-03-26 11:07:12 +0000"}))]
pub(crate) struct LatestStatsOut {
    products_updated: String,
    /// When an order was recorded, changed or deleted.
    orders_updated: String,
    /// When the store's profile changed.
    profile_updated: String,
    categories_updated: String,
    discount_coupons_updated: String,
    abandoned_sales_updated: String,
    /// When a customer or one of its contacts was created, changed or deleted.
    customers_updated: String,
    subscriptions_updated: String,
}

impl From<LatestChanges> for LatestStatsOut {
    fn from(LatestChanges { created, orders, profile, customers }: LatestChanges) -> Self {
        let not_kept = || created.to_string();
        Self {
            products_updated: not_kept(),
            orders_updated: orders.to_string(),
            profile_updated: profile.to_string(),
            categories_updated: not_kept(),
            discount_coupons_updated: not_kept(),
            abandoned_sales_updated: not_kept(),
            customers_updated: customers.to_string(),
            subscriptions_updated: not_kept(),
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
