//! Creating, reading, changing and deleting customers.

use std::collections::HashMap;
use std::time::Duration;

use shopfolk_model::{
    ContactBook, Customer, CustomerChange, CustomerGroup, CustomerId, CustomerVersion, DeletedCustomer,
    ExtraField, ExtraFieldValue, GroupId, GroupName, NewCustomer, Timestamp,
};
use shopfolk_store::{
    FoundContacts, Length, Page, PageRequest, Query, ReadOperation, ReadTx, WriteOperation, WriteTx,
};

use crate::OperationError;
use crate::customer_portion::{CustomerPortion, Needs};
use crate::extra_fields::list_extra_fields;

/// A customer together with all contacts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerWithContacts {
    /// The customer.
    pub customer: Customer,
    /// The contacts.
    pub contacts: ContactBook,
    /// How many contacts cannot be read.
    pub damaged_contacts: u64,
    /// The name of the group.
    pub group_name: GroupName,
    /// The extra fields of which the customer has a value, in the order of their creation.
    pub extra_fields: Vec<(ExtraField, ExtraFieldValue)>,
}

/// Adds to customers what is known of their groups and extra fields; the contacts are given by customer.
pub(crate) async fn complete<T: ReadTx>(
    tx: &mut T,
    customers: Vec<Customer>,
    mut contacts: HashMap<CustomerId, FoundContacts>,
) -> Result<Vec<CustomerWithContacts>, OperationError> {
    let mut groups: Vec<_> = customers.iter().map(|customer| customer.group).collect();
    groups.retain(|&group| group != GroupId::GENERAL);
    groups.sort_unstable();
    groups.dedup();
    let groups: Vec<_> = groups.into_iter().map(|id| (id,)).collect();
    let mut names = HashMap::new();
    if !groups.is_empty() {
        let found = tx.list::<CustomerGroup>(Query::keys::<CustomerGroup>(&groups)).await?;
        names.extend(found.items.into_iter().map(|group| (group.id, group.name)));
    }
    let any_values = customers.iter().any(|customer| !customer.extra_fields.is_empty());
    let fields = if any_values { list_extra_fields(tx).await?.items } else { Vec::new() };
    let complete = |customer: Customer| {
        let value = |field: &ExtraField| Some((field.clone(), customer.extra_fields.get(&field.id)?.clone()));
        let extra_fields = fields.iter().filter_map(value).collect();
        let (contacts, damaged_contacts) = contacts.remove(&customer.id).unwrap_or_default().readable();
        CustomerWithContacts {
            contacts,
            damaged_contacts,
            group_name: names.get(&customer.group).cloned().unwrap_or_else(GroupName::general),
            extra_fields,
            customer,
        }
    };
    Ok(customers.into_iter().map(complete).collect())
}

/// Creates a customer with the contacts it comes with, and one for its own e-mail address unless that is among them.
#[derive(Debug, Clone)]
pub struct CreateCustomer {
    /// What is said of the customer.
    pub customer: NewCustomer,
    /// Now.
    pub now: Timestamp,
}

impl WriteOperation for CreateCustomer {
    type Output = CustomerId;
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        let mut needs = Needs::default();
        needs.create(&self.customer);
        let mut portion = CustomerPortion::load(tx, &needs).await?;
        let id = portion.create_next(tx, &self.customer, self.now).await?;
        portion.write(tx, self.now).await?;
        Ok(id)
    }
}

/// Changes a customer; what the change leaves out stays. All of it happens, or nothing.
#[derive(Debug, Clone)]
pub struct ChangeCustomer {
    /// The customer.
    pub customer: CustomerId,
    /// What becomes of it.
    pub change: CustomerChange,
    /// Now.
    pub now: Timestamp,
}

/// What changing a customer led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CustomerUpdate {
    /// The customer was changed.
    Updated,
    /// The change said nothing; nothing changed.
    NothingToDo,
}

impl ChangeCustomer {
    async fn load<T: WriteTx>(&self, tx: &mut T) -> Result<CustomerPortion, OperationError> {
        let mut needs = Needs::default();
        needs.change(self.customer, &self.change);
        Ok(CustomerPortion::load(tx, &needs).await?)
    }

    async fn apply<T: WriteTx>(
        &self,
        tx: &mut T,
        mut portion: CustomerPortion,
    ) -> Result<CustomerUpdate, OperationError> {
        let Self { customer, change, now } = self;
        if change.is_empty() && portion.customer(*customer).is_some() {
            return Ok(CustomerUpdate::NothingToDo);
        }
        let besides = portion.contacts_besides_the_list(*customer, change);
        portion.take_contact_ids(tx, besides).await?;
        portion.change(*customer, change, *now)?;
        portion.write(tx, *now).await?;
        Ok(CustomerUpdate::Updated)
    }
}

impl WriteOperation for ChangeCustomer {
    type Output = CustomerUpdate;
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        let portion = self.load(tx).await?;
        self.apply(tx, portion).await
    }
}

/// Changes a customer unless somebody else did since it was seen.
#[derive(Debug, Clone)]
pub struct ChangeSeenCustomer {
    /// As what it was seen.
    pub seen: CustomerVersion,
    /// What becomes of it.
    pub change: ChangeCustomer,
}

impl WriteOperation for ChangeSeenCustomer {
    /// `None` where it was another one already, and nothing changed.
    type Output = Option<CustomerUpdate>;
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        let Self { seen, change } = self;
        let portion = change.load(tx).await?;
        if portion.customer(change.customer).is_some_and(|customer| customer.version() != *seen) {
            return Ok(None);
        }
        change.apply(tx, portion).await.map(Some)
    }
}

/// How long a deleted customer is listed: about six months.
const DELETED_KEPT: Duration = Duration::from_hours(183 * 24);

/// Lists the customers that were deleted in the last six months, by the time at which they were, then by id.
#[derive(Debug, Clone, Copy)]
pub struct ListDeletedCustomers {
    /// None that were deleted before.
    pub from: Option<Timestamp>,
    /// None that were deleted after.
    pub to: Option<Timestamp>,
    /// Which part of the list.
    pub page: PageRequest<DeletedCustomer>,
    /// Now.
    pub now: Timestamp,
}

impl ReadOperation for ListDeletedCustomers {
    type Output = Page<DeletedCustomer, DeletedCustomer>;
    type Error = OperationError;

    fn length(&self) -> Length {
        Length::Long
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        let oldest = self.now.before(DELETED_KEPT);
        let from = self.from.unwrap_or(oldest).max(oldest);
        Ok(tx.list_deleted_customers(from, self.to.unwrap_or(self.now), self.page).await?)
    }
}

/// Deletes a customer and all its contacts.
#[derive(Debug, Clone, Copy)]
pub struct DeleteCustomer {
    /// The customer.
    pub customer: CustomerId,
    /// Now.
    pub now: Timestamp,
}

impl WriteOperation for DeleteCustomer {
    type Output = ();
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<(), OperationError> {
        let needs = Needs { customers: vec![self.customer], contacts: true, ..Needs::default() };
        let mut portion = CustomerPortion::load(tx, &needs).await?;
        portion.delete(self.customer)?;
        Ok(portion.write(tx, self.now).await?)
    }
}
