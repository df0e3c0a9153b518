//! Where an owner signs in and out. Without any store: the steps to the first one.

use std::sync::Arc;

use askama::Template;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use shopfolk_api::owners::{SignInRefusal, see_other};
use shopfolk_model::StoreId;
use shopfolk_store::{Engine, PageRequest};

use crate::admin::Admin;
use crate::page::answer;
use crate::page_error::PageError;
use crate::paths::{Home, SignIn, Style};
use crate::visitor::{Asked, Sent};

/// Where an owner signs in.
#[derive(Template)]
#[template(path = "sign_in.html")]
pub(crate) struct SignInPage<'a> {
    pub(crate) style: Style,
    pub(crate) sign_in: SignIn,
    pub(crate) form_token: &'a str,
    /// Where to go afterwards.
    pub(crate) next: &'a str,
    pub(crate) store: &'a str,
    pub(crate) email: &'a str,
    pub(crate) problem: Option<&'a str>,
    /// Whether the database has a store.
    pub(crate) any_store: bool,
}

/// Shows the form.
pub(crate) async fn show<E: Engine>(
    State(admin): State<Arc<Admin<E>>>,
    headers: HeaderMap,
    Asked(asked): Asked,
) -> Result<Response, PageError> {
    form(&admin, &headers, &asked, None, StatusCode::OK).await
}

async fn form<E: Engine>(
    admin: &Admin<E>,
    headers: &HeaderMap,
    said: &shopfolk_api::owners::Form,
    problem: Option<&str>,
    status: StatusCode,
) -> Result<Response, PageError> {
    let any_store = admin.owners.engine().list_stores(PageRequest::at(0, 0)).await?.total > 0;
    let (form_token, cookie) = admin.owners.sign_in_form(headers)?;
    let page = SignInPage {
        style: Style {},
        sign_in: SignIn {},
        form_token: &form_token,
        next: said.get("next").unwrap_or_default(),
        store: said.get("store").unwrap_or_default(),
        email: said.get("email").unwrap_or_default(),
        problem,
        any_store,
    };
    let mut response = answer(status, &page)?;
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

/// Signs an owner in.
pub(crate) async fn sign_in<E: Engine>(
    State(admin): State<Arc<Admin<E>>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, PageError> {
    let said = admin.owners.read_form(body).await?;
    if !admin.owners.is_sign_in_form(&headers, said.get("form_token")) {
        let problem = "This form is too old, or cookies are off: try again.";
        return form(&admin, &headers, &said, Some(problem), StatusCode::FORBIDDEN).await;
    }
    let store = said.get("store").and_then(|store| store.trim().parse::<StoreId>().ok());
    let (email, password) = (said.get("email").unwrap_or_default(), said.get("password").unwrap_or_default());
    let signed_in = match store {
        Some(store) => admin.owners.sign_in(&headers, store, email, password).await?,
        None => Err(SignInRefusal::Wrong),
    };
    match signed_in {
        Ok(cookie) => {
            let mut response = see_other(local(said.get("next")).unwrap_or(Home::TEMPLATE))?;
            response.headers_mut().append(header::SET_COOKIE, cookie);
            Ok(response)
        }
        Err(refusal) => form(&admin, &headers, &said, Some(&refusal.to_string()), refusal.status()).await,
    }
}

/// The path, if it is one of these pages: nobody is sent anywhere else.
fn local(path: Option<&str>) -> Option<&str> {
    path.filter(|path| {
        let rest = path.strip_prefix(Home::TEMPLATE);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
    })
}

/// Signs an owner out.
pub(crate) async fn sign_out<E: Engine>(
    State(admin): State<Arc<Admin<E>>>,
    headers: HeaderMap,
    Sent { visitor, .. }: Sent<E>,
) -> Result<Response, PageError> {
    let mut response = see_other(SignIn::TEMPLATE)?;
    if let Some(owner) = &visitor.owner {
        response.headers_mut().append(header::SET_COOKIE, admin.owners.sign_out(&headers, owner).await?);
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_to_another_host() {
        for path in ["/admin", "/admin/customers/7?done=x", "/admin?a"] {
            assert_eq!(local(Some(path)), Some(path));
        }
        for path in [
            "",
            "/",
            "//evil.example",
            "https://evil.example/admin",
            "/admin.evil.example",
            "/administration",
        ] {
            assert_eq!(local(Some(path)), None, "{path}");
        }
    }
}
