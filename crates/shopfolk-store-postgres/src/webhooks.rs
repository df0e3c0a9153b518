//! Webhooks: the deliveries whose time has come, and the stores that have something to do.

use shopfolk_model::{StoreId, Timestamp, WebhookDelivery, WebhookName};
use shopfolk_store::{ListeningStores, ReadDeliveries, Record, Row, StoreError};

use crate::failure::Failure;
use crate::parameter::parameters_of;
use crate::rows::SqlColumns;
use crate::session::{Session, Step};
use crate::tx::{PostgresTx, TxMode};

impl<M: TxMode> ReadDeliveries for PostgresTx<'_, M> {
    async fn due_deliveries(
        &mut self,
        webhook: WebhookName,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<WebhookDelivery>, StoreError> {
        let rows = self
            .query_rows(
                "find the deliveries that are due",
                "SELECT app_id, webhook, queue, entity_id, place, event_id, event_type, created, customer_email,
                        due, first_tried, tries
                   FROM webhook_deliveries
                  WHERE store_id = $1 AND app_id = $2 AND webhook = $3 AND due <= $4
                  ORDER BY due, place
                  LIMIT $5",
                parameters_of![
                    self.store.get(),
                    webhook.app.get(),
                    i16::from(webhook.number),
                    now.unix_seconds(),
                    i64::from(limit)
                ],
            )
            .await?;
        let decode = |row| {
            Row { store: self.store, table: WebhookDelivery::TABLE, columns: &SqlColumns(row) }.decode()
        };
        Ok(rows.iter().map(decode).collect::<Result<_, _>>()?)
    }

    async fn earliest_due(&mut self) -> Result<Option<Timestamp>, StoreError> {
        let rows = self
            .query_rows(
                "find the next delivery that is due",
                "SELECT due FROM webhook_deliveries WHERE store_id = $1 AND due IS NOT NULL ORDER BY due LIMIT 1",
                parameters_of![self.store.get()],
            )
            .await?;
        Ok(rows.first().and_then(|row| Timestamp::from_unix_seconds(row.get(0)).ok()))
    }
}

/// The stores behind one, by id, that an app was let into. It locks nothing.
pub(crate) async fn list_listening_stores(
    session: &Session,
    which: ListeningStores,
    after: Option<StoreId>,
    limit: u32,
) -> Result<Vec<StoreId>, Failure> {
    const WHAT: &str = "list the stores that apps were let into";
    let (after, limit) = (after.map_or(-1, StoreId::get), i64::from(limit));
    let step = match which {
        ListeningStores::All => Step::Run {
            what: WHAT,
            sql: "SELECT store_id FROM webhook_readers WHERE store_id > $1 ORDER BY store_id LIMIT $2",
            parameters: parameters_of![after, limit],
            touches: None,
        },
        ListeningStores::WithWork(now) => Step::Run {
            what: WHAT,
            sql: "SELECT store_id
                    FROM webhook_readers AS reader
                   WHERE store_id > $1
                     AND ((listening
                           AND (EXISTS (SELECT 1 FROM events
                                         WHERE events.store_id = reader.store_id AND position IS NULL)
                                OR EXISTS (SELECT 1 FROM events
                                            WHERE events.store_id = reader.store_id
                                              AND events.position > coalesce(reader.read_through, 0))))
                          OR EXISTS (SELECT 1 FROM webhook_deliveries AS delivery
                                      WHERE delivery.store_id = reader.store_id
                                        AND delivery.due <= $3 + reader.clock_ahead)
                          OR clock_goal > clock_ahead)
                   ORDER BY store_id
                   LIMIT $2",
            parameters: parameters_of![after, limit, now.unix_seconds()],
            touches: None,
        },
    };
    let answers = session.send(&[step]).await.map_err(|(_, error)| Failure::of(WHAT, error))?;
    let rows = answers.iter().flat_map(|answer| &answer.rows);
    Ok(rows.filter_map(|row| StoreId::new(row.get(0)).ok()).collect())
}
