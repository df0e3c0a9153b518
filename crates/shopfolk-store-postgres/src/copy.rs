//! A store as it is, for copies: many rows a statement, in arrays.
//!
//! Ids are raised and events numbered in the counters themselves, not from the blocks of this node: a copy is the only
//! one that writes to its store.

use std::collections::HashMap;

use shopfolk_model::{
    AddressId, Contact, ContactId, Customer, CustomerGroup, CustomerId, CustomerName, Day, Event, ExtraField,
    ExtraFieldId, GroupId, Happening, OrderBy, OrderNumber, Store, Timestamp, TokenHash, TokenId, TokenKind,
};
use shopfolk_store::{
    CustomerLimit, EventPlace, NextIds, ReadCopy, StoreError, StoreSize, StoredCustomer, StoredEvent,
    StoredToken, WriteCopy, encode_customer,
};
use tokio_postgres::Row;

use crate::contacts::{read_contact, stored_text};
use crate::customers::read_customer;
use crate::parameter::parameters_of;
use crate::row::{Place, count};
use crate::search::stored_folded;
use crate::session::Step;
use crate::stores::store_lock;
use crate::tokens::read_token;
use crate::tx::{Access, PostgresTx, PostgresWriteTx};

/// Below every id.
const BEFORE_ALL: i64 = -1;
/// Before every event.
const BEFORE_EVENTS: EventPlace = EventPlace { recorded: i64::MIN, number: i64::MIN };

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

/// Reads `recorded, event_id, event_type, entity_id, created`.
fn read_event(row: &Row) -> Result<StoredEvent, StoreError> {
    let number: i64 = row.try_get("event_id").unwrap_or_default();
    let place = Place { row, table: "events", key: format!("event {number}") };
    let code: i16 = place.get("event_type")?;
    let happening = place.read("entity_id", |entity: i64| {
        let found = u8::try_from(code).ok().map(|code| Happening::from_stored(code, entity));
        found.transpose().map(Option::flatten)
    })?;
    let happening = happening.ok_or_else(|| StoreError::Corrupt {
        table: "events",
        column: "event_type",
        row: place.key.clone(),
        reason: format!("no type {code}"),
    })?;
    let created = place.read("created", Timestamp::from_unix_seconds)?;
    let recorded = place.get("recorded")?;
    Ok(StoredEvent { place: EventPlace { recorded, number }, event: Event { happening, created } })
}

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
        self.lock_store().await?;
        let added: Vec<i64> = add.iter().map(|customer| customer.customer.id.get()).collect();
        let removed = remove.iter().map(|id| id.get()).chain(added.iter().copied()).collect();
        let emails = add.iter().map(|customer| customer.customer.email.key()).collect();
        let references = add.iter().filter_map(external_reference).collect();
        let there = self.remove_customers(removed, emails, references).await?;
        self.raise_above(add);
        self.insert_customers(add);
        for stored in add {
            self.write_searched(&stored.customer);
            if stored.customer.orders.orders > 0 {
                self.put_statistics(stored.customer.id, &stored.customer.orders);
            }
        }
        self.insert_details(add)?;
        self.insert_extra_field_values(add);
        self.insert_contacts(add);
        if let Some(any) = remove.first().or(add.first().map(|first| &first.customer.id)) {
            // A part has some hundreds of customers.
            let difference = i64::try_from(add.len()).unwrap_or_default() - there;
            self.count_customers(*any, difference);
        }
        Ok(())
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

fn external_reference(stored: &StoredCustomer) -> Option<String> {
    stored.customer.details.external_reference.as_ref().map(ToString::to_string)
}

