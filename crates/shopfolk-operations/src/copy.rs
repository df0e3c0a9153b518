//! Copying a store from one database to another, of the same engine or another one.
//!
//! A copy goes through the store key by key, compares what both databases hold, and writes only what differs. So it is
//! safe to repeat, and one that was interrupted goes on where it was: what is there already costs a comparison. At the
//! end both sides are read again and their checksums compared. When they differ, because the source changed meanwhile,
//! the copy goes over the store again, a few times at the most. What is copied follows from the descriptions of the
//! records ([`shopfolk_store::Aggregate`]); a row that is damaged stops it, for nothing may be lost on the way.
//!
//! # What it may overwrite
//!
//! Every change of a store has its event, and every event its place. So a store in the target has no life of its own
//! exactly as long as its events are the first ones of the source: that is looked at before anything is written
//! ([`events`]), and everything else that differs in the target is older than the source. Events are copied first, so that this
//! holds for every copy that was interrupted too. What it cannot tell apart are changes of the same kinds to the same
//! customers by the same people, in the same order and the same seconds, and nothing else, made in both databases after a
//! copy.
//!
//! # While it runs
//!
//! The store in the target is suspended, so that it has no callers, and takes the state of the source at the end. Apps that it let in
//! are told of what happens in it from then on. Each
//! portion is one transaction in the target; the observer of the copy may stop it between two of them.

mod contents;
mod differences;
mod events;
pub(crate) mod transactions;

use std::ops::ControlFlow;

use futures_util::future::{try_join, try_join3};
use shopfolk_model::{Store, StoreId};
use shopfolk_store::{
    Aggregate, CustomerRow, Engine, Record, StoreError, StoredCustomer, StoredToken, for_every_aggregate,
};

pub use contents::{Checksum, StoreContents};

use contents::contents_of;
use transactions::{EstimateSize, List, LookupNextIds, PutStore, Stage};

use crate::GetStore;

/// How often a store is gone over at the most, when it changes meanwhile.
const MOST_PASSES: u32 = 3;

/// Why a store was not copied. What was copied until then stays, and the next copy goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The source has no such store.
    #[error("Store #{id} not found")]
    StoreNotFound {
        /// The id that was asked for.
        id: StoreId,
    },
    /// The target has a store with that id that is not what a copy left there. Nothing of it was changed.
    #[error("Store #{id} of the target is another one, or was changed there: {difference}")]
    TargetHasItsOwn {
        /// The id of the store.
        id: StoreId,
        /// What the source has not.
        difference: &'static str,
    },
    /// Both sides still differed at the end.
    #[error("Store #{id} changes faster than it is copied: after {MOST_PASSES} passes it still differs")]
    KeepsChanging {
        /// The id of the store.
        id: StoreId,
    },
    /// Rows of the store cannot be read, so they cannot be copied.
    #[error("{damaged} rows of store #{id} are damaged; 'shopfolk check' names them")]
    Damaged {
        /// The id of the store.
        id: StoreId,
        /// How many.
        damaged: u64,
    },
    /// The observer of the copy stopped it.
    #[error("the copy was stopped")]
    Stopped,
    /// The database that is read failed.
    #[error("the source failed")]
    Source(#[source] StoreError),
    /// The database that is written failed.
    #[error("the target failed")]
    Target(#[source] StoreError),
}

/// What a copy is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CopyPhase {
    /// Comparing the events that both sides have.
    ComparingEvents,
    /// Copying events.
    Events,
    /// Copying rows of this kind with what hangs on them.
    Rows(&'static str),
    /// Reading both sides again and comparing them: customers and events.
    Verifying,
}

/// How far a copy has come, told before the first portion of a phase and after each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CopyProgress {
    /// The store.
    pub store: StoreId,
    /// Which pass over the store it is, from 1.
    pub pass: u32,
    /// What it is doing.
    pub phase: CopyPhase,
    /// How many rows of the phase are done.
    pub done: u64,
    /// About how many there are; 0 where nobody knows.
    pub total: u64,
}

