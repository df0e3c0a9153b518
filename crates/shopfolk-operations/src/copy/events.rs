//! Events: the target's have to be the first ones of the source, and the others are appended.
//!
//! A source in which several nodes write may show an event late that was recorded before others that were read already.
//! A copy of it that was interrupted holds the later ones without it. So the last events of the target, but only a few
//! thousand, may come in another order than the source has them by now: they are written anew.

use std::collections::HashMap;
use std::ops::ControlFlow;

use shopfolk_model::Event;
use shopfolk_store::{Engine, EventPlace, StoredEvent};

use super::rows::{EVENTS, EstimateSize, ReplaceEvents, list_events};
use super::{CopyError, CopyPhase, CopyProgress, StoreCopy};

/// How far the events of both sides are the same.
#[derive(Debug, Default)]
pub(super) struct SharedEvents {
    /// The last one of them in the source.
    from: Option<EventPlace>,
    /// The last one of them in the target.
    to: Option<EventPlace>,
    /// The last event there is in the target.
    last: Option<EventPlace>,
    count: u64,
}

impl<From: Engine, To: Engine, Observe: FnMut(CopyProgress) -> ControlFlow<()> + Send>
    StoreCopy<'_, From, To, Observe>
{
    /// Compares the events of both sides from the first on.
    ///
    /// # Errors
    /// When the target has one that the source has not.
    pub(super) async fn shared_events(&mut self) -> Result<SharedEvents, CopyError> {
        let size = self.from.read(self.store, EstimateSize).await.map_err(CopyError::Source)?;
        let mut shared = SharedEvents::default();
        loop {
            self.tell(CopyPhase::ComparingEvents, shared.count, size.events)?;
            let there = self.target_events(shared.to, EVENTS).await?;
            if there.is_empty() {
                shared.last = shared.to;
                return Ok(shared);
            }
            let here = self.source_events(shared.from, EVENTS).await?;
            let same = here.iter().zip(&there).take_while(|(here, there)| here.event == there.event).count();
            if let Some(last) = same.checked_sub(1) {
                shared.from = Some(here[last].place);
                shared.to = Some(there[last].place);
                shared.count += same as u64;
            }
            if same < here.len().min(there.len()) || here.len() < there.len() {
                shared.last = self.last_in_another_order(&shared).await?;
                return Ok(shared);
            }
        }
    }

    /// The last event of the target, when those behind the shared ones are few and all in the source.
    async fn last_in_another_order(&self, shared: &SharedEvents) -> Result<Option<EventPlace>, CopyError> {
        let rest = self.target_events(shared.to, EVENTS).await?;
        let of_source = self.source_events(shared.from, 2 * EVENTS).await?;
        let mut known: HashMap<_, u64> = HashMap::new();
        for StoredEvent { event, .. } in &of_source {
            *known.entry(key(event)).or_default() += 1;
        }
        let all_known = rest.iter().all(|StoredEvent { event, .. }| {
            let left = known.get_mut(&key(event)).filter(|left| **left > 0);
            left.map(|left| *left -= 1).is_some()
        });
        let last = rest.last().map(|event| event.place);
        if !all_known || !self.target_events(last, 1).await?.is_empty() {
            return Err(self.has_its_own("it has events that the source has not"));
        }
        Ok(last)
    }

    /// Writes the events of the source behind the shared ones.
    pub(super) async fn copy_events(&mut self, mut shared: SharedEvents) -> Result<(), CopyError> {
        let size = self.from.read(self.store, EstimateSize).await.map_err(CopyError::Source)?;
        loop {
            self.tell(CopyPhase::Events, shared.count, size.events)?;
            let next = self.source_events(shared.from, EVENTS).await?;
            if next.is_empty() {
                return Ok(());
            }
            let write = ReplaceEvents {
                after: shared.to,
                last: shared.last,
                events: next.iter().map(|event| event.event).collect(),
            };
            match self.to.write(self.store, write).await.map_err(CopyError::Target)? {
                Some(last) => {
                    shared.from = next.last().map(|event| event.place);
                    (shared.to, shared.last) = (Some(last), Some(last));
                    shared.count += next.len() as u64;
                }
                // They were written, although the answer got lost; or somebody else wrote.
                None => shared = self.shared_events().await?,
            }
        }
    }

    async fn source_events(
        &self,
        after: Option<EventPlace>,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, CopyError> {
        list_events(self.from, self.store, after, limit).await.map_err(CopyError::Source)
    }

    async fn target_events(
        &self,
        after: Option<EventPlace>,
        limit: u32,
    ) -> Result<Vec<StoredEvent>, CopyError> {
        list_events(self.to, self.store, after, limit).await.map_err(CopyError::Target)
    }
}

/// What makes two events the same.
fn key(event: &Event) -> (u8, i64, i64) {
    (event.happening.code(), event.happening.entity_id(), event.created.unix_seconds())
}
