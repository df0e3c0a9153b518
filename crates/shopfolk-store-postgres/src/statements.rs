//! The statements that follow from the descriptions of the tables, each made once.
//!
//! Where many keys are given, rows are found one key after the other (`LATERAL … OFFSET 0`): as long as the database has not
//! counted the rows that come, it thinks that all rows of a store are few enough to look through.

use std::collections::HashMap;
use std::sync::LazyLock;

use shopfolk_model::EventType;
use shopfolk_store::{ColumnType, Dialect, IdKind, LatestEvents, Record, Role, StoredContact, TABLES, Table};

/// A statement for one key, and one for many.
pub(crate) struct ByKey {
    pub one: String,
    pub many: String,
}

/// The statements of one table. Where rows are found, all columns that are read come in the order of the description.
pub(crate) struct Statements {
    /// By key.
    pub by_key: ByKey,
    /// By key, without the document.
    pub without_document: ByKey,
    /// By the key of what they hang on.
    pub of_owner: ByKey,
    /// By the keys of all that they hang on from the first to the last.
    pub of_owners_between: String,
    /// The first ones, by key.
    pub first: String,
    /// The first ones behind a key, by key.
    pub after: String,
    /// By a unique index, by its name.
    pub by_unique: HashMap<&'static str, ByKey>,
    /// How many.
    pub count: String,
    /// How many bytes those have whose keys begin with each of some numbers.
    pub measure: String,
    /// New ones.
    pub insert: ByKey,
    /// Known ones: the columns of the key, and then those that can change.
    pub update: String,
    /// By key.
    pub delete: String,
    /// By the key of what they hang on.
    pub delete_of: String,
}

static STATEMENTS: LazyLock<HashMap<&'static str, Statements>> =
    LazyLock::new(|| TABLES.iter().map(|table| (table.name, Statements::of(table))).collect());

/// What is done with the counter of a kind of ids.
pub(crate) struct CounterStatements {
    /// Reserves as many as are asked for, if there are so many.
    pub reserve: String,
    /// Gives the rest of a block back, if nobody has reserved behind it.
    pub give_back: String,
    /// Makes sure that no id below one is ever given.
    pub raise: String,
    /// Raises it above an id, and answers with what it was before.
    pub reserve_up_to: String,
}

static COUNTERS: LazyLock<Vec<CounterStatements>> = LazyLock::new(|| {
    let of = |kind: &IdKind| {
        let counter = kind.counter();
        CounterStatements {
            reserve: format!(
                "UPDATE counters SET {counter} = {counter} + $2
                  WHERE store_id = $1 AND {counter} <= {} - $2
              RETURNING {counter} - $2",
                kind.maximum()
            ),
            give_back: format!("UPDATE counters SET {counter} = $2 WHERE store_id = $1 AND {counter} = $3"),
            raise: format!("UPDATE counters SET {counter} = greatest({counter}, $2) WHERE store_id = $1"),
            reserve_up_to: format!(
                "UPDATE counters
                    SET {counter} = greatest(counters.{counter}, $2 + 1)
                   FROM (SELECT store_id, {counter} FROM counters WHERE store_id = $1 FOR UPDATE) AS before
                  WHERE counters.store_id = $1 AND before.store_id = counters.store_id
              RETURNING before.{counter}"
            ),
        }
    };
    IdKind::ALL.iter().map(of).collect()
});

/// The next ids of a store.
pub(crate) static READ_COUNTERS: LazyLock<String> = LazyLock::new(|| {
    let counters: Vec<_> = IdKind::ALL.iter().map(|kind| kind.counter()).collect();
    format!("SELECT {} FROM counters WHERE store_id = $1", counters.join(", "))
});

/// The first counters of a store.
pub(crate) static ADD_COUNTERS: LazyLock<String> = LazyLock::new(|| {
    let counters: Vec<_> = IdKind::ALL.iter().map(|kind| kind.counter()).collect();
    let first = vec!["1"; counters.len()];
    format!("INSERT INTO counters (store_id, {}) VALUES ($1, {})", counters.join(", "), first.join(", "))
});

