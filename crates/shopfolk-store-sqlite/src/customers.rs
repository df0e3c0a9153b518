//! Customers, besides their rows.

use shopfolk_model::{CustomerId, DeletedCustomer, SearchedCustomer, Timestamp};
use shopfolk_store::{Damage, Page, PageRequest, ReadCustomers, Searched, StoreError, WriteSearched};

use crate::statements::{COUNT_DELETED, LIST_DELETED};
use crate::stores::offset;
use crate::tx::{SqliteTx, SqliteWriteTx, TxMode};

impl<M: TxMode> ReadCustomers for SqliteTx<'_, M> {
    async fn list_customer_ids(&mut self, page: PageRequest) -> Result<Page<CustomerId>, StoreError> {
        let total: Option<i64> = self.query_row(
            "count the customers",
            "SELECT customer_count FROM counters WHERE store_id = ?1",
            [self.store.get()],
            |row| row.get(0),
        )?;
        let ids: Vec<i64> = self.query_rows(
            "list the customers",
            "SELECT customer_id FROM customers WHERE store_id = ?1 ORDER BY customer_id LIMIT ?2 OFFSET ?3",
            (self.store.get(), page.limit, offset(page)),
            |row| row.get(0),
        )?;
        let items = ids.into_iter().filter_map(|id| CustomerId::new(id).ok()).collect();
        Ok(Page { total: total.unwrap_or_default().unsigned_abs(), items, damaged: 0 })
    }

    async fn list_deleted_customers(
        &mut self,
        from: Timestamp,
        to: Timestamp,
        page: PageRequest,
    ) -> Result<Page<DeletedCustomer>, StoreError> {
        let (from, to) = (from.unix_seconds(), to.unix_seconds());
        let store = self.store.get();
        let total: Option<i64> =
            self.query_row("count the deleted customers", &COUNT_DELETED, (store, from, to), |row| {
                row.get(0)
            })?;
        let rows: Vec<(i64, i64)> = self.query_rows(
            "list the deleted customers",
            &LIST_DELETED,
            (store, from, to, page.limit, offset(page)),
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
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
        Ok(Page { total, items: listed.items, damaged: listed.damaged })
    }
}

impl WriteSearched for SqliteWriteTx<'_> {
    async fn write_searched(&mut self, customers: Searched<'_>) -> Result<(), StoreError> {
        match customers {
            Searched::Inserted(customers) => {
                for stored in customers {
                    self.note_changed(stored.customer.id)?;
                    let contacts = stored.contacts.iter().map(|contact| &**contact);
                    let searched = SearchedCustomer::with_contacts(&stored.customer, contacts);
                    self.mode.backlog.keep_fresh(self.store, searched);
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
}
