//! What becomes of many customers: first the plan, then the change.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use shopfolk_api::ApiError;
use shopfolk_api::owners::Form;
use shopfolk_model::{Actor, CustomerGroup, CustomerId};
use shopfolk_operations::{ManyCustomers, MassChange, ReadCustomers, change_many_customers};
use shopfolk_store::Engine;

use crate::customer_list::{CustomerLine, groups};
use crate::layout::{Layout, Section};
use crate::page::{Done, answer, done};
use crate::page_error::PageError;
use crate::paths::{Customers, ManyChange};
use crate::visitor::{Sent, Visitor};

/// Stands before the id in the name of each customer's box.
const CHOSEN: &str = "chosen.";

/// The plan.
#[derive(Template)]
#[template(path = "many.html")]
pub(crate) struct ManyPage {
    pub(crate) layout: Layout,
    pub(crate) path: ManyChange,
    pub(crate) customers: Customers,
    /// What is done, by its name in the form before.
    pub(crate) action: String,
    /// What is done, for a person.
    pub(crate) says: String,
    pub(crate) is_deletion: bool,
    pub(crate) lines: Vec<CustomerLine>,
}

/// Shows what would be done.
pub(crate) async fn plan<E: Engine>(Sent { visitor, form }: Sent<E>) -> Result<Response, PageError> {
    let ids = chosen(&form)?;
    let groups = groups(&visitor).await?;
    let action = form.get("action").unwrap_or_default();
    let (change, says) = change_said(action, &groups)?;
    let page = ManyPage {
        layout: Layout::new(&visitor, Section::Customers, "Change customers"),
        path: ManyChange {},
        customers: Customers {},
        action: action.to_owned(),
        says,
        is_deletion: change == MassChange::Delete,
        lines: lines(&visitor, ids).await?,
    };
    answer(StatusCode::OK, &page)
}

async fn lines<E: Engine>(
    visitor: &Visitor<E>,
    ids: Vec<CustomerId>,
) -> Result<Vec<CustomerLine>, PageError> {
    let (mut lines, mut rest) = (Vec::new(), ids);
    while !rest.is_empty() {
        let portion = visitor.read(ReadCustomers { ids: rest, contacts: false }).await?;
        lines.extend(portion.items.iter().map(CustomerLine::of));
        rest = portion.rest;
    }
    Ok(lines)
}

/// Does it.
pub(crate) async fn change<E: Engine>(Sent { visitor, form }: Sent<E>) -> Result<Response, PageError> {
    let ids = ManyCustomers::Selected(chosen(&form)?);
    let (change, _) = change_said(form.get("action").unwrap_or_default(), &groups(&visitor).await?)?;
    let (engine, store) = visitor.engine();
    change_many_customers(engine, store, Actor::Owner, ids, change, || Ok(visitor.now())).await?;
    let what = if change == MassChange::Delete { Done::CustomersDeleted } else { Done::CustomersChanged };
    done(Customers {}, what)
}

fn chosen(form: &Form) -> Result<Vec<CustomerId>, ApiError> {
    let ids = form.names().filter_map(|name| name.strip_prefix(CHOSEN));
    let parse = |text: &str| text.parse().map_err(|error| ApiError::wrong_value("chosen", text, error));
    let ids: Vec<_> = ids.map(parse).collect::<Result<_, _>>()?;
    if ids.is_empty() {
        return Err(ApiError::wrong_parameter("No customer is chosen: tick at least one"));
    }
    Ok(ids)
}

/// What an action of the form does, and how that is said.
fn change_said(action: &str, groups: &[CustomerGroup]) -> Result<(MassChange, String), ApiError> {
    let nothing = (None, None, None);
    let ((group, tax_exempt, accept_marketing), says) = match action {
        "delete" => return Ok((MassChange::Delete, "Delete them with all their contacts".to_owned())),
        "tax-exempt" => ((None, Some(true), None), "They pay no tax".to_owned()),
        "taxed" => ((None, Some(false), None), "They pay tax".to_owned()),
        "marketing" => ((None, None, Some(true)), "They agreed to marketing".to_owned()),
        "no-marketing" => ((None, None, Some(false)), "They do not want marketing".to_owned()),
        other => {
            let group = other.strip_prefix("group.");
            let group = group.and_then(|id| groups.iter().find(|group| group.id.to_string() == id));
            match group {
                Some(group) => {
                    ((Some(group.id), None, None), format!("Put them into the group {}", group.name))
                }
                None => (nothing, String::new()),
            }
        }
    };
    if (group, tax_exempt, accept_marketing) == nothing {
        return Err(ApiError::wrong_parameter("Nothing is chosen that could be done: choose what to do"));
    }
    Ok((MassChange::Change { group, tax_exempt, accept_marketing }, says))
}
