//! The customer groups of a store. The built-in group is no row: these operations know nothing of it.

use std::collections::HashMap;
use std::future::Future;

use shopfolk_model::{CustomerGroup, GroupId, GroupName};

use crate::StoreError;

/// Reading customer groups.
pub trait ReadGroups {
    /// The group with this id. In a transaction that writes it stays there until the end: another one that wants to
    /// remove it waits.
    ///
    /// # Errors
    /// When the database fails.
    fn lookup_group(
        &mut self,
        id: GroupId,
    ) -> impl Future<Output = Result<Option<CustomerGroup>, StoreError>> + Send;

    /// All groups of the store, by id; they are a thousand at the most. Transactions that read them in order to write
    /// come one after the other.
    ///
    /// # Errors
    /// When the database fails.
    fn list_groups(&mut self) -> impl Future<Output = Result<Vec<CustomerGroup>, StoreError>> + Send;

    /// The names of the groups with these ids; a group that is not there is left out.
    ///
    /// # Errors
    /// When the database fails.
    fn find_group_names(
        &mut self,
        ids: &[GroupId],
    ) -> impl Future<Output = Result<HashMap<GroupId, GroupName>, StoreError>> + Send;
}

/// Writing customer groups.
pub trait WriteGroups {
    /// An id for a new group.
    ///
    /// # Errors
    /// When the database fails or has no id left.
    fn next_group_id(&mut self) -> impl Future<Output = Result<GroupId, StoreError>> + Send;

    /// Keeps a new group.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the store has the id, the name or the external reference; otherwise when the database
    /// fails.
    fn add_group(&mut self, group: &CustomerGroup) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Makes the group with this id, which is there, this one.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when another group has the name or the external reference; otherwise when the database
    /// fails.
    fn change_group(&mut self, group: &CustomerGroup) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Removes a group and puts its customers into the built-in one; `false` when there is none with that id.
    ///
    /// # Errors
    /// When the database fails.
    fn remove_group(&mut self, id: GroupId) -> impl Future<Output = Result<bool, StoreError>> + Send;
}
