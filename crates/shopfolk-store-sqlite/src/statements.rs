//! The statements that follow from the descriptions of the tables, each made once.

use std::collections::HashMap;
use std::sync::LazyLock;

use shopfolk_model::EventType;
use shopfolk_store::{Dialect, LatestEvents, Role, TABLES, Table, Unique};

use crate::counters::{READ_COUNTERS, WRITE_COUNTERS};
use crate::recent_rows::{OF_STORE, RECENT_CONTACTS, RECENT_OF_ALL};

/// The statements of one table. Where rows are found, all columns that are read come in the order of the description, and
/// then those that the engine keeps for itself.
pub(crate) struct Statements {
    /// By key.
    pub by_key: String,
    /// By key, without the document.
    pub without_document: String,
    /// By the key of what they hang on; empty where they hang on nothing.
    pub of_owner: String,
    /// By the keys of all that they hang on from the first to the last; likewise.
    pub of_owners_between: String,
    /// The first ones, by key.
    pub first: String,
    /// The first ones behind a key, by key.
    pub after: String,
    /// By a unique index, by its name.
    pub by_unique: HashMap<&'static str, String>,
    /// How many.
    pub count: String,
    /// How many bytes those have whose keys begin with a number.
    pub measure: String,
    /// A new one: the columns of the description, and then the engine's own.
    pub insert: String,
    /// A known one: the columns of the key, and then those that can change.
    pub update: String,
    /// By key.
    pub delete: String,
    /// By the key of what they hang on.
    pub delete_of: String,
}

static STATEMENTS: LazyLock<HashMap<&'static str, Statements>> = LazyLock::new(|| {
    let all = TABLES.iter().copied().chain([RECENT_CONTACTS]);
    all.map(|table| (table.name, Statements::of(table))).collect()
});

/// When what a store has besides customers changed last.
pub(crate) static LATEST_EVENTS: LazyLock<String> =
    LazyLock::new(|| LatestEvents::statement(Dialect::Sqlite));

/// Those who were deleted, in a time: how many.
pub(crate) static COUNT_DELETED: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT count(*) FROM events WHERE store_id = ?1 AND event_type = {} AND created BETWEEN ?2 AND ?3",
        EventType::CustomerDeleted.code()
    )
});

/// Those who were deleted, in a time and behind one of them: who and when.
pub(crate) static LIST_DELETED: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT entity_id, created
           FROM events
          WHERE store_id = ?1 AND event_type = {} AND created BETWEEN ?2 AND ?3 AND (created, entity_id) > (?4, ?5)
          ORDER BY created, entity_id
          LIMIT ?6 OFFSET ?7",
        EventType::CustomerDeleted.code()
    )
});

/// Every statement that is made and not written, for tests that look at their plans.
pub fn made_statements() -> Vec<String> {
    let of_tables = STATEMENTS.values().flat_map(|statements| {
        let Statements {
            by_key,
            without_document,
            of_owner,
            of_owners_between,
            first,
            after,
            by_unique,
            count,
            measure,
            insert,
            update,
            delete,
            delete_of,
        } = statements;
        [
            by_key,
            without_document,
            of_owner,
            of_owners_between,
            first,
            after,
            count,
            measure,
            insert,
            update,
            delete,
            delete_of,
        ]
        .into_iter()
        .chain(by_unique.values())
    });
    let others = [
        &*COUNT_DELETED,
        &*LIST_DELETED,
        &*LATEST_EVENTS,
        &*READ_COUNTERS,
        &*WRITE_COUNTERS,
        &*OF_STORE,
        &*RECENT_OF_ALL,
    ];
    of_tables.chain(others).filter(|sql| !sql.is_empty()).cloned().collect()
}

impl Statements {
    /// The statements of a described table.
    pub(crate) fn for_table(table: &'static Table) -> &'static Self {
        &STATEMENTS[table.name]
    }

    fn of(table: &'static Table) -> Self {
        let name = table.name;
        let own = || table.own_columns.iter().filter(|(of, _)| *of == Dialect::Sqlite).map(|(_, name)| *name);
        let read: Vec<&str> = table.columns_read().map(|column| column.name).chain(own()).collect();
        let select = format!("SELECT {} FROM {name} WHERE store_id = ?1", read.join(", "));
        let key: Vec<&str> = table.key().map(|column| column.name).collect();
        let owner = table.owner.map(|owner| owner.column);
        let of_owner = |rest: &dyn Fn(&str) -> String| owner.map(rest).unwrap_or_default();
        let unique = |unique: &Unique| {
            let only = unique.only.map(|only| format!(" AND {}", only.condition(Dialect::Sqlite)));
            let condition = only.unwrap_or_default();
            (unique.name, format!("{select}{}{condition}", equal(unique.columns, 2)))
        };
        let all: Vec<&str> =
            table.columns_in(Dialect::Sqlite).map(|column| column.name).chain(own()).collect();
        let changing: Vec<&str> = table
            .columns_in(Dialect::Sqlite)
            .filter(|column| matches!(column.role, Role::Value | Role::Derived))
            .map(|column| column.name)
            .collect();
        let set: Vec<String> = changing
            .iter()
            .enumerate()
            .map(|(place, column)| format!("{column} = ?{}", place + 2 + key.len()))
            .collect();
        let order = key.join(", ");
        let delete = format!("DELETE FROM {name} WHERE store_id = ?1");
        let insert_values: Vec<String> = (0..=all.len()).map(|place| format!("?{}", place + 1)).collect();
        let without_key = key.is_empty();
        Self {
            by_key: format!("{select}{}", equal(&key, 2)),
            without_document: table.document.map_or_else(String::new, |_| {
                let read: Vec<_> = table.columns_without_document().collect();
                format!("SELECT {} FROM {name} WHERE store_id = ?1{}", read.join(", "), equal(&key, 2))
            }),
            of_owner: of_owner(&|column| format!("{select} AND {column} = ?2")),
            of_owners_between: of_owner(&|column| {
                format!("{select} AND {column} BETWEEN ?2 AND ?3 ORDER BY {order}")
            }),
            first: if without_key { String::new() } else { format!("{select} ORDER BY {order} LIMIT ?2") },
            after: if without_key {
                String::new()
            } else {
                let places: Vec<String> = (0..key.len()).map(|place| format!("?{}", place + 3)).collect();
                format!("{select} AND ({order}) > ({}) ORDER BY {order} LIMIT ?2", places.join(", "))
            },
            by_unique: table.unique.iter().map(unique).collect(),
            count: format!("SELECT count(*) FROM {name} WHERE store_id = ?1"),
            measure: key.first().filter(|_| table.is_measured()).map_or_else(String::new, |first| {
                let size = table.size_of_row();
                format!("SELECT sum({size}) FROM {name} WHERE store_id = ?1 AND {first} = ?2")
            }),
            insert: format!(
                "INSERT INTO {name} (store_id, {}) VALUES ({})",
                all.join(", "),
                insert_values.join(", ")
            ),
            update: if set.is_empty() {
                String::new()
            } else {
                format!("UPDATE {name} SET {} WHERE store_id = ?1{}", set.join(", "), equal(&key, 2))
            },
            delete: format!("{delete}{}", equal(&key, 2)),
            delete_of: of_owner(&|column| format!("{delete} AND {column} = ?2")),
        }
    }
}

/// Conditions that columns equal parameters, counted from `first`.
fn equal(columns: &[&str], first: usize) -> String {
    let equal = |(place, column): (usize, &&str)| format!(" AND {column} = ?{}", place + first);
    columns.iter().enumerate().map(equal).collect::<Vec<_>>().concat()
}
