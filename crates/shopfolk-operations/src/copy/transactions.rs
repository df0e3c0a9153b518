//! The transactions that a copy is made of: each reads a portion or writes one.

use std::marker::PhantomData;

use shopfolk_model::{EventPosition, Store};
use shopfolk_store::{
    Aggregate, CopyOperation, CopyTx, Length, NextIds, PORTION, Portion, ReadOperation, ReadTx, StoreError,
    StoreSize, StoredEvent, WalkPosition, replace,
};

use crate::webhooks::{listen_after_copy, stop_for_copy};

/// How many events a portion has at the most. One may hold all that a deleted customer was, so they are no smaller than
/// customers.
#[expect(clippy::cast_possible_truncation, reason = "a portion is small")]
pub(super) const EVENTS: u32 = PORTION as u32;

/// Reads about how many rows the store has.
pub(super) struct EstimateSize;

impl ReadOperation for EstimateSize {
    type Output = StoreSize;
    type Error = StoreError;

    fn length(&self) -> Length {
        Length::Long
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<StoreSize, StoreError> {
        tx.estimate_size().await
    }
}

/// Reads the ids that come next.
pub(super) struct LookupNextIds;

impl ReadOperation for LookupNextIds {
    type Output = NextIds;
    type Error = StoreError;
    const READS_ONCE: bool = true;

    fn length(&self) -> Length {
        Length::Short
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<NextIds, StoreError> {
        tx.lookup_next_ids().await
    }
}

/// Reads the next portion of a walk through all aggregates of a kind.
pub(super) struct List<A> {
    pub after: Option<WalkPosition>,
    of: PhantomData<A>,
}

impl<A> List<A> {
    pub fn after(after: Option<WalkPosition>) -> Self {
        Self { after, of: PhantomData }
    }
}

impl<A: Aggregate> ReadOperation for List<A> {
    type Output = Option<Portion<A>>;
    type Error = StoreError;

    fn length(&self) -> Length {
        Length::Long
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, StoreError> {
        A::list(tx, self.after).await
    }
}

/// How far a copy is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Rows are still to be copied: the store has no callers, and nobody is told of its events.
    Begins,
    /// All is there: apps are told of what happens from now on.
    Ends,
}

/// Writes the store's own row and raises its next ids.
pub(super) struct PutStore {
    pub store: Store,
    pub next: NextIds,
    pub stage: Stage,
}

impl CopyOperation for PutStore {
    type Output = ();

    async fn run<T: CopyTx>(&self, tx: &mut T) -> Result<(), StoreError> {
        let suspended = self.store.suspended || self.stage == Stage::Begins;
        let store = [Store { suspended, ..self.store.clone() }];
        match tx.get::<Store>(()).await? {
            Some(_) => tx.update(&store).await?,
            None => tx.insert(&store).await?,
        }
        tx.raise_next_ids(&self.next).await?;
        match self.stage {
            Stage::Begins => stop_for_copy(tx).await,
            Stage::Ends => {
                let last = tx.lock_last_place().await?.and_then(|place| EventPosition::new(place).ok());
                listen_after_copy(tx, self.store.id, last.filter(|last| last.get() > 0)).await
            }
        }
    }
}

/// Removes some and adds others, provided that nobody has written to the store since its events were copied.
pub(crate) struct Replace<A: Aggregate> {
    pub remove: Vec<A::Id>,
    pub add: Vec<A>,
    /// The last event that was copied.
    pub last: Option<EventPosition>,
}

impl<A: Aggregate> CopyOperation for Replace<A> {
    type Output = ();

    async fn run<T: CopyTx>(&self, tx: &mut T) -> Result<(), StoreError> {
        replace(tx, &self.remove, &self.add).await?;
        // Asked last, when the rows are locked: whoever wrote to one of them before has left an event by now, and whoever comes
        // later finds what was copied.
        if tx.lock_last_place().await? == Some(self.last.map_or(0, EventPosition::get)) {
            return Ok(());
        }
        Err(StoreError::Conflict { rule: "nobody writes to a store while it is copied".to_owned() })
    }
}

/// Writes events, provided that their places are the next ones.
pub(super) struct AppendEvents {
    pub events: Vec<StoredEvent>,
}

impl CopyOperation for AppendEvents {
    type Output = bool;

    async fn run<T: CopyTx>(&self, tx: &mut T) -> Result<bool, StoreError> {
        tx.append_stored_events(&self.events).await
    }
}
