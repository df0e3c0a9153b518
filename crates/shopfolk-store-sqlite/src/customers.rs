//! Customers.

use rusqlite::{Row, params};
use shopfolk_model::{Customer, CustomerId, CustomerName, EmailAddress, StoreId, Timestamp};
use shopfolk_store::{Page, PageRequest, ReadCustomers, StoreError, WriteCustomers};

use crate::recent::RecentContact;
use crate::row::Place;
use crate::settle::settle_customer;
use crate::stores::offset;
use crate::tx::{Access, SqliteTx, SqliteWriteTx};

/// `customer_id, email, name, registered, updated, settled_through`, in this order.
pub(crate) struct CustomerRow {
    id: i64,
    email: String,
    name: Option<String>,
    registered: i64,
    updated: i64,
    pub(crate) settled_through: i64,
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
        Ok(Customer {
            id: self.id(store)?,
            email: place.value("email", EmailAddress::new(&self.email))?,
            name: place.value("name", self.name.map(|name| CustomerName::new(&name)).transpose())?,
            registered: place.value("registered", Timestamp::from_unix_seconds(self.registered))?,
            updated: recent.last().map_or(updated, |last| last.updated),
        })
    }
}

impl<A: Access> SqliteTx<'_, A> {
    fn customer(&self, row: CustomerRow) -> Result<Customer, StoreError> {
        let key = self.key(row.id(self.store)?);
        let recent = self.access.recent_contacts(self.connection, key, row.settled_through)?;
        row.customer(self.store, &recent)
    }
}

impl<A: Access> ReadCustomers for SqliteTx<'_, A> {
    async fn lookup_customer(&mut self, id: CustomerId) -> Result<Option<Customer>, StoreError> {
        self.find(
            "find a customer",
            "SELECT customer_id, email, name, registered, updated, settled_through
               FROM customers
              WHERE store_id = ?1 AND customer_id = ?2",
            (self.store.get(), id.get()),
            CustomerRow::read,
        )?
        .map(|row| self.customer(row))
        .transpose()
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

    async fn list_customers(&mut self, page: PageRequest) -> Result<Page<Customer>, StoreError> {
        let total: Option<i64> = self.find(
            "count the customers",
            "SELECT customer_count FROM counters WHERE store_id = ?1",
            [self.store.get()],
            |row| row.get(0),
        )?;
        let rows = self.list(
            "list the customers",
            "SELECT customer_id, email, name, registered, updated, settled_through
               FROM customers
              WHERE store_id = ?1
              ORDER BY customer_id
              LIMIT ?2 OFFSET ?3",
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

    async fn add_customer(&mut self, customer: &Customer) -> Result<(), StoreError> {
        self.change(
            "add a customer",
            "INSERT INTO customers (store_id, customer_id, email, email_key, name, registered, updated, contact_count,
                                    highest_order_by, settled_through)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, NULL, 0)",
            params![
                self.store.get(),
                customer.id.get(),
                customer.email.as_str(),
                customer.email.key(),
                customer.name.as_ref().map(CustomerName::as_str),
                customer.registered.unix_seconds(),
                customer.updated.unix_seconds(),
            ],
        )?;
        self.access.created = Some(customer.id);
        let counters = self.counters()?;
        counters.count_customer();
        counters.raise_customer(customer.id)
    }

    async fn remove_customer(&mut self, id: CustomerId) -> Result<bool, StoreError> {
        // Settled first, so that nothing of the customer is left among the recent contacts.
        settle_customer(self.connection, self.access.recent, self.key(id), self.access.batch)?;
        self.change(
            "remove the contacts of a customer",
            "DELETE FROM contacts WHERE store_id = ?1 AND customer_id = ?2",
            (self.store.get(), id.get()),
        )?;
        let removed = self.change(
            "remove a customer",
            "DELETE FROM customers WHERE store_id = ?1 AND customer_id = ?2",
            (self.store.get(), id.get()),
        )?;
        if removed == 1 {
            self.counters()?.discount_customer();
        }
        Ok(removed == 1)
    }
}
