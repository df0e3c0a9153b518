//! What is around every request, in this order:
//!
//! 1. the request gets its id, and the route its name for log and metrics;
//! 2. a slash at the end of the path is dropped;
//! 3. it is turned away when the program is about to end, or when it does not say for which host it is;
//! 4. the handler runs, within the time that a request may take; a panic in it ends with the request;
//! 5. the cause of a fault goes to the log with the request id;
//! 6. the answer gets the request id and what browsers are told, is counted and logged;
//! 7. the answer is compressed if the caller asked for it.
//!
//! It is one service instead of a stack of layers, because every request passes it.

use std::any::Any;
use std::convert::Infallible;
use std::error::Error;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::Request;
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderValue, Method, Uri};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use tokio::time::timeout;
use tower::Service;

use crate::browsers;
use crate::compression;
use crate::error::{ApiError, ErrorCode, shorten};
use crate::error_answer::Fault;
use crate::host::check_host;
use crate::request_id::{RequestIds, X_REQUEST_ID};
use crate::request_metrics::RouteMetrics;
use crate::settings::ApiSettings;
use crate::streamed::StreamedRequest;

/// The name of all paths that are no route.
const UNKNOWN_ROUTE: &str = "unknown";

/// Every request goes through here to the routes.
#[derive(Clone)]
pub(crate) struct Frame {
    routes: Router,
    shared: Arc<Shared>,
}

struct Shared {
    names: matchit::Router<Route>,
    unknown: Route,
    request_ids: &'static RequestIds,
    settings: ApiSettings,
}

/// What log and metrics call a route.
struct Route {
    template: String,
    metrics: RouteMetrics,
}

impl Route {
    fn new(template: &str) -> Self {
        Self { template: template.to_owned(), metrics: RouteMetrics::new(template) }
    }

    /// Operators look at the program while it ends, too.
    fn is_for_operators(&self) -> bool {
        matches!(self.template.as_str(), "/healthz" | "/readyz" | "/metrics")
    }
}

impl Frame {
    /// The frame around `routes`, which have these templates.
    pub(crate) fn new<'a>(
        routes: Router,
        templates: impl IntoIterator<Item = &'a str>,
        settings: ApiSettings,
    ) -> Self {
        let mut names = matchit::Router::new();
        for template in templates {
            // OK to pass over an error: the router has taken the same templates, and a name is no more than a label.
            let _ = names.insert(template, Route::new(template));
        }
        let (unknown, request_ids) = (Route::new(UNKNOWN_ROUTE), RequestIds::of_process());
        Self { routes, shared: Arc::new(Shared { names, unknown, request_ids, settings }) }
    }
}

impl Service<Request> for Frame {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let routes = self.routes.clone();
        let shared = Arc::clone(&self.shared);
        Box::pin(async move { Ok(shared.answer(routes, request).await) })
    }
}

impl Shared {
    async fn answer(&self, routes: Router, mut request: Request) -> Response {
        let begin = Instant::now();
        let id = self.request_ids.of(request.headers());
        let accepted_encoding = compression::accepted(request.headers());
        let method = request.method().clone();
        drop_slash_at_end(request.uri_mut());
        let open_to_browsers = browsers::is_open(request.uri().path());
        let (route, store) = match self.names.at(request.uri().path()) {
            Ok(found) => (found.value, found.params.get("storeId").and_then(|id| id.parse::<u64>().ok())),
            Err(_) => (&self.unknown, None),
        };

        let mut response = match self.check(&request, route) {
            Ok(()) => self.handled(routes, request).await,
            Err(refusal) => refusal.into_response(),
        };
        if let Some(Fault(cause)) = response.extensions_mut().remove() {
            log_fault(&id, &method, &route.template, cause.as_ref());
            response = fault_answer(&id);
        }
        if open_to_browsers {
            if method == Method::OPTIONS {
                response = browsers::preflight(response);
            }
            browsers::open(response.headers_mut());
        }
        response.headers_mut().insert(X_REQUEST_ID, id.clone());
        if let Some(StreamedRequest(name)) = response.extensions().get() {
            // OK to pass over an error: nobody else gives the name.
            let _ = name.set(id.clone());
        }

        let (status, duration) = (response.status(), begin.elapsed());
        route.metrics.record(&method, status, duration);
        if tracing::enabled!(target: "shopfolk_api::request", tracing::Level::INFO) {
            // Neither the query nor a header is ever logged: both may hold a token.
            tracing::info!(
                target: "shopfolk_api::request",
                request_id = text(&id),
                %method,
                route = route.template,
                store,
                status = status.as_u16(),
                duration_us = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX),
                "answered"
            );
        }
        match accepted_encoding {
            None => response,
            Some(accepted) => compression::compress(accepted, response).await,
        }
    }

    /// What can be said of a request before anything else is looked at.
    fn check(&self, request: &Request, route: &Route) -> Result<(), ApiError> {
        if self.settings.shutting_down.turns_away() && !route.is_for_operators() {
            return Err(ApiError::unavailable("The server is shutting down: try again soon"));
        }
        check_host(request.version(), request.headers())
    }

    async fn handled(&self, mut routes: Router, request: Request) -> Response {
        let within = self.settings.request_timeout;
        let handler = AssertUnwindSafe(routes.call(request)).catch_unwind();
        match timeout(within, handler).await {
            Ok(Ok(Ok(response))) => response,
            Ok(Ok(Err(never))) => match never {},
            Ok(Err(panic)) => ApiError::internal(panic_message(panic.as_ref())).into_response(),
            Err(_) => timed_out(within).into_response(),
        }
    }
}

