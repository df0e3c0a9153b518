//! Lists of large things, a portion at a time: what a list finds is short, what is read of it is bounded in bytes, and each
//! portion is a read of its own, so that nothing is held for a caller who takes his time.

use std::collections::HashMap;

use shopfolk_model::{ContactBook, CustomerId, Order, OrderNumber};
use shopfolk_store::{
    ContactPlace, ContactsRequest, FoundContacts, Length, Listed, ListedContactsPart, ReadOperation, ReadTx,
    StoreError, find_customers, get_customer, get_orders, measure_customers, measure_orders,
};

use crate::customers::complete;
use crate::{CustomerWithContacts, OperationError};

/// How many bytes of rows a portion has at the most, unless one customer without contacts, one contact or one order has more.
pub const PORTION_BYTES: usize = 512 * 1024;

/// The next of a list of customers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CustomerPortion {
    /// Those that are there and can be read.
    pub items: Vec<CustomerWithContacts>,
    /// How many rows of theirs are damaged and left out.
    pub damaged: u64,
    /// Whose contacts go on, and behind which: it is the last of the items, and has more than fit into a portion.
    pub more_contacts: Option<(CustomerId, ContactPlace)>,
    /// Those that are still to be read.
    pub rest: Vec<CustomerId>,
}

impl CustomerPortion {
    /// Whether more comes behind it.
    pub const fn goes_on(&self) -> bool {
        self.more_contacts.is_some() || !self.rest.is_empty()
    }
}

/// Reads the next of these customers.
#[derive(Debug, Clone)]
pub struct ReadCustomers {
    /// The customers, of whom as many are read as fit into a portion.
    pub ids: Vec<CustomerId>,
    /// Whether their contacts are read too.
    pub contacts: bool,
}

impl ReadOperation for ReadCustomers {
    type Output = CustomerPortion;
    type Error = OperationError;

    fn length(&self) -> Length {
        Length::Long
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        read_customers(tx, &self.ids, self.contacts).await
    }
}

/// Reads the next of these customers.
pub(crate) async fn read_customers<T: ReadTx>(
    tx: &mut T,
    ids: &[CustomerId],
    contacts: bool,
) -> Result<CustomerPortion, OperationError> {
    if ids.is_empty() {
        return Ok(CustomerPortion::default());
    }
    let sizes = measure_customers(tx, ids, contacts).await?;
    let (next, rest) = ids.split_at(fitting(&sizes));
    let is_too_large = sizes.first().is_some_and(|&size| size > PORTION_BYTES as u64);
    if let (true, true, &[id]) = (contacts, is_too_large, next) {
        return Ok(CustomerPortion { rest: rest.to_vec(), ..read_large(tx, id).await? });
    }
    let contacts_of = if contacts { next } else { &[] };
    let (Listed { items, damaged }, found) = find_customers(tx, next, contacts_of).await?;
    let items = complete(tx, items, found).await?;
    let damaged = damaged + items.iter().map(|customer| customer.damaged_contacts).sum::<u64>();
    Ok(CustomerPortion { items, damaged, more_contacts: None, rest: rest.to_vec() })
}

/// How many of things with these sizes fit into a portion: one at the least.
pub(crate) fn fitting(sizes: &[u64]) -> usize {
    let mut sum = 0;
    let fits = |size: &&u64| {
        sum += **size;
        sum <= PORTION_BYTES as u64
    };
    sizes.iter().take_while(fits).count().max(1)
}

/// Reads a customer with the first of its contacts, if it is there.
async fn read_large<T: ReadTx>(tx: &mut T, id: CustomerId) -> Result<CustomerPortion, OperationError> {
    let (Listed { items, damaged }, _) = find_customers(tx, &[id], &[]).await?;
    let mut portion = CustomerPortion { damaged, ..CustomerPortion::default() };
    for customer in complete(tx, items, HashMap::new()).await? {
        let part = tx.list_contacts(id, ContactsRequest { after: None, bytes: PORTION_BYTES }).await?;
        let ListedContactsPart { contacts, damaged, more } = part.unwrap_or_default();
        portion.more_contacts = more.map(|more| (id, more));
        portion.damaged += damaged;
        let contacts = ContactBook::whole(contacts);
        portion.items.push(CustomerWithContacts { contacts, damaged_contacts: damaged, ..customer });
    }
    Ok(portion)
}

