//! A field of a customer, by its name.

use std::fmt;

use super::TableHeaderError;
use super::column::{Column, FieldKind};
use crate::customer::CustomerFields;
use crate::person::PersonFields;

/// A field of a customer, as a column of a table is named: `email`, `billingPerson.city`, `contacts[0].type`,
/// `shippingAddresses[1].street`, `extrafields[Size]`. It is shown by its name.
#[derive(Debug, Clone)]
pub struct CustomerField(pub(super) Column);

impl CustomerField {
    /// The one of this name.
    ///
    /// # Errors
    /// When a customer has no such field.
    pub fn named(name: &str) -> Result<Self, TableHeaderError> {
        Column::named(name).map(Self)
    }

    /// The names of all fields but the extra ones; `number` stands for the place in a list.
    pub fn names(number: &str) -> Vec<String> {
        Column::names(number)
    }

    /// Whether something can be said of it: it does not follow from others.
    pub fn is_read(&self) -> bool {
        !matches!(self.0, Column::Store) && self.0.field().is_none_or(|field| field.role.is_read())
    }

    /// What its values are.
    pub fn kind(&self) -> FieldKind {
        self.0.kind()
    }

    /// The place in its list, counted from 0.
    pub const fn place(&self) -> Option<usize> {
        match self.0 {
            Column::Entry(_, place, _) => Some(place),
            _ => None,
        }
    }

    /// What stands between two texts that are said of it; `None` where only one of them can be meant.
    pub(super) fn joined_by(&self) -> Option<char> {
        const NAMES: [&str; 3] =
            [CustomerFields::NAME.name, PersonFields::FIRST_NAME.name, PersonFields::LAST_NAME.name];
        match self.kind() {
            FieldKind::Lines => Some('\n'),
            _ => self.0.field().is_some_and(|field| NAMES.contains(&field.name)).then_some(' '),
        }
    }
}

impl fmt::Display for CustomerField {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}
