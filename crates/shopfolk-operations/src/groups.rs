//! Customer groups. The built-in group is no row; the book of groups knows it.

use shopfolk_model::{
    CustomerGroup, GroupBook, GroupChange, GroupFilter, GroupId, GroupRuleError, Happening, MAXIMUM_GROUPS,
    NewGroup, Timestamp,
};
use shopfolk_store::{
    Listed, Page, PageRequest, Query, ReadOperation, ReadTx, Record, StoreError, Which, WriteOperation,
    WriteTx,
};

use crate::OperationError;

/// Lists customer groups: the built-in one first, then by id.
#[derive(Debug, Clone)]
pub struct ListGroups {
    /// Which.
    pub filter: GroupFilter,
    /// Which part of them.
    pub page: PageRequest,
}

impl ReadOperation for ListGroups {
    type Output = Page<CustomerGroup>;
    type Error = OperationError;
    const READS_ONCE: bool = true;

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        let listed = list_groups(tx).await?;
        let found = GroupBook::whole(listed.items).search(&self.filter);
        let total = found.len() as u64;
        let offset = usize::try_from(self.page.offset).unwrap_or(usize::MAX);
        let items = found.into_iter().skip(offset).take(self.page.limit as usize).collect();
        Ok(Page { total, items, damaged: listed.damaged })
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
    /// The id, where it is not the next one's turn: for rows that come from elsewhere.
    pub id: Option<GroupId>,
    /// Now.
    pub now: Timestamp,
}

impl WriteOperation for CreateGroup {
    type Output = GroupId;
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        let mut book = all_groups(tx).await?;
        let id = match self.id {
            Some(id) => id,
            None => tx.take_id().await?,
        };
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

/// Deletes a customer group and puts its customers into the built-in one.
#[derive(Debug, Clone, Copy)]
pub struct DeleteGroup {
    /// The group.
    pub group: GroupId,
    /// Now.
    pub now: Timestamp,
}

impl WriteOperation for DeleteGroup {
    type Output = ();
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<(), OperationError> {
        if self.group == GroupId::GENERAL {
            return Err(GroupRuleError::BuiltIn.into());
        }
        let group: Option<CustomerGroup> = tx.get((self.group,)).await?;
        if group.is_none() {
            return Err(OperationError::GroupNotFound { id: self.group });
        }
        tx.leave_group(self.group).await?;
        tx.delete::<CustomerGroup>(&[(self.group,)]).await?;
        Ok(tx.append(Happening::GroupDeleted(self.group), self.now).await?)
    }
}

/// The groups that were created, by id.
pub(crate) async fn list_groups<T: ReadTx>(tx: &mut T) -> Result<Listed<CustomerGroup>, StoreError> {
    tx.list_after(None, MAXIMUM_GROUPS).await
}

/// The groups, for a writer, who may miss none.
async fn all_groups<T: WriteTx>(tx: &mut T) -> Result<GroupBook, StoreError> {
    let which = Which::After(None, MAXIMUM_GROUPS);
    Ok(GroupBook::whole(tx.all(Query { table: CustomerGroup::TABLE, which }).await?))
}
