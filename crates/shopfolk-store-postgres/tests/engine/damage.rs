//! Damage to any column of any table is found by a check, or it is said why nothing can know of it; and no list fails.
//!
//! Tables and columns are read from the database, so that a new one is covered by itself.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use shopfolk_model::{GroupFilter, OrderSearch, SearchText};
use shopfolk_operations::conformance::{
    FREE_COLUMNS, STORE, assert_every_promise_holds, full_shop, whole_customers,
};
use shopfolk_operations::{
    ListCustomerFilters, ListExtraFields, ListGroups, ListProducts, SearchOrders, WantedOfOrders,
};
use shopfolk_store::{Engine, PageRequest, Violation};
use shopfolk_store_postgres::PostgresEngine;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

use crate::support::new_engine;

/// What nothing can know of: the table, the column, the kinds of damage, and why.
type Harmless = (&'static str, &'static str, &'static [&'static str], &'static str);

const ANOTHER_VALUE: &[&str] = &["next", "other", "something", "nothing"];

const OF_THIS_ENGINE: &[Harmless] = &[
    ("apps", "secret", &["flipped"], "what is sealed is known to the holder of the key alone"),
    ("apps", "scopes", &["empty"], "an app may ask for nothing"),
    ("installations", "scopes", &["empty"], "an app may have been granted nothing"),
    ("authorization_codes", "hash", &["flipped"], "a hash is like any other: it is of no code"),
    ("owner_sessions", "hash", &["flipped"], "a hash is like any other: it is of no session"),
    ("tokens", "hash", &["flipped"], "a hash is like any other: it opens the store to nobody"),
    ("tokens", "scopes", &["empty"], "a token may have no scope"),
    ("counters", "next_event_id", &["next"], "ids may be passed over"),
    ("customer_counts", "part", &["next", "negative", "huge"], "the sum is the same in any part"),
    ("customer_extra_fields", "shown_on_order_details", &["other"], "a field may be shown or not"),
    ("customer_extra_field_values", "customer_id", &["next"], "another customer may have the value"),
    ("customers", "registered", &["next"], "a customer may have been registered at any time"),
    ("contacts", "contact_type", &["next"], "a contact may be of any type for which its key is right"),
    ("contacts", "is_default", &["other"], "a customer may have no default contact of a type"),
    ("order_products", "name", &["empty"], "a product may have no name"),
    ("batch_answers", "request_number", &["next"], "another request may have been answered"),
    ("batch_requests", "name", &["empty"], "a request may be called nothing"),
    ("batch_requests", "path", &["empty"], "a request may be of any path"),
    ("batch_requests", "body", &["empty"], "a request may have any body"),
    ("unfinished_batches", "claimed_by", &["negative", "huge"], "a server draws any number"),
    (
        "events",
        "recorded",
        &["next", "negative", "huge"],
        "events that were recorded late or early are read so",
    ),
    ("events", "state_before", &["nothing"], "there may have been nothing"),
    ("events", "position", &["something"], "somebody may have read the first event"),
    ("webhook_readers", "listening", &["other"], "events may be read though no app is let in"),
    ("webhook_readers", "holder", &["huge"], "any node may bring the deliveries"),
    ("webhook_readers", "beat", &["huge"], "a node may have raised it to any number"),
    ("webhook_deliveries", "entity_id", &["negative", "huge"], "anything may have been asked for"),
    ("webhook_deliveries", "place", &["negative", "huge"], "anything may have been asked for"),
    ("webhook_deliveries", "customer_email", &["empty"], "anything may have been asked for"),
    ("webhook_attempts", "entity_id", &["negative", "huge"], "anything may have been asked for"),
    ("webhook_attempts", "attempt_id", &["next"], "ids may be passed over"),
    ("webhook_deliveries", "tries", &["huge"], "a delivery may have been tried any number of times"),
    ("refinery_schema_history", "applied_on", &["nothing", "other", "empty"], "that matters to nobody"),
];

/// Columns that the database has, with their types, but for those that it computes itself.
const COLUMNS: &str = "SELECT columns.table_name, column_name, data_type
                         FROM information_schema.columns
                         JOIN information_schema.tables USING (table_schema, table_name)
                        WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND is_generated = 'NEVER'
                        ORDER BY columns.table_name, ordinal_position";

