//! The description of a table. Everything that any table needs follows from it: row operations, counters, copies, the
//! part of a check that knows no rule, and the list of distributed tables. `docs/schema.md` lists the tables.

use shopfolk_model::EventType;

use crate::{ColumnType, ContactsPart, IdKind};

/// Which database keeps a row. Tables are the same in both but for what one of them needs besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// The embedded one.
    Sqlite,
    /// The one for many nodes.
    Postgres,
}

/// What a column is to its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// With the store's id and the other columns of this role it is the primary key.
    Key,
    /// It is what is known.
    Value,
    /// It follows from the others.
    Derived,
    /// It sums up rows of another table, and is changed with these.
    Summary,
}

/// A column.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub column_type: ColumnType,
    /// Whether it can hold nothing.
    pub nullable: bool,
    /// What it is to the row.
    pub role: Role,
    /// The only database that has it; `None` where both have.
    pub only: Option<Dialect>,
}

impl Column {
    /// Whether a database has the column.
    pub const fn is_in(&self, dialect: Dialect) -> bool {
        match self.only {
            None => true,
            Some(only) => only as u8 == dialect as u8,
        }
    }
}

/// A unique index, which begins with the store's id.
#[derive(Debug, Clone, Copy)]
pub struct Unique {
    /// The name of the index.
    pub name: &'static str,
    /// Its columns, the store's id left out.
    pub columns: &'static [&'static str],
    /// The rows that are in it; `None` where all are.
    pub only: Option<OnlyRows>,
}

/// Which rows are in a unique index that not all are in.
#[derive(Debug, Clone, Copy)]
pub enum OnlyRows {
    /// Those that have something in this column.
    With(&'static str),
    /// Those in which this column is true.
    Where(&'static str),
}

impl OnlyRows {
    /// The condition as the database has it in its index.
    pub fn condition(self, dialect: Dialect) -> String {
        match (self, dialect) {
            (Self::With(column), _) => format!("{column} IS NOT NULL"),
            (Self::Where(column), Dialect::Sqlite) => format!("{column} = 1"),
            (Self::Where(column), Dialect::Postgres) => column.to_owned(),
        }
    }
}

/// A table whose rows go when the one goes that they hang on.
#[derive(Debug, Clone, Copy)]
pub struct Owner {
    /// The table of that row, whose key is one id.
    pub table: &'static str,
    /// The column with the id.
    pub column: &'static str,
}

/// A column that names a row of another table, or none.
#[derive(Debug, Clone, Copy)]
pub struct Reference {
    /// The column.
    pub column: &'static str,
    /// The table, whose key is one id.
    pub table: &'static str,
    /// What stands there when it names none, besides nothing.
    pub none: Option<i64>,
}

/// What a writer locks before it reads a row, so that the row stays as it was read until the writer's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// Nothing.
    None,
    /// The row, which is that of a customer.
    Customer,
    /// All rows of the table, also those that are not there yet, under this word. Tables with the same word are locked
    /// together. Nodes of different releases run at the same time and have to lock the same, so a word never changes.
    Table(&'static str),
}

/// The events that speak of the rows of a table.
#[derive(Debug, Clone, Copy)]
pub struct Lifecycle {
    /// A row came to be.
    pub created: EventType,
    /// A row, or what is its own, changed.
    pub changed: &'static [EventType],
    /// A row is gone.
    pub deleted: EventType,
}

/// A table.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// What people call a row.
    pub what: &'static str,
    /// Its columns, the store's id left out: those of the key first.
    pub columns: &'static [Column],
    /// What an engine keeps in columns of its own: the database and the name.
    pub own_columns: &'static [(Dialect, &'static str)],
    /// The kind of the ids that the store gives to its rows, and their column.
    pub ids: Option<(IdKind, &'static str)>,
    /// What its rows hang on.
    pub owner: Option<Owner>,
    /// Which rows of others they name.
    pub references: &'static [Reference],
    /// What must be there once in a store besides the key.
    pub unique: &'static [Unique],
    /// What a writer locks.
    pub guard: Guard,
    /// The events that speak of its rows.
    pub lifecycle: Option<Lifecycle>,
    /// The most rows of a store.
    pub maximum: Option<u32>,
    /// A column with a JSON object that can be long.
    pub document: Option<&'static str>,
}

impl Table {
    /// A table that says nothing but its names and columns; the others are set where they matter.
    pub const fn of(name: &'static str, what: &'static str, columns: &'static [Column]) -> Self {
        Self {
            name,
            what,
            columns,
            own_columns: &[],
            ids: None,
            owner: None,
            references: &[],
            unique: &[],
            guard: Guard::None,
            lifecycle: None,
            maximum: None,
            document: None,
        }
    }

    /// The columns that a database has.
    pub fn columns_in(&self, dialect: Dialect) -> impl Iterator<Item = &'static Column> + Clone {
        self.columns.iter().filter(move |column| column.is_in(dialect))
    }

    /// The columns that are read: those that follow from others are not.
    pub fn columns_read(&self) -> impl Iterator<Item = &'static Column> + Clone {
        self.columns.iter().filter(|column| column.role != Role::Derived)
    }

    /// The columns of the key, the store's id left out.
    pub fn key(&self) -> impl Iterator<Item = &'static Column> + Clone {
        self.columns.iter().filter(|column| column.role == Role::Key)
    }

    /// Whether its rows are measured: those that hang on others, and those that others hang on.
    pub fn is_measured(&'static self) -> bool {
        self.owner.is_some() || self.hanging().next().is_some()
    }

    /// The columns that are read, with an empty object in the place of the document.
    pub fn columns_without_document(&self) -> impl Iterator<Item = String> {
        self.columns_read().map(|column| {
            if self.document == Some(column.name) {
                format!("CAST('{{}}' AS text) AS {}", column.name)
            } else {
                column.name.to_owned()
            }
        })
    }

    /// About how many bytes a row takes, in SQL: its texts, and what there is beside them.
    pub fn size_of_row(&self) -> String {
        let texts = self
            .columns_read()
            .filter(|column| matches!(column.column_type, ColumnType::Text | ColumnType::Bytes));
        let size = |column: &Column| format!(" + coalesce(octet_length({}), 0)", column.name);
        format!("{}{}", ContactsPart::BESIDE, texts.map(size).collect::<String>())
    }

    /// The place of a column among those that a database has.
    pub fn place_in(&self, dialect: Dialect, name: &str) -> Option<usize> {
        self.columns_in(dialect).position(|column| column.name == name)
    }

    /// The unique index of this name.
    pub fn unique_named(&self, name: &str) -> Option<&'static Unique> {
        self.unique.iter().find(|unique| unique.name == name)
    }
}
