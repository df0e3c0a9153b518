//! `/orders`: the orders of a store, as far as customers need them.

use axum::extract::FromRequestParts;
use axum::http::Uri;
use axum::http::request::Parts;
use axum::response::Response;
use rand::SeedableRng;
use rand::rngs::{StdRng, SysRng};
use serde::Serialize;
use shopfolk_model::{EmailAddress, OrderKey, OrderSearch, SearchText};
use shopfolk_operations::{DeleteOrder, GetOrder, ListProducts, RecordOrder, SearchOrders};
use shopfolk_store::Engine;
use utoipa::ToSchema;

use crate::answer;
use crate::body::JsonBody;
use crate::caller::{Caller, CreateOrders, ReadCustomers, ReadOrders, UpdateOrders};
use crate::counts::DeleteCountOut;
use crate::error::ApiError;
use crate::order::{NewOrder, OrderWithDocument};
use crate::page::{Page, page};
use crate::path::OrderPath;
use crate::query::{Fields, PAGE_SIZE, Paging, Query};
use crate::wire::Answer;

/// How many keys are drawn for a new order.
const KEYS: usize = 8;

type NewOrderBody = JsonBody<NewOrder>;

/// What became of an order that was sent.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CreatedOrder)]
pub(crate) struct CreatedOrderOut<'a> {
    /// The internal number.
    #[schema(minimum = 0)]
    id: i64,
    /// The key: 5 capital letters and digits.
    #[schema(example = "EG4H2")]
    order_id: &'a str,
}

type OrderOut<'a> = Answer<'a, OrderWithDocument<'a>>;
type OrderPageOut<'a> = Answer<'a, Page<'a, OrderWithDocument<'a>>>;

page! {
    /// A part of the orders.
    "OrderPage" of OrderWithDocument<'_>, PAGE_SIZE, "The orders, the latest first."
}

/// Record an order
///
/// The statistics of its customer follow at once. An e-mail address that is no customer's makes a customer.
#[utoipa::path(
    post, path = "/api/v3/{storeId}/orders", tag = "Orders",
    request_body = NewOrderBody,
    responses((
        status = 200, description = "Recorded", body = CreatedOrderOut, headers(("Location" = String, description = "The path of the order"))
    )),
    security(("token" = ["create_orders"])),
)]
pub(crate) async fn create_order<E: Engine>(
    caller: Caller<E, CreateOrders>,
    JsonBody(order): NewOrderBody,
) -> Result<Response, ApiError> {
    let NewOrder { email, customer, total, created, products, document } = order;
    let mut random = StdRng::try_from_rng(&mut SysRng).map_err(ApiError::internal)?;
    let keys = (0..KEYS).map(|_| OrderKey::generate(&mut random)).collect();
    let now = caller.now();
    let created = created.unwrap_or(now);
    let order = RecordOrder { customer, email, total, created, products, document, keys, now };
    let (number, key) = caller.write(order).await?;
    answer::created(
        &CreatedOrderOut { id: number.get(), order_id: key.as_str() },
        caller.store(),
        format_args!("orders/{key}"),
    )
}

/// Which orders the query asks for.
pub(crate) struct OrdersQuery(OrderSearch);

impl<S: Sync> FromRequestParts<S> for OrdersQuery {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = Query::new(parts.uri.query().unwrap_or_default());
        let text = |name| query.parsed(name, SearchText::optional).map(Option::flatten);
        Ok(Self(OrderSearch {
            email: query.parsed("email", EmailAddress::new)?,
            customer: query.parsed("customerId", str::parse)?,
            buyer: text("customer")?,
            keywords: text("keywords")?,
        }))
    }
}

/// List orders
///
/// The orders that all filters find, the latest first, in pages.
#[utoipa::path(
    get, path = "/api/v3/{storeId}/orders", tag = "Orders",
    params(
        ("email" = Option<String>, Query, description = "The e-mail address of the one who ordered"),
        ("customerId" = Option<i64>, Query, description = "Who ordered"),
        ("customer" = Option<String>, Query, description = "Part of the name or e-mail address of the one who ordered"),
        ("keywords" = Option<String>, Query, description = "Part of the order's key, number or e-mail address"),
        Paging,
    ),
    responses((status = 200, description = "A part of the orders", body = OrderPageOut)),
    security(("token" = ["read_orders"])),
)]
pub(crate) async fn list_orders<E: Engine>(
    caller: Caller<E, ReadOrders>,
    Paging(page): Paging,
    OrdersQuery(search): OrdersQuery,
    Fields(fields): Fields,
) -> Result<Response, ApiError> {
    let found = caller.read(SearchOrders { search, page }).await?;
    let orders: Vec<_> = found.items.iter().map(OrderWithDocument::of).collect::<Result<_, _>>()?;
    let page = Page { total: found.total, count: orders.len(), asked: page, items: &orders };
    answer::selected(&Answer(&page), &fields)
}

/// Get an order
#[utoipa::path(
    get, path = "/api/v3/{storeId}/orders/{orderId}", tag = "Orders",
    responses((status = 200, description = "The order", body = OrderOut)),
    security(("token" = ["read_orders"])),
)]
pub(crate) async fn get_order<E: Engine>(
    caller: Caller<E, ReadOrders>,
    OrderPath(order): OrderPath,
    Fields(fields): Fields,
) -> Result<Response, ApiError> {
    let order = caller.read(GetOrder { order }).await?;
    answer::selected(&Answer(&OrderWithDocument::of(&order)?), &fields)
}

/// Delete an order
///
/// The statistics of its customer follow at once.
#[utoipa::path(
    delete, path = "/api/v3/{storeId}/orders/{orderId}", tag = "Orders",
    responses((status = 200, description = "Deleted", body = DeleteCountOut)),
    security(("token" = ["update_orders"])),
)]
pub(crate) async fn delete_order<E: Engine>(
    caller: Caller<E, UpdateOrders>,
    OrderPath(order): OrderPath,
) -> Result<Response, ApiError> {
    caller.write(DeleteOrder { order, now: caller.now() }).await?;
    answer::json(&DeleteCountOut { delete_count: 1 })
}

/// Products that customers bought.
#[derive(Serialize, ToSchema)]
#[schema(as = CustomerProducts)]
pub(crate) struct ProductsOut<'a> {
    /// The products, by name; up to 1,000.
    items: Vec<ProductOut<'a>>,
}

/// A product that customers bought.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CustomerProduct)]
pub(crate) struct ProductOut<'a> {
    #[schema(minimum = 0)]
    product_id: i64,
    product_name: &'a str,
}

/// Get the products of customers
///
/// The products that customers bought whose name contains a text.
#[utoipa::path(
    get, path = "/api/v3/{storeId}/customers/products", tag = "Customers",
    params(("name" = Option<String>, Query, description = "Part of the name of the product, in any case")),
    responses((status = 200, description = "The products", body = ProductsOut)),
    security(("token" = ["read_customers"])),
)]
pub(crate) async fn list_customer_products<E: Engine>(
    caller: Caller<E, ReadCustomers>,
    uri: Uri,
    Fields(fields): Fields,
) -> Result<Response, ApiError> {
    let query = Query::new(uri.query().unwrap_or_default());
    let name = query.parsed("name", SearchText::optional)?.flatten();
    let products = caller.read(ListProducts { name }).await?;
    let items = products
        .iter()
        .map(|product| ProductOut { product_id: product.id.get(), product_name: &product.name });
    answer::selected(&ProductsOut { items: items.collect() }, &fields)
}
