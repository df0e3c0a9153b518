//! What a copy writes, but for the customers.

use shopfolk_model::{
    CustomerGroup, CustomerId, Day, Event, ExtraField, ExtraFieldId, GroupId, Store, TokenId, TokenKind,
};
use shopfolk_store::{EventPlace, NextIds, StoreError, StoredCustomer, StoredToken, WriteCopy};

use super::{BEFORE_EVENTS, read_event};
use crate::parameter::parameters_of;
use crate::row::Place;
use crate::stores::store_lock;
use crate::tx::{Access, PostgresWriteTx};

impl WriteCopy for PostgresWriteTx<'_> {
    async fn put_store(&mut self, store: &Store) -> Result<(), StoreError> {
        self.lock_store().await?;
        self.write(
            "write a store as it is",
            "INSERT INTO stores (store_id, name, suspended, created) VALUES ($1, $2, $3, $4)
             ON CONFLICT (store_id) DO UPDATE
                SET name = excluded.name, suspended = excluded.suspended, created = excluded.created",
            parameters_of![
                self.store.get(),
                store.name.as_str(),
                store.suspended,
                store.created.unix_seconds()
            ],
        );
        self.write(
            "add the counters of a store",
            "INSERT INTO counters (store_id, next_token_id, next_customer_id, next_contact_id, next_event_id)
             VALUES ($1, 1, 1, 1, 1)
             ON CONFLICT (store_id) DO NOTHING",
            parameters_of![self.store.get()],
        );
        self.tell_access_changed();
        Ok(())
    }

    async fn raise_next_ids(&mut self, next: NextIds) -> Result<(), StoreError> {
        self.write(
            "raise the counters of ids",
            "UPDATE counters
                SET next_token_id = greatest(next_token_id, $2),
                    next_customer_id = greatest(next_customer_id, $3),
                    next_contact_id = greatest(next_contact_id, $4),
                    next_address_id = greatest(next_address_id, $5),
                    next_group_id = greatest(next_group_id, $6),
                    next_extra_field_id = greatest(next_extra_field_id, $7),
                    next_order_number = greatest(next_order_number, $8)
              WHERE store_id = $1",
            parameters_of![
                self.store.get(),
                next.token.get(),
                next.customer.get(),
                next.contact.get(),
                next.address.get(),
                next.group.get(),
                next.extra_field.get(),
                next.order.get()
            ],
        );
        Ok(())
    }

    async fn replace_stored_tokens(
        &mut self,
        remove: &[TokenId],
        add: &[StoredToken],
    ) -> Result<(), StoreError> {
        self.lock_store().await?;
        let ids = |tokens: &[StoredToken]| tokens.iter().map(|token| token.record.id.get()).collect();
        let hashes: Vec<Vec<u8>> = add.iter().map(|token| token.hash.as_bytes().to_vec()).collect();
        let mut gone: Vec<i64> = ids(add);
        gone.extend(remove.iter().map(|id| id.get()));
        self.write(
            "remove tokens in the way of a copy",
            "DELETE FROM tokens WHERE store_id = $1 AND (token_id = ANY ($2) OR hash = ANY ($3))",
            parameters_of![self.store.get(), gone, hashes.clone()],
        );
        let records = || add.iter().map(|token| &token.record);
        let added: Vec<i64> = ids(add);
        let public: Vec<bool> = records().map(|token| token.kind == TokenKind::Public).collect();
        let scopes: Vec<String> = records().map(|token| token.scopes.to_string()).collect();
        let created: Vec<i64> = records().map(|token| token.created.unix_seconds()).collect();
        let last_used: Vec<Option<i64>> = records().map(|token| token.last_used.map(Day::number)).collect();
        self.write(
            "add tokens as they are",
            "INSERT INTO tokens (store_id, token_id, hash, public, scopes, created, last_used_day)
             SELECT $1, * FROM unnest($2, $3, $4, $5, $6, $7)",
            parameters_of![self.store.get(), added, hashes, public, scopes, created, last_used],
        );
        self.tell_access_changed();
        Ok(())
    }

    async fn replace_stored_groups(
        &mut self,
        remove: &[GroupId],
        add: &[CustomerGroup],
    ) -> Result<(), StoreError> {
        self.replace_groups(remove, add).await
    }

    async fn replace_stored_extra_fields(
        &mut self,
        remove: &[ExtraFieldId],
        add: &[ExtraField],
    ) -> Result<(), StoreError> {
        self.replace_extra_fields(remove, add).await
    }

    async fn replace_stored_customers(
        &mut self,
        remove: &[CustomerId],
        add: &[StoredCustomer],
    ) -> Result<(), StoreError> {
        self.replace_customers(remove, add).await
    }

    async fn replace_stored_events(
        &mut self,
        after: Option<EventPlace>,
        last: Option<EventPlace>,
        events: &[Event],
    ) -> Result<Option<EventPlace>, StoreError> {
        self.lock_store().await?;
        let found = self
            .find(
                "find the last event",
                "SELECT recorded, event_id, event_type, entity_id, created
                   FROM events
                  WHERE store_id = $1
                  ORDER BY recorded DESC, event_id DESC
                  LIMIT 1",
                parameters_of![self.store.get()],
            )
            .await?;
        let found = found.as_ref().map(read_event).transpose()?.map(|event| event.place);
        if found != last {
            return Ok(None);
        }
        let after_all = after.unwrap_or(BEFORE_EVENTS);
        if after != last {
            self.write(
                "remove events",
                "DELETE FROM events WHERE store_id = $1 AND (recorded, event_id) > ($2, $3)",
                parameters_of![self.store.get(), after_all.recorded, after_all.number],
            );
        }
        let place = self.insert_events(events, after_all.recorded).await?;
        Ok(place.or(after))
    }
}

