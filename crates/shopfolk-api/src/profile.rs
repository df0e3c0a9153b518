//! `/profile`: what the store is. Clients call it first to test their token.

use axum::response::Response;
use shopfolk_operations::{ChangeProfile, GetStore};
use shopfolk_store::Engine;

use crate::answer::{self, WriteAnswer};
use crate::body::JsonBody;
use crate::caller::{AnyToken, Caller, UpdateStoreProfile};
use crate::counts::UpdateCountOut;
use crate::error::{ApiError, ErrorCode};
use crate::profile_change::ProfileChange;
use crate::profile_out::ProfileOut;
use crate::query::Fields;

/// Get the store's profile
///
/// Any token of the store opens it, a public one too.
#[utoipa::path(
    get, path = "/api/v3/{storeId}/profile", tag = "Store",
    responses((status = 200, description = "The profile", body = ProfileOut)),
    security(("token" = [])),
)]
pub(crate) async fn get_profile<E: Engine>(
    caller: Caller<E, AnyToken>,
    Fields(fields): Fields,
) -> Result<Response, ApiError> {
    let store = caller.read(GetStore).await?;
    let store = store.ok_or_else(|| ApiError::new(ErrorCode::StoreNotFound, "Store not found"))?;
    answer::selected(&ProfileOut::of(&store)?, &fields)
}

type ProfileBody = JsonBody<ProfileChange>;

/// Update the store's profile
///
/// Changes what the body names; `null` takes a value away. What else is sent under `settings`, `formatsAndUnits` and `company`
/// is kept as it came.
#[utoipa::path(
    put, path = "/api/v3/{storeId}/profile", tag = "Store",
    request_body = ProfileBody,
    responses((status = 200, description = "Updated", body = UpdateCountOut)),
    security(("token" = ["update_store_profile"])),
)]
pub(crate) async fn update_profile<E: Engine>(
    caller: Caller<E, UpdateStoreProfile>,
    JsonBody(ProfileChange { name, change }, _held): ProfileBody,
) -> Result<Response, ApiError> {
    let answer = |_: &bool| WriteAnswer::of(&UpdateCountOut { update_count: 1 });
    caller.write(ChangeProfile { name, change, now: caller.now() }, answer).await
}
