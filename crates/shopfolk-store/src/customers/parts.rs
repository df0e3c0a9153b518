//! What hangs on a customer and is read with it, said once: reading, writing and copying follow. The contacts, which are many,
//! are read and written on their own.

use shopfolk_model::Customer;

use super::StoredDetails;
use crate::{Damage, Dialect, Record, Row, StoredExtraFieldValue, StoredStatistics, Table, Value};

/// A record that hangs on a customer.
trait CustomerPart: Record {
    /// Those of a customer.
    fn all_of(customer: &Customer) -> impl Iterator<Item = Self>;

    /// Makes it the customer's.
    fn give_to(self, customer: &mut Customer);
}

/// What is done with the rows of a table that hang on customers.
pub(super) struct Part {
    /// The table.
    pub table: &'static Table,
    /// The rows of a customer, as this database keeps them.
    pub rows: fn(&Customer, Dialect) -> Vec<Vec<Value<'static>>>,
    /// Reads a row, and gives it to the customer, where that one can be read.
    pub take: fn(Row<'_>, Option<&mut Customer>) -> Result<(), Damage>,
}

/// Every table that hangs on customers, but for the contacts.
pub(super) const PARTS: &[Part] =
    &[part::<StoredDetails>(), part::<StoredExtraFieldValue>(), part::<StoredStatistics>()];

const fn part<P: CustomerPart>() -> Part {
    Part { table: P::TABLE, rows: rows::<P>, take: take::<P> }
}

fn rows<P: CustomerPart>(customer: &Customer, dialect: Dialect) -> Vec<Vec<Value<'static>>> {
    P::all_of(customer).map(|part| owned(&part, dialect)).collect()
}

fn take<P: CustomerPart>(row: Row<'_>, customer: Option<&mut Customer>) -> Result<(), Damage> {
    let part: P = row.decode()?;
    if let Some(customer) = customer {
        part.give_to(customer);
    }
    Ok(())
}

/// A row that owns what is in it.
pub(super) fn owned<R: Record>(record: &R, dialect: Dialect) -> Vec<Value<'static>> {
    record.encode(dialect).into_iter().map(Value::into_owned).collect()
}

impl CustomerPart for StoredDetails {
    fn all_of(customer: &Customer) -> impl Iterator<Item = Self> {
        let Customer { id, details, addresses, .. } = customer;
        let known = details.external_reference.is_some() || details.are_known(addresses);
        let stored = || Self { customer: *id, details: details.clone(), addresses: addresses.clone() };
        known.then(stored).into_iter()
    }

    fn give_to(self, customer: &mut Customer) {
        (customer.details, customer.addresses) = (self.details, self.addresses);
    }
}

impl CustomerPart for StoredExtraFieldValue {
    fn all_of(customer: &Customer) -> impl Iterator<Item = Self> {
        let values = customer.extra_fields.iter();
        values.map(|(&field, value)| Self { customer: customer.id, field, value: value.clone() })
    }

    fn give_to(self, customer: &mut Customer) {
        customer.extra_fields.insert(self.field, self.value);
    }
}

impl CustomerPart for StoredStatistics {
    fn all_of(customer: &Customer) -> impl Iterator<Item = Self> {
        Self::of(customer.id, &customer.orders).into_iter()
    }

    fn give_to(self, customer: &mut Customer) {
        customer.orders = self.statistics();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{CustomerRow, StoredContact};

    #[test]
    fn what_hangs_on_a_customer_is_read_with_it_or_is_a_contact() {
        let parts = PARTS.iter().map(|part| part.table).chain([StoredContact::TABLE]);
        let parts: BTreeSet<_> = parts.map(|table| table.name).collect();
        assert_eq!(parts, CustomerRow::TABLE.hanging().map(|table| table.name).collect());
    }
}
