//! The claim of this node on the deliveries of a store.

use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use shopfolk_model::{Actor, StoreId};
use shopfolk_operations::{Claim, ClaimDeliveries};
use shopfolk_store::{Engine, StoreError};
use tokio::time::{Instant, timeout};

use crate::shared::Shared;

/// A claim is renewed after so long.
const RENEWED_AFTER: Duration = Duration::from_secs(2);
/// A node whose claim was renewed so long ago begins to send nothing more.
const TRUSTED_FOR: Duration = Duration::from_secs(5);
/// A node that was not heard of for so long has no request on its way any more: what it began when its claim was trusted
/// has ended by then.
const GIVEN_UP_AFTER: Duration = Duration::from_secs(20);

/// The claim of this node on a store.
pub(crate) struct StoreClaim<E> {
    shared: Arc<Shared<E>>,
    store: StoreId,
    state: Mutex<ClaimState>,
    renewing: tokio::sync::Mutex<()>,
}

#[derive(Clone, Copy)]
struct ClaimState {
    renewed: Option<Instant>,
    lost: bool,
}

impl<E: Engine> StoreClaim<E> {
    /// One of which nothing is known yet.
    pub(crate) fn new(shared: Arc<Shared<E>>, store: StoreId) -> Self {
        let state = Mutex::new(ClaimState { renewed: None, lost: false });
        Self { shared, store, state, renewing: tokio::sync::Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, ClaimState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The claim was written by something that began then.
    pub(crate) fn renewed(&self, began: Instant) {
        self.state().renewed = Some(began);
    }

    /// Somebody else has it.
    pub(crate) fn lose(&self) {
        self.state().lost = true;
    }

    /// Whether it holds long enough to begin to send.
    pub(crate) fn is_trusted(&self) -> bool {
        let state = self.state();
        !state.lost && state.renewed.is_some_and(|renewed| renewed.elapsed() < TRUSTED_FOR)
    }

    /// Whether somebody else has it.
    pub(crate) fn is_lost(&self) -> bool {
        self.state().lost
    }

    /// Whether it was ever written.
    pub(crate) fn is_held(&self) -> bool {
        let state = self.state();
        !state.lost && state.renewed.is_some()
    }

    /// Makes sure of it. Answers whether this node has it.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn ensure(&self) -> Result<bool, StoreError> {
        let _one = self.renewing.lock().await;
        let state = *self.state();
        if state.lost {
            return Ok(false);
        }
        if state.renewed.is_some_and(|renewed| renewed.elapsed() < RENEWED_AFTER) {
            return Ok(true);
        }
        let began = Instant::now();
        let claim = ClaimDeliveries { node: self.shared.node, instead_of: self.given_up(None) };
        let has_it = self.shared.engine.write(self.store, Actor::Unknown, claim).await?.is_ok();
        if has_it {
            self.renewed(began);
        } else {
            self.lose();
        }
        Ok(has_it)
    }

    /// Remembers who has the store, and says who is given up.
    pub(crate) fn given_up(&self, seen: Option<Claim>) -> Option<Claim> {
        let mut others = self.shared.others.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(seen) = seen
            && others.get(&self.store).is_none_or(|(known, _)| *known != seen)
        {
            others.insert(self.store, (seen, Instant::now()));
        }
        others
            .get(&self.store)
            .filter(|(_, since)| since.elapsed() >= GIVEN_UP_AFTER)
            .map(|(claim, _)| *claim)
    }
}

/// Waits for something, but renews the claim meanwhile.
pub(crate) async fn renewing<E: Engine, T>(
    claim: &StoreClaim<E>,
    work: impl Future<Output = T>,
) -> Result<T, StoreError> {
    let mut work = pin!(work);
    loop {
        match timeout(RENEWED_AFTER, work.as_mut()).await {
            Ok(done) => return Ok(done),
            Err(_) => {
                claim.ensure().await?;
            }
        }
    }
}