impl PostgresWriteTx<'_> {
    /// Has other copies to this store wait.
    pub(crate) async fn lock_store(&mut self) -> Result<(), StoreError> {
        let lock = self.access.lock(self.store, store_lock(self.store));
        self.run([lock]).await.map(|[_]| ())
    }

    /// Adds events with the next ids, recorded now but not before the ones that are there; `None` when there are none to
    /// add.
    async fn insert_events(
        &mut self,
        events: &[Event],
        not_before: i64,
    ) -> Result<Option<EventPlace>, StoreError> {
        if events.is_empty() {
            return Ok(None);
        }
        // A batch is some thousands.
        let number = i64::try_from(events.len()).unwrap_or(i64::MAX);
        let row = self
            .find(
                "number events",
                "UPDATE counters SET next_event_id = next_event_id + $2
                  WHERE store_id = $1
              RETURNING next_event_id - 1 AS last_event,
                        (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now",
                parameters_of![self.store.get(), number],
            )
            .await?;
        let row = row.ok_or_else(|| StoreError::Database {
            doing: "number events",
            source: format!("store {} has no counters", self.store).into(),
        })?;
        let place = Place { row: &row, table: "counters", key: format!("store {}", self.store) };
        let (last, now): (i64, i64) = (place.get("last_event")?, place.get("now")?);
        let recorded = now.max(not_before);
        let ids: Vec<i64> = (last + 1 - number..=last).collect();
        let types: Vec<i16> = events.iter().map(|event| i16::from(event.happening.code())).collect();
        let entities: Vec<i64> = events.iter().map(|event| event.happening.entity_id()).collect();
        let created: Vec<i64> = events.iter().map(|event| event.created.unix_seconds()).collect();
        self.write(
            "add events as they are",
            "INSERT INTO events (store_id, recorded, event_id, event_type, entity_id, created)
             SELECT $1, $2, * FROM unnest($3, $4, $5, $6)",
            parameters_of![self.store.get(), recorded, ids, types, entities, created],
        );
        Ok(Some(EventPlace { recorded, number: last }))
    }
}
