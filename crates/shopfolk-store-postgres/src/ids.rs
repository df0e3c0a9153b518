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
use std::sync::{Arc, Mutex as PlainMutex, MutexGuard, PoisonError};

use shopfolk_model::StoreId;
use shopfolk_store::StoreError;
use tokio::sync::Mutex;

use crate::failure::Failure;
use crate::parameter::parameters_of;
use crate::pool::Connector;
use crate::session::{Session, Step};

/// What ids are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Token,
    Customer,
    Contact,
    Address,
    Group,
    ExtraField,
    Order,
    Event,
}

/// The blocks of more stores than this are not kept at once.
const MOST_BLOCKS: usize = 30_000;

impl Kind {
    /// How large the first block of a node is, and how large a block can get: customer ids are below 2^31 and have to
    /// last, and tokens are few.
    const fn block_sizes(self) -> (i64, i64) {
        match self {
            Self::Token | Self::Group | Self::ExtraField => (1, 1),
            Self::Customer | Self::Address | Self::Order => (16, 256),
            Self::Contact | Self::Event => (16, 4_096),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Customer => "customer",
            Self::Contact => "contact",
            Self::Address => "address",
            Self::Group => "customer group",
            Self::ExtraField => "extra field",
            Self::Order => "order",
            Self::Event => "event",
        }
    }

    const fn reserve(self) -> &'static str {
        match self {
            Self::Token => {
                "UPDATE counters SET next_token_id = next_token_id + $2
                  WHERE store_id = $1 RETURNING next_token_id - $2"
            }
            Self::Customer => {
                "UPDATE counters SET next_customer_id = next_customer_id + $2
                  WHERE store_id = $1 RETURNING next_customer_id - $2"
            }
            Self::Contact => {
                "UPDATE counters SET next_contact_id = next_contact_id + $2
                  WHERE store_id = $1 RETURNING next_contact_id - $2"
            }
            Self::Address => {
                "UPDATE counters SET next_address_id = next_address_id + $2
                  WHERE store_id = $1 RETURNING next_address_id - $2"
            }
            Self::Group => {
                "UPDATE counters SET next_group_id = next_group_id + $2
                  WHERE store_id = $1 RETURNING next_group_id - $2"
            }
            Self::ExtraField => {
                "UPDATE counters SET next_extra_field_id = next_extra_field_id + $2
                  WHERE store_id = $1 RETURNING next_extra_field_id - $2"
            }
            Self::Order => {
                "UPDATE counters SET next_order_number = next_order_number + $2
                  WHERE store_id = $1 RETURNING next_order_number - $2"
            }
            Self::Event => {
                "UPDATE counters SET next_event_id = next_event_id + $2
                  WHERE store_id = $1 RETURNING next_event_id - $2"
            }
        }
    }

    /// Takes one id from the counters.
    pub(crate) const fn take_one(self) -> &'static str {
        match self {
            Self::Token => {
                "UPDATE counters SET next_token_id = next_token_id + 1
                  WHERE store_id = $1 RETURNING next_token_id - 1"
            }
            Self::Customer => {
                "UPDATE counters SET next_customer_id = next_customer_id + 1
                  WHERE store_id = $1 RETURNING next_customer_id - 1"
            }
            Self::Contact => {
                "UPDATE counters SET next_contact_id = next_contact_id + 1
                  WHERE store_id = $1 RETURNING next_contact_id - 1"
            }
            Self::Address => {
                "UPDATE counters SET next_address_id = next_address_id + 1
                  WHERE store_id = $1 RETURNING next_address_id - 1"
            }
            Self::Group => {
                "UPDATE counters SET next_group_id = next_group_id + 1
                  WHERE store_id = $1 RETURNING next_group_id - 1"
            }
            Self::ExtraField => {
                "UPDATE counters SET next_extra_field_id = next_extra_field_id + 1
                  WHERE store_id = $1 RETURNING next_extra_field_id - 1"
            }
            Self::Order => {
                "UPDATE counters SET next_order_number = next_order_number + 1
                  WHERE store_id = $1 RETURNING next_order_number - 1"
            }
            Self::Event => {
                "UPDATE counters SET next_event_id = next_event_id + 1
                  WHERE store_id = $1 RETURNING next_event_id - 1"
            }
        }
    }

    const fn give_back(self) -> &'static str {
        match self {
            Self::Token => {
                "UPDATE counters SET next_token_id = $2 WHERE store_id = $1 AND next_token_id = $3"
            }
            Self::Customer => {
                "UPDATE counters SET next_customer_id = $2 WHERE store_id = $1 AND next_customer_id = $3"
            }
            Self::Contact => {
                "UPDATE counters SET next_contact_id = $2 WHERE store_id = $1 AND next_contact_id = $3"
            }
            Self::Address => {
                "UPDATE counters SET next_address_id = $2 WHERE store_id = $1 AND next_address_id = $3"
            }
            Self::Group => {
                "UPDATE counters SET next_group_id = $2 WHERE store_id = $1 AND next_group_id = $3"
            }
            Self::ExtraField => {
                "UPDATE counters SET next_extra_field_id = $2 WHERE store_id = $1 AND next_extra_field_id = $3"
            }
            Self::Order => {
                "UPDATE counters SET next_order_number = $2 WHERE store_id = $1 AND next_order_number = $3"
            }
            Self::Event => {
                "UPDATE counters SET next_event_id = $2 WHERE store_id = $1 AND next_event_id = $3"
            }
        }
    }
}

