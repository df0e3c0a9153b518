//! Recording, reading and deleting orders, with what they amount to for their customers.

use shopfolk_model::{
    CustomerId, EmailAddress, Event, Happening, Money, NewCustomer, Order, OrderKey, OrderNumber,
    OrderSearch, OrderedProduct, SearchText, Timestamp,
};
use shopfolk_store::{Page, PageRequest, ReadOperation, ReadTx, WriteOperation, WriteTx};

use crate::{CreateCustomer, OperationError};

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
        let (customer, created) = self.customer(tx).await?;
        let not_found = || OperationError::UnknownCustomer { id: customer };
        // Looked up after it is known who it is, because that locks the customer.
        let buyer = tx.lookup_customer(customer).await?.ok_or_else(not_found)?;
        let statistics = buyer.orders.with(self.total, self.created).ok_or(OperationError::SalesTooLarge)?;
        let number = tx.next_order_number().await?;
        let key = self.free_key(tx).await?;
        let order = Order {
            number,
            key,
            customer: Some(customer),
            email: self.email.clone().unwrap_or(buyer.email),
            total: self.total,
            created: self.created,
            products: self.products.clone(),
            document: self.document.clone(),
        };
        tx.add_order(&order).await?;
        tx.write_statistics(customer, &statistics, self.now).await?;
        append(tx, Happening::OrderCreated(number), self.now).await?;
        if !created {
            append(tx, Happening::CustomerUpdated(customer), self.now).await?;
        }
        Ok((number, key))
    }
}

impl RecordOrder {
    /// Who ordered, and whether that customer was created just now.
    async fn customer<T: WriteTx>(&self, tx: &mut T) -> Result<(CustomerId, bool), OperationError> {
        let email = match (self.customer, &self.email) {
            (Some(customer), _) => return Ok((customer, false)),
            (None, Some(email)) => email,
            (None, None) => return Err(OperationError::NobodyOrdered),
        };
        if let Some(customer) = tx.find_customer_by_email(email).await? {
            return Ok((customer, false));
        }
        let guest = CreateCustomer { customer: NewCustomer::of(email.clone()), now: self.now };
        Ok((guest.run(tx).await?, true))
    }

    async fn free_key<T: WriteTx>(&self, tx: &mut T) -> Result<OrderKey, OperationError> {
        for &key in &self.keys {
            if tx.find_order(key).await?.is_none() {
                return Ok(key);
            }
        }
        Err(OperationError::NoOrderKey)
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
            Self::Key(key) => tx.find_order(key).await?,
        };
        match number {
            Some(number) => Ok(tx.lookup_order(number).await?),
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
    pub page: PageRequest,
}

impl ReadOperation for SearchOrders {
    type Output = Page<Order>;
    type Error = OperationError;

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        Ok(tx.search_orders(&self.search, self.page).await?)
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
        let buyer = match order.customer {
            Some(customer) => tx.lookup_customer(customer).await?,
            None => None,
        };
        // Removed after the customer is locked: whoever removes it at the same time finds nothing any more.
        if !tx.remove_order(order.number).await? {
            return Err(self.order.not_found());
        }
        if let Some(buyer) = buyer {
            let times = tx.find_order_times(buyer.id).await?;
            let (first, last) = times.unzip();
            tx.write_statistics(buyer.id, &buyer.orders.without(order.total, first, last), self.now).await?;
            append(tx, Happening::CustomerUpdated(buyer.id), self.now).await?;
        }
        append(tx, Happening::OrderDeleted(order.number), self.now).await
    }
}

/// Lists products that were bought by customers, by name.
#[derive(Debug, Clone)]
pub struct ListProducts {
    /// Part of the name, in any case.
    pub name: Option<SearchText>,
}

impl ReadOperation for ListProducts {
    type Output = Vec<OrderedProduct>;
    type Error = OperationError;
    const READS_ONCE: bool = true;

    fn searches(&self) -> bool {
        true
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        Ok(tx.list_products(self.name.as_ref()).await?)
    }
}

async fn append<T: WriteTx>(tx: &mut T, happening: Happening, now: Timestamp) -> Result<(), OperationError> {
    Ok(tx.append_event(&Event { happening, created: now }).await?)
}
