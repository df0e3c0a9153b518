//! Reading all customers of a store as of one moment.

use std::collections::HashMap;

use shopfolk_model::{ContactBook, CustomerGroup, ExtraField, ExtraFieldTitle, GroupId, GroupName, Order};
use shopfolk_store::{
    Length, ReadOperation, ReadTx, StoreError, StoredCustomer, list_orders, list_stored_customers,
};
use tokio::sync::mpsc;

use crate::extra_fields::list_extra_fields;
use crate::groups::list_groups;
use crate::{CustomerWithContacts, OperationError};

/// How many orders are read at once: each can be a megabyte.
const ORDERS: u32 = 32;

/// Reads all customers of a store, by id, and hands them over batch by batch. It ends early when nobody takes them any
/// more.
#[derive(Debug)]
pub struct ExportCustomers {
    /// Whether to measure them before, which reads them twice.
    pub measure: bool,
    /// Whether to hand over the groups and the extra fields before them, and the orders behind them.
    pub whole: bool,
    /// Who takes them.
    pub taker: mpsc::Sender<Exported>,
}

/// What an export hands over.
#[derive(Debug)]
pub enum Exported {
    /// How much customers have at the most; the first thing, where it was asked for.
    Extent(CustomerExtent),
    /// The groups and the extra fields of the store, but for the group that is built in.
    Definitions(Vec<CustomerGroup>, Vec<ExtraField>),
    /// Some customers.
    Customers(Vec<CustomerWithContacts>),
    /// Some orders.
    Orders(Vec<Order>),
    /// How many rows cannot be read and were left out; where there are any, the last thing.
    Damaged(u64),
}

/// How much the customers of a store have at the most.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CustomerExtent {
    /// How many contacts.
    pub contacts: usize,
    /// How many shipping addresses.
    pub addresses: usize,
    /// The titles of the extra fields of the store.
    pub extra_fields: Vec<ExtraFieldTitle>,
}

impl ReadOperation for ExportCustomers {
    type Output = ();
    type Error = OperationError;

    fn length(&self) -> Length {
        Length::Long
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<(), OperationError> {
        let (groups, fields) = (list_groups(tx).await?, list_extra_fields(tx).await?);
        let mut damaged = if self.whole { groups.damaged + fields.damaged } else { 0 };
        let (groups, fields) = (groups.items, fields.items);
        let names: HashMap<GroupId, GroupName> =
            groups.iter().map(|group| (group.id, group.name.clone())).collect();
        if self.measure {
            let extra_fields = fields.iter().map(|field| field.title.clone()).collect();
            let extent = CustomerExtent { extra_fields, ..self.measure(tx).await? };
            if self.taker.send(Exported::Extent(extent)).await.is_err() {
                return Ok(());
            }
        }
        if self.whole && self.taker.send(Exported::Definitions(groups, fields.clone())).await.is_err() {
            return Ok(());
        }
        let mut after = None;
        while let Some(portion) = list_stored_customers(tx, after).await? {
            after = Some(portion.through);
            damaged += portion.listed.damaged;
            let customers = portion.listed.items.into_iter();
            let batch = customers.map(|stored| complete(stored, &names, &fields)).collect();
            if self.taker.send(Exported::Customers(batch)).await.is_err() {
                return Ok(());
            }
        }
        let mut after = None;
        while self.whole
            && let Some(portion) = list_orders(tx, after, ORDERS).await?
        {
            after = Some(portion.through);
            damaged += portion.listed.damaged;
            if self.taker.send(Exported::Orders(portion.listed.items)).await.is_err() {
                return Ok(());
            }
        }
        if damaged > 0 {
            // A taker that is gone does not want to know.
            let _ = self.taker.send(Exported::Damaged(damaged)).await;
        }
        Ok(())
    }
}

impl ExportCustomers {
    async fn measure<T: ReadTx>(&self, tx: &mut T) -> Result<CustomerExtent, StoreError> {
        let mut extent = CustomerExtent::default();
        let mut after = None;
        while !self.taker.is_closed()
            && let Some(portion) = list_stored_customers(tx, after).await?
        {
            after = Some(portion.through);
            for StoredCustomer { customer, contacts } in &portion.listed.items {
                extent.contacts = extent.contacts.max(contacts.len());
                extent.addresses = extent.addresses.max(customer.addresses.addresses().len());
            }
        }
        Ok(extent)
    }
}

fn complete(
    StoredCustomer { customer, contacts }: StoredCustomer,
    names: &HashMap<GroupId, GroupName>,
    fields: &[ExtraField],
) -> CustomerWithContacts {
    let value = |field: &ExtraField| Some((field.clone(), customer.extra_fields.get(&field.id)?.clone()));
    CustomerWithContacts {
        contacts: ContactBook::whole(contacts),
        damaged_contacts: 0,
        group_name: names.get(&customer.group).cloned().unwrap_or_else(GroupName::general),
        extra_fields: fields.iter().filter_map(value).collect(),
        customer,
    }
}
