//! `/orders`: the orders of a store, as far as customers need them.

use std::sync::Arc;

use axum::extract::{FromRequestParts, State};
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
use crate::app::App;
use crate::body::JsonBody;
use crate::caller::{Caller, CreateOrders, ReadCustomers, ReadOrders, UpdateOrders};
use crate::counts::DeleteCountOut;
use crate::error::ApiError;
use crate::error_answer::{BodyErrors, CallErrors, ConflictErrors};
use crate::order::{NewOrder, OrderOut};
use crate::path::{OrderPath, StorePath};
use crate::query::{Fields, Paging, Query};

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

/// A part of the orders.
#[derive(Serialize, ToSchema)]
#[schema(as = OrderPage)]
pub(crate) struct OrderPageOut<'a> {
    total: u64,
    count: usize,
    offset: u64,
    limit: u32,
    /// The orders, the latest first.
    items: Vec<OrderOut<'a>>,
}

/// Record an order
///
/// The statistics of its customer follow at once. An e-mail address that is no customer's makes a customer.
#[utoipa::path(
    post,
    path = "/api/v3/{storeId}/orders",
    tag = "Orders",
    params(StorePath),
    request_body(content = NewOrderBody, content_type = "application/json"),
    responses(
        (status = 200, description = "Recorded", body = CreatedOrderOut,
            headers(("Location" = String, description = "The path of the order"))),
        CallErrors, BodyErrors, ConflictErrors,
    ),
    security(("token" = ["create_orders"])),
)]
pub(crate) async fn create_order<E: Engine>(
    State(app): State<Arc<App<E>>>,
    caller: Caller<CreateOrders>,
    JsonBody(order): NewOrderBody,
) -> Result<Response, ApiError> {
    let NewOrder { email, customer, total, created, products, document } = order;
    let mut random = StdRng::try_from_rng(&mut SysRng).map_err(ApiError::internal)?;
    let keys = (0..KEYS).map(|_| OrderKey::generate(&mut random)).collect();
    let now = app.now();
    let created = created.unwrap_or(now);
    let order = RecordOrder { customer, email, total, created, products, document, keys, now };
    let (number, key) = caller.write(&app, order).await?;
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
    get,
    path = "/api/v3/{storeId}/orders",
    tag = "Orders",
    params(
        StorePath,
        ("email" = Option<String>, Query, description = "The e-mail address of the one who ordered"),
        ("customerId" = Option<i64>, Query, description = "Who ordered"),
        ("customer" = Option<String>, Query, description = "Part of the name or e-mail address of the one who ordered"),
        ("keywords" = Option<String>, Query, description = "Part of the order's key, number or e-mail address"),
        Paging,
        ("responseFields" = Option<String>, Query, description = "The fields of the answer that are wanted, such as `total,items(id,total)`"),
    ),
    responses((status = 200, description = "A part of the orders", body = OrderPageOut), CallErrors),
    security(("token" = ["read_orders"])),
)]
pub(crate) async fn list_orders<E: Engine>(
    State(app): State<Arc<App<E>>>,
    caller: Caller<ReadOrders>,
    Paging(page): Paging,
    OrdersQuery(search): OrdersQuery,
    Fields(fields): Fields,
) -> Result<Response, ApiError> {
    let found = caller.read(&app, SearchOrders { search, page }).await?;
    let items = found.items.iter().map(OrderOut::of).collect::<Result<Vec<_>, _>>()?;
    let (offset, limit) = (page.offset, page.limit);
    answer::selected(&OrderPageOut { total: found.total, count: items.len(), offset, limit, items }, &fields)
}

/// Get an order
#[utoipa::path(
    get,
    path = "/api/v3/{storeId}/orders/{orderId}",
    tag = "Orders",
    params(
        OrderPath,
        ("responseFields" = Option<String>, Query, description = "The fields of the answer that are wanted, such as `id,total`"),
    ),
    responses((status = 200, description = "The order", body = OrderOut), CallErrors),
    security(("token" = ["read_orders"])),
)]
pub(crate) async fn get_order<E: Engine>(
    State(app): State<Arc<App<E>>>,
    caller: Caller<ReadOrders>,
    OrderPath(order): OrderPath,
    Fields(fields): Fields,
) -> Result<Response, ApiError> {
    let order = caller.read(&app, GetOrder { order }).await?;
    answer::selected(&OrderOut::of(&order)?, &fields)
}

/// Delete an order
///
/// The statistics of its customer follow at once.
#[utoipa::path(
    delete,
    path = "/api/v3/{storeId}/orders/{orderId}",
    tag = "Orders",
    params(OrderPath),
    responses((status = 200, description = "Deleted", body = DeleteCountOut), CallErrors, ConflictErrors),
    security(("token" = ["update_orders"])),
)]
pub(crate) async fn delete_order<E: Engine>(
    State(app): State<Arc<App<E>>>,
    caller: Caller<UpdateOrders>,
    OrderPath(order): OrderPath,
) -> Result<Response, ApiError> {
    caller.write(&app, DeleteOrder { order, now: app.now() }).await?;
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
    get,
    path = "/api/v3/{storeId}/customers/products",
    tag = "Customers",
    params(
        StorePath,
        ("name" = Option<String>, Query, description = "Part of the name of the product, in any case"),
        ("responseFields" = Option<String>, Query, description = "The fields of the answer that are wanted, such as `items(productId)`"),
    ),
    responses((status = 200, description = "The products", body = ProductsOut), CallErrors),
    security(("token" = ["read_customers"])),
)]
pub(crate) async fn list_customer_products<E: Engine>(
    State(app): State<Arc<App<E>>>,
    caller: Caller<ReadCustomers>,
    uri: Uri,
    Fields(fields): Fields,
) -> Result<Response, ApiError> {
    let query = Query::new(uri.query().unwrap_or_default());
    let name = query.parsed("name", SearchText::optional)?.flatten();
    let products = caller.read(&app, ListProducts { name }).await?;
    let items = products
        .iter()
        .map(|product| ProductOut { product_id: product.id.get(), product_name: &product.name });
    answer::selected(&ProductsOut { items: items.collect() }, &fields)
}
