//! The tables of a file are the ones that are described, in both engines under the same versions and names.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use rusqlite::Connection;
use shopfolk_store::{ColumnType, Dialect, MigrationStep, TABLES, Table};
use shopfolk_store_sqlite::{SqliteEngine, SqliteSettings};
use tempfile::TempDir;

/// Whether there is always something in a column, which is asked of each but the ones that only this engine knows.
type Column = (String, &'static str, bool);

const fn name_of(column_type: ColumnType) -> &'static str {
    match column_type {
        ColumnType::BigInteger | ColumnType::Integer | ColumnType::SmallInteger | ColumnType::Boolean => {
            "INTEGER"
        }
        ColumnType::Text => "TEXT",
        ColumnType::Bytes => "BLOB",
    }
}

fn described(table: &Table) -> BTreeSet<Column> {
    let columns = table.columns_in(Dialect::Sqlite);
    let column = |column: &shopfolk_store::Column| {
        (column.name.to_owned(), name_of(column.column_type), !column.nullable)
    };
    columns.map(column).chain([("store_id".to_owned(), "INTEGER", true)]).collect()
}

fn there(database: &Connection, table: &Table) -> BTreeSet<Column> {
    let is_own = |name: &str| table.own_columns.contains(&(Dialect::Sqlite, name));
    let mut statement =
        database.prepare("SELECT name, type, \"notnull\" OR pk FROM pragma_table_info(?1)").unwrap();
    let mut rows = statement.query([table.name]).unwrap();
    let mut columns = BTreeSet::new();
    while let Some(row) = rows.next().unwrap() {
        let name: String = row.get(0).unwrap();
        let column_type: String = row.get(1).unwrap();
        let known = ["INTEGER", "TEXT", "BLOB"].into_iter().find(|known| *known == column_type);
        if !is_own(&name) {
            columns.insert((name, known.unwrap(), row.get(2).unwrap()));
        }
    }
    columns
}

#[test]
fn tables_have_the_columns_and_unique_indexes_that_are_described() {
    let directory = TempDir::new().unwrap();
    let settings = SqliteSettings::new(directory.path().join("shop.db"));
    let _engine = SqliteEngine::open(&settings).unwrap();
    let database = Connection::open(&settings.path).unwrap();
    for table in TABLES {
        assert_eq!(there(&database, table), described(table), "{}", table.name);
        for unique in table.unique {
            let columns = database
                .prepare("SELECT group_concat(name, ', ') FROM pragma_index_info(?1)")
                .unwrap()
                .query_one([unique.name], |row| row.get::<_, Option<String>>(0))
                .unwrap();
            let expected = format!("store_id, {}", unique.columns.join(", "));
            assert_eq!(columns.as_deref(), Some(&*expected), "{}", unique.name);
        }
    }
}

#[test]
fn both_engines_have_migrations_of_the_same_versions_and_names() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let names = |folder: &Path| {
        let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        names.collect::<BTreeSet<_>>()
    };
    assert_eq!(names(&here.join("migrations")), names(&here.join("../shopfolk-store-postgres/migrations")));
}

#[test]
fn a_migration_that_fails_leaves_nothing_of_itself_and_all_of_those_before_it() {
    let directory = TempDir::new().unwrap();
    let settings = SqliteSettings::new(directory.path().join("shop.db"));
    let database = Connection::open(&settings.path).unwrap();
    let former = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/databases/0.1.0/sqlite.sql");
    database.execute_batch(&fs::read_to_string(former).unwrap()).unwrap();
    let made = || {
        let made = "SELECT max(version) FROM refinery_schema_history";
        database.query_row(made, [], |row| row.get::<_, i32>(0)).unwrap()
    };
    // V7 adds a column of this name, after others.
    database.execute_batch("ALTER TABLE events ADD COLUMN state_before TEXT").unwrap();
    assert_eq!(made(), 5);
    assert!(SqliteEngine::open(&settings).is_err());
    assert_eq!(made(), 6);
    assert!(!database.column_exists(None, "events", "actor").unwrap());

    database.execute_batch("ALTER TABLE events DROP COLUMN state_before").unwrap();
    let mut told = Vec::new();
    SqliteEngine::open_observed(&settings, |step| told.push(step)).unwrap();
    let first = told.first();
    assert!(
        matches!(first, Some(MigrationStep::Begins { migration, number: 1, .. }) if migration.starts_with("V7__")),
        "{told:?}"
    );
}
