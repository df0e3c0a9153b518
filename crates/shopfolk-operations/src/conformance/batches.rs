//! Batches: sent, run by whoever claims them, answered once, forgotten.

use shopfolk_model::{
    AnswerStatus, BatchAnswer, BatchGroup, BatchId, BatchMethod, BatchMode, BatchRequest, BatchStatus,
    DeduplicationKey, GroupFilter, KEPT_BATCH_SECONDS, MAXIMUM_UNFINISHED_BATCHES, Ticket, TokenId,
};
use shopfolk_store::{BatchClaim, Engine, PageRequest, StoresWith, WriteOperation, WriteTx};

use super::fixture::*;
use super::groups::named;
use crate::{
    BatchEntry, BatchSearch, CancelBatches, ClaimBatches, ClaimedBatch, CreateBatch, CreateGroup,
    DeleteBatch, FindBatch, FinishBatch, FoundBatch, ListGroups, OperationError, ReadBatchAnswers,
    ReadBatchWork, RecordBatchAnswer, RenewClaim, RevokeToken, SetStoreSuspended, answered, forget_batches,
    keep_answer, list_batches,
};

/// The claims of most cases run from second 5 to this one.
const CLAIMED_UNTIL: i64 = 10;
const MODE: BatchMode = BatchMode { parallel: false, stop_on_first_failure: false };

fn ticket(number: u8) -> Ticket {
    Ticket::of_random([number; 16])
}

fn batch_of(token: TokenId, number: u8, requests: usize) -> CreateBatch {
    let request = |place: usize| BatchRequest {
        name: place.to_string(),
        method: BatchMethod::Post,
        path: "customer_groups".to_owned(),
        body: Some(format!("{{\"name\": \"{place}\"}}")),
    };
    CreateBatch {
        token,
        group: None,
        deduplication_key: None,
        mode: MODE,
        requests: (0..requests).map(request).collect(),
        ticket: ticket(number),
        now: at(5),
    }
}

/// Sends a batch of so many requests, whose ticket is made of the number.
pub async fn create_batch<E: Engine>(engine: &E, token: TokenId, number: u8, requests: usize) -> Ticket {
    engine.write(STORE, BY, batch_of(token, number, requests)).await.unwrap()
}

/// What a server with this number claims in second 5.
pub async fn claim_batches<E: Engine>(engine: &E, by: i64) -> Vec<ClaimedBatch> {
    claim_at(engine, by, 5).await
}

async fn claim_at<E: Engine>(engine: &E, by: i64, now: i64) -> Vec<ClaimedBatch> {
    let claim = BatchClaim { by, until: at(now - 5 + CLAIMED_UNTIL) };
    engine.write(STORE, BY, ClaimBatches { claim, most: 100, now: at(now) }).await.unwrap()
}

fn answer(status: u16, body: &str) -> BatchAnswer {
    BatchAnswer { status: AnswerStatus::new(status).unwrap(), body: body.to_owned() }
}

async fn record<E: Engine>(
    engine: &E,
    entry: BatchEntry,
    answer: BatchAnswer,
) -> Result<AnswerStatus, OperationError> {
    engine.write(STORE, BY, RecordBatchAnswer { entry, answer }).await
}

async fn find<E: Engine>(engine: &E, token: TokenId, ticket: Ticket) -> Result<FoundBatch, OperationError> {
    engine.read(STORE, FindBatch { token, ticket }).await
}

async fn token<E: Engine>(engine: &E, text: &str) -> TokenId {
    create_token(engine, text).await.id
}

async fn shop_with_token<E: Engine>(engine: &E) -> TokenId {
    create_store(engine, STORE).await;
    token(engine, "secret_one").await
}

