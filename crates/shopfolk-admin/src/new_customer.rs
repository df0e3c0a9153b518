//! The form for a new customer.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use shopfolk_api::ApiError;
use shopfolk_api::owners::Form;
use shopfolk_model::{CustomerName, EmailAddress, GroupId, NewCustomer as Said};
use shopfolk_operations::CreateCustomer;
use shopfolk_store::Engine;

use crate::customer_list::{Choice, group_choices, groups};
use crate::layout::{Layout, Section};
use crate::page::{Done, answer, done, problem};
use crate::page_error::PageError;
use crate::paths::{Customer, Customers};
use crate::visitor::{Sent, Visitor};

/// The form.
#[derive(Template)]
#[template(path = "new_customer.html")]
pub(crate) struct NewCustomerPage {
    pub(crate) layout: Layout,
    pub(crate) customers: Customers,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) groups: Vec<Choice>,
}

/// Shows the form.
pub(crate) async fn show<E: Engine>(visitor: Visitor<E>) -> Result<Response, PageError> {
    form(&visitor, &Form::default(), None, StatusCode::OK).await
}

async fn form<E: Engine>(
    visitor: &Visitor<E>,
    said: &Form,
    problem: Option<String>,
    status: StatusCode,
) -> Result<Response, PageError> {
    let group = said.get("group").and_then(|group| group.parse().ok());
    let page = NewCustomerPage {
        layout: Layout::new(visitor, Section::Customers, "New customer").with_problem(problem),
        customers: Customers {},
        name: said.get("name").unwrap_or_default().to_owned(),
        email: said.get("email").unwrap_or_default().to_owned(),
        groups: group_choices(&groups(visitor).await?, group),
    };
    answer(status, &page)
}

/// Creates a customer.
pub(crate) async fn create<E: Engine>(Sent { visitor, form: said }: Sent<E>) -> Result<Response, PageError> {
    let customer = match problem(new_customer(&said))? {
        Ok(customer) => customer,
        Err(wrong) => return form(&visitor, &said, Some(wrong), StatusCode::BAD_REQUEST).await,
    };
    match problem(visitor.write(CreateCustomer { customer, now: visitor.now() }).await)? {
        Ok(customer) => done(Customer { customer }, Done::CustomerCreated),
        Err(wrong) => form(&visitor, &said, Some(wrong), StatusCode::BAD_REQUEST).await,
    }
}

fn new_customer(said: &Form) -> Result<Said, ApiError> {
    let get = |name| said.get(name).unwrap_or_default();
    let email = EmailAddress::new(get("email"));
    let email = email.map_err(|error| ApiError::wrong_value("email", get("email"), error))?;
    let name = CustomerName::optional(get("name"));
    let name = name.map_err(|error| ApiError::wrong_value("name", get("name"), error))?;
    let group = match get("group") {
        "" => GroupId::GENERAL,
        text => text.parse().map_err(|error| ApiError::wrong_value("group", text, error))?,
    };
    Ok(Said { name, group, ..Said::of(email) })
}