/// Finds a customer, with contacts as far as they fit into a portion.
#[derive(Debug, Clone, Copy)]
pub struct ReadCustomer {
    /// The customer.
    pub customer: CustomerId,
    /// Whether contacts are read too.
    pub contacts: bool,
}

impl ReadOperation for ReadCustomer {
    /// The customer, and behind which contact its contacts go on.
    type Output = (CustomerWithContacts, Option<ContactPlace>);
    type Error = OperationError;

    fn length(&self) -> Length {
        Length::Short
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        let not_found = OperationError::CustomerNotFound { id: self.customer };
        let Some(customer) = get_customer(tx, self.customer).await? else { return Err(not_found) };
        let part = if self.contacts {
            tx.list_contacts(self.customer, ContactsRequest { after: None, bytes: PORTION_BYTES }).await?
        } else {
            None
        };
        let ListedContactsPart { contacts, damaged, more } = part.unwrap_or_default();
        let found = FoundContacts { contacts, damaged: Vec::new() };
        let found = HashMap::from([(self.customer, found)]);
        let customer = complete(tx, vec![customer], found).await?.pop().ok_or(not_found)?;
        Ok((CustomerWithContacts { damaged_contacts: damaged, ..customer }, more))
    }
}

/// Lists the next of a customer's contacts, by place, then by id.
#[derive(Debug, Clone, Copy)]
pub struct ReadContacts {
    /// The customer.
    pub customer: CustomerId,
    /// Behind which contact; `None` is from the first on.
    pub after: Option<ContactPlace>,
}

impl ReadOperation for ReadContacts {
    type Output = ListedContactsPart;
    type Error = OperationError;
    const READS_ONCE: bool = true;

    fn length(&self) -> Length {
        if self.after.is_none() { Length::Short } else { Length::Long }
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        let part = ContactsRequest { after: self.after, bytes: PORTION_BYTES };
        let listed = tx.list_contacts(self.customer, part).await?;
        listed.ok_or(OperationError::CustomerNotFound { id: self.customer })
    }
}

/// The next of a list of orders.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderPortion {
    /// Those that are there and can be read.
    pub items: Vec<Order>,
    /// How many rows of theirs are damaged and left out.
    pub damaged: u64,
    /// Those that are still to be read.
    pub rest: Vec<OrderNumber>,
}

/// Reads the next of these orders.
#[derive(Debug, Clone)]
pub struct ReadOrders {
    /// The orders, of which as many are read as fit into a portion.
    pub numbers: Vec<OrderNumber>,
}

impl ReadOperation for ReadOrders {
    type Output = OrderPortion;
    type Error = OperationError;

    fn length(&self) -> Length {
        Length::Long
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        Ok(read_orders(tx, &self.numbers).await?)
    }
}

/// Reads the next of these orders.
pub(crate) async fn read_orders<T: ReadTx>(
    tx: &mut T,
    numbers: &[OrderNumber],
) -> Result<OrderPortion, StoreError> {
    if numbers.is_empty() {
        return Ok(OrderPortion::default());
    }
    let sizes = measure_orders(tx, numbers).await?;
    let (next, rest) = numbers.split_at(fitting(&sizes));
    let Listed { items, damaged } = get_orders(tx, next).await?;
    Ok(OrderPortion { items, damaged, rest: rest.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_portion_has_as_many_as_fit_and_one_at_the_least() {
        let half = PORTION_BYTES as u64 / 2;
        assert_eq!(fitting(&[half, half, 1]), 2);
        assert_eq!(fitting(&[half + 1, half, 1]), 1);
        assert_eq!(fitting(&[100 * half, 1]), 1);
        assert_eq!(fitting(&[0; 100]), 100);
    }
}