pub async fn batch_is_claimed_answered_and_completed<E: Engine>(engine: E) {
    let token = shop_with_token(&engine).await;
    let ticket = create_batch(&engine, token, 1, 3).await;
    let found = find(&engine, token, ticket).await.unwrap();
    assert_eq!((found.batch.status(), found.answers.len()), (BatchStatus::Queued, 3));

    let claimed = claim_batches(&engine, 1).await;
    assert_eq!((claimed.len(), claimed[0].token, claimed[0].mode), (1, token, MODE));
    let batch = claimed[0].batch;
    assert!(claim_batches(&engine, 2).await.is_empty(), "somebody has it");
    let work = engine.read(STORE, ReadBatchWork { batch }).await.unwrap();
    let names: Vec<_> = work.requests.iter().map(|(number, request)| (*number, &*request.name)).collect();
    assert_eq!(names, [(0, "0"), (1, "1"), (2, "2")]);

    record(&engine, BatchEntry { batch, number: 0 }, answer(200, "{}")).await.unwrap();
    let failed = record(&engine, BatchEntry { batch, number: 1 }, answer(404, "{\"a\":1}")).await.unwrap();
    assert!(!failed.is_success());
    let work = engine.read(STORE, ReadBatchWork { batch }).await.unwrap();
    assert_eq!((work.requests.len(), work.has_failed, work.answer_bytes), (1, true, 9));
    let found = find(&engine, token, ticket).await.unwrap();
    assert_eq!(found.batch.status(), BatchStatus::InProgress);
    assert_eq!(found.answers, [Some(2), Some(7), None]);

    engine.write(STORE, BY, FinishBatch { batch, now: at(7) }).await.unwrap();
    let found = find(&engine, token, ticket).await.unwrap();
    assert_eq!((found.batch.status(), found.batch.answer_bytes), (BatchStatus::Completed, 9));
    assert!(claim_at(&engine, 1, 1_000).await.is_empty());
}

pub async fn batches_of_a_token_come_one_after_the_other<E: Engine>(engine: E) {
    let one = shop_with_token(&engine).await;
    let two = token(&engine, "secret_two").await;
    for (number, token) in [(1, one), (2, one), (3, two), (4, one)] {
        create_batch(&engine, token, number, 1).await;
    }
    let claimed = claim_batches(&engine, 1).await;
    assert_eq!(claimed.iter().map(|batch| batch.token).collect::<Vec<_>>(), [one, two]);
    assert!(claim_at(&engine, 2, CLAIMED_UNTIL - 1).await.is_empty());
    // Who does not say that it goes on loses its batches to others.
    let renew = RenewClaim { batch: claimed[1].batch, by: 1, until: Some(at(100)) };
    assert!(engine.write(STORE, BY, renew).await.unwrap());
    let taken = claim_at(&engine, 2, CLAIMED_UNTIL).await;
    assert_eq!(taken.iter().map(|batch| batch.batch).collect::<Vec<_>>(), [claimed[0].batch]);
    let renew = RenewClaim { batch: claimed[0].batch, by: 1, until: Some(at(100)) };
    assert!(!engine.write(STORE, BY, renew).await.unwrap(), "another server has it");
    let release = RenewClaim { batch: claimed[1].batch, by: 1, until: None };
    assert!(engine.write(STORE, BY, release).await.unwrap());
    assert_eq!(claim_at(&engine, 3, 11).await.len(), 1, "what is given back is anybody's");
    engine.write(STORE, BY, FinishBatch { batch: claimed[0].batch, now: at(12) }).await.unwrap();
    let next = claim_at(&engine, 3, 13).await;
    assert!(next.len() == 1 && next[0].token == one && next[0].batch > claimed[0].batch);
}

/// Creates a group as a request of a batch.
struct CreateGroupOfBatch {
    entry: BatchEntry,
    name: String,
}

impl WriteOperation for CreateGroupOfBatch {
    type Output = bool;
    type Error = OperationError;

    /// Answers whether it was run now.
    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<bool, OperationError> {
        if answered(tx, self.entry).await?.is_some() {
            return Ok(false);
        }
        let id = CreateGroup { group: named(&self.name), now: at(6) }.run(tx).await?;
        keep_answer(tx, self.entry, answer(200, &format!("{{\"id\":{id}}}"))).await?;
        Ok(true)
    }
}

