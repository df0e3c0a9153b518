//! Verifying the promises on the rows of a database, in one snapshot and with flat memory.

mod questions;
mod recent;

use futures_util::FutureExt;
use rusqlite::Connection;
use shopfolk_model::StoreId;
use shopfolk_store::{
    CheckSource, Columns, Dialect, Invariant, Role, StoreError, Table, Violation, check_rows, check_tables,
};

use crate::connection::doing;
use crate::migrations;
use crate::recent_rows::StoredRecentContact;
use crate::search::check_searches;
use crate::sql_values::SqlColumns;
use questions::own_questions;
use recent::check_recent_contacts;

/// The tables of a file.
struct Source<'a>(&'a mut Connection);

impl CheckSource for Source<'_> {
    const DIALECT: Dialect = Dialect::Sqlite;
    const CONTACTS: &'static str = "all_contacts";

    async fn rows(
        &mut self,
        table: &'static Table,
        take: &mut (dyn FnMut(i64, &dyn Columns) + Send),
    ) -> Result<(), StoreError> {
        let checking = doing("check the rows of a table");
        let columns: Vec<&str> =
            table.columns_in(Dialect::Sqlite).map(|column| column.name).chain(["store_id"]).collect();
        let key: Vec<&str> = std::iter::once("store_id")
            .chain(table.columns.iter().filter(|column| column.role == Role::Key).map(|column| column.name))
            .collect();
        let sql = format!("SELECT {} FROM {} ORDER BY {}", columns.join(", "), table.name, key.join(", "));
        let mut statement = self.0.prepare(&sql).map_err(&checking)?;
        let mut rows = statement.query([]).map_err(&checking)?;
        while let Some(row) = rows.next().map_err(&checking)? {
            let store = row.get(columns.len() - 1).map_err(&checking)?;
            take(store, &SqlColumns(row));
        }
        Ok(())
    }

    async fn ask(&mut self, sql: &str, take: &mut (dyn FnMut(i64, String) + Send)) -> Result<(), StoreError> {
        let checking = doing("check the database");
        let mut statement = self.0.prepare(sql).map_err(&checking)?;
        let mut rows = statement.query([]).map_err(&checking)?;
        while let Some(row) = rows.next().map_err(&checking)? {
            take(row.get(0).map_err(&checking)?, row.get(1).map_err(&checking)?);
        }
        Ok(())
    }
}

/// Asks everything there is to ask, and hands each violation to `report`.
pub(crate) fn check_database(
    connection: &mut Connection,
    mut report: impl FnMut(Violation) + Send,
) -> Result<(), StoreError> {
    let checking = doing("check the database");
    // What has to be sorted goes to a file: a check does not need more memory for a larger database.
    connection.execute_batch("PRAGMA temp_store = FILE; BEGIN").map_err(&checking)?;
    check_file(connection, &mut report)?;
    // Nothing in this engine waits for anything else.
    check_rows_and_questions(&mut Source(connection), &mut report).now_or_never().transpose()?;
    check_recent_contacts(connection, &mut report)?;
    check_searches(connection, &mut report)?;
    connection.execute_batch("ROLLBACK").map_err(&checking)
}

async fn check_rows_and_questions(
    source: &mut Source<'_>,
    report: &mut (impl FnMut(Violation) + Send),
) -> Result<(), StoreError> {
    check_tables(source, report).await?;
    check_rows::<StoredRecentContact, _>(source, report).await?;
    for (invariant, sql) in own_questions() {
        let mut found =
            |store, found| report(Violation { invariant, store: StoreId::new(store).ok(), found });
        source.ask(&sql, &mut found).await?;
    }
    Ok(())
}

/// Asks SQLite whether its own structures are whole.
fn check_file(connection: &Connection, report: &mut impl FnMut(Violation)) -> Result<(), StoreError> {
    let checking = doing("check the database file");
    let mut statement = connection.prepare("PRAGMA integrity_check(100)").map_err(&checking)?;
    let mut rows = statement.query([]).map_err(&checking)?;
    while let Some(row) = rows.next().map_err(&checking)? {
        let found: String = row.get(0).map_err(&checking)?;
        if found != "ok" {
            report(Violation { invariant: Invariant::FileSound, store: None, found });
        }
    }
    if !migrations::are_recorded(connection)? {
        let found = "what refinery_schema_history says of its tables is not how they were made".to_owned();
        report(Violation { invariant: Invariant::FileSound, store: None, found });
    }
    Ok(())
}
