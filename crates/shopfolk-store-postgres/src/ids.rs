//! Ids, from blocks that a node reserves for itself.
//!
//! A node takes a block of ids of a store with one small statement on a connection of its own, outside every
//! transaction, and gives them out from memory. So no two writers wait for the same counter, and no id is given twice. A
//! block begins small and doubles with every next one, so that a store with little to do loses little. The rest of a
//! block is given back when the node stops in order and nobody has reserved behind it; otherwise it is lost, once.
//!
//! Behind a pooler no block is reserved while a transaction is open: the transactions that wait for one could hold every
//! connection that the pooler has, so that none is left to reserve it on. There the transaction is given up, the block
//! reserved, and the operation run again.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex as PlainMutex, MutexGuard, PoisonError};

use shopfolk_model::StoreId;
use shopfolk_store::{IdKind, StoreError};
use tokio::sync::Mutex;

use crate::failure::Failure;
use crate::parameter::parameters_of;
use crate::pool::Connector;
use crate::session::{Session, Step};
use crate::statements::{READ_COUNTERS, counter};

/// The blocks of more stores than this are not kept at once.
const MOST_BLOCKS: usize = 30_000;

/// Ids from `next` up to, and without, `end`.
#[derive(Debug, Default)]
struct Block {
    next: i64,
    end: i64,
    size: i64,
}

/// The block of a store and kind, shared by those who take from it.
#[derive(Default)]
struct SharedBlock {
    block: PlainMutex<Block>,
    /// Held while the next block is reserved. Taking an id of the block that is there never waits for it.
    reserving: Mutex<()>,
}

impl SharedBlock {
    fn block(&self) -> MutexGuard<'_, Block> {
        self.block.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes up to so many.
    fn take(&self, count: i64) -> Range<i64> {
        let mut block = self.block();
        let first = block.next;
        block.next = block.end.min(first.saturating_add(count));
        first..block.next
    }
}

type Blocks = HashMap<(StoreId, IdKind), Arc<SharedBlock>>;

/// How many ids are missing.
fn missing(count: usize, taken: &[i64]) -> i64 {
    i64::try_from(count - taken.len()).unwrap_or(i64::MAX)
}

/// The ids from outside that an operation has reserved. It may be run several times, and finds them reserved by itself then.
#[derive(Default)]
pub(crate) struct GivenIds(PlainMutex<HashMap<IdKind, Range<i64>>>);

impl GivenIds {
    /// The first of the reserved ids, if this one and those between are among them.
    pub(crate) fn first(&self, kind: IdKind, highest: i64) -> Option<i64> {
        let reserved = self.reserved();
        reserved.get(&kind).filter(|ids| highest < ids.end).map(|ids| ids.start)
    }

    /// Adds reserved ids, and answers with the first of all that hang together with them.
    fn add(&self, kind: IdKind, ids: Range<i64>) -> i64 {
        let mut reserved = self.reserved();
        let before = reserved.get(&kind).filter(|before| before.end == ids.start);
        let first = before.map_or(ids.start, |before| before.start);
        // Where all of them may have been given, that is remembered.
        reserved.insert(kind, first..ids.end.max(ids.start));
        first
    }

    fn reserved(&self) -> MutexGuard<'_, HashMap<IdKind, Range<i64>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The blocks of a node.
pub(crate) struct Ids {
    connector: Connector,
    session: Mutex<Option<Session>>,
    blocks: PlainMutex<Blocks>,
}

impl Ids {
    pub(crate) fn new(connector: Connector) -> Self {
        Self { connector, session: Mutex::default(), blocks: PlainMutex::default() }
    }

    /// Takes ids, in their order.
    ///
    /// # Errors
    /// When a block is needed and cannot be reserved.
    pub(crate) async fn take(&self, store: StoreId, kind: IdKind, count: usize) -> Result<Vec<i64>, Failure> {
        let shared = self.shared(store, kind);
        let mut taken = Vec::with_capacity(count);
        loop {
            taken.extend(shared.take(missing(count, &taken)));
            if taken.len() == count {
                return Ok(taken);
            }
            self.fill_block(&shared, store, kind, missing(count, &taken)).await?;
        }
    }

    /// Takes ids of a block that is there; `None` when one has to be reserved before.
    pub(crate) fn take_reserved(&self, store: StoreId, kind: IdKind, count: usize) -> Option<Vec<i64>> {
        let shared = self.shared(store, kind);
        let mut block = shared.block();
        let end = block.next.checked_add(i64::try_from(count).ok()?).filter(|end| *end <= block.end)?;
        let taken = (block.next..end).collect();
        block.next = end;
        Some(taken)
    }

    /// Reserves a block where too few are left, and one of events too, because what takes an id appends an event.
    ///
    /// # Errors
    /// When none can be reserved.
    pub(crate) async fn fill(&self, store: StoreId, kind: IdKind, count: usize) -> Result<(), Failure> {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        for kind in [kind, IdKind::Event] {
            self.fill_block(&self.shared(store, kind), store, kind, count).await?;
        }
        Ok(())
    }

