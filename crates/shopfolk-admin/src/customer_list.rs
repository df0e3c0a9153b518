//! The customers of a store: searched, sorted, in pages.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use shopfolk_api::owners::Form;
use shopfolk_api::{ApiError, Place};
use shopfolk_model::{
    CustomerGroup, CustomerPosition, CustomerSearch, CustomerSort, GroupFilter, GroupId, SearchText,
};
use shopfolk_operations::{CustomerWithContacts, ListGroups, ReadCustomers, SearchCustomers, Wanted};
use shopfolk_store::{Engine, PageRequest};

use crate::layout::{Layout, Section};
use crate::page::answer;
use crate::page_error::PageError;
use crate::paths::{Customer, Customers, ManyPlan, NewCustomer};
use crate::query::with_query;
use crate::visitor::{Asked, Visitor};

/// How many customers are on a page.
const PAGE: u32 = 50;
/// The order where none is asked for.
const LATEST: &str = "REGISTERED_DATE_DESC";

/// The orders that can be chosen.
const SORTS: &[(&str, &str)] = &[
    (LATEST, "Newest first"),
    ("REGISTERED_DATE_ASC", "Oldest first"),
    ("NAME_ASC", "Name, A to Z"),
    ("NAME_DESC", "Name, Z to A"),
    ("EMAIL_ASC", "E-mail, A to Z"),
    ("UPDATED_DATE_DESC", "Changed last"),
    ("ORDER_COUNT_DESC", "Most orders"),
    ("SALES_VALUE_DESC", "Highest sales"),
];

/// Something that can be chosen.
pub(crate) struct Choice {
    pub(crate) value: String,
    pub(crate) label: String,
    pub(crate) is_chosen: bool,
}

/// A customer in the list.
pub(crate) struct CustomerLine {
    pub(crate) id: i64,
    pub(crate) path: Customer,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) group: String,
    pub(crate) orders: u64,
    pub(crate) sales: String,
    pub(crate) registered: String,
}

impl CustomerLine {
    pub(crate) fn of(customer: &CustomerWithContacts) -> Self {
        let CustomerWithContacts { customer, group_name, .. } = customer;
        let email = customer.email.as_ref().map(ToString::to_string);
        let name = customer.name.as_ref().map(ToString::to_string);
        Self {
            id: customer.id.get(),
            path: Customer { customer: customer.id },
            name: name.or_else(|| email.clone()).unwrap_or_else(|| format!("Customer #{}", customer.id)),
            email: email.unwrap_or_default(),
            group: group_name.to_string(),
            orders: customer.orders.orders,
            sales: customer.orders.sales.to_string(),
            registered: customer.registered.day().to_string(),
        }
    }
}

/// The list.
#[derive(Template)]
#[template(path = "customers.html")]
pub(crate) struct CustomersPage {
    pub(crate) layout: Layout,
    pub(crate) customers: Customers,
    pub(crate) new_customer: NewCustomer,
    pub(crate) many: ManyPlan,
    pub(crate) keyword: String,
    pub(crate) groups: Vec<Choice>,
    pub(crate) sorts: Vec<Choice>,
    pub(crate) lines: Vec<CustomerLine>,
    /// How many are found.
    pub(crate) total: u64,
    /// How many there are.
    pub(crate) all: u64,
    /// How many cannot be read.
    pub(crate) damaged: u64,
    pub(crate) next: Option<String>,
    pub(crate) first: Option<String>,
    pub(crate) is_filtered: bool,
}

/// What of customers is asked for.
struct Wish {
    search: CustomerSearch,
    sort: CustomerSort,
    after: Option<CustomerPosition>,
}

impl Wish {
    fn of(asked: &Form) -> Result<Self, ApiError> {
        let wrong = |name: &str, value: &str, error: &dyn std::fmt::Display| {
            ApiError::wrong_value(name, value, error)
        };
        let keyword = asked.get("keyword").unwrap_or_default();
        let keyword = SearchText::optional(keyword).map_err(|error| wrong("keyword", keyword, &error))?;
        let group = asked
            .get("group")
            .map(|text| text.parse::<GroupId>().map_err(|error| wrong("group", text, &error)));
        let sort = asked.get("sort").unwrap_or(LATEST);
        let sort = CustomerSort::parse(sort).map_err(|error| wrong("sort", sort, &error))?;
        let after = asked.get("after").map(|text| {
            CustomerPosition::of_cursor(text, Some(sort)).map_err(|error| wrong("after", text, &error))
        });
        let search = CustomerSearch {
            keyword,
            groups: group.transpose()?.map(|group| [group].into()),
            ..CustomerSearch::default()
        };
        Ok(Self { search, sort, after: after.transpose()? })
    }
}

/// Shows the list.
pub(crate) async fn show<E: Engine>(visitor: Visitor<E>, Asked(asked): Asked) -> Result<Response, PageError> {
    let Wish { search, sort, after } = Wish::of(&asked)?;
    let page = match &after {
        Some(after) => PageRequest::after(after.clone(), PAGE),
        None => PageRequest::at(0, PAGE),
    };
    let is_filtered = !search.is_everybody();
    let wanted = Wanted::Customers;
    let found = visitor.read(SearchCustomers { search, sort: Some(sort), page, wanted }).await?;
    let (mut lines, mut damaged, mut portion) = (Vec::new(), found.damaged, found.first);
    loop {
        lines.extend(portion.items.iter().map(CustomerLine::of));
        damaged += portion.damaged;
        if portion.rest.is_empty() {
            break;
        }
        portion = visitor.read(ReadCustomers { ids: portion.rest, contacts: false }).await?;
    }
    let asked_for = |name| asked.get(name).unwrap_or_default();
    let (keyword, group, sort_name) = (asked_for("keyword"), asked_for("group"), asked_for("sort"));
    let link = |after: &str| {
        let parameters = [("keyword", keyword), ("group", group), ("sort", sort_name), ("after", after)];
        with_query(Customers {}, &parameters)
    };
    let page = CustomersPage {
        layout: Layout::new(&visitor, Section::Customers, "Customers").after(&asked),
        customers: Customers {},
        new_customer: NewCustomer {},
        many: ManyPlan {},
        keyword: keyword.to_owned(),
        groups: group_choices(&groups(&visitor).await?, group.parse().ok()),
        sorts: sorts(sort_name),
        lines,
        total: found.total,
        all: found.all,
        damaged,
        next: found.next.map(|next| link(&next.cursor(Some(sort)))),
        first: after.map(|_| link("")),
        is_filtered,
    };
    answer(StatusCode::OK, &page)
}

/// The groups of the store.
pub(crate) async fn groups<E: Engine>(visitor: &Visitor<E>) -> Result<Vec<CustomerGroup>, PageError> {
    let all = PageRequest::at(0, shopfolk_model::MAXIMUM_GROUPS + 1);
    Ok(visitor.read(ListGroups { filter: GroupFilter::default(), page: all }).await?.items)
}

/// The groups to choose from.
pub(crate) fn group_choices(groups: &[CustomerGroup], chosen: Option<GroupId>) -> Vec<Choice> {
    let choice = |group: &CustomerGroup| Choice {
        value: group.id.to_string(),
        label: group.name.to_string(),
        is_chosen: chosen == Some(group.id),
    };
    groups.iter().map(choice).collect()
}

fn sorts(chosen: &str) -> Vec<Choice> {
    let choice = |(value, label): &(&str, &str)| Choice {
        value: (*value).to_owned(),
        label: (*label).to_owned(),
        is_chosen: value.eq_ignore_ascii_case(chosen),
    };
    SORTS.iter().map(choice).collect()
}
