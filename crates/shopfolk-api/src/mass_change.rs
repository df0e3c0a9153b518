//! `POST /customers_update`: changing or deleting many customers at once.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use shopfolk_model::{CustomerId, GroupId, MAXIMUM_SEARCH_ENTRIES};
use shopfolk_operations::{ChangeManyCustomers, ManyCustomers, MassChange};
use shopfolk_store::Engine;
use utoipa::ToSchema;

use crate::access::{Access, UpdateCustomers};
use crate::answer;
use crate::app::App;
use crate::body::JsonBody;
use crate::customer_search::{Search, SearchParameters};
use crate::error::ApiError;
use crate::fields::{Fields, Given};
use crate::json;
use crate::openapi::{BodyErrors, CallErrors, ConflictErrors};

const MODES: &str = "must be one of SELECTED, ALL_FILTERED, ALL";

/// Which customers are to be changed or deleted, and what becomes of them.
#[derive(ToSchema)]
#[schema(as = CustomersUpdate, rename_all = "camelCase")]
#[schema(example = json!({"mode": "SELECTED", "ids": [177_737_165], "customer": {"taxExempt": true}}))]
#[allow(dead_code, reason = "for the OpenAPI document")]
pub(crate) struct MassChangeIn {
    /// `SELECTED`: those in `ids`. `ALL_FILTERED`: those that the filters in the query find. `ALL`: everybody.
    mode: String,
    /// The customers, with mode `SELECTED`.
    #[schema(max_items = 1000)]
    ids: Option<Vec<i64>>,
    /// Whether they are deleted instead of changed.
    delete: Option<bool>,
    /// What becomes of each of them.
    customer: Option<MassChangeCustomerIn>,
}

/// What becomes of many customers. What is left out stays.
#[derive(ToSchema)]
#[schema(as = CustomersUpdateFields, rename_all = "camelCase")]
#[allow(dead_code, reason = "for the OpenAPI document")]
pub(crate) struct MassChangeCustomerIn {
    /// The group; 0 is the built-in one.
    customer_group_id: Option<i64>,
    tax_exempt: Option<bool>,
    accept_marketing: Option<bool>,
}

/// How many customers were changed or deleted.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CustomersUpdateCount)]
pub(crate) struct MassChangeOut {
    #[schema(minimum = 0)]
    update_count: u64,
}

/// Update many customers
///
/// Changes or deletes the customers that the body selects or the filters in the query find: all of them, or none.
#[utoipa::path(
    post,
    path = "/api/v3/{storeId}/customers_update",
    operation_id = "update_customers",
    tag = "Customers",
    params(("storeId" = i64, Path, description = "The store", example = 1003), SearchParameters),
    request_body(content = MassChangeIn, content_type = "application/json"),
    responses((status = 200, description = "Updated", body = MassChangeOut), CallErrors, BodyErrors, ConflictErrors),
    security(("token" = ["update_customers"])),
)]
pub(crate) async fn update_customers<E: Engine>(
    State(app): State<Arc<App<E>>>,
    access: Access<UpdateCustomers>,
    search: Search,
    JsonBody(body): JsonBody,
) -> Result<Response, ApiError> {
    let body = json::parse(&body)?;
    let fields = Fields::of_body(&body)?;
    let customers = customers(&fields, search)?;
    let change = change(&fields)?;
    let count = app.write(&access, ChangeManyCustomers { customers, change, now: app.now() }).await?;
    answer::json(&MassChangeOut { update_count: count })
}

/// Which customers are meant. What could touch everybody by mistake is refused.
fn customers(fields: &Fields<'_>, Search { search, .. }: Search) -> Result<ManyCustomers, ApiError> {
    let mode = fields.text("mode", |mode| Ok::<_, &str>(mode.trim().to_ascii_uppercase()))?.value();
    let mode = mode.ok_or_else(|| fields.missing("mode", MODES))?;
    let ids = fields.integers("ids", MAXIMUM_SEARCH_ENTRIES, CustomerId::new)?;
    let has_ids = matches!(&ids, Given::Value(ids) if !ids.is_empty());
    let refuse = |message: &'static str| Err(ApiError::wrong_parameter(message));
    match mode.as_str() {
        "SELECTED" => match ids {
            Given::Value(ids) if !ids.is_empty() => {
                if search.is_everybody() {
                    return Ok(ManyCustomers::Selected(ids));
                }
                refuse("Mode SELECTED takes no filters: leave them out, or use mode ALL_FILTERED without ids")
            }
            _ => refuse("Parameter 'ids' is missing: mode SELECTED needs the ids of the customers"),
        },
        "ALL_FILTERED" | "ALL" if has_ids => {
            refuse("Parameter 'ids' goes with mode SELECTED alone: leave it out, or use that mode")
        }
        "ALL_FILTERED" if search.is_everybody() => {
            refuse("Mode ALL_FILTERED needs a filter in the query: use mode ALL for all customers")
        }
        "ALL" if !search.is_everybody() => {
            refuse("Mode ALL takes no filters: leave them out, or use mode ALL_FILTERED")
        }
        "ALL_FILTERED" | "ALL" => Ok(ManyCustomers::Found(Box::new(search))),
        _ => Err(ApiError::wrong_value(fields.path("mode"), &mode, MODES)),
    }
}

fn change(fields: &Fields<'_>) -> Result<MassChange, ApiError> {
    let delete = fields.boolean("delete")?.value().unwrap_or(false);
    let change = fields.object("customer", |customer| {
        Ok(MassChange::Change {
            group: match customer.integer("customerGroupId", GroupId::new)? {
                Given::Absent => None,
                Given::Null => Some(GroupId::GENERAL),
                Given::Value(group) => Some(group),
            },
            tax_exempt: customer.boolean("taxExempt")?.value(),
            accept_marketing: customer.boolean("acceptMarketing")?.value(),
        })
    })?;
    let nothing = MassChange::Change { group: None, tax_exempt: None, accept_marketing: None };
    match change.value() {
        None if delete => Ok(MassChange::Delete),
        Some(change) if delete && change == nothing => Ok(MassChange::Delete),
        Some(_) if delete => Err(ApiError::wrong_parameter(
            "Customers cannot be deleted and changed at once: leave out 'delete' or 'customer'",
        )),
        None => Err(fields.missing("customer", "must be a JSON object with what becomes of the customers")),
        Some(change) if change == nothing => Err(ApiError::wrong_parameter(
            "Parameter 'customer' says nothing: it must have customerGroupId, taxExempt or acceptMarketing",
        )),
        Some(change) => Ok(change),
    }
}
