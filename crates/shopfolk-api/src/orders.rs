//! `/orders`: the orders of a store, as far as customers need them.

use std::collections::HashSet;
use std::sync::Arc;

use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Uri, header};
use axum::response::Response;
use rand::SeedableRng;
use rand::rngs::{StdRng, SysRng};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use shopfolk_model::{
    CustomerId, EmailAddress, MAXIMUM_ORDER_ITEMS, Money, Order, OrderKey, OrderSearch, OrderedProduct,
    ProductId, SearchText,
};
use shopfolk_operations::{DeleteOrder, GetOrder, ListProducts, RecordOrder, SearchOrders};
use shopfolk_store::Engine;
use utoipa::ToSchema;

use crate::access::{Access, CreateOrders, ReadCustomers, ReadOrders, UpdateOrders};
use crate::answer;
use crate::app::App;
use crate::body::JsonBody;
use crate::contact_out::DeleteCountOut;
use crate::error::ApiError;
use crate::fields::{Fields as BodyFields, Given};
use crate::json::{self, JsonValue};
use crate::openapi::{BodyErrors, CallErrors, ConflictErrors};
use crate::path::OrderPath;
use crate::query::{Fields, Paging, Query};

/// How many keys are drawn for a new order.
const KEYS: usize = 8;

/// The longest name of a product that is kept for searches, in characters.
const LONGEST_NAME: usize = 255;

/// What an answer says itself of an order, whatever was sent under these names.
const OWN_FIELDS: [&str; 5] = ["id", "orderNumber", "internalId", "createDate", "customerId"];

/// An order that shall be recorded: it must have `email` or `customerId`. Everything else that is sent is kept and
/// answered as it is.
#[derive(ToSchema)]
#[schema(as = NewOrder, rename_all = "camelCase")]
#[schema(example = json!({
    "email": "ec.apps@lightspeedhq.com", "total": 12.5, "items": [{"productId": 37_208_342, "name": "Apple", "quantity": 1}]
}))]
#[allow(dead_code, reason = "for the OpenAPI document")]
pub(crate) struct OrderIn {
    /// The e-mail address of the one who ordered. One that is no customer's makes a customer.
    email: Option<String>,
    /// Who ordered.
    customer_id: Option<i64>,
    /// What the order is worth, from 0 to 1,000,000,000.
    #[schema(default = 0)]
    total: Option<f64>,
    /// When the order was made; now by default.
    create_date: Option<String>,
    /// What was bought.
    #[schema(max_items = 1000)]
    items: Option<Vec<OrderItemIn>>,
}

/// Something that was bought. What else is sent is kept.
#[derive(ToSchema)]
#[schema(as = NewOrderItem, rename_all = "camelCase")]
#[allow(dead_code, reason = "for the OpenAPI document")]
pub(crate) struct OrderItemIn {
    /// The product, by which its buyers are found.
    product_id: Option<i64>,
    /// Its name.
    name: Option<String>,
}

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

/// An order: these fields, and those that were sent.
#[derive(ToSchema)]
#[schema(as = Order, rename_all = "camelCase")]
#[allow(dead_code, reason = "for the OpenAPI document")]
pub(crate) struct OrderOut {
    /// The key: 5 capital letters and digits.
    #[schema(example = "EG4H2")]
    id: String,
    /// The internal number.
    order_number: i64,
    /// The internal number.
    internal_id: i64,
    /// When the order was made.
    create_date: String,
    /// Who ordered. Left out when that customer was deleted.
    customer_id: Option<i64>,
    /// The e-mail address of the one who ordered.
    email: String,
    total: f64,
}

/// A part of the orders.
#[derive(ToSchema)]
#[schema(as = OrderPage)]
#[allow(dead_code, reason = "for the OpenAPI document")]
pub(crate) struct OrderPageOut {
    total: u64,
    count: usize,
    offset: u64,
    limit: u32,
    /// The orders, the latest first.
    items: Vec<OrderOut>,
}

/// An order with the document that was sent.
struct WithDocument<'a> {
    order: &'a Order,
    document: JsonValue<'a>,
}

impl<'a> WithDocument<'a> {
    fn of(order: &'a Order) -> Result<Self, ApiError> {
        // It was read when it was sent.
        let document =
            json::parse(order.document.as_bytes()).map_err(|_| ApiError::internal("an order is damaged"))?;
        Ok(Self { order, document })
    }
}

