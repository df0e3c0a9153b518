//! The clock of a store, by which its deliveries are tried.

use std::time::Duration;

use shopfolk_model::{ClockTooFarAhead, TestClock, Timestamp, WebhookReader};
use shopfolk_store::{StoreError, WriteOperation, WriteTx};

use super::claim::{held, note};

/// Has the clock of a store go on by so much; a server that runs does it. Answers how the clock is to be; `None` where no app
/// was ever let in.
#[derive(Debug, Clone, Copy)]
pub struct AdvanceClock {
    /// By how much.
    pub by: Duration,
}

impl WriteOperation for AdvanceClock {
    type Output = Option<Result<TestClock, ClockTooFarAhead>>;
    type Error = StoreError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<Self::Output, StoreError> {
        let Some(reader) = tx.get::<WebhookReader>(()).await? else { return Ok(None) };
        let advanced = reader.clock.advanced_by(self.by);
        if let Ok(clock) = advanced {
            tx.update(&[WebhookReader { clock, ..reader }]).await?;
        }
        Ok(Some(advanced))
    }
}

/// Has a store go by the system's clock again. What was put off until a time by the former clock waits until then.
#[derive(Debug, Clone, Copy)]
pub struct ResetClock;

impl WriteOperation for ResetClock {
    type Output = ();
    type Error = StoreError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<(), StoreError> {
        match tx.get::<WebhookReader>(()).await? {
            Some(reader) => tx.update(&[WebhookReader { clock: TestClock::default(), ..reader }]).await,
            None => Ok(()),
        }
    }
}

/// Moves a clock that is to go on to the next delivery that is due, for the node that brings the deliveries. Answers how the
/// clock is then; `None` where it did not move.
#[derive(Debug, Clone, Copy)]
pub struct MoveClock {
    /// The number of the node.
    pub node: u64,
    /// Now, by the system's clock.
    pub now: Timestamp,
}

impl WriteOperation for MoveClock {
    type Output = Option<TestClock>;
    type Error = StoreError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<Self::Output, StoreError> {
        let Ok(reader) = held(tx, self.node).await? else { return Ok(None) };
        let due = tx.earliest_due().await?;
        let Some(clock) = reader.clock.next(self.now, due) else { return Ok(None) };
        note(tx, WebhookReader { clock, ..reader }, true).await?;
        Ok(Some(clock))
    }
}
