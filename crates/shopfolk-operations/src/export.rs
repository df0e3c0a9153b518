//! Reading all customers of a store as of one moment.

use std::collections::HashMap;

use shopfolk_model::{ContactBook, CustomerId, ExtraField, GroupId, GroupName};
use shopfolk_store::{CustomerLimit, ReadOperation, ReadTx, StoredCustomer};
use tokio::sync::mpsc;

use crate::{CustomerWithContacts, OperationError};

/// How many customers are read at once, and how many contacts at the most, unless one customer alone has more.
const BATCH: CustomerLimit = CustomerLimit { customers: 500, contacts: 5_000 };

/// Reads all customers of a store, by id, and hands them over batch by batch. It ends early when nobody takes them any
/// more.
#[derive(Debug)]
pub struct ExportCustomers {
    /// Who takes them.
    pub taker: mpsc::Sender<Vec<CustomerWithContacts>>,
}

impl ReadOperation for ExportCustomers {
    type Output = ();
    type Error = OperationError;

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<(), OperationError> {
        let groups = tx.list_groups().await?;
        let names: HashMap<GroupId, GroupName> =
            groups.into_iter().map(|group| (group.id, group.name)).collect();
        let fields = tx.list_extra_fields().await?;
        let mut after: Option<CustomerId> = None;
        loop {
            let batch = tx.list_stored_customers(after, BATCH).await?;
            let Some(last) = batch.last() else { return Ok(()) };
            after = Some(last.customer.id);
            let batch = batch.into_iter().map(|stored| complete(stored, &names, &fields)).collect();
            if self.taker.send(batch).await.is_err() {
                return Ok(());
            }
        }
    }
}

fn complete(
    StoredCustomer { customer, contacts }: StoredCustomer,
    names: &HashMap<GroupId, GroupName>,
    fields: &[ExtraField],
) -> CustomerWithContacts {
    let value = |field: &ExtraField| Some((field.clone(), customer.extra_fields.get(&field.id)?.clone()));
    CustomerWithContacts {
        contacts: ContactBook::whole(contacts.into_iter().map(Into::into).collect()),
        group_name: names.get(&customer.group).cloned().unwrap_or_else(GroupName::general),
        extra_fields: fields.iter().filter_map(value).collect(),
        customer,
    }
}
