//! Running batches: who runs which, what was answered, and what is forgotten.
//!
//! An answer is written in the transaction that changes what the request changes ([`answered`], [`keep_answer`]), and there once:
//! so a request whose answer is there has run, and one whose answer is not there has changed nothing, whatever became of the
//! server in between. A claim only keeps two servers from doing the same work; nothing is done twice where two believe that
//! they have it.

use shopfolk_model::{
    AnswerStatus, Batch, BatchAnswer, BatchId, BatchMode, BatchRequest, MAXIMUM_BATCH_ANSWERS,
    MAXIMUM_UNFINISHED_BATCHES, Store, Timestamp, TokenHash, TokenId,
};
use shopfolk_store::{
    BatchClaim, Damage, Length, Query, ReadOperation, ReadTx, Record, StoreError, StoredBatchAnswer,
    StoredBatchRequest, StoredToken, UnfinishedBatch, Which, WriteOperation, WriteTx,
};

use crate::OperationError;

/// A batch that a server runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClaimedBatch {
    /// The batch.
    pub batch: BatchId,
    /// How its requests are run.
    pub mode: BatchMode,
    /// The token as which they run.
    pub token: TokenId,
    /// Its hash.
    pub hash: TokenHash,
}

/// Claims batches of a store for a server: of each token the first that is not completed, where nobody else runs it. Those
/// whose token is gone are completed as they are. Nothing of a suspended store is claimed.
#[derive(Debug, Clone, Copy)]
pub struct ClaimBatches {
    /// By whom, and until when.
    pub claim: BatchClaim,
    /// How many at the most.
    pub most: usize,
    /// Now.
    pub now: Timestamp,
}

impl WriteOperation for ClaimBatches {
    type Output = Vec<ClaimedBatch>;
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        let store: Option<Store> = tx.get(()).await?;
        if store.is_none_or(|store| store.suspended) {
            return Ok(Vec::new());
        }
        let mut unfinished = lock_batches(tx).await?;
        unfinished.sort_unstable_by_key(|unfinished| (unfinished.token, unfinished.batch));
        unfinished.dedup_by_key(|unfinished| unfinished.token);
        let is_free = |one: &UnfinishedBatch| one.claim.is_none_or(|claim| claim.until <= self.now);
        unfinished.retain(is_free);
        unfinished.truncate(self.most);
        let mut claimed = Vec::new();
        for one in unfinished {
            let batch: Option<Batch> = tx.get((one.batch,)).await?;
            let token: Option<StoredToken> = tx.get((one.token,)).await?;
            let Some(batch) = batch else { continue };
            let Some(token) = token else {
                finish_batch(tx, batch, self.now).await?;
                continue;
            };
            let begun = batch.begun.or(Some(self.now));
            let (id, mode) = (batch.id, batch.mode);
            tx.update(&[UnfinishedBatch { claim: Some(self.claim), ..one }]).await?;
            tx.update(&[Batch { begun, ..batch }]).await?;
            claimed.push(ClaimedBatch { batch: id, mode, token: token.record.id, hash: token.hash });
        }
        Ok(claimed)
    }
}

/// Says that a server goes on with a batch, or no longer does.
#[derive(Debug, Clone, Copy)]
pub struct RenewClaim {
    /// The batch.
    pub batch: BatchId,
    /// Which server.
    pub by: i64,
    /// Until when it has the batch; `None` when anybody may go on with it.
    pub until: Option<Timestamp>,
}

impl WriteOperation for RenewClaim {
    /// Whether the batch was still the server's.
    type Output = bool;
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<bool, OperationError> {
        let unfinished = lock_batches(tx).await?;
        let is_own = |one: &&UnfinishedBatch| {
            one.batch == self.batch && one.claim.is_some_and(|claim| claim.by == self.by)
        };
        let Some(&own) = unfinished.iter().find(is_own) else { return Ok(false) };
        let claim = self.until.map(|until| BatchClaim { by: self.by, until });
        tx.update(&[UnfinishedBatch { claim, ..own }]).await?;
        Ok(true)
    }
}

/// Reads what is to be done of a batch.
#[derive(Debug, Clone, Copy)]
pub struct ReadBatchWork {
    /// The batch.
    pub batch: BatchId,
}

/// What is to be done of a batch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BatchWork {
    /// The requests that were not answered, with their numbers, in their order.
    pub requests: Vec<(u32, BatchRequest)>,
    /// Whether one that was answered has failed.
    pub has_failed: bool,
    /// How many bytes the answers have that are there.
    pub answer_bytes: u64,
}

impl ReadOperation for ReadBatchWork {
    type Output = BatchWork;
    type Error = OperationError;

