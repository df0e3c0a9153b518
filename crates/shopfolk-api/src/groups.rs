//! `/customer_groups`: the groups of a store's customers.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use serde::Serialize;
use shopfolk_model::{
    CustomerGroup, ExternalReferenceId, FieldChange, GroupChange, GroupFilter, GroupId, GroupName, NewGroup,
    SearchText,
};
use shopfolk_operations::{ChangeGroup, CreateGroup, DeleteGroup, GetGroup, ListGroups};
use shopfolk_store::{Engine, PageRequest};
use utoipa::ToSchema;

use crate::access::{Access, CreateCustomers, ReadAndUpdateCustomers, ReadCustomers};
use crate::answer;
use crate::app::App;
use crate::body::JsonBody;
use crate::contact_out::{DeleteCountOut, UpdateCountOut};
use crate::customer_out::IdOut;
use crate::error::ApiError;
use crate::fields::Fields as BodyFields;
use crate::json;
use crate::openapi::{BodyErrors, CallErrors, ConflictErrors};
use crate::path::GroupPath;
use crate::query::{Fields, Query};

/// The most groups on one page.
const LARGEST_PAGE: u32 = 1_000;

/// A group of customers.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CustomerGroup)]
pub(crate) struct GroupOut<'a> {
    /// The id, unique in the store; 0 is the built-in group.
    #[schema(minimum = 0, maximum = 2_147_483_647, example = 9_367_001)]
    id: i64,
    /// The name, unique in the store without regard to case.
    name: &'a str,
    /// The group's name in another system. Left out when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    external_reference_id: Option<&'a str>,
}

impl<'a> From<&'a CustomerGroup> for GroupOut<'a> {
    fn from(group: &'a CustomerGroup) -> Self {
        Self {
            id: group.id.get(),
            name: group.name.as_str(),
            external_reference_id: group.external_reference.as_ref().map(ExternalReferenceId::as_str),
        }
    }
}

/// A part of the customer groups.
#[derive(Serialize, ToSchema)]
#[schema(as = CustomerGroupPage)]
pub(crate) struct GroupPageOut<'a> {
    /// How many there are in all.
    #[schema(minimum = 0)]
    total: u64,
    /// How many are in this answer.
    #[schema(minimum = 0)]
    count: usize,
    /// How many were passed over.
    #[schema(minimum = 0)]
    offset: u64,
    /// How many this answer could have had.
    #[schema(minimum = 1, maximum = 1000)]
    limit: u32,
    /// The groups: the built-in one first, then by id.
    items: Vec<GroupOut<'a>>,
}

/// What can be said of a customer group. What is left out of one that is there stays.
#[derive(ToSchema)]
#[schema(as = CustomerGroupFields, rename_all = "camelCase")]
#[schema(example = json!({"name": "VIP"}))]
pub(crate) struct GroupIn {
    /// 1 to 255 characters, unique in the store without regard to case. A new group must have one.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 255)]
    name: Option<GroupName>,
    /// The group's name in another system, unique among the groups of the store; `null` or empty clears it.
    #[schema(value_type = Option<String>, max_length = 255)]
    external_reference_id: FieldChange<ExternalReferenceId>,
}

impl GroupIn {
    fn read(fields: &BodyFields<'_>) -> Result<Self, ApiError> {
        Ok(Self {
            name: fields.text("name", GroupName::new)?.value(),
            external_reference_id: fields
                .text("externalReferenceId", ExternalReferenceId::optional)?
                .change(),
        })
    }
}

/// Which groups the query asks for.
pub(crate) struct GroupSearch {
    filter: GroupFilter,
    page: PageRequest,
}

impl<S: Sync> FromRequestParts<S> for GroupSearch {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = Query::new(parts.uri.query().unwrap_or_default());
        let keyword = query.parsed("keyword", SearchText::optional)?.flatten();
        let mut ids: Option<BTreeSet<GroupId>> = None;
        for name in ["customerGroupIds", "customerGroupId"] {
            if let Some(these) = query.list::<GroupId>(name)? {
                ids = Some(match ids {
                    Some(ids) => &ids & &these,
                    None => these,
                });
            }
        }
        let filter = GroupFilter { keyword, ids: ids.map(|ids| ids.into_iter().collect()) };
        Ok(Self { filter, page: query.page_of(LARGEST_PAGE)? })
    }
}

/// List customer groups
///
/// The built-in group first, then those of the store by id, in pages.
#[utoipa::path(
    get,
    path = "/api/v3/{storeId}/customer_groups",
    operation_id = "list_customer_groups",
    tag = "Customer groups",
    params(
        ("storeId" = i64, Path, description = "The store", example = 1003),
        ("keyword" = Option<String>, Query, description = "Part of the name, in any case"),
        ("customerGroupIds" = Option<String>, Query, description = "Groups, with commas between them", example = "0,9367001"),
        ("customerGroupId" = Option<String>, Query, description = "The same thing as `customerGroupIds`"),
        ("offset" = Option<u64>, Query, description = "How many to pass over", example = 0),
        ("limit" = Option<u32>, Query, minimum = 1, example = 100,
            description = "How many to answer with; 100 by default, and values over 1000 mean 1000"),
        ("responseFields" = Option<String>, Query, description = "The fields of the answer that are wanted, such as `items(id,name)`"),
    ),
    responses((status = 200, description = "A part of the groups", body = GroupPageOut), CallErrors),
    security(("token" = ["read_customers"])),
)]
pub(crate) async fn list_groups<E: Engine>(
    State(app): State<Arc<App<E>>>,
    access: Access<ReadCustomers>,
    GroupSearch { filter, page }: GroupSearch,
    Fields(fields): Fields,
) -> Result<Response, ApiError> {
    let found = app.read(&access, ListGroups { filter, page }).await?;
    let items: Vec<_> = found.items.iter().map(GroupOut::from).collect();
    let (offset, limit) = (page.offset, page.limit);
    answer::selected(&GroupPageOut { total: found.total, count: items.len(), offset, limit, items }, &fields)
}

