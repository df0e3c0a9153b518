//! What apps are told of.

use std::fmt;
use std::str::FromStr;

use crate::{EventType, Scope, ScopeSet};

/// The text names no event that apps are told of.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{name}' is not an event; the events are {}", WebhookEventSet::ALL)]
pub struct UnknownWebhookEvent {
    /// The text.
    pub name: String,
}

macro_rules! webhook_events {
    ($($(#[$meta:meta])* $variant:ident = $name:literal $(or $spelling:literal)? needs $scope:expr, from [$($of:ident)*];)+) => {
        /// Something that apps can be told of (platform, "Webhooks"): the one table of these events, their names and the
        /// scopes that an app needs for them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum WebhookEvent {
            $($(#[$meta])* $variant,)+
        }

        impl WebhookEvent {
            /// Every event.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// What it is called.
            pub const fn name(self, spelling: EventSpelling) -> &'static str {
                match (self, spelling) {
                    $($((Self::$variant, EventSpelling::Underscores) => $spelling,)?
                    (Self::$variant, _) => $name,)+
                }
            }

            /// The scope without which an app is not told of it; `None` where it needs none.
            pub const fn scope(self) -> Option<Scope> {
                match self {
                    $(Self::$variant => $scope,)+
                }
            }

            /// What apps are told where this happened; `None` where they are not told of it.
            pub const fn of(happened: EventType) -> Option<Self> {
                match happened {
                    $($(EventType::$of => Some(Self::$variant),)*)+
                    _ => None,
                }
            }
        }
    };
}

webhook_events! {
    /// A customer came to be.
    CustomerCreated = "customer.created" needs Some(Scope::ReadCustomers), from [CustomerCreated];
    /// A customer or one of its contacts changed.
    CustomerUpdated = "customer.updated" needs Some(Scope::ReadCustomers),
        from [CustomerUpdated ContactCreated ContactUpdated ContactDeleted];
    /// A customer is gone.
    CustomerDeleted = "customer.deleted" needs Some(Scope::ReadCustomers), from [CustomerDeleted];
    /// A customer group came to be.
    GroupCreated = "customer_group.created" needs Some(Scope::ReadCustomers), from [GroupCreated];
    /// A customer group changed.
    GroupUpdated = "customer_group.updated" needs Some(Scope::ReadCustomers), from [GroupUpdated];
    /// A customer group is gone.
    GroupDeleted = "customer_group.deleted" needs Some(Scope::ReadCustomers), from [GroupDeleted];
    /// A customer wants its data removed.
    PersonalDataRemovalRequest = "customer.personalDataRemovalRequest" or "customer.personal_data_removal_request"
        needs Some(Scope::ReadStoreProfile), from [];
    /// A customer wants its data.
    PersonalDataExportRequest = "customer.personalDataExportRequest" or "customer.personal_data_export_request"
        needs Some(Scope::ReadStoreProfile), from [];
    /// An order was recorded.
    OrderCreated = "order.created" needs Some(Scope::ReadOrders), from [OrderCreated];
    /// An order changed.
    OrderUpdated = "order.updated" needs Some(Scope::ReadOrders), from [OrderUpdated];
    /// An order is gone.
    OrderDeleted = "order.deleted" needs Some(Scope::ReadOrders), from [OrderDeleted];
    /// The store's profile changed.
    ProfileUpdated = "profile.updated" needs Some(Scope::ReadStoreProfile), from [ProfileUpdated];
    /// The app was let in.
    ApplicationInstalled = "application.installed" needs None, from [ApplicationInstalled];
    /// The app was shut out.
    ApplicationUninstalled = "application.uninstalled" needs None, from [ApplicationUninstalled];
}

/// How an app wants names of events written that clients spell in two ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EventSpelling {
    /// `customer.personalDataRemovalRequest`
    #[default]
    CamelCase,
    /// `customer.personal_data_removal_request`
    Underscores,
}

impl EventSpelling {
    /// What it is called where an app is described.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CamelCase => "camel-case",
            Self::Underscores => "underscores",
        }
    }

    /// The spelling of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::CamelCase, Self::Underscores].into_iter().find(|spelling| spelling.name() == name)
    }
}

impl FromStr for WebhookEvent {
    type Err = UnknownWebhookEvent;

    /// Takes either spelling.
    fn from_str(name: &str) -> Result<Self, UnknownWebhookEvent> {
        let is_it = |event: &Self| {
            event.name(EventSpelling::CamelCase) == name || event.name(EventSpelling::Underscores) == name
        };
        let found = Self::ALL.iter().copied().find(is_it);
        found.ok_or_else(|| UnknownWebhookEvent { name: name.chars().take(100).collect() })
    }
}

/// A set of events, written as their names with commas between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WebhookEventSet(u16);

impl WebhookEventSet {
    /// Every event there is.
    pub const ALL: Self = Self((1 << WebhookEvent::ALL.len()) - 1);

    /// Those that an app with these scopes is told of.
    pub fn open_to(scopes: ScopeSet) -> Self {
        let is_open = |event: &WebhookEvent| event.scope().is_none_or(|scope| scopes.contains(scope));
        WebhookEvent::ALL.iter().copied().filter(is_open).collect()
    }

    /// Those that are in both sets.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether the event is in the set.
    pub const fn contains(self, event: WebhookEvent) -> bool {
        self.0 & (1 << event as u16) != 0
    }

    /// The events of the set.
    pub fn iter(self) -> impl Iterator<Item = WebhookEvent> {
        WebhookEvent::ALL.iter().copied().filter(move |&event| self.contains(event))
    }
}

impl Default for WebhookEventSet {
    /// Every event: nobody chose.
    fn default() -> Self {
        Self::ALL
    }
}

impl FromIterator<WebhookEvent> for WebhookEventSet {
    fn from_iter<I: IntoIterator<Item = WebhookEvent>>(events: I) -> Self {
        Self(events.into_iter().fold(0, |set, event| set | 1 << event as u16))
    }
}

impl FromStr for WebhookEventSet {
    type Err = UnknownWebhookEvent;

    fn from_str(names: &str) -> Result<Self, UnknownWebhookEvent> {
        names.split([',', ' ']).filter(|name| !name.is_empty()).map(str::parse).collect()
    }
}

impl fmt::Display for WebhookEventSet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.iter().map(|event| event.name(EventSpelling::CamelCase)).collect();
        formatter.write_str(&names.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_spelling_is_understood() {
        let event = WebhookEvent::PersonalDataExportRequest;
        for spelling in [EventSpelling::CamelCase, EventSpelling::Underscores] {
            assert_eq!(event.name(spelling).parse(), Ok(event));
            assert_eq!(EventSpelling::from_name(spelling.name()), Some(spelling));
        }
        assert_ne!(event.name(EventSpelling::CamelCase), event.name(EventSpelling::Underscores));
        assert_eq!(WebhookEventSet::ALL.to_string().parse(), Ok(WebhookEventSet::ALL));
        let error = "customer.created,customer.renamed".parse::<WebhookEventSet>().unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("'customer.renamed' is not an event; the events are customer.created")
        );
    }

    #[test]
    fn events_of_contacts_are_changes_of_their_customer() {
        assert_eq!(WebhookEvent::of(EventType::ContactDeleted), Some(WebhookEvent::CustomerUpdated));
        assert_eq!(WebhookEvent::of(EventType::TokenCreated), None);
        for &happened in EventType::ALL {
            if let Some(event) = WebhookEvent::of(happened) {
                assert_eq!(event.name(EventSpelling::CamelCase), happened.name());
            }
        }
    }
}
