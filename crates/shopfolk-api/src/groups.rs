//! `/customer_groups`: the groups of a store's customers.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::response::Response;
use serde::Serialize;
use shopfolk_model::{CustomerGroup, GroupChange, GroupFilter, GroupId, NewGroup, SearchText};
use shopfolk_operations::{ChangeGroup, CreateGroup, DeleteGroup, GetGroup, ListGroups};
use shopfolk_store::{Engine, PageRequest};
use utoipa::ToSchema;
use utoipa::openapi::path::{Parameter, ParameterIn};

use crate::answer;
use crate::app::App;
use crate::body::JsonBody;
use crate::caller::{Caller, CreateCustomers, ReadAndUpdateCustomers, ReadCustomers};
use crate::counts::{DeleteCountOut, IdOut, UpdateCountOut};
use crate::error::ApiError;
use crate::error_answer::{BodyErrors, CallErrors, ConflictErrors};
use crate::path::{GroupPath, StorePath};
use crate::query::{self, Fields, Query};
use crate::wire::Answer;

/// The most groups on one page.
const LARGEST_PAGE: u32 = 1_000;

type NewGroupBody = JsonBody<NewGroup>;
type GroupChangeBody = JsonBody<GroupChange>;
type GroupOut<'a> = Answer<'a, CustomerGroup>;

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

/// Which groups the query asks for.
pub(crate) struct GroupSearch {
    filter: GroupFilter,
    page: PageRequest,
}

impl utoipa::IntoParams for GroupSearch {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let mut parameters = vec![
            query::text_parameter("keyword", "Part of the name, in any case", None),
            query::text_parameter("customerGroupIds", "Groups, with commas between them", Some("0,9367001")),
            query::text_parameter("customerGroupId", "The same thing as `customerGroupIds`", None),
        ];
        parameters.extend(query::page_parameters(LARGEST_PAGE));
        parameters
    }
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
    tag = "Customer groups",
    params(
        StorePath,
        GroupSearch,
        ("responseFields" = Option<String>, Query, description = "The fields of the answer that are wanted, such as `items(id,name)`"),
    ),
    responses((status = 200, description = "A part of the groups", body = GroupPageOut), CallErrors),
    security(("token" = ["read_customers"])),
)]
pub(crate) async fn list_customer_groups<E: Engine>(
    State(app): State<Arc<App<E>>>,
    caller: Caller<ReadCustomers>,
    GroupSearch { filter, page }: GroupSearch,
    Fields(fields): Fields,
) -> Result<Response, ApiError> {
    let found = caller.read(&app, ListGroups { filter, page }).await?;
    let items: Vec<_> = found.items.iter().map(Answer).collect();
    let (offset, limit) = (page.offset, page.limit);
    answer::selected(&GroupPageOut { total: found.total, count: items.len(), offset, limit, items }, &fields)
}

/// Get a customer group
#[utoipa::path(
    get,
    path = "/api/v3/{storeId}/customer_groups/{groupId}",
    tag = "Customer groups",
    params(
        GroupPath,
        ("responseFields" = Option<String>, Query, description = "The fields of the answer that are wanted, such as `id,name`"),
    ),
    responses((status = 200, description = "The group", body = GroupOut), CallErrors),
    security(("token" = ["read_customers"])),
)]
pub(crate) async fn get_customer_group<E: Engine>(
    State(app): State<Arc<App<E>>>,
    caller: Caller<ReadCustomers>,
    GroupPath(group): GroupPath,
    Fields(fields): Fields,
) -> Result<Response, ApiError> {
    let group = caller.read(&app, GetGroup { group }).await?;
    answer::selected(&Answer(&group), &fields)
}

/// Create a customer group
#[utoipa::path(
    post,
    path = "/api/v3/{storeId}/customer_groups",
    tag = "Customer groups",
    params(StorePath),
    request_body(content = NewGroupBody, content_type = "application/json"),
    responses(
        (status = 200, description = "Created", body = IdOut,
            headers(("Location" = String, description = "The path of the group"))),
        CallErrors, BodyErrors, ConflictErrors,
    ),
    security(("token" = ["create_customers"])),
)]
pub(crate) async fn create_customer_group<E: Engine>(
    State(app): State<Arc<App<E>>>,
    caller: Caller<CreateCustomers>,
    JsonBody(group): NewGroupBody,
) -> Result<Response, ApiError> {
    let id = caller.write(&app, CreateGroup { group, id: None, now: app.now() }).await?;
    answer::created(&IdOut { id: id.get() }, caller.store(), format_args!("customer_groups/{id}"))
}

/// Update a customer group
///
/// Changes what the body names. The built-in group stays as it is.
#[utoipa::path(
    put,
    path = "/api/v3/{storeId}/customer_groups/{groupId}",
    tag = "Customer groups",
    params(GroupPath),
    request_body(content = GroupChangeBody, content_type = "application/json"),
    responses((status = 200, description = "Updated", body = UpdateCountOut), CallErrors, BodyErrors, ConflictErrors),
    security(("token" = ["read_customers", "update_customers"])),
)]
pub(crate) async fn update_customer_group<E: Engine>(
    State(app): State<Arc<App<E>>>,
    caller: Caller<ReadAndUpdateCustomers>,
    GroupPath(group): GroupPath,
    JsonBody(change): GroupChangeBody,
) -> Result<Response, ApiError> {
    let updated = caller.write(&app, ChangeGroup { group, change, now: app.now() }).await?;
    answer::json(&UpdateCountOut { update_count: u8::from(updated) })
}

/// Delete a customer group
///
/// Its customers come into the built-in group.
#[utoipa::path(
    delete,
    path = "/api/v3/{storeId}/customer_groups/{groupId}",
    tag = "Customer groups",
    params(GroupPath),
    responses((status = 200, description = "Deleted", body = DeleteCountOut), CallErrors, ConflictErrors),
    security(("token" = ["read_customers", "update_customers"])),
)]
pub(crate) async fn delete_customer_group<E: Engine>(
    State(app): State<Arc<App<E>>>,
    caller: Caller<ReadAndUpdateCustomers>,
    GroupPath(group): GroupPath,
) -> Result<Response, ApiError> {
    caller.write(&app, DeleteGroup { group, now: app.now() }).await?;
    answer::json(&DeleteCountOut { delete_count: 1 })
}
