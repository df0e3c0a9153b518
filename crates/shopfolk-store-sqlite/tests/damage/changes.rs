//! The damages: each changes, adds or removes one row.

use std::fmt;
use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

/// A kind of damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The next number.
    NextNumber,
    /// A number below zero.
    Negative,
    /// A number that no id and no time is.
    Huge,
    /// Nothing where something was.
    Nothing,
    /// Something where nothing was.
    Something,
    /// Another text.
    OtherText,
    /// An empty text.
    EmptyText,
    /// Bytes that are no text.
    BadText,
    /// Bytes without the last one.
    Truncated,
    /// Other bytes: the first, one in the middle and the last.
    FirstFlipped,
    MiddleFlipped,
    LastFlipped,
    /// The same row once more, with another value in this column of the key.
    Duplicated,
    /// The row is gone.
    Deleted,
    /// All rows are gone.
    Emptied,
}

/// One damage to one row.
#[derive(Debug, Clone)]
pub struct Damaging {
    pub table: String,
    /// The column; empty where the whole row is damaged.
    pub column: String,
    pub kind: Kind,
    rowid: Vec<(String, Value)>,
    value: Value,
}

impl fmt::Display for Damaging {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, column, kind, rowid, value } = self;
        let key: Vec<String> = rowid.iter().map(|(name, value)| format!("{name} {value:?}")).collect();
        write!(formatter, "{table}.{column} {kind:?} (row {}; {value:?})", key.join(", "))
    }
}

struct Column {
    name: String,
    declared: String,
    in_key: bool,
}

/// A connection that lets everything happen that SQLite itself lets happen.
fn open(path: &Path) -> Connection {
    let connection = Connection::open(path).unwrap();
    connection
        .execute_batch(
            "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON; PRAGMA synchronous = OFF",
        )
        .unwrap();
    connection
}

/// Every damage there is to a database.
pub fn every_damage(template: &Path) -> Vec<Damaging> {
    let connection = open(template);
    let tables =
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";
    let tables: Vec<String> = strings(&connection, tables);
    tables.iter().flat_map(|table| damages_of(&connection, table)).collect()
}

fn strings(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

fn columns_of(connection: &Connection, table: &str) -> Vec<Column> {
    let mut statement = connection.prepare("SELECT name, type, pk FROM pragma_table_info(?1)").unwrap();
    let column = |row: &rusqlite::Row<'_>| {
        Ok(Column { name: row.get(0)?, declared: row.get(1)?, in_key: row.get::<_, i64>(2)? > 0 })
    };
    statement.query_map([table], column).unwrap().map(Result::unwrap).collect()
}

/// The rows that are damaged: the first one, and the one with the most in it; of blocks, which are of many kinds, all.
fn rows_of(connection: &Connection, table: &str, columns: &[Column]) -> Vec<Vec<Value>> {
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let filled: Vec<String> = names.iter().map(|name| format!("({name} IS NOT NULL)")).collect();
    let select = format!("SELECT {} FROM {table}", names.join(", "));
    let limit = if table == "search_blocks" { i64::MAX } else { 1 };
    let mut rows: Vec<Vec<Value>> = Vec::new();
    for sql in
        [format!("{select} LIMIT {limit}"), format!("{select} ORDER BY {} DESC LIMIT 1", filled.join(" + "))]
    {
        let mut statement = connection.prepare(&sql).unwrap();
        let row = |row: &rusqlite::Row<'_>| (0..columns.len()).map(|place| row.get(place)).collect();
        for row in statement.query_map([], row).unwrap().map(Result::unwrap) {
            if !rows.contains(&row) {
                rows.push(row);
            }
        }
    }
    assert!(!rows.is_empty(), "{table} is empty");
    rows
}

fn damages_of(connection: &Connection, table: &str) -> Vec<Damaging> {
    let columns = columns_of(connection, table);
    let mut damages = Vec::new();
    for row in rows_of(connection, table, &columns) {
        let key = columns.iter().zip(&row).filter(|(column, _)| column.in_key);
        let rowid: Vec<(String, Value)> =
            key.map(|(column, value)| (column.name.clone(), value.clone())).collect();
        let mut add = |column: &str, kind, value| {
            let (table, column) = (table.to_owned(), column.to_owned());
            damages.push(Damaging { table, column, kind, rowid: rowid.clone(), value });
        };
        for (column, value) in columns.iter().zip(&row) {
            for (kind, value) in other_values(value, &column.declared) {
                add(&column.name, kind, value);
            }
            if column.in_key {
                let other = match value {
                    Value::Integer(number) => Value::Integer(number + 1_000),
                    Value::Text(text) => Value::Text(format!("{text}x")),
                    Value::Blob(bytes) => Value::Blob(bytes.iter().map(|byte| byte ^ 1).collect()),
                    other => panic!("{other:?} in a key"),
                };
                add(&column.name, Kind::Duplicated, other);
            }
        }
        add("", Kind::Deleted, Value::Null);
    }
    let emptied = (Vec::new(), Value::Null);
    damages.push(Damaging {
        table: table.to_owned(),
        column: String::new(),
        kind: Kind::Emptied,
        rowid: emptied.0,
        value: emptied.1,
    });
    damages
}

