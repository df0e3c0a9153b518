//! Customers, besides their rows.

use shopfolk_model::{CustomerId, DeletedCustomer, ExtraFieldId, GroupId, Timestamp};
use shopfolk_store::{
    Columns, CustomerRow, Damage, Listed, Page, PageRequest, ReadCustomers, Record, Row, Searched,
    StoreError, Stored, StoredExtraFieldValue, Table, Value, WriteSearched,
};

use crate::parameter::parameters_of;
use crate::rows::{SqlColumns, count};
use crate::session::Step;
use crate::statements::{COUNT_DELETED, LIST_DELETED};
use crate::stores::{offset, reads};
use crate::tx::{PostgresTx, PostgresWriteTx, TxMode};

/// In how many parts the customers of a store are counted.
const COUNT_PARTS: i64 = 16;

impl<M: TxMode> ReadCustomers for PostgresTx<'_, M> {
    async fn list_customer_ids(
        &mut self,
        page: PageRequest<CustomerId>,
    ) -> Result<Page<CustomerId, CustomerId>, StoreError> {
        let after = page.position().map_or(i64::MIN, |position| position.get());
        let total = Step::Run {
            what: "count the customers",
            sql: "SELECT coalesce(sum(customer_count), 0)::bigint FROM customer_counts WHERE store_id = $1",
            parameters: parameters_of![self.store.get()],
            touches: None,
        };
        let list = Step::Run {
            what: "list the customers",
            sql: "SELECT customer_id
                    FROM customers
                   WHERE store_id = $1 AND customer_id > $2
                   ORDER BY customer_id
                   LIMIT $3 OFFSET $4",
            parameters: parameters_of![self.store.get(), after, reads(&page), offset(&page)],
            touches: None,
        };
        let [total, list] = self.run([Some(total), Some(list)]).await?;
        let mut rows = list.rows;
        let more = page.cut(&mut rows);
        let id = |row| CustomerId::load(SqlColumns(row).value(0).ok()?).ok();
        let items: Vec<_> = rows.iter().filter_map(id).collect();
        let next = items.last().copied().filter(|_| more);
        Ok(Page { total: count(total.rows.first()), items, damaged: 0, next })
    }

    async fn list_deleted_customers(
        &mut self,
        from: Timestamp,
        to: Timestamp,
        page: PageRequest<DeletedCustomer>,
    ) -> Result<Page<DeletedCustomer, DeletedCustomer>, StoreError> {
        let (from, to) = (from.unix_seconds(), to.unix_seconds());
        let after = page
            .position()
            .map_or((i64::MIN, i64::MIN), |position| (position.deleted.unix_seconds(), position.id.get()));
        let total = Step::Run {
            what: "count the deleted customers",
            sql: &COUNT_DELETED,
            parameters: parameters_of![self.store.get(), from, to],
            touches: None,
        };
        let list = Step::Run {
            what: "list the deleted customers",
            sql: &LIST_DELETED,
            parameters: parameters_of![
                self.store.get(),
                from,
                to,
                after.0,
                after.1,
                reads(&page),
                offset(&page)
            ],
            touches: None,
        };
        let [total, list] = self.run([Some(total), Some(list)]).await?;
        let mut rows = list.rows;
        let more = page.cut(&mut rows);
        let mut listed = Listed::default();
        for row in &rows {
            let columns = SqlColumns(row);
            let read = || {
                let id = columns.value(0).and_then(CustomerId::load)?;
                Ok(DeletedCustomer { id, deleted: columns.value(1).and_then(Timestamp::load)? })
            };
            listed.take(read().map_err(|reason| Damage {
                table: "events",
                column: "entity_id",
                row: format!(
                    "store {}, deletion of customer {:?}",
                    self.store,
                    columns.value(0).ok().and_then(|id: Value<'_>| id.as_integer())
                ),
                reason,
            }));
        }
        let next = listed.items.last().copied().filter(|_| more);
        Ok(Page { total: count(total.rows.first()), items: listed.items, damaged: listed.damaged, next })
    }

    async fn customers_in_group(
        &mut self,
        group: GroupId,
        limit: usize,
    ) -> Result<Vec<CustomerId>, StoreError> {
        self.ids_of_customers(
            CustomerRow::TABLE,
            "SELECT customer_id FROM customers
              WHERE store_id = $1 AND group_id = $2 AND group_id <> 0
              LIMIT $3",
            group.get(),
            limit,
        )
        .await
    }

    async fn customers_with_extra_field(
        &mut self,
        field: ExtraFieldId,
        limit: usize,
    ) -> Result<Vec<CustomerId>, StoreError> {
        self.ids_of_customers(
            StoredExtraFieldValue::TABLE,
            "SELECT customer_id FROM customer_extra_field_values
              WHERE store_id = $1 AND extra_field_id = $2
              LIMIT $3",
            field.get(),
            limit,
        )
        .await
    }
}

impl<M: TxMode> PostgresTx<'_, M> {
    /// The customers that rows of a table name. The parameters are the store, what the rows have in common, and how many.
    async fn ids_of_customers(
        &mut self,
        table: &'static Table,
        sql: &'static str,
        common: i64,
        limit: usize,
    ) -> Result<Vec<CustomerId>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let parameters = parameters_of![self.store.get(), common, limit];
        let rows = self.query_rows("find the customers", sql, parameters).await?;
        let id = |row| {
            let columns = SqlColumns(row);
            let id = columns.value(0).and_then(CustomerId::load);
            id.map_err(|reason| {
                Row { store: self.store, table, columns: &columns }.damage("customer_id", reason)
            })
        };
        Ok(rows.iter().map(id).collect::<Result<_, Damage>>()?)
    }
}

impl WriteSearched for PostgresWriteTx<'_> {
    async fn write_searched(&mut self, customers: Searched<'_>) -> Result<(), StoreError> {
        match customers {
            Searched::Inserted(customers) => {
                self.put_searched(customers.iter().map(|stored| &stored.customer));
            }
            Searched::Updated(customers) => self.put_searched(customers.iter()),
            Searched::Deleted(ids) => {
                let ids: Vec<i64> = ids.iter().map(|id| id.get()).collect();
                self.queue(
                    "remove what searches look at of customers",
                    "DELETE FROM customer_search WHERE store_id = $1 AND customer_id = ANY ($2)",
                    parameters_of![self.store.get(), ids],
                );
            }
        }
        Ok(())
    }

    async fn forget_old_keys(&mut self) -> Result<(), StoreError> {
        self.queue(
            "note that texts have the keys of this release",
            "DELETE FROM stores_with_old_keys WHERE store_id = $1",
            parameters_of![self.store.get()],
        );
        Ok(())
    }
}

impl PostgresWriteTx<'_> {
    /// Counts customers that came or went, in the part that goes with the id of one of them.
    pub(crate) fn count_customers(&mut self, customer: i64, difference: i64) {
        // A remainder of a small number fits.
        let part = i16::try_from(customer % COUNT_PARTS).unwrap_or_default();
        self.queue(
            "count the customers",
            "INSERT INTO customer_counts (store_id, part, customer_count) VALUES ($1, $2, $3)
             ON CONFLICT (store_id, part) DO UPDATE
                SET customer_count = customer_counts.customer_count + excluded.customer_count",
            parameters_of![self.store.get(), part, difference],
        );
    }
}
