//! Customers.

use rusqlite::{Row, params};
use shopfolk_model::{
    AddressId, Customer, CustomerId, CustomerName, DeletedCustomer, EmailAddress, ExternalReferenceId,
    ExtraFieldValues, GroupId, Money, OrderStatistics, StoreId, Timestamp,
};
use shopfolk_store::{
    InvalidDocument, Page, PageRequest, ReadCustomers, StoreError, WriteCustomers, decode_customer,
    decode_extra_fields, encode_customer,
};

use crate::recent::RecentContact;
use crate::row::Place;
use crate::settle::settle_customer;
use crate::stores::offset;
use crate::tx::{Access, SqliteTx, SqliteWriteTx};

/// `customer_id, email, name, registered, updated, settled_through, external_reference, document, group_id` and the
/// values of extra fields as a JSON object, `order_count, sales_value, first_order, last_order`, in this order.
pub(crate) struct CustomerRow {
    id: i64,
    email: String,
    name: Option<String>,
    registered: i64,
    updated: i64,
    pub(crate) settled_through: i64,
    external_reference: Option<String>,
    document: Option<String>,
    group: i64,
    extra_fields: String,
    orders: Option<[i64; 4]>,
}

impl CustomerRow {
    pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            email: row.get(1)?,
            name: row.get(2)?,
            registered: row.get(3)?,
            updated: row.get(4)?,
            settled_through: row.get(5)?,
            external_reference: row.get(6)?,
            document: row.get(7)?,
            group: row.get(8)?,
            extra_fields: row.get(9)?,
            orders: match row.get(10)? {
                None => None,
                Some(count) => Some([count, row.get(11)?, row.get(12)?, row.get(13)?]),
            },
        })
    }

    pub(crate) fn id(&self, store: StoreId) -> Result<CustomerId, StoreError> {
        self.place(store).value("customer_id", CustomerId::new(self.id))
    }

    fn place(&self, store: StoreId) -> Place {
        Place { table: "customers", row: format!("store {store}, customer {}", self.id) }
    }

    /// The customer in the row, whose recent contacts these are.
    pub(crate) fn customer(self, store: StoreId, recent: &[RecentContact]) -> Result<Customer, StoreError> {
        let place = self.place(store);
        let updated = place.value("updated", Timestamp::from_unix_seconds(self.updated))?;
        let details = decode_customer(self.document.as_deref(), self.external_reference.as_deref());
        let (details, addresses) =
            Place { table: "customer_details", row: place.row.clone() }.value("document", details)?;
        Ok(Customer {
            id: self.id(store)?,
            email: place.value("email", EmailAddress::new(&self.email))?,
            name: place.value("name", self.name.map(|name| CustomerName::new(&name)).transpose())?,
            registered: place.value("registered", Timestamp::from_unix_seconds(self.registered))?,
            updated: recent.last().map_or(updated, |last| last.updated),
            details,
            addresses,
            group: place.value("group_id", GroupId::new(self.group))?,
            extra_fields: place.value("extra_fields", extra_fields(&self.extra_fields))?,
            orders: self.orders.map(|columns| statistics(&place, columns)).transpose()?.unwrap_or_default(),
        })
    }
}

fn statistics(place: &Place, [count, sales, first, last]: [i64; 4]) -> Result<OrderStatistics, StoreError> {
    Ok(OrderStatistics {
        orders: count.unsigned_abs(),
        sales: Money::from_units(sales),
        first: Some(place.value("first_order", Timestamp::from_unix_seconds(first))?),
        last: Some(place.value("last_order", Timestamp::from_unix_seconds(last))?),
    })
}

/// Most customers have none: then nothing is parsed.
fn extra_fields(object: &str) -> Result<ExtraFieldValues, InvalidDocument> {
    if object == "{}" { Ok(ExtraFieldValues::new()) } else { decode_extra_fields(object) }
}

impl<A: Access> SqliteTx<'_, A> {
    /// The customer with this id.
    pub(crate) fn customer_now(&self, id: CustomerId) -> Result<Option<Customer>, StoreError> {
        self.find(
            "find a customer",
            "SELECT customer_id, email, name, registered, updated, settled_through, external_reference, document,
                    group_id,
                    (SELECT json_group_object(extra_field_id, value)
                       FROM customer_extra_field_values AS extra
                      WHERE extra.store_id = ?1 AND extra.customer_id = customers.customer_id),
                    order_count, sales_value, first_order, last_order
               FROM customers
               LEFT JOIN customer_details USING (store_id, customer_id)
               LEFT JOIN order_statistics USING (store_id, customer_id)
              WHERE store_id = ?1 AND customer_id = ?2",
            (self.store.get(), id.get()),
            CustomerRow::read,
        )?
        .map(|row| self.customer(row))
        .transpose()
    }

    fn customer(&self, row: CustomerRow) -> Result<Customer, StoreError> {
        let key = self.key(row.id(self.store)?);
        let recent = self.access.recent_contacts(self.connection, key, row.settled_through)?;
        row.customer(self.store, &recent)
    }
}

