//! Webhooks: the deliveries whose time has come, and the stores that have something to do.

use rusqlite::Connection;
use shopfolk_model::{StoreId, Timestamp, WebhookDelivery, WebhookName};
use shopfolk_store::{ListeningStores, ReadDeliveries, Record, Row, StoreError};

use crate::connection::doing;
use crate::sql_values::SqlColumns;
use crate::tx::{SqliteTx, TxMode};

impl<M: TxMode> ReadDeliveries for SqliteTx<'_, M> {
    async fn due_deliveries(
        &mut self,
        webhook: WebhookName,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<WebhookDelivery>, StoreError> {
        let decoded = self.query_rows(
            "find the deliveries that are due",
            "SELECT app_id, webhook, queue, entity_id, place, event_id, event_type, created, customer_email, due,
                    first_tried, tries
               FROM webhook_deliveries
              WHERE store_id = ?1 AND app_id = ?2 AND webhook = ?3 AND due <= ?4
              ORDER BY due, place
              LIMIT ?5",
            (self.store.get(), webhook.app.get(), webhook.number, now.unix_seconds(), limit),
            |row| {
                let columns = SqlColumns(row);
                Ok(Row { store: self.store, table: WebhookDelivery::TABLE, columns: &columns }.decode())
            },
        )?;
        Ok(decoded.into_iter().collect::<Result<_, _>>()?)
    }

    async fn earliest_due(&mut self) -> Result<Option<Timestamp>, StoreError> {
        let due = self.query_rows(
            "find the next delivery that is due",
            "SELECT due FROM webhook_deliveries WHERE store_id = ?1 AND due IS NOT NULL ORDER BY due LIMIT 1",
            (self.store.get(),),
            |row| row.get::<_, i64>(0),
        )?;
        Ok(due.first().and_then(|&due| Timestamp::from_unix_seconds(due).ok()))
    }
}

/// The stores behind one, by id, that an app was let into.
pub(crate) fn list_listening_stores(
    connection: &Connection,
    which: ListeningStores,
    after: Option<StoreId>,
    limit: u32,
) -> Result<Vec<StoreId>, StoreError> {
    let listing = doing("list the stores that apps were let into");
    let after = after.map_or(-1, StoreId::get);
    let read = |row: &rusqlite::Row<'_>| row.get::<_, i64>(0);
    let ids = match which {
        ListeningStores::All => connection
            .prepare_cached(
                "SELECT store_id FROM webhook_readers WHERE store_id > ?1 ORDER BY store_id LIMIT ?2",
            )
            .and_then(|mut statement| statement.query_map((after, limit), read)?.collect()),
        ListeningStores::WithWork(now) => connection
            .prepare_cached(
                "SELECT store_id
                   FROM webhook_readers
                  WHERE store_id > ?1
                    AND ((listening
                          AND EXISTS (SELECT 1 FROM events
                                       WHERE events.store_id = webhook_readers.store_id
                                         AND events.position > coalesce(webhook_readers.read_through, 0)))
                         OR EXISTS (SELECT 1 FROM webhook_deliveries
                                     WHERE webhook_deliveries.store_id = webhook_readers.store_id
                                       AND webhook_deliveries.due <= ?3 + webhook_readers.clock_ahead)
                         OR clock_goal > clock_ahead)
                  ORDER BY store_id
                  LIMIT ?2",
            )
            .and_then(|mut statement| {
                statement.query_map((after, limit, now.unix_seconds()), read)?.collect()
            }),
    };
    let ids: Vec<i64> = ids.map_err(listing)?;
    Ok(ids.into_iter().filter_map(|id| StoreId::new(id).ok()).collect())
}
