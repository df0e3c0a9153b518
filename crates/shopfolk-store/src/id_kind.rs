//! The kinds of ids that a store gives, said once: counters, blocks, checks and messages follow from this table.

use shopfolk_model::{
    AddressId, BatchId, ContactId, CustomerId, EventNumber, ExtraFieldId, GroupId, IdError, OrderNumber,
    OwnerId, TokenId, WebhookAttemptId,
};

use crate::StoreError;

/// An id, whoever gives it.
pub trait NumberedId: Copy + Ord + Send + Sync + 'static {
    /// The id with this number.
    ///
    /// # Errors
    /// When the number is out of the range of its kind.
    fn from_number(number: i64) -> Result<Self, IdError>;

    /// The number of the id.
    fn number(self) -> i64;
}

macro_rules! numbered_ids {
    ($($id:ident)+) => {
        $(impl NumberedId for shopfolk_model::$id {
            fn from_number(number: i64) -> Result<Self, IdError> {
                Self::new(number)
            }

            fn number(self) -> i64 {
                self.get()
            }
        })+
    };
}
shopfolk_model::for_every_id!(numbered_ids);

/// An id that a counter of its store gives.
pub trait CountedId: NumberedId {
    /// Its kind.
    const KIND: IdKind;
}

impl IdKind {
    /// The number, if a counter may stand there. It stands behind every id that was given and is an id itself, so the last id
    /// there is is never given.
    ///
    /// # Errors
    /// [`StoreError::OutOfIds`] when it is above the last id.
    pub const fn as_next(self, number: i64) -> Result<i64, StoreError> {
        if number <= self.maximum() { Ok(number) } else { Err(StoreError::OutOfIds { kind: self.name() }) }
    }
}

macro_rules! id_kinds {
    ($($(#[$meta:meta])* $kind:ident($id:ident) $name:literal in $counter:literal, blocks of $smallest:literal to $largest:literal;)+) => {
        /// What an id is of.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum IdKind {
            $($(#[$meta])* $kind,)+
        }

        impl IdKind {
            /// Every kind, in the order of their numbers ([`Self::index`]).
            pub const ALL: &'static [Self] = &[$(Self::$kind,)+];
            /// How many kinds there are.
            pub const COUNT: usize = Self::ALL.len();

            /// The place of the kind among all.
            pub const fn index(self) -> usize {
                self as usize
            }

            /// What people call it.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)+
                }
            }

            /// The column of `counters` that holds the next id.
            pub const fn counter(self) -> &'static str {
                match self {
                    $(Self::$kind => $counter,)+
                }
            }

            /// How many ids a node reserves at once: at first, and at the most.
            pub const fn block_sizes(self) -> (i64, i64) {
                match self {
                    $(Self::$kind => ($smallest, $largest),)+
                }
            }

            /// The largest id of the kind.
            pub const fn maximum(self) -> i64 {
                match self {
                    $(Self::$kind => $id::MAXIMUM.get(),)+
                }
            }
        }

        $(impl CountedId for $id {
            const KIND: IdKind = IdKind::$kind;
        })+
    };
}

id_kinds! {
    /// Of a token.
    Token(TokenId) "token" in "next_token_id", blocks of 1 to 1;
    /// Of a customer. These stay below 2^31 and have to last, so blocks are small.
    Customer(CustomerId) "customer" in "next_customer_id", blocks of 16 to 256;
    /// Of a contact.
    Contact(ContactId) "contact" in "next_contact_id", blocks of 16 to 4_096;
    /// Of an event.
    Event(EventNumber) "event" in "next_event_id", blocks of 16 to 4_096;
    /// Of a shipping address.
    Address(AddressId) "address" in "next_address_id", blocks of 16 to 256;
    /// Of a customer group.
    Group(GroupId) "customer group" in "next_group_id", blocks of 1 to 1;
    /// Of an extra field.
    ExtraField(ExtraFieldId) "extra field" in "next_extra_field_id", blocks of 1 to 1;
    /// Of an owner.
    Owner(OwnerId) "owner" in "next_owner_id", blocks of 1 to 1;
    /// Of a try to deliver an event to an app.
    WebhookAttempt(WebhookAttemptId) "webhook attempt" in "next_attempt_id", blocks of 16 to 256;
    /// Of an order.
    Order(OrderNumber) "order" in "next_order_number", blocks of 16 to 256;
    /// Of a batch: batches of a token run in the order of their ids, so no node takes some in advance.
    Batch(BatchId) "batch" in "next_batch_id", blocks of 1 to 1;
}

/// The ids that come next, of each kind: none of these or above them was ever given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextIds(pub [i64; IdKind::COUNT]);

impl NextIds {
    /// What comes next in a store that has given no id.
    pub const FIRST: Self = Self([1; IdKind::COUNT]);

    /// The next id of a kind.
    pub const fn of(&self, kind: IdKind) -> i64 {
        self.0[kind.index()]
    }
}
