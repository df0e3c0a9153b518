//! The tables: made by nodes that start at once, and the same as those of the other engine but for what is told here.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::support::{new_database, open};

/// What only one of the engines has, with the reason.
const DIFFERENCES: &[(&str, &str)] = &[
    (
        "sqlite counters.next_event_sequence",
        "PostgreSQL gives events ids from blocks, SQLite a number without a gap",
    ),
    ("sqlite events.sequence", "the same"),
    ("postgres counters.next_event_id", "the same"),
    ("postgres events.event_id", "the same"),
    (
        "postgres events.recorded",
        "ids from blocks of several nodes tell no order, the time of recording does",
    ),
    (
        "sqlite counters.customer_count",
        "PostgreSQL counts in parts, so that writers do not wait for each other",
    ),
    ("postgres customer_counts", "the same"),
    ("sqlite customers.settled_through", "SQLite alone puts new contacts aside first"),
    ("sqlite recent_contacts", "the same"),
    ("sqlite search_blocks", "SQLite packs what searches look at, PostgreSQL has an index for it"),
    ("sqlite search_added", "the same"),
    ("sqlite search_changed", "the same"),
    ("postgres customer_search", "the same"),
];

type Tables = BTreeMap<String, BTreeSet<String>>;

/// The tables and columns that a migration makes, read from its text.
fn tables_of(migrations: &Path) -> Tables {
    let mut tables = Tables::new();
    for entry in fs::read_dir(migrations).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        for statement in text.split("CREATE TABLE ").skip(1) {
            let (name, rest) = statement.split_once(" (").unwrap();
            let (body, _) = rest.split_once("\n)").unwrap();
            let columns = body.lines().map(str::trim).filter_map(|line| line.split_whitespace().next());
            let columns = columns
                .filter(|word| word.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_'));
            tables.insert(name.to_owned(), columns.map(str::to_owned).collect());
        }
    }
    tables
}

fn missing(here: &Tables, there: &Tables, engine: &str) -> Vec<String> {
    let mut missing = Vec::new();
    for (table, columns) in here {
        match there.get(table) {
            None => missing.push(format!("{engine} {table}")),
            Some(others) => {
                missing.extend(columns.difference(others).map(|column| format!("{engine} {table}.{column}")));
            }
        }
    }
    missing
}

#[test]
fn both_engines_have_the_same_tables_and_columns_but_for_what_is_told() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (postgres, sqlite) = (here.join("migrations"), here.join("../shopfolk-store-sqlite/migrations"));
    let names = |folder: &Path| {
        let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        names.collect::<BTreeSet<_>>()
    };
    assert_eq!(names(&postgres), names(&sqlite), "the same versions and names");
    let (postgres, sqlite) = (tables_of(&postgres), tables_of(&sqlite));
    assert!(postgres.len() >= 7 && sqlite.len() >= 7, "{postgres:?} {sqlite:?}");
    let mut found = missing(&postgres, &sqlite, "postgres");
    found.extend(missing(&sqlite, &postgres, "sqlite"));
    let told: BTreeSet<_> = DIFFERENCES.iter().map(|&(difference, _)| difference.to_owned()).collect();
    assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), told);
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