impl Serialize for WithDocument<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Order { number, key, customer, email, total, created, .. } = self.order;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", key.as_str())?;
        map.serialize_entry("orderNumber", &number.get())?;
        map.serialize_entry("internalId", &number.get())?;
        map.serialize_entry("createDate", &created.to_string())?;
        if let Some(customer) = customer {
            map.serialize_entry("customerId", &customer.get())?;
        }
        let JsonValue::Object(fields) = &self.document else { return map.end() };
        if fields.get("email").is_none() {
            map.serialize_entry("email", email.as_str())?;
        }
        if fields.get("total").is_none() {
            map.serialize_entry("total", &MoneyOut(*total))?;
        }
        for (name, value) in fields.iter().filter(|(name, _)| !OWN_FIELDS.contains(name)) {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// An amount as a JSON number.
#[derive(Clone, Copy)]
pub(crate) struct MoneyOut(pub(crate) Money);

impl Serialize for MoneyOut {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const UNITS: i64 = 10_000;
        let units = self.0.units();
        if units % UNITS == 0 {
            return serializer.serialize_i64(units / UNITS);
        }
        #[expect(
            clippy::cast_precision_loss,
            reason = "a JSON number; exact up to some 900 thousand millions"
        )]
        serializer.serialize_f64(units as f64 / UNITS as f64)
    }
}

/// Record an order
///
/// The statistics of its customer follow at once. An e-mail address that is no customer's makes a customer.
#[utoipa::path(
    post,
    path = "/api/v3/{storeId}/orders",
    operation_id = "create_order",
    tag = "Orders",
    params(("storeId" = i64, Path, description = "The store", example = 1003)),
    request_body(content = OrderIn, content_type = "application/json"),
    responses(
        (status = 200, description = "Recorded", body = CreatedOrderOut,
            headers(("Location" = String, description = "The path of the order"))),
        CallErrors, BodyErrors, ConflictErrors,
    ),
    security(("token" = ["create_orders"])),
)]
pub(crate) async fn create_order<E: Engine>(
    State(app): State<Arc<App<E>>>,
    access: Access<CreateOrders>,
    JsonBody(body): JsonBody,
) -> Result<Response, ApiError> {
    let value = json::parse(&body)?;
    let fields = BodyFields::of_body(&value)?;
    let mut random = StdRng::try_from_rng(&mut SysRng).map_err(ApiError::internal)?;
    let now = app.now();
    let order = RecordOrder {
        customer: fields.integer("customerId", CustomerId::new)?.value(),
        email: fields.text("email", EmailAddress::new)?.value(),
        total: fields.decimal("total", Money::parse)?.value().unwrap_or_default(),
        created: fields.timestamp("createDate")?.value().unwrap_or(now),
        products: products(&fields)?,
        document: serde_json::to_string(&value).map_err(ApiError::internal)?,
        keys: (0..KEYS).map(|_| OrderKey::generate(&mut random)).collect(),
        now,
    };
    let (number, key) = app.write(&access, order).await?;
    let mut response = answer::json(&CreatedOrderOut { id: number.get(), order_id: key.as_str() })?;
    let location = HeaderValue::try_from(format!("/api/v3/{}/orders/{key}", access.store()))
        .map_err(ApiError::internal)?;
    response.headers_mut().insert(header::LOCATION, location);
    Ok(response)
}

/// The products in the items, each once, with the first name that is given.
fn products(fields: &BodyFields<'_>) -> Result<Vec<OrderedProduct>, ApiError> {
    let item = |item: &BodyFields<'_>| {
        let id = item.integer("productId", ProductId::new)?.value();
        let name =
            item.text("name", |name| Ok::<_, &str>(name.chars().take(LONGEST_NAME).collect::<String>()))?;
        Ok(id.map(|id| OrderedProduct { id, name: name.value().unwrap_or_default() }))
    };
    let items = match fields.objects("items", MAXIMUM_ORDER_ITEMS as usize, item)? {
        Given::Absent | Given::Null => Vec::new(),
        Given::Value(items) => items,
    };
    let mut seen = HashSet::new();
    let mut products: Vec<_> =
        items.into_iter().flatten().filter(|product| seen.insert(product.id)).collect();
    products.sort_unstable_by_key(|product| product.id);
    Ok(products)
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
    operation_id = "list_orders",
    tag = "Orders",
    params(
        ("storeId" = i64, Path, description = "The store", example = 1003),
        ("email" = Option<String>, Query, description = "The e-mail address of the one who ordered"),
        ("customerId" = Option<i64>, Query, description = "Who ordered"),
        ("customer" = Option<String>, Query, description = "Part of the name or e-mail address of the one who ordered"),
        ("keywords" = Option<String>, Query, description = "Part of the order's key, number or e-mail address"),
        ("offset" = Option<u64>, Query, description = "How many to pass over", example = 0),
        ("limit" = Option<u32>, Query, minimum = 1, example = 100,
            description = "How many to answer with; 100 by default, and values over 100 mean 100"),
        ("responseFields" = Option<String>, Query, description = "The fields of the answer that are wanted, such as `total,items(id,total)`"),
    ),
    responses((status = 200, description = "A part of the orders", body = OrderPageOut), CallErrors),
    security(("token" = ["read_orders"])),
)]
pub(crate) async fn list_orders<E: Engine>(
    State(app): State<Arc<App<E>>>,
    access: Access<ReadOrders>,
    Paging(page): Paging,
    OrdersQuery(search): OrdersQuery,
    Fields(fields): Fields,
) -> Result<Response, ApiError> {
    #[derive(Serialize)]
    struct Page<'a> {
        total: u64,
        count: usize,
        offset: u64,
        limit: u32,
        items: Vec<WithDocument<'a>>,
    }
    let found = app.read(&access, SearchOrders { search, page }).await?;
    let items = found.items.iter().map(WithDocument::of).collect::<Result<Vec<_>, _>>()?;
    let (offset, limit) = (page.offset, page.limit);
    answer::selected(&Page { total: found.total, count: items.len(), offset, limit, items }, &fields)
}

