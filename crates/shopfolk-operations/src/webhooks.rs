//! Webhooks: from the events of a store to deliveries, and from deliveries to what was tried.
//!
//! A change writes its event and nothing else. Whoever reads behind the changes takes a portion of events, together with the
//! deliveries that they make, in one transaction: an event was read if and only if its deliveries are there. What was tried
//! is settled in another one. One node at a time brings the deliveries of a store; where there can be no other, nobody is
//! asked.

mod attempts;
mod claim;
mod clock;
mod events;
mod listeners;
mod on_request;
mod tries;

pub use attempts::{AttemptFilter, ForgetAttempts, GetAttempt, ListAttempts, ListedAttempts};
pub use claim::{Claim, ClaimDeliveries, ReleaseDeliveries};
pub use clock::{AdvanceClock, MoveClock, ResetClock};
pub use events::{EventsTaken, StopListening, TakeEvents, start_listening};
pub(crate) use events::{listen_after_copy, stop_for_copy};
pub use listeners::{GetApps, GetEmails, GetReader, NoteAttempt};
pub use on_request::{ReplayAttempts, TriggerEvent, replay_failed, webhooks_for};
pub use tries::{DueDeliveries, NextWebhook, SettleTries, SettledTry, WaitingBehind};
