//! Reading who has which contact.

use shopfolk_model::{Actor, StoreId};
use shopfolk_store::{
    Engine, Length, ReadOperation, ReadTx, StoreError, StoredCustomer, WalkPosition, list_stored_customers,
};

use super::memory::ContactOwners;
use crate::OperationError;

/// Reads who has which contact, portion by portion, until there are too many.
pub(super) async fn read<E: Engine>(engine: &E, store: StoreId) -> Result<ContactOwners, OperationError> {
    let mut owners = ContactOwners::default();
    let mut after = None;
    while !owners.are_too_many() {
        let read = engine.read_for(store, Actor::Import, ReadContactsOfMany { after }).await?;
        let Some((customers, through)) = read else { break };
        for StoredCustomer { customer, contacts } in &customers {
            for contact in contacts {
                owners.add(&contact.address, customer.id);
            }
        }
        after = Some(through);
    }
    Ok(owners)
}

/// Reads the next customers with their contacts. Those that cannot be read are left out.
struct ReadContactsOfMany {
    after: Option<WalkPosition>,
}

impl ReadOperation for ReadContactsOfMany {
    type Output = Option<(Vec<StoredCustomer>, WalkPosition)>;
    type Error = StoreError;

    fn length(&self) -> Length {
        Length::Long
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, StoreError> {
        let portion = list_stored_customers(tx, self.after).await?;
        Ok(portion.map(|portion| (portion.listed.items, portion.through)))
    }
}
