//! What happened in a store.

use crate::{
    AppId, ContactId, CustomerId, ExtraFieldId, GroupId, IdError, OrderNumber, OwnerId, StoreId, Timestamp,
    TokenId,
};

macro_rules! happenings {
    ($($(#[$meta:meta])* $variant:ident($id:ty) = $code:literal $name:literal,)+) => {
        /// What kind of thing happened: the one table of these kinds, their codes and their names.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum EventType {
            $($(#[$meta])* $variant,)+
        }

        impl EventType {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The code in the database; a kind never changes its own.
            pub const fn code(self) -> u8 {
                match self {
                    $(Self::$variant => $code,)+
                }
            }

            /// What webhooks and people call it.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// The kind with this code.
            pub fn from_code(code: u8) -> Option<Self> {
                Self::ALL.iter().copied().find(|event_type| event_type.code() == code)
            }
        }

        /// What happened, and to what.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Happening {
            $($(#[$meta])* $variant($id),)+
        }

        impl Happening {
            /// What kind of thing it is.
            pub const fn event_type(self) -> EventType {
                match self {
                    $(Self::$variant(_) => EventType::$variant,)+
                }
            }

            /// The number of the customer, store, token, group, extra field, order, app or owner that it happened to.
            pub const fn entity_id(self) -> i64 {
                match self {
                    $(Self::$variant(id) => id.get(),)+
                }
            }

            /// What of this kind happened to the one with this number.
            ///
            /// # Errors
            /// When the number cannot be an id of that kind.
            pub fn new(event_type: EventType, entity_id: i64) -> Result<Self, IdError> {
                Ok(match event_type {
                    $(EventType::$variant => Self::$variant(<$id>::new(entity_id)?),)+
                })
            }
        }
    };
}

happenings! {
    /// A customer came to be.
    CustomerCreated(CustomerId) = 1 "customer.created",
    /// A customer or one of its contacts changed.
    CustomerUpdated(CustomerId) = 2 "customer.updated",
    /// A customer is gone.
    CustomerDeleted(CustomerId) = 3 "customer.deleted",
    /// The store came to be.
    StoreCreated(StoreId) = 4 "store.created",
    /// The store was suspended.
    StoreSuspended(StoreId) = 5 "store.suspended",
    /// The store was resumed.
    StoreResumed(StoreId) = 6 "store.resumed",
    /// A token was made.
    TokenCreated(TokenId) = 7 "token.created",
    /// A token was revoked.
    TokenRevoked(TokenId) = 8 "token.revoked",
    /// An order was recorded.
    OrderCreated(OrderNumber) = 15 "order.created",
    /// An order is gone.
    OrderDeleted(OrderNumber) = 16 "order.deleted",
    /// A customer group came to be.
    GroupCreated(GroupId) = 9 "customer_group.created",
    /// A customer group changed.
    GroupUpdated(GroupId) = 10 "customer_group.updated",
    /// A customer group is gone.
    GroupDeleted(GroupId) = 11 "customer_group.deleted",
    /// An extra field of customers came to be.
    ExtraFieldCreated(ExtraFieldId) = 12 "customer_extra_field.created",
    /// An extra field of customers changed.
    ExtraFieldUpdated(ExtraFieldId) = 13 "customer_extra_field.updated",
    /// An extra field of customers is gone.
    ExtraFieldDeleted(ExtraFieldId) = 14 "customer_extra_field.deleted",
    /// A customer got a contact.
    ContactCreated(CustomerId) = 17 "customer.updated",
    /// A contact of a customer changed.
    ContactUpdated(CustomerId) = 18 "customer.updated",
    /// A contact of a customer is gone.
    ContactDeleted(CustomerId) = 19 "customer.updated",
    /// An app was let into the store.
    ApplicationInstalled(AppId) = 20 "application.installed",
    /// An app was granted other scopes in the store.
    ApplicationChanged(AppId) = 21 "application.changed",
    /// An app was shut out of the store.
    ApplicationUninstalled(AppId) = 22 "application.uninstalled",
    /// The store's profile changed.
    ProfileUpdated(StoreId) = 23 "profile.updated",
    /// An app came to be.
    AppCreated(AppId) = 24 "app.created",
    /// An app, or its secret, changed.
    AppChanged(AppId) = 25 "app.changed",
    /// An app is gone.
    AppDeleted(AppId) = 26 "app.deleted",
    /// The store got an owner.
    OwnerCreated(OwnerId) = 27 "owner.created",
    /// The password of an owner changed.
    OwnerChanged(OwnerId) = 28 "owner.changed",
    /// An owner of the store is gone.
    OwnerDeleted(OwnerId) = 29 "owner.deleted",
    /// An order changed.
    OrderUpdated(OrderNumber) = 30 "order.updated",
}

macro_rules! actors {
    ($($(#[$meta:meta])* $variant:ident $(($id:ident))? = $code:literal,)+) => {
        /// By whom something was done.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Actor {
            $($(#[$meta])* $variant $(($id))?,)+
        }

        impl Actor {
            /// The code in the database; an actor never changes its own.
            pub const fn code(self) -> u8 {
                match self {
                    $(actors!(@pattern $variant $(($id))?) => $code,)+
                }
            }
        }
    };
    (@pattern $variant:ident) => { Self::$variant };
    (@pattern $variant:ident ($id:ident)) => { Self::$variant(_) };
}

actors! {
    /// Nobody knows: it was recorded by a release that did not ask.
    Unknown = 0,
    /// A caller of the API, with this token.
    Token(TokenId) = 1,
    /// Somebody at the command line.
    CommandLine = 2,
    /// An import.
    Import = 3,
    /// An owner of the store, on a page.
    Owner = 4,
    /// An app that showed its client secret, and no token.
    App = 5,
}

impl Actor {
    /// The id of the token, where it was one.
    pub const fn token(self) -> Option<TokenId> {
        match self {
            Self::Token(id) => Some(id),
            Self::Unknown | Self::CommandLine | Self::Import | Self::Owner | Self::App => None,
        }
    }

    /// The actor of this code, with the token that is named.
    pub const fn from_stored(code: u8, token: Option<TokenId>) -> Option<Self> {
        match (code, token) {
            (0, None) => Some(Self::Unknown),
            (1, Some(id)) => Some(Self::Token(id)),
            (2, None) => Some(Self::CommandLine),
            (3, None) => Some(Self::Import),
            (4, None) => Some(Self::Owner),
            (5, None) => Some(Self::App),
            _ => None,
        }
    }
}

/// Something that happened in a store, recorded in the transaction of the change.
///
/// It says what was before, where it is about a customer. What came after is what the next event of the same customer says
/// was before, or else what is there now: nothing is kept twice, and all of the past can be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What happened.
    pub happening: Happening,
    /// The contact, where it happened to one.
    pub contact: Option<ContactId>,
    /// By whom.
    pub by: Actor,
    /// When.
    pub created: Timestamp,
    /// What was before, a JSON object with the parts that changed; `None` where there was nothing, or it is about no customer.
    pub before: Option<Box<str>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_by_its_code() {
        for &event_type in EventType::ALL {
            assert_eq!(EventType::from_code(event_type.code()), Some(event_type));
            let happening = Happening::new(event_type, 7).unwrap();
            assert_eq!((happening.event_type(), happening.entity_id()), (event_type, 7));
        }
        assert_eq!(EventType::from_code(0), None);
        assert!(Happening::new(EventType::CustomerCreated, -1).is_err());
    }

    #[test]
    fn no_code_is_given_twice() {
        let codes: std::collections::HashSet<_> =
            EventType::ALL.iter().map(|event_type| event_type.code()).collect();
        assert_eq!(codes.len(), EventType::ALL.len());
    }

    #[test]
    fn an_actor_is_found_by_its_code() {
        let token = TokenId::new(7).unwrap();
        for actor in
            [Actor::Unknown, Actor::Token(token), Actor::CommandLine, Actor::Import, Actor::Owner, Actor::App]
        {
            assert_eq!(Actor::from_stored(actor.code(), actor.token()), Some(actor));
        }
        assert_eq!(Actor::from_stored(1, None), None);
        assert_eq!(Actor::from_stored(2, Some(token)), None);
    }
}
