//! Rows with ids: both sides are gone through side by side, and what differs is written.

use std::cmp::Ordering;
use std::collections::VecDeque;
use std::ops::ControlFlow;

use futures_util::future::try_join;
use shopfolk_model::{EventPosition, StoreId};
use shopfolk_store::{Aggregate, Engine, Record, StoreError, WalkPosition};

use super::transactions::{EstimateSize, List, Replace};
use super::{CopyError, CopyPhase, CopyProgress, StoreCopy, is_counted};

/// What a portion writes.
struct Difference<A: Aggregate> {
    remove: Vec<A::Id>,
    add: Vec<A>,
    weight: usize,
}

impl<A: Aggregate> Difference<A> {
    fn none() -> Self {
        Self { remove: Vec::new(), add: Vec::new(), weight: 0 }
    }

    fn add(&mut self, aggregate: A) {
        self.weight += aggregate.weight();
        self.add.push(aggregate);
    }

    fn remove(&mut self, id: A::Id) {
        self.weight += 1;
        self.remove.push(id);
    }

    /// Hands out what has to be written and begins anew.
    fn take(&mut self) -> Self {
        std::mem::replace(self, Self::none())
    }

    async fn write<E: Engine>(
        self,
        engine: &E,
        store: StoreId,
        last: Option<EventPosition>,
    ) -> Result<(), CopyError> {
        if self.weight == 0 {
            return Ok(());
        }
        let written = engine.copy(store, Replace { remove: self.remove, add: self.add, last }).await;
        written.map_err(|error| match error {
            StoreError::Conflict { .. } => {
                CopyError::TargetHasItsOwn { id: store, difference: "somebody wrote to it during the copy" }
            }
            other => CopyError::Target(other),
        })
    }
}

/// The rows of one side, read portion by portion.
struct Rows<A: Aggregate> {
    waiting: VecDeque<A>,
    through: Option<WalkPosition>,
    at_the_end: bool,
}

impl<A: Aggregate> Rows<A> {
    fn new() -> Self {
        Self { waiting: VecDeque::new(), through: None, at_the_end: false }
    }

    fn must_read(&self) -> bool {
        self.waiting.is_empty() && !self.at_the_end
    }

    /// Reads the next portion, and says how many rows of it are damaged.
    async fn read<E: Engine>(&mut self, engine: &E, store: StoreId) -> Result<u64, StoreError> {
        let Some(portion) = engine.read(store, List::<A>::after(self.through)).await? else {
            self.at_the_end = true;
            return Ok(0);
        };
        self.through = Some(portion.through);
        self.waiting = portion.listed.items.into();
        Ok(portion.listed.damaged)
    }

    fn next_id(&self) -> Option<A::Id> {
        self.waiting.front().map(Aggregate::id)
    }
}

impl<From: Engine, To: Engine, Observe: FnMut(CopyProgress) -> ControlFlow<()> + Send>
    StoreCopy<'_, From, To, Observe>
{
    /// Makes the rows of a kind in the target, whose last event is this one, those of the source. What is damaged in the target is written anew.
    pub(super) async fn copy_rows<A: Aggregate>(
        &mut self,
        last: Option<EventPosition>,
    ) -> Result<(), CopyError> {
        let (from, to, store) = (self.from, self.to, self.store);
        let size = from.read(store, EstimateSize).await.map_err(CopyError::Source)?;
        let (phase, total) =
            (CopyPhase::Rows(A::Row::TABLE.what), if is_counted::<A>() { size.customers } else { 0 });
        let (mut source, mut target) = (Rows::<A>::new(), Rows::<A>::new());
        let mut difference = Difference::none();
        let mut done = 0;
        loop {
            while source.must_read() {
                self.tell(phase, done, total)?;
                // The next portion is read while the last one is written.
                let write = difference.take();
                let write = write.write(to, store, last);
                let read = async { source.read(from, store).await.map_err(CopyError::Source) };
                let (damaged, ()) = try_join(read, write).await?;
                if damaged > 0 {
                    return Err(CopyError::Damaged { id: store, damaged });
                }
                done += source.waiting.len() as u64;
            }
            while target.must_read() {
                target.read(to, store).await.map_err(CopyError::Target)?;
            }
            let order = match (source.next_id(), target.next_id()) {
                (None, None) => break,
                (Some(here), Some(there)) => here.cmp(&there),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
            };
            let here = if order.is_le() { source.waiting.pop_front() } else { None };
            let there = if order.is_ge() { target.waiting.pop_front() } else { None };
            match (here, there) {
                (Some(here), there) if there.as_ref() != Some(&here) => difference.add(here),
                (None, Some(there)) => difference.remove(there.id()),
                _ => {}
            }
            if difference.weight >= A::PORTION {
                difference.take().write(to, store, last).await?;
                self.tell(phase, done, total)?;
            }
        }
        difference.write(to, store, last).await
    }
}
