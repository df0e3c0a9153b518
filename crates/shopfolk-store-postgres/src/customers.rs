//! Customers.

use std::collections::HashMap;

use shopfolk_model::{
    AddressId, Customer, CustomerId, CustomerName, DeletedCustomer, EmailAddress, ExternalReferenceId,
    GroupId, Money, OrderStatistics, Timestamp,
};
use shopfolk_store::{
    Page, PageRequest, ReadCustomers, StoreError, WriteCustomers, decode_customer, decode_extra_fields,
    encode_customer,
};
use tokio_postgres::Row;

use crate::ids::Kind;
use crate::parameter::parameters_of;
use crate::row::{Place, count};
use crate::session::Step;
use crate::stores::{lock_for, offset};
use crate::tx::{Access, Lock, PostgresTx, PostgresWriteTx};

/// In how many parts the customers of a store are counted.
const COUNT_PARTS: i64 = 16;

/// Reads `customer_id, email, name, registered, updated, external_reference, document, group_id, extra_fields, order_count,
/// sales_value, first_order, last_order`.
pub(crate) fn read_customer(row: &Row) -> Result<Customer, StoreError> {
    let id: i64 = row.try_get("customer_id").unwrap_or_default();
    let place = Place { row, table: "customers", key: format!("customer {id}") };
    let external_reference: Option<&str> = place.get("external_reference")?;
    let (details, addresses) =
        place.read("document", |document: Option<&str>| decode_customer(document, external_reference))?;
    Ok(Customer {
        id: place.read("customer_id", CustomerId::new)?,
        email: place.read("email", |text: &str| EmailAddress::new(text))?,
        name: place.read("name", |text: Option<&str>| text.map(CustomerName::new).transpose())?,
        registered: place.read("registered", Timestamp::from_unix_seconds)?,
        updated: place.read("updated", Timestamp::from_unix_seconds)?,
        details,
        addresses,
        group: place.read("group_id", GroupId::new)?,
        extra_fields: place.read("extra_fields", |object: Option<&str>| {
            object.map(decode_extra_fields).transpose().map(Option::unwrap_or_default)
        })?,
        orders: read_statistics(&place)?,
    })
}

fn read_statistics(place: &Place<'_>) -> Result<OrderStatistics, StoreError> {
    let Some(orders): Option<i64> = place.get("order_count")? else { return Ok(OrderStatistics::default()) };
    Ok(OrderStatistics {
        orders: orders.unsigned_abs(),
        sales: Money::from_units(place.get("sales_value")?),
        first: Some(place.read("first_order", Timestamp::from_unix_seconds)?),
        last: Some(place.read("last_order", Timestamp::from_unix_seconds)?),
    })
}

