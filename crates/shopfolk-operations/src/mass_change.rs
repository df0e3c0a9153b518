//! Changing or deleting many customers at once.

use shopfolk_model::{
    CustomerChange, CustomerDetailsChange, CustomerId, CustomerSearch, FieldChange, GroupId, Timestamp,
};
use shopfolk_store::{PageRequest, WriteOperation, WriteTx};

use crate::{ChangeCustomer, DeleteCustomer, OperationError};

/// Which customers are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ManyCustomers {
    /// These.
    Selected(Vec<CustomerId>),
    /// Those that a search finds.
    Found(Box<CustomerSearch>),
}

/// What becomes of each of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MassChange {
    /// They are deleted.
    Delete,
    /// They are changed; what is left out stays.
    Change {
        /// The group.
        group: Option<GroupId>,
        /// Whether they pay no tax.
        tax_exempt: Option<bool>,
        /// What they said of marketing.
        accept_marketing: Option<bool>,
    },
}

/// Changes or deletes many customers: all of them, or none.
#[derive(Debug, Clone)]
pub struct ChangeManyCustomers {
    /// Which.
    pub customers: ManyCustomers,
    /// What becomes of them.
    pub change: MassChange,
    /// Now.
    pub now: Timestamp,
}

impl WriteOperation for ChangeManyCustomers {
    /// How many customers were changed or deleted.
    type Output = u64;
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        let ids = match &self.customers {
            ManyCustomers::Selected(ids) => {
                let mut ids = ids.clone();
                ids.sort_unstable();
                ids.dedup();
                ids
            }
            ManyCustomers::Found(search) => {
                let all = PageRequest { offset: 0, limit: u32::MAX };
                tx.search_customers(search, None, all).await?.items
            }
        };
        let now = self.now;
        for &customer in &ids {
            match self.change {
                MassChange::Delete => DeleteCustomer { customer, now }.run(tx).await?,
                MassChange::Change { group, tax_exempt, accept_marketing } => {
                    let details = CustomerDetailsChange {
                        tax_exempt,
                        accept_marketing: accept_marketing.map_or(FieldChange::Keep, FieldChange::Set),
                        ..CustomerDetailsChange::default()
                    };
                    let change = CustomerChange { group, details, ..CustomerChange::default() };
                    ChangeCustomer { customer, change, now }.run(tx).await?;
                }
            }
        }
        Ok(ids.len() as u64)
    }
}
