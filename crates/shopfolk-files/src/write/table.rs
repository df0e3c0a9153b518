//! Customers as a table: CSV by RFC 4180, as it is or for spreadsheets.

use std::io::{self, Write};

use csv::Terminator;
use shopfolk_api::{CustomerTable, STORE_COLUMN};
use shopfolk_model::StoreKey;
use shopfolk_operations::{CustomerExtent, CustomerWithContacts};

use super::spreadsheet::{BYTE_ORDER_MARK, MOST_COLUMNS, guarded, plain};

/// Writes customers as a table.
#[derive(Debug)]
pub(super) struct TableWriter<W: Write> {
    is_for_spreadsheets: bool,
    store: Option<StoreKey>,
    table: CustomerTable,
    rows: csv::Writer<W>,
}

impl<W: Write> TableWriter<W> {
    /// Begins a table.
    pub(super) fn new(is_for_spreadsheets: bool, store: Option<StoreKey>, mut out: W) -> io::Result<Self> {
        if is_for_spreadsheets {
            out.write_all(BYTE_ORDER_MARK)?;
        }
        let rows = csv::WriterBuilder::new().terminator(Terminator::CRLF).from_writer(out);
        let table = CustomerTable::of_extent(0, 0, &[]);
        Ok(Self { is_for_spreadsheets, store, table, rows })
    }

    /// Writes the header of a table that has room for so much. One for spreadsheets may have less: then a customer goes on in
    /// further rows.
    pub(super) fn header(&mut self, extent: &CustomerExtent) -> io::Result<()> {
        let CustomerExtent { contacts, addresses, extra_fields } = extent;
        // One column is that of the store.
        let most = if self.is_for_spreadsheets { MOST_COLUMNS - 1 } else { usize::MAX };
        let table = CustomerTable::of_extent_within(most, *contacts, *addresses, extra_fields);
        self.rows.write_record(table.header().chain([STORE_COLUMN.to_owned()]))?;
        self.table = table;
        Ok(())
    }

    /// Writes a customer.
    pub(super) fn write(&mut self, customer: &CustomerWithContacts) -> io::Result<()> {
        let written = self.table.written(customer);
        for row in 0..written.rows() {
            for cell in written.cells(row) {
                let cell = if self.is_for_spreadsheets { guarded(&cell) } else { plain(&cell) };
                self.rows.write_field(&*cell)?;
            }
            self.rows.write_field(self.store.as_ref().map_or("", StoreKey::as_str))?;
            // Ends the row.
            self.rows.write_record(None::<&[u8]>)?;
        }
        Ok(())
    }

    /// Gives back what was written to, once it has all of it.
    pub(super) fn end(self) -> io::Result<W> {
        self.rows.into_inner().map_err(csv::IntoInnerError::into_error)
    }
}