impl<A: Access> ReadCustomers for PostgresTx<'_, A> {
    async fn lookup_customer(&mut self, id: CustomerId) -> Result<Option<Customer>, StoreError> {
        let lock = self.access.lock(self.store, Lock::Customer(id));
        let find = Step::Run {
            what: "find a customer",
            sql:
                "SELECT customers.customer_id, email, name, registered, updated, external_reference, document, group_id,
                        (SELECT json_object_agg(extra_field_id, value)::text
                           FROM customer_extra_field_values AS extra
                          WHERE extra.store_id = customers.store_id AND extra.customer_id = customers.customer_id)
                        AS extra_fields, order_count, sales_value, first_order, last_order
                    FROM customers
                    LEFT JOIN customer_details ON customer_details.store_id = customers.store_id
                                              AND customer_details.customer_id = customers.customer_id
                   LEFT JOIN order_statistics ON order_statistics.store_id = customers.store_id
                                             AND order_statistics.customer_id = customers.customer_id
                   WHERE customers.store_id = $1 AND customers.customer_id = $2",
            parameters: parameters_of![self.store.get(), id.get()],
            touches: None,
        };
        let [_, found] = self.run([lock, Some(find)]).await?;
        found.rows.first().map(read_customer).transpose()
    }

    async fn find_customer_by_email(
        &mut self,
        email: &EmailAddress,
    ) -> Result<Option<CustomerId>, StoreError> {
        // Whoever looks in order to write locks the address, which may not be there yet.
        let lock = self.access.lock(self.store, lock_for("e-mail", self.store, &email.key()));
        let find = Step::Run {
            what: "find a customer by e-mail",
            sql: "SELECT customer_id FROM customers WHERE store_id = $1 AND email_key = $2",
            parameters: parameters_of![self.store.get(), email.key()],
            touches: None,
        };
        let [_, found] = self.run([lock, Some(find)]).await?;
        let Some(row) = found.rows.first() else { return Ok(None) };
        let place = Place { row, table: "customers", key: format!("store {}, by e-mail", self.store) };
        place.read("customer_id", CustomerId::new).map(Some)
    }

    async fn find_customer_by_external_reference(
        &mut self,
        reference: &ExternalReferenceId,
    ) -> Result<Option<CustomerId>, StoreError> {
        let row = self
            .find(
                "find a customer by external reference",
                "SELECT customer_id FROM customer_details WHERE store_id = $1 AND external_reference = $2",
                parameters_of![self.store.get(), reference.as_str()],
            )
            .await?;
        let Some(row) = &row else { return Ok(None) };
        let key = format!("store {}, by reference", self.store);
        Place { row, table: "customer_details", key }.read("customer_id", CustomerId::new).map(Some)
    }

    async fn list_deleted_customers(
        &mut self,
        from: Timestamp,
        to: Timestamp,
        page: PageRequest,
    ) -> Result<Page<DeletedCustomer>, StoreError> {
        let (from, to) = (from.unix_seconds(), to.unix_seconds());
        let total = Step::Run {
            what: "count the deleted customers",
            sql: "SELECT count(*) FROM events WHERE store_id = $1 AND event_type = 3 AND created BETWEEN $2 AND $3",
            parameters: parameters_of![self.store.get(), from, to],
            touches: None,
        };
        let list = Step::Run {
            what: "list the deleted customers",
            sql: "SELECT entity_id, created
                    FROM events
                   WHERE store_id = $1 AND event_type = 3 AND created BETWEEN $2 AND $3
                   ORDER BY created, entity_id
                   LIMIT $4 OFFSET $5",
            parameters: parameters_of![self.store.get(), from, to, i64::from(page.limit), offset(page)],
            touches: None,
        };
        let [total, list] = self.run([Some(total), Some(list)]).await?;
        let deleted = |row: &Row| {
            let place = Place { row, table: "events", key: format!("store {}, a deletion", self.store) };
            Ok(DeletedCustomer {
                id: place.read("entity_id", CustomerId::new)?,
                deleted: place.read("created", Timestamp::from_unix_seconds)?,
            })
        };
        let items = list.rows.iter().map(deleted).collect::<Result<_, StoreError>>()?;
        Ok(Page { total: count(total.rows.first()), items })
    }

    async fn find_customers(&mut self, ids: &[CustomerId]) -> Result<Vec<Customer>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let numbers: Vec<i64> = ids.iter().map(|id| id.get()).collect();
        let rows = self
            .list(
                "find customers",
                "SELECT customers.customer_id, email, name, registered, updated, external_reference, document, group_id,
                        (SELECT json_object_agg(extra_field_id, value)::text
                           FROM customer_extra_field_values AS extra
                          WHERE extra.store_id = customers.store_id AND extra.customer_id = customers.customer_id)
                        AS extra_fields, order_count, sales_value, first_order, last_order
                   FROM customers
                   LEFT JOIN customer_details ON customer_details.store_id = customers.store_id
                                             AND customer_details.customer_id = customers.customer_id
                   LEFT JOIN order_statistics ON order_statistics.store_id = customers.store_id
                                             AND order_statistics.customer_id = customers.customer_id
                  WHERE customers.store_id = $1 AND customers.customer_id = ANY ($2)",
                parameters_of![self.store.get(), numbers],
            )
            .await?;
        let found = rows.iter().map(read_customer).collect::<Result<Vec<_>, _>>()?;
        let mut by_id: HashMap<_, _> = found.into_iter().map(|customer| (customer.id, customer)).collect();
        Ok(ids.iter().filter_map(|id| by_id.remove(id)).collect())
    }

    async fn list_customers(&mut self, page: PageRequest) -> Result<Page<Customer>, StoreError> {
        let total = Step::Run {
            what: "count the customers",
            sql: "SELECT coalesce(sum(customer_count), 0)::bigint FROM customer_counts WHERE store_id = $1",
            parameters: parameters_of![self.store.get()],
            touches: None,
        };
        let list = Step::Run {
            what: "list the customers",
            sql:
                "SELECT customers.customer_id, email, name, registered, updated, external_reference, document, group_id,
                        (SELECT json_object_agg(extra_field_id, value)::text
                           FROM customer_extra_field_values AS extra
                          WHERE extra.store_id = customers.store_id AND extra.customer_id = customers.customer_id)
                        AS extra_fields, order_count, sales_value, first_order, last_order
                    FROM customers
                    LEFT JOIN customer_details ON customer_details.store_id = customers.store_id
                                              AND customer_details.customer_id = customers.customer_id
                   LEFT JOIN order_statistics ON order_statistics.store_id = customers.store_id
                                             AND order_statistics.customer_id = customers.customer_id
                   WHERE customers.store_id = $1
                   ORDER BY customers.customer_id
                   LIMIT $2 OFFSET $3",
            parameters: parameters_of![self.store.get(), i64::from(page.limit), offset(page)],
            touches: None,
        };
        let [total, list] = self.run([Some(total), Some(list)]).await?;
        let items = list.rows.iter().map(read_customer).collect::<Result<_, _>>()?;
        Ok(Page { total: count(total.rows.first()), items })
    }
}

