//! Which parameters of the published API there are that are not supported, and what holds for the parameters of every call.

use std::collections::HashSet;

use axum::extract::MatchedPath;
use axum::http::Method;
use axum::http::request::Parts;

use crate::error::{ApiError, shorten};
use crate::query::Query;

/// What the published API finds orders by, and nobody does here.
const OF_ORDERS: &[&str] = &[
    "acceptMarketing",
    "containsPreorderItems",
    "couponCode",
    "fulfillmentStatus",
    "paymentMethod",
    "paymentModule",
    "paymentStatus",
    "pickupTimeFrom",
    "pickupTimeTo",
    "productId",
    "refererId",
    "shippingMethod",
    "subscriptionId",
    "updatedFrom",
    "updatedTo",
];

/// What the published API finds customers by, and nobody does here.
const OF_CUSTOMERS: &[&str] = &["fiscalCode", "electronicInvoicePecEmail", "electronicInvoiceSdiCode"];

/// Published parameters that are not supported, by the path whose `GET` has them. To support one, take it out here.
const UNSUPPORTED: &[(&str, &[&str])] = &[
    ("/api/v3/{storeId}/orders", OF_ORDERS),
    ("/api/v3/{storeId}/customers", OF_CUSTOMERS),
    ("/api/v3/{storeId}/customers_ids", OF_CUSTOMERS),
];

/// The published parameters that reading this path does not support.
pub(crate) fn unsupported(template: &str) -> &'static [&'static str] {
    UNSUPPORTED.iter().find(|(path, _)| *path == template).map_or(&[], |(_, names)| names)
}

/// Refuses a parameter that is there twice, and one whose answer would be that to another question. One that nobody knows is
/// passed over.
pub(crate) fn check(parts: &Parts) -> Result<(), ApiError> {
    let query = Query::of(&parts.uri);
    let mut seen = HashSet::new();
    if let Some(name) = query.names().find(|name| !seen.insert(name.clone())) {
        return Err(ApiError::wrong_parameter(format!(
            "Parameter '{}' is there more than once: give it once",
            shorten(&name)
        )));
    }
    if parts.method != Method::GET && parts.method != Method::HEAD {
        return Ok(());
    }
    let template = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
    match unsupported(template).iter().find(|name| query.text(name).is_some()) {
        None => Ok(()),
        Some(name) => Err(ApiError::wrong_parameter(format!(
            "Parameter '{name}' of the published API is not supported here: leave it out"
        ))),
    }
}