/// Other values of a column, each with its kind.
fn other_values(column: &str, data_type: &str, old: &str) -> Vec<(&'static str, String)> {
    let is_null = old == "NULL";
    let huge = match data_type {
        "bigint" => "4611686018427387904",
        "integer" => "2147483647",
        _ => "32767",
    };
    let own = |values: &[(&'static str, &str)]| -> Vec<(&'static str, String)> {
        values.iter().map(|(kind, value)| (*kind, (*value).to_owned())).collect()
    };
    let something = |value| own(&[("something", value)]);
    let mut values = match (data_type, is_null) {
        ("bigint" | "integer" | "smallint", true) => something("1"),
        ("boolean", true) => something("true"),
        ("text", true) => something("'x'"),
        ("bigint" | "integer" | "smallint", false) => {
            vec![("next", format!("{column} + 1")), ("negative", "-1".to_owned()), ("huge", huge.to_owned())]
        }
        ("boolean", false) => vec![("other", format!("NOT {column}"))],
        ("text", false) => vec![("other", format!("{column} || 'x'")), ("empty", "''".to_owned())],
        ("bytea", false) => vec![
            ("truncated", format!("substring({column} FROM 2)")),
            ("flipped", format!("set_byte({column}, 0, get_byte({column}, 0) # 64)")),
        ],
        ("ARRAY", false) => vec![("other", "'{x}'".to_owned())],
        _ => Vec::new(),
    };
    values.retain(|(_, value)| value != old);
    if !is_null {
        values.push(("nothing", "NULL".to_owned()));
    }
    values
}

async fn rows(client: &Client, sql: &str) -> Result<Vec<Vec<Option<String>>>, tokio_postgres::Error> {
    let messages = client.simple_query(sql).await?;
    let row = |message| match message {
        SimpleQueryMessage::Row(row) => {
            Some((0..row.len()).map(|place| row.get(place).map(str::to_owned)).collect())
        }
        _ => None,
    };
    Ok(messages.into_iter().filter_map(row).collect())
}

async fn one(client: &Client, sql: &str) -> Result<Option<String>, tokio_postgres::Error> {
    Ok(rows(client, sql).await?.into_iter().next().and_then(|mut row| row.swap_remove(0)))
}

async fn finds_something(engine: &PostgresEngine) -> Result<bool, String> {
    let violations = Arc::new(Mutex::new(Vec::<Violation>::new()));
    let found = Arc::clone(&violations);
    let checked = engine.check(move |violation| found.lock().unwrap().push(violation)).await;
    checked.map_err(|error| format!("the check fails: {error:?}"))?;
    Ok(!violations.lock().unwrap().is_empty())
}

async fn broken_lists(engine: &PostgresEngine) -> Vec<String> {
    let groups = ListGroups { filter: GroupFilter::default(), page: PageRequest::at(0, 100) };
    let page = PageRequest::at(0, 100);
    let orders = SearchOrders { search: OrderSearch::default(), page, wanted: WantedOfOrders::Everything };
    let by_buyer = SearchOrders {
        search: OrderSearch { buyer: SearchText::optional("nobody").unwrap(), ..OrderSearch::default() },
        page,
        wanted: WantedOfOrders::Everything,
    };
    let answers = [
        ("SearchOrders by buyer", engine.read(STORE, by_buyer).await.err()),
        ("ListProducts", engine.read(STORE, ListProducts { name: None }).await.err()),
        ("SearchCustomers", whole_customers(engine, STORE).await.err()),
        ("ListGroups", engine.read(STORE, groups).await.err()),
        ("SearchOrders", engine.read(STORE, orders).await.err()),
        ("ListExtraFields", engine.read(STORE, ListExtraFields).await.err()),
        ("ListCustomerFilters", engine.read(STORE, ListCustomerFilters).await.err()),
    ];
    answers.into_iter().filter_map(|(what, error)| Some(format!("{what} fails: {:?}", error?))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_damage_is_found_or_harmless() {
    let (engine, database) = new_engine().await;
    full_shop(&engine).await;
    assert_every_promise_holds(&engine).await;
    let (client, connection) = tokio_postgres::connect(&database.url(), NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute("SET session_replication_role = replica").await.unwrap();
    let (mut counts, mut failures) = (BTreeMap::<&str, usize>::new(), Vec::new());
    let free = FREE_COLUMNS.iter().map(|&(table, column, why)| (table, column, ANOTHER_VALUE, why));
    let every_harmless: Vec<Harmless> = free.chain(OF_THIS_ENGINE.iter().copied()).collect();
    let mut used = vec![false; every_harmless.len()];
    for column in rows(&client, COLUMNS).await.unwrap() {
        let [Some(table), Some(column), Some(data_type)] = &column[..] else { panic!("{column:?}") };
        let names = format!(
            "SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.columns
              WHERE table_schema = 'public' AND table_name = '{table}'"
        );
        let names = one(&client, &names).await.unwrap().unwrap();
        let fullest = format!("SELECT ctid FROM {table} ORDER BY num_nonnulls({names}) DESC LIMIT 1");
        let Some(ctid) = one(&client, &fullest).await.unwrap() else { continue };
        let old = format!("SELECT quote_nullable({column}::text) FROM {table} WHERE ctid = '{ctid}'");
        let old = one(&client, &old).await.unwrap().unwrap();
        let mut place = ctid;
        for (kind, value) in other_values(column, data_type, &old) {
            let set = |value: &str, place: &str| {
                format!("UPDATE {table} SET {column} = {value} WHERE ctid = '{place}' RETURNING ctid")
            };
            let Ok(damaged) = one(&client, &set(&value, &place)).await else {
                *counts.entry("refused by PostgreSQL").or_default() += 1;
                continue;
            };
            let outcome = finds_something(&engine).await;
            failures.extend(
                broken_lists(&engine)
                    .await
                    .into_iter()
                    .map(|fault| format!("{table}.{column} {kind}: {fault}")),
            );
            place = one(&client, &set(&old, &damaged.unwrap())).await.unwrap().unwrap();
            let harmless = every_harmless
                .iter()
                .position(|(of, name, kinds, _)| of == table && name == column && kinds.contains(&kind));
            let what = match (outcome, harmless) {
                (Ok(true), _) => "found",
                (Ok(false), Some(place)) => {
                    used[place] = true;
                    "harmless"
                }
                (Ok(false), None) => {
                    failures.push(format!("{table}.{column} {kind}: nobody noticed"));
                    "missed"
                }
                (Err(fault), _) => {
                    failures.push(format!("{table}.{column} {kind}: {fault}"));
                    "failed"
                }
            };
            *counts.entry(what).or_default() += 1;
        }
    }
    for (harmless, used) in every_harmless.iter().zip(used) {
        if !used {
            failures.push(format!("{harmless:?} is never needed"));
        }
    }
    assert_every_promise_holds(&engine).await;
    println!("{counts:?}");
    assert!(failures.is_empty(), "{counts:?}\n{}", failures.join("\n"));
}
