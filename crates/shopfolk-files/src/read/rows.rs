//! Customers in CSV: one a row, under a header that names the columns.

mod header;
mod mapped;

use std::io::{self, BufRead};
use std::sync::Arc;

use csv::{ByteRecord, ReaderBuilder, StringRecord};
use shopfolk_model::StoreKey;

use super::item::{Customers, Item, Problem, ReadRules};
use super::record::{Record, Records};
use crate::plan::TablePlan;

pub(crate) use header::Header;
pub use header::HeaderRowError;

/// The rows of a file.
pub(crate) struct Rows<R> {
    records: Records<R>,
    plan: Arc<TablePlan>,
    /// How many columns the header has.
    width: usize,
    rules: ReadRules,
    /// A row that was read ahead, to see whether it goes on with the one before.
    ahead: Option<(u64, Record, Vec<u8>)>,
}

impl<R: BufRead> Rows<R> {
    /// Those under a header.
    pub(crate) fn new(header: Header<R>, plan: Arc<TablePlan>, rules: ReadRules) -> Self {
        let Header { records, names } = header;
        Self { records, plan, width: names.len(), rules, ahead: None }
    }

    /// The next row that is not blank.
    fn next_row(&mut self) -> io::Result<Option<(u64, Record, Vec<u8>)>> {
        if let Some(row) = self.ahead.take() {
            return Ok(Some(row));
        }
        let delimiter = self.records.delimiter();
        let mut text = Vec::new();
        loop {
            let Some((line, record)) = self.records.next(&mut text)? else { return Ok(None) };
            if record.is_err() || !is_blank(&text, delimiter) {
                return Ok(Some((line, record, text)));
            }
        }
    }

    /// The cells of a row.
    fn cells(&self, text: &[u8]) -> io::Result<Result<StringRecord, Problem>> {
        let cells = cells(text, self.records.delimiter())?;
        let cells = match StringRecord::from_byte_record(cells) {
            Ok(cells) => cells,
            Err(error) => {
                let place = error.utf8_error().field();
                let column = self.plan.columns.get(place).map_or("?", |column| &column.name);
                let reason = "the text is not UTF-8; name its encoding, as in --encoding windows-1252";
                return Ok(Err(Problem::of_field(column, reason)));
            }
        };
        let beyond = cells.iter().skip(self.width).any(|cell| !cell.trim().is_empty());
        if beyond {
            let reason = format!("the row has {} cells, and the header {} columns", cells.len(), self.width);
            return Ok(Err(Problem::of_row(reason)));
        }
        Ok(Ok(cells))
    }

    /// Whether a row goes on with the customer of the row before: it does not name one, or it is of an export, and names the same.
    fn goes_on(&self, before: &StringRecord, cells: &StringRecord) -> bool {
        let is_empty = |&place: &usize| cells.get(place).is_none_or(|cell| cell.trim().is_empty());
        let continued = &self.plan.continued_without;
        if !continued.is_empty() && continued.iter().all(is_empty) {
            return true;
        }
        self.plan.store_and_id.is_some_and(|(store, id)| {
            !is_empty(&id) && [store, id].iter().all(|&place| cells.get(place) == before.get(place))
        })
    }

    /// Whether rows may go on with the customer of the row before.
    fn may_go_on(&self) -> bool {
        !self.plan.continued_without.is_empty() || self.plan.store_and_id.is_some()
    }

    /// Whether the ids in a row are left to be looked at.
    fn is_own(&self, cells: &StringRecord) -> bool {
        let store = self.plan.store_and_id.and_then(|(store, _)| cells.get(store));
        self.rules.is_own(store.and_then(|store| StoreKey::new(store.trim()).ok()))
    }

    /// The rows behind that go on with the same customer; their texts go to `text`.
    fn going_on(&mut self, rows: &mut Vec<StringRecord>, text: &mut Vec<u8>) -> io::Result<()> {
        while self.may_go_on() {
            let Some((line, record, own)) = self.next_row()? else { break };
            let cells = if record.is_ok() { self.cells(&own)?.ok() } else { None };
            let Some(cells) = cells.filter(|cells| self.goes_on(&rows[0], cells)) else {
                self.ahead = Some((line, record, own));
                break;
            };
            rows.push(cells);
            text.extend(own);
        }
        Ok(())
    }
}

impl<R: BufRead + Send + 'static> Customers for Rows<R> {
    fn next(&mut self, text: &mut Vec<u8>) -> io::Result<Option<Item>> {
        let Some((line, record, own)) = self.next_row()? else { return Ok(None) };
        text.extend(&own);
        let said = match record {
            Err(broken) => Err(vec![Problem::of_row(broken)]),
            Ok(()) => match self.cells(&own)? {
                Err(problem) => Err(vec![problem]),
                Ok(cells) => {
                    let mut rows = vec![cells];
                    self.going_on(&mut rows, text)?;
                    let filed = mapped::customer(&self.plan, &rows, &self.rules);
                    filed.map(|filed| filed.without_ids_unless(self.is_own(&rows[0])))
                }
            },
        };
        Ok(Some(Item::customer(line, said)))
    }
}

/// Whether a row has nothing in its cells.
fn is_blank(text: &[u8], delimiter: u8) -> bool {
    text.iter().all(|&byte| byte == delimiter || byte == b'"' || byte.is_ascii_whitespace())
}

/// The cells of a record.
pub(crate) fn cells(record: &[u8], delimiter: u8) -> io::Result<ByteRecord> {
    let mut cells = ByteRecord::new();
    if memchr::memchr(b'"', record).is_none() {
        let record = record.strip_suffix(b"\n").unwrap_or(record);
        let record = record.strip_suffix(b"\r").unwrap_or(record);
        cells.extend(record.split(|&byte| byte == delimiter));
        return Ok(cells);
    }
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .delimiter(delimiter)
        .buffer_capacity(record.len().max(1))
        .from_reader(record);
    reader.read_byte_record(&mut cells)?;
    Ok(cells)
}

#[cfg(test)]
mod tests;
