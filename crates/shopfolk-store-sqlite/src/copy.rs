//! A store as it is, for copies.
//!
//! Contacts are written straight to `contacts`, beside the others of their customer: a copy comes in that order anyway.

use std::collections::HashMap;

use rusqlite::params;
use shopfolk_model::{
    Contact, Customer, CustomerGroup, CustomerId, CustomerName, Event, ExternalReferenceId, ExtraField,
    ExtraFieldId, GroupId, Happening, OrderBy, SearchedCustomer, Store, Timestamp, TokenHash, TokenId,
};
use shopfolk_store::{
    CustomerLimit, EventPlace, NextIds, ReadCopy, StoreError, StoreSize, StoredCustomer, StoredEvent,
    StoredToken, WriteCopy, WriteCustomers, WriteEvents, WriteTokens,
};

use crate::counters::read_next;
use crate::customers::CustomerRow;
use crate::recent::RecentContact;
use crate::row::{ContactRow, Place};
use crate::settle::insert_contact;
use crate::tokens::TokenRow;
use crate::tx::{Access, SqliteTx, SqliteWriteTx};

/// Below every id and every number.
const BEFORE_ALL: i64 = -1;

impl<A: Access> ReadCopy for SqliteTx<'_, A> {
    async fn estimate_size(&mut self) -> Result<StoreSize, StoreError> {
        Ok(read_next(self.connection, self.store)?.1)
    }

    async fn lookup_next_ids(&mut self) -> Result<NextIds, StoreError> {
        Ok(read_next(self.connection, self.store)?.0)
    }

    async fn list_stored_tokens(
        &mut self,
        after: Option<TokenId>,
        limit: u32,
    ) -> Result<Vec<StoredToken>, StoreError> {
        let rows = self.list(
            "list the tokens with their hashes",
            "SELECT token_id, public, scopes, created, last_used_day, hash
               FROM tokens
              WHERE store_id = ?1 AND token_id > ?2
              ORDER BY token_id
              LIMIT ?3",
            (self.store.get(), after.map_or(BEFORE_ALL, TokenId::get), limit),
            |row| Ok((TokenRow::read(row)?, TokenHash::from_stored(row.get(5)?))),
        )?;
        rows.into_iter().map(|(row, hash)| Ok(StoredToken { record: row.token(self.store)?, hash })).collect()
    }

    async fn list_stored_customers(
        &mut self,
        after: Option<CustomerId>,
        limit: CustomerLimit,
    ) -> Result<Vec<StoredCustomer>, StoreError> {
        let rows = self.list(
            "list the customers for a copy",
            "SELECT customer_id, email, name, registered, updated, settled_through, external_reference, document,
                    group_id,
                    (SELECT json_group_object(extra_field_id, value)
                       FROM customer_extra_field_values AS extra
                      WHERE extra.store_id = ?1 AND extra.customer_id = customers.customer_id),
                    order_count, sales_value, first_order, last_order, contact_count
               FROM customers
               LEFT JOIN customer_details USING (store_id, customer_id)
               LEFT JOIN order_statistics USING (store_id, customer_id)
              WHERE store_id = ?1 AND customer_id > ?2
              ORDER BY customer_id
              LIMIT ?3",
            (self.store.get(), after.map_or(BEFORE_ALL, CustomerId::get), limit.customers),
            |row| Ok((CustomerRow::read(row)?, row.get(14)?)),
        )?;
        self.with_contacts(rows, limit.contacts)
    }

    async fn list_stored_events(
        &mut self,
        after: Option<EventPlace>,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let rows = self.list(
            "list the events",
            "SELECT sequence, event_type, entity_id, created
               FROM events
              WHERE store_id = ?1 AND sequence > ?2
              ORDER BY sequence
              LIMIT ?3",
            (self.store.get(), after.map_or(BEFORE_ALL, |after| after.number), limit),
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
        )?;
        rows.into_iter().map(|row| self.event(row)).collect()
    }
}