/// Get an order
#[utoipa::path(
    get,
    path = "/api/v3/{storeId}/orders/{orderId}",
    operation_id = "get_order",
    tag = "Orders",
    params(
        ("storeId" = i64, Path, description = "The store", example = 1003),
        ("orderId" = String, Path, description = "The key or the internal number of the order", example = "EG4H2"),
        ("responseFields" = Option<String>, Query, description = "The fields of the answer that are wanted, such as `id,total`"),
    ),
    responses((status = 200, description = "The order", body = OrderOut), CallErrors),
    security(("token" = ["read_orders"])),
)]
pub(crate) async fn get_order<E: Engine>(
    State(app): State<Arc<App<E>>>,
    access: Access<ReadOrders>,
    OrderPath(order): OrderPath,
    Fields(fields): Fields,
) -> Result<Response, ApiError> {
    let order = app.read(&access, GetOrder { order }).await?;
    answer::selected(&WithDocument::of(&order)?, &fields)
}

/// Delete an order
///
/// The statistics of its customer follow at once.
#[utoipa::path(
    delete,
    path = "/api/v3/{storeId}/orders/{orderId}",
    operation_id = "delete_order",
    tag = "Orders",
    params(
        ("storeId" = i64, Path, description = "The store", example = 1003),
        ("orderId" = String, Path, description = "The key or the internal number of the order", example = "EG4H2"),
    ),
    responses((status = 200, description = "Deleted", body = DeleteCountOut), CallErrors, ConflictErrors),
    security(("token" = ["update_orders"])),
)]
pub(crate) async fn delete_order<E: Engine>(
    State(app): State<Arc<App<E>>>,
    access: Access<UpdateOrders>,
    OrderPath(order): OrderPath,
) -> Result<Response, ApiError> {
    app.write(&access, DeleteOrder { order, now: app.now() }).await?;
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
    operation_id = "list_customer_products",
    tag = "Customers",
    params(
        ("storeId" = i64, Path, description = "The store", example = 1003),
        ("name" = Option<String>, Query, description = "Part of the name of the product, in any case"),
        ("responseFields" = Option<String>, Query, description = "The fields of the answer that are wanted, such as `items(productId)`"),
    ),
    responses((status = 200, description = "The products", body = ProductsOut), CallErrors),
    security(("token" = ["read_customers"])),
)]
pub(crate) async fn list_customer_products<E: Engine>(
    State(app): State<Arc<App<E>>>,
    access: Access<ReadCustomers>,
    uri: Uri,
    Fields(fields): Fields,
) -> Result<Response, ApiError> {
    let query = Query::new(uri.query().unwrap_or_default());
    let name = query.parsed("name", SearchText::optional)?.flatten();
    let products = app.read(&access, ListProducts { name }).await?;
    let items = products
        .iter()
        .map(|product| ProductOut { product_id: product.id.get(), product_name: &product.name });
    answer::selected(&ProductsOut { items: items.collect() }, &fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_a_plain_number() {
        for (text, shown) in
            [("12", "12"), ("12.5", "12.5"), ("0.1", "0.1"), ("999999999.9999", "999999999.9999")]
        {
            assert_eq!(serde_json::to_string(&MoneyOut(Money::parse(text).unwrap())).unwrap(), shown);
        }
    }
}
