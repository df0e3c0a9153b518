//! The pages that owners see. Each is one template, works without scripts and asks nobody else for anything.

use askama::Template;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use shopfolk_model::{AppScopes, RedirectUrl, Scope};

use crate::browsers::NO_SNIFFING;
use crate::error::ApiError;

/// Where an owner signs in.
#[derive(Template)]
#[template(path = "sign_in.html")]
pub(super) struct SignInPage<'a> {
    pub(super) app: &'a str,
    /// The request, as a query, which goes on when the owner is signed in.
    pub(super) request: &'a str,
    pub(super) form_token: &'a str,
    pub(super) store: String,
    pub(super) email: &'a str,
    /// What was wrong with the last try.
    pub(super) problem: Option<&'a str>,
}

/// Where an owner lets an app in, or does not.
#[derive(Template)]
#[template(path = "consent.html")]
pub(super) struct ConsentPage<'a> {
    pub(super) app: &'a str,
    pub(super) store: String,
    pub(super) email: &'a str,
    /// The host that the owner is sent back to.
    pub(super) host: String,
    pub(super) request: &'a str,
    pub(super) form_token: String,
    /// What the app asks for: the names, and what they open.
    pub(super) scopes: Vec<AskedScope<'a>>,
    /// Whether the app is in already.
    pub(super) installed: bool,
}

/// A scope that an app asks for.
pub(super) struct AskedScope<'a> {
    name: &'a str,
    opens: &'static str,
    /// Whether the store has granted it already.
    granted: bool,
}

/// A page that says one thing.
#[derive(Template)]
#[template(path = "message.html")]
pub(super) struct MessagePage<'a> {
    pub(super) title: &'a str,
    pub(super) message: &'a str,
}

/// The scopes of a request, and which of them an installed app has.
pub(super) fn asked<'a>(scopes: &'a AppScopes, granted: Option<&AppScopes>) -> Vec<AskedScope<'a>> {
    let one = |name: &'a str| AskedScope {
        name,
        opens: opens(name),
        granted: granted.is_some_and(|granted| granted.contains(name)),
    };
    scopes.iter().map(one).collect()
}

/// What a scope opens, for an owner.
fn opens(name: &str) -> &'static str {
    if name == AppScopes::PUBLIC_STOREFRONT {
        return "Have a token for web pages, which opens nothing about customers";
    }
    match name.parse() {
        Ok(Scope::ReadStoreProfile) => "See the store's profile",
        Ok(Scope::ReadCustomers) => "See customers, their contacts and groups",
        Ok(Scope::CreateCustomers) => "Create customers, contacts and groups",
        Ok(Scope::UpdateCustomers) => "Change and delete customers, contacts and groups",
        Ok(Scope::ReadCustomersExtrafields) => "See the extra fields of customers",
        Ok(Scope::UpdateCustomersExtrafields) => "Create and change extra fields of customers",
        Ok(Scope::DeleteCustomersExtrafields) => "Delete extra fields of customers",
        Ok(Scope::ReadOrders) => "See orders",
        Ok(Scope::CreateOrders) => "Create orders",
        Ok(Scope::UpdateOrders) => "Change and delete orders",
        Ok(Scope::UpdateStoreProfile) => "Change the store's profile",
        Err(_) => "Opens nothing here",
    }
}

const HEADERS: [(HeaderName, HeaderValue); 6] = [
    NO_SNIFFING,
    (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
];

/// Answers with a page, which no other one frames. Its forms go to this server, and from there to this URL alone.
///
/// # Errors
/// When the page cannot be written.
pub(super) fn page(
    status: StatusCode,
    template: &impl Template,
    goes_on_to: Option<&RedirectUrl>,
) -> Result<Response, ApiError> {
    let goes_on_to = goes_on_to.map(|url| format!(" {}", url.origin())).unwrap_or_default();
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'{goes_on_to}; \
         frame-ancestors 'none'"
    );
    html_page(status, template.render().map_err(ApiError::internal)?, &policy)
}

/// Answers with a page under this content security policy.
///
/// # Errors
/// When the policy cannot be in a header.
pub fn html_page(status: StatusCode, html: String, policy: &str) -> Result<Response, ApiError> {
    let mut response = Response::new(html.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.extend(HEADERS);
    let policy = HeaderValue::try_from(policy).map_err(ApiError::internal)?;
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    Ok(response)
}

/// Sends the browser somewhere else, with `GET`.
///
/// # Errors
/// When the URL cannot be in a header.
pub fn see_other(url: &str) -> Result<Response, ApiError> {
    let mut response = Response::new("".into());
    *response.status_mut() = StatusCode::SEE_OTHER;
    let headers = response.headers_mut();
    headers.insert(header::LOCATION, HeaderValue::try_from(url).map_err(ApiError::internal)?);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    Ok(response)
}