impl<A: Access> SqliteTx<'_, A> {
    /// The customers in these rows, each with the number of its settled contacts, and all their contacts; as many of
    /// them as fit.
    fn with_contacts(
        &self,
        rows: Vec<(CustomerRow, u32)>,
        most_contacts: u32,
    ) -> Result<Vec<StoredCustomer>, StoreError> {
        let keys: Vec<_> = rows
            .iter()
            .map(|(row, _)| Ok((row.id(self.store)?, row.settled_through)))
            .collect::<Result<_, StoreError>>()?;
        let mut recent = self.access.recent_contacts_of_many(self.connection, self.store, &keys)?;
        let mut customers: Vec<StoredCustomer> = Vec::with_capacity(rows.len());
        let mut total = 0;
        for ((row, settled), (id, _)) in rows.into_iter().zip(keys) {
            let recent: Vec<RecentContact> = recent.remove(&id).unwrap_or_default();
            total += settled as usize + recent.len();
            if total > most_contacts as usize && !customers.is_empty() {
                break;
            }
            let customer = row.customer(self.store, &recent)?;
            let contacts = recent.iter().map(|recent| Contact::clone(&recent.contact)).collect();
            customers.push(StoredCustomer { customer, contacts });
        }
        self.add_settled_contacts(&mut customers)?;
        for customer in &mut customers {
            customer.contacts.sort_unstable_by_key(|contact| contact.id);
        }
        Ok(customers)
    }

    /// Adds to customers, which are in the order of their ids and all that there are in between, what `contacts` holds.
    fn add_settled_contacts(&self, customers: &mut [StoredCustomer]) -> Result<(), StoreError> {
        let (Some(first), Some(last)) = (customers.first(), customers.last()) else { return Ok(()) };
        let range = (self.store.get(), first.customer.id.get(), last.customer.id.get());
        let rows = self.list(
            "list the contacts of customers for a copy",
            "SELECT contact_id, contact_type, coalesce(contact, contact_key), handle, note, is_default, order_by,
                    timestamp, customer_id
               FROM contacts
              WHERE store_id = ?1 AND customer_id BETWEEN ?2 AND ?3",
            range,
            |row| Ok((ContactRow::read(row, 0)?, row.get::<_, i64>(8)?)),
        )?;
        let mut places: HashMap<i64, &mut StoredCustomer> =
            customers.iter_mut().map(|customer| (customer.customer.id.get(), customer)).collect();
        for (row, of) in rows {
            let contact = row.contact("contacts")?;
            if let Some(customer) = places.get_mut(&of) {
                customer.contacts.push(contact);
            }
        }
        Ok(())
    }

    fn event(&self, (number, code, entity, created): (i64, u8, i64, i64)) -> Result<StoredEvent, StoreError> {
        let place = Place { table: "events", row: format!("store {}, event {number}", self.store) };
        let happening = place.value("entity_id", Happening::from_stored(code, entity))?;
        let happening = place.value("event_type", happening.ok_or_else(|| format!("no type {code}")))?;
        let created = place.value("created", Timestamp::from_unix_seconds(created))?;
        Ok(StoredEvent { place: at(number), event: Event { happening, created } })
    }
}

/// The place of the event with this number.
const fn at(number: i64) -> EventPlace {
    EventPlace { recorded: 0, number }
}

impl WriteCopy for SqliteWriteTx<'_> {
    async fn put_store(&mut self, store: &Store) -> Result<(), StoreError> {
        self.change(
            "write a store as it is",
            "INSERT INTO stores (store_id, name, suspended, created) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (store_id) DO UPDATE SET name = ?2, suspended = ?3, created = ?4",
            params![self.store.get(), store.name.as_str(), store.suspended, store.created.unix_seconds()],
        )?;
        Ok(())
    }

    async fn raise_next_ids(&mut self, next: NextIds) -> Result<(), StoreError> {
        self.access.wrote = true;
        self.counters()?.raise_all(next);
        Ok(())
    }

    async fn replace_stored_tokens(
        &mut self,
        remove: &[TokenId],
        add: &[StoredToken],
    ) -> Result<(), StoreError> {
        for &id in remove {
            self.remove_token(id).await?;
        }
        for token in add {
            let in_the_way: Vec<i64> = self.list(
                "find tokens in the way of a copy",
                "SELECT token_id FROM tokens WHERE store_id = ?1 AND token_id = ?2
                  UNION ALL
                 SELECT token_id FROM tokens WHERE store_id = ?1 AND hash = ?3",
                (self.store.get(), token.record.id.get(), token.hash.as_bytes().as_slice()),
                |row| row.get(0),
            )?;
            for id in in_the_way.into_iter().flat_map(TokenId::new) {
                self.remove_token(id).await?;
            }
            self.add_token(token.hash, &token.record).await?;
        }
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
        for &id in remove {
            self.remove_customer(id).await?;
        }
        for customer in add {
            self.insert_customer(customer).await?;
        }
        Ok(())
    }

    async fn replace_stored_events(
        &mut self,
        after: Option<EventPlace>,
        last: Option<EventPlace>,
        events: &[Event],
    ) -> Result<Option<EventPlace>, StoreError> {
        let number = |place: Option<EventPlace>| place.map_or(0, |place| place.number);
        if self.counters()?.last_event() != number(last) {
            return Ok(None);
        }
        if after != last {
            self.change(
                "remove events",
                "DELETE FROM events WHERE store_id = ?1 AND sequence > ?2",
                (self.store.get(), number(after)),
            )?;
            self.counters()?.go_back_to_event(number(after))?;
        }
        for event in events {
            self.append_event(event).await?;
        }
        Ok(Some(at(self.counters()?.last_event())))
    }
}

