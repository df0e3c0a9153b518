//! Whose pages are asked for: the store comes from here and from nowhere else.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::Uri;
use axum::http::request::Parts;
use shopfolk_api::owners::{Form, SignedIn, form_token, is_loopback};
use shopfolk_model::{Actor, Store, StoreId, Timestamp};
use shopfolk_operations::GetStore;
use shopfolk_store::{Engine, ReadOperation, WriteOperation};

use crate::admin::Admin;
use crate::page_error::PageError;

/// Somebody who may see and change a store.
pub(crate) struct Visitor<E> {
    admin: Arc<Admin<E>>,
    pub(crate) store: Store,
    /// Who is signed in; nobody is in the demo.
    pub(crate) owner: Option<SignedIn>,
    /// What forms of this visitor have in them.
    pub(crate) form_token: String,
}

impl<E: Engine> Visitor<E> {
    async fn find(admin: &Arc<Admin<E>>, parts: &Parts) -> Result<Self, PageError> {
        let headers = &parts.headers;
        let owner = admin.owners.signed_in(headers).await?;
        let (id, form_token) = match (&owner, &admin.demo) {
            (Some(owner), _) => (owner.store, owner.form_token()),
            (None, Some(_)) if !is_loopback(headers) => return Err(PageError::NotOnThisMachine),
            (None, Some(demo)) => (demo.store, form_token(&demo.key)),
            (None, None) => return Err(PageError::sign_in(&parts.uri)),
        };
        let store = admin.owners.engine().read(id, GetStore).await?;
        let store = store.ok_or_else(|| PageError::sign_in(&parts.uri))?;
        Ok(Self { admin: Arc::clone(admin), store, owner, form_token })
    }

    /// Reads from the store.
    pub(crate) async fn read<O: ReadOperation>(&self, operation: O) -> Result<O::Output, O::Error> {
        self.admin.owners.engine().read_for(self.store.id, Actor::Owner, operation).await
    }

    /// Writes to the store.
    pub(crate) async fn write<O: WriteOperation>(&self, operation: O) -> Result<O::Output, O::Error> {
        self.admin.owners.engine().write(self.store.id, Actor::Owner, operation).await
    }

    /// The engine and the store, for what is done in portions.
    pub(crate) fn engine(&self) -> (&E, StoreId) {
        (self.admin.owners.engine(), self.store.id)
    }

    /// Now.
    pub(crate) fn now(&self) -> Timestamp {
        self.admin.owners.now()
    }
}

impl<E: Engine> FromRequestParts<Arc<Admin<E>>> for Visitor<E> {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, admin: &Arc<Admin<E>>) -> Result<Self, PageError> {
        Self::find(admin, parts).await
    }
}

/// The parameters of a page.
pub(crate) struct Asked(pub(crate) Form);

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, PageError> {
        Ok(Self(asked(&parts.uri)))
    }
}

/// The parameters of a page.
pub(crate) fn asked(uri: &Uri) -> Form {
    Form::parse(uri.query().unwrap_or_default().as_bytes())
}

/// A form that a visitor sent, which was made for that visitor.
pub(crate) struct Sent<E> {
    pub(crate) visitor: Visitor<E>,
    pub(crate) form: Form,
}

impl<E: Engine> FromRequest<Arc<Admin<E>>> for Sent<E> {
    type Rejection = PageError;

    async fn from_request(request: Request, admin: &Arc<Admin<E>>) -> Result<Self, PageError> {
        let (parts, body) = request.into_parts();
        let visitor = Visitor::find(admin, &parts).await?;
        let form = admin.owners.read_form(Body::new(body)).await?;
        if form.get("form_token") != Some(visitor.form_token.as_str()) {
            return Err(PageError::NotOurForm);
        }
        Ok(Self { visitor, form })
    }
}
