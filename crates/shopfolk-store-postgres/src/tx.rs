//! A transaction on one store, for reading or for writing.
//!
//! Writes that have no answer wait and go out with the next statement that has one, or with the commit: creating a
//! contact takes two round trips, one that begins, locks the customer and reads, and one that writes and commits.

use std::collections::VecDeque;

use sha2::{Digest, Sha256};
use shopfolk_model::{Actor, CustomerId, StoreId};
use shopfolk_store::{ReadTx, StoreError, WriteTx};
use tokio_postgres::Row;

use crate::failure::{ConflictReason, Failure};
use crate::ids::{GivenIds, Ids};
use crate::parameter::{Parameter, parameters_of};
use crate::session::{Answer, Session, Step};

/// What a call is told for which the database took too long.
pub(crate) const TOO_SLOW: StoreError =
    StoreError::Unavailable { reason: "the database did not answer in time" };

/// What a transaction does beside reading the tables: [`Reading`] or [`Writing`].
pub(crate) trait TxMode: Send {
    /// What has to be sent before anything else.
    fn take_waiting(&mut self, session: &Session, store: StoreId) -> VecDeque<Step>;

    /// What makes other writers wait for this one, which is sent before the first thing that is read; nothing when
    /// nothing is to be written.
    fn lock(&mut self, store: StoreId, lock: Lock) -> Option<Step>;

    /// Whether what is read is locked before.
    const LOCKS: bool;

    /// Remembers that something was written.
    fn wrote(&mut self) {}

    /// Remembers the first thing that went wrong in the database.
    fn note(&mut self, failure: Failure);

    /// Whether there is a transaction to be ended on the connection.
    fn is_in_transaction(&self) -> bool;
}

/// A lock that a writing transaction takes before it reads, and holds until its end. It is also how another one finds
/// out that this one has ended, whatever became of its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lock {
    /// The row of a customer.
    Customer(CustomerId),
    /// A number that stands for something that may not be there yet.
    Number(i64),
}

impl Lock {
    /// That of a word in a store.
    pub(crate) fn of(word: &str, store: StoreId) -> Self {
        // The space at the end belongs to it: nodes of other releases take the same lock.
        let digest = Sha256::digest(format!("{word} {store} "));
        Self::Number(i64::from_be_bytes(digest.first_chunk().copied().unwrap_or_default()))
    }

    /// The statement that takes it.
    pub(crate) fn step(self, store: StoreId) -> Step {
        match self {
            Self::Customer(customer) => Step::Run {
                what: "lock a customer",
                sql: "SELECT contact_count, highest_order_by, updated
                        FROM customers
                       WHERE store_id = $1 AND customer_id = $2
                         FOR NO KEY UPDATE",
                parameters: parameters_of![store.get(), customer.get()],
                touches: None,
            },
            Self::Number(number) => Step::Run {
                what: "take a lock",
                sql: "SELECT pg_advisory_xact_lock($1)",
                parameters: parameters_of![number],
                touches: None,
            },
        }
    }
}

/// A snapshot.
pub(crate) struct Reading {
    /// Whether one statement is all there is: then it is a snapshot without a transaction.
    pub(crate) once: bool,
    pub(crate) begun: bool,
    /// The first thing that went wrong.
    pub(crate) failure: Option<Failure>,
}

impl TxMode for Reading {
    const LOCKS: bool = false;

    fn take_waiting(&mut self, _: &Session, _: StoreId) -> VecDeque<Step> {
        if self.begun || self.once {
            return VecDeque::new();
        }
        self.begun = true;
        VecDeque::from([Session::begin_read()])
    }

    fn lock(&mut self, _: StoreId, _: Lock) -> Option<Step> {
        None
    }

    fn note(&mut self, failure: Failure) {
        self.failure.get_or_insert(failure);
    }

    fn is_in_transaction(&self) -> bool {
        self.begun
    }
}

/// How far a transaction that writes has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Nothing was sent.
    NotBegun,
    /// It can be undone.
    Begun,
    /// The commit is on its way: only the database knows what becomes of it.
    Committing,
    /// It is committed.
    Committed,
}

