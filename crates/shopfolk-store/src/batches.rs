//! Batches with their requests and answers, and those that are not completed.

use std::collections::BTreeMap;

use shopfolk_model::{
    AnswerStatus, Batch, BatchAnswer, BatchGroup, BatchId, BatchMethod, BatchMode, BatchRequest,
    DeduplicationKey, MAXIMUM_UNFINISHED_BATCHES, Ticket, Timestamp, TokenId,
};

use crate::value::Made;
use crate::{
    Damage, Guard, IdKind, Listed, OnlyRows, Owner, Portion, Query, ReadRows, Record, StoreError, Unique,
    WalkPosition, Which, WriteRows, record,
};

/// By the ticket that callers know.
pub const BATCHES_BY_TICKET: Unique = Unique { name: "batches_by_ticket", columns: &["ticket"], only: None };

/// By the token and its deduplication key.
pub const BATCHES_BY_DEDUPLICATION_KEY: Unique = Unique {
    name: "batches_by_deduplication_key",
    columns: &["token_id", "deduplication_key"],
    only: Some(OnlyRows::With("deduplication_key")),
};

record! {
    batches: "batch" is Batch, by (BatchId,);
    |batch, dialect| {
        Key batch_id: BatchId = &batch.id;
        Value ticket: Ticket = &batch.ticket;
        Value token_id: TokenId = &batch.token;
        Value batch_group: Option<BatchGroup> = &batch.group;
        Value deduplication_key: Option<DeduplicationKey> = &batch.deduplication_key;
        Value parallel: bool = &batch.mode.parallel;
        Value stop_on_first_failure: bool = &batch.mode.stop_on_first_failure;
        Value requests: u32 = &batch.requests;
        Value created: Timestamp = &batch.created;
        Value begun: Option<Timestamp> = &batch.begun;
        Value completed: Option<Timestamp> = &batch.completed;
        Value answer_bytes: u64 = &batch.answer_bytes;
    }
    |store, reader| Self {
        id: batch_id, ticket, token: token_id, group: batch_group, deduplication_key, requests, created, begun,
        completed, answer_bytes, mode: BatchMode { parallel, stop_on_first_failure },
    };
    ids: Some((IdKind::Batch, "batch_id"));
    unique: &[BATCHES_BY_TICKET, BATCHES_BY_DEDUPLICATION_KEY];
    // Whoever makes, claims, completes or removes one does so alone. What its requests do is not held up by that.
    guard: Guard::Table("batches");
}

/// Who runs a batch, and until when nobody else does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchClaim {
    /// A number that the server drew when it started.
    pub by: i64,
    /// Until then, unless it says again that it goes on.
    pub until: Timestamp,
}

/// A batch that is not completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnfinishedBatch {
    /// The batch.
    pub batch: BatchId,
    /// The token that sent it: its batches run one after the other.
    pub token: TokenId,
    /// Who runs it.
    pub claim: Option<BatchClaim>,
}

record! {
    unfinished_batches: "unfinished batch" is UnfinishedBatch, by (BatchId,);
    |unfinished, dialect| {
        Key batch_id: BatchId = &unfinished.batch;
        Value token_id: TokenId = &unfinished.token;
        Value claimed_by: Option<i64> = Made(unfinished.claim.map(|claim| claim.by));
        Value claimed_until: Option<Timestamp> = Made(unfinished.claim.map(|claim| claim.until));
    }
    |store, reader| {
        let claim = match (claimed_by, claimed_until) {
            (Some(by), Some(until)) => Some(BatchClaim { by, until }),
            (None, None) => None,
            _ => return Err(reader.damage("claimed_by", "a claim says by whom and until when, or neither")),
        };
        Self { batch: batch_id, token: token_id, claim }
    };
    owner: Some(Owner { table: "batches", column: "batch_id" });
    maximum: Some(MAXIMUM_UNFINISHED_BATCHES);
}

/// A request of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredBatchRequest {
    /// The batch.
    pub batch: BatchId,
    /// Its place in the batch, from 0.
    pub number: u32,
    /// The request; without its body where that was not read.
    pub request: BatchRequest,
}

record! {
    batch_requests: "request of a batch" is StoredBatchRequest, by (BatchId, u32);
    |stored, dialect| {
        Key batch_id: BatchId = &stored.batch;
        Key request_number: u32 = &stored.number;
        Value name: String = &stored.request.name;
        Value method: BatchMethod = &stored.request.method;
        Value path: String = &stored.request.path;
        Value body: Option<String> = &stored.request.body;
    }
    |store, reader| Self {
        batch: batch_id, number: request_number, request: BatchRequest { name, method, path, body },
    };
    owner: Some(Owner { table: "batches", column: "batch_id" });
    document: Some("body");
}

/// What a request of a batch was answered with. It is written with whatever the request changes, in one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredBatchAnswer {
    /// The batch.
    pub batch: BatchId,
    /// The place of the request in the batch.
    pub number: u32,
    /// How many bytes the body has.
    pub size: u32,
    /// The answer; with an empty object for a body where that was not read.
    pub answer: BatchAnswer,
}

impl StoredBatchAnswer {
    /// The answer to the request with this number.
    pub fn new(batch: BatchId, number: u32, answer: BatchAnswer) -> Self {
        // Bounded by a megabyte.
        let size = u32::try_from(answer.body.len()).unwrap_or(u32::MAX);
        Self { batch, number, size, answer }
    }
}

