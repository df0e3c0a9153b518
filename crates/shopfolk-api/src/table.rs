//! Customers as the rows of a table, such as a CSV file.
//!
//! A column is named by the path of its field in the JSON of `GET /customers/{id}`: `email`, `billingPerson.city`,
//! `contacts[0].type`, `shippingAddresses[1].street`. The values of extra fields are in `extrafields[TITLE]`, or by the key of
//! the field. A table may have any of these columns, in any order.

mod column;
mod field;
mod row_in;
mod row_out;

use column::Column;
pub use column::FieldKind;
pub use field::CustomerField;
pub use row_in::{Said, SaidContact, SaidCustomer};
pub use row_out::WrittenCustomer;
use shopfolk_model::{ExtraFieldTitle, MAXIMUM_ADDRESSES, MAXIMUM_CONTACTS};

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

/// Why a name is none of a field of customers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableHeaderError {
    /// A customer has no such field.
    #[error(
        "column '{name}' is none of a customer's: columns are named like email, billingPerson.city, contacts[0].type, \
         shippingAddresses[0].street and extrafields[TITLE]"
    )]
    Unknown {
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
}

impl CustomerTable {
    /// The table for customers with at most so many contacts and addresses, in a store with these extra fields.
    pub fn of_extent(contacts: usize, addresses: usize, extra_fields: &[ExtraFieldTitle]) -> Self {
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
        extra_fields: &[ExtraFieldTitle],
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
    fn a_narrow_table_has_room_for_every_field_and_some_of_each_list() {
        let titles = vec![ExtraFieldTitle::new("Shoe size").unwrap(); 100];
        for (contacts, addresses) in [(500, 100), (500, 0), (0, 100), (500, 1), (1, 100), (500, 7)] {
            let table = CustomerTable::of_extent_within(1_000, contacts, addresses, &titles);
            let header: Vec<_> = table.header().collect();
            assert!((900..=1_000).contains(&header.len()), "{contacts} {addresses}: {}", header.len());
            let has = |name: &str| header.iter().any(|column| column == name);
            assert_eq!(
                (has("contacts[0].type"), has("shippingAddresses[0].city")),
                (contacts > 0, addresses > 0)
            );
        }
        let table = CustomerTable::of_extent_within(1_000, 5, 3, &titles);
        assert_eq!(table.header().count(), CustomerTable::of_extent(5, 3, &titles).header().count());
    }

    #[test]
    fn the_header_that_is_written_can_be_read() {
        let titles = [ExtraFieldTitle::new("Shoe size").unwrap()];
        for name in CustomerTable::of_extent(2, 1, &titles).header() {
            assert_eq!(CustomerField::named(&name).unwrap().to_string(), name);
        }
    }
}
