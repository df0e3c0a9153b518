//! Customers in CSV: one a row, under a header that names the columns.

use std::io::{self, BufRead};

use csv::{ByteRecord, ReaderBuilder};
use shopfolk_api::{CustomerTable, TableHeaderError};
use shopfolk_operations::ImportedCustomer;

use super::batch::{Customers, Item};
use super::record::{BrokenRecord, Records};

/// Why a file is no table of customers.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// There is nothing in it.
    #[error("the file is empty: its first row must name the columns")]
    Empty,
    /// The first row is no row.
    #[error("line {line}, the header: {broken}")]
    Broken {
        /// The number of its line.
        line: u64,
        /// Why it is none.
        broken: BrokenRecord,
    },
    /// The first row names no columns of customers.
    #[error("line {line}, the header: {wrong}")]
    Header {
        /// The number of its line.
        line: u64,
        /// Why they are none.
        wrong: TableHeaderError,
    },
    /// It cannot be read.
    #[error(transparent)]
    Unreadable(#[from] io::Error),
}

/// The rows of a file.
pub struct Rows<R> {
    records: Records<R>,
    table: CustomerTable,
    columns: Vec<String>,
}

impl<R: BufRead> Rows<R> {
    /// Those of this text, whose header is read.
    ///
    /// # Errors
    /// When it cannot be read, or the header does not name columns of customers.
    pub fn new(input: R) -> Result<Self, TableError> {
        let mut records = Records::new(input);
        let Some((line, header)) = records.next()? else {
            return Err(TableError::Empty);
        };
        let header = header.map_err(|broken| TableError::Broken { line, broken })?;
        // A byte order mark is no part of the first name.
        let header = cells(header.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&header))?;
        let names: Vec<_> =
            header.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect();
        let table = CustomerTable::with_header(names.iter().map(String::as_str))
            .map_err(|wrong| TableError::Header { line, wrong })?;
        Ok(Self { records, table, columns: names })
    }

    fn customer(&self, record: &[u8]) -> io::Result<Result<ImportedCustomer, String>> {
        let cells = cells(record)?;
        if cells.len() != self.columns.len() {
            return Ok(Err(format!(
                "the row has {} cells, and the header {} columns",
                cells.len(),
                self.columns.len()
            )));
        }
        let mut texts = Vec::with_capacity(cells.len());
        for (cell, column) in cells.iter().zip(&self.columns) {
            match std::str::from_utf8(cell) {
                Ok(text) => texts.push(text),
                Err(_) => return Ok(Err(format!("the text in column '{column}' is not UTF-8"))),
            }
        }
        Ok(self.table.read(&texts).map_err(|error| error.message().to_owned()))
    }
}

impl<R: BufRead + Send + 'static> Customers for Rows<R> {
    fn next(&mut self) -> io::Result<Option<Item>> {
        loop {
            let Some((line, record)) = self.records.next()? else { return Ok(None) };
            let customer = match record {
                Ok(record) if record.trim_ascii().is_empty() => continue,
                Ok(record) => self.customer(&record)?,
                Err(broken) => Err(broken.to_string()),
            };
            return Ok(Some(Item { line, customer }));
        }
    }

    fn bytes(&self) -> u64 {
        self.records.bytes()
    }
}

/// The cells of a record.
fn cells(record: &[u8]) -> io::Result<ByteRecord> {
    let mut reader =
        ReaderBuilder::new().has_headers(false).buffer_capacity(record.len().max(1)).from_reader(record);
    let mut cells = ByteRecord::new();
    reader.read_byte_record(&mut cells)?;
    Ok(cells)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Vec<(u64, Option<String>)> {
        let mut rows = Rows::new(text.to_vec().leak() as &'static [u8]).unwrap();
        let mut read = Vec::new();
        while let Some(Item { line, customer }) = rows.next().unwrap() {
            read.push((line, customer.err()));
        }
        read
    }

    fn refused(header: &str) -> String {
        Rows::new(header.as_bytes()).err().unwrap().to_string()
    }

    #[test]
    fn rows_are_customers_or_told_with_their_line() {
        let read = read(
            b"\xEF\xBB\xBFemail,name,contacts[0].type,contacts[0].contact\r\na@example.com,\"A\nB\",,\r\n\r\n\
              b@example.com,B\r\nc@example.com,M\xFCller,,\r\nd@example.com,D,FAX,1\r\ne@example.com,\"E,PHONE,1",
        );
        let lines: Vec<_> = read.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [2, 5, 6, 7, 8]);
        let reasons: Vec<_> = read.iter().map(|(_, reason)| reason.as_deref().unwrap_or_default()).collect();
        assert_eq!(reasons[0], "");
        assert_eq!(reasons[1], "the row has 2 cells, and the header 4 columns");
        assert_eq!(reasons[2], "the text in column 'name' is not UTF-8");
        assert!(reasons[3].starts_with("Wrong value 'FAX' of parameter 'contacts[0].type'"), "{reasons:?}");
        assert_eq!(reasons[4], "a quoted cell that begins in this line is never closed");
    }

    #[test]
    fn a_header_that_is_none_is_refused() {
        assert!(refused("").contains("the file is empty"));
        assert!(
            refused("id;email\n")
                .starts_with("line 1, the header: column 'id;email' is none of a customer's")
        );
        assert!(refused("id,email,id\n").ends_with("there are two columns 'id'"));
        assert!(refused("name\n").contains("there must be a column id, externalReferenceId or email"));
        assert!(refused("id,\"email\n").contains("never closed"));
        assert!(refused("{\"email\":\"a@example.com\"}\n").contains("a quote in a cell"));
    }
}