impl WriteCustomers for PostgresWriteTx<'_> {
    async fn next_customer_id(&mut self) -> Result<CustomerId, StoreError> {
        let taken = self.take_id(Kind::Customer).await?;
        CustomerId::new(taken).map_err(|_| StoreError::OutOfIds { kind: "customer" })
    }

    async fn next_address_id(&mut self) -> Result<AddressId, StoreError> {
        let taken = self.take_id(Kind::Address).await?;
        AddressId::new(taken).map_err(|_| StoreError::OutOfIds { kind: "address" })
    }

    async fn add_customer(&mut self, customer: &Customer) -> Result<(), StoreError> {
        self.raise_customer(customer.id);
        self.write(
            "add a customer",
            "INSERT INTO customers (store_id, customer_id, email, email_key, name, registered, updated, contact_count,
                                    highest_order_by, group_id)
             VALUES ($1, $2, $3, $4, $5, $6, $7, 0, NULL, $8)",
            parameters_of![
                self.store.get(),
                customer.id.get(),
                customer.email.as_str(),
                customer.email.key(),
                customer.name.as_ref().map(CustomerName::as_str),
                customer.registered.unix_seconds(),
                customer.updated.unix_seconds(),
                customer.group.get(),
            ],
        );
        self.count_customers(customer.id, 1);
        self.write_searched(customer);
        if let Some(highest) = customer.addresses.addresses().iter().map(|address| address.id).max() {
            self.raise_address(highest);
        }
        self.add_details(customer)
    }

    async fn change_customer(&mut self, customer: &Customer) -> Result<(), StoreError> {
        self.write(
            "change a customer",
            "UPDATE customers SET email = $3, email_key = $4, name = $5, updated = $6, group_id = $7
              WHERE store_id = $1 AND customer_id = $2",
            parameters_of![
                self.store.get(),
                customer.id.get(),
                customer.email.as_str(),
                customer.email.key(),
                customer.name.as_ref().map(CustomerName::as_str),
                customer.updated.unix_seconds(),
                customer.group.get(),
            ],
        );
        self.write_searched(customer);
        self.write(
            "remove the details of a customer",
            "DELETE FROM customer_details WHERE store_id = $1 AND customer_id = $2",
            parameters_of![self.store.get(), customer.id.get()],
        );
        self.write(
            "remove the values of extra fields of a customer",
            "DELETE FROM customer_extra_field_values WHERE store_id = $1 AND customer_id = $2",
            parameters_of![self.store.get(), customer.id.get()],
        );
        self.add_details(customer)
    }

    async fn remove_customer(&mut self, id: CustomerId) -> Result<bool, StoreError> {
        // Before the customer's row goes, because the statistics hang on it. An order that is recorded meanwhile has locked
        // that row.
        let lock = self.access.lock(self.store, Lock::Customer(id));
        self.run([lock]).await?;
        self.leave_orders(vec![id.get()]);
        let contacts = Step::Run {
            what: "remove the contacts of a customer",
            sql: "DELETE FROM contacts WHERE store_id = $1 AND customer_id = $2",
            parameters: parameters_of![self.store.get(), id.get()],
            touches: None,
        };
        let details = Step::Run {
            what: "remove the details of a customer",
            sql: "DELETE FROM customer_details WHERE store_id = $1 AND customer_id = $2",
            parameters: parameters_of![self.store.get(), id.get()],
            touches: None,
        };
        let searched = Step::Run {
            what: "remove what searches look at of a customer",
            sql: "DELETE FROM customer_search WHERE store_id = $1 AND customer_id = $2",
            parameters: parameters_of![self.store.get(), id.get()],
            touches: None,
        };
        let customer = Step::Run {
            what: "remove a customer",
            sql: "DELETE FROM customers WHERE store_id = $1 AND customer_id = $2",
            parameters: parameters_of![self.store.get(), id.get()],
            touches: None,
        };
        let extra_fields = Step::Run {
            what: "remove the values of extra fields of a customer",
            sql: "DELETE FROM customer_extra_field_values WHERE store_id = $1 AND customer_id = $2",
            parameters: parameters_of![self.store.get(), id.get()],
            touches: None,
        };
        let steps = [Some(contacts), Some(details), Some(searched), Some(extra_fields), Some(customer)];
        let [_, _, _, _, removed] = self.run(steps).await?;
        if removed.touched == 1 {
            self.count_customers(id, -1);
        }
        Ok(removed.touched == 1)
    }
}