record! {
    batch_answers: "answer to a request of a batch" is StoredBatchAnswer, by (BatchId, u32);
    |stored, dialect| {
        Key batch_id: BatchId = &stored.batch;
        Key request_number: u32 = &stored.number;
        Value status: AnswerStatus = &stored.answer.status;
        Value size: u32 = &stored.size;
        Value body: String = &stored.answer.body;
    }
    |store, reader| Self {
        batch: batch_id, number: request_number, size, answer: BatchAnswer { status, body },
    };
    owner: Some(Owner { table: "batches", column: "batch_id" });
    document: Some("body");
}

/// Which stores are looked for, by what they have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoresWith {
    /// Those with a batch that is not completed.
    UnfinishedBatches,
    /// Those with any batch.
    Batches,
    /// Those whose texts have the keys of a release before.
    OldTextKeys,
}

/// A batch with all that belongs to it, for copies. Who runs it is left out: the copy is nobody's yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredBatch {
    /// The batch.
    pub batch: Batch,
    /// Its requests, by number.
    pub requests: Vec<StoredBatchRequest>,
    /// Their answers, by number.
    pub answers: Vec<StoredBatchAnswer>,
}

impl StoredBatch {
    /// The row that says that it is not completed.
    pub fn unfinished(&self) -> Option<UnfinishedBatch> {
        let Batch { id, token, completed, .. } = self.batch;
        completed.is_none().then_some(UnfinishedBatch { batch: id, token, claim: None })
    }
}

/// So many batches are looked at for a portion of a walk.
const LOOKED_AT: u32 = 64;
/// So many bytes of requests and answers a portion of a walk has at the most, unless one batch has more.
const PORTION_BYTES: u64 = 8 << 20;

/// The next portion of a walk through all batches; `None` when none is left.
///
/// # Errors
/// When the database fails.
pub async fn list_stored_batches<T: ReadRows>(
    tx: &mut T,
    after: Option<WalkPosition>,
) -> Result<Option<Portion<StoredBatch>>, StoreError> {
    let mut found: Vec<(Result<WalkPosition, Damage>, Result<Batch, Damage>)> = Vec::new();
    tx.read(&[Query::after(Batch::TABLE, after, LOOKED_AT)], &mut |_, row| {
        found.push((WalkPosition::at(row), row.decode()));
    })
    .await?;
    let positions = found.iter().map(|(position, _)| position.clone()).collect::<Result<Vec<_>, _>>()?;
    let numbers: Vec<i64> = positions.iter().map(|position| position.number()).collect();
    let sizes = tx.measure(&[StoredBatchRequest::TABLE, StoredBatchAnswer::TABLE], &numbers).await?;
    let mut sum = 0;
    let fits = |size: &&u64| {
        sum += **size;
        sum <= PORTION_BYTES
    };
    let count = sizes.iter().take_while(fits).count().max(1);
    let Some(positions) = positions.get(..count.min(positions.len())).filter(|some| !some.is_empty()) else {
        return Ok(None);
    };
    let (first, through) = (positions[0], positions[positions.len() - 1]);
    let between = |table| Query { table, which: Which::OwnersBetween(first.number(), through.number()) };
    let (mut requests, mut answers) = (Listed::default(), Listed::default());
    tx.read(&[between(StoredBatchRequest::TABLE), between(StoredBatchAnswer::TABLE)], &mut |query, row| {
        match query {
            0 => requests.take(row.decode::<StoredBatchRequest>()),
            _ => answers.take(row.decode::<StoredBatchAnswer>()),
        }
    })
    .await?;
    let damaged = requests.damaged + answers.damaged;
    let mut requests_of = by_batch(requests.items, |request| (request.batch, request.number));
    let mut answers_of = by_batch(answers.items, |answer| (answer.batch, answer.number));
    let mut listed = Listed::default();
    for (_, batch) in found.into_iter().take(positions.len()) {
        listed.take(batch.map(|batch| StoredBatch {
            requests: requests_of.remove(&batch.id).unwrap_or_default(),
            answers: answers_of.remove(&batch.id).unwrap_or_default(),
            batch,
        }));
    }
    listed.damaged += damaged;
    Ok(Some(Portion { listed, through }))
}

/// What belongs to each batch, by number.
fn by_batch<T>(mut all: Vec<T>, place: impl Fn(&T) -> (BatchId, u32)) -> BTreeMap<BatchId, Vec<T>> {
    all.sort_unstable_by_key(&place);
    let mut of: BTreeMap<BatchId, Vec<T>> = BTreeMap::new();
    for one in all {
        of.entry(place(&one).0).or_default().push(one);
    }
    of
}

/// Keeps new batches.
///
/// # Errors
/// [`StoreError::Conflict`] when the store has one of them; otherwise when the database fails.
pub async fn insert_batches<T: WriteRows>(tx: &mut T, batches: &[StoredBatch]) -> Result<(), StoreError> {
    for stored in batches {
        tx.insert(std::slice::from_ref(&stored.batch)).await?;
        tx.insert(&stored.requests).await?;
        tx.insert(&stored.answers).await?;
        tx.insert(stored.unfinished().as_slice()).await?;
    }
    Ok(())
}
