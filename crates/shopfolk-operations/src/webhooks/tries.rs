//! Deliveries whose time has come, and what came of trying them.

use shopfolk_model::{DeliveryQueue, Timestamp, WebhookAttempt, WebhookDelivery, WebhookName};
use shopfolk_store::{
    Length, Query, ReadOperation, ReadTx, Record, RecordKey, StoreError, Which, WriteOperation, WriteTx,
};

use super::Claim;
use super::claim::{held, note};
use super::events::{behind, queue_of};

/// The deliveries to a webhook whose time has come, those that wait longest first.
#[derive(Debug, Clone, Copy)]
pub struct DueDeliveries {
    /// The webhook.
    pub webhook: WebhookName,
    /// The time.
    pub now: Timestamp,
    /// How many at the most.
    pub limit: u32,
}

impl ReadOperation for DueDeliveries {
    type Output = Vec<WebhookDelivery>;
    type Error = StoreError;
    const READS_ONCE: bool = true;

    fn length(&self) -> Length {
        Length::Short
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, StoreError> {
        tx.due_deliveries(self.webhook, self.now, self.limit).await
    }
}

/// The first webhook behind one that has deliveries waiting, due or not.
#[derive(Debug, Clone, Copy)]
pub struct NextWebhook {
    /// Behind this one, or the first of all.
    pub after: Option<WebhookName>,
}

impl ReadOperation for NextWebhook {
    type Output = Option<WebhookName>;
    type Error = StoreError;
    const READS_ONCE: bool = true;

    fn length(&self) -> Length {
        Length::Short
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, StoreError> {
        let key = self.after.map(|after| {
            // Behind everything that can be in a queue of that webhook.
            (after.app, after.number, DeliveryQueue::OnRequest, i64::MAX, i64::MAX).values()
        });
        let query = Query { table: WebhookDelivery::TABLE, which: Which::After(key, 1) };
        Ok(tx.first::<WebhookDelivery>(query).await?.map(|delivery| delivery.webhook))
    }
}

/// The deliveries that wait behind others in their queues, the first of each queue first: for who brings them in another order.
#[derive(Debug, Clone)]
pub struct WaitingBehind {
    /// The others.
    pub deliveries: Vec<WebhookDelivery>,
    /// How many of each queue at the most.
    pub limit: u32,
}

impl ReadOperation for WaitingBehind {
    type Output = Vec<WebhookDelivery>;
    type Error = StoreError;
    const READS_ONCE: bool = true;

    fn length(&self) -> Length {
        Length::Short
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, StoreError> {
        let Self { deliveries, limit } = self;
        let queries: Vec<Query<'_>> =
            deliveries.iter().map(|delivery| behind(delivery, Some(delivery.place), *limit)).collect();
        let mut waiting = Vec::new();
        tx.read(&queries, &mut |number, row| {
            let found = row.decode::<WebhookDelivery>();
            waiting.extend(found.ok().filter(|found| queue_of(found) == queue_of(&deliveries[number])));
        })
        .await?;
        Ok(waiting)
    }
}

/// One try, and what becomes of the delivery: it is tried again when its first attempt says so, or it is over.
#[derive(Debug, Clone)]
pub struct SettledTry {
    /// The delivery as it was.
    pub delivery: WebhookDelivery,
    /// What was tried, and then what the lab tried besides; nothing where there is no such webhook any more. Their ids are given
    /// when they are kept.
    pub attempts: Vec<WebhookAttempt>,
}

impl SettledTry {
    /// When it is tried again; `None` when it is over.
    fn next(&self) -> Option<Timestamp> {
        self.attempts.first()?.next
    }
}

/// Notes what came of tries. Answers whether there are others that wait no longer, or who brings the deliveries otherwise.
#[derive(Debug, Clone)]
pub struct SettleTries {
    /// The node.
    pub node: u64,
    /// The tries.
    pub tries: Vec<SettledTry>,
    /// When it is.
    pub now: Timestamp,
}

impl WriteOperation for SettleTries {
    type Output = Result<(), Option<Claim>>;
    type Error = StoreError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<Self::Output, StoreError> {
        let reader = match held(tx, self.node).await? {
            Ok(reader) => reader,
            Err(other) => return Ok(Err(other)),
        };
        let mut attempts: Vec<_> = self.tries.iter().flat_map(|settled| settled.attempts.clone()).collect();
        let ids = tx.take_ids(attempts.len()).await?;
        for (attempt, id) in attempts.iter_mut().zip(ids) {
            attempt.id = id;
        }
        tx.insert(&attempts).await?;
        let again: Vec<WebhookDelivery> = self
            .tries
            .iter()
            .filter(|settled| settled.next().is_some())
            .map(|settled| WebhookDelivery {
                due: settled.next(),
                first_tried: settled
                    .delivery
                    .first_tried
                    .or(settled.attempts.first().map(|attempt| attempt.tried)),
                tries: settled.delivery.tries + 1,
                ..settled.delivery.clone()
            })
            .collect();
        if !again.is_empty() {
            tx.update(&again).await?;
        }
        let over: Vec<&WebhookDelivery> = self
            .tries
            .iter()
            .filter(|settled| settled.next().is_none())
            .map(|settled| &settled.delivery)
            .collect();
        if !over.is_empty() {
            end(tx, &over, self.now).await?;
        }
        note(tx, reader, false).await.map(Ok)
    }
}

/// Removes deliveries and has those behind them wait no longer.
async fn end<T: WriteTx>(tx: &mut T, over: &[&WebhookDelivery], now: Timestamp) -> Result<(), StoreError> {
    let queries: Vec<Query<'_>> =
        over.iter().map(|delivery| behind(delivery, Some(delivery.place), 1)).collect();
    let mut waiting = Vec::new();
    tx.read(&queries, &mut |number, row| {
        let found = row.decode::<WebhookDelivery>();
        let of_queue =
            |found: &WebhookDelivery| queue_of(found) == queue_of(over[number]) && found.due.is_none();
        waiting.extend(found.ok().filter(of_queue));
    })
    .await?;
    // One that is over with the one before it waits for nothing.
    waiting.retain(|waits| over.iter().all(|over| key_of(over) != key_of(waits)));
    let keys: Vec<_> = over.iter().map(|delivery| key_of(delivery)).collect();
    tx.delete_if_there::<WebhookDelivery>(&keys).await?;
    if waiting.is_empty() {
        return Ok(());
    }
    let due: Vec<_> =
        waiting.into_iter().map(|delivery| WebhookDelivery { due: Some(now), ..delivery }).collect();
    tx.update(&due).await
}

/// The key of a delivery.
const fn key_of(delivery: &WebhookDelivery) -> <WebhookDelivery as Record>::Key {
    let WebhookDelivery { webhook, queue, place, event, .. } = delivery;
    (webhook.app, webhook.number, *queue, event.entity, *place)
}
