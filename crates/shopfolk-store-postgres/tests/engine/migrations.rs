//! Tables of a former release are brought up to date, one migration after the other, by one node at a time.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use shopfolk_store::{MigrationStep, PORTION};
use shopfolk_store_postgres::{PostgresEngine, PostgresSettings};
use shopfolk_test_postgres::TestDatabase;
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;
use tokio_postgres::NoTls;

use crate::support::{new_database, open, settings};

const MADE: &str = "SELECT max(version) FROM refinery_schema_history";

/// A database that release 0.1.0 has left.
fn former_database() -> TestDatabase {
    let database = new_database();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    database.run_file(&root.join("tests/databases/0.1.0/postgres.sql"));
    database
}

fn made(database: &TestDatabase) -> i32 {
    database.psql(MADE).trim().parse().unwrap()
}

/// The migrations that a database has not, by their version, as they are told of.
fn missing(database: &TestDatabase) -> BTreeMap<i32, MigrationStep> {
    let made = made(database);
    let files = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations")).unwrap();
    let names = files.map(|file| file.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned());
    let version = |name: &str| name[1..].split('_').next().unwrap().parse::<i32>().unwrap();
    let missing: BTreeMap<_, _> =
        names.map(|name| (version(&name), name)).filter(|(version, _)| *version > made).collect();
    let of = missing.len();
    let told = |(number, (version, migration))| (version, MigrationStep::Begins { migration, number, of });
    (1..).zip(missing).map(told).collect()
}

/// Opens the database in a task, and hears what is done.
fn start(settings: PostgresSettings) -> (JoinHandle<PostgresEngine>, UnboundedReceiver<MigrationStep>) {
    let (told, steps) = unbounded_channel();
    let observe = move |step| told.send(step).unwrap();
    (tokio::spawn(async move { PostgresEngine::open_observed(settings, observe).await.unwrap() }), steps)
}

/// The same, but it does not go on after its first step until it is told how: it goes on or panics.
fn start_and_hold(
    database: &TestDatabase,
    goes_on: Receiver<bool>,
) -> (JoinHandle<()>, UnboundedReceiver<MigrationStep>) {
    let (settings, (told, steps)) = (settings(&database.url()), unbounded_channel());
    let observe = move |step| {
        // Whoever waits for the first step may want no other.
        if told.send(step).is_ok() {
            tokio::task::block_in_place(|| assert!(goes_on.recv().unwrap_or(true), "the node is gone"));
        }
    };
    let opening =
        tokio::spawn(async move { drop(PostgresEngine::open_observed(settings, observe).await.unwrap()) });
    (opening, steps)
}

