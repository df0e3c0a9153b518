//! Adding many customers at once, for imports.

use std::collections::HashSet;

use shopfolk_model::{CustomerId, NewCustomer, Timestamp};
use shopfolk_store::{WriteOperation, WriteTx};

use crate::OperationError;
use crate::customer_portion::{CustomerPortion, Needs, NewRows};

/// Adds customers whose e-mail addresses the store does not have yet; the others are passed over. Of those with the
/// same address the first is added.
#[derive(Debug, Clone)]
pub struct AddCustomers {
    /// What is said of them, in their order.
    pub customers: Vec<NewCustomer>,
    /// Now.
    pub now: Timestamp,
}

impl WriteOperation for AddCustomers {
    /// The ids of the customers, `None` for those that were passed over.
    type Output = Vec<Option<CustomerId>>;
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        let mut needs = Needs::default();
        self.customers.iter().for_each(|new| needs.create(new));
        let mut portion = CustomerPortion::load(tx, &needs).await?;
        let (mut new_rows, mut emails) = (NewRows::default(), HashSet::new());
        for new in &self.customers {
            match portion.ensure_creatable(new, self.now) {
                Ok(()) if new.email.as_ref().is_none_or(|email| emails.insert(email.key())) => {
                    new_rows.create(new);
                }
                Ok(()) | Err(OperationError::EmailInUse { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        portion.take_ids(tx, &new_rows).await?;
        let mut outcomes = Vec::with_capacity(self.customers.len());
        for new in &self.customers {
            outcomes.push(match portion.create(new, self.now, self.now) {
                Ok(id) => Some(id),
                Err(OperationError::EmailInUse { .. }) => None,
                Err(error) => return Err(error),
            });
        }
        portion.write(tx, self.now).await?;
        Ok(outcomes)
    }
}
