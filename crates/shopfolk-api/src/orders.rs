//! `/orders`: the orders of a store, as far as customers need them.

use axum::response::Response;
use rand::SeedableRng;
use rand::rngs::{StdRng, SysRng};
use serde::Serialize;
use shopfolk_model::{
    EmailAddress, Order, OrderKey, OrderNumber, OrderSearch, OrderedProduct, ProductId, SearchText,
};
use shopfolk_operations::{
    DeleteOrder, FoundOrders, GetOrder, ListProducts, OrderPortion, RecordOrder, SearchOrders, WantedOfOrders,
};
use shopfolk_store::Engine;
use utoipa::ToSchema;

use crate::answer::{AnswerWriter, WriteAnswer};
use crate::body::JsonBody;
use crate::caller::{Caller, CreateOrders, ReadCustomers, ReadOrders, UpdateOrders};
use crate::counts::DeleteCountOut;
use crate::customer_stream::Tail;
use crate::error::ApiError;
use crate::from_uri::from_uri;
use crate::order::{NewOrder, OrderWithDocument};
use crate::order_stream::{OrderProgress, OrderStream};
use crate::page::{Items, Page, page};
use crate::path::OrderPath;
use crate::query::{Fields, PAGE_SIZE, PageParameters, Paging, Query, query_parameters};
use crate::streamed::Text;
use crate::wire::{Answer, WireObject, wire_object};

/// How many keys are drawn for a new order.
const KEYS: usize = 8;

/// What is known of an order without what was sent.
const SHORT: &[&str] = &["id", "orderNumber", "internalId", "createDate", "customerId"];

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
    JsonBody(order, _held): NewOrderBody,
) -> Result<Response, ApiError> {
    let NewOrder { email, customer, total, created, products, document } = order;
    let mut random = StdRng::try_from_rng(&mut SysRng).map_err(ApiError::internal)?;
    let keys = (0..KEYS).map(|_| OrderKey::generate(&mut random)).collect();
    let now = caller.now();
    let created = created.unwrap_or(now);
    let order = RecordOrder { customer, email, total, created, products, document, keys, now };
    let store = caller.store();
    let answer = move |(number, key): &(OrderNumber, OrderKey)| {
        WriteAnswer::created(
            &CreatedOrderOut { id: number.get(), order_id: key.as_str() },
            store,
            format_args!("orders/{key}"),
        )
    };
    caller.write(order, answer).await
}

query_parameters! {
    OrderParameters:
    /// The e-mail address of the one who ordered
    EMAIL "email": String;
    /// Who ordered
    CUSTOMER_ID "customerId": i64;
    /// Part of the name or e-mail address of the one who ordered
    CUSTOMER "customer": String;
    /// Part of the order's key, number or e-mail address
    KEYWORDS "keywords": String;
}

/// Which orders the query asks for.
pub(crate) struct OrdersQuery(OrderSearch);

query_parameters! {
    ProductParameters:
    /// Part of the name of the product, in any case
    NAME "name": String;
}

/// A text that is part of the names of the products that are wanted.
pub(crate) struct ProductSearch(Option<SearchText>);

from_uri! {
    OrdersQuery = |uri| {
        let query = Query::of(uri);
        Ok(Self(OrderSearch {
            email: query.parsed(OrderParameters::EMAIL, EmailAddress::new)?,
            customer: query.parsed(OrderParameters::CUSTOMER_ID, str::parse)?,
            buyer: query.search_text(OrderParameters::CUSTOMER)?,
            keywords: query.search_text(OrderParameters::KEYWORDS)?,
        }))
    };
    ProductSearch = |uri| Query::of(uri).search_text(ProductParameters::NAME).map(Self);
}