async fn all(mut steps: UnboundedReceiver<MigrationStep>) -> Vec<MigrationStep> {
    let mut all = Vec::new();
    while let Some(step) = steps.recv().await {
        all.push(step);
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_migration_is_told_of_when_it_begins_and_is_made_before_the_next_one() {
    let database = former_database();
    let mut missing = missing(&database);
    let (observed, mut made_before) = (database.clone(), Vec::new());
    let observe = |step| made_before.push((made(&observed), step));
    PostgresEngine::open_observed(settings(&database.url()), observe).await.unwrap();
    made_before.retain(|(_, step)| matches!(step, MigrationStep::Begins { .. }));
    assert!(missing.len() > 1, "{missing:?}");
    for (made, step) in made_before {
        assert_eq!(missing.pop_first(), Some((made + 1, step)));
    }
    assert!(missing.is_empty(), "{missing:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_told_of_new_tables_and_of_those_that_are_up_to_date() {
    let database = new_database();
    for _ in 0..2 {
        let (opening, steps) = start(settings(&database.url()));
        opening.await.unwrap();
        assert_eq!(all(steps).await, []);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_migration_that_fails_leaves_nothing_of_itself_and_all_of_those_before_it() {
    let database = former_database();
    // The last thing that V7 makes has this name.
    database.psql("CREATE TABLE events_by_place ()");
    let failed = PostgresEngine::open(settings(&database.url())).await.err().unwrap();
    assert!(failed.to_string().contains("bring the tables up to date"), "{failed}");
    assert_eq!(made(&database), 6);
    let columns = "SELECT table_name FROM information_schema.columns
                    WHERE (table_name, column_name) IN (('orders', 'folded'), ('events', 'actor'))";
    assert_eq!(database.psql(columns).trim(), "orders");

    database.psql("DROP TABLE events_by_place");
    let missing = missing(&database);
    let (opening, steps) = start(settings(&database.url()));
    opening.await.unwrap();
    let steps = all(steps).await;
    assert_eq!(steps[..missing.len()], missing.into_values().collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn folding_the_addresses_of_orders_is_told_of_portion_by_portion() {
    let database = former_database();
    let more = 2 * PORTION;
    database.psql(&format!(
        "INSERT INTO orders
         SELECT (jsonb_populate_record(orders, jsonb_build_object(
                    'order_number', 100000 + number, 'order_key', 'STRASSE' || number,
                    'email', number || '@Straße.example', 'email_key', number || '@straße.example'))).*
           FROM orders, generate_series(1, {more}) AS number
          WHERE store_id = 1003 AND order_number = 1"
    ));
    let to_fold = "SELECT count(*) FROM orders WHERE octet_length(email) > char_length(email)";
    let total: u64 = database.psql(to_fold).trim().parse().unwrap();
    let (opening, steps) = start(settings(&database.url()));
    opening.await.unwrap();
    let steps = all(steps).await;
    let done: Vec<_> = steps
        .into_iter()
        .filter_map(|step| match step {
            MigrationStep::Rows { done, total: told, .. } => Some((done, told)),
            _ => None,
        })
        .collect();
    let mut portions: Vec<_> = (0..total).step_by(PORTION).collect();
    portions.push(total);
    assert_eq!(done, portions.into_iter().map(|done| (done, total)).collect::<Vec<_>>());
    assert_eq!(database.psql(&format!("{to_fold} AND folded IS NULL")).trim(), "0");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_node_waits_for_another_that_changes_the_tables_and_says_so_once() {
    let database = former_database();
    let (go_on, goes_on) = channel();
    let (first, mut steps_of_first) = start_and_hold(&database, goes_on);
    assert!(matches!(steps_of_first.recv().await, Some(MigrationStep::Begins { number: 1, .. })));
    let (second, mut steps) = start(settings(&database.url()));
    assert_eq!(steps.recv().await, Some(MigrationStep::Waits));
    drop(go_on);
    first.await.unwrap();
    second.await.unwrap();
    assert_eq!(all(steps).await, [], "the first one has done it all");
    assert!(missing(&database).is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_node_that_waits_goes_on_when_the_other_one_is_gone() {
    let database = former_database();
    let missing = missing(&database);
    let (go_on, goes_on) = channel();
    let (first, mut steps_of_first) = start_and_hold(&database, goes_on);
    steps_of_first.recv().await.unwrap();
    let (second, mut steps) = start(settings(&database.url()));
    assert_eq!(steps.recv().await, Some(MigrationStep::Waits));
    go_on.send(false).unwrap();
    assert!(first.await.unwrap_err().is_panic());
    second.await.unwrap();
    assert_eq!(all(steps).await[..missing.len()], missing.into_values().collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_gives_up_the_statement_of_a_node_that_is_gone() {
    let database = former_database();
    let (other, connection) = tokio_postgres::connect(&database.url(), NoTls).await.unwrap();
    let _connected = tokio::spawn(connection);
    other.batch_execute("BEGIN; LOCK TABLE orders IN ACCESS SHARE MODE").await.unwrap();
    // Its connections end with its runtime, as with the process of a node.
    let node = Runtime::new().unwrap();
    let patient = PostgresSettings { lock_limit: Duration::from_hours(1), ..settings(&database.url()) };
    node.spawn(PostgresEngine::open(patient));
    let waiting = |count: &str| {
        let waiting = "SELECT count(*) FROM pg_stat_activity
                        WHERE datname = current_database() AND wait_event_type = 'Lock'";
        database.psql(waiting).trim() == count
    };
    while !waiting("1") {
        tokio::task::yield_now().await;
    }
    node.shutdown_background();
    while !waiting("0") {
        tokio::task::yield_now().await;
    }
    other.batch_execute("ROLLBACK").await.unwrap();
    open(&database.url()).await;
    assert!(missing(&database).is_empty());
}
