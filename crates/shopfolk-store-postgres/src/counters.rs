//! The next id of each kind, for a transaction.

use shopfolk_model::{AddressId, ContactId, CustomerId, ExtraFieldId, GroupId, OrderNumber};
use shopfolk_store::StoreError;

use crate::failure::{Failure, NO_IDS};
use crate::ids::Kind;
use crate::parameter::parameters_of;
use crate::tx::{Access, PostgresWriteTx};

impl PostgresWriteTx<'_> {
    /// Takes an id of a block of the node; in the transaction that creates the store, whose counters nobody else sees
    /// yet, from the counters themselves.
    pub(crate) async fn take_id(&mut self, kind: Kind) -> Result<i64, StoreError> {
        if self.access.created_store {
            return self.take_from_counters(kind.take_one()).await;
        }
        let ids = self.access.ids;
        let taken = if self.session.is_direct() {
            ids.take(self.store, kind).await
        } else {
            ids.take_reserved(self.store, kind).ok_or(Failure::NoIds { kind })
        };
        taken.map_err(|failure| {
            self.access.note(failure);
            NO_IDS
        })
    }

    /// Takes an id from the counters within the transaction.
    async fn take_from_counters(&mut self, sql: &'static str) -> Result<i64, StoreError> {
        let row = self.find("take an id", sql, parameters_of![self.store.get()]).await?;
        let taken = row.and_then(|row| row.try_get(0).ok());
        taken.ok_or_else(|| StoreError::Database {
            doing: "take an id",
            source: format!("store {} has no counters", self.store).into(),
        })
    }

    /// Makes sure that a customer id that was given from outside is never taken.
    pub(crate) fn raise_customer(&mut self, given: CustomerId) {
        if given.get() >= self.access.ids.reserved_below(self.store, Kind::Customer) {
            self.write(
                "raise the counter of customers",
                "UPDATE counters SET next_customer_id = greatest(next_customer_id, $2) WHERE store_id = $1",
                parameters_of![self.store.get(), given.get() + 1],
            );
        }
    }

    /// Makes sure that an address id that was given from outside is never taken.
    pub(crate) fn raise_address(&mut self, given: AddressId) {
        if given.get() >= self.access.ids.reserved_below(self.store, Kind::Address) {
            self.write(
                "raise the counter of addresses",
                "UPDATE counters SET next_address_id = greatest(next_address_id, $2) WHERE store_id = $1",
                parameters_of![self.store.get(), given.get() + 1],
            );
        }
    }

    /// Makes sure that an order number that was given from outside is never taken.
    pub(crate) fn raise_order(&mut self, given: OrderNumber) {
        if given.get() >= self.access.ids.reserved_below(self.store, Kind::Order) {
            self.write(
                "raise the counter of orders",
                "UPDATE counters SET next_order_number = greatest(next_order_number, $2) WHERE store_id = $1",
                parameters_of![self.store.get(), given.get() + 1],
            );
        }
    }

    /// Makes sure that a group id that was given from outside is never taken.
    pub(crate) fn raise_group(&mut self, given: GroupId) {
        if given.get() >= self.access.ids.reserved_below(self.store, Kind::Group) {
            self.write(
                "raise the counter of customer groups",
                "UPDATE counters SET next_group_id = greatest(next_group_id, $2) WHERE store_id = $1",
                parameters_of![self.store.get(), given.get() + 1],
            );
        }
    }

    /// Makes sure that an id of an extra field that was given from outside is never taken.
    pub(crate) fn raise_extra_field(&mut self, given: ExtraFieldId) {
        if given.get() >= self.access.ids.reserved_below(self.store, Kind::ExtraField) {
            self.write(
                "raise the counter of extra fields",
                "UPDATE counters SET next_extra_field_id = greatest(next_extra_field_id, $2) WHERE store_id = $1",
                parameters_of![self.store.get(), given.get() + 1],
            );
        }
    }

    /// Makes sure that a contact id that was given from outside is never taken.
    pub(crate) fn raise_contact(&mut self, given: ContactId) {
        if given.get() >= self.access.ids.reserved_below(self.store, Kind::Contact) {
            self.write(
                "raise the counter of contacts",
                "UPDATE counters SET next_contact_id = greatest(next_contact_id, $2) WHERE store_id = $1",
                parameters_of![self.store.get(), given.get() + 1],
            );
        }
    }
}
