//! Contacts.

use std::collections::HashMap;
use std::sync::Arc;

use shopfolk_model::{
    BookChange, BookSummary, Contact, ContactBook, ContactWrite, CustomerId, NewContact, OrderBy, Timestamp,
};
use shopfolk_store::{
    BookToAdd, Columns, ContactsPart, ContactsRequest, CustomerRow, Dialect, FoundContacts,
    ListedContactsPart, ONE_DEFAULT_CONTACT, Query, ReadContacts, ReadRows, Record, Row, StoreError, Stored,
    StoredContact, Value, WriteContacts, stored_key,
};

use crate::failure::doing;
use crate::parameter::{one, parameters_of};
use crate::rows::SqlColumns;
use crate::session::Step;
use crate::statements::{CONTACTS_PART, CUSTOMER_WITH_CONTACTS, REPLACE_CONTACT, Statements};
use crate::tx::{Lock, PostgresTx, PostgresWriteTx, TxMode};

impl<M: TxMode> ReadContacts for PostgresTx<'_, M> {
    async fn find_contacts(&mut self, customer: CustomerId) -> Result<Option<FoundContacts>, StoreError> {
        let lock = self.lock_step(&Query::keys::<CustomerRow>(&[(customer,)]));
        let find = Step::Run {
            what: "find the contacts of a customer",
            sql: &CUSTOMER_WITH_CONTACTS,
            parameters: parameters_of![self.store.get(), customer.get()],
            touches: None,
        };
        let [_, answer] = self.run([lock, Some(find)]).await?;
        if answer.rows.is_empty() {
            return Ok(None);
        }
        let mut found = FoundContacts::default();
        for row in &answer.rows {
            let columns = SqlColumns(row);
            if !matches!(columns.value(0), Ok(Value::Null)) {
                found.take(Row { store: self.store, table: StoredContact::TABLE, columns: &columns });
            }
        }
        Ok(Some(found))
    }

    async fn list_contacts(
        &mut self,
        customer: CustomerId,
        asked: ContactsRequest,
    ) -> Result<Option<ListedContactsPart>, StoreError> {
        let ContactsRequest { after, bytes } = asked;
        let list = Step::Run {
            what: "list a part of the contacts of a customer",
            sql: &CONTACTS_PART,
            parameters: parameters_of![
                self.store.get(),
                customer.get(),
                after.map(|place| place.order_by.get()),
                after.map(|place| place.id.get()),
                i64::try_from(bytes).unwrap_or(i64::MAX),
            ],
            touches: None,
        };
        let [answer] = self.run([Some(list)]).await?;
        let Some(first) = answer.rows.first() else { return Ok(None) };
        let mut part = ContactsPart::new(asked);
        let behind: Option<i64> =
            first.try_get("behind").map_err(doing("count the contacts of a customer"))?;
        if behind.unwrap_or_default().unsigned_abs() > answer.rows.len() as u64 {
            part.goes_on();
        }
        for row in &answer.rows {
            let columns = SqlColumns(row);
            if !matches!(columns.value(0), Ok(Value::Null)) {
                part.take(Row { store: self.store, table: StoredContact::TABLE, columns: &columns });
            }
        }
        Ok(Some(part.listed()))
    }

    async fn read_with_contacts(
        &mut self,
        queries: &[Query<'_>],
        take: &mut (dyn FnMut(Row<'_>) + Send),
        customers: &[CustomerId],
    ) -> Result<HashMap<CustomerId, FoundContacts>, StoreError> {
        let owners: Vec<i64> = customers.iter().map(|customer| customer.get()).collect();
        let mut found: HashMap<CustomerId, FoundContacts> = HashMap::with_capacity(customers.len());
        let all: Vec<_> = queries.iter().cloned().chain([Query::of::<StoredContact>(&owners)]).collect();
        self.read(&all, &mut |query, row| {
            if query < queries.len() {
                take(row);
            } else if let Ok(customer) = row.columns.value(0).and_then(CustomerId::load) {
                found.entry(customer).or_default().take(row);
            }
        })
        .await?;
        Ok(found)
    }
}

impl WriteContacts for PostgresWriteTx<'_> {
    async fn find_contact_book_to_add(
        &mut self,
        customer: CustomerId,
        new: &NewContact,
    ) -> Result<Option<BookToAdd>, StoreError> {
        let code = i16::from(new.address.contact_type().code());
        let lock = self.mode.lock(self.store, Lock::Customer(customer));
        let statements = Statements::for_table(StoredContact::TABLE);
        let equal = Step::Run {
            what: "find an equal contact",
            sql: &statements.by_key.one,
            parameters: parameters_of![
                self.store.get(),
                customer.get(),
                code,
                stored_key(new.address.key(), Dialect::Postgres).into_owned()
            ],
            touches: None,
        };
        let default = new.default.then(|| Step::Run {
            what: "find a default contact",
            sql: &statements.by_unique[ONE_DEFAULT_CONTACT.name].one,
            parameters: parameters_of![self.store.get(), customer.get(), code],
            touches: None,
        });
        let [locked, equal, default] = self.run([lock, Some(equal), default]).await?;
        let Some(row) = locked.rows.first() else { return Ok(None) };
        let (summary, updated) = self.summary(row, customer)?;
        let rows = equal.rows.iter().chain(&default.rows);
        let store = self.store;
        let contact = |row| {
            let row = Row { store, table: StoredContact::TABLE, columns: &SqlColumns(row) };
            row.decode::<StoredContact>().map(|stored| stored.contact)
        };
        let contacts = rows.map(contact).collect::<Result<_, _>>()?;
        Ok(Some(BookToAdd { book: ContactBook::relevant(summary, contacts), updated }))
    }

    async fn write_contacts(
        &mut self,
        customer: CustomerId,
        change: &BookChange,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        for write in &change.writes {
            match write {
                ContactWrite::Add(contact) => self.add_contact(customer, contact)?,
                ContactWrite::Replace { before, after } => self.replace_contact(customer, before, after),
                ContactWrite::Remove(contact) => self.remove_contact(customer, contact),
            }
        }
        self.queue(
            "write down what a customer's contacts are as a whole",
            "UPDATE customers
                SET updated = $3, contact_count = $4, highest_order_by = $5
              WHERE store_id = $1 AND customer_id = $2",
            parameters_of![
                self.store.get(),
                customer.get(),
                now.unix_seconds(),
                // A customer has at most 500 contacts.
                i32::try_from(change.summary.size).unwrap_or(i32::MAX),
                change.summary.highest_order_by.map(OrderBy::get),
            ],
        );
        Ok(())
    }
}

impl PostgresWriteTx<'_> {
    fn add_contact(&mut self, customer: CustomerId, contact: &Arc<Contact>) -> Result<(), StoreError> {
        let stored = StoredContact { customer, contact: Arc::clone(contact) };
        self.insert_rows(StoredContact::TABLE, &[stored.encode(Dialect::Postgres)])
    }

    fn replace_contact(&mut self, customer: CustomerId, before: &Contact, after: &Arc<Contact>) {
        let stored = StoredContact { customer, contact: Arc::clone(after) };
        let columns = StoredContact::TABLE.columns_in(Dialect::Postgres);
        let mut parameters = parameters_of![self.store.get()];
        parameters.extend(
            columns
                .zip(&stored.encode(Dialect::Postgres))
                .map(|(column, value)| one(column.column_type, value)),
        );
        parameters.extend(parameters_of![
            i16::from(before.contact_type().code()),
            stored_key(before.address.key(), Dialect::Postgres).into_owned()
        ]);
        self.queue_touching(1, "change a contact", &REPLACE_CONTACT, parameters);
    }

    fn remove_contact(&mut self, customer: CustomerId, contact: &Contact) {
        self.queue_touching(
            1,
            "delete a contact",
            "DELETE FROM contacts
              WHERE store_id = $1 AND customer_id = $2 AND contact_type = $3 AND contact_key = $4
                AND contact_id = $5",
            parameters_of![
                self.store.get(),
                customer.get(),
                i16::from(contact.contact_type().code()),
                stored_key(contact.address.key(), Dialect::Postgres).into_owned(),
                contact.id.get(),
            ],
        );
    }

    /// What the contacts are as a whole, and when the customer last changed.
    fn summary(
        &self,
        row: &tokio_postgres::Row,
        customer: CustomerId,
    ) -> Result<(BookSummary, Timestamp), StoreError> {
        let columns = SqlColumns(row);
        let damage = |column, reason| shopfolk_store::Damage {
            table: "customers",
            column,
            row: format!("store {}, customer_id {customer}", self.store),
            reason,
        };
        let size = columns.value(0).and_then(u32::load);
        let highest_order_by = columns.value(1).and_then(Option::<OrderBy>::load);
        let updated = columns.value(2).and_then(Timestamp::load);
        let summary = BookSummary {
            size: size.map_err(|reason| damage("contact_count", reason))?,
            highest_order_by: highest_order_by.map_err(|reason| damage("highest_order_by", reason))?,
        };
        Ok((summary, updated.map_err(|reason| damage("updated", reason))?))
    }
}
