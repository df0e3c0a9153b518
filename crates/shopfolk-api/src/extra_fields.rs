//! `/store_extrafields/customers`: the extra fields of a store's customers.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use rand::SeedableRng;
use rand::rngs::{StdRng, SysRng};
use serde::Serialize;
use shopfolk_model::{
    ExtraField, ExtraFieldChange, ExtraFieldKey, ExtraFieldTitle, ExtraFieldType, NewExtraField, Timestamp,
};
use shopfolk_operations::{
    ChangeExtraField, CreateExtraField, DeleteExtraField, GetExtraField, ListExtraFields,
};
use shopfolk_store::Engine;
use utoipa::ToSchema;

use crate::access::{Access, DeleteExtraFields, ReadExtraFields, UpdateExtraFields};
use crate::answer;
use crate::app::App;
use crate::body::JsonBody;
use crate::contact_out::{DeleteCountOut, UpdateCountOut, as_date};
use crate::error::ApiError;
use crate::fields::Fields as BodyFields;
use crate::json;
use crate::openapi::{BodyErrors, CallErrors, ConflictErrors};
use crate::path::ExtraFieldPath;
use crate::query::Fields;
use crate::schemas::Date;

/// How many keys are drawn for a new field: that all of them are taken does not happen.
const KEYS: usize = 4;

/// The entities that these extra fields are of.
pub(crate) const ENTITY_TYPES: [&str; 1] = ["CUSTOMERS"];

/// An extra field of customers.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExtraField)]
pub(crate) struct ExtraFieldOut<'a> {
    /// The key, given by the server: 7 letters and digits.
    #[schema(example = "6r0fUGw")]
    key: &'a str,
    /// The title, unique in the store without regard to case.
    title: &'a str,
    #[schema(value_type = Vec<String>, example = json!(["CUSTOMERS"]))]
    entity_types: [&'static str; 1],
    /// `TEXT` or `DATETIME`.
    #[serde(rename = "type")]
    field_type: &'static str,
    shown_on_order_details: bool,
    /// Always `false`.
    linked_with_checkout_field: bool,
    #[serde(serialize_with = "as_date")]
    #[schema(value_type = Date)]
    created_date: Timestamp,
    #[serde(serialize_with = "as_date")]
    #[schema(value_type = Date)]
    last_modified_date: Timestamp,
}

impl<'a> From<&'a ExtraField> for ExtraFieldOut<'a> {
    fn from(field: &'a ExtraField) -> Self {
        Self {
            key: field.key.as_str(),
            title: field.title.as_str(),
            entity_types: ENTITY_TYPES,
            field_type: field.field_type.name(),
            shown_on_order_details: field.shown_on_order_details,
            linked_with_checkout_field: false,
            created_date: field.created,
            last_modified_date: field.modified,
        }
    }
}

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

/// What can be said of an extra field. What is left out of one that is there stays.
#[derive(ToSchema)]
#[schema(as = ExtraFieldFields, rename_all = "camelCase")]
#[schema(example = json!({"title": "Birthday", "type": "DATETIME", "shownOnOrderDetails": true}))]
pub(crate) struct ExtraFieldIn {
    /// 1 to 255 characters, unique in the store without regard to case. A new field must have one.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 255)]
    title: Option<ExtraFieldTitle>,
    /// `TEXT` or `DATETIME`, in any case.
    #[schema(rename = "type", value_type = Option<String>, default = "TEXT")]
    field_type: Option<ExtraFieldType>,
    #[schema(value_type = Option<bool>, default = false)]
    shown_on_order_details: Option<bool>,
}

impl ExtraFieldIn {
    fn read(fields: &BodyFields<'_>) -> Result<Self, ApiError> {
        Ok(Self {
            title: fields.text("title", ExtraFieldTitle::new)?.value(),
            field_type: fields.text("type", |name| name.trim().parse())?.value(),
            shown_on_order_details: fields.boolean("shownOnOrderDetails")?.value(),
        })
    }
}

/// List the extra fields of customers
#[utoipa::path(
    get,
    path = "/api/v3/{storeId}/store_extrafields/customers",
    operation_id = "list_customer_extra_fields",
    tag = "Customer extra fields",
    params(
        ("storeId" = i64, Path, description = "The store", example = 1003),
        ("responseFields" = Option<String>, Query, description = "The fields of the answer that are wanted, such as `items(key,title)`"),
    ),
    responses((status = 200, description = "The fields", body = ExtraFieldsOut), CallErrors),
    security(("token" = ["read_customers_extrafields"])),
)]
pub(crate) async fn list_extra_fields<E: Engine>(
    State(app): State<Arc<App<E>>>,
    access: Access<ReadExtraFields>,
    Fields(fields): Fields,
) -> Result<Response, ApiError> {
    let found = app.read(&access, ListExtraFields).await?;
    answer::selected(&ExtraFieldsOut { items: found.iter().map(ExtraFieldOut::from).collect() }, &fields)
}

