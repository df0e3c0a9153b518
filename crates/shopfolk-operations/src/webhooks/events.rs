//! Taking events: how far they were read, with the deliveries that they make.

use std::collections::HashSet;

use shopfolk_model::{EventPosition, Installation, StoreId, TestClock, WebhookDelivery, WebhookReader};
use shopfolk_store::{Query, ReadTx, Record, RecordKey, StoreError, Which, WriteOperation, WriteTx};

use super::Claim;
use super::claim::{held, note};

/// Has the events of a store read from now on, because an app is let in.
///
/// # Errors
/// When the database fails.
pub async fn start_listening<T: WriteTx>(tx: &mut T, store: StoreId) -> Result<(), StoreError> {
    match tx.get::<WebhookReader>(()).await? {
        Some(WebhookReader { listening: true, .. }) => Ok(()),
        Some(reader) => tx.update(&[WebhookReader { listening: true, position: None, ..reader }]).await,
        None => tx.insert(&[new_reader(store, None)]).await,
    }
}

/// One that reads what is behind this place.
fn new_reader(store: StoreId, position: Option<EventPosition>) -> WebhookReader {
    WebhookReader { store, listening: true, position, holder: 0, beat: 0, clock: TestClock::default() }
}

/// Has the events that come from now on read, where an app is let in that could not be told of those before, because the store was
/// copied; `last` is the place of the last one. While it is being copied, nobody is told.
///
/// # Errors
/// When the database fails.
pub(crate) async fn listen_after_copy<T: WriteTx>(
    tx: &mut T,
    store: StoreId,
    last: Option<EventPosition>,
) -> Result<(), StoreError> {
    let listening = is_installed(tx).await?;
    match tx.get::<WebhookReader>(()).await? {
        Some(reader) => tx.update(&[WebhookReader { listening, position: last, ..reader }]).await,
        None if listening => tx.insert(&[new_reader(store, last)]).await,
        None => Ok(()),
    }
}

/// Has no events of a store read while it is copied: they are told by where they come from.
///
/// # Errors
/// When the database fails.
pub(crate) async fn stop_for_copy<T: WriteTx>(tx: &mut T) -> Result<(), StoreError> {
    match tx.get::<WebhookReader>(()).await? {
        Some(reader) => tx.update(&[WebhookReader { listening: false, position: None, ..reader }]).await,
        None => Ok(()),
    }
}

/// Whether an app is let in.
async fn is_installed<T: WriteTx>(tx: &mut T) -> Result<bool, StoreError> {
    let first = Query { table: Installation::TABLE, which: Which::After(None, 1) };
    Ok(tx.first::<Installation>(first).await?.is_some())
}

/// Has no events of a store read any more, where all were read that there are and no app is let in.
#[derive(Debug, Clone, Copy)]
pub struct StopListening {
    /// Up to here they were read.
    pub position: Option<EventPosition>,
}

impl WriteOperation for StopListening {
    type Output = ();
    type Error = StoreError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<(), StoreError> {
        // In the order in which letting an app in locks them.
        let is_installed = is_installed(tx).await?;
        match tx.get::<WebhookReader>(()).await? {
            Some(reader) if !is_installed && reader.position == self.position => {
                tx.update(&[WebhookReader { listening: false, ..reader }]).await
            }
            _ => Ok(()),
        }
    }
}

/// What became of a portion of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventsTaken {
    /// They were read, and their deliveries are there. The clock of the store is so.
    Taken(TestClock),
    /// Another one read them, or nobody is to.
    Moved,
    /// This one brings the deliveries.
    Held(Claim),
}

/// Notes that events were read, with the deliveries that they make.
#[derive(Debug, Clone)]
pub struct TakeEvents {
    /// Up to here they had been read.
    pub from: Option<EventPosition>,
    /// Up to here they were read now.
    pub through: EventPosition,
    /// The node.
    pub node: u64,
    /// What they make, in the order of the events: due where nothing of their queue comes before them.
    pub deliveries: Vec<WebhookDelivery>,
}

impl WriteOperation for TakeEvents {
    type Output = EventsTaken;
    type Error = StoreError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<EventsTaken, StoreError> {
        let reader = if self.deliveries.is_empty() {
            // Nothing is to be brought, so nobody needs to be asked.
            match tx.get::<WebhookReader>(()).await? {
                Some(reader) => reader,
                None => return Ok(EventsTaken::Moved),
            }
        } else {
            match held(tx, self.node).await? {
                Ok(reader) => reader,
                Err(Some(other)) => return Ok(EventsTaken::Held(other)),
                Err(None) => return Ok(EventsTaken::Moved),
            }
        };
        if reader.position != self.from || !reader.listening {
            return Ok(EventsTaken::Moved);
        }
        if !self.deliveries.is_empty() {
            let deliveries = behind_others(tx, self.deliveries.clone()).await?;
            tx.insert(&deliveries).await?;
        }
        let clock = reader.clock;
        note(tx, WebhookReader { position: Some(self.through), ..reader }, true).await?;
        Ok(EventsTaken::Taken(clock))
    }
}

/// Has each wait that comes behind another one of its queue.
async fn behind_others<T: ReadTx>(
    tx: &mut T,
    mut deliveries: Vec<WebhookDelivery>,
) -> Result<Vec<WebhookDelivery>, StoreError> {
    let mut seen = HashSet::with_capacity(deliveries.len());
    for delivery in &mut deliveries {
        if !seen.insert(queue_of(delivery)) {
            delivery.due = None;
        }
    }
    let firsts: Vec<usize> =
        (0..deliveries.len()).filter(|&number| deliveries[number].due.is_some()).collect();
    let queries: Vec<Query<'_>> = firsts.iter().map(|&number| behind(&deliveries[number], None, 1)).collect();
    let mut waits = vec![false; firsts.len()];
    tx.read(&queries, &mut |number, row| {
        let found = row.decode::<WebhookDelivery>();
        // One that cannot be read is in nobody's way.
        waits[number] |= found.is_ok_and(|found| queue_of(&found) == queue_of(&deliveries[firsts[number]]));
    })
    .await?;
    for (number, waits) in firsts.into_iter().zip(waits) {
        if waits {
            deliveries[number].due = None;
        }
    }
    Ok(deliveries)
}

type Queue = (shopfolk_model::WebhookName, shopfolk_model::DeliveryQueue, i64);

/// The queue that a delivery is in.
pub(crate) const fn queue_of(delivery: &WebhookDelivery) -> Queue {
    (delivery.webhook, delivery.queue, delivery.event.entity)
}

/// Asks for the first deliveries behind a place of the queue that one is in, or behind its beginning. What is found may be of
/// another queue, where this one has no more.
pub(crate) fn behind(delivery: &WebhookDelivery, place: Option<i64>, limit: u32) -> Query<'static> {
    let (webhook, queue, entity) = queue_of(delivery);
    let key = (webhook.app, webhook.number, queue, entity, place.unwrap_or(i64::MIN));
    Query { table: WebhookDelivery::TABLE, which: Which::After(Some(key.values()), limit) }
}
