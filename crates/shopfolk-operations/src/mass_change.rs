//! Changing or deleting many customers at once.

use std::collections::HashSet;

use shopfolk_model::{
    Actor, Customer, CustomerChange, CustomerDetailsChange, CustomerGroup, CustomerId, CustomerSearch,
    FieldChange, GroupId, StoreId, Timestamp,
};
use shopfolk_store::{CustomerRow, Engine, PORTION, Query, ReadOperation, ReadTx, WriteOperation, WriteTx};

use crate::customer_portion::{CustomerPortion, Needs};
use crate::{OperationError, SearchCustomerIds};

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

/// Changes or deletes many customers, and says how many. The change is looked over first: where a customer or the group is not
/// there, nothing changes. Then it is done in portions, each a transaction, so that no other write waits long. A customer who
/// is deleted meanwhile, or cannot be read, is passed over. It is safe to repeat.
///
/// # Errors
/// When a customer or the group is not there, or the database fails; then the portions that were done stay.
pub async fn change_many_customers<E: Engine>(
    engine: &E,
    store: StoreId,
    by: Actor,
    customers: ManyCustomers,
    change: MassChange,
    now: Timestamp,
) -> Result<u64, OperationError> {
    let (ids, named) = match customers {
        ManyCustomers::Selected(mut ids) => {
            ids.sort_unstable();
            ids.dedup();
            (ids, true)
        }
        ManyCustomers::Found(search) => {
            (engine.read(store, SearchCustomerIds { search: *search, sort: None }).await?, false)
        }
    };
    engine.read(store, LookOver { ids: if named { ids.clone() } else { Vec::new() }, change }).await?;
    let mut changed = 0;
    for portion in ids.chunks(PORTION) {
        changed += engine.write(store, by, ChangePortion { ids: portion.to_vec(), change, now }).await?;
    }
    Ok(changed)
}

/// Looks whether the customers and the group are there.
struct LookOver {
    ids: Vec<CustomerId>,
    change: MassChange,
}

impl ReadOperation for LookOver {
    type Output = ();
    type Error = OperationError;

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<(), OperationError> {
        if let MassChange::Change { group: Some(id), .. } = self.change
            && id != GroupId::GENERAL
            && tx.get::<CustomerGroup>((id,)).await?.is_none()
        {
            return Err(OperationError::UnknownGroup { id });
        }
        for portion in self.ids.chunks(PORTION) {
            let keys: Vec<_> = portion.iter().map(|&id| (id,)).collect();
            let found = tx.all::<CustomerRow>(Query::keys::<CustomerRow>(&keys)).await?;
            let there: HashSet<_> = found.iter().map(|customer| customer.id).collect();
            if let Some(&id) = portion.iter().find(|id| !there.contains(id)) {
                return Err(OperationError::CustomerNotFound { id });
            }
        }
        Ok(())
    }
}

/// Changes or deletes the customers of a portion that are there, and says how many.
struct ChangePortion {
    ids: Vec<CustomerId>,
    change: MassChange,
    now: Timestamp,
}

impl WriteOperation for ChangePortion {
    type Output = u64;
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<u64, OperationError> {
        let change = match self.change {
            MassChange::Delete => None,
            MassChange::Change { group, tax_exempt, accept_marketing } => {
                let details = CustomerDetailsChange {
                    tax_exempt,
                    accept_marketing: accept_marketing.map_or(FieldChange::Keep, FieldChange::Set),
                    ..CustomerDetailsChange::default()
                };
                Some(CustomerChange { group, details, ..CustomerChange::default() })
            }
        };
        let mut needs = Needs { contacts: change.is_none(), ..Needs::default() };
        match &change {
            Some(change) => self.ids.iter().for_each(|&id| needs.change(id, change)),
            None => needs.customers.clone_from(&self.ids),
        }
        let mut portion = CustomerPortion::load(tx, &needs).await?;
        let mut changed = 0;
        for &id in &self.ids {
            let Some(customer) = portion.customer(id) else { continue };
            match &change {
                // Who is as wanted stays as it is, so that doing it again takes little time.
                Some(change) if customer.changed(change, [], customer.updated)? == *customer => {}
                Some(change) => portion.change(id, change, self.now)?,
                None => portion.delete(id)?,
            }
            changed += 1;
        }
        portion.write(tx, self.now).await?;
        Ok(changed)
    }
}

/// What became of a portion of the customers who have something that is to be deleted.
pub(crate) struct Cleared {
    /// Whether nobody has it any more.
    pub all: bool,
    /// Those who are not there themselves.
    pub gone: Vec<CustomerId>,
}

/// Changes those of these customers who have something that is to be deleted. They are the first so many who have it, or all
/// where they are fewer than [`PORTION`]. Those who cannot be read keep it.
///
/// # Errors
/// When nobody can be changed because of damage, or the database fails.
pub(crate) async fn clear_portion<T: WriteTx>(
    tx: &mut T,
    customers: &[CustomerId],
    has_it: impl Fn(&Customer) -> bool + Send,
    change: &CustomerChange,
    now: Timestamp,
) -> Result<Cleared, OperationError> {
    let mut needs = Needs::default();
    for &id in customers {
        needs.change(id, change);
    }
    let mut portion = CustomerPortion::load(tx, &needs).await?;
    let (mut changes, mut damaged, mut gone) = (false, None, Vec::new());
    for &id in customers {
        match portion.customer(id) {
            // Somebody else was faster.
            Some(customer) if !has_it(customer) => {}
            Some(_) => {
                portion.change(id, change, now)?;
                changes = true;
            }
            None if portion.is_damaged(id) => damaged = Some(id),
            None => gone.push(id),
        }
    }
    if let (false, Some(id)) = (changes, damaged) {
        return Err(portion.missing(id));
    }
    portion.write(tx, now).await?;
    Ok(Cleared { all: customers.len() < PORTION && damaged.is_none(), gone })
}
