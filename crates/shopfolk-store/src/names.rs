//! Verifying what must be unique in a store, and is kept under a key: customer groups and extra fields.
//!
//! Each engine reads its rows and hands them over one by one, those of a store one behind the other.

use std::collections::HashSet;

use shopfolk_model::{
    ExternalReferenceId, ExtraFieldKey, ExtraFieldTitle, GroupId, GroupName, MAXIMUM_EXTRA_FIELDS,
    MAXIMUM_GROUPS, StoreId,
};

use crate::{Invariant, Violation};

/// What the rows are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamedRows {
    /// Customer groups: the name, and the external reference.
    Groups,
    /// Extra fields: the title, and the key by which callers know the field.
    ExtraFields,
}

impl NamedRows {
    const fn kind(self) -> &'static str {
        match self {
            Self::Groups => "customer group",
            Self::ExtraFields => "extra field",
        }
    }

    const fn most(self) -> u32 {
        match self {
            Self::Groups => MAXIMUM_GROUPS,
            Self::ExtraFields => MAXIMUM_EXTRA_FIELDS,
        }
    }

    /// The key of a name; `None` when it is no name.
    fn key(self, name: &str) -> Option<String> {
        match self {
            Self::Groups => GroupName::new(name).ok().map(|name| name.key()),
            Self::ExtraFields => ExtraFieldTitle::new(name).ok().map(|title| title.key()),
        }
    }

    fn is_identifier(self, text: &str) -> bool {
        match self {
            Self::Groups => ExternalReferenceId::new(text).is_ok(),
            Self::ExtraFields => ExtraFieldKey::new(text).is_ok(),
        }
    }
}

/// A row as a database holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NamedRow<'a> {
    /// The store.
    pub store: i64,
    /// The id of the group or field.
    pub id: i64,
    /// The name or title.
    pub name: &'a str,
    /// The key under which it is kept.
    pub key: &'a str,
    /// The external reference, or the key by which callers know it.
    pub identifier: Option<&'a str>,
}

/// What was seen of the rows of a kind.
#[derive(Debug)]
pub struct NamesCheck {
    rows: NamedRows,
    store: Option<i64>,
    count: u32,
    names: HashSet<String>,
    identifiers: HashSet<String>,
}

impl NamesCheck {
    /// Nothing was seen yet.
    pub fn new(rows: NamedRows) -> Self {
        Self { rows, store: None, count: 0, names: HashSet::new(), identifiers: HashSet::new() }
    }

    /// Looks at the next row and hands each violation to `report`.
    pub fn look(&mut self, row: NamedRow<'_>, report: &mut impl FnMut(Violation)) {
        let NamedRow { store, id, name, key, identifier } = row;
        if self.store != Some(store) {
            *self = Self { store: Some(store), ..Self::new(self.rows) };
            // The built-in group has a name too, and no row.
            self.names.extend((self.rows == NamedRows::Groups).then(|| GroupName::general().key()));
        }
        self.count += 1;
        let kind = self.rows.kind();
        let mut found = |invariant, found| {
            report(Violation { invariant, store: StoreId::new(store).ok(), found });
        };
        match self.rows.key(name) {
            None => found(Invariant::SummariesRight, format!("{kind} {id} has no valid name")),
            Some(expected) => {
                if expected != key {
                    found(Invariant::NamesUnique, format!("{kind} {id} is not indexed under its name"));
                }
                if !self.names.insert(expected) {
                    found(
                        Invariant::NamesUnique,
                        format!("{kind} {id} has the name '{name}' of another one"),
                    );
                }
            }
        }
        if let Some(identifier) = identifier {
            if !self.rows.is_identifier(identifier) {
                found(Invariant::NamesUnique, format!("{kind} {id} has '{identifier}', which is no key"));
            }
            if !self.identifiers.insert(identifier.to_owned()) {
                found(Invariant::NamesUnique, format!("{kind} {id} has '{identifier}' of another one"));
            }
        }
        if self.rows == NamedRows::Groups && id == GroupId::GENERAL.get() {
            found(Invariant::NamesUnique, format!("{kind} {id} is the built-in one, which is no row"));
        }
        if self.count == self.rows.most() + 1 {
            found(Invariant::SummariesRight, format!("there are more than {} of {kind}s", self.rows.most()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn violations(rows: NamedRows, seen: &[NamedRow<'_>]) -> Vec<String> {
        let mut check = NamesCheck::new(rows);
        let mut found = Vec::new();
        for &row in seen {
            check.look(row, &mut |violation| found.push(violation.to_string()));
        }
        found
    }

    fn group<'a>(id: i64, name: &'a str, key: &'a str, reference: Option<&'a str>) -> NamedRow<'a> {
        NamedRow { store: 1, id, name, key, identifier: reference }
    }

    #[test]
    fn sound_rows_are_no_violation() {
        let groups = [
            group(1, "VIP", "vip", Some("x")),
            group(2, "Straße", "strasse", Some("X")),
            NamedRow { store: 2, ..group(1, "VIP", "vip", Some("x")) },
        ];
        assert_eq!(violations(NamedRows::Groups, &groups), [] as [&str; 0]);
        let fields = [group(0, "General", "general", Some("6r0fUGw"))];
        assert_eq!(violations(NamedRows::ExtraFields, &fields), [] as [&str; 0]);
    }

    #[test]
    fn what_is_broken_is_named() {
        for (rows, seen, expected) in [
            (NamedRows::Groups, [group(1, "A", "a", None), group(2, "a", "b", None)], "not indexed"),
            (NamedRows::Groups, [group(1, "A", "a", None), group(2, "a", "a", None)], "has the name 'a'"),
            (
                NamedRows::Groups,
                [group(1, "A", "a", None), group(2, "GENERAL", "general", None)],
                "has the name",
            ),
            (NamedRows::Groups, [group(1, "A", "a", Some("x")), group(2, "B", "b", Some("x"))], "has 'x' of"),
            (NamedRows::Groups, [group(0, "A", "a", None), group(2, "B", "b", None)], "built-in"),
            (NamedRows::Groups, [group(1, " ", "", None), group(2, "B", "b", None)], "no valid name"),
            (
                NamedRows::ExtraFields,
                [group(1, "A", "a", Some("abc")), group(2, "B", "b", None)],
                "is no key",
            ),
        ] {
            let found = violations(rows, &seen);
            assert!(found.iter().any(|violation| violation.contains(expected)), "{expected}: {found:?}");
        }
    }

    #[test]
    fn too_many_are_named_once() {
        let names: Vec<String> = (0..=MAXIMUM_EXTRA_FIELDS + 5).map(|number| number.to_string()).collect();
        let rows: Vec<_> = (1..).zip(&names).map(|(id, name)| group(id, name, name, None)).collect();
        assert_eq!(violations(NamedRows::ExtraFields, &rows).len(), 1);
        assert_eq!(violations(NamedRows::ExtraFields, &rows[..100]).len(), 0);
    }
}
