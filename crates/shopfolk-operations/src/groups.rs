//! Customer groups. The built-in group is no row; the book of groups knows it.

use shopfolk_model::{
    Actor, Customer, CustomerChange, CustomerGroup, CustomerId, CustomerSearch, GroupBook, GroupChange,
    GroupFilter, GroupId, GroupRuleError, Happening, MAXIMUM_GROUPS, NewGroup, StoreId, Timestamp,
};
use shopfolk_store::{
    Engine, Length, Listed, Pace, Page, PageRequest, Query, ReadOperation, ReadTx, Record, StoreError, Which,
    WriteOperation, WriteTx, find_customers, update_customers,
};

use crate::mass_change::{Cleared, clear_portion};
use crate::{OperationError, SearchCustomerIds, StopReason};

/// Lists customer groups: the built-in one first, then by id.
#[derive(Debug, Clone)]
pub struct ListGroups {
    /// Which.
    pub filter: GroupFilter,
    /// Which part of them.
    pub page: PageRequest<GroupId>,
}

impl ReadOperation for ListGroups {
    type Output = Page<CustomerGroup, GroupId>;
    type Error = OperationError;
    const READS_ONCE: bool = true;

    fn length(&self) -> Length {
        Length::Short
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        let listed = list_groups(tx).await?;
        let found = GroupBook::whole(listed.items).search(&self.filter);
        let page = self.page.of(found, |group| group.id);
        Ok(Page { damaged: listed.damaged, ..page })
    }
}

/// Finds a customer group.
#[derive(Debug, Clone, Copy)]
pub struct GetGroup {
    /// The group.
    pub group: GroupId,
}

impl ReadOperation for GetGroup {
    type Output = CustomerGroup;
    type Error = OperationError;
    const READS_ONCE: bool = true;

    fn length(&self) -> Length {
        Length::Short
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        if self.group == GroupId::GENERAL {
            return Ok(GroupBook::general());
        }
        tx.get((self.group,)).await?.ok_or(OperationError::GroupNotFound { id: self.group })
    }
}

/// Creates a customer group.
#[derive(Debug, Clone)]
pub struct CreateGroup {
    /// What is said of it.
    pub group: NewGroup,
    /// Now.
    pub now: Timestamp,
}

impl WriteOperation for CreateGroup {
    type Output = GroupId;
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        let mut book = all_groups(tx).await?;
        let id = tx.take_id().await?;
        let group = book.add(self.group.clone(), id)?;
        tx.insert(std::slice::from_ref(&group)).await?;
        tx.append(Happening::GroupCreated(id), self.now).await?;
        Ok(id)
    }
}

/// Changes a customer group; what the change leaves out stays.
#[derive(Debug, Clone)]
pub struct ChangeGroup {
    /// The group.
    pub group: GroupId,
    /// What becomes of it.
    pub change: GroupChange,
    /// Now.
    pub now: Timestamp,
}

impl WriteOperation for ChangeGroup {
    type Output = bool;
    type Error = OperationError;

    /// Answers whether the change said anything.
    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        let mut book = all_groups(tx).await?;
        let changed = book.change(self.group, self.change.clone())?;
        let group = changed.ok_or(OperationError::GroupNotFound { id: self.group })?;
        if self.change.is_empty() {
            return Ok(false);
        }
        tx.update(std::slice::from_ref(&group)).await?;
        tx.append(Happening::GroupUpdated(self.group), self.now).await?;
        Ok(true)
    }
}

/// Moves `updated` of the customers of a group, who are shown with its name, after that has changed: in portions, each a
/// transaction, without an event for each. It is safe to repeat.
///
/// # Errors
/// When it is stopped, or the database fails; then the portions that were done stay.
pub async fn touch_customers_of_group<E: Engine>(
    engine: &E,
    store: StoreId,
    by: Actor,
    group: GroupId,
    now: impl Fn() -> Result<Timestamp, StopReason> + Send + Sync,
) -> Result<(), OperationError> {
    let search = CustomerSearch { groups: Some([group].into()), ..CustomerSearch::default() };
    let ids = engine.read_for(store, by, SearchCustomerIds { search, sort: None }).await?;
    let (mut left, mut pace) = (&ids[..], Pace::default());
    while !left.is_empty() {
        let changed = (ids.len() - left.len()) as u64;
        let now = now().map_err(|reason| OperationError::Stopped { reason, changed })?;
        let (portion, rest) = left.split_at(left.len().min(pace.rows()));
        let touch = TouchCustomers { ids: portion.to_vec(), group, now };
        engine.write_portion(store, by, touch, &mut pace).await?;
        left = rest;
    }
    Ok(())
}

