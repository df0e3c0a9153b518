//! Every call, and what answers it.
//!
//! A handler says its method and path itself, beside what the OpenAPI document says of it. The router and the document
//! are made of the one list here.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{get, post};
use bytes::Bytes;
use shopfolk_store::{BackgroundTask, Engine};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer;
use crate::app::App;
use crate::clock::Clock;
use crate::docs::{get_docs, get_docs_file};
use crate::frame::{Frame, method_not_allowed, unknown_endpoint};
use crate::home::get_home;
use crate::oauth::authorize::authorize;
use crate::oauth::sign_in::{sign_in, sign_out};
use crate::oauth::token::exchange_code;
use crate::openapi::{self, Document};
use crate::owners::{Owners, Pages};
use crate::settings::ApiSettings;
use crate::{
    application, batch_runner, batches, contacts, customer_filters, customers, extra_fields, groups,
    latest_stats, mass_change, operating, orders, profile, request_metrics, webhooks,
};

/// The calls, one path a line. To add one: a line here, or its name in the line of its path.
fn calls<E: Engine>() -> OpenApiRouter<Arc<App<E>>> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(profile::get_profile, profile::update_profile))
        .routes(routes!(latest_stats::get_latest_stats))
        .routes(routes!(application::get_application, application::delete_application))
        .routes(routes!(customers::list_customers, customers::create_customer))
        .routes(routes!(mass_change::update_customers))
        .routes(routes!(customer_filters::get_customer_filters))
        .routes(routes!(orders::list_customer_products))
        .routes(routes!(customer_filters::list_customer_locations))
        .routes(routes!(customers::list_customer_ids))
        .routes(routes!(customers::list_deleted_customers))
        .routes(routes!(customers::get_customer, customers::update_customer, customers::delete_customer))
        .routes(routes!(contacts::create_contact, contacts::list_contacts))
        .routes(routes!(contacts::order_contacts))
        .routes(routes!(contacts::get_contact, contacts::update_contact, contacts::delete_contact))
        .routes(routes!(groups::list_customer_groups, groups::create_customer_group))
        .routes(routes!(
            groups::get_customer_group,
            groups::update_customer_group,
            groups::delete_customer_group
        ))
        .routes(routes!(extra_fields::list_customer_extra_fields, extra_fields::create_customer_extra_field))
        .routes(routes!(
            extra_fields::get_customer_extra_field,
            extra_fields::update_customer_extra_field,
            extra_fields::delete_customer_extra_field
        ))
        .routes(routes!(orders::list_orders, orders::create_order))
        .routes(routes!(orders::get_last_order))
        .routes(routes!(orders::get_order, orders::delete_order))
        .routes(routes!(orders::list_orders_of_customer))
        .routes(routes!(batches::create_batch, batches::get_batches, batches::delete_batch))
        .routes(routes!(batches::cancel_batches))
        .routes(routes!(webhooks::list_webhook_attempts))
        .routes(routes!(webhooks::get_webhook_attempt))
        .routes(routes!(webhooks::replay_webhook_attempt))
        .routes(routes!(webhooks::replay_failed_webhooks))
        .routes(routes!(webhooks::trigger_webhook))
        .routes(routes!(operating::get_health))
        .routes(routes!(operating::get_readiness))
        .routes(routes!(operating::get_metrics))
}

/// The OpenAPI 3.1 document of the API, which is the same over every engine.
pub fn openapi<E: Engine>() -> utoipa::openapi::OpenApi {
    let mut document = calls::<E>().into_openapi();
    openapi::complete(&mut document);
    document
}

/// Answers with the document, which is made when it is asked for first: that takes some megabytes, and few ask.
async fn get_document<E: Engine>(State(app): State<Arc<App<E>>>) -> Response {
    // OK because a document of texts always becomes JSON.
    let text = || Bytes::from(openapi::<E>().to_pretty_json().unwrap_or_default());
    answer::json_bytes(app.document.get_or_init(text).clone())
}

/// What answers requests, and what has to run beside them.
pub struct Api {
    /// Answers requests. A path that is not its own is answered with 404 in JSON.
    pub router: Router,
    /// Runs batches and forgets old ones.
    pub background: Vec<BackgroundTask>,
}

/// What answers requests over an engine: batches that are sent to it wait until somebody runs them.
pub fn router<E: Engine>(engine: E, settings: ApiSettings, clock: Arc<dyn Clock>) -> Router {
    api(engine, settings, clock).router
}

/// The API over an engine.
pub fn api<E: Engine>(engine: E, settings: ApiSettings, clock: Arc<dyn Clock>) -> Api {
    assemble(engine, settings, clock, |_| None)
}

/// The API over an engine, and pages beside it.
pub fn api_with_pages<E: Engine>(
    engine: E,
    settings: ApiSettings,
    clock: Arc<dyn Clock>,
    pages: impl FnOnce(Owners<E>) -> Pages,
) -> Api {
    assemble(engine, settings, clock, |owners| Some(pages(owners)))
}

fn assemble<E: Engine>(
    engine: E,
    settings: ApiSettings,
    clock: Arc<dyn Clock>,
    pages: impl FnOnce(Owners<E>) -> Option<Pages>,
) -> Api {
    request_metrics::describe();
    let app = Arc::new(App::new(engine, settings.clone(), clock));
    let forgetful = Arc::downgrade(&app);
    app.engine.on_access_change(move |store| {
        if let Some(app) = forgetful.upgrade() {
            app.tokens.forget(store);
        }
    });
    let pages = pages(Owners(Arc::clone(&app)));
    let home = pages.as_ref().map(|pages| pages.home);
    let (page_routes, page_templates) = pages.map(|pages| (pages.router, pages.templates)).unzip();
    let (calls, document) = calls::<E>().split_for_parts();
    // What is no call of a store with a token.
    let others = [
        ("/", get(move |headers: HeaderMap| async move { get_home(&headers, home) })),
        ("/openapi.json", get(get_document::<E>)),
        ("/docs", get(get_docs)),
        ("/docs/{file}", get(get_docs_file)),
        ("/api/oauth/authorize", get(authorize::<E>).post(authorize::<E>)),
        ("/api/oauth/sign-in", post(sign_in::<E>)),
        ("/api/oauth/sign-out", post(sign_out::<E>)),
        ("/api/oauth/token", get(exchange_code::<E>).post(exchange_code::<E>)),
        ("/api/oauth/token/{storeId}", get(exchange_code::<E>).post(exchange_code::<E>)),
    ];
    let templates: Vec<_> = document
        .paths
        .paths
        .keys()
        .map(String::as_str)
        .chain(others.iter().map(|(path, _)| *path))
        .chain(page_templates.unwrap_or_default())
        .collect();
    let routes = others
        .iter()
        .fold(calls, |router, (path, methods)| router.route(path, methods.clone()))
        .fallback(unknown_endpoint)
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(Arc::clone(&app))
        .merge(page_routes.unwrap_or_default());
    let framed = Router::new().fallback_service(Frame::new(routes, templates, settings));
    let background = batch_runner::background(&app, &framed);
    Api { router: framed, background }
}
