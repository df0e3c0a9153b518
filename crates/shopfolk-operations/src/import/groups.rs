//! The groups that lines name, found by name or external reference, or made.

use std::collections::{HashMap, HashSet};

use shopfolk_model::{
    CustomerGroup, ExternalReferenceId, FieldChange, GroupBook, GroupId, GroupName, NewGroup,
};

use super::{ImportRules, ImportedCustomer, ImportedGroup, LeftOutReason, Missing};

/// The groups of a store, with those that an import makes.
#[derive(Debug, Default)]
pub(super) struct Groups {
    book: GroupBook,
    by_name: HashMap<String, GroupId>,
    by_reference: HashMap<ExternalReferenceId, GroupId>,
    /// Ids for those that are made, the next one last.
    ids: Vec<GroupId>,
    made: Vec<CustomerGroup>,
    /// Those of a dry run.
    pretended: Vec<GroupId>,
}

impl Groups {
    /// Those of this book.
    pub(super) fn of(book: GroupBook) -> Self {
        let mut groups = Self::default();
        for group in std::iter::once(&GroupBook::general()).chain(book.created()) {
            groups.know(group);
        }
        Self { book, ..groups }
    }

    /// Has groups be there that are not written.
    pub(super) fn pretend(&mut self, groups: &[CustomerGroup]) {
        if !groups.is_empty() {
            let all = self.book.created().iter().chain(groups).cloned().collect();
            *self = Self {
                pretended: groups.iter().map(|group| group.id).collect(),
                ..Self::of(GroupBook::whole(all))
            };
        }
    }

    fn know(&mut self, group: &CustomerGroup) {
        self.by_name.insert(group.name.key(), group.id);
        self.by_reference.extend(group.external_reference.clone().map(|reference| (reference, group.id)));
    }

    /// How many groups these lines may make.
    pub(super) fn missing<'a>(
        &self,
        lines: impl Iterator<Item = &'a ImportedCustomer>,
        rules: &ImportRules,
    ) -> usize {
        let is_missing = |line: &'a ImportedCustomer| match &line.group {
            FieldChange::Set(group) if self.find(group, rules).is_none() => {
                group.name.as_ref().map(GroupName::key)
            }
            _ => None,
        };
        match rules.new_groups {
            Missing::Make => lines.filter_map(is_missing).collect::<HashSet<_>>().len(),
            Missing::LeaveOut => 0,
        }
    }

    /// Brings the ids for groups that are made.
    pub(super) fn give_ids(&mut self, mut ids: Vec<GroupId>) {
        ids.reverse();
        self.ids = ids;
    }

    fn find(&self, group: &ImportedGroup, rules: &ImportRules) -> Option<GroupId> {
        let ImportedGroup { id, name, external_reference } = group;
        let is_meant = |&id: &GroupId| {
            let known =
                std::iter::once(&GroupBook::general()).chain(self.book.created()).any(|it| it.id == id);
            known && name.as_ref().is_none_or(|name| self.by_name.get(&name.key()) == Some(&id))
        };
        let by_id = id.filter(|_| rules.same_store).filter(is_meant);
        by_id
            .or_else(|| self.by_name.get(&name.as_ref()?.key()).copied())
            .or_else(|| self.by_reference.get(external_reference.as_ref()?).copied())
    }

    /// The group that a line means; `None` when it says nothing.
    ///
    /// # Errors
    /// When there is no such group, and none can be made.
    pub(super) fn meant(
        &mut self,
        group: &ImportedGroup,
        rules: &ImportRules,
    ) -> Result<Option<GroupId>, LeftOutReason> {
        if let Some(id) = self.find(group, rules) {
            return Ok(Some(id));
        }
        let unknown = |group: &str| LeftOutReason::UnknownGroup { group: group.to_owned() };
        match group {
            ImportedGroup { name: Some(name), external_reference, .. }
                if rules.new_groups == Missing::Make =>
            {
                let Some(&id) = self.ids.last() else { return Err(unknown(name.as_str())) };
                let new = NewGroup { name: name.clone(), external_reference: external_reference.clone() };
                let made = self.book.add(new, id)?;
                self.ids.pop();
                self.know(&made);
                self.made.push(made);
                Ok(Some(id))
            }
            ImportedGroup { name: Some(name), .. } => Err(unknown(name.as_str())),
            ImportedGroup { external_reference: Some(reference), .. } => Err(unknown(reference.as_str())),
            // Who is in no other group is in the built-in one, whose number is the same everywhere.
            ImportedGroup { id: Some(GroupId::GENERAL) | None, .. } => Ok(None),
            ImportedGroup { id: Some(id), .. } if rules.same_store => Err(unknown(&format!("#{id}"))),
            ImportedGroup { id: Some(_), .. } => Err(LeftOutReason::GroupNumber),
        }
    }

    /// The ids of those that are there without being written.
    pub(super) fn new_ids(&self) -> impl Iterator<Item = GroupId> {
        self.pretended.iter().copied().chain(self.made.iter().map(|group| group.id))
    }

    /// Those that were made.
    pub(super) fn made(&self) -> &[CustomerGroup] {
        &self.made
    }
}