/// A transaction that writes.
pub(crate) struct Writing<'a> {
    /// By whom.
    pub(crate) author: Actor,
    pub(crate) ids: &'a Ids,
    pub(crate) given: &'a GivenIds,
    pub(crate) stage: Stage,
    /// The first lock that was taken.
    pub(crate) lock: Option<Lock>,
    /// What is to be written and was not sent yet.
    pub(crate) waiting: VecDeque<Step>,
    /// Whether anything was written, or is to be.
    pub(crate) wrote: bool,
    /// The first event that was appended: if it is there, everything is.
    pub(crate) event: Option<i64>,
    /// Whether this transaction created the store, whose counters nobody else sees yet.
    pub(crate) created_store: bool,
    pub(crate) failure: Option<Failure>,
}

impl<'a> Writing<'a> {
    pub(crate) fn new(ids: &'a Ids, given: &'a GivenIds, author: Actor) -> Self {
        Self {
            author,
            ids,
            given,
            stage: Stage::NotBegun,
            lock: None,
            waiting: VecDeque::new(),
            wrote: false,
            event: None,
            created_store: false,
            failure: None,
        }
    }
}

impl TxMode for Writing<'_> {
    const LOCKS: bool = true;

    fn take_waiting(&mut self, session: &Session, store: StoreId) -> VecDeque<Step> {
        let mut steps = std::mem::take(&mut self.waiting);
        if self.stage == Stage::NotBegun {
            self.stage = Stage::Begun;
            if self.lock.is_none() {
                // Whatever is read first, something is locked before it.
                let lock = Lock::Number(rand::random());
                self.lock = Some(lock);
                steps.push_front(lock.step(store));
            }
            steps.push_front(session.begin_write());
        }
        steps
    }

    fn wrote(&mut self) {
        self.wrote = true;
    }

    fn lock(&mut self, store: StoreId, lock: Lock) -> Option<Step> {
        self.lock.get_or_insert(lock);
        Some(lock.step(store))
    }

    fn note(&mut self, failure: Failure) {
        self.failure.get_or_insert(failure);
    }

    fn is_in_transaction(&self) -> bool {
        matches!(self.stage, Stage::Begun | Stage::Committing)
    }
}

/// A transaction on one store. The SQL of each resource is in the file of its name.
pub(crate) struct PostgresTx<'a, M: TxMode> {
    pub(crate) session: &'a Session,
    pub(crate) store: StoreId,
    pub(crate) mode: M,
}

/// A transaction that reads.
pub(crate) type PostgresReadTx<'a> = PostgresTx<'a, Reading>;
/// A transaction that writes.
pub(crate) type PostgresWriteTx<'a> = PostgresTx<'a, Writing<'a>>;

impl ReadTx for PostgresReadTx<'_> {}
impl ReadTx for PostgresWriteTx<'_> {}
impl WriteTx for PostgresWriteTx<'_> {}

impl<M: TxMode> Drop for PostgresTx<'_, M> {
    fn drop(&mut self) {
        if self.mode.is_in_transaction() {
            self.session.roll_back();
        }
    }
}

impl<M: TxMode> PostgresTx<'_, M> {
    /// Sends statements together, behind everything that waits, and answers with what came of them.
    pub(crate) async fn run<const N: usize>(
        &mut self,
        steps: [Option<Step>; N],
    ) -> Result<[Answer; N], StoreError> {
        let mut all = self.mode.take_waiting(self.session, self.store);
        let before = all.len();
        let wanted: [bool; N] = std::array::from_fn(|number| steps[number].is_some());
        all.extend(steps.into_iter().flatten());
        let mut answers = self.send(all.make_contiguous()).await?.into_iter().skip(before);
        Ok(wanted.map(|wanted| if wanted { answers.next().unwrap_or_default() } else { Answer::default() }))
    }

    /// Sends statements together, behind everything that waits, and answers with what came of them.
    pub(crate) async fn run_all(&mut self, steps: Vec<Step>) -> Result<Vec<Answer>, StoreError> {
        let mut all = self.mode.take_waiting(self.session, self.store);
        let before = all.len();
        all.extend(steps);
        Ok(self.send(all.make_contiguous()).await?.split_off(before))
    }

    /// The rows that a statement finds.
    pub(crate) async fn query_rows(
        &mut self,
        what: &'static str,
        sql: &'static str,
        parameters: Vec<Parameter>,
    ) -> Result<Vec<Row>, StoreError> {
        let [answer] = self.run([Some(Step::Run { what, sql, parameters, touches: None })]).await?;
        Ok(answer.rows)
    }

    /// The row that a statement finds, if it finds one.
    pub(crate) async fn query_row(
        &mut self,
        what: &'static str,
        sql: &'static str,
        parameters: Vec<Parameter>,
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.query_rows(what, sql, parameters).await?.into_iter().next())
    }

    /// Sends steps and notes what goes wrong.
    async fn send(&mut self, steps: &[Step]) -> Result<Vec<Answer>, StoreError> {
        if steps.iter().any(Step::writes) {
            self.mode.wrote();
        }
        let answers = self.session.send(steps).await.map_err(|(number, error)| {
            let doing = steps.get(number).map_or("reach the database", Step::what);
            let told = StoreError::Database { doing, source: error.to_string().into() };
            self.mode.note(Failure::of(doing, error));
            told
        })?;
        for (step, answer) in steps.iter().zip(&answers) {
            if let Step::Run { what: doing, touches: Some(expected), .. } = *step
                && answer.touched != expected
            {
                let failed = || {
                    let source = format!("{} rows were touched, {expected} were to be", answer.touched);
                    StoreError::Database { doing, source: source.into() }
                };
                self.mode.note(Failure::Conflict { reason: ConflictReason::Gone, error: failed() });
                return Err(failed());
            }
        }
        Ok(answers)
    }
}