impl<A: Access> ReadCustomers for SqliteTx<'_, A> {
    async fn lookup_customer(&mut self, id: CustomerId) -> Result<Option<Customer>, StoreError> {
        self.customer_now(id)
    }

    async fn find_customers(&mut self, ids: &[CustomerId]) -> Result<Vec<Customer>, StoreError> {
        ids.iter().filter_map(|&id| self.customer_now(id).transpose()).collect()
    }

    async fn find_customer_by_email(
        &mut self,
        email: &EmailAddress,
    ) -> Result<Option<CustomerId>, StoreError> {
        let found: Option<i64> = self.find(
            "find a customer by e-mail",
            "SELECT customer_id FROM customers WHERE store_id = ?1 AND email_key = ?2",
            (self.store.get(), email.key()),
            |row| row.get(0),
        )?;
        let place = Place { table: "customers", row: format!("store {}, by e-mail", self.store) };
        found.map(|id| place.value("customer_id", CustomerId::new(id))).transpose()
    }

    async fn find_customer_by_external_reference(
        &mut self,
        reference: &ExternalReferenceId,
    ) -> Result<Option<CustomerId>, StoreError> {
        let found: Option<i64> = self.find(
            "find a customer by external reference",
            "SELECT customer_id FROM customer_details WHERE store_id = ?1 AND external_reference = ?2",
            (self.store.get(), reference.as_str()),
            |row| row.get(0),
        )?;
        let place = Place { table: "customer_details", row: format!("store {}, by reference", self.store) };
        found.map(|id| place.value("customer_id", CustomerId::new(id))).transpose()
    }

    async fn list_deleted_customers(
        &mut self,
        from: Timestamp,
        to: Timestamp,
        page: PageRequest,
    ) -> Result<Page<DeletedCustomer>, StoreError> {
        let (from, to) = (from.unix_seconds(), to.unix_seconds());
        let total: Option<i64> = self.find(
            "count the deleted customers",
            "SELECT count(*) FROM events WHERE store_id = ?1 AND event_type = 3 AND created BETWEEN ?2 AND ?3",
            (self.store.get(), from, to),
            |row| row.get(0),
        )?;
        let rows: Vec<(i64, i64)> = self.list(
            "list the deleted customers",
            "SELECT entity_id, created
               FROM events
              WHERE store_id = ?1 AND event_type = 3 AND created BETWEEN ?2 AND ?3
              ORDER BY created, entity_id
              LIMIT ?4 OFFSET ?5",
            (self.store.get(), from, to, page.limit, offset(page)),
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        let place = Place { table: "events", row: format!("store {}, a deletion", self.store) };
        let deleted = |(id, deleted): (i64, i64)| {
            Ok(DeletedCustomer {
                id: place.value("entity_id", CustomerId::new(id))?,
                deleted: place.value("created", Timestamp::from_unix_seconds(deleted))?,
            })
        };
        let items = rows.into_iter().map(deleted).collect::<Result<_, StoreError>>()?;
        Ok(Page { total: total.unwrap_or_default().unsigned_abs(), items })
    }

    async fn list_customers(&mut self, page: PageRequest) -> Result<Page<Customer>, StoreError> {
        let total: Option<i64> = self.find(
            "count the customers",
            "SELECT customer_count FROM counters WHERE store_id = ?1",
            [self.store.get()],
            |row| row.get(0),
        )?;
        let rows = self.list(
            "list the customers",
            "SELECT customer_id, email, name, registered, updated, settled_through, external_reference, document,
                    group_id,
                    (SELECT json_group_object(extra_field_id, value)
                       FROM customer_extra_field_values AS extra
                      WHERE extra.store_id = ?1 AND extra.customer_id = customers.customer_id),
                    order_count, sales_value, first_order, last_order
               FROM customers
               LEFT JOIN customer_details USING (store_id, customer_id)
               LEFT JOIN order_statistics USING (store_id, customer_id)
              WHERE store_id = ?1
                AND customer_id IN (SELECT customer_id FROM customers
                                     WHERE store_id = ?1 ORDER BY customer_id LIMIT ?2 OFFSET ?3)
              ORDER BY customer_id",
            (self.store.get(), page.limit, offset(page)),
            CustomerRow::read,
        )?;
        let items = rows.into_iter().map(|row| self.customer(row)).collect::<Result<_, _>>()?;
        Ok(Page { total: total.unwrap_or_default().unsigned_abs(), items })
    }
}