    fn length(&self) -> Length {
        Length::Short
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<BatchWork, OperationError> {
        let owner = [self.batch.get()];
        let requests: Vec<StoredBatchRequest> = tx.all(Query::of::<StoredBatchRequest>(&owner)).await?;
        let keys: Vec<_> = requests.iter().map(|request| (self.batch, request.number)).collect();
        let answers: Vec<StoredBatchAnswer> =
            tx.all(Query::keys_without_document::<StoredBatchAnswer>(&keys)).await?;
        let is_answered = |number: u32| answers.iter().any(|answer| answer.number == number);
        let mut left: Vec<_> = requests
            .into_iter()
            .filter(|request| !is_answered(request.number))
            .map(|request| (request.number, request.request))
            .collect();
        left.sort_unstable_by_key(|(number, _)| *number);
        Ok(BatchWork {
            requests: left,
            has_failed: answers.iter().any(|answer| !answer.answer.status.is_success()),
            answer_bytes: answers.iter().map(|answer| u64::from(answer.size)).sum(),
        })
    }
}

/// A request of a batch, as which something is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchEntry {
    /// The batch.
    pub batch: BatchId,
    /// The number of the request.
    pub number: u32,
}

/// What the request was answered with before; `None` where it is to be run now, within this transaction. To be asked before
/// anything is changed.
///
/// # Errors
/// [`OperationError::BatchIsOver`] when nothing of the batch is to run any more; otherwise when the database fails.
pub async fn answered<T: WriteTx>(
    tx: &mut T,
    entry: BatchEntry,
) -> Result<Option<BatchAnswer>, OperationError> {
    let queries = [
        Query::keys::<UnfinishedBatch>(&[(entry.batch,)]),
        Query::keys::<StoredBatchAnswer>(&[(entry.batch, entry.number)]),
    ];
    let (mut goes_on, mut answer) = (false, None);
    tx.read(&queries, &mut |query, row| match query {
        0 => goes_on = true,
        _ => answer = Some(row.decode::<StoredBatchAnswer>()),
    })
    .await?;
    match answer.transpose().map_err(StoreError::from)? {
        Some(stored) => Ok(Some(stored.answer)),
        None if goes_on => Ok(None),
        None => Err(OperationError::BatchIsOver),
    }
}

/// Keeps what the request is answered with, in the transaction of what it changes. Where another server was faster, all of it is
/// undone and run again, and finds the answer there.
///
/// # Errors
/// When the database fails.
pub async fn keep_answer<T: WriteTx>(
    tx: &mut T,
    entry: BatchEntry,
    answer: BatchAnswer,
) -> Result<(), OperationError> {
    let BatchEntry { batch, number } = entry;
    Ok(tx.insert(&[StoredBatchAnswer::new(batch, number, answer)]).await?)
}

/// Keeps the answer to a request that has changed nothing, unless one is there.
#[derive(Debug, Clone)]
pub struct RecordBatchAnswer {
    /// The request.
    pub entry: BatchEntry,
    /// The answer.
    pub answer: BatchAnswer,
}

impl WriteOperation for RecordBatchAnswer {
    /// The status of the answer that is there now.
    type Output = AnswerStatus;
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<AnswerStatus, OperationError> {
        if let Some(answer) = answered(tx, self.entry).await? {
            return Ok(answer.status);
        }
        keep_answer(tx, self.entry, self.answer.clone()).await?;
        Ok(self.answer.status)
    }
}

/// Completes a batch, of which nothing more is to run.
#[derive(Debug, Clone, Copy)]
pub struct FinishBatch {
    /// The batch.
    pub batch: BatchId,
    /// Now.
    pub now: Timestamp,
}

impl WriteOperation for FinishBatch {
    type Output = ();
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<(), OperationError> {
        let batch: Option<Batch> = tx.get((self.batch,)).await?;
        match batch.filter(|batch| batch.completed.is_none()) {
            Some(batch) => finish_batch(tx, batch, self.now).await,
            None => Ok(()),
        }
    }
}

/// Completes a batch as it is.
pub(crate) async fn finish_batch<T: WriteTx>(
    tx: &mut T,
    batch: Batch,
    now: Timestamp,
) -> Result<(), OperationError> {
    let keys: Vec<_> = (0..batch.requests).map(|number| (batch.id, number)).collect();
    let answers =
        tx.list::<StoredBatchAnswer>(Query::keys_without_document::<StoredBatchAnswer>(&keys)).await?;
    let answer_bytes = answers.items.iter().map(|answer| u64::from(answer.size)).sum();
    tx.delete_if_there::<UnfinishedBatch>(&[(batch.id,)]).await?;
    Ok(tx.update(&[Batch { completed: Some(now), answer_bytes, ..batch }]).await?)
}

/// The batches of the store that are not completed, by id. Until the end of the transaction nobody else makes, claims, completes
/// or removes one.
pub(crate) async fn lock_batches<T: WriteTx>(tx: &mut T) -> Result<Vec<UnfinishedBatch>, OperationError> {
    let queries = [
        // For its guard: no row of it is wanted.
        Query::after(Batch::TABLE, None, 0),
        Query { table: UnfinishedBatch::TABLE, which: Which::After(None, MAXIMUM_UNFINISHED_BATCHES) },
    ];
    let mut found = Vec::new();
    tx.read(&queries, &mut |query, row| {
        if query == 1 {
            found.push(row.decode::<UnfinishedBatch>());
        }
    })
    .await?;
    Ok(found.into_iter().collect::<Result<_, Damage>>().map_err(StoreError::from)?)
}

/// Whether there is room for an answer of so many bytes beside so many that the batch has.
pub const fn has_room_for_answer(answer_bytes: u64, size: u64) -> bool {
    answer_bytes + size <= MAXIMUM_BATCH_ANSWERS
}
