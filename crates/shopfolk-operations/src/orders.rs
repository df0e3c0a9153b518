//! Recording, reading and deleting orders, with what they amount to for their customers.

use shopfolk_model::{
    CustomerId, EmailAddress, Happening, Money, NewCustomer, Order, OrderKey, OrderNumber, OrderSearch,
    OrderedProduct, SearchText, Timestamp,
};
use shopfolk_store::{
    Length, Listed, ORDERS_BY_KEY, Page, PageRequest, Query, ReadOperation, ReadTx, Record, Which,
    WriteOperation, WriteTx, get_order, get_short_orders, insert_orders,
};

use crate::OperationError;
use crate::customer_portion::{CustomerPortion, Needs};
use crate::portions::{OrderPortion, read_orders};

/// Records an order. Who ordered is the customer that is named, or else the one with the e-mail address, who is created
/// if there is none.
#[derive(Debug, Clone)]
pub struct RecordOrder {
    /// Who ordered.
    pub customer: Option<CustomerId>,
    /// The e-mail address of the one who ordered.
    pub email: Option<EmailAddress>,
    /// What the order is worth.
    pub total: Money,
    /// When it was made.
    pub created: Timestamp,
    /// What was bought, each product once.
    pub products: Vec<OrderedProduct>,
    /// The order as it was sent.
    pub document: String,
    /// Keys that were drawn at random, of which the first that is free becomes that of the order.
    pub keys: Vec<OrderKey>,
    /// Now.
    pub now: Timestamp,
}

impl WriteOperation for RecordOrder {
    type Output = (OrderNumber, OrderKey);
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        let (mut portion, customer) = self.customer(tx).await?;
        let buyer = portion.customer_after(customer);
        let buyer = buyer.ok_or_else(|| match portion.missing(customer) {
            OperationError::CustomerNotFound { id } => OperationError::UnknownCustomer { id },
            damaged => damaged,
        })?;
        let statistics = buyer.orders.with(self.total, self.created).ok_or(OperationError::SalesTooLarge)?;
        let email = self.email.clone().or_else(|| buyer.email.clone());
        let email = email.ok_or(OperationError::BuyerWithoutEmail { id: customer })?;
        let key = self.free_key(tx).await?;
        let number = tx.take_id().await?;
        let order = Order {
            number,
            key,
            customer: Some(customer),
            email,
            total: self.total,
            created: self.created,
            products: self.products.clone(),
            document: self.document.clone(),
        };
        portion.set_orders(customer, statistics, self.now);
        portion.write(tx, self.now).await?;
        insert_orders(tx, &[order]).await?;
        tx.append(Happening::OrderCreated(number), self.now).await?;
        Ok((number, key))
    }
}

impl RecordOrder {
    /// Who ordered, who is created if nobody has the e-mail address.
    async fn customer<T: WriteTx>(
        &self,
        tx: &mut T,
    ) -> Result<(CustomerPortion, CustomerId), OperationError> {
        let email = match (self.customer, &self.email) {
            (Some(customer), _) => {
                let needs = Needs { customers: vec![customer], ..Needs::default() };
                return Ok((CustomerPortion::load(tx, &needs).await?, customer));
            }
            (None, Some(email)) => email,
            (None, None) => return Err(OperationError::NobodyOrdered),
        };
        let guest = NewCustomer::of(email.clone());
        let mut needs = Needs::default();
        needs.create(&guest);
        let mut portion = CustomerPortion::load(tx, &needs).await?;
        let customer = match portion.find_by_email(email) {
            Some(customer) => customer,
            None => portion.create_next(tx, &guest, self.now).await?,
        };
        Ok((portion, customer))
    }

    async fn free_key<T: WriteTx>(&self, tx: &mut T) -> Result<OrderKey, OperationError> {
        let keys = self.keys.iter().map(|key| vec![key.as_str().into()]).collect();
        let which = Which::Unique(&ORDERS_BY_KEY, keys);
        let taken = tx.list::<Order>(Query { table: Order::TABLE, which }).await?.items;
        let is_free = |key: &&OrderKey| taken.iter().all(|order| order.key != **key);
        self.keys.iter().find(is_free).copied().ok_or(OperationError::NoOrderKey)
    }
}

/// An order in the way that a caller names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderName {
    /// By its number.
    Number(OrderNumber),
    /// By its key.
    Key(OrderKey),
}