/// Copies a store and verifies the copy. `observe` is told how far it is and may stop it.
///
/// # Errors
/// When the source has no such store, the target has one of its own, the source keeps changing, a row is damaged, `observe`
/// stopped it, or a database failed.
pub async fn copy_store<From: Engine, To: Engine>(
    from: &From,
    to: &To,
    store: StoreId,
    observe: impl FnMut(CopyProgress) -> ControlFlow<()> + Send,
) -> Result<StoreContents, CopyError> {
    let mut copy = StoreCopy { from, to, store, observe, pass: 1 };
    let source = copy.source().await?;
    copy.refuse_another_store(&source).await?;
    while copy.pass <= MOST_PASSES {
        let shared = copy.shared_events().await?;
        copy.put_store(Stage::Begins).await?;
        let last = copy.copy_events(shared).await?;
        macro_rules! copy_rows {
            ($($aggregate:ty),+) => {
                $(copy.copy_rows::<$aggregate>(last).await?;)+
            };
        }
        for_every_aggregate!(copy_rows);
        if let Some(contents) = copy.verify().await? {
            copy.put_store(Stage::Ends).await?;
            return Ok(contents);
        }
        copy.pass += 1;
    }
    Err(CopyError::KeepsChanging { id: store })
}

/// Whether a store keeps how many there are.
fn is_counted<A: Aggregate>() -> bool {
    A::Row::TABLE.name == CustomerRow::TABLE.name
}

/// A copy under way.
struct StoreCopy<'a, From, To, Observe> {
    from: &'a From,
    to: &'a To,
    store: StoreId,
    observe: Observe,
    pass: u32,
}

impl<From: Engine, To: Engine, Observe: FnMut(CopyProgress) -> ControlFlow<()> + Send>
    StoreCopy<'_, From, To, Observe>
{
    async fn source(&self) -> Result<Store, CopyError> {
        let store = self.from.read(self.store, GetStore).await.map_err(CopyError::Source)?;
        store.ok_or(CopyError::StoreNotFound { id: self.store })
    }

    /// Looks at what no event tells. The events themselves are compared later, and before anything is written.
    async fn refuse_another_store(&self, source: &Store) -> Result<(), CopyError> {
        let there = self.to.read(self.store, GetStore).await.map_err(CopyError::Target)?;
        let Some(there) = there else { return Ok(()) };
        if there.created != source.created {
            return Err(self.has_its_own("it was created at another time"));
        }
        let (events, tokens, customers) = try_join3(
            self.to.list_events(self.store, None, 1),
            self.to.read(self.store, List::<StoredToken>::after(None)),
            self.to.read(self.store, List::<StoredCustomer>::after(None)),
        )
        .await
        .map_err(CopyError::Target)?;
        if !events.is_empty() || (tokens.is_none() && customers.is_none()) {
            return Ok(());
        }
        let expected = self.from.list_events(self.store, None, 1).await.map_err(CopyError::Source)?;
        if expected.is_empty() { Ok(()) } else { Err(self.has_its_own("it has rows without events")) }
    }

    fn has_its_own(&self, difference: &'static str) -> CopyError {
        CopyError::TargetHasItsOwn { id: self.store, difference }
    }

    /// Makes the store's row in the target that of the source, suspended while it is copied, and raises its next ids.
    async fn put_store(&self, stage: Stage) -> Result<(), CopyError> {
        let store = self.source().await?;
        let next = self.from.read(self.store, LookupNextIds).await.map_err(CopyError::Source)?;
        self.to.copy(self.store, PutStore { store, next, stage }).await.map_err(CopyError::Target)
    }

    /// Reads both sides; `None` when they differ.
    async fn verify(&mut self) -> Result<Option<StoreContents>, CopyError> {
        let size = self.from.read(self.store, EstimateSize).await.map_err(CopyError::Source)?;
        let (from, to, store) = (self.from, self.to, self.store);
        let total = size.customers + size.events;
        self.tell(CopyPhase::Verifying, 0, total)?;
        let here =
            contents_of(from, store, CopyError::Source, |done| self.tell(CopyPhase::Verifying, done, total));
        let there = contents_of(to, store, CopyError::Target, |_| Ok(()));
        let (here, there) = try_join(here, there).await?;
        Ok((here == there).then_some(here))
    }

    /// Tells how far the copy is.
    fn tell(&mut self, phase: CopyPhase, done: u64, total: u64) -> Result<(), CopyError> {
        let progress = CopyProgress { store: self.store, pass: self.pass, phase, done, total };
        match (self.observe)(progress) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(CopyError::Stopped),
        }
    }
}