/// `/a/b/` is the same as `/a/b`.
fn drop_slash_at_end(uri: &mut Uri) {
    let Some(path) = uri.path().strip_suffix('/').filter(|path| !path.is_empty()) else { return };
    let path_and_query = match uri.query() {
        Some(query) => PathAndQuery::try_from(format!("{path}?{query}")),
        None => PathAndQuery::try_from(path),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = path_and_query.ok();
    if let Ok(shorter) = Uri::from_parts(parts) {
        *uri = shorter;
    }
}

fn timed_out(within: Duration) -> ApiError {
    ApiError::new(
        ErrorCode::Timeout,
        format!(
            "The request was not served within {} seconds. If it was to change something, look whether it did",
            within.as_secs_f32()
        ),
    )
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let message = panic.downcast_ref::<&str>().copied();
    let message = message.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("panicked: {}", message.unwrap_or("without a message"))
}

fn text(id: &HeaderValue) -> &str {
    id.to_str().unwrap_or_default()
}

fn log_fault(id: &HeaderValue, method: &Method, route: &str, cause: &(dyn Error + Send + Sync)) {
    let mut causes = cause.to_string();
    let mut source = cause.source();
    while let Some(cause) = source {
        causes = format!("{causes}: {cause}");
        source = cause.source();
    }
    tracing::error!(request_id = text(id), %method, route, cause = causes, "a request failed by a fault of ours");
}

/// What the caller learns of a fault: the id under which the operator finds it.
fn fault_answer(id: &HeaderValue) -> Response {
    let message = format!("Internal error, the request id is {}", text(id));
    ApiError::new(ErrorCode::InternalError, message).into_response()
}

/// What answers a path that is none.
pub(crate) async fn unknown_endpoint(uri: Uri) -> ApiError {
    no_such_path(&uri)
}

/// The error for a path that is none.
pub(crate) fn no_such_path(uri: &Uri) -> ApiError {
    let path = shorten(uri.path());
    ApiError::new(ErrorCode::EndpointNotFound, format!("There is nothing at the path '{path}'"))
}

/// What answers a path that does not take the method; the router adds the `Allow` header.
pub(crate) async fn method_not_allowed(method: Method, uri: Uri) -> ApiError {
    let path = shorten(uri.path());
    ApiError::new(
        ErrorCode::MethodNotAllowed,
        format!("The path '{path}' does not take the method {method}, see the header Allow"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_at_the_end_of_the_path_is_dropped() {
        for (before, after) in [
            ("/a/b/", "/a/b"),
            ("/a/b/?c=d/", "/a/b?c=d/"),
            ("/a/b", "/a/b"),
            ("/", "/"),
            ("http://host/a/", "http://host/a"),
        ] {
            let mut uri = before.parse().unwrap();
            drop_slash_at_end(&mut uri);
            assert_eq!(uri.to_string(), after);
        }
    }
}
