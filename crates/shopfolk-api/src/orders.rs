//! `/orders`: the orders of a store, as far as customers need them.

use std::collections::BTreeSet;

use axum::response::Response;
use rand::SeedableRng;
use rand::rngs::{StdRng, SysRng};
use serde::Serialize;
use shopfolk_model::{
    CustomerId, EmailAddress, Money, Order, OrderKey, OrderNumber, OrderSearch, OrderedProduct, ProductId,
    SearchText, Span,
};
use shopfolk_operations::{
    DeleteOrder, FoundOrders, GetOrder, ListProducts, OrderPortion, ReadCustomer, RecordOrder, SearchOrders,
    WantedOfOrders,
};
use shopfolk_store::{Engine, PageRequest};
use utoipa::ToSchema;

use crate::answer::{AnswerWriter, WriteAnswer};
use crate::body::JsonBody;
use crate::caller::{Caller, CreateOrders, ReadCustomers, ReadOrders, UpdateOrders};
use crate::counts::DeleteCountOut;
use crate::customer_stream::Tail;
use crate::error::{ApiError, ErrorCode};
use crate::from_uri::from_uri;
use crate::order::{NewOrder, OrderWithDocument};
use crate::order_stream::{OrderProgress, OrderStream};
use crate::page::{Items, Page, page};
use crate::path::{CustomerPath, OrderPath};
use crate::query::{Fields, PAGE_SIZE, PageParameters, Paging, Query, query_parameters};
use crate::response_fields::ResponseFields;
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
    /// The internal number
    ORDER_NUMBER "orderNumber": i64;
    /// The key
    VENDOR_ORDER_NUMBER "vendorOrderNumber": String, "EG4H2";
    /// Keys or internal numbers, with commas between them
    IDS "ids": String, "EG4H2,12";
    /// Who ordered: the id or the e-mail address
    CUSTOMER_ID_OR_EMAIL "customerIdOrEmail": String;
    /// Made no earlier
    CREATED_FROM "createdFrom": String, "2025-03-26";
    /// Made no later
    CREATED_TO "createdTo": String, "2025-03-27";
    /// Worth no less
    TOTAL_FROM "totalFrom": f64;
    /// Worth no more
    TOTAL_TO "totalTo": f64;
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
        let (email, customer) = who_ordered(query)?;
        Ok(Self(OrderSearch {
            email,
            customer,
            buyer: query.search_text(OrderParameters::CUSTOMER)?,
            keywords: query.search_text(OrderParameters::KEYWORDS)?,
            number: query.parsed(OrderParameters::ORDER_NUMBER, str::parse)?,
            names: order_names(query)?,
            created: Span {
                from: query.timestamp(OrderParameters::CREATED_FROM)?,
                to: query.timestamp(OrderParameters::CREATED_TO)?,
            },
            total: Span {
                from: query.parsed(OrderParameters::TOTAL_FROM, |text| Money::parse(text.trim()))?,
                to: query.parsed(OrderParameters::TOTAL_TO, |text| Money::parse(text.trim()))?,
            },
        }))
    };
    ProductSearch = |uri| Query::of(uri).search_text(ProductParameters::NAME).map(Self);
}

/// Who ordered, by address and by id.
fn who_ordered(query: Query<'_>) -> Result<(Option<EmailAddress>, Option<CustomerId>), ApiError> {
    let email = query.parsed(OrderParameters::EMAIL, EmailAddress::new)?;
    let customer = query.parsed(OrderParameters::CUSTOMER_ID, str::parse)?;
    let name = OrderParameters::CUSTOMER_ID_OR_EMAIL;
    match query.text(name) {
        None => Ok((email, customer)),
        Some(_) if email.is_some() || customer.is_some() => Err(ApiError::wrong_parameter(format!(
            "Parameter '{name}' says who ordered, and so do 'email' and 'customerId': leave one of them out"
        ))),
        Some(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
            Ok((None, query.parsed(name, str::parse)?))
        }
        Some(_) => Ok((query.parsed(name, EmailAddress::new)?, None)),
    }
}

/// The numbers, in digits, and keys, in lower case, that are asked for in one way or both, which join like all filters.
fn order_names(query: Query<'_>) -> Result<Option<BTreeSet<String>>, ApiError> {
    let mut names: Option<BTreeSet<String>> = None;
    for parameter in [OrderParameters::IDS, OrderParameters::VENDOR_ORDER_NUMBER] {
        if let Some(these) = query.list::<String>(parameter)? {
            let these: BTreeSet<_> = these.iter().map(|name| name.to_ascii_lowercase()).collect();
            names = Some(match names {
                Some(names) => &names & &these,
                None => these,
            });
        }
    }
    Ok(names)
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
    answer_orders(&caller, search, page, fields).await
}

/// List the orders of a customer
///
/// The latest first, in pages.
#[utoipa::path(
    get, path = "/api/v3/{storeId}/customers/{customerId}/orders", tag = "Orders",
    params(PageParameters),
    responses((status = 200, description = "A part of the orders", body = OrderPageOut)),
    security(("token" = ["read_orders"])),
)]
pub(crate) async fn list_orders_of_customer<E: Engine>(
    caller: Caller<E, ReadOrders>,
    CustomerPath(customer): CustomerPath,
    Paging(page): Paging<OrderNumber>,
    Fields(fields): Fields,
) -> Result<Response, ApiError> {
    caller.read(ReadCustomer { customer, contacts: false }).await?;
    let search = OrderSearch { customer: Some(customer), ..OrderSearch::default() };
    answer_orders(&caller, search, page, fields).await
}

/// Get the last order
///
/// The one that was recorded last.
#[utoipa::path(
    get, path = "/api/v3/{storeId}/orders/last", tag = "Orders",
    responses((status = 200, description = "The order", body = OrderOut)),
    security(("token" = ["read_orders"])),
)]
pub(crate) async fn get_last_order<E: Engine>(
    caller: Caller<E, ReadOrders>,
    Fields(fields): Fields,
) -> Result<Response, ApiError> {
    let (search, page) = (OrderSearch::default(), PageRequest::at(0, 1));
    let found = caller.read(SearchOrders { search, page, wanted: WantedOfOrders::Everything }).await?;
    let order = found.first.items.into_iter().next();
    let order = order.ok_or_else(|| ApiError::new(ErrorCode::OrderNotFound, "There is no order yet"))?;
    answer_order(&caller, order, fields).await
}

/// Answers with a page of orders.
async fn answer_orders<E: Engine>(
    caller: &Caller<E, ReadOrders>,
    search: OrderSearch,
    page: PageRequest<OrderNumber>,
    fields: ResponseFields,
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
    answer_order(&caller, order, fields).await
}

/// Answers with an order.
async fn answer_order<E: Engine>(
    caller: &Caller<E, ReadOrders>,
    order: Order,
    fields: ResponseFields,
) -> Result<Response, ApiError> {
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
