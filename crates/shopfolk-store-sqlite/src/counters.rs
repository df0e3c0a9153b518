//! The next id of each kind, per store: read once, raised in memory, written with the commit.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};
use shopfolk_model::{
    AddressId, ContactId, CustomerId, EventSequence, ExtraFieldId, GroupId, OrderNumber, StoreId, TokenId,
};
use shopfolk_store::{NextIds, StoreError, StoreSize};

use crate::connection::doing;
use crate::row::Place;

/// The next ids of a store.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StoreCounters {
    token: TokenId,
    customer: CustomerId,
    contact: ContactId,
    address: AddressId,
    group: GroupId,
    extra_field: ExtraFieldId,
    order: OrderNumber,
    event: EventSequence,
    customers: u64,
    changed: bool,
}

/// The next ids of the stores that were written to lately.
#[derive(Debug, Default)]
pub(crate) struct Counters(HashMap<StoreId, StoreCounters>);

/// More stores than this are not kept in memory at once.
const MAXIMUM_STORES: usize = 10_000;

macro_rules! take {
    ($take:ident, $field:ident, $id:ty, $kind:literal) => {
        /// The next id, which is taken by that.
        pub(crate) fn $take(&mut self) -> Result<$id, StoreError> {
            let taken = self.$field;
            self.$field = taken.next().map_err(|_| StoreError::OutOfIds { kind: $kind })?;
            self.changed = true;
            Ok(taken)
        }
    };
}

macro_rules! raise {
    ($raise:ident, $field:ident, $id:ty, $kind:literal) => {
        /// Makes sure that an id which was given from outside is never taken.
        pub(crate) fn $raise(&mut self, given: $id) -> Result<(), StoreError> {
            if given >= self.$field {
                self.$field = given.next().map_err(|_| StoreError::OutOfIds { kind: $kind })?;
                self.changed = true;
            }
            Ok(())
        }
    };
}

impl StoreCounters {
    take!(next_token, token, TokenId, "token");
    take!(next_customer, customer, CustomerId, "customer");
    raise!(raise_customer, customer, CustomerId, "customer");
    take!(next_contact, contact, ContactId, "contact");
    raise!(raise_contact, contact, ContactId, "contact");
    take!(next_address, address, AddressId, "address");
    raise!(raise_address, address, AddressId, "address");
    take!(next_group, group, GroupId, "customer group");
    raise!(raise_group, group, GroupId, "customer group");
    take!(next_extra_field, extra_field, ExtraFieldId, "extra field");
    raise!(raise_extra_field, extra_field, ExtraFieldId, "extra field");
    take!(next_order, order, OrderNumber, "order");
    raise!(raise_order, order, OrderNumber, "order");
    take!(next_event, event, EventSequence, "event");

    /// The ids that come next.
    pub(crate) fn next_ids(&self) -> NextIds {
        let &Self { token, customer, contact, address, group, extra_field, order, .. } = self;
        NextIds { token, customer, contact, address, group, extra_field, order }
    }

    /// Makes sure that no id below these is ever taken.
    pub(crate) fn raise_all(&mut self, next: NextIds) {
        self.token = self.token.max(next.token);
        self.customer = self.customer.max(next.customer);
        self.contact = self.contact.max(next.contact);
        self.address = self.address.max(next.address);
        self.group = self.group.max(next.group);
        self.extra_field = self.extra_field.max(next.extra_field);
        self.order = self.order.max(next.order);
        self.changed = true;
    }

    /// The number of the last event; 0 when there is none.
    pub(crate) fn last_event(&self) -> i64 {
        self.event.get() - 1
    }

    /// Has the events numbered anew behind this one, after those above it were removed.
    pub(crate) fn go_back_to_event(&mut self, last: i64) -> Result<(), StoreError> {
        let next = EventSequence::new(last.saturating_add(1));
        self.event = next.map_err(|_| StoreError::OutOfIds { kind: "event" })?;
        self.changed = true;
        Ok(())
    }

    /// Counts a customer that came.
    pub(crate) fn count_customer(&mut self) {
        self.customers += 1;
        self.changed = true;
    }

    /// Counts a customer that went.
    pub(crate) fn discount_customer(&mut self) {
        self.customers = self.customers.saturating_sub(1);
        self.changed = true;
    }
}