async fn groups<E: Engine>(engine: &E) -> usize {
    let list = ListGroups { filter: GroupFilter::default(), page: PageRequest::at(0, 1_000) };
    engine.read(STORE, list).await.unwrap().items.len() - 1
}

pub async fn request_whose_answer_is_there_is_not_run_again<E: Engine>(engine: E) {
    let token = shop_with_token(&engine).await;
    create_batch(&engine, token, 1, 100).await;
    let batch = claim_batches(&engine, 1).await[0].batch;
    let entry = |number| BatchEntry { batch, number };
    let create = |number: u32, name: &str| CreateGroupOfBatch { entry: entry(number), name: name.to_owned() };
    assert!(engine.write(STORE, BY, create(0, "A")).await.unwrap());
    assert!(!engine.write(STORE, BY, create(0, "B")).await.unwrap());
    assert_eq!(groups(&engine).await, 1);
    // What was refused has no answer, until one is recorded; then nothing of it happens any more.
    engine.write(STORE, BY, create(1, "A")).await.unwrap_err();
    record(&engine, entry(1), answer(409, "{}")).await.unwrap();
    assert!(!engine.write(STORE, BY, create(1, "C")).await.unwrap());
    assert!(
        record(&engine, entry(0), answer(500, "{}")).await.unwrap().is_success(),
        "the first answer stays"
    );
    // Two servers that believe that a batch is theirs run each of its requests once.
    let mut running = tokio::task::JoinSet::new();
    for number in 2..22 {
        for server in 0..3 {
            let (engine, create) = (engine.clone(), create(number, &format!("{number} of {server}")));
            running.spawn(async move { engine.write(STORE, BY, create).await.unwrap() });
        }
    }
    let ran = running.join_all().await.into_iter().filter(|ran| *ran).count();
    assert_eq!((ran, groups(&engine).await), (20, 21));
}

pub async fn cancelled_and_deleted_batches_run_nothing_more<E: Engine>(engine: E) {
    let one = shop_with_token(&engine).await;
    let two = token(&engine, "secret_two").await;
    let group = BatchGroup::new("import 7").unwrap();
    let mut tickets = Vec::new();
    for (number, token) in [(1, one), (2, one), (3, two)] {
        let grouped = CreateBatch { group: Some(group.clone()), ..batch_of(token, number, 2) };
        tickets.push(engine.write(STORE, BY, grouped).await.unwrap());
    }
    let alone = create_batch(&engine, one, 4, 2).await;
    let claimed = claim_batches(&engine, 1).await;
    let entry = BatchEntry { batch: claimed[0].batch, number: 0 };
    record(&engine, entry, answer(200, "{}")).await.unwrap();

    let cancel = |group: Option<&BatchGroup>, ticket| {
        let cancel = CancelBatches { token: one, group: group.cloned(), ticket, now: at(8) };
        engine.write(STORE, BY, cancel)
    };
    assert_eq!(cancel(Some(&group), Some(alone)).await.unwrap(), 0);
    assert_eq!(cancel(Some(&group), None).await.unwrap(), 2);
    assert_eq!(cancel(Some(&group), None).await.unwrap(), 0);
    let refused = record(&engine, BatchEntry { number: 1, ..entry }, answer(200, "{}")).await;
    assert!(matches!(refused, Err(OperationError::BatchIsOver)), "{refused:?}");
    let found = find(&engine, one, tickets[0]).await.unwrap();
    assert_eq!((found.batch.status(), found.answers), (BatchStatus::Completed, vec![Some(2), None]));
    assert_eq!(find(&engine, two, tickets[2]).await.unwrap().batch.status(), BatchStatus::InProgress);

    let delete = |token, ticket| engine.write(STORE, BY, DeleteBatch { token, ticket });
    assert!(!delete(one, tickets[2]).await.unwrap(), "a token sees its own batches alone");
    assert!(delete(two, tickets[2]).await.unwrap() && !delete(two, tickets[2]).await.unwrap());
    let entry = BatchEntry { batch: claimed[1].batch, number: 0 };
    let refused = record(&engine, entry, answer(200, "{}")).await;
    assert!(matches!(refused, Err(OperationError::BatchIsOver)), "{refused:?}");
    let gone = find(&engine, two, tickets[2]).await;
    assert!(matches!(gone, Err(OperationError::BatchNotFound { .. })), "{gone:?}");

    let search = |status| BatchSearch { token: one, status, offset: 0, limit: 100 };
    let listed = async |status| {
        let (found, _) = list_batches(&engine, STORE, search(status)).await.unwrap();
        found.into_iter().map(|batch| batch.ticket).collect::<Vec<_>>()
    };
    assert_eq!(listed(None).await, [tickets[0], tickets[1], alone]);
    assert_eq!(listed(Some(BatchStatus::Completed)).await, tickets[..2]);
    assert_eq!(listed(Some(BatchStatus::Queued)).await, [alone]);
    let (page, _) =
        list_batches(&engine, STORE, BatchSearch { offset: 1, limit: 1, ..search(None) }).await.unwrap();
    assert_eq!(page.iter().map(|batch| batch.ticket).collect::<Vec<_>>(), tickets[1..2]);
}