/// Get an extra field of customers
#[utoipa::path(
    get,
    path = "/api/v3/{storeId}/store_extrafields/customers/{key}",
    operation_id = "get_customer_extra_field",
    tag = "Customer extra fields",
    params(
        ("storeId" = i64, Path, description = "The store", example = 1003),
        ("key" = String, Path, description = "The key of the field", example = "6r0fUGw"),
        ("responseFields" = Option<String>, Query, description = "The fields of the answer that are wanted, such as `key,title`"),
    ),
    responses((status = 200, description = "The field", body = ExtraFieldOut), CallErrors),
    security(("token" = ["read_customers_extrafields"])),
)]
pub(crate) async fn get_extra_field<E: Engine>(
    State(app): State<Arc<App<E>>>,
    access: Access<ReadExtraFields>,
    ExtraFieldPath(key): ExtraFieldPath,
    Fields(fields): Fields,
) -> Result<Response, ApiError> {
    let field = app.read(&access, GetExtraField { key }).await?;
    answer::selected(&ExtraFieldOut::from(&field), &fields)
}

/// Create an extra field of customers
#[utoipa::path(
    post,
    path = "/api/v3/{storeId}/store_extrafields/customers",
    operation_id = "create_customer_extra_field",
    tag = "Customer extra fields",
    params(("storeId" = i64, Path, description = "The store", example = 1003)),
    request_body(content = ExtraFieldIn, content_type = "application/json"),
    responses(
        (status = 200, description = "Created", body = CreatedExtraFieldOut,
            headers(("Location" = String, description = "The path of the field"))),
        CallErrors, BodyErrors, ConflictErrors,
    ),
    security(("token" = ["update_customers_extrafields"])),
)]
pub(crate) async fn create_extra_field<E: Engine>(
    State(app): State<Arc<App<E>>>,
    access: Access<UpdateExtraFields>,
    JsonBody(body): JsonBody,
) -> Result<Response, ApiError> {
    let body = json::parse(&body)?;
    let fields = BodyFields::of_body(&body)?;
    let ExtraFieldIn { title, field_type, shown_on_order_details } = ExtraFieldIn::read(&fields)?;
    let title = title.ok_or_else(|| fields.missing("title", "must be a text of 1 to 255 characters"))?;
    let field = NewExtraField {
        title,
        field_type: field_type.unwrap_or_default(),
        shown_on_order_details: shown_on_order_details.unwrap_or(false),
    };
    let mut random = StdRng::try_from_rng(&mut SysRng).map_err(ApiError::internal)?;
    let keys = (0..KEYS).map(|_| ExtraFieldKey::generate(&mut random)).collect();
    let key = app.write(&access, CreateExtraField { field, keys, now: app.now() }).await?;
    let mut response = answer::json(&CreatedExtraFieldOut { create_count: 1, key: key.as_str() })?;
    let path = format!("/api/v3/{}/store_extrafields/customers/{key}", access.store());
    let location = HeaderValue::try_from(path).map_err(ApiError::internal)?;
    response.headers_mut().insert(header::LOCATION, location);
    Ok(response)
}

/// Update an extra field of customers
///
/// Changes what the body names. Values that customers have stay as they are.
#[utoipa::path(
    put,
    path = "/api/v3/{storeId}/store_extrafields/customers/{key}",
    operation_id = "update_customer_extra_field",
    tag = "Customer extra fields",
    params(
        ("storeId" = i64, Path, description = "The store", example = 1003),
        ("key" = String, Path, description = "The key of the field", example = "6r0fUGw"),
    ),
    request_body(content = ExtraFieldIn, content_type = "application/json"),
    responses((status = 200, description = "Updated", body = UpdateCountOut), CallErrors, BodyErrors, ConflictErrors),
    security(("token" = ["update_customers_extrafields"])),
)]
pub(crate) async fn update_extra_field<E: Engine>(
    State(app): State<Arc<App<E>>>,
    access: Access<UpdateExtraFields>,
    ExtraFieldPath(key): ExtraFieldPath,
    JsonBody(body): JsonBody,
) -> Result<Response, ApiError> {
    let body = json::parse(&body)?;
    let ExtraFieldIn { title, field_type, shown_on_order_details } =
        ExtraFieldIn::read(&BodyFields::of_body(&body)?)?;
    let change = ExtraFieldChange { title, field_type, shown_on_order_details };
    let updated = app.write(&access, ChangeExtraField { key, change, now: app.now() }).await?;
    answer::json(&UpdateCountOut { update_count: u8::from(updated) })
}

/// Delete an extra field of customers
///
/// Removes the field and every customer's value of it.
#[utoipa::path(
    delete,
    path = "/api/v3/{storeId}/store_extrafields/customers/{key}",
    operation_id = "delete_customer_extra_field",
    tag = "Customer extra fields",
    params(
        ("storeId" = i64, Path, description = "The store", example = 1003),
        ("key" = String, Path, description = "The key of the field", example = "6r0fUGw"),
    ),
    responses((status = 200, description = "Deleted", body = DeleteCountOut), CallErrors, ConflictErrors),
    security(("token" = ["delete_customers_extrafields"])),
)]
pub(crate) async fn delete_extra_field<E: Engine>(
    State(app): State<Arc<App<E>>>,
    access: Access<DeleteExtraFields>,
    ExtraFieldPath(key): ExtraFieldPath,
) -> Result<Response, ApiError> {
    app.write(&access, DeleteExtraField { key, now: app.now() }).await?;
    answer::json(&DeleteCountOut { delete_count: 1 })
}