impl WriteCustomers for SqliteWriteTx<'_> {
    async fn next_customer_id(&mut self) -> Result<CustomerId, StoreError> {
        self.counters()?.next_customer()
    }

    async fn next_address_id(&mut self) -> Result<AddressId, StoreError> {
        self.counters()?.next_address()
    }

    async fn add_customer(&mut self, customer: &Customer) -> Result<(), StoreError> {
        self.change(
            "add a customer",
            "INSERT INTO customers (store_id, customer_id, email, email_key, name, registered, updated, contact_count,
                                    highest_order_by, settled_through, group_id)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, NULL, 0, ?8)",
            params![
                self.store.get(),
                customer.id.get(),
                customer.email.as_str(),
                customer.email.key(),
                customer.name.as_ref().map(CustomerName::as_str),
                customer.registered.unix_seconds(),
                customer.updated.unix_seconds(),
                customer.group.get(),
            ],
        )?;
        self.add_details(customer)?;
        self.note_changed(customer.id)?;
        self.access.created = Some(customer.id);
        let counters = self.counters()?;
        counters.count_customer();
        counters.raise_customer(customer.id)
    }

    async fn change_customer(&mut self, customer: &Customer) -> Result<(), StoreError> {
        // Settled first, because the recent contacts have a say in when the customer was updated.
        settle_customer(self.connection, self.access.recent, self.key(customer.id), self.access.batch)?;
        self.change(
            "change a customer",
            "UPDATE customers SET email = ?3, email_key = ?4, name = ?5, updated = ?6, group_id = ?7
              WHERE store_id = ?1 AND customer_id = ?2",
            params![
                self.store.get(),
                customer.id.get(),
                customer.email.as_str(),
                customer.email.key(),
                customer.name.as_ref().map(CustomerName::as_str),
                customer.updated.unix_seconds(),
                customer.group.get(),
            ],
        )?;
        self.note_changed(customer.id)?;
        self.remove_details(customer.id)?;
        self.add_details(customer)
    }

    async fn remove_customer(&mut self, id: CustomerId) -> Result<bool, StoreError> {
        // Settled first, so that nothing of the customer is left among the recent contacts.
        settle_customer(self.connection, self.access.recent, self.key(id), self.access.batch)?;
        self.change(
            "remove the contacts of a customer",
            "DELETE FROM contacts WHERE store_id = ?1 AND customer_id = ?2",
            (self.store.get(), id.get()),
        )?;
        self.remove_details(id)?;
        self.leave_orders(id)?;
        let removed = self.change(
            "remove a customer",
            "DELETE FROM customers WHERE store_id = ?1 AND customer_id = ?2",
            (self.store.get(), id.get()),
        )?;
        if removed == 1 {
            self.note_changed(id)?;
            self.counters()?.discount_customer();
        }
        Ok(removed == 1)
    }
}

impl SqliteWriteTx<'_> {
    /// Keeps what is known of a customer besides the row in `customers`, if anything is.
    pub(crate) fn add_details(&mut self, customer: &Customer) -> Result<(), StoreError> {
        let Customer { id, details, addresses, extra_fields, .. } = customer;
        for (field, value) in extra_fields {
            self.change(
                "write the value of an extra field",
                "INSERT INTO customer_extra_field_values (store_id, customer_id, extra_field_id, value)
                 VALUES (?1, ?2, ?3, ?4)",
                (self.store.get(), id.get(), field.get(), value.as_str()),
            )?;
        }
        let document = encode_customer(details, addresses)
            .map_err(|error| StoreError::Database { doing: "encode a customer", source: error.into() })?;
        if let Some(highest) = addresses.addresses().iter().map(|address| address.id).max() {
            self.counters()?.raise_address(highest)?;
        }
        if document.is_none() && details.external_reference.is_none() {
            return Ok(());
        }
        self.change(
            "write the details of a customer",
            "INSERT INTO customer_details (store_id, customer_id, external_reference, document)
             VALUES (?1, ?2, ?3, ?4)",
            params![
                self.store.get(),
                id.get(),
                details.external_reference.as_ref().map(ExternalReferenceId::as_str),
                document,
            ],
        )?;
        Ok(())
    }

    fn remove_details(&mut self, id: CustomerId) -> Result<(), StoreError> {
        self.change(
            "remove the details of a customer",
            "DELETE FROM customer_details WHERE store_id = ?1 AND customer_id = ?2",
            (self.store.get(), id.get()),
        )?;
        self.change(
            "remove the values of extra fields of a customer",
            "DELETE FROM customer_extra_field_values WHERE store_id = ?1 AND customer_id = ?2",
            (self.store.get(), id.get()),
        )?;
        Ok(())
    }
}
