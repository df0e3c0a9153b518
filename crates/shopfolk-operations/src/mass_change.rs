//! Changing or deleting many customers at once.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use shopfolk_model::{
    Actor, ContactBook, Customer, CustomerChange, CustomerDetailsChange, CustomerGroup, CustomerId,
    CustomerSearch, FieldChange, GroupId, SearchedCustomer, StoreId, Timestamp,
};
use shopfolk_store::{
    CustomerRow, Engine, IdKind, Length, PORTION, Pace, Query, ReadOperation, ReadTx, Row, WriteOperation,
    WriteTx,
};

use crate::customer_portion::{CustomerPortion, Needs};
use crate::{OperationError, SearchCustomerIds, StopReason};

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
/// there, nothing changes. Then it is done in portions, each a transaction with its own time, so that no other write waits
/// long. A customer who is deleted meanwhile, whom the search does not find any more, or who cannot be read, is passed over.
/// It is safe to repeat: of those who are to be deleted, one who is gone already is passed over too. `now` is asked before each
/// portion and may say that there is to be none.
///
/// # Errors
/// When a customer or the group is not there, it is stopped, or the database fails; then the portions that were done stay.
pub async fn change_many_customers<E: Engine>(
    engine: &E,
    store: StoreId,
    by: Actor,
    customers: ManyCustomers,
    change: MassChange,
    now: impl Fn() -> Result<Timestamp, StopReason> + Send + Sync,
) -> Result<u64, OperationError> {
    let (ids, named, search) = match customers {
        ManyCustomers::Selected(mut ids) => {
            ids.sort_unstable();
            ids.dedup();
            (ids.clone(), ids, None)
        }
        ManyCustomers::Found(search) => {
            let find = SearchCustomerIds { search: CustomerSearch::clone(&search), sort: None };
            let search =
                Some(Arc::from(search)).filter(|search: &Arc<CustomerSearch>| !search.is_everybody());
            (engine.read_for(store, by, find).await?, Vec::new(), search)
        }
    };
    engine.read_for(store, by, LookOver { ids: named, change }).await?;
    let (mut changed, mut left, mut pace) = (0, &ids[..], Pace::default());
    while !left.is_empty() {
        let now = now().map_err(|reason| OperationError::Stopped { reason, changed })?;
        let ids = left[..left.len().min(pace.rows())].to_vec();
        let portion = ChangePortion { ids, search: search.clone(), change, now };
        let done = engine.write_portion(store, by, portion, &mut pace).await?;
        changed += done.changed;
        left = left.get(done.through..).unwrap_or_default();
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

    fn length(&self) -> Length {
        Length::Long
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<(), OperationError> {
        if let MassChange::Change { group: Some(id), .. } = self.change
            && id != GroupId::GENERAL
            && tx.get::<CustomerGroup>((id,)).await?.is_none()
        {
            return Err(OperationError::UnknownGroup { id });
        }
        if let (MassChange::Delete, Some(&id)) = (self.change, self.ids.last()) {
            // One who is gone is as wanted; one who never was is a mistake.
            let was_given = id.get() < tx.lookup_next_ids().await?.of(IdKind::Customer);
            return if was_given { Ok(()) } else { Err(OperationError::CustomerNotFound { id }) };
        }
        for portion in self.ids.chunks(PORTION) {
            let keys: Vec<_> = portion.iter().map(|&id| (id,)).collect();
            let mut there = HashSet::with_capacity(portion.len());
            let mut take =
                |row: Row<'_>| there.extend(row.columns.value(0).ok().and_then(|id| id.as_integer()));
            tx.read(&[Query::keys::<CustomerRow>(&keys)], &mut |_, row| take(row)).await?;
            if let Some(&id) = portion.iter().find(|id| !there.contains(&id.get())) {
                return Err(OperationError::CustomerNotFound { id });
            }
        }
        Ok(())
    }
}

/// How far a portion has come.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct PortionDone {
    /// How many of its customers it is through with, at least one.
    pub through: usize,
    /// How many of them were changed or deleted.
    pub changed: u64,
}

/// Changes or deletes the customers of a portion who are there and whom the search finds still. Contacts that have to be
/// read count as much as customers, and where they are more than the portion may have, the last customers are left.
pub(crate) struct ChangePortion {
    pub ids: Vec<CustomerId>,
    pub search: Option<Arc<CustomerSearch>>,
    pub change: MassChange,
    pub now: Timestamp,
}

impl WriteOperation for ChangePortion {
    type Output = PortionDone;
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<PortionDone, OperationError> {
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
        let contacts = change.is_none() || self.looks_at_contacts();
        let through = if contacts { self.fitting(tx).await? } else { self.ids.len() };
        let ids = &self.ids[..through];
        let mut needs = Needs { contacts, ..Needs::default() };
        match &change {
            Some(change) => ids.iter().for_each(|&id| needs.change(id, change)),
            None => needs.customers = ids.to_vec(),
        }
        let mut portion = CustomerPortion::load(tx, &needs).await?;
        let mut changed = 0;
        for &id in ids {
            let Some(customer) = portion.customer(id).filter(|customer| self.is_meant(customer, &portion))
            else {
                continue;
            };
            match &change {
                // Who is as wanted stays as it is, so that doing it again takes little time.
                Some(change) if customer.changed(change, [], customer.updated)? == *customer => {}
                Some(change) => portion.change(id, change, self.now)?,
                None => portion.delete(id)?,
            }
            changed += 1;
        }
        portion.write(tx, self.now).await?;
        Ok(PortionDone { through, changed })
    }
}

impl ChangePortion {
    /// How many of the customers have no more contacts than the portion may have rows; one at least.
    async fn fitting<T: WriteTx>(&self, tx: &mut T) -> Result<usize, OperationError> {
        let keys: Vec<_> = self.ids.iter().map(|&id| (id,)).collect();
        let mut contacts = HashMap::with_capacity(keys.len());
        tx.read(&[Query::keys::<CustomerRow>(&keys)], &mut |_, row| {
            // One that cannot be read is passed over later.
            contacts
                .extend(row.decode::<CustomerRow>().map(|customer| (customer.id, customer.contacts.size)));
        })
        .await?;
        let (mut rows, most) = (0, self.ids.len().max(PORTION / 2));
        let fits = |id: &&CustomerId| {
            rows += 1 + contacts.get(id).map_or(0, |&contacts| contacts as usize);
            rows <= most
        };
        Ok(self.ids.iter().take_while(fits).count().max(1))
    }

    /// Whether the search looks at contacts: phone numbers are among them.
    fn looks_at_contacts(&self) -> bool {
        self.search.as_ref().is_some_and(|search| search.contact.is_some() || search.phone.is_some())
    }

    /// Whether the customer is meant as it is now. What it bought is not asked again.
    fn is_meant(&self, customer: &Customer, portion: &CustomerPortion) -> bool {
        self.search.as_ref().is_none_or(|search| {
            let none = ContactBook::default();
            let contacts = portion.contacts(customer.id).unwrap_or(&none);
            SearchedCustomer::of(customer, contacts).matches(search, |_| true)
        })
    }
}

/// What became of a portion of the customers who have something that is to be deleted.
pub(crate) struct Cleared {
    /// Whether nobody has it any more.
    pub all: bool,
    /// How many were changed.
    pub changed: u64,
    /// Those who are not there themselves.
    pub gone: Vec<CustomerId>,
}

/// Changes those of these customers who have something that is to be deleted. They are the first so many who have it, or all
/// where they are fewer than `most`. Those who cannot be read keep it.
///
/// # Errors
/// When nobody can be changed because of damage, or the database fails.
pub(crate) async fn clear_portion<T: WriteTx>(
    tx: &mut T,
    customers: &[CustomerId],
    most: usize,
    has_it: impl Fn(&Customer) -> bool + Send,
    change: &CustomerChange,
    now: Timestamp,
) -> Result<Cleared, OperationError> {
    let mut needs = Needs::default();
    for &id in customers {
        needs.change(id, change);
    }
    let mut portion = CustomerPortion::load(tx, &needs).await?;
    let (mut changed, mut damaged, mut gone) = (0, None, Vec::new());
    for &id in customers {
        match portion.customer(id) {
            // Somebody else was faster.
            Some(customer) if !has_it(customer) => {}
            Some(_) => {
                portion.change(id, change, now)?;
                changed += 1;
            }
            None if portion.is_damaged(id) => damaged = Some(id),
            None => gone.push(id),
        }
    }
    if let (0, Some(id)) = (changed, damaged) {
        return Err(portion.missing(id));
    }
    portion.write(tx, now).await?;
    Ok(Cleared { all: customers.len() < most && damaged.is_none(), changed, gone })
}