impl OrderName {
    async fn find<T: ReadTx>(self, tx: &mut T) -> Result<Option<Order>, OperationError> {
        let number = match self {
            Self::Number(number) => Some(number),
            Self::Key(key) => {
                let order: Option<Order> = tx.find(&ORDERS_BY_KEY, key.as_str().into()).await?;
                order.map(|order| order.number)
            }
        };
        match number {
            Some(number) => Ok(get_order(tx, number).await?),
            None => Ok(None),
        }
    }

    fn not_found(self) -> OperationError {
        let name = match self {
            Self::Number(number) => number.to_string(),
            Self::Key(key) => key.to_string(),
        };
        OperationError::OrderNotFound { name }
    }
}

/// Finds an order.
#[derive(Debug, Clone, Copy)]
pub struct GetOrder {
    /// The order.
    pub order: OrderName,
}

impl ReadOperation for GetOrder {
    type Output = Order;
    type Error = OperationError;

    fn length(&self) -> Length {
        Length::Short
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        self.order.find(tx).await?.ok_or_else(|| self.order.not_found())
    }
}

/// Finds orders, the latest first.
#[derive(Debug, Clone)]
pub struct SearchOrders {
    /// What they must be like.
    pub search: OrderSearch,
    /// Which part of those found.
    pub page: PageRequest<OrderNumber>,
    /// How much of them.
    pub wanted: WantedOfOrders,
}

/// How much is wanted of the orders that a search finds, so that nothing is loaded that nobody reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WantedOfOrders {
    /// How many they are.
    Count,
    /// The orders, without what was sent and bought.
    Short,
    /// All of them.
    Everything,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundOrders {
    /// How many the search finds in all.
    pub total: u64,
    /// How many are on this page, whether they can be read or not.
    pub count: usize,
    /// The first of those on this page, as far as they are wanted; the others are [read](crate::ReadOrders) after them.
    pub first: OrderPortion,
    /// How many rows are damaged of those on this page, and not theirs.
    pub damaged: u64,
    /// Where this page ends, while there is more behind it.
    pub next: Option<OrderNumber>,
}

impl ReadOperation for SearchOrders {
    type Output = FoundOrders;
    type Error = OperationError;

    fn length(&self) -> Length {
        Length::Long
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        let found = tx.search_orders(&self.search, self.page).await?;
        let first = match self.wanted {
            WantedOfOrders::Count => OrderPortion::default(),
            WantedOfOrders::Short => {
                let Listed { items, damaged } = get_short_orders(tx, &found.items).await?;
                OrderPortion { items, damaged, rest: Vec::new() }
            }
            WantedOfOrders::Everything => read_orders(tx, &found.items).await?,
        };
        let Page { total, items, damaged, next } = found;
        Ok(FoundOrders { total, count: items.len(), first, damaged, next })
    }
}

/// Deletes an order and takes it from what its customer's orders amount to.
#[derive(Debug, Clone, Copy)]
pub struct DeleteOrder {
    /// The order.
    pub order: OrderName,
    /// Now.
    pub now: Timestamp,
}

impl WriteOperation for DeleteOrder {
    type Output = ();
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<(), OperationError> {
        let order = self.order.find(tx).await?.ok_or_else(|| self.order.not_found())?;
        let needs = Needs { customers: order.customer.into_iter().collect(), ..Needs::default() };
        let mut portion = CustomerPortion::load(tx, &needs).await?;
        if let Some(id) = order.customer.filter(|&id| portion.is_damaged(id)) {
            return Err(portion.missing(id));
        }
        // Looked at again after the customer is locked: another call may have deleted it meanwhile.
        let order = get_order(tx, order.number).await?.ok_or_else(|| self.order.not_found())?;
        tx.delete::<Order>(&[(order.number,)]).await?;
        if let Some(buyer) = order.customer.and_then(|id| portion.customer(id)).cloned() {
            let (first, last) = tx.find_order_times(buyer.id).await?.unzip();
            portion.set_orders(buyer.id, buyer.orders.without(order.total, first, last), self.now);
            portion.write(tx, self.now).await?;
        }
        Ok(tx.append(Happening::OrderDeleted(order.number), self.now).await?)
    }
}

/// Lists products that were bought by customers, by name.
#[derive(Debug, Clone)]
pub struct ListProducts {
    /// Part of the name, in any case.
    pub name: Option<SearchText>,
}

impl ReadOperation for ListProducts {
    type Output = Listed<OrderedProduct>;
    type Error = OperationError;
    const READS_ONCE: bool = true;

    fn length(&self) -> Length {
        Length::Long
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        Ok(tx.list_products(self.name.as_ref()).await?)
    }
}
