//! What happened in a store.

use crate::{CustomerId, ExtraFieldId, GroupId, IdError, OrderNumber, StoreId, Timestamp, TokenId};

macro_rules! happenings {
    ($($(#[$meta:meta])* $variant:ident($id:ty) = $code:literal $name:literal,)+) => {
        /// What happened, and to what.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Happening {
            $($(#[$meta])* $variant($id),)+
        }

        impl Happening {
            /// The code in the database; a kind never changes its own.
            pub const fn code(self) -> u8 {
                match self {
                    $(Self::$variant(_) => $code,)+
                }
            }

            /// The number of the customer, store, token, group, extra field or order that it happened to.
            pub const fn entity_id(self) -> i64 {
                match self {
                    $(Self::$variant(id) => id.get(),)+
                }
            }

            /// What webhooks and people call it.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $name,)+
                }
            }

            /// What stands in the database under this code; `None` when no kind has that code.
            ///
            /// # Errors
            /// When the number cannot be an id of that kind.
            pub fn from_stored(code: u8, entity_id: i64) -> Result<Option<Self>, IdError> {
                Ok(match code {
                    $($code => Some(Self::$variant(<$id>::new(entity_id)?)),)+
                    _ => None,
                })
            }
        }

        #[cfg(test)]
        const CODES: &[u8] = &[$($code),+];
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
}

/// Something that happened in a store, recorded in the transaction of the change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// What happened.
    pub happening: Happening,
    /// When.
    pub created: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_by_its_code() {
        for &code in CODES {
            let happening = Happening::from_stored(code, 7).unwrap().unwrap();
            assert_eq!((happening.code(), happening.entity_id()), (code, 7));
        }
        assert_eq!(Happening::from_stored(0, 7), Ok(None));
        assert!(Happening::from_stored(1, -1).is_err());
    }

    #[test]
    fn no_code_and_no_name_is_given_twice() {
        let names: std::collections::HashSet<_> =
            CODES.iter().map(|&code| Happening::from_stored(code, 7).unwrap().unwrap().name()).collect();
        let codes: std::collections::HashSet<_> = CODES.iter().collect();
        assert_eq!((names.len(), codes.len()), (CODES.len(), CODES.len()));
    }
}
