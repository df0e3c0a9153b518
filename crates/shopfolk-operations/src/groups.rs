//! Customer groups. The built-in group is no row; the book of groups knows it.

use shopfolk_model::{
    CustomerGroup, Event, GroupBook, GroupChange, GroupFilter, GroupId, GroupRuleError, Happening, NewGroup,
    Timestamp,
};
use shopfolk_store::{Page, PageRequest, ReadOperation, ReadTx, WriteOperation, WriteTx};

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
        let found = GroupBook::whole(tx.list_groups().await?).search(&self.filter);
        let total = found.len() as u64;
        let offset = usize::try_from(self.page.offset).unwrap_or(usize::MAX);
        let items = found.into_iter().skip(offset).take(self.page.limit as usize).collect();
        Ok(Page { total, items })
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
        tx.lookup_group(self.group).await?.ok_or(OperationError::GroupNotFound { id: self.group })
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
        let mut book = GroupBook::whole(tx.list_groups().await?);
        let id = match self.id {
            Some(id) => id,
            None => tx.next_group_id().await?,
        };
        let group = book.add(self.group.clone(), id)?;
        tx.add_group(&group).await?;
        append(tx, Happening::GroupCreated(id), self.now).await?;
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
        let mut book = GroupBook::whole(tx.list_groups().await?);
        let changed = book.change(self.group, self.change.clone())?;
        let group = changed.ok_or(OperationError::GroupNotFound { id: self.group })?;
        if self.change.is_empty() {
            return Ok(false);
        }
        tx.change_group(&group).await?;
        append(tx, Happening::GroupUpdated(self.group), self.now).await?;
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
        if !tx.remove_group(self.group).await? {
            return Err(OperationError::GroupNotFound { id: self.group });
        }
        append(tx, Happening::GroupDeleted(self.group), self.now).await
    }
}

async fn append<T: WriteTx>(tx: &mut T, happening: Happening, now: Timestamp) -> Result<(), OperationError> {
    Ok(tx.append_event(&Event { happening, created: now }).await?)
}
