//! What happened in a store.

use crate::{CustomerId, Timestamp};

/// The kind of an event, as webhooks name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum EventType {
    /// A customer came to be.
    CustomerCreated = 1,
    /// A customer or one of its contacts changed.
    CustomerUpdated = 2,
    /// A customer is gone.
    CustomerDeleted = 3,
}

impl EventType {
    /// The code in the database; a kind never changes its own.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The kind with this code in the database.
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::CustomerCreated),
            2 => Some(Self::CustomerUpdated),
            3 => Some(Self::CustomerDeleted),
            _ => None,
        }
    }

    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CustomerCreated => "customer.created",
            Self::CustomerUpdated => "customer.updated",
            Self::CustomerDeleted => "customer.deleted",
        }
    }
}

/// Something that happened to a customer, recorded in the transaction of the change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// What happened.
    pub event_type: EventType,
    /// To whom.
    pub customer: CustomerId,
    /// When.
    pub created: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_by_its_code() {
        for event_type in [EventType::CustomerCreated, EventType::CustomerUpdated, EventType::CustomerDeleted]
        {
            assert_eq!(EventType::from_code(event_type.code()), Some(event_type));
        }
        assert_eq!(EventType::from_code(0), None);
    }
}
