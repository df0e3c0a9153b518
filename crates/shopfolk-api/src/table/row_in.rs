//! A customer in a row.

use std::borrow::Cow;

use shopfolk_operations::ImportedCustomer;

use super::CustomerTable;
use super::column::{Column, EXTRA_FIELDS};
use crate::error::ApiError;
use crate::extra_field::ExtraFieldValueFields;
use crate::fields::Fields;
use crate::imported::read_imported_customer;
use crate::json::{JsonObject, JsonValue};
use crate::wire::{Cell, FieldDescription};

impl CustomerTable {
    /// Reads the customer in a row, of which each cell belongs to the column at its place.
    ///
    /// # Errors
    /// When a cell is wrong.
    pub fn read(&self, cells: &[&str]) -> Result<ImportedCustomer, ApiError> {
        let mut row = Row::default();
        for (column, cell) in self.columns.iter().zip(cells) {
            row.take(column, cell);
        }
        let customer = row.into_customer();
        read_imported_customer(&Fields::of_row(&customer))
    }
}

/// What the cells of a row say.
#[derive(Default)]
struct Row<'a> {
    customer: JsonObject<'a>,
    objects: Vec<(&'static str, JsonObject<'a>)>,
    lists: Vec<(&'static str, Vec<JsonObject<'a>>)>,
    extra_fields: Vec<JsonValue<'a>>,
}

impl<'a> Row<'a> {
    fn take(&mut self, column: &'a Column, cell: &'a str) {
        if cell.is_empty() {
            return;
        }
        match column {
            Column::Customer(field) => say(&mut self.customer, field, cell),
            Column::Object(object, field) => say(of_name(&mut self.objects, object.name), field, cell),
            Column::Entry(list, number, field) => {
                let entries = of_name(&mut self.lists, list.name);
                if entries.len() <= *number {
                    entries.resize(number + 1, JsonObject::default());
                }
                say(&mut entries[*number], field, cell);
            }
            Column::Store => {}
            Column::ExtraField(key) => {
                let mut value = JsonObject::default();
                let text = |text| JsonValue::Text(Cow::Borrowed(text));
                value.push(ExtraFieldValueFields::KEY.name, text(key.as_str()));
                value.push(ExtraFieldValueFields::VALUE.name, text(cell));
                self.extra_fields.push(JsonValue::Object(value));
            }
        }
    }

    /// The customer as it would stand in JSON, with gaps in its lists.
    fn into_customer(self) -> JsonObject<'a> {
        let mut customer = self.customer;
        for (name, object) in self.objects.into_iter().filter(|(_, object)| !object.is_empty()) {
            customer.push(name, JsonValue::Object(object));
        }
        if !self.extra_fields.is_empty() {
            customer.push(EXTRA_FIELDS, JsonValue::List(self.extra_fields));
        }
        for (name, entries) in self.lists {
            if entries.iter().any(|entry| !entry.is_empty()) {
                let entry = |entry: JsonObject<'a>| {
                    if entry.is_empty() { JsonValue::Null } else { JsonValue::Object(entry) }
                };
                customer.push(name, JsonValue::List(entries.into_iter().map(entry).collect()));
            }
        }
        customer
    }
}

/// What was said so far under a name.
fn of_name<'a, T: Default>(said: &'a mut Vec<(&'static str, T)>, name: &'static str) -> &'a mut T {
    let place = said.iter().position(|(other, _)| *other == name).unwrap_or_else(|| {
        said.push((name, T::default()));
        said.len() - 1
    });
    &mut said[place].1
}

fn say<'a>(object: &mut JsonObject<'a>, field: &FieldDescription, cell: &'a str) {
    if !field.role.is_read() {
        return;
    }
    let text = || JsonValue::Text(Cow::Borrowed(cell));
    // A cell that is not what its column wants stays a text, and is refused as one.
    let value = match field.cell {
        Cell::Integer => {
            cell.trim().parse::<i64>().map_or_else(|_| text(), |number| JsonValue::Number(number.into()))
        }
        Cell::Boolean => match cell.trim() {
            cell if cell.eq_ignore_ascii_case("true") => JsonValue::Boolean(true),
            cell if cell.eq_ignore_ascii_case("false") => JsonValue::Boolean(false),
            _ => text(),
        },
        Cell::Text | Cell::Object(_) | Cell::List(..) | Cell::None => text(),
    };
    object.push(field.name, value);
}

#[cfg(test)]
mod tests {
    use shopfolk_model::{ContactType, CustomerId, FieldChange};

    use super::*;

    fn read(columns: &str, cells: &[&str]) -> Result<ImportedCustomer, String> {
        let table = CustomerTable::with_header(columns.split(' ')).unwrap();
        table.read(cells).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn cells_are_read_as_their_columns_want_them() {
        let customer = read(
            "id email taxExempt acceptMarketing billingPerson.city extrafields[6r0fUGw] customerGroupName stats.salesValue",
            &["7", "a@example.com", "TRUE", "false", "Rome", "5", "whatever", "x"],
        )
        .unwrap();
        assert_eq!(customer.id, CustomerId::new(7).ok());
        let details = customer.details;
        assert_eq!((details.tax_exempt, details.accept_marketing), (Some(true), FieldChange::Set(false)));
        assert!(matches!(&details.billing.city, FieldChange::Set(city) if city.as_str() == "Rome"));
        assert_eq!(customer.extra_fields.len(), 1);
    }

    #[test]
    fn an_empty_cell_says_nothing() {
        let customer = read(
            "email name lang contacts[0].type contacts[0].contact shippingAddresses[0].city",
            &["a@example.com", "", "", "", "", ""],
        )
        .unwrap();
        assert_eq!(customer.name, FieldChange::Keep);
        assert_eq!((customer.contacts, customer.addresses), (None, None));
    }

    #[test]
    fn gaps_among_the_contacts_are_passed_over_and_a_wrong_cell_is_named_by_its_column() {
        let columns = "email contacts[0].type contacts[0].contact contacts[2].type contacts[2].contact contacts[2].default";
        let customer = read(columns, &["a@example.com", "", "", "PHONE", "+1", "true"]).unwrap();
        let contacts = customer.contacts.unwrap();
        let [contact] = &contacts[..] else { panic!("{contacts:?}") };
        assert_eq!((contact.address.contact_type(), contact.default), (ContactType::Phone, true));

        let wrong = |cells: &[&str]| read(columns, cells).unwrap_err();
        assert!(
            wrong(&["a@example.com", "", "", "FAX", "1", ""])
                .contains("'FAX' of parameter 'contacts[2].type'")
        );
        assert!(
            wrong(&["a@example.com", "", "", "PHONE", "1", "yes"])
                .contains("'yes' of parameter 'contacts[2].default'")
        );
        assert!(
            wrong(&["a@example.com", "PHONE", "", "", "", ""]).contains("'contacts[0].contact' is missing")
        );
    }
}
