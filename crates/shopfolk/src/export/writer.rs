//! Customers, written one after the other.

use std::io::{self, Write};

use csv::Terminator;
use shopfolk_api::{CustomerTable, write_customer};
use shopfolk_operations::{CustomerExtent, CustomerWithContacts};

use super::cards::write_card;
use crate::format::Written;

/// Writes customers in a format.
pub(super) enum CustomerWriter<W: Write> {
    Lines(W),
    Rows(Box<csv::Writer<W>>, CustomerTable),
    Cards(W),
}

impl<W: Write> CustomerWriter<W> {
    /// Begins to write.
    pub(super) fn new(format: Written, out: W) -> Self {
        match format {
            Written::Ndjson => Self::Lines(out),
            Written::Vcard => Self::Cards(out),
            Written::Csv => {
                let rows = csv::WriterBuilder::new().terminator(Terminator::CRLF).from_writer(out);
                Self::Rows(Box::new(rows), CustomerTable::of_extent(0, 0, &[]))
            }
        }
    }

    /// Takes how much the customers have at the most, before the first of them, and writes the header of a table.
    pub(super) fn measured(&mut self, extent: &CustomerExtent) -> io::Result<()> {
        if let Self::Rows(rows, table) = self {
            let CustomerExtent { contacts, addresses, extra_fields } = extent;
            *table = CustomerTable::of_extent(*contacts, *addresses, extra_fields);
            rows.write_record(table.header())?;
        }
        Ok(())
    }

    /// Writes a customer.
    pub(super) fn write(&mut self, customer: &CustomerWithContacts) -> io::Result<()> {
        match self {
            Self::Lines(out) => {
                write_customer(customer, out)?;
                out.write_all(b"\n")
            }
            Self::Cards(out) => write_card(customer, out),
            Self::Rows(rows, table) => {
                table.write(customer, |cell| rows.write_field(cell))?;
                // Ends the row.
                Ok(rows.write_record(None::<&[u8]>)?)
            }
        }
    }

    /// Gives back what was written to, once it has all of it.
    pub(super) fn end(self) -> io::Result<W> {
        match self {
            Self::Lines(out) | Self::Cards(out) => Ok(out),
            Self::Rows(rows, _) => rows.into_inner().map_err(csv::IntoInnerError::into_error),
        }
    }
}
