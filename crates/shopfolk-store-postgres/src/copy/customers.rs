//! Customers with all that is theirs, as a copy writes them.

use shopfolk_model::{Contact, Customer, CustomerId, CustomerName, OrderBy};
use shopfolk_store::{StoreError, StoredCustomer, encode_customer};

use crate::contacts::stored_text;
use crate::parameter::parameters_of;
use crate::search::stored_folded;
use crate::tx::PostgresWriteTx;

impl PostgresWriteTx<'_> {
    /// Removes customers, adds others with their ids, and whoever is in their way goes.
    pub(super) async fn replace_customers(
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
}

fn external_reference(stored: &StoredCustomer) -> Option<String> {
    stored.customer.details.external_reference.as_ref().map(ToString::to_string)
}