impl PostgresWriteTx<'_> {
    /// Keeps what is known of a customer besides the row in `customers`, if anything is.
    fn add_details(&mut self, customer: &Customer) -> Result<(), StoreError> {
        let Customer { id, details, addresses, extra_fields, .. } = customer;
        if !extra_fields.is_empty() {
            let fields: Vec<i64> = extra_fields.keys().map(|field| field.get()).collect();
            let values: Vec<String> = extra_fields.values().map(ToString::to_string).collect();
            self.write(
                "write the values of extra fields",
                "INSERT INTO customer_extra_field_values (store_id, customer_id, extra_field_id, value)
                 SELECT $1, $2, * FROM unnest($3, $4)",
                parameters_of![self.store.get(), id.get(), fields, values],
            );
        }
        let document = encode_customer(details, addresses)
            .map_err(|error| StoreError::Database { doing: "encode a customer", source: error.into() })?;
        if document.is_none() && details.external_reference.is_none() {
            return Ok(());
        }
        self.write(
            "write the details of a customer",
            "INSERT INTO customer_details (store_id, customer_id, external_reference, document)
             VALUES ($1, $2, $3, $4)",
            parameters_of![
                self.store.get(),
                id.get(),
                details.external_reference.as_ref().map(ExternalReferenceId::as_str),
                document,
            ],
        );
        Ok(())
    }

    /// Counts customers that came or went, in the part that goes with the id of one of them.
    pub(crate) fn count_customers(&mut self, customer: CustomerId, difference: i64) {
        // A remainder of a small number fits.
        let part = i16::try_from(customer.get() % COUNT_PARTS).unwrap_or_default();
        self.write(
            "count the customers",
            "INSERT INTO customer_counts (store_id, part, customer_count) VALUES ($1, $2, $3)
             ON CONFLICT (store_id, part) DO UPDATE
                SET customer_count = customer_counts.customer_count + excluded.customer_count",
            parameters_of![self.store.get(), part, difference],
        );
    }
}
