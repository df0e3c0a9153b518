//! A customer as a row.

use serde_json::Value;
use shopfolk_operations::CustomerWithContacts;

use super::CustomerTable;
use super::column::{Column, EXTRA_FIELDS};
use crate::extra_field::ExtraFieldValueFields;
use crate::wire::Answer;

impl CustomerTable {
    /// Hands over the cells of a customer's row, one by one in the order of the columns; empty where the customer has
    /// nothing there.
    ///
    /// # Errors
    /// Those of `take`.
    pub fn write<E>(
        &self,
        customer: &CustomerWithContacts,
        mut take: impl FnMut(&str) -> Result<(), E>,
    ) -> Result<(), E> {
        // What an answer says is always a value: its keys are texts.
        let customer = serde_json::to_value(Answer(customer)).unwrap_or_default();
        for column in &self.columns {
            match cell(column, &customer) {
                Some(Value::String(text)) => take(text)?,
                None | Some(Value::Null) => take("")?,
                Some(other) => take(&other.to_string())?,
            }
        }
        Ok(())
    }
}

fn cell<'a>(column: &Column, customer: &'a Value) -> Option<&'a Value> {
    match column {
        Column::Customer(field) => customer.get(field.name),
        Column::Object(object, field) => customer.get(object.name)?.get(field.name),
        Column::Entry(list, number, field) => customer.get(list.name)?.get(number)?.get(field.name),
        Column::ExtraField(key) => {
            let values = customer.get(EXTRA_FIELDS)?.as_array()?;
            values
                .iter()
                .find(|value| value[ExtraFieldValueFields::KEY.name] == key.as_str())?
                .get(ExtraFieldValueFields::VALUE.name)
        }
    }
}
