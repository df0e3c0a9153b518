//! How the store is doing.

use std::time::Duration;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use shopfolk_model::{ContactFilter, ContactType, CustomerSearch, OrderSearch, Span};
use shopfolk_operations::{SearchCustomers, SearchOrders, Wanted, WantedOfOrders};
use shopfolk_store::{Engine, PageRequest};

use crate::chart::{Chart, Count};
use crate::contact_link::label;
use crate::layout::{Layout, Section};
use crate::page::answer;
use crate::page_error::PageError;
use crate::paths::{Customers, NewCustomer, Orders};
use crate::visitor::{Asked, Visitor};

/// For how many days new customers are shown.
const DAYS: u64 = 14;

/// The page.
#[derive(Template)]
#[template(path = "home.html")]
pub(crate) struct HomePage {
    pub(crate) layout: Layout,
    pub(crate) customers_path: Customers,
    pub(crate) new_customer: NewCustomer,
    pub(crate) orders_path: Orders,
    pub(crate) customers: u64,
    pub(crate) orders: u64,
    pub(crate) new: u64,
    pub(crate) days: u64,
    pub(crate) charts: Vec<Chart>,
}

/// Shows the page.
pub(crate) async fn show<E: Engine>(visitor: Visitor<E>, Asked(asked): Asked) -> Result<Response, PageError> {
    let customers = count(&visitor, CustomerSearch::default()).await?;
    let by_day = by_day(&visitor).await?;
    let orders = SearchOrders {
        search: OrderSearch::default(),
        page: PageRequest::at(0, 0),
        wanted: WantedOfOrders::Count,
    };
    let page = HomePage {
        layout: Layout::new(&visitor, Section::Home, "Home").after(&asked),
        customers_path: Customers {},
        new_customer: NewCustomer {},
        orders_path: Orders {},
        customers,
        orders: visitor.read(orders).await?.total,
        new: by_day.iter().map(|day| day.count).sum(),
        days: DAYS,
        charts: vec![
            Chart::new("New customers by day", "Day", by_day),
            Chart::new("Customers by how they are reached", "Type of contact", by_type(&visitor).await?),
        ],
    };
    answer(StatusCode::OK, &page)
}

async fn count<E: Engine>(visitor: &Visitor<E>, search: CustomerSearch) -> Result<u64, PageError> {
    let count = SearchCustomers { search, sort: None, page: PageRequest::at(0, 0), wanted: Wanted::Count };
    Ok(visitor.read(count).await?.total)
}

/// How many customers came on each of the last days.
async fn by_day<E: Engine>(visitor: &Visitor<E>) -> Result<Vec<Count>, PageError> {
    const DAY: u64 = 86_400;
    let now = visitor.now();
    let since_midnight = u64::try_from(now.unix_seconds()).unwrap_or_default() % DAY;
    let mut counts = Vec::new();
    for back in (0..DAYS).rev() {
        let from = now.before(Duration::from_secs(since_midnight + back * DAY));
        let to = if back == 0 {
            now
        } else {
            now.before(Duration::from_secs(since_midnight + (back - 1) * DAY + 1))
        };
        let registered = Span { from: Some(from), to: Some(to) };
        let count = count(visitor, CustomerSearch { registered, ..CustomerSearch::default() }).await?;
        counts.push(Count { label: from.day().to_string(), count });
    }
    Ok(counts)
}

/// How many customers have a contact of each type.
async fn by_type<E: Engine>(visitor: &Visitor<E>) -> Result<Vec<Count>, PageError> {
    let mut counts = Vec::new();
    for &contact_type in ContactType::ALL {
        let contact = Some(ContactFilter { text: None, types: Some([contact_type].into_iter().collect()) });
        let count = count(visitor, CustomerSearch { contact, ..CustomerSearch::default() }).await?;
        if count > 0 {
            counts.push(Count { label: label(contact_type).to_owned(), count });
        }
    }
    Ok(counts)
}
