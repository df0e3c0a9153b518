//! What became of a line.

use std::fmt;

use shopfolk_model::{
    AddressRuleError, ContactRuleError, CustomerId, CustomerName, ExternalReferenceId, ExtraFieldRuleError,
    GroupRuleError,
};

use crate::OperationError;

/// What became of a line, and what of it could not be taken.
#[derive(Debug)]
pub struct Imported {
    /// What became of the customer.
    pub outcome: ImportOutcome,
    /// What was left out, each with the reason.
    pub left_out: Vec<LeftOut>,
}

/// What became of a customer that came from elsewhere. In a dry run it is what would have become of it, and the id of a
/// customer who would have been created means nothing.
#[derive(Debug)]
pub enum ImportOutcome {
    /// It is new.
    Created(CustomerId),
    /// It was there and is changed.
    Updated(CustomerId),
    /// It was there as it is.
    Unchanged(CustomerId),
    /// The rules say that nothing is done with it: [`Only`](crate::Only).
    PassedOver,
    /// It is not clear who is meant; nothing of it was written.
    Conflict(ImportConflict),
    /// A part of it cannot be taken, and the rules want lines whole; nothing of it was written.
    Unfit,
    /// It breaks a rule; nothing of it was written.
    Refused(OperationError),
}

/// Why it is not clear which customer a line means.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportConflict {
    /// Two keys of the line are those of two customers.
    #[error("{one_key} is that of customer #{one}, {other_key} that of customer #{other}")]
    TwoCustomers {
        /// What names the one.
        one_key: MatchedKey,
        /// The one.
        one: CustomerId,
        /// What names the other.
        other_key: MatchedKey,
        /// The other.
        other: CustomerId,
    },
    /// The customer who is found has another external reference.
    #[error(
        "{key} is that of customer #{customer}, whose externalReferenceId is '{ours}', not '{theirs}' as in the file"
    )]
    OtherReference {
        /// What names the customer.
        key: MatchedKey,
        /// The customer.
        customer: CustomerId,
        /// The customer's reference.
        ours: ExternalReferenceId,
        /// The reference in the file.
        theirs: ExternalReferenceId,
    },
    /// An earlier line of the file gives the customer who is found another name.
    #[error("{key} is that of customer #{customer}, who is '{ours}' in an earlier line, not '{theirs}'")]
    OtherName {
        /// What names the customer.
        key: MatchedKey,
        /// The customer.
        customer: CustomerId,
        /// The name in the earlier line.
        ours: CustomerName,
        /// The name in this one.
        theirs: CustomerName,
    },
}

/// A key by which a line was found to mean a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatchedKey {
    /// The external reference.
    ExternalReferenceId,
    /// The e-mail address.
    Email,
    /// The contact at this place, from 0.
    Contact(usize),
    /// The id.
    Id,
}

impl fmt::Display for MatchedKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ExternalReferenceId => formatter.write_str("externalReferenceId"),
            Self::Email => formatter.write_str("email"),
            Self::Contact(place) => write!(formatter, "contacts[{place}]"),
            Self::Id => formatter.write_str("id"),
        }
    }
}

/// A part of a line that could not be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Which part.
    pub part: ImportedPart,
    /// Why.
    pub reason: LeftOutReason,
}

/// A part of what a file says of a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportedPart {
    /// The group.
    Group,
    /// The value of the extra field at this place, from 0.
    ExtraField(usize),
    /// The contact at this place, from 0.
    Contact(usize),
    /// The shipping address at this place, from 0.
    Address(usize),
    /// Fields of the customer itself.
    Fields,
}

/// Why a part of a line could not be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LeftOutReason {
    /// The group is named by a number only, which means nothing in another store.
    #[error("the number of a customer group says nothing in another store")]
    GroupNumber,
    /// The store has no such group, and is to get none.
    #[error("there is no customer group '{group}'")]
    UnknownGroup {
        /// The name or the external reference.
        group: String,
    },
    /// An earlier line of the same file says something else of the customer.
    #[error("an earlier line of the file says something else of the customer")]
    SaidBefore,
    /// A rule about groups says no.
    #[error(transparent)]
    Group(#[from] GroupRuleError),
    /// A rule about extra fields says no.
    #[error(transparent)]
    ExtraField(#[from] ExtraFieldRuleError),
    /// A rule about contacts says no.
    #[error(transparent)]
    Contact(#[from] ContactRuleError),
    /// A rule about addresses says no.
    #[error(transparent)]
    Address(#[from] AddressRuleError),
}
