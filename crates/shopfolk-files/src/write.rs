//! Writing what a store has to files: as lines of JSON, as tables, as tables for spreadsheets, and as vCards.
//!
//! What is written says which store it is of: [`StoreMark`] and [`shopfolk_api::STORE_COLUMN`] are what a reader goes by.

mod card;
mod card_line;
mod spreadsheet;
mod store_mark;
mod table;

use std::io::{self, Write};

use shopfolk_api::{write_customer, write_extra_field, write_group, write_order};
use shopfolk_model::StoreKey;
use shopfolk_operations::Exported;

pub use card::CardVersion;
pub use store_mark::{StoreMark, StoreMarkError};

use card::CardWriter;
use table::TableWriter;

/// How a store is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WrittenFormat {
    /// A customer a line, in JSON as the API shows it.
    Ndjson,
    /// The same between the groups and extra fields of the store and its orders, a line each, an object whose one field is
    /// named by the kind: `customerGroup`, `extraField`, `order`.
    WholeNdjson,
    /// A table with a header row, a customer a row.
    Csv,
    /// The same for spreadsheets, which take texts for formulas and numbers, and have room for so many columns.
    Spreadsheet,
    /// A card for each customer, with the contacts and addresses.
    Cards(CardVersion),
}

impl WrittenFormat {
    /// Whether the customers have to be measured before the first of them is written.
    pub const fn is_measured(self) -> bool {
        matches!(self, Self::Csv | Self::Spreadsheet)
    }

    /// Whether it has more than customers.
    pub const fn is_whole(self) -> bool {
        matches!(self, Self::WholeNdjson)
    }
}

/// Writes what an export hands over.
#[derive(Debug)]
pub struct StoreWriter<W: Write>(Form<W>);

#[derive(Debug)]
enum Form<W: Write> {
    Lines(W),
    Rows(Box<TableWriter<W>>),
    Cards(CardWriter, W),
}

impl<W: Write> StoreWriter<W> {
    /// Begins to write the store with this key, if it has one.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn new(format: WrittenFormat, store: Option<StoreKey>, mut out: W) -> io::Result<Self> {
        Ok(Self(match format {
            WrittenFormat::Ndjson | WrittenFormat::WholeNdjson => {
                let mark = StoreMark { store, whole: format.is_whole() };
                out.write_all(mark.to_line().as_bytes())?;
                Form::Lines(out)
            }
            WrittenFormat::Csv => Form::Rows(Box::new(TableWriter::new(false, store, out)?)),
            WrittenFormat::Spreadsheet => Form::Rows(Box::new(TableWriter::new(true, store, out)?)),
            WrittenFormat::Cards(version) => Form::Cards(CardWriter::new(version, store), out),
        }))
    }

    /// Writes a part of it, as far as the format has it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&mut self, part: &Exported) -> io::Result<()> {
        match (&mut self.0, part) {
            (Form::Rows(rows), Exported::Extent(extent)) => rows.header(extent),
            (Form::Lines(out), Exported::Definitions(groups, fields)) => {
                groups.iter().try_for_each(|group| write_group(group, out))?;
                fields.iter().try_for_each(|field| write_extra_field(field, out))
            }
            (Form::Lines(out), Exported::Orders(orders)) => {
                orders.iter().try_for_each(|order| write_order(order, out))
            }
            (Form::Lines(out), Exported::Customers(customers)) => {
                for customer in customers {
                    write_customer(customer, out)?;
                    out.write_all(b"\n")?;
                }
                Ok(())
            }
            (Form::Rows(rows), Exported::Customers(customers)) => {
                customers.iter().try_for_each(|customer| rows.write(customer))
            }
            (Form::Cards(cards, out), Exported::Customers(customers)) => {
                customers.iter().try_for_each(|customer| out.write_all(cards.card(customer)))
            }
            (
                _,
                Exported::Extent(_) | Exported::Definitions(..) | Exported::Orders(_) | Exported::Damaged(_),
            ) => Ok(()),
        }
    }

    /// Gives back what was written to, once it has all of it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn end(self) -> io::Result<W> {
        match self.0 {
            Form::Lines(out) | Form::Cards(_, out) => Ok(out),
            Form::Rows(rows) => rows.end(),
        }
    }
}
