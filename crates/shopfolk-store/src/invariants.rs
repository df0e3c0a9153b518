//! What must hold on every database, as far as its rows can show it.

use std::fmt;

use shopfolk_model::StoreId;

/// A promise about the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Invariant {
    /// No row belongs to a store, or hangs on a customer of a store, that is not there.
    TenantsApart,
    /// A customer has at most one default contact of a type.
    OneDefaultPerType,
    /// A customer has no two equal contacts, and no two customers of a store the same e-mail; of groups, extra fields and
    /// owners no two are called the same.
    NoEqualContacts,
    /// No id is at or above the counter from which the next one is taken.
    IdsNeverReused,
    /// The events of a store are numbered without a gap, and every change has its event.
    EventForEveryChange,
    /// What is kept to save counting is what counting gives, and no bound is broken.
    SummariesRight,
    /// Every row can be read as what it is to be, and what follows from other columns does.
    RowsSound,
    /// What searches look through is what they have to find.
    SearchesWhole,
    /// The database file itself is sound.
    FileSound,
}

impl fmt::Display for Invariant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::TenantsApart => "no store sees another's rows",
            Self::OneDefaultPerType => "at most one default contact of a type per customer",
            Self::NoEqualContacts => {
                "no two equal contacts of a customer, no e-mail or name twice in a store"
            }
            Self::IdsNeverReused => "ids are never reused",
            Self::EventForEveryChange => "an event exists if and only if its change does",
            Self::SummariesRight => "kept counts are right and bounds hold",
            Self::RowsSound => "every row can be read, and what follows from its columns does",
            Self::SearchesWhole => "searches look through what is there",
            Self::FileSound => "the database file is sound",
        })
    }
}

/// A promise that does not hold, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The promise.
    pub invariant: Invariant,
    /// The store it is broken in, if in one.
    pub store: Option<StoreId>,
    /// What is there, for a person to read.
    pub found: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "broken: {}: ", self.invariant)?;
        if let Some(store) = self.store {
            write!(formatter, "store {store}: ")?;
        }
        formatter.write_str(&self.found)
    }
}
