//! Verifying the promises on the rows of a database, in one snapshot and with flat memory.

use std::collections::HashMap;
use std::pin::pin;

use futures_util::TryStreamExt;
use shopfolk_model::{ContactBook, SearchedCustomer, StoreId};
use shopfolk_store::{
    CheckSource, Columns, Dialect, Invariant, Portion, Role, StoreError, Table, Value, Violation,
    WalkPosition, check_tables, list_stored_customers,
};
use tokio_postgres::Client;
use tokio_postgres::types::Type;

use crate::failure::doing;
use crate::migrations;
use crate::parameter::parameters_of;
use crate::rows::SqlColumns;
use crate::search::searched_columns;
use crate::session::Session;
use crate::tx::{PostgresReadTx, Reading};

/// What is asked of this engine's own tables. A row of an answer is a violation: a store's id and a sentence.
const QUESTIONS: &[(Invariant, &str)] = &[
    (
        Invariant::IdsNeverReused,
        "SELECT events.store_id, 'event id ' || max(event_id) || ' is not below the counter ' || max(next_event_id)
           FROM events JOIN counters ON counters.store_id = events.store_id
          GROUP BY events.store_id HAVING max(event_id) >= max(next_event_id)",
    ),
    (
        Invariant::SummariesRight,
        "SELECT stores.store_id, 'the store says that it has ' || coalesce(said, 0) || ' customers, and has '
                                 || coalesce(found, 0)
           FROM stores
           LEFT JOIN (SELECT store_id, sum(customer_count) AS said FROM customer_counts GROUP BY store_id)
                  AS counted ON counted.store_id = stores.store_id
           LEFT JOIN (SELECT store_id, count(*) AS found FROM customers GROUP BY store_id)
                  AS there ON there.store_id = stores.store_id
          WHERE coalesce(said, 0) <> coalesce(found, 0)",
    ),
    (
        Invariant::SearchesWhole,
        "SELECT store_id, 'customer ' || customer_id || ' is in no search'
           FROM (SELECT store_id, customer_id FROM customers
                 EXCEPT SELECT store_id, customer_id FROM customer_search) AS missing
          UNION ALL
         SELECT store_id, 'searches look through customer ' || customer_id || ', who is not there'
           FROM (SELECT store_id, customer_id FROM customer_search
                 EXCEPT SELECT store_id, customer_id FROM customers) AS odd",
    ),
];

/// The tables of a database.
struct Source<'a>(&'a Client);

impl CheckSource for Source<'_> {
    const DIALECT: Dialect = Dialect::Postgres;
    const CONTACTS: &'static str = "contacts";

    async fn rows(
        &mut self,
        table: &'static Table,
        take: &mut (dyn FnMut(i64, &dyn Columns) + Send),
    ) -> Result<(), StoreError> {
        let checking = doing("check the rows of a table");
        // An event that nobody has read yet has no place; its number has to do.
        let column = |name: &'static str| match name {
            "position" => "coalesce(position, event_id) AS position".to_owned(),
            name => name.to_owned(),
        };
        let columns = table.columns_in(Dialect::Postgres).map(|of| column(of.name));
        let columns: Vec<String> = columns.chain(["store_id".to_owned()]).collect();
        let key = table.columns.iter().filter(|column| column.role == Role::Key).map(|column| column.name);
        let key: Vec<&str> = std::iter::once("store_id").chain(key).collect();
        let sql = format!("SELECT {} FROM {} ORDER BY {}", columns.join(", "), table.name, key.join(", "));
        let parameters: [(&str, Type); 0] = [];
        let rows = self.0.query_typed_raw(&sql, parameters).await.map_err(&checking)?;
        let mut rows = pin!(rows);
        while let Some(row) = rows.try_next().await.map_err(&checking)? {
            let store = row.try_get(columns.len() - 1).map_err(&checking)?;
            take(store, &SqlColumns(&row));
        }
        Ok(())
    }

    async fn ask(&mut self, sql: &str, take: &mut (dyn FnMut(i64, String) + Send)) -> Result<(), StoreError> {
        let checking = doing("check the database");
        let parameters: [(&str, Type); 0] = [];
        let rows = self.0.query_typed_raw(sql, parameters).await.map_err(&checking)?;
        let mut rows = pin!(rows);
        while let Some(row) = rows.try_next().await.map_err(&checking)? {
            take(row.try_get(0).map_err(&checking)?, row.try_get(1).map_err(&checking)?);
        }
        Ok(())
    }
}

/// Asks everything there is to ask, and hands each violation to `report`.
pub(crate) async fn check_database(
    session: &mut Session,
    mut report: impl FnMut(Violation) + Send,
) -> Result<(), StoreError> {
    let checking = doing("check the database");
    let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = 0";
    session.client().batch_execute(begin).await.map_err(&checking)?;
    let mut source = Source(session.client());
    check_tables(&mut source, &mut report).await?;
    if !migrations::are_recorded(source.0).await? {
        let found = "what refinery_schema_history says of its tables is not how they were made".to_owned();
        report(Violation { invariant: Invariant::FileSound, store: None, found });
    }
    for &(invariant, sql) in QUESTIONS {
        let mut found =
            |store, found| report(Violation { invariant, store: StoreId::new(store).ok(), found });
        source.ask(sql, &mut found).await?;
    }
    let rows = session.client().query_typed("SELECT store_id FROM stores ORDER BY store_id", &[]).await;
    for row in rows.map_err(&checking)? {
        if let Ok(store) = StoreId::new(row.get(0)) {
            check_searched(session, store, &mut report).await?;
        }
    }
    session.client().batch_execute("COMMIT").await.map_err(&checking)
}

/// Makes what searches look at of every customer of a store anew, and compares it with what is there.
async fn check_searched(
    session: &Session,
    store: StoreId,
    report: &mut (impl FnMut(Violation) + Send),
) -> Result<(), StoreError> {
    // Within the snapshot of the check, which is begun, and goes on behind this.
    let mode = Reading { once: true, begun: false, failure: None };
    let mut tx = PostgresReadTx { session, store, mode };
    let mut after = None;
    while let Some(Portion { listed, through }) = list_stored_customers(&mut tx, after).await? {
        let rows = tx.query_rows(
            "check what searches look at",
            "SELECT customer_id, name, email, phones, cities, postal_codes, states, company_names,
                    array_to_string(countries, ',') AS countries, language, accept_marketing, tax_exempt, business
               FROM customer_search
              WHERE store_id = $1 AND customer_id > $2 AND customer_id <= $3",
            parameters_of![store.get(), after.map_or(-1, WalkPosition::number), through.number()],
        );
        let rows = rows.await?;
        let by_customer: HashMap<i64, SqlColumns<'_>> = rows
            .iter()
            .filter_map(|row| {
                let columns = SqlColumns(row);
                let id = columns.value(0).ok()?.as_integer()?;
                Some((id, columns))
            })
            .collect();
        for stored in &listed.items {
            let customer = &stored.customer;
            let Some(row) = by_customer.get(&customer.id.get()) else { continue };
            let expected = searched_columns(&SearchedCustomer::of(customer, &ContactBook::default()));
            let same = |(place, expected): (usize, &Value<'_>)| row.value(place).as_ref() == Ok(expected);
            if !expected.iter().enumerate().all(same) {
                let found = format!("searches look at customer {} as they were or never were", customer.id);
                report(Violation { invariant: Invariant::SearchesWhole, store: Some(store), found });
            }
        }
        after = Some(through);
    }
    Ok(())
}
