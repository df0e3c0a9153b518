//! `/customer_groups`: the groups of a store's customers.

use axum::response::Response;
use shopfolk_model::{CustomerGroup, GroupChange, GroupFilter, GroupId, NewGroup};
use shopfolk_operations::{ChangeGroup, CreateGroup, GetGroup, ListGroups};
use shopfolk_store::{Engine, PageRequest};
use std::collections::BTreeSet;
use utoipa::openapi::path::{Parameter, ParameterIn};

use crate::answer::{self, WriteAnswer};
use crate::body::JsonBody;
use crate::caller::{Caller, CreateCustomers, ReadAndUpdateCustomers, ReadCustomers};
use crate::counts::{DeleteCountOut, IdOut, UpdateCountOut};
use crate::error::ApiError;
use crate::from_uri::from_uri;
use crate::page::{Page, page};
use crate::path::GroupPath;
use crate::query::{self, Fields, Query, query_parameters};
use crate::wire::Answer;

/// The most groups on one page.
const LARGEST_PAGE: u32 = 1_000;

type NewGroupBody = JsonBody<NewGroup>;
type GroupChangeBody = JsonBody<GroupChange>;
type GroupOut<'a> = Answer<'a, CustomerGroup>;

type GroupPageOut<'a> = Answer<'a, Page<'a, CustomerGroup>>;

page! {
    /// A part of the customer groups.
    "CustomerGroupPage" of CustomerGroup, LARGEST_PAGE, "The groups: the built-in one first, then by id."
}

query_parameters! {
    GroupParameters:
    /// Part of the name, in any case
    KEYWORD "keyword": String;
    /// Groups, with commas between them
    IDS "customerGroupIds": String, "0,9367001";
    /// The same thing as `customerGroupIds`
    ID "customerGroupId": String;
}

/// Which groups the query asks for.
pub(crate) struct GroupSearch {
    filter: GroupFilter,
    page: PageRequest<GroupId>,
}

impl utoipa::IntoParams for GroupSearch {
    fn into_params(place: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        [<GroupParameters as utoipa::IntoParams>::into_params(place), query::page_parameters(LARGEST_PAGE)]
            .concat()
    }
}

from_uri! {
    GroupSearch = |uri| {
        let query = Query::of(uri);
        let keyword = query.search_text(GroupParameters::KEYWORD)?;
        let mut ids: Option<BTreeSet<GroupId>> = None;
        for name in [GroupParameters::IDS, GroupParameters::ID] {
            if let Some(these) = query.list::<GroupId>(name)? {
                ids = Some(match ids {
                    Some(ids) => &ids & &these,
                    None => these,
                });
            }
        }
        let filter = GroupFilter { keyword, ids: ids.map(|ids| ids.into_iter().collect()) };
        Ok(Self { filter, page: query.page((), LARGEST_PAGE)? })
    };
}

/// List customer groups
///
/// The built-in group first, then those of the store by id, in pages.
#[utoipa::path(
    get, path = "/api/v3/{storeId}/customer_groups", tag = "Customer groups",
    params(GroupSearch),
    responses((status = 200, description = "A part of the groups", body = GroupPageOut)),
    security(("token" = ["read_customers"])),
)]
pub(crate) async fn list_customer_groups<E: Engine>(
    caller: Caller<E, ReadCustomers>,
    GroupSearch { filter, page }: GroupSearch,
    Fields(fields): Fields,
) -> Result<Response, ApiError> {
    let found = caller.read(ListGroups { filter, page }).await?;
    let damaged = found.damaged;
    caller
        .answer(found, damaged, fields, move |found, writer| writer.write(&Answer(&Page::of(found, &page))))
        .await
}

/// Get a customer group
#[utoipa::path(
    get, path = "/api/v3/{storeId}/customer_groups/{groupId}", tag = "Customer groups",
    responses((status = 200, description = "The group", body = GroupOut)),
    security(("token" = ["read_customers"])),
)]
pub(crate) async fn get_customer_group<E: Engine>(
    caller: Caller<E, ReadCustomers>,
    GroupPath(group): GroupPath,
    Fields(fields): Fields,
) -> Result<Response, ApiError> {
    let group = caller.read(GetGroup { group }).await?;
    answer::selected(&Answer(&group), &fields)
}

/// Create a customer group
#[utoipa::path(
    post, path = "/api/v3/{storeId}/customer_groups", tag = "Customer groups",
    request_body = NewGroupBody,
    responses((
        status = 200, description = "Created", body = IdOut, headers(("Location" = String, description = "The path of the group"))
    )),
    security(("token" = ["create_customers"])),
)]
pub(crate) async fn create_customer_group<E: Engine>(
    caller: Caller<E, CreateCustomers>,
    JsonBody(group, _held): NewGroupBody,
) -> Result<Response, ApiError> {
    let store = caller.store();
    let answer = move |id: &GroupId| {
        WriteAnswer::created(&IdOut { id: id.get() }, store, format_args!("customer_groups/{id}"))
    };
    caller.write(CreateGroup { group, now: caller.now() }, answer).await
}

/// Update a customer group
///
/// Changes what the body names. The built-in group stays as it is. A new name moves `updated` of the customers of the group.
#[utoipa::path(
    put, path = "/api/v3/{storeId}/customer_groups/{groupId}", tag = "Customer groups",
    request_body = GroupChangeBody,
    responses((status = 200, description = "Updated", body = UpdateCountOut)),
    security(("token" = ["read_customers", "update_customers"])),
)]
pub(crate) async fn update_customer_group<E: Engine>(
    caller: Caller<E, ReadAndUpdateCustomers>,
    GroupPath(group): GroupPath,
    JsonBody(change, _held): GroupChangeBody,
) -> Result<Response, ApiError> {
    let answer = |updated: &bool| WriteAnswer::of(&UpdateCountOut { update_count: u32::from(*updated) });
    let is_renamed = change.name.is_some();
    let response = caller.write(ChangeGroup { group, change, now: caller.now() }, answer).await?;
    if is_renamed {
        caller.touch_customers_of_group(group).await?;
    }
    Ok(response)
}

/// Delete a customer group
///
/// Its customers come into the built-in group.
#[utoipa::path(
    delete, path = "/api/v3/{storeId}/customer_groups/{groupId}", tag = "Customer groups",
    responses((status = 200, description = "Deleted", body = DeleteCountOut)),
    security(("token" = ["read_customers", "update_customers"])),
)]
pub(crate) async fn delete_customer_group<E: Engine>(
    caller: Caller<E, ReadAndUpdateCustomers>,
    GroupPath(group): GroupPath,
) -> Result<Response, ApiError> {
    caller.delete_group(group).await?;
    answer::json(&DeleteCountOut { delete_count: 1 })
}
