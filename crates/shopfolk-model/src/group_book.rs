//! The customer groups of a store, and the rules that hold among them.

use crate::{
    CustomerGroup, ExternalReferenceId, GroupChange, GroupId, GroupName, MAXIMUM_GROUPS, NewGroup,
    SearchText, searched_key, unique_key,
};

/// Why a group cannot be added, changed or removed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GroupRuleError {
    /// It is the built-in group.
    #[error(
        "Customer group #{} '{}' is built in: it cannot be changed or deleted",
        GroupId::GENERAL,
        GroupName::GENERAL
    )]
    BuiltIn,
    /// Another group has the name, or it is that of the built-in one.
    #[error("Customer group with name '{name}' already exists")]
    NameInUse {
        /// The name.
        name: GroupName,
    },
    /// Another group has the external reference.
    #[error("Customer group with externalReferenceId '{reference}' already exists")]
    ExternalReferenceInUse {
        /// The reference.
        reference: ExternalReferenceId,
    },
    /// The store has as many groups as it can have.
    #[error("A store can have at most {MAXIMUM_GROUPS} customer groups, this one has that many")]
    Full,
}

/// Which groups are looked for. All that is said has to hold; nothing said is all groups.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GroupFilter {
    /// Part of the name, in any case.
    pub keyword: Option<SearchText>,
    /// One of these ids.
    pub ids: Option<Vec<GroupId>>,
}

/// All groups of a store: the built-in one, which is no row, and those that were created.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GroupBook {
    /// Those that were created, by id.
    created: Vec<CustomerGroup>,
}

impl GroupBook {
    /// The book of a store in which these groups were created.
    pub fn whole(mut created: Vec<CustomerGroup>) -> Self {
        created.sort_unstable_by_key(|group| group.id);
        Self { created }
    }

    /// The built-in group.
    pub fn general() -> CustomerGroup {
        CustomerGroup {
            id: GroupId::GENERAL,
            name: GroupName::general(),
            external_reference: None,
            namesake: false,
        }
    }

    /// The groups that were created, by id.
    pub fn created(&self) -> &[CustomerGroup] {
        &self.created
    }

    /// The groups that are looked for: the built-in one first, then by id.
    pub fn search(&self, filter: &GroupFilter) -> Vec<CustomerGroup> {
        let GroupFilter { keyword, ids } = filter;
        let fits = |group: &CustomerGroup| {
            keyword.as_ref().is_none_or(|keyword| keyword.is_in(&searched_key(group.name.as_str())))
                && ids.as_ref().is_none_or(|ids| ids.contains(&group.id))
        };
        let all = std::iter::once(Self::general()).chain(self.created.iter().cloned());
        all.filter(fits).collect()
    }

    /// Adds a group.
    ///
    /// # Errors
    /// When the name or the external reference is in use, or there are as many groups as there can be.
    pub fn add(&mut self, new: NewGroup, id: GroupId) -> Result<CustomerGroup, GroupRuleError> {
        if self.created.len() >= MAXIMUM_GROUPS as usize {
            return Err(GroupRuleError::Full);
        }
        let NewGroup { name, external_reference } = new;
        let group = CustomerGroup { id, name, external_reference, namesake: false };
        self.check(&group)?;
        self.created.push(group.clone());
        Ok(group)
    }

    /// Changes a group; `None` when there is none with that id.
    ///
    /// # Errors
    /// When it is the built-in group, or the name or the external reference is in use by another one.
    pub fn change(
        &mut self,
        id: GroupId,
        change: GroupChange,
    ) -> Result<Option<CustomerGroup>, GroupRuleError> {
        if id == GroupId::GENERAL {
            return Err(GroupRuleError::BuiltIn);
        }
        let Some(place) = self.created.iter().position(|group| group.id == id) else { return Ok(None) };
        let before = self.created[place].clone();
        let GroupChange { name, external_reference } = change;
        let name = name.unwrap_or_else(|| before.name.clone());
        let group = CustomerGroup {
            id,
            namesake: before.namesake && name.key() == before.name.key(),
            name,
            external_reference: external_reference.apply(before.external_reference),
        };
        self.check(&group)?;
        self.created[place] = group.clone();
        Ok(Some(group))
    }

