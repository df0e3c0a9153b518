//! The groups of customers.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use shopfolk_api::ApiError;
use shopfolk_api::owners::Form;
use shopfolk_model::{Actor, CustomerSearch, GroupChange, GroupId, GroupName, NewGroup};
use shopfolk_operations::{
    ChangeGroup, CreateGroup, SearchCustomers, Wanted, delete_group, touch_customers_of_group,
};
use shopfolk_store::{Engine, PageRequest};

use crate::customer_list::groups;
use crate::layout::{Layout, Section};
use crate::page::{Done, answer, done, problem};
use crate::page_error::PageError;
use crate::paths::{Customers, Group, GroupDeletion, Groups};
use crate::query::with_query;
use crate::visitor::{Asked, Sent, Visitor};

/// Of so many groups it is counted who is in them.
const COUNTED: usize = 20;

/// A group in the list.
pub(crate) struct GroupLine {
    pub(crate) name: String,
    pub(crate) path: Group,
    pub(crate) deletion: GroupDeletion,
    pub(crate) members: String,
    /// How many are in it; `None` where that was not counted.
    pub(crate) count: Option<u64>,
    pub(crate) is_built_in: bool,
}

/// The list.
#[derive(Template)]
#[template(path = "groups.html")]
pub(crate) struct GroupsPage {
    pub(crate) layout: Layout,
    pub(crate) path: Groups,
    pub(crate) name: String,
    pub(crate) lines: Vec<GroupLine>,
}

/// Shows the list.
pub(crate) async fn show<E: Engine>(visitor: Visitor<E>, Asked(asked): Asked) -> Result<Response, PageError> {
    page(&visitor, |layout| layout.after(&asked), "", StatusCode::OK).await
}

async fn page<E: Engine>(
    visitor: &Visitor<E>,
    layout: impl FnOnce(Layout) -> Layout,
    name: &str,
    status: StatusCode,
) -> Result<Response, PageError> {
    let mut lines = Vec::new();
    for group in groups(visitor).await? {
        let id = group.id.to_string();
        let search = CustomerSearch { groups: Some([group.id].into()), ..CustomerSearch::default() };
        let count =
            SearchCustomers { search, sort: None, page: PageRequest::at(0, 0), wanted: Wanted::Count };
        let count = if lines.len() < COUNTED { Some(visitor.read(count).await?.total) } else { None };
        lines.push(GroupLine {
            name: group.name.to_string(),
            path: Group { group: group.id },
            deletion: GroupDeletion { group: group.id },
            members: with_query(Customers {}, &[("group", &id)]),
            count,
            is_built_in: group.id == GroupId::GENERAL,
        });
    }
    let layout = layout(Layout::new(visitor, Section::Groups, "Groups"));
    answer(status, &GroupsPage { layout, path: Groups {}, name: name.to_owned(), lines })
}

fn name_of(form: &Form) -> Result<GroupName, ApiError> {
    let name = form.get("name").unwrap_or_default();
    GroupName::new(name).map_err(|error| ApiError::wrong_value("name", name, error))
}

/// Creates a group.
pub(crate) async fn create<E: Engine>(Sent { visitor, form }: Sent<E>) -> Result<Response, PageError> {
    let created = match problem(name_of(&form))? {
        Ok(name) => {
            let group = NewGroup { name, external_reference: None };
            problem(visitor.write(CreateGroup { group, now: visitor.now() }).await)?.map(|_| ())
        }
        Err(wrong) => Err(wrong),
    };
    ended(&visitor, created, Done::GroupCreated, form.get("name").unwrap_or_default()).await
}

/// Renames a group.
pub(crate) async fn save<E: Engine>(
    Group { group }: Group,
    Sent { visitor, form }: Sent<E>,
) -> Result<Response, PageError> {
    let saved = match problem(name_of(&form))? {
        Ok(name) => {
            let change = GroupChange { name: Some(name), ..GroupChange::default() };
            problem(visitor.write(ChangeGroup { group, change, now: visitor.now() }).await)?
        }
        Err(wrong) => Err(wrong),
    };
    if let Ok(true) = saved {
        let (engine, store) = visitor.engine();
        touch_customers_of_group(engine, store, Actor::Owner, group, || Ok(visitor.now())).await?;
    }
    ended(&visitor, saved.map(|_| ()), Done::GroupSaved, "").await
}

/// Deletes a group, whose customers come into the built-in one.
pub(crate) async fn delete<E: Engine>(
    GroupDeletion { group }: GroupDeletion,
    Sent { visitor, .. }: Sent<E>,
) -> Result<Response, PageError> {
    let (engine, store) = visitor.engine();
    delete_group(engine, store, Actor::Owner, group, || Ok(visitor.now())).await?;
    done(Groups {}, Done::GroupDeleted)
}

async fn ended<E: Engine>(
    visitor: &Visitor<E>,
    outcome: Result<(), String>,
    what: Done,
    name: &str,
) -> Result<Response, PageError> {
    match outcome {
        Ok(()) => done(Groups {}, what),
        Err(wrong) => {
            page(visitor, |layout| layout.with_problem(Some(wrong)), name, StatusCode::BAD_REQUEST).await
        }
    }
}
