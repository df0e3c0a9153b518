//! Every statement of the engine names its store, so that Citus sends it to one shard, and uses an index.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::new_engine;

/// Statements without a store, with the reason. The list may only shrink.
const WITHOUT_STORE: &[(&str, &str, &str)] = &[
    (
        "stores.rs",
        "SELECT count(*) FROM stores",
        "the list of stores is for the command line, and locks nothing",
    ),
    (
        "stores.rs",
        "SELECT name, suspended, created, store_key, profile, store_id FROM stores WHERE store_id > $1 AND store_id < $4 ORDER BY",
        "the list of stores is for the command line, and locks nothing",
    ),
    ("stores.rs", "SELECT max(store_id) FROM stores", "a new store's id, for the command line"),
    (
        "batches.rs",
        "SELECT min(store_id) FROM stores_with_old_keys",
        "to find the stores whose texts are compared anew, when a node starts",
    ),
    (
        "batches.rs",
        "SELECT min(store_id) FROM unfinished_batches",
        "few rows, to find the stores that have work",
    ),
    ("batches.rs", "SELECT min(store_id) FROM batches", "to find the stores that have batches to forget"),
    ("stores.rs", "SELECT pg_notify", "touches no table"),
    (
        "events.rs",
        "SELECT coalesce(sum(next_event_id - 1), 0)::bigint FROM counters",
        "for the metrics, twice a minute",
    ),
    (
        "webhooks.rs",
        "SELECT store_id FROM webhook_readers",
        "which stores have something to send, every two seconds: it locks nothing",
    ),
    ("tx.rs", "SELECT pg_advisory_xact_lock", "touches no table"),
    ("session.rs", "SELECT current_setting", "touches no table"),
    ("engine.rs", "SELECT current_setting", "touches no table"),
    (
        "migrations.rs",
        "SELECT",
        "what the tables are, when a node starts: refinery's own table, on the coordinator",
    ),
    ("citus.rs", "SELECT", "distributes the tables, by hand"),
    ("check.rs", "SELECT", "a check reads everything there is: that is what it is for, and it locks nothing"),
];

/// The files in a directory and in those below it.
fn files(directory: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// The statements that are made, and those in the sources: what stands in a literal that begins with a verb of SQL, unless
/// one is made of it.
fn statements() -> Vec<(String, String)> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let made = shopfolk_store_postgres::made_statements();
    let mut statements: Vec<_> = made.into_iter().map(|sql| ("made".to_owned(), sql)).collect();
    for path in files(&source) {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        for literal in text.split('"').skip(1).step_by(2) {
            let literal = literal.split_whitespace().collect::<Vec<_>>().join(" ");
            let verbs = [
                "SELECT ",
                "INSERT ",
                "UPDATE ",
                "DELETE ",
                "WITH ",
                "MERGE ",
                "TRUNCATE ",
                "ALTER ",
                "COPY ",
            ];
            if verbs.iter().any(|verb| literal.starts_with(verb)) && !literal.contains('{') {
                statements.push((name.clone(), literal));
            }
        }
    }
    statements
}

/// Whether a statement touches rows of one store alone, which its first parameter names.
fn names_the_store(sql: &str) -> bool {
    let condition = sql.contains("store_id = $1");
    let inserts = sql.starts_with("INSERT INTO ")
        && sql.split_once(" (").is_some_and(|(_, columns)| columns.starts_with("store_id,"))
        && (sql.contains("VALUES ($1,") || sql.contains("SELECT $1,"));
    condition || inserts
}

#[test]
fn every_statement_names_its_store_or_says_why_not() {
    let statements = statements();
    assert!(statements.len() > 30, "the statements were not found: {statements:#?}");
    let mut used = vec![false; WITHOUT_STORE.len()];
    for (file, sql) in &statements {
        if names_the_store(sql) {
            continue;
        }
        let exception = WITHOUT_STORE.iter().position(|&(of, start, _)| of == file && sql.starts_with(start));
        let exception = exception.unwrap_or_else(|| panic!("{file}: no condition on store_id: {sql}"));
        used[exception] = true;
    }
    let unused: Vec<_> = WITHOUT_STORE.iter().zip(used).filter(|(_, used)| !used).collect();
    assert!(unused.is_empty(), "exceptions that no statement needs any more: {unused:#?}");
}

#[test]
fn every_table_of_a_join_is_tied_to_the_store() {
    for (file, sql) in statements() {
        if names_the_store(&sql) && !sql.starts_with("INSERT") {
            let joins = sql.matches(" JOIN ").count();
            let ties = sql.matches(".store_id = ").count();
            assert!(joins == 0 || ties > joins, "{file}: a join that crosses stores: {sql}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_statement_that_names_its_store_uses_an_index() {
    let (_engine, database) = new_engine().await;
    for (file, sql) in statements() {
        if !names_the_store(&sql) || sql.starts_with("INSERT") {
            continue;
        }
        let parameters = (1..=40).filter(|number| sql.contains(&format!("${number}"))).count();
        let nulls = vec!["NULL"; parameters].join(", ");
        let plan = database.psql(&format!(
            "SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan; PREPARE statement AS {sql}; \
             EXPLAIN EXECUTE statement({nulls})"
        ));
        assert!(plan.contains("Index"), "{file}: {sql}\n{plan}");
        assert!(!plan.contains("Seq Scan"), "{file}: {sql}\n{plan}");
    }
}
