//! Running operations: on which connection, how often, and what became of them.
//!
//! A write that meets another one in its way, or loses its connection before the commit was sent, is run again. When
//! the connection is lost while the commit is on its way, only the database knows what became of it. So every writing
//! transaction takes a lock before it writes. After the loss the node takes the same lock: then the lost transaction has
//! ended, and its event tells whether its changes are there.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use shopfolk_model::{Actor, StoreId};
use shopfolk_store::{
    CopyOperation, IdKind, Length, Places, ReadOperation, StoreError, Turn, WriteOperation,
};
use tokio::time::{Instant, timeout_at};

use crate::PostgresSettings;
use crate::failure::{ConflictReason, Failure, WantedIds};
use crate::ids::{GivenIds, Ids};
use crate::measures::{LostCommit, RetryReason, count_lost_commit, count_retry};
use crate::parameter::parameters_of;
use crate::places::{long_places, take_place};
use crate::pool::{Connector, PooledSession, Sessions};
use crate::session::{Session, Step};
use crate::tls::connector;
use crate::tx::{Lock, PostgresReadTx, PostgresWriteTx, Reading, Stage, TOO_SLOW, Writing};

/// How often an operation is run at the most because others were in its way.
const MOST_CONFLICTS: u32 = 10;
/// How long is waited before an operation is run again, at the most, for the first time; it doubles from there.
const FIRST_PAUSE: Duration = Duration::from_millis(4);
/// How long is waited at the most before a lost server is looked for again.
const LOOK_PAUSE: Duration = Duration::from_millis(100);

/// A node: its connections and its ids.
pub(crate) struct Node {
    pub(crate) sessions: Sessions,
    pub(crate) ids: Ids,
    pub(crate) long_places: Places,
    settings: Arc<PostgresSettings>,
}

/// What a transaction runs: an operation, or what a copy writes.
pub(crate) trait Runs: Send + Sync + 'static {
    /// What it answers.
    type Output: Send + 'static;
    /// Why it changes nothing.
    type Error: From<StoreError> + Send + 'static;

    /// Runs it.
    fn run(
        &self,
        tx: &mut PostgresWriteTx<'_>,
    ) -> impl Future<Output = Result<Self::Output, Self::Error>> + Send;
}

/// An operation.
pub(crate) struct Operates<O>(pub(crate) O);

impl<O: WriteOperation> Runs for Operates<O> {
    type Output = O::Output;
    type Error = O::Error;

    async fn run(&self, tx: &mut PostgresWriteTx<'_>) -> Result<O::Output, O::Error> {
        self.0.run(tx).await
    }
}

/// What a copy writes.
pub(crate) struct Copies<O>(pub(crate) O);

impl<O: CopyOperation> Runs for Copies<O> {
    type Output = O::Output;
    type Error = StoreError;

    async fn run(&self, tx: &mut PostgresWriteTx<'_>) -> Result<O::Output, StoreError> {
        self.0.run(tx).await
    }
}

/// How a try to write ended.
enum Try<T> {
    /// The operation has answered; what it changed is committed.
    Done(T),
    /// It failed, and nothing was changed.
    Failed(Failure),
    /// The connection was lost while the commit was on its way.
    Unknown(T, Mark),
}

/// How a lost transaction is recognised.
#[derive(Debug, Clone, Copy)]
struct Mark {
    lock: Lock,
    event: i64,
}

impl Node {
    pub(crate) fn new(settings: &Arc<PostgresSettings>) -> Result<Self, StoreError> {
        let tls = connector(&settings.address.encryption)?;
        Ok(Self {
            sessions: Sessions::new(settings, tls.clone())?,
            ids: Ids::new(Connector { settings: Arc::clone(settings), tls }),
            long_places: long_places(settings.connections, settings.waiting),
            settings: Arc::clone(settings),
        })
    }

    pub(crate) fn deadline(&self) -> Instant {
        Instant::now() + self.settings.operation_limit
    }

