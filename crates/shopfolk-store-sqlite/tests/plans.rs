//! No statement of the engine reads a whole table, but those of `check` and the few that say why.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use shopfolk_store_sqlite::{KEPT_STATEMENTS, SqliteEngine, SqliteSettings};
use tempfile::TempDir;

/// The files in a directory and in those below it.
fn files(directory: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// The statements that are made, and those in the sources: what stands in a literal that begins with a verb of SQL, unless
/// one is made of it.
fn statements() -> Vec<(String, String)> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let made = shopfolk_store_sqlite::made_statements();
    let mut statements: Vec<_> = made.into_iter().map(|sql| ("made".to_owned(), sql)).collect();
    for path in files(&source) {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        // A check reads everything there is: that is what it is for. The folders above the sources do not matter: a
        // checkout may lie in one named "check".
        let within = path.strip_prefix(&source).unwrap();
        if name == "check.rs" || within.starts_with("check") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        for literal in text.split('"').skip(1).step_by(2) {
            let literal = literal.trim();
            if ["SELECT", "INSERT", "UPDATE", "DELETE"].iter().any(|verb| literal.starts_with(verb))
                && !literal.contains('{')
            {
                statements.push((name.clone(), literal.split_whitespace().collect::<Vec<_>>().join(" ")));
            }
        }
    }
    statements
}

/// Statements that may read a whole table, with the reason.
const MAY_SCAN: &[(&str, &str)] = &[
    ("SELECT sum(next_event_id - 1) FROM counters", "one row a store, for the metrics"),
    ("SELECT max(version) FROM refinery_schema_history", "one row a migration, when the database is opened"),
    ("SELECT count(*) FROM refinery_schema_history", "one row a migration, for a check"),
    (
        "SELECT store_id, count(*) FROM search_changed",
        "bounded, and read when the database is opened or another process wrote",
    ),
    (
        "SELECT store_id, sum(contacts) FROM search_added",
        "one row a commit, bounded, and read when the database is opened or another process wrote",
    ),
    (
        "SELECT recent.contact_id, recent.customer_id",
        "the recent contacts are bounded, and read when the database is opened or another process wrote",
    ),
];

/// Half as many again as are known here: some are made of pieces when they are needed.
#[test]
fn every_statement_is_kept() {
    let different: BTreeSet<_> = statements().into_iter().map(|(_, sql)| sql).collect();
    assert!(different.len() * 3 / 2 <= KEPT_STATEMENTS, "{} statements", different.len());
}

#[test]
fn every_statement_uses_an_index_and_names_the_store() {
    let directory = TempDir::new().unwrap();
    let settings = SqliteSettings::new(directory.path().join("shop.db"));
    let _engine = SqliteEngine::open(&settings).unwrap();
    let database = Connection::open(&settings.path).unwrap();
    let statements = statements();
    assert!(statements.len() > 25, "the statements were not found: {statements:#?}");
    let mut used = vec![false; MAY_SCAN.len()];
    for (file, sql) in statements {
        let mut plan = database.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        // Parameters that are not bound are null, which the plan does not depend on.
        let mut rows = plan.raw_query();
        let mut steps = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            steps.push(row.get::<_, String>(3).unwrap());
        }
        // A copy goes through a store in batches: each may look at its own rows alone.
        let whole_store = |step: &String| step.ends_with("(store_id=?)");
        assert!(file != "copy.rs" || !steps.iter().any(whole_store), "{file}: {sql}\n{steps:#?}");
        // What asks for nothing but whether there is a row looks at one row that is made up.
        let scans_table = |step: &String| step.starts_with("SCAN") && step != "SCAN CONSTANT ROW";
        let scans = steps.iter().any(|step| scans_table(step) || step.contains("TEMP B-TREE"));
        let exception = MAY_SCAN.iter().position(|(start, _reason)| sql.starts_with(start));
        if let Some(exception) = exception.filter(|_| scans || !sql.contains("store_id")) {
            used[exception] = true;
        } else {
            assert!(!scans, "{file}: {sql}\n{steps:#?}");
            assert!(sql.contains("store_id"), "{file}: {sql}");
        }
    }
    let unused: Vec<_> = MAY_SCAN.iter().zip(used).filter(|(_, used)| !used).collect();
    assert!(unused.is_empty(), "exceptions that no statement needs any more: {unused:#?}");
}