/// List orders
///
/// The orders that all filters find, the latest first, in pages.
#[utoipa::path(
    get, path = "/api/v3/{storeId}/orders", tag = "Orders",
    params(OrderParameters, PageParameters),
    responses((status = 200, description = "A part of the orders", body = OrderPageOut)),
    security(("token" = ["read_orders"])),
)]
pub(crate) async fn list_orders<E: Engine>(
    caller: Caller<E, ReadOrders>,
    Paging(page): Paging<OrderNumber>,
    OrdersQuery(search): OrdersQuery,
    Fields(fields): Fields,
) -> Result<Response, ApiError> {
    let wanted = match fields.within("items") {
        None => WantedOfOrders::Count,
        Some(wanted) if wanted.wants_only(SHORT) => WantedOfOrders::Short,
        Some(_) => WantedOfOrders::Everything,
    };
    let FoundOrders { total, count, first, damaged, next } =
        caller.read(SearchOrders { search, page, wanted }).await?;
    let damaged = damaged + first.damaged;
    if first.rest.is_empty() {
        let count = if wanted == WantedOfOrders::Count { count } else { first.items.len() };
        let write = move |orders: &Vec<Order>, writer: &AnswerWriter<'_>| {
            let wanted = writer.fields.within("items");
            let order = |order| wanted.map(|wanted| OrderWithDocument::of(order, wanted));
            let items = orders.iter().filter_map(order).collect::<Result<Vec<_>, _>>()?;
            writer.write(&Answer(&Page { count, ..Page::new(&page, total, &items, next.as_ref(), ()) }))
        };
        return caller.answer(first.items, damaged, fields, write).await;
    }
    let mut head = Text::default();
    let page: Page<'_, OrderWithDocument<'_>> =
        Page { count, ..Page::new(&page, total, &[], next.as_ref(), ()) };
    head.add_open(&Answer(&page), &fields.without("count", Page::<OrderWithDocument<'_>>::FIELDS))?;
    let stream = OrderStream {
        caller: caller.again(),
        head,
        ready: Some(OrderPortion { damaged, ..first }),
        tail: Some(if fields.wants(&["count"]) { Tail::ListAndCount } else { Tail::List }),
        fields: fields.within("items").cloned().unwrap_or_default(),
        progress: OrderProgress::default(),
    };
    caller.stream(stream).await
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
    caller
        .answer(order, 0, fields, |order, writer| {
            writer.write(&Answer(&OrderWithDocument::of(order, writer.fields)?))
        })
        .await
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
    let delete = DeleteOrder { order, now: caller.now() };
    caller.write(delete, |()| WriteAnswer::of(&DeleteCountOut { delete_count: 1 })).await
}

type ProductsOut<'a> = Answer<'a, Products>;

/// Products that customers bought.
pub(crate) struct Products(Vec<OrderedProduct>);

wire_object! {
    /// Products that customers bought.
    "CustomerProducts": Products = Products(products) => {
        /// The products, by name; up to 1,000.
        "items": Shown Items<'_, OrderedProduct> = &Items(products);
    }
}

wire_object! {
    /// A product that customers bought.
    "CustomerProduct": OrderedProduct = OrderedProduct { id, name } => {
        "productId": Shown ProductId = id;
        "productName": Shown String = name;
    }
}

/// Get the products of customers
///
/// The products that customers bought whose name contains a text.
#[utoipa::path(
    get, path = "/api/v3/{storeId}/customers/products", tag = "Customers",
    params(ProductParameters),
    responses((status = 200, description = "The products", body = ProductsOut)),
    security(("token" = ["read_customers"])),
)]
pub(crate) async fn list_customer_products<E: Engine>(
    caller: Caller<E, ReadCustomers>,
    ProductSearch(name): ProductSearch,
    Fields(fields): Fields,
) -> Result<Response, ApiError> {
    let products = caller.read(ListProducts { name }).await?;
    let damaged = products.damaged;
    let products = Products(products.items);
    caller.answer(products, damaged, fields, |products, writer| writer.write(&Answer(products))).await
}
