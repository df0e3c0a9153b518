//! The orders of a store, and what they amount to for each customer.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::future::Future;

use shopfolk_model::{
    CustomerId, EmailAddress, EventType, Money, Order, OrderKey, OrderNumber, OrderStatistics,
    OrderedProduct, ProductId, Timestamp, searched_key,
};

use crate::value::{JsonObject, Made};
use crate::{
    Damage, Derived, IdKind, Lifecycle, Listed, Owner, Portion, Query, ReadRows, Record, Reference,
    StoreError, Unique, WalkPosition, WriteRows, record,
};

/// By the key that callers know.
pub const ORDERS_BY_KEY: Unique = Unique { name: "orders_by_key", columns: &["order_key"], only: None };

record! {
    /// The row of an order: its products are rows of their own ([`get_order`], [`list_orders`]).
    orders: "order" is Order, by (OrderNumber,);
    |order, dialect| {
        Key order_number: OrderNumber = &order.number;
        Value order_key: OrderKey = &order.key;
        Value customer_id: Option<CustomerId> = &order.customer;
        Value email: EmailAddress = &order.email;
        Derived email_key: Derived<String> = Made(order.email.key());
        Value total: Money = &order.total;
        Value created: Timestamp = &order.created;
        Value document: JsonObject = Made(JsonObject(order.document.clone()));
        Derived[Postgres] folded: Derived<Option<String>> = Made(folded_email(order.email.as_str()));
    }
    |store, reader| Self {
        number: order_number,
        key: order_key,
        customer: customer_id,
        email,
        total,
        created,
        products: Vec::new(),
        document: document.0,
    };
    ids: Some((IdKind::Order, "order_number"));
    references: &[Reference { column: "customer_id", table: "customers", none: None }];
    unique: &[ORDERS_BY_KEY];
    document: Some("document");
    lifecycle: Some(Lifecycle {
        created: EventType::OrderCreated,
        changed: &[EventType::OrderUpdated],
        deleted: EventType::OrderDeleted,
    });
}

/// The e-mail address of an order as searches look for parts of it, where lower case is not enough: every address that is
/// not all ASCII has one, so that those that are still to be folded can be told.
pub fn folded_email(email: &str) -> Option<String> {
    (!email.is_ascii()).then(|| searched_key(email))
}

/// A product of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredOrderProduct {
    /// The order.
    pub order: OrderNumber,
    /// The product.
    pub product: OrderedProduct,
    /// Who ordered.
    pub customer: Option<CustomerId>,
}

record! {
    order_products: "product of an order" is StoredOrderProduct, by (OrderNumber, ProductId);
    |bought, dialect| {
        Key order_number: OrderNumber = &bought.order;
        Key product_id: ProductId = &bought.product.id;
        Value customer_id: Option<CustomerId> = &bought.customer;
        Value name: String = &bought.product.name;
    }
    |store, reader| Self {
        order: order_number,
        product: OrderedProduct { id: product_id, name },
        customer: customer_id,
    };
    owner: Some(Owner { table: "orders", column: "order_number" });
    references: &[Reference { column: "customer_id", table: "customers", none: None }];
}

/// What a customer's orders amount to, where there are any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredStatistics {
    /// The customer.
    pub customer: CustomerId,
    /// How many orders there are.
    pub orders: u64,
    /// What they are worth together.
    pub sales: Money,
    /// When the first was made.
    pub first: Timestamp,
    /// When the last was made.
    pub last: Timestamp,
}

record! {
    order_statistics: "statistics of a customer" is StoredStatistics, by (CustomerId,);
    |statistics, dialect| {
        Key customer_id: CustomerId = &statistics.customer;
        Value order_count: u64 = &statistics.orders;
        Value sales_value: Money = &statistics.sales;
        Value first_order: Timestamp = &statistics.first;
        Value last_order: Timestamp = &statistics.last;
    }
    |store, reader| Self {
        customer: customer_id, orders: order_count, sales: sales_value, first: first_order, last: last_order,
    };
    owner: Some(Owner { table: "customers", column: "customer_id" });
}

impl StoredStatistics {
    /// What is kept of a customer's statistics; `None` where there are no orders.
    pub fn of(customer: CustomerId, statistics: &OrderStatistics) -> Option<Self> {
        let OrderStatistics { orders, sales, first, last } = *statistics;
        Some(Self { customer, orders, sales, first: first?, last: last? })
    }

    /// The statistics.
    pub const fn statistics(self) -> OrderStatistics {
        let Self { customer: _, orders, sales, first, last } = self;
        OrderStatistics { orders, sales, first: Some(first), last: Some(last) }
    }
}

/// Reading what is known of all orders of a store.
pub trait ReadOrders {
    /// When the first and the last order of a customer were made.
    ///
    /// # Errors
    /// When the database fails.
    fn find_order_times(
        &mut self,
        customer: CustomerId,
    ) -> impl Future<Output = Result<Option<(Timestamp, Timestamp)>, StoreError>> + Send;
}