impl SqliteWriteTx<'_> {
    async fn insert_customer(
        &mut self,
        StoredCustomer { customer, contacts }: &StoredCustomer,
    ) -> Result<(), StoreError> {
        let counters = self.counters()?;
        counters.count_customer();
        counters.raise_customer(customer.id)?;
        if let Some(highest) = contacts.iter().map(|contact| contact.id).max() {
            counters.raise_contact(highest)?;
        }
        // Mostly nothing is in the way, so nobody looks before something is.
        if customer.details.external_reference.is_some() || !self.insert_row(customer, contacts)? {
            self.remove_what_is_in_the_way(customer).await?;
            if !self.insert_row(customer, contacts)? {
                let rule = format!("customer {} of store {} cannot be written", customer.id, self.store);
                return Err(StoreError::Conflict { rule });
            }
        }
        self.add_details(customer)?;
        self.put_statistics(customer.id, &customer.orders)?;
        self.note_changed(customer.id)?;
        // In the order of the table, so that each page is visited once.
        let mut contacts: Vec<&Contact> = contacts.iter().collect();
        contacts.sort_by_cached_key(|contact| (contact.contact_type().code(), contact.address.key()));
        for contact in &contacts {
            insert_contact(self.connection, self.key(customer.id), contact)?;
        }
        let searched = SearchedCustomer::with_contacts(customer, contacts.into_iter());
        self.access.backlog.keep_fresh(self.store, searched);
        Ok(())
    }

    /// Writes the row of a customer, unless another one has its id or its e-mail address.
    fn insert_row(&mut self, customer: &Customer, contacts: &[Contact]) -> Result<bool, StoreError> {
        // Above whatever settled row of a former customer with this id still lies among the recent contacts, and below
        // every contact that is yet to come.
        let settled_through = self.counters()?.next_ids().contact.get() - 1;
        let inserted = self.change(
            "add a customer as it is",
            "INSERT INTO customers (store_id, customer_id, email, email_key, name, registered, updated, contact_count,
                                    highest_order_by, settled_through, group_id)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
                 ON CONFLICT DO NOTHING",
            params![
                self.store.get(),
                customer.id.get(),
                customer.email.as_str(),
                customer.email.key(),
                customer.name.as_ref().map(CustomerName::as_str),
                customer.registered.unix_seconds(),
                customer.updated.unix_seconds(),
                // A customer has at most 500.
                u32::try_from(contacts.len()).unwrap_or(u32::MAX),
                contacts.iter().map(|contact| contact.order_by).max().map(OrderBy::get),
                settled_through,
                customer.group.get(),
            ],
        )?;
        Ok(inserted == 1)
    }

    /// Removes customers with the id, the e-mail address or the external reference of this one.
    async fn remove_what_is_in_the_way(&mut self, customer: &Customer) -> Result<(), StoreError> {
        let in_the_way: Vec<i64> = self.list(
            "find customers in the way of a copy",
            "SELECT customer_id FROM customers WHERE store_id = ?1 AND customer_id = ?2
              UNION ALL
             SELECT customer_id FROM customers WHERE store_id = ?1 AND email_key = ?3
              UNION ALL
             SELECT customer_id FROM customer_details WHERE store_id = ?1 AND external_reference = ?4",
            params![
                self.store.get(),
                customer.id.get(),
                customer.email.key(),
                customer.details.external_reference.as_ref().map(ExternalReferenceId::as_str),
            ],
            |row| row.get(0),
        )?;
        for id in in_the_way.into_iter().flat_map(CustomerId::new) {
            self.remove_customer(id).await?;
        }
        Ok(())
    }
}