pub async fn batch_that_is_sent_twice_is_one_for_an_hour<E: Engine>(engine: E) {
    let one = shop_with_token(&engine).await;
    let two = token(&engine, "secret_two").await;
    let key: DeduplicationKey = "0f8fad5b-d9cb-469f-a165-70867728950e".parse().unwrap();
    let send = |token, number, now| {
        let batch = CreateBatch { deduplication_key: Some(key), now: at(now), ..batch_of(token, number, 1) };
        engine.write(STORE, BY, batch)
    };
    assert_eq!(send(one, 1, 5).await.unwrap(), ticket(1));
    assert_eq!(send(one, 2, 5 + 3_599).await.unwrap(), ticket(1));
    assert_eq!(send(two, 3, 5).await.unwrap(), ticket(3), "a key is its token's alone");
    assert_eq!(send(one, 4, 5 + 3_600).await.unwrap(), ticket(4));
    assert_eq!(send(one, 5, 5 + 3_601).await.unwrap(), ticket(4));
    find(&engine, one, ticket(1)).await.unwrap();
}

pub async fn batches_of_a_revoked_token_are_completed_as_they_are<E: Engine>(engine: E) {
    let token = shop_with_token(&engine).await;
    for number in 1..=2 {
        create_batch(&engine, token, number, 1).await;
    }
    let claimed = claim_batches(&engine, 1).await;
    engine.write(STORE, BY, RevokeToken { id: token, now: at(6) }).await.unwrap();
    for now in [100, 200] {
        assert!(claim_at(&engine, 1, now).await.is_empty());
    }
    for number in 1..=2 {
        let found = find(&engine, token, ticket(number)).await.unwrap();
        assert_eq!(found.batch.status(), BatchStatus::Completed);
    }
    assert_eq!(claimed.len(), 1);
}

pub async fn batches_of_a_suspended_store_wait<E: Engine>(engine: E) {
    let token = shop_with_token(&engine).await;
    assert_eq!(engine.next_store_with(StoresWith::Batches, None).await.unwrap(), None);
    create_batch(&engine, token, 1, 1).await;
    let suspend = |suspended| engine.write(STORE, BY, SetStoreSuspended { id: STORE, suspended, now: at(6) });
    suspend(true).await.unwrap();
    assert!(claim_batches(&engine, 1).await.is_empty());
    for what in [StoresWith::UnfinishedBatches, StoresWith::Batches] {
        assert_eq!(engine.next_store_with(what, None).await.unwrap(), Some(STORE));
        assert_eq!(engine.next_store_with(what, Some(STORE)).await.unwrap(), None);
    }
    suspend(false).await.unwrap();
    let batch = claim_batches(&engine, 1).await[0].batch;
    engine.write(STORE, BY, FinishBatch { batch, now: at(7) }).await.unwrap();
    assert_eq!(engine.next_store_with(StoresWith::UnfinishedBatches, None).await.unwrap(), None);
    assert_eq!(engine.next_store_with(StoresWith::Batches, None).await.unwrap(), Some(STORE));
}

