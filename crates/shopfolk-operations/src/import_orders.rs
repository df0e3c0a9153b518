//! Bringing the orders of another store into a store.

use std::collections::{HashMap, HashSet};

use shopfolk_model::{CustomerId, Happening, Order, OrderKey, OrderNumber, Timestamp};
use shopfolk_store::{IdKind, ORDERS_BY_KEY, Query, Record, Which, WriteOperation, WriteTx, insert_orders};

use crate::OperationError;
use crate::customer_portion::{CustomerPortion, Needs};

/// Numbers above this one are not kept: a file must not use up the numbers of a store.
const HIGHEST_KEPT: i64 = OrderNumber::MAXIMUM.get() / 2;

/// Records orders that come from elsewhere, in the order of their numbers, each with its key, its date and, where no order of
/// the store ever had that, its number. One that the store has, with the same key and date, stays as it is.
///
/// The customers are those of this store. The statistics of each follow, as with an order that is recorded.
#[derive(Debug, Clone)]
pub struct ImportOrders {
    /// The orders.
    pub orders: Vec<Order>,
    /// Now.
    pub now: Timestamp,
}

/// What became of an order that came from elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportedOrder {
    /// It is new, with this number.
    Created(OrderNumber),
    /// The store has it.
    Known,
    /// Another order of the store has its key.
    KeyInUse,
    /// The customer who ordered is not there, or cannot be read.
    CustomerMissing,
    /// The customer's orders would be worth more than can be kept.
    SalesTooLarge,
}

impl WriteOperation for ImportOrders {
    /// What became of each.
    type Output = Vec<ImportedOrder>;
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        let customers: HashSet<CustomerId> = self.orders.iter().filter_map(|order| order.customer).collect();
        let needs = Needs { customers: customers.into_iter().collect(), ..Needs::default() };
        let mut portion = CustomerPortion::load(tx, &needs).await?;
        let mut taken = self.taken(tx).await?;
        let mut outcomes = Vec::with_capacity(self.orders.len());
        let mut new: Vec<(usize, Order)> = Vec::new();
        for (place, order) in self.orders.iter().enumerate() {
            let outcome = match taken.get(&order.key) {
                Some(&created) if created == order.created => ImportedOrder::Known,
                Some(_) => ImportedOrder::KeyInUse,
                None => self.count_in(&mut portion, order),
            };
            if matches!(outcome, ImportedOrder::Created(_)) {
                taken.insert(order.key, order.created);
                new.push((place, order.clone()));
            }
            outcomes.push(outcome);
        }
        number(tx, &mut new).await?;
        portion.write(tx, self.now).await?;
        let (places, new): (Vec<_>, Vec<_>) = new.into_iter().unzip();
        insert_orders(tx, &new).await?;
        for (place, order) in places.into_iter().zip(&new) {
            tx.append(Happening::OrderCreated(order.number), self.now).await?;
            outcomes[place] = ImportedOrder::Created(order.number);
        }
        Ok(outcomes)
    }
}

impl ImportOrders {
    /// The keys that orders of the store have of those that come, and when these were made.
    async fn taken<T: WriteTx>(&self, tx: &mut T) -> Result<HashMap<OrderKey, Timestamp>, OperationError> {
        let keys = self.orders.iter().map(|order| vec![order.key.as_str().into()]).collect();
        let which = Which::Unique(&ORDERS_BY_KEY, keys);
        let there = tx.list::<Order>(Query { table: Order::TABLE, which }).await?.items;
        Ok(there.into_iter().map(|order| (order.key, order.created)).collect())
    }

    /// Adds a new order to what its customer's orders amount to.
    fn count_in(&self, portion: &mut CustomerPortion, order: &Order) -> ImportedOrder {
        let Some(customer) = order.customer else { return ImportedOrder::Created(order.number) };
        let Some(buyer) = portion.customer_after(customer) else { return ImportedOrder::CustomerMissing };
        match buyer.orders.with(order.total, order.created) {
            None => ImportedOrder::SalesTooLarge,
            Some(statistics) => {
                portion.set_orders(customer, statistics, self.now);
                ImportedOrder::Created(order.number)
            }
        }
    }
}

/// Gives each order its number: its own where it was never given here, else the next one.
async fn number<T: WriteTx>(tx: &mut T, new: &mut [(usize, Order)]) -> Result<(), OperationError> {
    let numbers = new.iter().map(|(_, order)| order.number.get());
    let Some(highest) = numbers.filter(|&number| number <= HIGHEST_KEPT).max() else {
        return renumber(tx, new.iter_mut().map(|(_, order)| order).collect()).await;
    };
    let free_from = tx.reserve_up_to(IdKind::Order, highest).await?;
    let mut kept = HashSet::new();
    let is_kept = |number: OrderNumber| (free_from..=highest).contains(&number.get());
    let others = new.iter_mut().map(|(_, order)| order);
    renumber(tx, others.filter(|order| !is_kept(order.number) || !kept.insert(order.number)).collect()).await
}

async fn renumber<T: WriteTx>(tx: &mut T, orders: Vec<&mut Order>) -> Result<(), OperationError> {
    let numbers: Vec<OrderNumber> = tx.take_ids(orders.len()).await?;
    for (order, number) in orders.into_iter().zip(numbers) {
        order.number = number;
    }
    Ok(())
}
