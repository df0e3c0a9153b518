//! The tables: made by nodes that start at once, and the ones that are described.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use shopfolk_store::{Column, ColumnType, Dialect, TABLES, Table};

use crate::support::{new_database, new_engine, open};

const fn name_of(column_type: ColumnType) -> &'static str {
    match column_type {
        ColumnType::BigInteger => "bigint",
        ColumnType::Integer => "integer",
        ColumnType::SmallInteger => "smallint",
        ColumnType::Boolean => "boolean",
        ColumnType::Text => "text",
        ColumnType::Bytes => "bytea",
    }
}

/// The columns of a table as its description says: name, type, and whether there is always something.
fn described(table: &Table) -> BTreeSet<String> {
    let column = |column: &Column| {
        // An event has its place when it is first read.
        let nullable = column.nullable || (table.name, column.name) == ("events", "position");
        let nullable = if nullable { "YES" } else { "NO" };
        format!("{}|{}|{nullable}", column.name, name_of(column.column_type))
    };
    let store = "store_id|bigint|NO".to_owned();
    table.columns_in(Dialect::Postgres).map(column).chain([store]).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tables_have_the_columns_and_unique_indexes_that_are_described() {
    let (_engine, database) = new_engine().await;
    for table in TABLES {
        let there = database.psql(&format!(
            "SELECT column_name || '|' || data_type || '|' || is_nullable
               FROM information_schema.columns
              WHERE table_schema = 'public' AND table_name = '{}'",
            table.name
        ));
        let own = |line: &str| {
            let mut own = table.own_columns.iter().filter(|(dialect, _)| *dialect == Dialect::Postgres);
            own.any(|(_, name)| line.split('|').next() == Some(name))
        };
        let there: BTreeSet<String> =
            there.lines().map(|line| line.trim().to_owned()).filter(|line| !own(line)).collect();
        assert_eq!(there, described(table), "{}", table.name);
        let indexes = database.psql(&format!(
            "SELECT indexdef FROM pg_indexes WHERE tablename = '{}' AND indexdef LIKE 'CREATE UNIQUE INDEX %'",
            table.name
        ));
        for unique in table.unique {
            let columns = format!("(store_id, {})", unique.columns.join(", "));
            let index = indexes.lines().find(|index| index.contains(&columns));
            assert!(index.is_some(), "{}: no unique index {columns}: {indexes}", table.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn foreign_keys_are_those_that_follow_from_the_descriptions() {
    let (_engine, database) = new_engine().await;
    let there = database.psql(
        "SELECT conrelid::regclass || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
          WHERE contype = 'f' AND connamespace = 'public'::regnamespace",
    );
    let there: BTreeSet<String> = there.lines().map(str::to_owned).collect();
    let expected = shopfolk_store_postgres::foreign_keys();
    let expected: BTreeSet<String> = expected.iter().map(|(table, rule)| format!("{table} {rule}")).collect();
    assert_eq!(there, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_start_at_once_on_an_empty_database_make_the_tables_once() {
    let database = new_database();
    let url = database.url();
    let starts: Vec<_> = (0..4)
        .map(|_| {
            tokio::spawn({
                let url = url.clone();
                async move { open(&url).await }
            })
        })
        .collect();
    for start in starts {
        start.await.unwrap();
    }
    let migrations = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations")).unwrap().count();
    let made = database.psql("SELECT count(*) FROM refinery_schema_history");
    assert_eq!(made.trim(), migrations.to_string());
}