/// Writing orders, besides their rows.
pub trait WriteOrders {
    /// Takes customers, who are deleted, from their orders, which stay.
    ///
    /// # Errors
    /// When the database fails.
    fn leave_orders(
        &mut self,
        customers: &[CustomerId],
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// The next portion of a walk through the orders, with their products; `None` when none is left.
///
/// # Errors
/// When the database fails.
pub async fn list_orders<T: ReadRows>(
    tx: &mut T,
    after: Option<WalkPosition>,
    limit: u32,
) -> Result<Option<Portion<Order>>, StoreError> {
    let Some(Portion { listed, through }) = tx.list_after::<Order>(after, limit).await? else {
        return Ok(None);
    };
    let numbers: Vec<i64> = listed.items.iter().map(|order| order.number.get()).collect();
    let products = tx.list(Query::of::<StoredOrderProduct>(&numbers)).await?;
    Ok(Some(Portion { listed: with_products(listed, products), through }))
}

/// The orders with these numbers, the latest number first, with neither documents nor products: these are not read.
///
/// # Errors
/// When the database fails.
pub async fn get_short_orders<T: ReadRows>(
    tx: &mut T,
    numbers: &[OrderNumber],
) -> Result<Listed<Order>, StoreError> {
    let keys: Vec<(OrderNumber,)> = numbers.iter().map(|&number| (number,)).collect();
    let mut orders = tx.list::<Order>(Query::keys_without_document::<Order>(&keys)).await?;
    orders.items.sort_unstable_by_key(|order| Reverse(order.number));
    Ok(orders)
}

/// About how many bytes each of these orders has.
///
/// # Errors
/// When the database fails.
pub async fn measure_orders<T: ReadRows>(
    tx: &mut T,
    numbers: &[OrderNumber],
) -> Result<Vec<u64>, StoreError> {
    let numbers: Vec<i64> = numbers.iter().map(|number| number.get()).collect();
    tx.measure(&[Order::TABLE, StoredOrderProduct::TABLE], &numbers).await
}

/// The orders with these numbers, with their products, the latest number first.
///
/// # Errors
/// When the database fails.
pub async fn get_orders<T: ReadRows>(
    tx: &mut T,
    numbers: &[OrderNumber],
) -> Result<Listed<Order>, StoreError> {
    let keys: Vec<(OrderNumber,)> = numbers.iter().map(|&number| (number,)).collect();
    let owners: Vec<i64> = numbers.iter().map(|number| number.get()).collect();
    let queries = [Query::keys::<Order>(&keys), Query::of::<StoredOrderProduct>(&owners)];
    let (mut found, mut products) = (Listed::default(), Listed::default());
    tx.read(&queries, &mut |query, row| match query {
        0 => found.take(row.decode()),
        _ => products.take(row.decode()),
    })
    .await?;
    let mut orders = with_products(found, products);
    orders.items.sort_unstable_by_key(|order| Reverse(order.number));
    Ok(orders)
}

fn with_products(found: Listed<Order>, products: Listed<StoredOrderProduct>) -> Listed<Order> {
    let Listed { items: mut orders, damaged } = found;
    let mut of: HashMap<OrderNumber, Vec<OrderedProduct>> = HashMap::new();
    for StoredOrderProduct { order, product, .. } in products.items {
        of.entry(order).or_default().push(product);
    }
    for order in &mut orders {
        order.products = of.remove(&order.number).unwrap_or_default();
        order.products.sort_unstable_by_key(|product| product.id);
    }
    Listed { items: orders, damaged: damaged + products.damaged }
}

/// The order with this number.
///
/// # Errors
/// When a row of it is damaged or the database fails.
pub async fn get_order<T: ReadRows>(tx: &mut T, number: OrderNumber) -> Result<Option<Order>, StoreError> {
    let numbers = [number.get()];
    let queries = [Query::keys::<Order>(&[(number,)]), Query::of::<StoredOrderProduct>(&numbers)];
    let mut order: Option<Result<Order, Damage>> = None;
    let mut products: Vec<Result<StoredOrderProduct, Damage>> = Vec::new();
    tx.read(&queries, &mut |query, row| match query {
        0 => order = Some(row.decode()),
        _ => products.push(row.decode()),
    })
    .await?;
    let Some(mut order) = order.transpose()? else { return Ok(None) };
    for product in products {
        order.products.push(product?.product);
    }
    order.products.sort_unstable_by_key(|product| product.id);
    Ok(Some(order))
}

/// Keeps new orders with their products. Statistics are written on their own.
///
/// # Errors
/// [`StoreError::Conflict`] when the store has a number or a key; otherwise when the database fails.
pub async fn insert_orders<T: WriteRows>(tx: &mut T, orders: &[Order]) -> Result<(), StoreError> {
    tx.insert(orders).await?;
    let product = |order: &Order| {
        let (order, customer) = (order.number, order.customer);
        move |product: &OrderedProduct| StoredOrderProduct { order, product: product.clone(), customer }
    };
    let products: Vec<_> =
        orders.iter().flat_map(|order| order.products.iter().map(product(order))).collect();
    tx.insert(&products).await
}