    async fn fill_block(
        &self,
        shared: &SharedBlock,
        store: StoreId,
        kind: IdKind,
        count: i64,
    ) -> Result<(), Failure> {
        let _turn = shared.reserving.lock().await;
        let size = {
            let block = shared.block();
            if block.end - block.next >= count {
                return Ok(());
            }
            let (smallest, largest) = kind.block_sizes();
            (block.size * 2).clamp(smallest, largest)
        };
        let mut reserved = size.max(count);
        let mut first = self.reserve(store, kind, reserved).await?;
        if first.is_none() && reserved > count {
            reserved = count;
            first = self.reserve(store, kind, reserved).await?;
        }
        let Some(first) = first else { return Err(self.none_left(store, kind).await?) };
        let mut block = shared.block();
        // What is left of the old block is lost, unless the new one goes on where that ends.
        let next = if block.end == first { block.next } else { first };
        *block = Block { next, end: first + reserved, size };
        Ok(())
    }

    /// The highest id, and one, that is known to be reserved by this node, if it has reserved any.
    pub(crate) fn reserved_below(&self, store: StoreId, kind: IdKind) -> i64 {
        self.shared(store, kind).block().end
    }

    /// Gives the rest of every block back, where nobody has reserved behind it.
    pub(crate) async fn give_back(&self) {
        let blocks = std::mem::take(&mut *self.blocks.lock().unwrap_or_else(PoisonError::into_inner));
        for ((store, kind), shared) in blocks {
            let block = std::mem::take(&mut *shared.block());
            if block.next < block.end {
                let parameters = parameters_of![store.get(), block.next, block.end];
                let step = Step::Run {
                    what: "give ids back",
                    sql: &counter(kind).give_back,
                    parameters,
                    touches: None,
                };
                if let Err(failure) = self.run(step).await {
                    // The ids are lost, as after a crash: that harms nothing.
                    tracing::debug!(error = ?failure, "ids could not be given back");
                    return;
                }
            }
        }
    }

    fn shared(&self, store: StoreId, kind: IdKind) -> Arc<SharedBlock> {
        let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        if blocks.len() >= MOST_BLOCKS && !blocks.contains_key(&(store, kind)) {
            // What is in use elsewhere stays there; the rest of the others is lost.
            blocks.clear();
        }
        Arc::clone(blocks.entry((store, kind)).or_default())
    }

    /// Reserves ids that come from outside, so that every node sees at once that they are gone, and answers with the first
    /// that the operation has.
    ///
    /// # Errors
    /// When they cannot be reserved.
    pub(crate) async fn reserve_up_to(
        &self,
        store: StoreId,
        kind: IdKind,
        highest: i64,
        given: &GivenIds,
    ) -> Result<i64, Failure> {
        let parameters = parameters_of![store.get(), highest];
        let sql = &counter(kind).reserve_up_to;
        let step = Step::Run { what: "reserve ids", sql, parameters, touches: None };
        let Some(first) = self.run(step).await? else { return Err(self.none_left(store, kind).await?) };
        tracing::debug!(%store, kind = kind.name(), first, highest, "reserved ids from outside");
        Ok(given.add(kind, first..highest + 1))
    }

    /// Reserves so many, if there are so many, and answers with the first.
    async fn reserve(&self, store: StoreId, kind: IdKind, size: i64) -> Result<Option<i64>, Failure> {
        let parameters = parameters_of![store.get(), size];
        let step = Step::Run { what: "reserve ids", sql: &counter(kind).reserve, parameters, touches: None };
        // A reservation of which the answer got lost is made again: a block more or less does no harm.
        let first = self.run(step).await?;
        tracing::debug!(%store, kind = kind.name(), first, size, "reserved ids");
        Ok(first)
    }

    /// Why nothing could be reserved.
    async fn none_left(&self, store: StoreId, kind: IdKind) -> Result<Failure, Failure> {
        let step = Step::Run {
            what: "look for the counters of a store",
            sql: &READ_COUNTERS,
            parameters: parameters_of![store.get()],
            touches: None,
        };
        let error = match self.run(step).await? {
            Some(_) => StoreError::OutOfIds { kind: kind.name() },
            None => StoreError::Database {
                doing: "reserve ids",
                source: format!("store {store} has no counters").into(),
            },
        };
        Ok(Failure::Final { error })
    }

    /// Runs a statement on the connection for ids, which is opened when it is not there, and answers with the number in
    /// its first row.
    async fn run(&self, step: Step) -> Result<Option<i64>, Failure> {
        let mut kept = self.session.lock().await;
        let session = match kept.take().filter(|session| !session.is_closed()) {
            Some(session) => session,
            None => Session::open(&self.connector.settings, &self.connector.tls, |_| ()).await.map_err(
                |error| Failure::Lost { error: Failure::of("connect to the database", error).into_error() },
            )?,
        };
        let answers = session.send(&[step]).await.map_err(|(_, error)| Failure::of("reserve ids", error))?;
        *kept = Some(session);
        Ok(answers.first().and_then(|answer| answer.rows.first()).map(|row| row.get(0)))
    }
}