/// When what a store has besides customers changed last.
pub(crate) static LATEST_EVENTS: LazyLock<String> =
    LazyLock::new(|| LatestEvents::statement(Dialect::Postgres));

/// Those who were deleted, in a time: how many.
pub(crate) static COUNT_DELETED: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT count(*) FROM events WHERE store_id = $1 AND event_type = {} AND created BETWEEN $2 AND $3",
        EventType::CustomerDeleted.code()
    )
});

/// Those who were deleted, in a time and behind one of them: who and when.
pub(crate) static LIST_DELETED: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT entity_id, created
           FROM events
          WHERE store_id = $1 AND event_type = {} AND created BETWEEN $2 AND $3 AND (created, entity_id) > ($4, $5)
          ORDER BY created, entity_id
          LIMIT $6 OFFSET $7",
        EventType::CustomerDeleted.code()
    )
});

/// A customer with all contacts, in one statement, and so in one snapshot: one row without a contact when there is none.
pub(crate) static CUSTOMER_WITH_CONTACTS: LazyLock<String> = LazyLock::new(|| {
    let read: Vec<_> =
        StoredContact::TABLE.columns_read().map(|column| format!("contacts.{}", column.name)).collect();
    format!(
        "SELECT {}
           FROM customers
           LEFT JOIN contacts
             ON contacts.store_id = customers.store_id AND contacts.customer_id = customers.customer_id
          WHERE customers.store_id = $1 AND customers.customer_id = $2",
        read.join(", ")
    )
});

/// The contacts of a customer behind a place, in the order of the list: as many as have so many bytes together, and one more. One
/// row without a contact when there is none. The last column says how many there are behind the place.
pub(crate) static CONTACTS_PART: LazyLock<String> = LazyLock::new(|| {
    let read: Vec<_> = StoredContact::TABLE.columns_read().map(|column| column.name).collect();
    let (size, columns) = (StoredContact::TABLE.size_of_row(), read.join(", "));
    let of_part: Vec<_> = read.iter().map(|column| format!("part.{column}")).collect();
    format!(
        "SELECT {}, part.behind
           FROM customers
           LEFT JOIN (SELECT {columns}, count(*) OVER () AS behind,
                             sum({size}) OVER (ORDER BY order_by, contact_id) - ({size}) AS before
                        FROM contacts
                       WHERE contacts.store_id = $1 AND contacts.customer_id = $2
                         AND ($3::integer IS NULL OR (order_by, contact_id) > ($3, $4::bigint))) AS part
             ON part.before <= $5::bigint
          WHERE customers.store_id = $1 AND customers.customer_id = $2",
        of_part.join(", ")
    )
});

/// A contact becomes another, whose columns come first; its type and key before are the last parameters.
pub(crate) static REPLACE_CONTACT: LazyLock<String> = LazyLock::new(|| {
    let columns: Vec<_> =
        StoredContact::TABLE.columns_in(Dialect::Postgres).map(|column| column.name).zip(2..).collect();
    let (stays, becomes): (Vec<_>, Vec<_>) =
        columns.iter().partition(|(name, _)| ["customer_id", "contact_id"].contains(name));
    let set: Vec<_> = becomes.iter().map(|(name, place)| format!("{name} = ${place}")).collect();
    let same =
        stays.iter().map(|(name, place)| format!(" AND {name} = ${place}")).collect::<Vec<_>>().concat();
    let before = columns.len() + 2;
    format!(
        "UPDATE contacts SET {} WHERE store_id = $1{same} AND contact_type = ${before} AND contact_key = ${}",
        set.join(", "),
        before + 1
    )
});

/// The statements of the counter of a kind.
pub(crate) fn counter(kind: IdKind) -> &'static CounterStatements {
    &COUNTERS[kind.index()]
}

