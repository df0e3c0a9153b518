//! `/store_extrafields/customers`: the extra fields of a store's customers.

use axum::response::Response;
use rand::SeedableRng;
use rand::rngs::{StdRng, SysRng};
use serde::Serialize;
use shopfolk_model::{ExtraField, ExtraFieldChange, ExtraFieldKey, NewExtraField};
use shopfolk_operations::{
    ChangeExtraField, CreateExtraField, GetExtraField, ListExtraFields, LookOverValues,
};
use shopfolk_store::Engine;
use utoipa::ToSchema;

use crate::answer::{self, WriteAnswer};
use crate::body::JsonBody;
use crate::caller::{Caller, DeleteExtraFields, ReadExtraFields, UpdateExtraFields};
use crate::counts::{DeleteCountOut, UpdateCountOut};
use crate::error::ApiError;
use crate::path::ExtraFieldPath;
use crate::query::Fields;
use crate::wire::Answer;

/// How many keys are drawn for a new field: that all of them are taken does not happen.
const KEYS: usize = 4;

type NewExtraFieldBody = JsonBody<NewExtraField>;
type ExtraFieldChangeBody = JsonBody<ExtraFieldChange>;
type ExtraFieldOut<'a> = Answer<'a, ExtraField>;

/// The extra fields of a store's customers.
#[derive(Serialize, ToSchema)]
#[schema(as = ExtraFieldList)]
pub(crate) struct ExtraFieldsOut<'a> {
    /// The fields in the order in which they were created.
    items: Vec<ExtraFieldOut<'a>>,
}

/// The key of an extra field that was created.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CreatedExtraField)]
pub(crate) struct CreatedExtraFieldOut<'a> {
    #[schema(example = 1)]
    create_count: u8,
    #[schema(example = "6r0fUGw")]
    key: &'a str,
}

/// List the extra fields of customers
#[utoipa::path(
    get, path = "/api/v3/{storeId}/store_extrafields/customers", tag = "Customer extra fields",
    responses((status = 200, description = "The fields", body = ExtraFieldsOut)),
    security(("token" = ["read_customers_extrafields"])),
)]
pub(crate) async fn list_customer_extra_fields<E: Engine>(
    caller: Caller<E, ReadExtraFields>,
    Fields(fields): Fields,
) -> Result<Response, ApiError> {
    let found = caller.read(ListExtraFields).await?;
    let damaged = found.damaged;
    caller
        .answer(found.items, damaged, fields, |items, writer| {
            writer.write(&ExtraFieldsOut { items: items.iter().map(Answer).collect() })
        })
        .await
}

/// Get an extra field of customers
#[utoipa::path(
    get, path = "/api/v3/{storeId}/store_extrafields/customers/{key}", tag = "Customer extra fields",
    responses((status = 200, description = "The field", body = ExtraFieldOut)),
    security(("token" = ["read_customers_extrafields"])),
)]
pub(crate) async fn get_customer_extra_field<E: Engine>(
    caller: Caller<E, ReadExtraFields>,
    ExtraFieldPath(key): ExtraFieldPath,
    Fields(fields): Fields,
) -> Result<Response, ApiError> {
    let field = caller.read(GetExtraField { key }).await?;
    answer::selected(&Answer(&field), &fields)
}

/// Create an extra field of customers
#[utoipa::path(
    post, path = "/api/v3/{storeId}/store_extrafields/customers", tag = "Customer extra fields",
    request_body = NewExtraFieldBody,
    responses((
        status = 200, description = "Created", body = CreatedExtraFieldOut, headers(("Location" = String, description = "The path of the field"))
    )),
    security(("token" = ["update_customers_extrafields"])),
)]
pub(crate) async fn create_customer_extra_field<E: Engine>(
    caller: Caller<E, UpdateExtraFields>,
    JsonBody(field, _held): NewExtraFieldBody,
) -> Result<Response, ApiError> {
    let mut random = StdRng::try_from_rng(&mut SysRng).map_err(ApiError::internal)?;
    let keys = (0..KEYS).map(|_| ExtraFieldKey::generate(&mut random)).collect();
    let store = caller.store();
    let answer = move |key: &ExtraFieldKey| {
        WriteAnswer::created(
            &CreatedExtraFieldOut { create_count: 1, key: key.as_str() },
            store,
            format_args!("store_extrafields/customers/{key}"),
        )
    };
    caller.write(CreateExtraField { field, keys, now: caller.now() }, answer).await
}

/// Update an extra field of customers
///
/// Changes what the body names. Values that customers have stay as they are; a type to which one of them does not fit is refused.
#[utoipa::path(
    put, path = "/api/v3/{storeId}/store_extrafields/customers/{key}", tag = "Customer extra fields",
    request_body = ExtraFieldChangeBody,
    responses((status = 200, description = "Updated", body = UpdateCountOut)),
    security(("token" = ["update_customers_extrafields"])),
)]
pub(crate) async fn update_customer_extra_field<E: Engine>(
    caller: Caller<E, UpdateExtraFields>,
    ExtraFieldPath(key): ExtraFieldPath,
    JsonBody(change, _held): ExtraFieldChangeBody,
) -> Result<Response, ApiError> {
    if change.field_type.is_some() {
        caller.read(LookOverValues { key, change: change.clone() }).await?;
    }
    let answer = |updated: &bool| WriteAnswer::of(&UpdateCountOut { update_count: u32::from(*updated) });
    caller.write(ChangeExtraField { key, change, now: caller.now() }, answer).await
}

/// Delete an extra field of customers
///
/// Removes the field and every customer's value of it.
#[utoipa::path(
    delete, path = "/api/v3/{storeId}/store_extrafields/customers/{key}", tag = "Customer extra fields",
    responses((status = 200, description = "Deleted", body = DeleteCountOut)),
    security(("token" = ["delete_customers_extrafields"])),
)]
pub(crate) async fn delete_customer_extra_field<E: Engine>(
    caller: Caller<E, DeleteExtraFields>,
    ExtraFieldPath(key): ExtraFieldPath,
) -> Result<Response, ApiError> {
    caller.delete_extra_field(key).await?;
    answer::json(&DeleteCountOut { delete_count: 1 })
}