/// Ids from `next` up to, and without, `end`.
#[derive(Debug, Default)]
struct Block {
    next: i64,
    end: i64,
    size: i64,
}

/// The block of a store and kind.
#[derive(Default)]
struct Place {
    block: PlainMutex<Block>,
    /// Held by the one who reserves the next block. Whoever wants an id of the block that is there never waits for it.
    reserving: Mutex<()>,
}

impl Place {
    fn block(&self) -> MutexGuard<'_, Block> {
        self.block.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Option<i64> {
        let mut block = self.block();
        if block.next == block.end {
            return None;
        }
        block.next += 1;
        Some(block.next - 1)
    }
}

type Places = HashMap<(StoreId, Kind), Arc<Place>>;

/// The blocks of a node.
pub(crate) struct Ids {
    connector: Connector,
    session: Mutex<Option<Session>>,
    places: PlainMutex<Places>,
}

impl Ids {
    pub(crate) fn new(connector: Connector) -> Self {
        Self { connector, session: Mutex::default(), places: PlainMutex::default() }
    }

    /// Takes an id.
    ///
    /// # Errors
    /// When a block is needed and cannot be reserved.
    pub(crate) async fn take(&self, store: StoreId, kind: Kind) -> Result<i64, Failure> {
        let place = self.place(store, kind);
        loop {
            if let Some(taken) = place.take() {
                return Ok(taken);
            }
            self.fill_place(&place, store, kind).await?;
        }
    }

    /// Takes an id of a block that is there; `None` when one has to be reserved before.
    pub(crate) fn take_reserved(&self, store: StoreId, kind: Kind) -> Option<i64> {
        self.place(store, kind).take()
    }

    /// Reserves a block where none is left, also of events, because whatever takes an id appends one.
    ///
    /// # Errors
    /// When none can be reserved.
    pub(crate) async fn fill(&self, store: StoreId, kind: Kind) -> Result<(), Failure> {
        for kind in [kind, Kind::Event] {
            self.fill_place(&self.place(store, kind), store, kind).await?;
        }
        Ok(())
    }

    async fn fill_place(&self, place: &Place, store: StoreId, kind: Kind) -> Result<(), Failure> {
        let _turn = place.reserving.lock().await;
        let size = {
            let block = place.block();
            if block.next < block.end {
                return Ok(());
            }
            let (smallest, largest) = kind.block_sizes();
            (block.size * 2).clamp(smallest, largest)
        };
        let next = self.reserve(store, kind, size).await?;
        *place.block() = Block { next, end: next + size, size };
        Ok(())
    }

    /// The highest id, and one, that is known to be reserved by this node, if it has reserved any.
    pub(crate) fn reserved_below(&self, store: StoreId, kind: Kind) -> i64 {
        self.place(store, kind).block().end
    }

    /// Gives the rest of every block back, where nobody has reserved behind it.
    pub(crate) async fn give_back(&self) {
        let places = std::mem::take(&mut *self.places.lock().unwrap_or_else(PoisonError::into_inner));
        for ((store, kind), place) in places {
            let block = std::mem::take(&mut *place.block());
            if block.next < block.end {
                let parameters = parameters_of![store.get(), block.next, block.end];
                let step =
                    Step::Run { what: "give ids back", sql: kind.give_back(), parameters, touches: None };
                if let Err(failure) = self.run(step).await {
                    // The ids are lost, as after a crash: that harms nothing.
                    tracing::debug!(error = ?failure, "ids could not be given back");
                    return;
                }
            }
        }
    }

    fn place(&self, store: StoreId, kind: Kind) -> Arc<Place> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if places.len() >= MOST_BLOCKS && !places.contains_key(&(store, kind)) {
            // What is in use elsewhere stays there; the rest of the others is lost.
            places.clear();
        }
        Arc::clone(places.entry((store, kind)).or_default())
    }

    async fn reserve(&self, store: StoreId, kind: Kind, size: i64) -> Result<i64, Failure> {
        let parameters = parameters_of![store.get(), size];
        let step = Step::Run { what: "reserve ids", sql: kind.reserve(), parameters, touches: None };
        // A reservation of which the answer got lost is made again: a block more or less does no harm.
        let Some(first) = self.run(step).await? else {
            let source = format!("store {store} has no counters").into();
            return Err(Failure::Final { error: StoreError::Database { doing: "reserve ids", source } });
        };
        tracing::debug!(%store, kind = kind.name(), first, size, "reserved ids");
        Ok(first)
    }

    /// Runs a statement on the connection for ids, which is opened when it is not there, and answers with the number in
    /// its first row.
    async fn run(&self, step: Step) -> Result<Option<i64>, Failure> {
        let mut place = self.session.lock().await;
        let session = match place.take().filter(|session| !session.is_closed()) {
            Some(session) => session,
            None => Session::open(&self.connector.settings, &self.connector.tls, |_| ()).await.map_err(
                |error| Failure::Lost { error: Failure::of("connect to the database", error).into_error() },
            )?,
        };
        let answers = session.send(&[step]).await.map_err(|(_, error)| Failure::of("reserve ids", error))?;
        *place = Some(session);
        Ok(answers.first().and_then(|answer| answer.rows.first()).map(|row| row.get(0)))
    }
}