/// Every statement that is made and not written, for tests that look at their plans.
pub fn made_statements() -> Vec<String> {
    let mut all = Vec::new();
    for statements in STATEMENTS.values() {
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
        for by in [by_key, without_document, of_owner, insert].into_iter().chain(by_unique.values()) {
            all.extend([&by.one, &by.many]);
        }
        all.extend([of_owners_between, first, after, count, measure, update, delete, delete_of]);
    }
    for CounterStatements { reserve, give_back, raise, reserve_up_to } in COUNTERS.iter() {
        all.extend([reserve, give_back, raise, reserve_up_to]);
    }
    all.extend([
        &*READ_COUNTERS,
        &*ADD_COUNTERS,
        &*COUNT_DELETED,
        &*LIST_DELETED,
        &*LATEST_EVENTS,
        &*CUSTOMER_WITH_CONTACTS,
        &*CONTACTS_PART,
        &*REPLACE_CONTACT,
    ]);
    all.into_iter().filter(|sql| !sql.is_empty()).cloned().collect()
}

const fn array_type(column_type: ColumnType) -> &'static str {
    match column_type {
        ColumnType::BigInteger => "bigint[]",
        ColumnType::Integer => "integer[]",
        ColumnType::SmallInteger => "smallint[]",
        ColumnType::Boolean => "boolean[]",
        ColumnType::Text => "text[]",
        ColumnType::Bytes => "bytea[]",
    }
}

