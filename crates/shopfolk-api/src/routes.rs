//! Every path, and what answers it.

use std::sync::Arc;

use axum::Router;
use axum::routing::{MethodRouter, get, post};
use shopfolk_store::Engine;

use crate::app::App;
use crate::contacts::{create_contact, delete_contact, get_contact, list_contacts, update_contact};
use crate::customer_filters::{get_customer_filters, list_customer_locations};
use crate::customers::{
    create_customer, delete_customer, get_customer, list_customer_ids, list_customers,
    list_deleted_customers, update_customer,
};
use crate::docs::{get_docs, get_docs_file, get_openapi};
use crate::extra_fields::{
    create_extra_field, delete_extra_field, get_extra_field, list_extra_fields, update_extra_field,
};
use crate::frame::{Frame, method_not_allowed, unknown_endpoint};
use crate::groups::{create_group, delete_group, get_group, list_groups, update_group};
use crate::mass_change::update_customers;
use crate::operating::{get_health, get_metrics, get_readiness};
use crate::orders::{create_order, delete_order, get_order, list_customer_products, list_orders};
use crate::profile::get_profile;
use crate::{ApiSettings, Clock, request_metrics};

type RouteTable<E> = Vec<(&'static str, MethodRouter<Arc<App<E>>>)>;

/// The route table. To add a call: a line here, and its handler in the list of `openapi.rs`.
fn route_table<E: Engine>() -> RouteTable<E> {
    vec![
        ("/api/v3/{storeId}/profile", get(get_profile)),
        ("/api/v3/{storeId}/customers", get(list_customers).post(create_customer)),
        ("/api/v3/{storeId}/customers_update", post(update_customers)),
        ("/api/v3/{storeId}/customers/filters", get(get_customer_filters)),
        ("/api/v3/{storeId}/customers/products", get(list_customer_products)),
        ("/api/v3/{storeId}/customers/locations", get(list_customer_locations)),
        ("/api/v3/{storeId}/customers_ids", get(list_customer_ids)),
        ("/api/v3/{storeId}/customers/deleted", get(list_deleted_customers)),
        (
            "/api/v3/{storeId}/customers/{customerId}",
            get(get_customer).put(update_customer).delete(delete_customer),
        ),
        ("/api/v3/{storeId}/customers/{customerId}/contacts", post(create_contact).get(list_contacts)),
        (
            "/api/v3/{storeId}/customers/{customerId}/contacts/{contactId}",
            get(get_contact).put(update_contact).delete(delete_contact),
        ),
        ("/api/v3/{storeId}/customer_groups", get(list_groups).post(create_group)),
        (
            "/api/v3/{storeId}/customer_groups/{groupId}",
            get(get_group).put(update_group).delete(delete_group),
        ),
        ("/api/v3/{storeId}/store_extrafields/customers", get(list_extra_fields).post(create_extra_field)),
        (
            "/api/v3/{storeId}/store_extrafields/customers/{key}",
            get(get_extra_field).put(update_extra_field).delete(delete_extra_field),
        ),
        ("/api/v3/{storeId}/orders", get(list_orders).post(create_order)),
        ("/api/v3/{storeId}/orders/{orderId}", get(get_order).delete(delete_order)),
        ("/healthz", get(get_health)),
        ("/readyz", get(get_readiness)),
        ("/metrics", get(get_metrics)),
        ("/openapi.json", get(get_openapi)),
        ("/docs", get(get_docs)),
        ("/docs/{file}", get(get_docs_file)),
    ]
}

/// The API over an engine. A path that is not its own is answered with 404 in JSON.
pub fn router<E: Engine>(engine: E, settings: ApiSettings, clock: Arc<dyn Clock>) -> Router {
    request_metrics::describe();
    let app = Arc::new(App::new(engine, settings.clone(), clock));
    let forgetful = Arc::downgrade(&app);
    app.engine.on_access_change(move |store| {
        if let Some(app) = forgetful.upgrade() {
            app.access.forget(store);
        }
    });
    let table = route_table::<E>();
    let templates: Vec<_> = table.iter().map(|&(template, _)| template).collect();
    let routes = table
        .into_iter()
        .fold(Router::new(), |router, (template, methods)| router.route(template, methods))
        .fallback(unknown_endpoint)
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(app);
    Router::new().fallback_service(Frame::new(routes, templates, settings))
}

#[cfg(test)]
mod tests {
    use shopfolk_store_sqlite::SqliteEngine;

    use super::*;

    #[test]
    fn every_path_is_in_the_openapi_document() {
        let documented = crate::openapi().paths.paths;
        let missing: Vec<_> = route_table::<SqliteEngine>()
            .into_iter()
            .map(|(template, _)| template)
            .filter(|template| !documented.contains_key(*template))
            .collect();
        assert_eq!(missing, ["/openapi.json", "/docs", "/docs/{file}"]);
    }
}