/// Get a customer group
#[utoipa::path(
    get,
    path = "/api/v3/{storeId}/customer_groups/{groupId}",
    operation_id = "get_customer_group",
    tag = "Customer groups",
    params(
        ("storeId" = i64, Path, description = "The store", example = 1003),
        ("groupId" = i64, Path, description = "The group", example = 9_367_001),
        ("responseFields" = Option<String>, Query, description = "The fields of the answer that are wanted, such as `id,name`"),
    ),
    responses((status = 200, description = "The group", body = GroupOut), CallErrors),
    security(("token" = ["read_customers"])),
)]
pub(crate) async fn get_group<E: Engine>(
    State(app): State<Arc<App<E>>>,
    access: Access<ReadCustomers>,
    GroupPath(group): GroupPath,
    Fields(fields): Fields,
) -> Result<Response, ApiError> {
    let group = app.read(&access, GetGroup { group }).await?;
    answer::selected(&GroupOut::from(&group), &fields)
}

/// Create a customer group
#[utoipa::path(
    post,
    path = "/api/v3/{storeId}/customer_groups",
    operation_id = "create_customer_group",
    tag = "Customer groups",
    params(("storeId" = i64, Path, description = "The store", example = 1003)),
    request_body(content = GroupIn, content_type = "application/json"),
    responses(
        (status = 200, description = "Created", body = IdOut,
            headers(("Location" = String, description = "The path of the group"))),
        CallErrors, BodyErrors, ConflictErrors,
    ),
    security(("token" = ["create_customers"])),
)]
pub(crate) async fn create_group<E: Engine>(
    State(app): State<Arc<App<E>>>,
    access: Access<CreateCustomers>,
    JsonBody(body): JsonBody,
) -> Result<Response, ApiError> {
    let body = json::parse(&body)?;
    let fields = BodyFields::of_body(&body)?;
    let GroupIn { name, external_reference_id } = GroupIn::read(&fields)?;
    let name = name.ok_or_else(|| fields.missing("name", "must be a text of 1 to 255 characters"))?;
    let group = NewGroup { name, external_reference: external_reference_id.apply(None) };
    let id = app.write(&access, CreateGroup { group, id: None, now: app.now() }).await?;
    let mut response = answer::json(&IdOut { id: id.get() })?;
    let location = HeaderValue::try_from(format!("/api/v3/{}/customer_groups/{id}", access.store()))
        .map_err(ApiError::internal)?;
    response.headers_mut().insert(header::LOCATION, location);
    Ok(response)
}

/// Update a customer group
///
/// Changes what the body names. The built-in group stays as it is.
#[utoipa::path(
    put,
    path = "/api/v3/{storeId}/customer_groups/{groupId}",
    operation_id = "update_customer_group",
    tag = "Customer groups",
    params(
        ("storeId" = i64, Path, description = "The store", example = 1003),
        ("groupId" = i64, Path, description = "The group", example = 9_367_001),
    ),
    request_body(content = GroupIn, content_type = "application/json"),
    responses((status = 200, description = "Updated", body = UpdateCountOut), CallErrors, BodyErrors, ConflictErrors),
    security(("token" = ["read_customers", "update_customers"])),
)]
pub(crate) async fn update_group<E: Engine>(
    State(app): State<Arc<App<E>>>,
    access: Access<ReadAndUpdateCustomers>,
    GroupPath(group): GroupPath,
    JsonBody(body): JsonBody,
) -> Result<Response, ApiError> {
    let body = json::parse(&body)?;
    let GroupIn { name, external_reference_id } = GroupIn::read(&BodyFields::of_body(&body)?)?;
    let change = GroupChange { name, external_reference: external_reference_id };
    let updated = app.write(&access, ChangeGroup { group, change, now: app.now() }).await?;
    answer::json(&UpdateCountOut { update_count: u8::from(updated) })
}

/// Delete a customer group
///
/// Its customers come into the built-in group.
#[utoipa::path(
    delete,
    path = "/api/v3/{storeId}/customer_groups/{groupId}",
    operation_id = "delete_customer_group",
    tag = "Customer groups",
    params(
        ("storeId" = i64, Path, description = "The store", example = 1003),
        ("groupId" = i64, Path, description = "The group", example = 9_367_001),
    ),
    responses((status = 200, description = "Deleted", body = DeleteCountOut), CallErrors, ConflictErrors),
    security(("token" = ["read_customers", "update_customers"])),
)]
pub(crate) async fn delete_group<E: Engine>(
    State(app): State<Arc<App<E>>>,
    access: Access<ReadAndUpdateCustomers>,
    GroupPath(group): GroupPath,
) -> Result<Response, ApiError> {
    app.write(&access, DeleteGroup { group, now: app.now() }).await?;
    answer::json(&DeleteCountOut { delete_count: 1 })
}