impl Statements {
    /// The statements of a described table.
    pub(crate) fn for_table(table: &'static Table) -> &'static Self {
        &STATEMENTS[table.name]
    }

    fn of(table: &'static Table) -> Self {
        let name = table.name;
        let read: Vec<&str> = table.columns_read().map(|column| column.name).collect();
        let select = format!("SELECT {} FROM {name} WHERE store_id = $1", read.join(", "));
        let key: Vec<&str> = table.key().map(|column| column.name).collect();
        let order = key.join(", ");
        let owner: Vec<&str> = table.owner.iter().map(|owner| owner.column).collect();
        let for_owner =
            |sql: &dyn Fn(&str) -> String| owner.first().map_or(String::new(), |column| sql(column));
        let by_unique = table.unique.iter().map(|unique| {
            let only = unique.only.map(|only| format!(" AND {}", only.condition(Dialect::Postgres)));
            (unique.name, by_key(table, &read, unique.columns, &only.unwrap_or_default()))
        });
        let keyed = |sql: String| if key.is_empty() { String::new() } else { sql };
        let places: Vec<String> = (0..key.len()).map(|place| format!("${}", place + 3)).collect();
        Self {
            by_key: by_key(table, &read, &key, ""),
            without_document: if table.document.is_none() {
                ByKey { one: String::new(), many: String::new() }
            } else {
                let read: Vec<_> = table.columns_without_document().collect();
                by_key(table, &read.iter().map(String::as_str).collect::<Vec<_>>(), &key, "")
            },
            of_owner: if owner.is_empty() {
                ByKey { one: String::new(), many: String::new() }
            } else {
                by_key(table, &read, &owner, "")
            },
            of_owners_between: for_owner(&|column| format!("{select} AND {column} BETWEEN $2 AND $3")),
            first: keyed(format!("{select} ORDER BY {order} LIMIT $2")),
            after: keyed(format!(
                "{select} AND ({order}) > ({}) ORDER BY {order} LIMIT $2",
                places.join(", ")
            )),
            by_unique: by_unique.collect(),
            count: format!("SELECT count(*) FROM {name} WHERE store_id = $1"),
            measure: key.first().filter(|_| table.is_measured()).map_or_else(String::new, |first| {
                let size = table.size_of_row();
                format!(
                    "SELECT wanted.number, measured.bytes FROM unnest($2::bigint[]) AS wanted (number), LATERAL \
                     (SELECT sum({size})::bigint AS bytes FROM {name} WHERE store_id = $1 AND {name}.{first} = wanted.number) AS measured"
                )
            }),
            insert: insert(table),
            update: update(table, &key),
            delete: delete(table, &key),
            delete_of: for_owner(&|column| {
                format!("DELETE FROM {name} WHERE store_id = $1 AND {column} = ANY ($2)")
            }),
        }
    }
}

fn delete(table: &'static Table, key: &[&str]) -> String {
    let name = table.name;
    match key {
        [] => String::new(),
        [one] => format!("DELETE FROM {name} WHERE store_id = $1 AND {one} = ANY ($2)"),
        _ => {
            let same: Vec<String> =
                key.iter().map(|column| format!("{name}.{column} = gone.{column}")).collect();
            format!(
                "DELETE FROM {name} USING unnest({}) AS gone ({}) WHERE {name}.store_id = $1 AND {}",
                unnested(table, key),
                key.join(", "),
                same.join(" AND ")
            )
        }
    }
}

/// Columns as `unnest` takes them, and their names.
fn unnested(table: &'static Table, columns: &[&str]) -> String {
    let types = columns.iter().enumerate().map(|(place, name)| {
        let column = table.columns.iter().find(|column| column.name == *name);
        let column_type = column.map_or(ColumnType::Text, |column| column.column_type);
        format!("${}::{}", place + 2, array_type(column_type))
    });
    types.collect::<Vec<_>>().join(", ")
}

/// Rows by these columns.
fn by_key(table: &'static Table, read: &[&str], columns: &[&str], condition: &str) -> ByKey {
    let (name, read) = (table.name, read.join(", "));
    let equal = columns
        .iter()
        .enumerate()
        .map(|(place, column)| format!(" AND {column} = ${}", place + 2))
        .collect::<Vec<_>>()
        .concat();
    let one = format!("SELECT {read} FROM {name} WHERE store_id = $1{equal}{condition}");
    if columns.is_empty() {
        return ByKey { one, many: String::new() };
    }
    let wanted = columns
        .iter()
        .map(|column| format!(" AND {name}.{column} = wanted.{column}"))
        .collect::<Vec<_>>()
        .concat();
    let many = format!(
        "SELECT found.* FROM unnest({}) AS wanted ({}), LATERAL \
         (SELECT {read} FROM {name} WHERE store_id = $1{wanted}{condition} OFFSET 0) AS found",
        unnested(table, columns),
        columns.join(", ")
    );
    ByKey { one, many }
}

fn insert(table: &'static Table) -> ByKey {
    let name = table.name;
    let columns: Vec<&str> = table.columns_in(Dialect::Postgres).map(|column| column.name).collect();
    let listed = columns.join(", ");
    let places: Vec<String> = (0..columns.len()).map(|place| format!("${}", place + 2)).collect();
    ByKey {
        one: format!("INSERT INTO {name} (store_id, {listed}) VALUES ($1, {})", places.join(", ")),
        many: format!(
            "INSERT INTO {name} (store_id, {listed}) SELECT $1, * FROM unnest({})",
            unnested(table, &columns)
        ),
    }
}

fn update(table: &'static Table, key: &[&str]) -> String {
    let name = table.name;
    let columns: Vec<&str> = table
        .columns_in(Dialect::Postgres)
        .filter(|column| column.role != Role::Summary)
        .map(|column| column.name)
        .collect();
    let set: Vec<String> =
        columns[key.len()..].iter().map(|column| format!("{column} = new.{column}")).collect();
    if set.is_empty() {
        return String::new();
    }
    let same =
        key.iter().map(|column| format!(" AND {name}.{column} = new.{column}")).collect::<Vec<_>>().concat();
    format!(
        "UPDATE {name} SET {} FROM unnest({}) AS new ({}) WHERE {name}.store_id = $1{same}",
        set.join(", "),
        unnested(table, &columns),
        columns.join(", ")
    )
}
