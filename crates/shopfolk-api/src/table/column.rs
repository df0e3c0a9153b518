//! One column of a table of customers.
//!
//! The columns are the fields of a customer in answers (`customer.rs`), those of its objects and lists among them.

use std::fmt;

use shopfolk_model::ExtraFieldTitle;
use shopfolk_operations::CustomerWithContacts;

use super::{IDENTITY, STORE_COLUMN, TableHeaderError};
use crate::customer::CustomerFields;
use crate::person::{AddressFields, PersonFields};
use crate::wire::{Cell, FieldDescription, Role, WireObject};

/// The name of the extra fields, of which each is a column.
pub(super) const EXTRA_FIELDS: &str = CustomerFields::EXTRA_FIELDS.name;

/// The columns that come first, as people look for them; the others follow in the order of answers.
const FIRST: [&str; 9] = [
    "id",
    "type",
    "email",
    "name",
    "customerGroupId",
    "customerGroupName",
    "registered",
    "updated",
    "totalOrderCount",
];

/// The texts that may have several lines.
const LINES: [&str; 3] =
    [PersonFields::STREET.name, AddressFields::NOTE.name, CustomerFields::ADMIN_NOTES.name];

/// The column that comes last among those of its object.
const LAST: &str = "createdDate";

/// What the values of a field are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// A text of one line.
    Text,
    /// A text that may have several lines.
    Lines,
    /// An integer.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// The code of a country.
    Country,
    /// A point in time.
    Date,
}

