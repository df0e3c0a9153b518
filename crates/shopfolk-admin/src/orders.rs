//! The orders of a store, the latest first.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use shopfolk_api::{ApiError, Place};
use shopfolk_model::{Order, OrderNumber, OrderSearch, SearchText};
use shopfolk_operations::{ReadOrders, SearchOrders, WantedOfOrders};
use shopfolk_store::{Engine, PageRequest};

use crate::layout::{Layout, Section};
use crate::page::answer;
use crate::page_error::PageError;
use crate::paths::{Customer, Orders};
use crate::query::with_query;
use crate::visitor::{Asked, Visitor};

/// How many orders are on a page.
const PAGE: u32 = 50;

/// An order in a list.
pub(crate) struct OrderLine {
    pub(crate) key: String,
    pub(crate) email: String,
    pub(crate) total: String,
    pub(crate) created: String,
    pub(crate) customer: Option<Customer>,
}

impl OrderLine {
    fn of(order: &Order) -> Self {
        Self {
            key: order.key.to_string(),
            email: order.email.to_string(),
            total: order.total.to_string(),
            created: order.created.day().to_string(),
            customer: order.customer.map(|customer| Customer { customer }),
        }
    }

    /// Those of these orders.
    pub(crate) fn all(orders: &[Order]) -> Vec<Self> {
        orders.iter().map(Self::of).collect()
    }
}

/// The list.
#[derive(Template)]
#[template(path = "orders.html")]
pub(crate) struct OrdersPage {
    pub(crate) layout: Layout,
    pub(crate) path: Orders,
    pub(crate) keyword: String,
    pub(crate) lines: Vec<OrderLine>,
    pub(crate) total: u64,
    pub(crate) next: Option<String>,
    pub(crate) first: Option<String>,
}

/// Shows the list.
pub(crate) async fn show<E: Engine>(visitor: Visitor<E>, Asked(asked): Asked) -> Result<Response, PageError> {
    let keyword = asked.get("keyword").unwrap_or_default();
    let keywords =
        SearchText::optional(keyword).map_err(|error| ApiError::wrong_value("keyword", keyword, error))?;
    let page = match asked.get("after") {
        Some(text) => {
            let after = OrderNumber::of_cursor(text, ());
            PageRequest::after(after.map_err(|error| ApiError::wrong_value("after", text, error))?, PAGE)
        }
        None => PageRequest::at(0, PAGE),
    };
    let search = OrderSearch { keywords, ..OrderSearch::default() };
    let found = visitor.read(SearchOrders { search, page, wanted: WantedOfOrders::Short }).await?;
    let (mut lines, mut portion) = (Vec::new(), found.first);
    loop {
        lines.extend(OrderLine::all(&portion.items));
        if portion.rest.is_empty() {
            break;
        }
        portion = visitor.read(ReadOrders { numbers: portion.rest }).await?;
    }
    let link = |after: &str| with_query(Orders {}, &[("keyword", keyword), ("after", after)]);
    let page = OrdersPage {
        layout: Layout::new(&visitor, Section::Orders, "Orders").after(&asked),
        path: Orders {},
        keyword: keyword.to_owned(),
        lines,
        total: found.total,
        next: found.next.map(|next| link(&next.cursor(()))),
        first: asked.get("after").map(|_| link("")),
    };
    answer(StatusCode::OK, &page)
}