    /// Whether the group may stand beside all others.
    fn check(&self, group: &CustomerGroup) -> Result<(), GroupRuleError> {
        let key = group.name.key();
        let mut others = self.created.iter().filter(|other| other.id != group.id);
        let is_same = |other: &CustomerGroup| !other.namesake && other.name.key() == key;
        if !group.namesake && (key == unique_key(GroupName::GENERAL) || others.clone().any(is_same)) {
            return Err(GroupRuleError::NameInUse { name: group.name.clone() });
        }
        match &group.external_reference {
            Some(reference) if others.any(|other| other.external_reference.as_ref() == Some(reference)) => {
                Err(GroupRuleError::ExternalReferenceInUse { reference: reference.clone() })
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FieldChange;

    fn id(number: i64) -> GroupId {
        GroupId::new(number).unwrap()
    }

    fn name(text: &str) -> GroupName {
        GroupName::new(text).unwrap()
    }

    fn reference(text: &str) -> ExternalReferenceId {
        ExternalReferenceId::new(text).unwrap()
    }

    fn new(text: &str) -> NewGroup {
        NewGroup { name: name(text), external_reference: None }
    }

    fn book(names: &[&str]) -> GroupBook {
        let mut book = GroupBook::default();
        for (number, name) in names.iter().enumerate() {
            book.add(new(name), id(i64::try_from(number).unwrap() + 1)).unwrap();
        }
        book
    }

    fn found(book: &GroupBook, filter: &GroupFilter) -> Vec<i64> {
        book.search(filter).into_iter().map(|group| group.id.get()).collect()
    }

    #[test]
    fn the_built_in_group_is_always_there_and_first() {
        let everything = GroupFilter::default();
        assert_eq!(GroupBook::default().search(&everything), [GroupBook::general()]);
        assert_eq!(GroupBook::general().name, name("General"));
        assert_eq!(found(&book(&["B", "A"]), &everything), [0, 1, 2]);
    }

    #[test]
    fn a_name_is_there_once_in_any_case() {
        let mut book = book(&["Großhandel"]);
        for taken in ["GROSSHANDEL", "großhandel", "general", "GENERAL"] {
            let refused = book.add(new(taken), id(9));
            assert_eq!(refused, Err(GroupRuleError::NameInUse { name: name(taken) }));
        }
        assert_eq!(book.created().len(), 1);
    }

    #[test]
    fn an_external_reference_is_there_once_and_has_case() {
        let mut book = book(&["A"]);
        let with = |name, reference| NewGroup { external_reference: Some(reference), ..new(name) };
        book.add(with("B", reference("x")), id(2)).unwrap();
        book.add(with("C", reference("X")), id(3)).unwrap();
        let refused = book.add(with("D", reference("x")), id(4));
        assert_eq!(refused, Err(GroupRuleError::ExternalReferenceInUse { reference: reference("x") }));
        let change =
            GroupChange { external_reference: FieldChange::Set(reference("X")), ..GroupChange::default() };
        let refused = book.change(id(2), change);
        assert_eq!(refused, Err(GroupRuleError::ExternalReferenceInUse { reference: reference("X") }));
    }

    #[test]
    fn a_change_keeps_what_it_leaves_out() {
        let mut book = book(&["A", "B"]);
        let set =
            GroupChange { external_reference: FieldChange::Set(reference("x")), ..GroupChange::default() };
        let changed = book.change(id(1), set).unwrap().unwrap();
        assert_eq!(
            changed,
            CustomerGroup {
                id: id(1),
                name: name("A"),
                external_reference: Some(reference("x")),
                namesake: false
            }
        );
        let rename = GroupChange { name: Some(name("a")), ..GroupChange::default() };
        let changed = book.change(id(1), rename).unwrap().unwrap();
        assert_eq!((changed.name, changed.external_reference), (name("a"), Some(reference("x"))));
        let clear = GroupChange { external_reference: FieldChange::Clear, ..GroupChange::default() };
        assert_eq!(book.change(id(1), clear).unwrap().unwrap().external_reference, None);
        let taken = GroupChange { name: Some(name("b")), ..GroupChange::default() };
        assert_eq!(book.change(id(1), taken), Err(GroupRuleError::NameInUse { name: name("b") }));
        assert_eq!(book.change(id(7), GroupChange::default()), Ok(None));
    }

    #[test]
    fn the_built_in_group_does_not_change() {
        let refused = book(&["A"]).change(GroupId::GENERAL, GroupChange::default());
        assert_eq!(refused, Err(GroupRuleError::BuiltIn));
        assert_eq!(
            GroupRuleError::BuiltIn.to_string(),
            "Customer group #0 'General' is built in: it cannot be changed or deleted"
        );
    }

    #[test]
    fn groups_are_found_by_part_of_the_name_and_by_id() {
        let book = book(&["VIP", "Wholesale", "Großhandel", "Generation X"]);
        let by = |keyword| GroupFilter { keyword: SearchText::optional(keyword).unwrap(), ids: None };
        assert_eq!(found(&book, &by("ss")), [3]);
        assert_eq!(found(&book, &by("HOLE")), [2]);
        assert_eq!(found(&book, &by("gener")), [0, 4]);
        assert_eq!(found(&book, &by("nobody")), [] as [i64; 0]);
        let some = |ids: &[i64]| Some(ids.iter().copied().map(id).collect());
        assert_eq!(found(&book, &GroupFilter { keyword: None, ids: some(&[4, 0, 99, 4]) }), [0, 4]);
        assert_eq!(found(&book, &GroupFilter { ids: some(&[1, 2]), ..by("v") }), [1]);
    }

    #[test]
    fn a_store_has_a_thousand_groups_at_the_most() {
        let mut book = GroupBook::default();
        for number in 1..=i64::from(MAXIMUM_GROUPS) {
            book.add(new(&number.to_string()), id(number)).unwrap();
        }
        assert_eq!(book.add(new("one more"), id(5_000)), Err(GroupRuleError::Full));
    }
}
