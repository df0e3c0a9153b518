//! Deliveries of events to apps: those that wait, and the tries that were made.

use std::time::Duration;

use crate::{
    AppId, EventPosition, LabVerdict, StoreId, TestClock, Timestamp, WebhookAttemptId, WebhookEvent,
    WebhookEventId,
};

macro_rules! queues {
    ($($(#[$meta:meta])* $variant:ident = $code:literal,)+) => {
        /// What deliveries wait for one another for: those of one entity are made in order.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum DeliveryQueue {
            $($(#[$meta])* $variant,)+
        }

        impl DeliveryQueue {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The code in the database; a kind never changes its own.
            pub const fn code(self) -> u8 {
                match self {
                    $(Self::$variant => $code,)+
                }
            }

            /// The kind with this code.
            pub fn from_code(code: u8) -> Option<Self> {
                Self::ALL.iter().copied().find(|queue| queue.code() == code)
            }
        }
    };
}

queues! {
    /// Events of a customer.
    Customer = 1,
    /// Events of a customer group.
    Group = 2,
    /// Events of an order.
    Order = 3,
    /// Events of the store's profile.
    Profile = 4,
    /// Events of the app itself.
    Application = 5,
    /// What somebody wants sent, once: it waits for nothing and is not tried again.
    OnRequest = 6,
}

impl DeliveryQueue {
    /// Where deliveries of an event wait.
    pub const fn of(event: WebhookEvent) -> Self {
        match event {
            WebhookEvent::CustomerCreated
            | WebhookEvent::CustomerUpdated
            | WebhookEvent::CustomerDeleted
            | WebhookEvent::PersonalDataRemovalRequest
            | WebhookEvent::PersonalDataExportRequest => Self::Customer,
            WebhookEvent::GroupCreated | WebhookEvent::GroupUpdated | WebhookEvent::GroupDeleted => {
                Self::Group
            }
            WebhookEvent::OrderCreated | WebhookEvent::OrderUpdated | WebhookEvent::OrderDeleted => {
                Self::Order
            }
            WebhookEvent::ProfileUpdated => Self::Profile,
            WebhookEvent::ApplicationInstalled | WebhookEvent::ApplicationUninstalled => Self::Application,
        }
    }
}

/// One of the webhooks of an app: the app, and the place of the webhook in its list, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WebhookName {
    /// The app.
    pub app: AppId,
    /// The place.
    pub number: u8,
}

/// What a webhook says of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveredEvent {
    /// By which id receivers know it.
    pub id: WebhookEventId,
    /// What happened.
    pub event_type: WebhookEvent,
    /// The number of what it happened to; of events of the app itself that of the store.
    pub entity: i64,
    /// When.
    pub created: Timestamp,
    /// The address of the customer, where it is about one who has one.
    pub customer_email: Option<String>,
}

/// An event that a receiver has not been told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookDelivery {
    /// To whom.
    pub webhook: WebhookName,
    /// What it waits for.
    pub queue: DeliveryQueue,
    /// Its place in the queue: that of the event, or a number of its own where it is on request.
    pub place: i64,
    /// What is told.
    pub event: DeliveredEvent,
    /// When it is tried next; `None` while another one of the queue comes before it.
    pub due: Option<Timestamp>,
    /// When it was tried first.
    pub first_tried: Option<Timestamp>,
    /// How often it was tried.
    pub tries: u32,
}

/// How one try ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// The receiver answered.
    Answered {
        /// The status.
        status: u16,
        /// The headers.
        headers: Vec<(String, String)>,
        /// The beginning of the body.
        body: String,
    },
    /// It did not: why.
    Failed(String),
}

/// One try to deliver an event: what was sent, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookAttempt {
    /// By which it is listed.
    pub id: WebhookAttemptId,
    /// To whom.
    pub webhook: WebhookName,
    /// What was told.
    pub event: DeliveredEvent,
    /// Which try of the delivery it was, from 1.
    pub number: u32,
    /// Whether it was on request.
    pub on_request: bool,
    /// When.
    pub tried: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// Where to.
    pub url: String,
    /// The headers of the request.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: String,
    /// How it ended.
    pub outcome: AttemptOutcome,
    /// When the delivery is tried again; `None` when it is not.
    pub next: Option<Timestamp>,
    /// What the lab says of it, where the app is tried.
    pub lab: Option<LabVerdict>,
}

impl WebhookAttempt {
    /// Whether it tells how the receiver is: what is on request, or tried in the lab, counts for nothing.
    pub const fn counts(&self) -> bool {
        !self.on_request && self.lab.is_none()
    }

    /// Whether the receiver has it.
    pub const fn is_delivered(&self) -> bool {
        match self.outcome {
            AttemptOutcome::Answered { status, .. } => crate::is_delivered(status),
            AttemptOutcome::Failed(_) => false,
        }
    }
}

/// How far the events of a store were read for its apps, and who brings their deliveries at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WebhookReader {
    /// The store.
    pub store: StoreId,
    /// Whether an app is let in, so that anybody is to be told.
    pub listening: bool,
    /// Up to this place all events were read; `None` where it is still to be found out with which to begin.
    pub position: Option<EventPosition>,
    /// The node that brings the deliveries, by a number that it drew; 0 where none does.
    pub holder: u64,
    /// A number that the node raises as long as it does.
    pub beat: u64,
    /// The clock by which its deliveries are tried.
    pub clock: TestClock,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_queue_is_found_by_its_code() {
        for &queue in DeliveryQueue::ALL {
            assert_eq!(DeliveryQueue::from_code(queue.code()), Some(queue));
        }
        assert_eq!(DeliveryQueue::from_code(0), None);
    }
}