impl PostgresWriteTx<'_> {
    /// Has other copies to this store wait.
    pub(crate) async fn lock_store(&mut self) -> Result<(), StoreError> {
        let lock = self.access.lock(self.store, store_lock(self.store));
        self.run([lock]).await.map(|[_]| ())
    }

    /// Removes the customers with these ids or these keys of e-mails, and says how many were there.
    async fn remove_customers(
        &mut self,
        ids: Vec<i64>,
        email_keys: Vec<String>,
        references: Vec<String>,
    ) -> Result<i64, StoreError> {
        let rows = self
            .list(
                "find customers in the way of a copy",
                // One by one: as long as the database has not counted the rows that come, it thinks that all customers
                // of the store are few enough to look through.
                "SELECT there.customer_id
                   FROM unnest($2::bigint[]) AS wanted (id),
                        LATERAL (SELECT customer_id FROM customers
                                  WHERE store_id = $1 AND customer_id = wanted.id LIMIT 1) AS there
                  UNION ALL
                 SELECT there.customer_id
                   FROM unnest($3::text[]) AS wanted (email_key),
                        LATERAL (SELECT customer_id FROM customers
                                  WHERE store_id = $1 AND customers.email_key = wanted.email_key LIMIT 1) AS there
                  UNION ALL
                 SELECT there.customer_id
                   FROM unnest($4::text[]) AS wanted (reference),
                        LATERAL (SELECT customer_id FROM customer_details
                                  WHERE store_id = $1 AND external_reference = wanted.reference LIMIT 1) AS there",
                parameters_of![self.store.get(), ids, email_keys, references],
            )
            .await?;
        let there: Vec<i64> = rows.iter().filter_map(|row| row.try_get(0).ok()).collect();
        if there.is_empty() {
            return Ok(0);
        }
        self.write(
            "remove the contacts of customers",
            "DELETE FROM contacts WHERE store_id = $1 AND customer_id = ANY ($2)",
            parameters_of![self.store.get(), there.clone()],
        );
        self.leave_orders(there.clone());
        self.write(
            "remove the values of extra fields of customers",
            "DELETE FROM customer_extra_field_values WHERE store_id = $1 AND customer_id = ANY ($2)",
            parameters_of![self.store.get(), there.clone()],
        );
        self.write(
            "remove what searches look at of customers",
            "DELETE FROM customer_search WHERE store_id = $1 AND customer_id = ANY ($2)",
            parameters_of![self.store.get(), there.clone()],
        );
        self.write(
            "remove the details of customers",
            "DELETE FROM customer_details WHERE store_id = $1 AND customer_id = ANY ($2)",
            parameters_of![self.store.get(), there.clone()],
        );
        let removed = self
            .change(
                "remove customers",
                "DELETE FROM customers WHERE store_id = $1 AND customer_id = ANY ($2)",
                parameters_of![self.store.get(), there],
            )
            .await?;
        Ok(i64::try_from(removed).unwrap_or(i64::MAX))
    }

    /// Makes sure that no id of these customers and their contacts is ever given.
    fn raise_above(&mut self, customers: &[StoredCustomer]) {
        let customer = customers.iter().map(|stored| stored.customer.id.get()).max();
        let contacts = customers.iter().flat_map(|stored| &stored.contacts);
        let contact = contacts.map(|contact| contact.id.get()).max();
        let addresses = customers.iter().flat_map(|stored| stored.customer.addresses.addresses());
        let address = addresses.map(|address| address.id.get()).max();
        self.write(
            "raise the counters of customers and contacts",
            "UPDATE counters
                SET next_customer_id = greatest(next_customer_id, $2 + 1),
                    next_contact_id = greatest(next_contact_id, $3 + 1),
                    next_address_id = greatest(next_address_id, $4 + 1)
              WHERE store_id = $1",
            parameters_of![
                self.store.get(),
                customer.unwrap_or_default(),
                contact.unwrap_or_default(),
                address.unwrap_or_default()
            ],
        );
    }

    fn insert_customers(&mut self, add: &[StoredCustomer]) {
        let customers = || add.iter().map(|stored| &stored.customer);
        let ids: Vec<i64> = customers().map(|customer| customer.id.get()).collect();
        let emails: Vec<String> = customers().map(|customer| customer.email.to_string()).collect();
        let email_keys: Vec<String> = customers().map(|customer| customer.email.key()).collect();
        let names: Vec<Option<String>> =
            customers().map(|customer| customer.name.as_ref().map(CustomerName::to_string)).collect();
        let registered: Vec<i64> = customers().map(|customer| customer.registered.unix_seconds()).collect();
        let updated: Vec<i64> = customers().map(|customer| customer.updated.unix_seconds()).collect();
        // A customer has at most 500 contacts.
        let counts: Vec<i32> =
            add.iter().map(|stored| i32::try_from(stored.contacts.len()).unwrap_or(i32::MAX)).collect();
        let groups: Vec<i64> = customers().map(|customer| customer.group.get()).collect();
        let highest = |contacts: &[Contact]| contacts.iter().map(|contact| contact.order_by).max();
        let highest: Vec<Option<i32>> =
            add.iter().map(|stored| highest(&stored.contacts).map(OrderBy::get)).collect();
        self.write(
            "add customers as they are",
            "INSERT INTO customers (store_id, customer_id, email, email_key, name, registered, updated, contact_count,
                                    highest_order_by, group_id)
             SELECT $1, * FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10)",
            parameters_of![
                self.store.get(),
                ids,
                emails,
                email_keys,
                names,
                registered,
                updated,
                counts,
                highest,
                groups
            ],
        );
    }

    fn insert_details(&mut self, add: &[StoredCustomer]) -> Result<(), StoreError> {
        let (mut ids, mut references, mut documents) = (Vec::new(), Vec::new(), Vec::new());
        for stored in add {
            let Customer { id, details, addresses, .. } = &stored.customer;
            let document = encode_customer(details, addresses)
                .map_err(|error| StoreError::Database { doing: "encode a customer", source: error.into() })?;
            let reference = external_reference(stored);
            if document.is_some() || reference.is_some() {
                ids.push(id.get());
                references.push(reference);
                documents.push(document);
            }
        }
        if !ids.is_empty() {
            self.write(
                "add the details of customers as they are",
                "INSERT INTO customer_details (store_id, customer_id, external_reference, document)
                 SELECT $1, * FROM unnest($2, $3, $4)",
                parameters_of![self.store.get(), ids, references, documents],
            );
        }
        Ok(())
    }

    fn insert_extra_field_values(&mut self, add: &[StoredCustomer]) {
        let values = || {
            add.iter().flat_map(|stored| {
                stored
                    .customer
                    .extra_fields
                    .iter()
                    .map(move |(field, value)| (stored.customer.id, *field, value))
            })
        };
        let customers: Vec<i64> = values().map(|(customer, _, _)| customer.get()).collect();
        if customers.is_empty() {
            return;
        }
        let fields: Vec<i64> = values().map(|(_, field, _)| field.get()).collect();
        let texts: Vec<String> = values().map(|(_, _, value)| value.to_string()).collect();
        self.write(
            "add values of extra fields as they are",
            "INSERT INTO customer_extra_field_values (store_id, customer_id, extra_field_id, value)
             SELECT $1, * FROM unnest($2, $3, $4)",
            parameters_of![self.store.get(), customers, fields, texts],
        );
    }

    fn insert_contacts(&mut self, add: &[StoredCustomer]) {
        let contacts =
            || add.iter().flat_map(|stored| stored.contacts.iter().map(move |contact| (stored, contact)));
        let customers: Vec<i64> = contacts().map(|(stored, _)| stored.customer.id.get()).collect();
        if customers.is_empty() {
            return;
        }
        let ids: Vec<i64> = contacts().map(|(_, contact)| contact.id.get()).collect();
        let types: Vec<i16> =
            contacts().map(|(_, contact)| i16::from(contact.contact_type().code())).collect();
        let (keys, texts): (Vec<String>, Vec<Option<String>>) =
            contacts().map(|(_, contact)| stored_text(contact)).unzip();
        let handles: Vec<Option<String>> = contacts()
            .map(|(_, contact)| contact.handle.as_ref().map(|handle| handle.as_str().to_owned()))
            .collect();
        let notes: Vec<Option<String>> = contacts()
            .map(|(_, contact)| contact.note.as_ref().map(|note| note.as_str().to_owned()))
            .collect();
        let defaults: Vec<bool> = contacts().map(|(_, contact)| contact.default).collect();
        let places: Vec<i32> = contacts().map(|(_, contact)| contact.order_by.get()).collect();
        let times: Vec<i64> = contacts().map(|(_, contact)| contact.timestamp.unix_seconds()).collect();
        let folded: Vec<Option<String>> =
            contacts().map(|(_, contact)| stored_folded(contact.address.contact().as_str())).collect();
        self.write(
            "add contacts as they are",
            "INSERT INTO contacts (store_id, customer_id, contact_id, contact_type, contact_key, contact, handle, note,
                                   is_default, order_by, timestamp, folded)
             SELECT $1, * FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            parameters_of![
                self.store.get(),
                customers,
                ids,
                types,
                keys,
                texts,
                handles,
                notes,
                defaults,
                places,
                times,
                folded
            ],
        );
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