/// What a column holds. It is shown as it is named.
#[derive(Debug, Clone)]
pub(super) enum Column {
    /// A field of the customer.
    Customer(&'static FieldDescription),
    /// A field of an object of the customer.
    Object(&'static FieldDescription, &'static FieldDescription),
    /// A field of an entry of a list, counted from 0.
    Entry(&'static FieldDescription, usize, &'static FieldDescription),
    /// The key of the store that the row is of. It stands behind the others and is written by whoever knows it.
    Store,
    /// The value of an extra field, by its title, or by its key in the store that the table is of.
    ExtraField(String),
}

/// The fields of an object that have a cell, with those of objects in their place.
fn fields(object: &'static [FieldDescription]) -> Vec<&'static FieldDescription> {
    let mut found: Vec<_> = object
        .iter()
        .flat_map(|field| match (field.role, field.cell) {
            (Role::Flattened, Cell::Object(inner)) => fields(inner),
            _ => vec![field],
        })
        .filter(|field| !matches!(field.cell, Cell::None))
        .collect();
    found.sort_by_key(|field| match FIRST.iter().position(|&name| name == field.name) {
        Some(place) => place,
        None => FIRST.len() + usize::from(field.name == LAST),
    });
    found
}

fn field(object: &'static [FieldDescription], name: &str) -> Option<&'static FieldDescription> {
    fields(object).into_iter().find(|field| field.name == name)
}

impl Column {
    /// The column with this name.
    pub(super) fn named(name: &str) -> Result<Self, TableHeaderError> {
        match Self::find(name) {
            None => Err(TableHeaderError::Unknown { name: name.to_owned() }),
            Some(Self::Entry(FieldDescription { cell: Cell::List(_, maximum), .. }, number, _))
                if number >= *maximum as usize =>
            {
                Err(TableHeaderError::TooMany { name: name.to_owned() })
            }
            Some(column) => Ok(column),
        }
    }

    /// Whether customers are told apart by what it holds.
    pub(super) fn tells_customers_apart(&self) -> bool {
        matches!(self, Self::Customer(field) if IDENTITY.contains(&field.name))
    }

    fn find(name: &str) -> Option<Self> {
        if name == STORE_COLUMN {
            return Some(Self::Store);
        }
        if let Some(key) = name.strip_prefix(EXTRA_FIELDS) {
            let name = key.strip_prefix('[')?.strip_suffix(']')?;
            return ExtraFieldTitle::new(name).ok().map(|_| Self::ExtraField(name.to_owned()));
        }
        let Some((object, name)) = name.split_once('.') else {
            let field = field(CustomerWithContacts::FIELDS, name)?;
            return (!matches!(field.cell, Cell::Object(_) | Cell::List(..)))
                .then_some(Self::Customer(field));
        };
        let Some((list, number)) = object.strip_suffix(']').and_then(|entry| entry.split_once('[')) else {
            let object = field(CustomerWithContacts::FIELDS, object)?;
            let Cell::Object(inner) = object.cell else { return None };
            return field(inner, name).map(|field| Self::Object(object, field));
        };
        let list = field(CustomerWithContacts::FIELDS, list)?;
        let Cell::List(inner, _) = list.cell else { return None };
        // Only digits: what is parsed takes a sign too.
        let number = number.bytes().all(|digit| digit.is_ascii_digit()).then(|| number.parse().ok())??;
        field(inner, name).map(|field| Self::Entry(list, number, field))
    }

    /// The names of all columns but those of extra fields; `number` stands for the place in a list.
    pub(super) fn names(number: &str) -> Vec<String> {
        let mut names = Vec::new();
        for field in fields(CustomerWithContacts::FIELDS) {
            let name = field.name;
            match field.cell {
                Cell::Object(inner) => {
                    names.extend(fields(inner).iter().map(|inner| format!("{name}.{}", inner.name)));
                }
                Cell::List(inner, _) => {
                    names
                        .extend(fields(inner).iter().map(|inner| format!("{name}[{number}].{}", inner.name)));
                }
                _ => names.push(name.to_owned()),
            }
        }
        names
    }

    /// The field itself, whatever it is in; an extra field has none.
    pub(super) const fn field(&self) -> Option<&'static FieldDescription> {
        match self {
            Self::Customer(field) | Self::Object(_, field) | Self::Entry(_, _, field) => Some(field),
            Self::ExtraField(_) | Self::Store => None,
        }
    }

    /// What its values are.
    pub(super) fn kind(&self) -> FieldKind {
        let Some(field) = self.field() else { return FieldKind::Lines };
        match field.cell {
            Cell::Integer => FieldKind::Integer,
            Cell::Boolean => FieldKind::Boolean,
            Cell::Email => FieldKind::Email,
            Cell::Country => FieldKind::Country,
            Cell::Date => FieldKind::Date,
            Cell::Text | Cell::Object(_) | Cell::List(..) | Cell::None => match field.name {
                name if LINES.contains(&name) => FieldKind::Lines,
                name if name == PersonFields::PHONE.name => FieldKind::Phone,
                _ => FieldKind::Text,
            },
        }
    }

    /// Every column that is written: what follows from others is not.
    pub(super) fn all(contacts: usize, addresses: usize, extra_fields: &[ExtraFieldTitle]) -> Vec<Self> {
        let written = |object| fields(object).into_iter().filter(|field| !field.role.is_derived());
        let (mut columns, mut inner_columns) = (Vec::new(), Vec::new());
        let mut lists = Vec::new();
        for field in written(CustomerWithContacts::FIELDS) {
            match field.cell {
                Cell::Object(inner) => {
                    // A person who pays has the name of the customer.
                    let is_told = |inner: &&FieldDescription| {
                        field.name != CustomerFields::BILLING_PERSON.name
                            || inner.name != CustomerFields::NAME.name
                    };
                    inner_columns
                        .extend(written(inner).filter(is_told).map(|inner| Self::Object(field, inner)));
                }
                Cell::List(inner, _) => lists.push((field, inner)),
                Cell::Text
                | Cell::Integer
                | Cell::Boolean
                | Cell::Email
                | Cell::Country
                | Cell::Date
                | Cell::None => {
                    columns.push(Self::Customer(field));
                }
            }
        }
        columns.extend(extra_fields.iter().map(|title| Self::ExtraField(title.as_str().to_owned())));
        columns.append(&mut inner_columns);
        lists.sort_by_key(|(list, _)| list.name);
        for (list, inner) in lists {
            let entries = if list.name == CustomerFields::CONTACTS.name { contacts } else { addresses };
            for number in 0..entries {
                columns.extend(written(inner).map(|field| Self::Entry(list, number, field)));
            }
        }
        columns
    }
}

impl fmt::Display for Column {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Customer(field) => formatter.write_str(field.name),
            Self::Object(object, field) => write!(formatter, "{}.{}", object.name, field.name),
            Self::Entry(list, number, field) => write!(formatter, "{}[{number}].{}", list.name, field.name),
            Self::ExtraField(name) => write!(formatter, "{EXTRA_FIELDS}[{name}]"),
            Self::Store => formatter.write_str(STORE_COLUMN),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(name: &str) -> Result<String, TableHeaderError> {
        Column::named(name).map(|column| column.to_string())
    }

    #[test]
    fn the_columns_of_a_table_are_those_that_people_know() {
        insta::assert_snapshot!(
            Column::all(1, 1, &[]).iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        );
    }

    #[test]
    fn every_column_that_comes_first_is_a_field() {
        for name in FIRST {
            let found = Column::named(name).is_ok() || Column::named(&format!("contacts[0].{name}")).is_ok();
            assert!(found, "{name}");
        }
    }

    #[test]
    fn every_written_column_is_found_by_its_name() {
        let titles = [ExtraFieldTitle::new("Shoe size [cm]").unwrap()];
        let columns = Column::all(3, 2, &titles);
        assert!(columns.len() > 60, "{}", columns.len());
        for column in columns {
            assert_eq!(shown(&column.to_string()), Ok(column.to_string()));
        }
    }

    #[test]
    fn what_follows_from_others_may_be_there_and_is_not_written() {
        let written: Vec<_> = Column::all(1, 1, &[]).iter().map(ToString::to_string).collect();
        for name in
            ["billingPerson.name", "billingPerson.countryName", "shippingAddresses[0].addressFormatted"]
        {
            assert!(Column::named(name).is_ok() && !written.iter().any(|column| column == name), "{name}");
        }
    }

    #[test]
    fn a_name_that_is_none_is_refused() {
        for name in [
            "",
            "Email",
            "e-mail",
            "contacts",
            "contacts[0]",
            "contacts[].type",
            "contacts[+1].type",
            "contacts[x].type",
            "contacts[0].types",
            "extrafields",
            "extrafields[]",
            "billingPerson",
            "stats.",
            "id;email",
            "favorites",
        ] {
            assert_eq!(shown(name), Err(TableHeaderError::Unknown { name: name.to_owned() }), "{name}");
        }
        for name in ["contacts[500].type", "shippingAddresses[100].city"] {
            assert_eq!(shown(name), Err(TableHeaderError::TooMany { name: name.to_owned() }));
        }
        assert!(Column::named("contacts[499].type").is_ok());
    }
}
