//! Customers, besides their rows.

use shopfolk_model::{
    CustomerId, CustomerPosition, CustomerSearch, DeletedCustomer, ExtraFieldId, GroupId, SearchedCustomer,
    Timestamp,
};
use shopfolk_store::{
    Columns, CustomerRow, Damage, Page, PageRequest, ReadCustomers, ReadSearch, Record, Row, Searched,
    StoreError, Stored, StoredExtraFieldValue, Table, WriteSearched,
};

use crate::sql_values::SqlColumns;
use crate::statements::{COUNT_DELETED, LIST_DELETED};
use crate::stores::{offset, reads};
use crate::tx::{SqliteTx, SqliteWriteTx, TxMode};

/// More customers than this are passed over by what the blocks of searches count, a block at a time, and not row by row.
const ROW_BY_ROW: u64 = 10_000;

impl<M: TxMode> ReadCustomers for SqliteTx<'_, M> {
    async fn list_customer_ids(
        &mut self,
        page: PageRequest<CustomerId>,
    ) -> Result<Page<CustomerId, CustomerId>, StoreError> {
        if page.offset() > ROW_BY_ROW {
            let page = page.map(|&id| CustomerPosition::by_id(id));
            let Page { total, items, damaged, next } =
                self.search_customers(&CustomerSearch::default(), None, &page).await?;
            return Ok(Page { total, items, damaged, next: next.map(|position| position.id) });
        }
        let total: Option<i64> = self.query_row(
            "count the customers",
            "SELECT customer_count FROM counters WHERE store_id = ?1",
            [self.store.get()],
            |row| row.get(0),
        )?;
        let after = page.position().map_or(i64::MIN, |position| position.get());
        let mut ids: Vec<i64> = self.query_rows(
            "list the customers",
            "SELECT customer_id
               FROM customers
              WHERE store_id = ?1 AND customer_id > ?2
              ORDER BY customer_id
              LIMIT ?3 OFFSET ?4",
            (self.store.get(), after, reads(&page), offset(&page)),
            |row| row.get(0),
        )?;
        let more = page.cut(&mut ids);
        let items: Vec<_> = ids.into_iter().filter_map(|id| CustomerId::new(id).ok()).collect();
        let next = items.last().copied().filter(|_| more);
        Ok(Page { total: total.unwrap_or_default().unsigned_abs(), items, damaged: 0, next })
    }

    async fn list_deleted_customers(
        &mut self,
        from: Timestamp,
        to: Timestamp,
        page: PageRequest<DeletedCustomer>,
    ) -> Result<Page<DeletedCustomer, DeletedCustomer>, StoreError> {
        let (from, to) = (from.unix_seconds(), to.unix_seconds());
        let store = self.store.get();
        let total: Option<i64> =
            self.query_row("count the deleted customers", &COUNT_DELETED, (store, from, to), |row| {
                row.get(0)
            })?;
        let after = page
            .position()
            .map_or((i64::MIN, i64::MIN), |position| (position.deleted.unix_seconds(), position.id.get()));
        let mut rows: Vec<(i64, i64)> = self.query_rows(
            "list the deleted customers",
            &LIST_DELETED,
            (store, from, to, after.0, after.1, reads(&page), offset(&page)),
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        let more = page.cut(&mut rows);
        let mut listed = shopfolk_store::Listed::default();
        for (id, deleted) in rows {
            let damage = |column, reason: String| Damage {
                table: "events",
                column,
                row: format!("store {store}, deletion of customer {id}"),
                reason,
            };
            let customer =
                CustomerId::new(id).map_err(|error| damage("entity_id", error.to_string())).and_then(|id| {
                    let deleted = Timestamp::from_unix_seconds(deleted);
                    let deleted = deleted.map_err(|error| damage("created", error.to_string()))?;
                    Ok(DeletedCustomer { id, deleted })
                });
            listed.take(customer);
        }
        let total = total.unwrap_or_default().unsigned_abs();
        let next = listed.items.last().copied().filter(|_| more);
        Ok(Page { total, items: listed.items, damaged: listed.damaged, next })
    }

    async fn customers_in_group(
        &mut self,
        group: GroupId,
        limit: usize,
    ) -> Result<Vec<CustomerId>, StoreError> {
        self.ids_of_customers(
            CustomerRow::TABLE,
            "SELECT customer_id FROM customers
              WHERE store_id = ?1 AND group_id = ?2 AND group_id <> 0
              LIMIT ?3",
            group.get(),
            limit,
        )
    }

    async fn customers_with_extra_field(
        &mut self,
        field: ExtraFieldId,
        limit: usize,
    ) -> Result<Vec<CustomerId>, StoreError> {
        self.ids_of_customers(
            StoredExtraFieldValue::TABLE,
            "SELECT customer_id FROM customer_extra_field_values
              WHERE store_id = ?1 AND extra_field_id = ?2
              LIMIT ?3",
            field.get(),
            limit,
        )
    }
}

impl<M: TxMode> SqliteTx<'_, M> {
    /// The customers that rows of a table name. The parameters are the store, what the rows have in common, and how many.
    fn ids_of_customers(
        &self,
        table: &'static Table,
        sql: &str,
        common: i64,
        limit: usize,
    ) -> Result<Vec<CustomerId>, StoreError> {
        let store = self.store;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let ids = self.query_rows("find the customers", sql, (store.get(), common, limit), |row| {
            let columns = SqlColumns(row);
            let id = columns.value(0).and_then(CustomerId::load);
            Ok(id.map_err(|reason| Row { store, table, columns: &columns }.damage("customer_id", reason)))
        })?;
        Ok(ids.into_iter().collect::<Result<_, Damage>>()?)
    }
}

impl WriteSearched for SqliteWriteTx<'_> {
    async fn write_searched(&mut self, customers: Searched<'_>) -> Result<(), StoreError> {
        match customers {
            Searched::Inserted(customers) => {
                for stored in customers {
                    self.note_changed(stored.customer.id)?;
                    let contacts = stored.contacts.iter().map(|contact| &**contact);
                    self.mode.backlog.keep_fresh(self.store, stored.contacts.len(), || {
                        SearchedCustomer::with_contacts(&stored.customer, contacts)
                    });
                }
            }
            Searched::Updated(customers) => {
                for customer in customers {
                    self.note_changed(customer.id)?;
                }
            }
            Searched::Deleted(ids) => {
                for &id in ids {
                    // Settled first, so that nothing of the customer is left among the recent contacts.
                    self.settle(id)?;
                    self.note_changed(id)?;
                }
            }
        }
        Ok(())
    }

    async fn forget_old_keys(&mut self) -> Result<(), StoreError> {
        self.change(
            "note that texts have the keys of this release",
            "DELETE FROM stores_with_old_keys WHERE store_id = ?1",
            [self.store.get()],
        )
        .map(drop)
    }
}