impl PostgresWriteTx<'_> {
    /// Has a statement sent with the next one that has an answer, or with the commit.
    pub(crate) fn queue(&mut self, what: &'static str, sql: &'static str, parameters: Vec<Parameter>) {
        self.queue_step(Step::Run { what, sql, parameters, touches: None });
    }

    /// The same for a step.
    pub(crate) fn queue_step(&mut self, step: Step) {
        self.mode.wrote = true;
        self.mode.waiting.push_back(step);
    }

    /// The same for a statement that must touch so many rows. That is looked at before the commit.
    pub(crate) fn queue_touching(
        &mut self,
        touches: u64,
        what: &'static str,
        sql: &'static str,
        parameters: Vec<Parameter>,
    ) {
        self.queue_step(Step::Run { what, sql, parameters, touches: Some(touches) });
    }

    /// Runs a statement now, and says how many rows it touched.
    pub(crate) async fn change(
        &mut self,
        what: &'static str,
        sql: &'static str,
        parameters: Vec<Parameter>,
        touches: Option<u64>,
    ) -> Result<u64, StoreError> {
        let [answer] = self.run([Some(Step::Run { what, sql, parameters, touches })]).await?;
        Ok(answer.touched)
    }

    /// Writes what waits and commits.
    pub(crate) async fn commit(&mut self) -> Result<(), StoreError> {
        if !self.mode.wrote {
            // Whatever was locked is freed when this is dropped, and nobody has to wait for that.
            return Ok(());
        }
        if self.mode.event.is_some() && self.mode.stage == Stage::NotBegun {
            // The lock has to be there before the commit is on its way, or nobody could tell whether it still comes.
            let writes = std::mem::take(&mut self.mode.waiting);
            let [] = self.run([]).await?;
            self.mode.waiting = writes;
        }
        let mut steps = self.mode.take_waiting(self.session, self.store);
        if steps.iter().any(|step| matches!(step, Step::Run { touches: Some(_), .. })) {
            self.send(steps.make_contiguous()).await?;
            steps.clear();
        }
        steps.push_back(Step::Plain("COMMIT".to_owned()));
        self.mode.stage = Stage::Committing;
        self.send(steps.make_contiguous()).await?;
        self.mode.stage = Stage::Committed;
        Ok(())
    }

    /// Notes that the time is over. What is on its way on the connection may still be done.
    pub(crate) fn is_too_slow(&mut self) {
        self.mode.note(Failure::Lost { error: TOO_SLOW });
    }
}

#[cfg(test)]
mod tests {
    use shopfolk_model::{CustomerGroup, ExtraField, Store};
    use shopfolk_store::{Guard, Record, StoredToken};

    use super::*;

    #[test]
    fn tables_are_locked_under_the_numbers_of_every_release() {
        let store = StoreId::new(1003).unwrap();
        let tables = [CustomerGroup::TABLE, ExtraField::TABLE, Store::TABLE, StoredToken::TABLE];
        let locks = tables.map(|table| match table.guard {
            Guard::Table(word) => Lock::of(word, store),
            other => panic!("{}: {other:?}", table.name),
        });
        let of_release_0_1_0 = [
            189_566_402_725_581_784,
            -7_553_105_572_642_871_612,
            4_950_660_109_478_699_406,
            4_950_660_109_478_699_406,
        ];
        assert_eq!(locks, of_release_0_1_0.map(Lock::Number));
    }
}
