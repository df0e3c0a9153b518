//! `/application`: what the caller is to the store (platform, "Apps and tokens").

use axum::response::Response;
use serde::Serialize;
use shopfolk_model::{ClientId, Scope};
use shopfolk_operations::{GetInstallation, RevokeToken, UninstallApp};
use shopfolk_store::Engine;
use utoipa::ToSchema;

use crate::answer::{self, WriteAnswer};
use crate::caller::{Caller, SecretToken};
use crate::counts::DeleteCountOut;
use crate::error::ApiError;
use crate::query::Fields;

/// An app in a store that let it in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Application)]
#[schema(example = json!({
    "clientId": "app-1003", "scopes": ["read_customers", "public_storefront"], "status": "ACTIVE",
    "installed": "2025-03-26 11:07:12 +0000"
}))]
pub(crate) struct ApplicationOut {
    /// The client id; null where the token was made by hand, for no app.
    client_id: Option<String>,
    /// What it was granted, scopes that are not known here too.
    scopes: Vec<String>,
    /// ACTIVE: one that is shut out has no token to ask with.
    status: &'static str,
    /// Since when the store lets it in.
    installed: String,
}

/// Get the app that the token belongs to
///
/// Any secret token of the store opens it.
#[utoipa::path(
    get, path = "/api/v3/{storeId}/application", tag = "Store",
    responses((status = 200, description = "The app", body = ApplicationOut)),
    security(("token" = [])),
)]
pub(crate) async fn get_application<E: Engine>(
    caller: Caller<E, SecretToken>,
    Fields(fields): Fields,
) -> Result<Response, ApiError> {
    let token = caller.token_record();
    let installation = match token.app {
        Some(app) => caller.read(GetInstallation { app }).await?,
        None => None,
    };
    let (scopes, installed) = match installation {
        Some(found) => (found.scopes.iter().map(str::to_owned).collect(), found.installed),
        None => (token.scopes.iter().map(Scope::name).map(str::to_owned).collect(), token.created),
    };
    let client_id = token.app.map(|app| ClientId(app).to_string());
    let application =
        ApplicationOut { client_id, scopes, status: "ACTIVE", installed: installed.to_string() };
    answer::selected(&application, &fields)
}

/// Uninstall the app that the token belongs to
///
/// Its tokens open nothing from now on. A token that was made by hand, for no app, is revoked.
#[utoipa::path(
    delete, path = "/api/v3/{storeId}/application", tag = "Store",
    responses((status = 200, description = "Uninstalled", body = DeleteCountOut)),
    security(("token" = [])),
)]
pub(crate) async fn delete_application<E: Engine>(
    caller: Caller<E, SecretToken>,
) -> Result<Response, ApiError> {
    let (token, now) = (caller.token_record(), caller.now());
    let uninstalled = |&(): &()| WriteAnswer::of(&DeleteCountOut { delete_count: 1 });
    match token.app {
        Some(app) => caller.write(UninstallApp { app, now }, uninstalled).await,
        None => caller.write(RevokeToken { id: token.id, now }, uninstalled).await,
    }
}
