//! A store as it is, row by row: for copying it from one database to another.
//!
//! Nothing here follows a rule of the model: what was read is written with its ids, times and places as they are. So
//! these row operations are for copies alone. Lists go by key, so that each part costs the same wherever it lies, and
//! every write may be repeated: done a second time it changes nothing.

use std::future::Future;

use shopfolk_model::{
    AddressId, Contact, ContactId, Customer, CustomerGroup, CustomerId, Event, ExtraField, ExtraFieldId,
    GroupId, OrderNumber, Store, TokenHash, TokenId, TokenRecord,
};

use crate::StoreError;

/// A token with the hash by which it is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredToken {
    /// What is known of it.
    pub record: TokenRecord,
    /// Its hash.
    pub hash: TokenHash,
}

/// A customer with all contacts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCustomer {
    /// The customer.
    pub customer: Customer,
    /// The contacts, by id.
    pub contacts: Vec<Contact>,
}

/// Where an event stands among those of its store: the larger, the later. What the numbers mean is the engine's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventPlace {
    /// When it was recorded, where the order goes by that; otherwise 0.
    pub recorded: i64,
    /// Its number or id.
    pub number: i64,
}

/// An event and its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredEvent {
    /// The place.
    pub place: EventPlace,
    /// The event.
    pub event: Event,
}

/// The ids that come next: none of these or above them was ever given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextIds {
    /// The next token's.
    pub token: TokenId,
    /// The next customer's.
    pub customer: CustomerId,
    /// The next contact's.
    pub contact: ContactId,
    /// The next shipping address's.
    pub address: AddressId,
    /// The next customer group's.
    pub group: GroupId,
    /// The next extra field's.
    pub extra_field: ExtraFieldId,
    /// The next order's.
    pub order: OrderNumber,
}

/// About how many rows a store has, for whoever wants to know how long it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StoreSize {
    /// Customers.
    pub customers: u64,
    /// Events.
    pub events: u64,
}

/// How many customers are read at once: as many as fit, and at least one if there is any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CustomerLimit {
    /// At the most so many customers.
    pub customers: u32,
    /// At the most so many contacts, unless the first customer alone has more.
    pub contacts: u32,
}

/// Reading a store as it is. Customer groups and extra fields are few, and read as they always are.
pub trait ReadCopy {
    /// About how many rows the store has.
    ///
    /// # Errors
    /// When the database fails.
    fn estimate_size(&mut self) -> impl Future<Output = Result<StoreSize, StoreError>> + Send;

    /// The ids that come next.
    ///
    /// # Errors
    /// When the database fails.
    fn lookup_next_ids(&mut self) -> impl Future<Output = Result<NextIds, StoreError>> + Send;

    /// The tokens whose ids are above `after`, by id.
    ///
    /// # Errors
    /// When the database fails.
    fn list_stored_tokens(
        &mut self,
        after: Option<TokenId>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<StoredToken>, StoreError>> + Send;

    /// The customers whose ids are above `after`, by id.
    ///
    /// # Errors
    /// When the database fails.
    fn list_stored_customers(
        &mut self,
        after: Option<CustomerId>,
        limit: CustomerLimit,
    ) -> impl Future<Output = Result<Vec<StoredCustomer>, StoreError>> + Send;

    /// The events behind the place `after`, in their order.
    ///
    /// # Errors
    /// When the database fails.
    fn list_stored_events(
        &mut self,
        after: Option<EventPlace>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<StoredEvent>, StoreError>> + Send;
}

/// Writing a store as it is elsewhere. No event is appended but those that are given.
pub trait WriteCopy {
    /// Makes the store's own row this one, whether it is there or not.
    ///
    /// # Errors
    /// When the database fails.
    fn put_store(&mut self, store: &Store) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Makes sure that no id below these is ever given; none of them is lowered.
    ///
    /// # Errors
    /// When the database fails.
    fn raise_next_ids(&mut self, next: NextIds) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Removes the tokens with these ids, as far as they are there, and adds others. What is there with the id or the
    /// hash of one that is added goes too.
    ///
    /// # Errors
    /// When the database fails.
    fn replace_stored_tokens(
        &mut self,
        remove: &[TokenId],
        add: &[StoredToken],
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Removes the customer groups with these ids, as far as they are there, and adds others, whose ids are never given
    /// from then on. What is there with the id, the name or the external reference of one that is added goes too. The
    /// customers of a group that is added again with its id stay in it.
    ///
    /// # Errors
    /// When the database fails.
    fn replace_stored_groups(
        &mut self,
        remove: &[GroupId],
        add: &[CustomerGroup],
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Removes the extra fields with these ids, as far as they are there, and adds others, whose ids are never given from
    /// then on. What is there with the id, the key or the title of one that is added goes too. The values of a field that
    /// is added again with its id stay.
    ///
    /// # Errors
    /// When the database fails.
    fn replace_stored_extra_fields(
        &mut self,
        remove: &[ExtraFieldId],
        add: &[ExtraField],
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Removes the customers with these ids, as far as they are there, with all their contacts, and adds others, whose
    /// ids and those of their contacts are never given from then on. What is there with the id or the e-mail of one that
    /// is added goes too.
    ///
    /// # Errors
    /// When the database fails.
    fn replace_stored_customers(
        &mut self,
        remove: &[CustomerId],
        add: &[StoredCustomer],
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Makes the events behind the place `after` these, in their order, provided that `last` is still the place of the
    /// last event there is. Answers with the new last place; `None` when `last` is not, and then nothing is changed.
    ///
    /// # Errors
    /// When the database fails.
    fn replace_stored_events(
        &mut self,
        after: Option<EventPlace>,
        last: Option<EventPlace>,
        events: &[Event],
    ) -> impl Future<Output = Result<Option<EventPlace>, StoreError>> + Send;
}