    /// Runs an operation on a snapshot of a store.
    pub(crate) async fn read<O: ReadOperation>(
        &self,
        turn: Turn,
        operation: O,
    ) -> Result<O::Output, O::Error> {
        let (store, deadline) = (turn.store, self.deadline());
        let _place = match operation.length() {
            Length::Short => None,
            Length::Long => Some(take_place(&self.long_places, turn, deadline).await?),
        };
        loop {
            let session = self.sessions.take(deadline).await?;
            let outcome = timeout_at(deadline, try_to_read(&session, store, &operation)).await;
            match outcome {
                Ok((outcome, None)) => return outcome,
                Ok((_, Some(failure))) => self.may_try_again(failure, session, 1, deadline).await?,
                Err(_) => {
                    give_up(session);
                    return Err(TOO_SLOW.into());
                }
            }
        }
    }

    /// Runs an operation and commits its changes.
    pub(crate) async fn write<R: Runs>(
        &self,
        store: StoreId,
        author: Actor,
        operation: R,
    ) -> Result<R::Output, R::Error> {
        let deadline = self.deadline();
        let mut conflicts = 0;
        let given = GivenIds::default();
        loop {
            let session = self.sessions.take(deadline).await?;
            let mode = Writing::new(&self.ids, &given, author);
            let tx = PostgresWriteTx { session: &session, store, mode };
            let failure = match try_to_write(tx, &operation, deadline).await {
                Try::Done(outcome) => return outcome,
                Try::Unknown(outcome, mark) => {
                    give_up(session);
                    if self.is_committed(store, mark, deadline).await? {
                        return outcome;
                    }
                    continue;
                }
                Try::Failed(failure) => failure,
            };
            if let Failure::NoIds { kind, wanted } = failure {
                drop(session);
                self.reserve((store, kind), wanted, &given, deadline).await?;
                continue;
            }
            conflicts += u32::from(matches!(failure, Failure::Conflict { .. }));
            self.may_try_again(failure, session, conflicts, deadline).await?;
        }
    }

    /// Answers when an operation shall be run again.
    ///
    /// # Errors
    /// The failure itself when it shall not.
    async fn may_try_again(
        &self,
        failure: Failure,
        session: PooledSession,
        conflicts: u32,
        deadline: Instant,
    ) -> Result<(), StoreError> {
        let reason = match &failure {
            Failure::Conflict { reason, .. } if conflicts < MOST_CONFLICTS => {
                drop(session);
                RetryReason::Conflict(*reason)
            }
            Failure::Lost { .. } => {
                give_up(session);
                RetryReason::Connection
            }
            Failure::StatementsLost { .. } => {
                give_up(session);
                RetryReason::Statements
            }
            Failure::Conflict { .. } | Failure::NoIds { .. } | Failure::Final { .. } => {
                return Err(failure.into_error());
            }
        };
        count_retry(reason);
        let pause = match &failure {
            // The other transaction has committed: looking again at once shows it.
            Failure::Conflict { reason: ConflictReason::Unique | ConflictReason::Gone, .. } => Duration::ZERO,
            Failure::Conflict { .. } => {
                FIRST_PAUSE.saturating_mul(1 << conflicts.min(8)).mul_f64(rand::random())
            }
            _ => LOOK_PAUSE.mul_f64(rand::random()),
        };
        if Instant::now() + pause >= deadline {
            tracing::warn!(error = ?failure, "the database did not take a call in time");
            return Err(TOO_SLOW);
        }
        tracing::debug!(error = ?failure, "running an operation again");
        tokio::time::sleep(pause).await;
        Ok(())
    }

