//! Events: the target's have to be the first ones of the source, and the others are appended at their places.

use std::ops::ControlFlow;

use futures_util::future::try_join;
use shopfolk_model::EventPosition;
use shopfolk_store::{Engine, StoredEvent};

use super::transactions::{AppendEvents, EVENTS, EstimateSize};
use super::{CopyError, CopyPhase, CopyProgress, StoreCopy};

impl<From: Engine, To: Engine, Observe: FnMut(CopyProgress) -> ControlFlow<()> + Send>
    StoreCopy<'_, From, To, Observe>
{
    /// Compares the events of both sides from the first on, and answers with the last place of the target.
    ///
    /// # Errors
    /// When the target has one that the source has not.
    pub(super) async fn shared_events(&mut self) -> Result<Option<EventPosition>, CopyError> {
        let size = self.from.read(self.store, EstimateSize).await.map_err(CopyError::Source)?;
        let mut last = None;
        let mut count = 0;
        loop {
            self.tell(CopyPhase::ComparingEvents, count, size.events)?;
            let target = self.to.list_events(self.store, last, EVENTS);
            let target = async { target.await.map_err(CopyError::Target) };
            let (there, here) = try_join(target, self.source_events(last)).await?;
            let Some(end) = there.last() else { return Ok(last) };
            if here.get(..there.len()) != Some(&there[..]) {
                return Err(self.has_its_own("it has events that the source has not"));
            }
            count += there.len() as u64;
            last = Some(end.position);
        }
    }

    /// Writes the events of the source behind this place, and answers with the place of the last one.
    pub(super) async fn copy_events(
        &mut self,
        mut last: Option<EventPosition>,
    ) -> Result<Option<EventPosition>, CopyError> {
        let size = self.from.read(self.store, EstimateSize).await.map_err(CopyError::Source)?;
        let mut next = self.source_events(last).await?;
        loop {
            let done = last.map_or(0, |last| last.get().unsigned_abs());
            self.tell(CopyPhase::Events, done, size.events)?;
            let Some(end) = next.last().map(|event| event.position) else { return Ok(last) };
            // The next portion is read while this one is written.
            let write = self.to.copy(self.store, AppendEvents { events: next });
            let write = async { write.await.map_err(CopyError::Target) };
            let (written, behind) = try_join(write, self.source_events(Some(end))).await?;
            if written {
                (last, next) = (Some(end), behind);
            } else {
                // They were written, although the answer got lost; or somebody else wrote.
                last = self.shared_events().await?;
                next = self.source_events(last).await?;
            }
        }
    }

    async fn source_events(&self, after: Option<EventPosition>) -> Result<Vec<StoredEvent>, CopyError> {
        self.from.list_events(self.store, after, EVENTS).await.map_err(CopyError::Source)
    }
}