/// What may stand in the place of a value.
fn other_values(value: &Value, declared: &str) -> Vec<(Kind, Value)> {
    let flipped = |bytes: &[u8], place: usize| {
        let mut bytes = bytes.to_vec();
        bytes[place] ^= 0x40;
        Value::Blob(bytes)
    };
    let mut others = match value {
        Value::Integer(number) => vec![
            (Kind::NextNumber, Value::Integer(number.saturating_add(1))),
            (Kind::Negative, Value::Integer(-1)),
            (Kind::Huge, Value::Integer(1 << 62)),
        ],
        Value::Text(text) => vec![
            (Kind::OtherText, Value::Text(format!("{text}x"))),
            (Kind::EmptyText, Value::Text(String::new())),
            (Kind::BadText, Value::Blob([text.as_bytes(), b"\xff"].concat())),
        ],
        Value::Blob(bytes) if !bytes.is_empty() => vec![
            (Kind::Truncated, Value::Blob(bytes[..bytes.len() - 1].to_vec())),
            (Kind::FirstFlipped, flipped(bytes, 0)),
            (Kind::MiddleFlipped, flipped(bytes, bytes.len() / 2)),
            (Kind::LastFlipped, flipped(bytes, bytes.len() - 1)),
        ],
        Value::Blob(_) => vec![(Kind::Something, Value::Blob(vec![7]))],
        Value::Null | Value::Real(_) => vec![],
    };
    others.push(match (value, declared) {
        (Value::Null, "INTEGER") => (Kind::Something, Value::Integer(1)),
        (Value::Null, "TEXT") => (Kind::Something, Value::Text("x".to_owned())),
        (Value::Null, _) => (Kind::Something, Value::Blob(vec![7])),
        _ => (Kind::Nothing, Value::Null),
    });
    others
}

impl Damaging {
    /// Does it, and says whether SQLite let it happen.
    pub fn apply(&self, path: &Path) -> bool {
        let connection = open(path);
        let Self { table, column, kind, rowid, value } = self;
        let condition: Vec<String> =
            rowid.iter().enumerate().map(|(place, (name, _))| format!("{name} IS ?{}", place + 2)).collect();
        let condition = condition.join(" AND ");
        let sql = match kind {
            Kind::Emptied => format!("DELETE FROM {table} WHERE ?1 IS NULL"),
            Kind::Deleted => format!("DELETE FROM {table} WHERE ?1 IS NULL AND {condition}"),
            Kind::BadText => format!("UPDATE {table} SET {column} = CAST(?1 AS TEXT) WHERE {condition}"),
            Kind::Duplicated => {
                let names: Vec<String> =
                    columns_of(&connection, table).into_iter().map(|column| column.name).collect();
                let values: Vec<&str> =
                    names.iter().map(|name| if name == column { "?1" } else { name.as_str() }).collect();
                format!(
                    "INSERT INTO {table} ({}) SELECT {} FROM {table} WHERE {condition}",
                    names.join(", "),
                    values.join(", ")
                )
            }
            _ => format!("UPDATE {table} SET {column} = ?1 WHERE {condition}"),
        };
        let parameters = std::iter::once(value).chain(rowid.iter().map(|(_, value)| value));
        match connection.execute(&sql, params_from_iter(parameters)) {
            Ok(changed) => {
                assert!(changed > 0, "{self} changes nothing");
                true
            }
            Err(rusqlite::Error::SqliteFailure(..)) => false,
            Err(error) => panic!("{self}: {error}"),
        }
    }

    /// Whether searches themselves cannot answer until they are rebuilt.
    pub fn is_of_searches(&self) -> bool {
        self.table == "search_blocks" || self.table == "search_added"
    }

    /// Whether other customers are still there.
    pub fn leaves_others(&self) -> bool {
        self.table != "customers" || self.kind != Kind::Emptied
    }
}
