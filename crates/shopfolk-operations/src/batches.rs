//! Batches as those who send them know them: a token sees its own.

use shopfolk_model::{
    Batch, BatchAnswer, BatchGroup, BatchId, BatchMode, BatchRequest, BatchStatus, DeduplicationKey,
    MAXIMUM_UNFINISHED_BATCHES, StoreId, Ticket, Timestamp, TokenId,
};
use shopfolk_store::{
    BATCHES_BY_DEDUPLICATION_KEY, BATCHES_BY_TICKET, Damage, Engine, Length, PORTION, Portion, Query,
    ReadOperation, ReadTx, Record, Stored, StoredBatch, StoredBatchAnswer, StoredBatchRequest,
    UnfinishedBatch, WalkPosition, Which, WriteOperation, WriteTx, insert_batches,
};

use crate::OperationError;
use crate::batch_work::{finish_batch, lock_batches};
use crate::portions::fitting;

/// Keeps a batch, which runs as soon as it is its turn.
#[derive(Debug, Clone)]
pub struct CreateBatch {
    /// The token that sends it.
    pub token: TokenId,
    /// What it can be cancelled by, with others.
    pub group: Option<BatchGroup>,
    /// What stands for it for an hour.
    pub deduplication_key: Option<DeduplicationKey>,
    /// How its requests are run.
    pub mode: BatchMode,
    /// The requests.
    pub requests: Vec<BatchRequest>,
    /// By which the caller is to know it.
    pub ticket: Ticket,
    /// Now.
    pub now: Timestamp,
}

impl WriteOperation for CreateBatch {
    /// By which the caller knows it: the ticket of the batch that came with the same key before, if one did.
    type Output = Ticket;
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<Ticket, OperationError> {
        if let Some(key) = &self.deduplication_key {
            let values = vec![self.token.store().into_owned(), key.store().into_owned()];
            let which = Which::Unique(&BATCHES_BY_DEDUPLICATION_KEY, vec![values]);
            if let Some(before) = tx.first::<Batch>(Query { table: Batch::TABLE, which }).await? {
                if before.is_deduplicated_at(self.now) {
                    return Ok(before.ticket);
                }
                tx.update(&[Batch { deduplication_key: None, ..before }]).await?;
            }
        }
        lock_batches(tx).await?;
        if tx.count(UnfinishedBatch::TABLE).await? >= u64::from(MAXIMUM_UNFINISHED_BATCHES) {
            return Err(OperationError::TooManyBatches);
        }
        let id = tx.take_id().await?;
        let numbered = (0..).zip(self.requests.iter().cloned());
        let requests: Vec<_> =
            numbered.map(|(number, request)| StoredBatchRequest { batch: id, number, request }).collect();
        let batch = Batch {
            id,
            ticket: self.ticket,
            token: self.token,
            group: self.group.clone(),
            deduplication_key: self.deduplication_key,
            mode: self.mode,
            // Bounded by hundreds.
            requests: u32::try_from(requests.len()).unwrap_or(u32::MAX),
            created: self.now,
            begun: None,
            completed: None,
            answer_bytes: 0,
        };
        insert_batches(tx, &[StoredBatch { batch, requests, answers: Vec::new() }]).await?;
        Ok(self.ticket)
    }
}

/// Finds a batch of a token, and how far it is.
#[derive(Debug, Clone, Copy)]
pub struct FindBatch {
    /// The token.
    pub token: TokenId,
    /// The ticket.
    pub ticket: Ticket,
}

/// A batch, and how many of its requests were answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundBatch {
    /// The batch.
    pub batch: Batch,
    /// How many bytes the answers to its requests have, by number; `None` where there is none.
    pub answers: Vec<Option<u32>>,
}

impl ReadOperation for FindBatch {
    type Output = FoundBatch;
    type Error = OperationError;

    fn length(&self) -> Length {
        Length::Short
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<FoundBatch, OperationError> {
        let batch = find(tx, self.token, self.ticket).await?;
        let batch = batch.ok_or(OperationError::BatchNotFound { ticket: self.ticket })?;
        let keys: Vec<_> = (0..batch.requests).map(|number| (batch.id, number)).collect();
        let mut answers = vec![None; keys.len()];
        let found =
            tx.list::<StoredBatchAnswer>(Query::keys_without_document::<StoredBatchAnswer>(&keys)).await?;
        for answer in found.items {
            if let Some(place) = answers.get_mut(answer.number as usize) {
                *place = Some(answer.size);
            }
        }
        Ok(FoundBatch { batch, answers })
    }
}

/// Reads the answers to some requests of a batch.
#[derive(Debug, Clone)]
pub struct ReadBatchAnswers {
    /// The batch.
    pub batch: BatchId,
    /// The number of the first request, and how many bytes the answers to it and those behind it have: as many are read as
    /// fit into a portion.
    pub first: u32,
    /// See [`Self::first`].
    pub sizes: Vec<Option<u32>>,
}

/// A request and what it was answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnsweredRequest {
    /// What the caller calls it.
    pub name: String,
    /// The answer; `None` where it was not run.
    pub answer: Option<BatchAnswer>,
}

/// Some answers of a batch, in the order of its requests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BatchAnswers {
    /// The answers.
    pub items: Vec<AnsweredRequest>,
    /// How many cannot be read and are left out.
    pub damaged: u64,
    /// How many requests were gone through.
    pub through: usize,
}

impl ReadOperation for ReadBatchAnswers {
    type Output = BatchAnswers;
    type Error = OperationError;

