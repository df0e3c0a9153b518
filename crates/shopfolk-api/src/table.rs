//! Customers as the rows of a table, such as a CSV file.
//!
//! A column is named by the path of its field in the JSON of `GET /customers/{id}`: `email`, `billingPerson.city`,
//! `contacts[0].type`, `shippingAddresses[1].street`. The values of extra fields are in `extrafields[KEY]`. A table may have
//! any of these columns, in any order. An empty cell says nothing; contacts and addresses of which no cell says anything are
//! not there.

mod column;
mod row_in;
mod row_out;

use std::collections::HashSet;

use column::Column;
pub use row_out::WrittenCustomer;
use shopfolk_model::{ExtraFieldKey, MAXIMUM_ADDRESSES, MAXIMUM_CONTACTS};

use crate::customer::CustomerFields;

/// The columns of a table of customers.
#[derive(Debug)]
pub struct CustomerTable {
    columns: Vec<Column>,
    /// The lists, and for how many entries of each there are columns.
    entries: Vec<(&'static str, usize)>,
}

/// The column that says of a row which store it is of.
pub const STORE_COLUMN: &str = "shopfolkStore";

/// By what a row says which customer it is.
const IDENTITY: [&str; 3] = ["id", "externalReferenceId", "email"];

/// Why the first row of a table does not name the columns of customers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableHeaderError {
    /// A customer has no such field.
    #[error(
        "column '{name}' is none of a customer's: columns are named like email, billingPerson.city, contacts[0].type, \
         shippingAddresses[0].street and extrafields[KEY], and separated by commas"
    )]
    Unknown {
        /// The name.
        name: String,
    },
    /// Two columns have the same name.
    #[error("there are two columns '{name}'")]
    Twice {
        /// The name.
        name: String,
    },
    /// A number is too high.
    #[error("column '{name}' is beyond what a customer can have: contacts[0] to contacts[{}] and shippingAddresses[0] to \
             shippingAddresses[{}]", MAXIMUM_CONTACTS - 1, MAXIMUM_ADDRESSES - 1)]
    TooMany {
        /// The name.
        name: String,
    },
    /// Nothing in the table says which customer a row is.
    #[error("there must be a column id, externalReferenceId or email, by which customers are told apart")]
    Nobody,
}

impl CustomerTable {
    /// The table whose first row this is.
    ///
    /// # Errors
    /// When a name is unknown or there twice, or no column says which customer a row is.
    pub fn with_header<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, TableHeaderError> {
        let mut columns = Vec::new();
        let mut seen = HashSet::new();
        for name in names {
            let name = name.trim();
            if !seen.insert(name) {
                return Err(TableHeaderError::Twice { name: name.to_owned() });
            }
            columns.push(Column::named(name)?);
        }
        if !IDENTITY.iter().any(|name| seen.contains(name)) {
            return Err(TableHeaderError::Nobody);
        }
        Ok(Self { columns, entries: Vec::new() })
    }

    /// The table for customers with at most so many contacts and addresses, in a store with these extra fields.
    pub fn of_extent(contacts: usize, addresses: usize, extra_fields: &[ExtraFieldKey]) -> Self {
        let entries =
            vec![(CustomerFields::CONTACTS.name, contacts), (CustomerFields::ADDRESSES.name, addresses)];
        Self { columns: Column::all(contacts, addresses, extra_fields), entries }
    }

    /// The same with at most so many columns: where there is not room for all contacts and addresses, a customer who has more
    /// goes on in further rows.
    pub fn of_extent_within(
        most: usize,
        contacts: usize,
        addresses: usize,
        extra_fields: &[ExtraFieldKey],
    ) -> Self {
        let columns = |contacts, addresses| Column::all(contacts, addresses, extra_fields).len();
        let alone = columns(0, 0);
        let (contact, address) = (columns(1, 0) - alone, columns(0, 1) - alone);
        let room = most.saturating_sub(alone);
        // Each list has half of the room at least, and what the other one leaves.
        let for_contacts = (room / 2).max(room.saturating_sub(addresses * address));
        let contacts = contacts.min((for_contacts / contact).max(1));
        let addresses = addresses.min((room.saturating_sub(contacts * contact) / address).max(1));
        Self::of_extent(contacts, addresses, extra_fields)
    }

    /// The names of the columns, in their order.
    pub fn header(&self) -> impl Iterator<Item = String> {
        self.columns.iter().map(ToString::to_string)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_must_tell_customers_apart_and_name_each_column_once() {
        let header =
            |names: &str| CustomerTable::with_header(names.split(',')).map(|table| table.header().count());
        assert_eq!(header("email, name"), Ok(2));
        assert_eq!(header("name,lang"), Err(TableHeaderError::Nobody));
        assert_eq!(header("id,email,id"), Err(TableHeaderError::Twice { name: "id".to_owned() }));
        assert_eq!(header("id,mail"), Err(TableHeaderError::Unknown { name: "mail".to_owned() }));
    }

    #[test]
    fn a_narrow_table_has_room_for_every_field_and_some_of_each_list() {
        let keys = vec![ExtraFieldKey::new("6r0fUGw").unwrap(); 100];
        for (contacts, addresses) in [(500, 100), (500, 0), (0, 100), (500, 1), (1, 100), (500, 7)] {
            let table = CustomerTable::of_extent_within(1_000, contacts, addresses, &keys);
            let header: Vec<_> = table.header().collect();
            assert!((900..=1_000).contains(&header.len()), "{contacts} {addresses}: {}", header.len());
            let has = |name: &str| header.iter().any(|column| column == name);
            assert_eq!(
                (has("contacts[0].type"), has("shippingAddresses[0].city")),
                (contacts > 0, addresses > 0)
            );
        }
        let table = CustomerTable::of_extent_within(1_000, 5, 3, &keys);
        assert_eq!(table.header().count(), CustomerTable::of_extent(5, 3, &keys).header().count());
    }

    #[test]
    fn the_header_that_is_written_can_be_read() {
        let keys = [ExtraFieldKey::new("6r0fUGw").unwrap()];
        let written: Vec<_> = CustomerTable::of_extent(2, 1, &keys).header().collect();
        let read = CustomerTable::with_header(written.iter().map(String::as_str)).unwrap();
        assert_eq!(read.header().collect::<Vec<_>>(), written);
    }
}