pub async fn answers_of_a_batch_are_read_in_portions<E: Engine>(engine: E) {
    let token = shop_with_token(&engine).await;
    let ticket = create_batch(&engine, token, 1, 5).await;
    let batch = claim_batches(&engine, 1).await[0].batch;
    let large = format!("\"{}\"", "a".repeat(300_000));
    for number in [0, 1, 3] {
        record(&engine, BatchEntry { batch, number }, answer(200, &large)).await.unwrap();
    }
    let found = find(&engine, token, ticket).await.unwrap();
    let (mut first, mut parts) = (0, Vec::new());
    while first < found.answers.len() {
        let sizes = found.answers[first..].to_vec();
        let read = ReadBatchAnswers { batch, first: u32::try_from(first).unwrap(), sizes };
        let part = engine.read(STORE, read).await.unwrap();
        first += part.through;
        parts.push(part.items);
    }
    let told: Vec<Vec<_>> = parts
        .iter()
        .map(|part| part.iter().map(|one| (&*one.name, one.answer.is_some())).collect())
        .collect();
    assert_eq!(told, [vec![("0", true)], vec![("1", true), ("2", false)], vec![("3", true), ("4", false)]]);
}

pub async fn completed_batches_are_forgotten_after_a_day<E: Engine>(engine: E) {
    let token = shop_with_token(&engine).await;
    let finish = async |number: u8, now| {
        let ticket = create_batch(&engine, token, number, 2).await;
        let batch: BatchId =
            claim_at(&engine, i64::from(number), 1_000_000 * i64::from(number)).await[0].batch;
        record(&engine, BatchEntry { batch, number: 0 }, answer(200, "{}")).await.unwrap();
        engine.write(STORE, BY, FinishBatch { batch, now: at(now) }).await.unwrap();
        ticket
    };
    let old = finish(1, 10).await;
    let late = finish(2, 11).await;
    let waiting = create_batch(&engine, token, 3, 1).await;
    let forget = async |now| forget_batches(&engine, STORE, at(now)).await.unwrap();
    assert_eq!(forget(9 + KEPT_BATCH_SECONDS).await, 0);
    assert_eq!(forget(10 + KEPT_BATCH_SECONDS).await, 1);
    find(&engine, token, old).await.unwrap_err();
    find(&engine, token, late).await.unwrap();
    assert_eq!(forget(1_000 * KEPT_BATCH_SECONDS).await, 1);
    find(&engine, token, waiting).await.unwrap();
}

pub async fn unfinished_batches_are_bounded<E: Engine>(engine: E) {
    let token = shop_with_token(&engine).await;
    let mut sent = tokio::task::JoinSet::new();
    for number in 0..MAXIMUM_UNFINISHED_BATCHES {
        let mut bytes = [7; 16];
        bytes[..4].copy_from_slice(&number.to_be_bytes());
        let create = CreateBatch { ticket: Ticket::of_random(bytes), ..batch_of(token, 1, 1) };
        let engine = engine.clone();
        sent.spawn(async move { engine.write(STORE, BY, create).await.unwrap() });
        if sent.len() == 16 {
            sent.join_next().await.unwrap().unwrap();
        }
    }
    sent.join_all().await;
    let refused = engine.write(STORE, BY, batch_of(token, 1, 1)).await;
    assert!(matches!(refused, Err(OperationError::TooManyBatches)), "{refused:?}");
    let claimed = claim_batches(&engine, 1).await;
    let [first] = &claimed[..] else { panic!("{claimed:?}") };
    engine.write(STORE, BY, FinishBatch { batch: first.batch, now: at(6) }).await.unwrap();
    engine.write(STORE, BY, batch_of(token, 1, 1)).await.unwrap();
}
