//! All described tables.

use crate::{CustomerRow, StoredContact, StoredDetails, StoredEvent, StoredExtraFieldValue};
use crate::{StoredBatchAnswer, StoredBatchRequest, StoredOrderProduct, StoredStatistics, StoredToken};
use crate::{Table, UnfinishedBatch};

/// Names the record of every table, in an order in which owners come first: the one list of them.
macro_rules! for_every_record {
    ($do:ident) => {
        $do! {
            shopfolk_model::Store
            shopfolk_model::App
            shopfolk_model::Installation
            shopfolk_model::AuthorizationCode
            StoredToken
            shopfolk_model::Owner
            shopfolk_model::Session
            shopfolk_model::CustomerGroup
            shopfolk_model::ExtraField
            CustomerRow
            StoredDetails
            StoredExtraFieldValue
            StoredContact
            shopfolk_model::Order
            StoredOrderProduct
            StoredStatistics
            shopfolk_model::Batch
            UnfinishedBatch
            StoredBatchRequest
            StoredBatchAnswer
            StoredEvent
            shopfolk_model::WebhookReader
            shopfolk_model::WebhookDelivery
            shopfolk_model::WebhookAttempt
        }
    };
}
pub(crate) use for_every_record;

macro_rules! tables {
    ($($record:ty)+) => {
        /// Every table that both engines have, owners first.
        pub const TABLES: &[&Table] = &[$(<$record as crate::Record>::TABLE),+];
    };
}
for_every_record!(tables);

impl Table {
    /// The table of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        TABLES.iter().copied().find(|table| table.name == name)
    }

    /// The tables whose rows hang on those of this one.
    pub fn hanging(&'static self) -> impl Iterator<Item = &'static Self> {
        let hangs_on_it = |table: &&Self| table.owner.is_some_and(|owner| owner.table == self.name);
        TABLES.iter().copied().filter(hangs_on_it)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Role;

    #[test]
    fn descriptions_fit_together() {
        for table in TABLES {
            let names: Vec<_> = table.columns.iter().map(|column| column.name).collect();
            let has = |name: &str| names.contains(&name);
            let keys = table.columns.iter().take_while(|column| column.role == Role::Key).count();
            assert_eq!(keys, table.key().count(), "the key of {} comes first", table.name);
            assert!(table.ids.is_none_or(|(_, column)| has(column)), "ids of {}", table.name);
            if let Some(owner) = table.owner {
                assert_eq!(Some(&owner.column), names.first(), "{} begins with its owner", table.name);
                assert!(Table::named(owner.table).is_some_and(|of| of.key().count() == 1));
            }
            for reference in table.references {
                assert!(has(reference.column) && Table::named(reference.table).is_some(), "{}", table.name);
            }
            for unique in table.unique {
                assert!(unique.columns.iter().all(|column| has(column)), "{}", unique.name);
            }
        }
    }
}