/// Moves `updated` of those of these customers who are in a group.
struct TouchCustomers {
    ids: Vec<CustomerId>,
    group: GroupId,
    now: Timestamp,
}

impl WriteOperation for TouchCustomers {
    type Output = ();
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<(), OperationError> {
        let mut customers = find_customers(tx, &self.ids, &[]).await?.0.items;
        customers.retain(|customer| customer.group == self.group);
        for customer in &mut customers {
            customer.updated = customer.time_of_change(self.now);
        }
        if !customers.is_empty() {
            update_customers(tx, &customers).await?;
        }
        Ok(())
    }
}

/// Deletes a customer group and puts its customers into the built-in one: in portions, each a transaction with its own time,
/// so that no other write waits long. The last one deletes the group. It is safe to repeat.
///
/// # Errors
/// When there is no such group, it is the built-in one, a customer in it is damaged, it is stopped, or the database
/// fails; then the portions that were done stay.
pub async fn delete_group<E: Engine>(
    engine: &E,
    store: StoreId,
    by: Actor,
    group: GroupId,
    now: impl Fn() -> Result<Timestamp, StopReason> + Send + Sync,
) -> Result<(), OperationError> {
    let (mut changed, mut pace) = (0, Pace::default());
    loop {
        let now = now().map_err(|reason| OperationError::Stopped { reason, changed })?;
        let portion = DeleteGroup { group, most: pace.rows(), now };
        let cleared = engine.write_portion(store, by, portion, &mut pace).await?;
        changed += cleared.changed;
        if cleared.all {
            return Ok(());
        }
    }
}

/// Puts a portion of the customers of a group into the built-in one, and deletes the group when nobody is left in it.
struct DeleteGroup {
    group: GroupId,
    most: usize,
    now: Timestamp,
}

impl WriteOperation for DeleteGroup {
    type Output = Cleared;
    type Error = OperationError;

    /// The group is deleted when nobody has it any more.
    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<Cleared, OperationError> {
        if self.group == GroupId::GENERAL {
            return Err(GroupRuleError::BuiltIn.into());
        }
        // Locks the groups, so that nobody joins meanwhile.
        let group: Option<CustomerGroup> = tx.get((self.group,)).await?;
        if group.is_none() {
            return Err(OperationError::GroupNotFound { id: self.group });
        }
        let customers = tx.customers_in_group(self.group, self.most).await?;
        let is_in_it = |customer: &Customer| customer.group == self.group;
        let change = CustomerChange { group: Some(GroupId::GENERAL), ..CustomerChange::default() };
        let cleared = clear_portion(tx, &customers, self.most, is_in_it, &change, self.now).await?;
        if cleared.all {
            tx.delete::<CustomerGroup>(&[(self.group,)]).await?;
            tx.append(Happening::GroupDeleted(self.group), self.now).await?;
        }
        Ok(cleared)
    }
}

/// The groups that were created, by id.
pub(crate) async fn list_groups<T: ReadTx>(tx: &mut T) -> Result<Listed<CustomerGroup>, StoreError> {
    let all = tx.list_after(None, MAXIMUM_GROUPS).await?;
    Ok(all.map(|portion| portion.listed).unwrap_or_default())
}

/// The groups, for a writer, who may miss none.
pub(crate) async fn all_groups<T: WriteTx>(tx: &mut T) -> Result<GroupBook, StoreError> {
    let which = Which::After(None, MAXIMUM_GROUPS);
    Ok(GroupBook::whole(tx.all(Query { table: CustomerGroup::TABLE, which }).await?))
}
