//! What Shopfolk tells others: webhooks.
//!
//! A change writes its event and nothing else. A reader goes through the events of a store behind the changes and makes
//! deliveries of them for the apps that listen; a sender brings these to their receivers, again and again where that fails,
//! and keeps what was asked and answered. When it tries again, and where it may send to, are rules of the model:
//! [`shopfolk_model::next_try`], [`shopfolk_model::AddressPolicy`].

mod apps;
mod attempt;
mod claim;
mod connector;
mod event_reader;
mod give_way;
mod lab;
mod lab_turns;
mod lane;
mod listeners;
mod measures;
mod message;
mod receiver_url;
mod sender;
mod settings;
mod shared;
mod signature;
mod spelled_head;
mod store_clock;
mod store_run;
mod turns;
mod waiting;
mod webhooks;
mod writes_of_app;

pub use apps::BELIEVED as APPS_BELIEVED;
pub use connector::{Resolver, SystemResolver, UnreachableReceiver};
pub use measures::ANSWER_DURATION;
pub use message::WebhookMessage;
pub use receiver_url::{InvalidReceiverUrl, ReceiverUrl};
pub use sender::{Answer, KEPT_OF_AN_ANSWER, SendFailure, Sender, SenderLimits, WebhookRequest};
pub use settings::{OpenSecret, WebhookSettings};
pub use signature::{ecwid_signature, standard_signature};
pub use webhooks::Webhooks;