impl Counters {
    /// The counters of a store, read when they are not known.
    pub(crate) fn of(
        &mut self,
        connection: &Connection,
        store: StoreId,
    ) -> Result<&mut StoreCounters, StoreError> {
        match self.0.entry(store) {
            std::collections::hash_map::Entry::Occupied(known) => Ok(known.into_mut()),
            std::collections::hash_map::Entry::Vacant(unknown) => {
                Ok(unknown.insert(read(connection, store)?))
            }
        }
    }

    /// Writes the counters that were raised, in the transaction that is about to commit.
    pub(crate) fn write(&mut self, connection: &Connection) -> Result<(), StoreError> {
        let write = |store: StoreId, counters: &StoreCounters| {
            connection
                .prepare_cached(
                    "INSERT INTO counters
                            (store_id, next_token_id, next_customer_id, next_contact_id, next_event_sequence,
                             customer_count, next_address_id, next_group_id, next_extra_field_id, next_order_number)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
                         ON CONFLICT (store_id) DO UPDATE
                        SET next_token_id = ?2, next_customer_id = ?3, next_contact_id = ?4,
                            next_event_sequence = ?5, customer_count = ?6, next_address_id = ?7,
                            next_group_id = ?8, next_extra_field_id = ?9, next_order_number = ?10",
                )?
                .execute(params![
                    store.get(),
                    counters.token.get(),
                    counters.customer.get(),
                    counters.contact.get(),
                    counters.event.get(),
                    i64::try_from(counters.customers).unwrap_or(i64::MAX),
                    counters.address.get(),
                    counters.group.get(),
                    counters.extra_field.get(),
                    counters.order.get(),
                ])
        };
        for (store, counters) in &mut self.0 {
            if counters.changed {
                write(*store, counters).map_err(doing("write the counters of ids"))?;
                counters.changed = false;
            }
        }
        if self.0.len() > MAXIMUM_STORES {
            self.0.clear();
        }
        Ok(())
    }

    /// Forgets what was raised and not committed, or what another process may have raised.
    pub(crate) fn forget(&mut self) {
        self.0.clear();
    }
}

/// The ids of a store that come next, and how many rows it has, as a reader sees them.
pub(crate) fn read_next(connection: &Connection, store: StoreId) -> Result<(NextIds, StoreSize), StoreError> {
    let counters = read(connection, store)?;
    let events = counters.last_event().unsigned_abs();
    Ok((counters.next_ids(), StoreSize { customers: counters.customers, events }))
}

fn read(connection: &Connection, store: StoreId) -> Result<StoreCounters, StoreError> {
    let row: Option<[i64; 9]> = connection
        .prepare_cached(
            "SELECT next_token_id, next_customer_id, next_contact_id, next_event_sequence, customer_count,
                    next_address_id, next_group_id, next_extra_field_id, next_order_number
               FROM counters
              WHERE store_id = ?1",
        )
        .and_then(|mut statement| {
            statement
                .query_row([store.get()], |row| {
                    let mut numbers = [0; 9];
                    for (column, number) in numbers.iter_mut().enumerate() {
                        *number = row.get(column)?;
                    }
                    Ok(numbers)
                })
                .optional()
        })
        .map_err(doing("read the counters of ids"))?;
    let [token, customer, contact, event, customers, address, group, extra_field, order] =
        row.unwrap_or([1, 1, 1, 1, 0, 1, 1, 1, 1]);
    let place = Place { table: "counters", row: format!("store {store}") };
    Ok(StoreCounters {
        token: place.value("next_token_id", TokenId::new(token))?,
        customer: place.value("next_customer_id", CustomerId::new(customer))?,
        contact: place.value("next_contact_id", ContactId::new(contact))?,
        address: place.value("next_address_id", AddressId::new(address))?,
        group: place.value("next_group_id", GroupId::new(group))?,
        extra_field: place.value("next_extra_field_id", ExtraFieldId::new(extra_field))?,
        order: place.value("next_order_number", OrderNumber::new(order))?,
        event: place.value("next_event_sequence", EventSequence::new(event))?,
        customers: place.value("customer_count", u64::try_from(customers))?,
        changed: false,
    })
}