    /// Reserves ids while no transaction of this operation is open.
    async fn reserve(
        &self,
        (store, kind): (StoreId, IdKind),
        wanted: WantedIds,
        given: &GivenIds,
        deadline: Instant,
    ) -> Result<(), StoreError> {
        let reserve = async || match wanted {
            WantedIds::Next(count) => self.ids.fill(store, kind, count).await,
            WantedIds::UpTo(highest) => self.ids.reserve_up_to(store, kind, highest, given).await.map(drop),
        };
        loop {
            match timeout_at(deadline, reserve()).await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(Failure::Lost { .. })) => tokio::time::sleep(LOOK_PAUSE.mul_f64(rand::random())).await,
                Ok(Err(failure)) => return Err(failure.into_error()),
                Err(_) => return Err(TOO_SLOW),
            }
        }
    }

    /// Finds out what became of a transaction whose connection was lost while it committed.
    async fn is_committed(&self, store: StoreId, mark: Mark, deadline: Instant) -> Result<bool, StoreError> {
        // It is worth more time than the operation had left: the answer decides between done and not done.
        let deadline = deadline.max(Instant::now() + self.settings.operation_limit / 2);
        loop {
            let session = self.sessions.take(deadline).await.map_err(|error| {
                tracing::warn!(%store, event = mark.event, %error, "what became of a commit could not be found out");
                StoreError::OutcomeUnknown
            })?;
            // A change that changes nothing, because a commit that has written waits until it is safe on the standbys
            // too, and with it everything before it: the lost one may have been cut off while it waited for them.
            let find = Step::Run {
                what: "look for an event",
                sql: "UPDATE events SET created = created WHERE store_id = $1 AND event_id = $2",
                parameters: parameters_of![store.get(), mark.event],
                touches: None,
            };
            // In that order: with the lock taken, the lost transaction has ended, and the next statement sees its end.
            let steps =
                [session.begin_write(), mark.lock.step(store), find, Step::Plain("COMMIT".to_owned())];
            if let Ok(Ok(answers)) = timeout_at(deadline, session.send(&steps)).await {
                let committed = answers.get(2).is_some_and(|answer| answer.touched > 0);
                let outcome = if committed { LostCommit::Committed } else { LostCommit::NotCommitted };
                count_lost_commit(outcome);
                tracing::info!(%store, event = mark.event, outcome = outcome.name(), "the connection was lost during a commit");
                return Ok(committed);
            }
            give_up(session);
            if Instant::now() + LOOK_PAUSE >= deadline {
                tracing::warn!(%store, event = mark.event, "what became of a commit could not be found out");
                return Err(StoreError::OutcomeUnknown);
            }
            tokio::time::sleep(LOOK_PAUSE).await;
        }
    }
}

/// Runs an operation and commits its changes, once.
async fn try_to_write<R: Runs>(
    mut tx: PostgresWriteTx<'_>,
    operation: &R,
    deadline: Instant,
) -> Try<Result<R::Output, R::Error>> {
    let outcome = timeout_at(deadline, operation.run(&mut tx)).await.unwrap_or_else(|_| {
        tx.is_too_slow();
        Err(TOO_SLOW.into())
    });
    if tx.mode.failure.is_none() && outcome.is_ok() {
        // What goes wrong in it is noted.
        if timeout_at(deadline, tx.commit()).await.is_err() {
            tx.is_too_slow();
        }
    }
    let mark = tx.mode.lock.zip(tx.mode.event).map(|(lock, event)| Mark { lock, event });
    match (tx.mode.failure.take(), tx.mode.stage, mark) {
        (None, ..) => Try::Done(outcome),
        (Some(Failure::Lost { .. }), Stage::Committing, Some(mark)) => Try::Unknown(outcome, mark),
        // Without an event there is nothing that could not be done twice.
        (Some(failure), ..) => Try::Failed(failure),
    }
}

/// Runs an operation on a snapshot of a store, once.
pub(crate) async fn try_to_read<O: ReadOperation>(
    session: &Session,
    store: StoreId,
    operation: &O,
) -> (Result<O::Output, O::Error>, Option<Failure>) {
    let mode = Reading { once: O::READS_ONCE, begun: false, failure: None };
    let mut tx = PostgresReadTx { session, store, mode };
    let outcome = operation.run(&mut tx).await;
    let failure = tx.mode.failure.take();
    (outcome, failure)
}

/// Takes a connection out of use.
fn give_up(session: PooledSession) {
    drop(PooledSession::take(session));
}
