//! A customer group, what a caller may say of a new one, and of a change.

use crate::{ExternalReferenceId, FieldChange, GroupId, GroupName, unique_key};

impl GroupId {
    /// The group that is built in: `General`. A customer in no other group is in this one.
    pub const GENERAL: Self = match Self::new(0) {
        Ok(id) => id,
        Err(_) => Self::MAXIMUM,
    };
}

impl GroupName {
    /// By which names are compared ([`unique_key`]): two groups of one store may not have the same.
    pub fn key(&self) -> String {
        unique_key(self.as_str())
    }
}

/// A group of customers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerGroup {
    /// The id, unique in the store.
    pub id: GroupId,
    /// The name, unique in the store by its key.
    pub name: GroupName,
    /// What it is called in somebody else's system, unique among the groups of the store.
    pub external_reference: Option<ExternalReferenceId>,
    /// Whether another group has the same name: a release before took the two for different ones.
    pub namesake: bool,
}

/// What a caller says of a group that shall be created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewGroup {
    /// The name.
    pub name: GroupName,
    /// What it is called in somebody else's system.
    pub external_reference: Option<ExternalReferenceId>,
}

/// What a caller says of a group that shall be changed; what is left out stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GroupChange {
    /// The new name.
    pub name: Option<GroupName>,
    /// What it is called in somebody else's system from now on.
    pub external_reference: FieldChange<ExternalReferenceId>,
}

impl GroupChange {
    /// Whether the change says nothing at all.
    pub fn is_empty(&self) -> bool {
        let Self { name, external_reference } = self;
        name.is_none() && external_reference.is_keep()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_group_has_the_id_0() {
        assert_eq!(GroupId::GENERAL.get(), 0);
    }

    #[test]
    fn a_name_is_compared_without_regard_to_case() {
        let key = |name| GroupName::new(name).unwrap().key();
        assert_eq!(key("Großhandel"), key(" GROSSHANDEL "));
        assert_ne!(key("Wholesale"), key("Whole sale"));
    }

    #[test]
    fn a_change_of_nothing_is_empty() {
        assert!(GroupChange::default().is_empty());
        let clear = GroupChange { external_reference: FieldChange::Clear, ..GroupChange::default() };
        assert!(!clear.is_empty());
        let name = GroupChange { name: GroupName::optional("VIP").unwrap(), ..GroupChange::default() };
        assert!(!name.is_empty());
    }
}
