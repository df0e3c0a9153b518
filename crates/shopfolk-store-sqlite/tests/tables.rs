//! The tables of a file are the ones that are described, in both engines under the same versions and names.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use rusqlite::Connection;
use shopfolk_operations::conformance::{STORE, contacts, create_customer, create_group, named, phone, shop};
use shopfolk_operations::{SearchCustomerIds, renew_text_keys};
use shopfolk_store::{ColumnType, Dialect, Engine, Invariant, MigrationStep, TABLES, Table};
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

/// A database as the release before left it: keys in lower case, and two contacts that it took for different ones, of which
/// one lies among the recent ones.
#[tokio::test]
async fn keys_of_the_release_before_are_made_anew_and_nothing_is_lost() {
    let directory = TempDir::new().unwrap();
    let settings = SqliteSettings::new(directory.path().join("shop.db"));
    let engine = SqliteEngine::open(&settings).unwrap();
    let anna = shop(&engine).await;
    let other = create_customer(&engine, "b@munchen.de").await;
    create_group(&engine, named("Cafe")).await.unwrap();
    for number in ["+49 176", "2"] {
        shopfolk_operations::conformance::create(&engine, anna, phone(number)).await;
    }
    engine.close().await.unwrap();
    let database = Connection::open(&settings.path).unwrap();
    let before = "UPDATE customers SET email = 'b@münchen.de', email_key = 'b@münchen.de', name = 'Müller' WHERE customer_id = 2;
                  UPDATE customer_groups SET name = 'Café', name_key = 'café';
                  INSERT INTO recent_contacts (store_id, contact_id, customer_id, contact_type, contact, handle, note,
                                               is_default, order_by, timestamp, customer_updated)
                  SELECT store_id, contact_id, customer_id, contact_type, '＋４９ 176', handle, note, is_default, order_by,
                         timestamp, 2
                    FROM contacts WHERE contact_key = '2';
                  UPDATE customers SET contact_count = 2, highest_order_by = 1, settled_through = (SELECT contact_id - 1 FROM contacts WHERE contact_key = '2')
                   WHERE customer_id = 1;
                  DELETE FROM contacts WHERE contact_key = '2';
                  INSERT INTO stores_with_old_keys VALUES (1003);";
    database.execute_batch(before).unwrap();

    let engine = SqliteEngine::open(&settings).unwrap();
    let mut told = Vec::new();
    renew_text_keys(&engine, |step| told.push(step)).await.unwrap();
    assert!(matches!(told.last(), Some(MigrationStep::Rows { done: 2, total: 2, .. })), "{told:?}");
    told.clear();
    renew_text_keys(&engine, |step| told.push(step)).await.unwrap();
    assert_eq!(told, [], "it is done");
    let texts: Vec<_> =
        contacts(&engine, anna).await.iter().map(|one| one.address.contact().to_string()).collect();
    assert_eq!(texts, ["anna@example.com", "+49 176", "＋４９ 176"]);
    for (search, who) in [("muller", other), ("xn--", other)] {
        let search = match search {
            "xn--" => shopfolk_model::CustomerSearch {
                email: Some(shopfolk_model::EmailFilter::Exactly(
                    shopfolk_model::EmailAddress::new("B@xn--mnchen-3ya.de").ok(),
                )),
                ..shopfolk_model::CustomerSearch::default()
            },
            name => shopfolk_model::CustomerSearch {
                name: shopfolk_model::SearchText::optional(name).unwrap(),
                ..shopfolk_model::CustomerSearch::default()
            },
        };
        let found = engine.read(STORE, SearchCustomerIds { search, sort: None }).await.unwrap();
        assert_eq!(found, [who]);
    }
    create_group(&engine, named("CAFE\u{301}")).await.unwrap_err();
    let (told, violations) = std::sync::mpsc::channel();
    engine.check(move |violation| told.send(violation).unwrap()).await.unwrap();
    let violations: Vec<_> = violations.iter().collect();
    let is_namesake = matches!(&violations[..], [one] if one.invariant == Invariant::NoEqualContacts);
    assert!(is_namesake, "{violations:#?}");
    engine.close().await.unwrap();
}