    fn length(&self) -> Length {
        Length::Long
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<BatchAnswers, OperationError> {
        let sizes: Vec<u64> = self.sizes.iter().map(|size| size.unwrap_or_default().into()).collect();
        let through = fitting(&sizes).min(sizes.len());
        let keys: Vec<_> = (self.first..).take(through).map(|number| (self.batch, number)).collect();
        let queries = [
            Query::keys_without_document::<StoredBatchRequest>(&keys),
            Query::keys::<StoredBatchAnswer>(&keys),
        ];
        let mut found: Vec<Option<AnsweredRequest>> = vec![None; through];
        let mut answers: Vec<Result<StoredBatchAnswer, Damage>> = Vec::new();
        let mut damaged = 0;
        tx.read(&queries, &mut |query, row| match query {
            0 => match row.decode::<StoredBatchRequest>() {
                Ok(StoredBatchRequest { number, request, .. }) => {
                    if let Some(place) = found.get_mut((number - self.first) as usize) {
                        *place = Some(AnsweredRequest { name: request.name, answer: None });
                    }
                }
                Err(_) => damaged += 1,
            },
            _ => answers.push(row.decode()),
        })
        .await?;
        for answer in answers {
            let Ok(StoredBatchAnswer { number, answer, .. }) = answer else {
                damaged += 1;
                continue;
            };
            if let Some(Some(request)) = found.get_mut((number - self.first) as usize) {
                request.answer = Some(answer);
            }
        }
        Ok(BatchAnswers { items: found.into_iter().flatten().collect(), damaged, through })
    }
}

/// Reads a portion of the batches of a store.
pub(crate) struct ListBatches(pub Option<WalkPosition>);

impl ReadOperation for ListBatches {
    type Output = Option<Portion<Batch>>;
    type Error = OperationError;

    fn length(&self) -> Length {
        Length::Long
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        Ok(tx.list_after(self.0, u32::try_from(PORTION).unwrap_or(u32::MAX)).await?)
    }
}

/// Which batches of a token are wanted.
#[derive(Debug, Clone, Copy)]
pub struct BatchSearch {
    /// The token.
    pub token: TokenId,
    /// Those that are this far.
    pub status: Option<BatchStatus>,
    /// How many are passed over.
    pub offset: u64,
    /// How many are wanted.
    pub limit: usize,
}

/// Lists batches of a token, in the order in which they were sent, and says how many are left out because they are damaged.
///
/// # Errors
/// When the database fails.
pub async fn list_batches<E: Engine>(
    engine: &E,
    store: StoreId,
    search: BatchSearch,
) -> Result<(Vec<Batch>, u64), OperationError> {
    let BatchSearch { token, status, mut offset, limit } = search;
    let (mut found, mut damaged, mut after) = (Vec::new(), 0, None);
    while found.len() < limit {
        let Some(portion) = engine.read(store, ListBatches(after)).await? else { break };
        after = Some(portion.through);
        damaged += portion.listed.damaged;
        let wanted =
            |batch: &Batch| batch.token == token && status.is_none_or(|status| status == batch.status());
        for batch in portion.listed.items.into_iter().filter(wanted) {
            if offset > 0 {
                offset -= 1;
            } else if found.len() < limit {
                found.push(batch);
            }
        }
    }
    Ok((found, damaged))
}

/// Removes a batch of a token: what of it has not begun is never run.
#[derive(Debug, Clone, Copy)]
pub struct DeleteBatch {
    /// The token.
    pub token: TokenId,
    /// The ticket.
    pub ticket: Ticket,
}

impl WriteOperation for DeleteBatch {
    /// Whether it was there.
    type Output = bool;
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<bool, OperationError> {
        let Some(batch) = find(tx, self.token, self.ticket).await? else { return Ok(false) };
        tx.delete::<Batch>(&[(batch.id,)]).await?;
        Ok(true)
    }
}

/// Completes batches of a token: what of them has not begun is never run.
#[derive(Debug, Clone)]
pub struct CancelBatches {
    /// The token.
    pub token: TokenId,
    /// Those of this group.
    pub group: Option<BatchGroup>,
    /// The one with this ticket.
    pub ticket: Option<Ticket>,
    /// Now.
    pub now: Timestamp,
}

impl WriteOperation for CancelBatches {
    /// How many were not completed and are now.
    type Output = u32;
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<u32, OperationError> {
        let unfinished = lock_batches(tx).await?;
        let own = unfinished.iter().filter(|unfinished| unfinished.token == self.token);
        let keys: Vec<_> = own.map(|unfinished| (unfinished.batch,)).collect();
        let meant = |batch: &Batch| {
            self.group.as_ref().is_none_or(|group| batch.group.as_ref() == Some(group))
                && self.ticket.is_none_or(|ticket| batch.ticket == ticket)
        };
        let batches: Vec<Batch> = tx.all(Query::keys::<Batch>(&keys)).await?;
        let mut cancelled = 0;
        for batch in batches.into_iter().filter(meant) {
            finish_batch(tx, batch, self.now).await?;
            cancelled += 1;
        }
        Ok(cancelled)
    }
}

/// The batch of a token with this ticket.
async fn find<T: ReadTx>(
    tx: &mut T,
    token: TokenId,
    ticket: Ticket,
) -> Result<Option<Batch>, OperationError> {
    let batch: Option<Batch> = tx.find(&BATCHES_BY_TICKET, ticket.store()).await?;
    Ok(batch.filter(|batch| batch.token == token))
}
