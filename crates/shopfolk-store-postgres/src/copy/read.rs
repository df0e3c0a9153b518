//! What is read for a copy.

use std::collections::HashMap;

use shopfolk_model::{
    AddressId, ContactId, CustomerId, ExtraFieldId, GroupId, OrderNumber, TokenHash, TokenId,
};
use shopfolk_store::{
    CustomerLimit, EventPlace, NextIds, ReadCopy, StoreError, StoreSize, StoredCustomer, StoredEvent,
    StoredToken,
};
use tokio_postgres::Row;

use super::{BEFORE_EVENTS, read_event};
use crate::contacts::read_contact;
use crate::customers::read_customer;
use crate::parameter::parameters_of;
use crate::row::{Place, count};
use crate::session::Step;
use crate::tokens::read_token;
use crate::tx::{Access, PostgresTx};

/// Below every id.
const BEFORE_ALL: i64 = -1;

impl<A: Access> ReadCopy for PostgresTx<'_, A> {
    async fn estimate_size(&mut self) -> Result<StoreSize, StoreError> {
        let customers = Step::Run {
            what: "count the customers",
            sql: "SELECT coalesce(sum(customer_count), 0)::bigint FROM customer_counts WHERE store_id = $1",
            parameters: parameters_of![self.store.get()],
            touches: None,
        };
        let events = Step::Run {
            what: "estimate the events",
            sql: "SELECT next_event_id - 1 FROM counters WHERE store_id = $1",
            parameters: parameters_of![self.store.get()],
            touches: None,
        };
        let [customers, events] = self.run([Some(customers), Some(events)]).await?;
        Ok(StoreSize { customers: count(customers.rows.first()), events: count(events.rows.first()) })
    }

    async fn lookup_next_ids(&mut self) -> Result<NextIds, StoreError> {
        let row = self
            .find(
                "read the counters of ids",
                "SELECT next_token_id, next_customer_id, next_contact_id, next_address_id, next_group_id,
                        next_extra_field_id, next_order_number
                   FROM counters
                  WHERE store_id = $1",
                parameters_of![self.store.get()],
            )
            .await?;
        let row = row.ok_or_else(|| StoreError::Database {
            doing: "read the counters of ids",
            source: format!("store {} has no counters", self.store).into(),
        })?;
        let place = Place { row: &row, table: "counters", key: format!("store {}", self.store) };
        Ok(NextIds {
            token: place.read("next_token_id", TokenId::new)?,
            customer: place.read("next_customer_id", CustomerId::new)?,
            contact: place.read("next_contact_id", ContactId::new)?,
            address: place.read("next_address_id", AddressId::new)?,
            group: place.read("next_group_id", GroupId::new)?,
            extra_field: place.read("next_extra_field_id", ExtraFieldId::new)?,
            order: place.read("next_order_number", OrderNumber::new)?,
        })
    }

    async fn list_stored_tokens(
        &mut self,
        after: Option<TokenId>,
        limit: u32,
    ) -> Result<Vec<StoredToken>, StoreError> {
        let rows = self
            .list(
                "list the tokens with their hashes",
                "SELECT token_id, public, scopes, created AS token_created, last_used_day, hash
                   FROM tokens
                  WHERE store_id = $1 AND token_id > $2
                  ORDER BY token_id
                  LIMIT $3",
                parameters_of![self.store.get(), after.map_or(BEFORE_ALL, TokenId::get), i64::from(limit)],
            )
            .await?;
        let store = self.store;
        let token = |row: &Row| {
            let Some(record) = read_token(row, store)? else { return Ok(None) };
            let place = Place { row, table: "tokens", key: format!("store {store}, token {}", record.id) };
            let hash = place.read("hash", |bytes: &[u8]| bytes.try_into().map(TokenHash::from_stored))?;
            Ok(Some(StoredToken { record, hash }))
        };
        rows.iter().filter_map(|row| token(row).transpose()).collect()
    }

    async fn list_stored_customers(
        &mut self,
        after: Option<CustomerId>,
        limit: CustomerLimit,
    ) -> Result<Vec<StoredCustomer>, StoreError> {
        let rows = self
            .list(
                "list the customers for a copy",
                "SELECT customers.customer_id, email, name, registered, updated, contact_count, external_reference,
                        document, group_id,
                        (SELECT json_object_agg(extra_field_id, value)::text
                           FROM customer_extra_field_values AS extra
                          WHERE extra.store_id = customers.store_id AND extra.customer_id = customers.customer_id)
                        AS extra_fields, order_count, sales_value, first_order, last_order
                   FROM customers
                   LEFT JOIN customer_details ON customer_details.store_id = customers.store_id
                                             AND customer_details.customer_id = customers.customer_id
                   LEFT JOIN order_statistics ON order_statistics.store_id = customers.store_id
                                             AND order_statistics.customer_id = customers.customer_id
                  WHERE customers.store_id = $1 AND customers.customer_id > $2
                  ORDER BY customers.customer_id
                  LIMIT $3",
                parameters_of![
                    self.store.get(),
                    after.map_or(BEFORE_ALL, CustomerId::get),
                    i64::from(limit.customers)
                ],
            )
            .await?;
        let mut customers: Vec<StoredCustomer> = Vec::with_capacity(rows.len());
        let mut total = 0;
        for row in &rows {
            let place = Place { row, table: "customers", key: format!("store {}", self.store) };
            total += place.read("contact_count", |size: i32| u32::try_from(size))?;
            if total > limit.contacts && !customers.is_empty() {
                break;
            }
            customers.push(StoredCustomer { customer: read_customer(row)?, contacts: Vec::new() });
        }
        self.add_contacts(&mut customers).await?;
        Ok(customers)
    }

    async fn list_stored_events(
        &mut self,
        after: Option<EventPlace>,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let EventPlace { recorded, number } = after.unwrap_or(BEFORE_EVENTS);
        let rows = self
            .list(
                "list the events",
                "SELECT recorded, event_id, event_type, entity_id, created
                   FROM events
                  WHERE store_id = $1 AND (recorded, event_id) > ($2, $3)
                  ORDER BY recorded, event_id
                  LIMIT $4",
                parameters_of![self.store.get(), recorded, number, i64::from(limit)],
            )
            .await?;
        rows.iter().map(read_event).collect()
    }
}

impl<A: Access> PostgresTx<'_, A> {
    /// Adds the contacts to customers, which are in the order of their ids and all that there are in between.
    async fn add_contacts(&mut self, customers: &mut [StoredCustomer]) -> Result<(), StoreError> {
        let (Some(first), Some(last)) = (customers.first(), customers.last()) else { return Ok(()) };
        let rows = self
            .list(
                "list the contacts of customers for a copy",
                "SELECT customer_id, contact_id, contact_type, coalesce(contact, contact_key) AS contact, handle, note,
                        is_default, order_by, timestamp
                   FROM contacts
                  WHERE store_id = $1 AND customer_id BETWEEN $2 AND $3",
                parameters_of![self.store.get(), first.customer.id.get(), last.customer.id.get()],
            )
            .await?;
        let mut places: HashMap<CustomerId, &mut StoredCustomer> =
            customers.iter_mut().map(|customer| (customer.customer.id, customer)).collect();
        for row in &rows {
            let place = Place { row, table: "contacts", key: format!("store {}", self.store) };
            if let Some(customer) = places.get_mut(&place.read("customer_id", CustomerId::new)?) {
                customer.contacts.push(read_contact(row)?);
            }
        }
        for customer in customers {
            customer.contacts.sort_unstable_by_key(|contact| contact.id);
        }
        Ok(())
    }
}
