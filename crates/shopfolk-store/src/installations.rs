//! The apps that a store let in, and the codes by which they get their tokens.

use shopfolk_model::{
    AppId, AppScopes, AuthorizationCode, EmailAddress, Installation, RedirectUrl, Timestamp, TokenHash,
    TokenId,
};

use crate::stores::STORE_GUARD;
use crate::{Owner, record};

record! {
    /// Which apps come and go is told by events that [`crate::Table::lifecycle`] cannot say: an app may come again.
    installations: "installation of an app" is Installation, by (AppId,);
    |installation, dialect| {
        Key app_id: AppId = &installation.app;
        Value scopes: AppScopes = &installation.scopes;
        Value installed: Timestamp = &installation.installed;
    }
    |store, reader| Self { app: app_id, scopes, installed };
    guard: STORE_GUARD;
}

record! {
    authorization_codes: "authorization code" is AuthorizationCode, by (AppId, TokenHash);
    |code, dialect| {
        Key app_id: AppId = &code.app;
        Key hash: TokenHash = &code.hash;
        Value email: EmailAddress = &code.email;
        Value redirect_url: RedirectUrl = &code.redirect_url;
        Value created: Timestamp = &code.created;
        Value token_id: Option<TokenId> = &code.token;
    }
    |store, reader| Self { app: app_id, hash, email, redirect_url, created, token: token_id };
    owner: Some(Owner { table: "installations", column: "app_id" });
    guard: STORE_GUARD;
}
