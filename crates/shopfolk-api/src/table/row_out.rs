//! A customer as rows of a table: one, unless the table is too narrow for all contacts and addresses.

use std::borrow::Cow;

use serde_json::Value;
use shopfolk_operations::CustomerWithContacts;

use super::CustomerTable;
use super::column::{Column, EXTRA_FIELDS};
use crate::extra_field::ExtraFieldValueFields;
use crate::wire::Answer;

impl CustomerTable {
    /// The customer as this table has it.
    pub fn written(&self, customer: &CustomerWithContacts) -> WrittenCustomer<'_> {
        // What an answer says is always a value: its keys are texts.
        let customer = serde_json::to_value(Answer(customer)).unwrap_or_default();
        WrittenCustomer { table: self, customer }
    }
}

/// A customer in the rows of a table.
#[derive(Debug)]
pub struct WrittenCustomer<'a> {
    table: &'a CustomerTable,
    customer: Value,
}

impl WrittenCustomer<'_> {
    /// In how many rows it is: in more than one where it has more contacts or addresses than the table has columns for.
    pub fn rows(&self) -> usize {
        let rows = |(list, entries): &(&'static str, usize)| {
            let there = self.customer.get(list).and_then(Value::as_array).map_or(0, Vec::len);
            if *entries == 0 { 1 } else { there.div_ceil(*entries) }
        };
        self.table.entries.iter().map(rows).max().unwrap_or_default().max(1)
    }

    /// The cells of one of the rows in the order of the columns; empty where the customer has nothing there. Rows after the
    /// first say who it is and have the contacts and addresses for which there was no room before.
    pub fn cells(&self, row: usize) -> impl Iterator<Item = Cow<'_, str>> {
        self.table.columns.iter().map(move |column| match self.cell(row, column) {
            Some(Value::String(text)) => Cow::Borrowed(text.as_str()),
            None | Some(Value::Null) => Cow::Borrowed(""),
            Some(other) => Cow::Owned(other.to_string()),
        })
    }

    fn cell(&self, row: usize, column: &Column) -> Option<&Value> {
        match column {
            Column::Entry(list, number, field) => {
                let entries = self.table.entries.iter().find(|(name, _)| *name == list.name)?.1;
                self.customer.get(list.name)?.get(row * entries + number)?.get(field.name)
            }
            _ if row > 0 && !column.tells_customers_apart() => None,
            Column::Customer(field) => self.customer.get(field.name),
            Column::Object(object, field) => self.customer.get(object.name)?.get(field.name),
            Column::Store => None,
            Column::ExtraField(name) => {
                let values = self.customer.get(EXTRA_FIELDS)?.as_array()?;
                values
                    .iter()
                    .find(|value| value[ExtraFieldValueFields::TITLE.name] == name.as_str())?
                    .get(ExtraFieldValueFields::VALUE.name)
            }
        }
    }
}
