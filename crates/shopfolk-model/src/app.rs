//! An app: a program of somebody else, which store owners let into their stores.

use std::fmt;
use std::str::FromStr;

use rand::{CryptoRng, RngExt};

use crate::{
    AppId, AppName, AppScopes, FAILURES_SWITCH_OFF_AFTER, IdError, Lab, LabChange, RedirectUrl, SealedSecret,
    Timestamp, Webhook, WebhookEvent, WebhookName,
};

/// The most apps there can be; one more is refused.
pub const MAXIMUM_APPS: u32 = 10_000;

/// The most redirect URLs an app can have.
pub const MAXIMUM_REDIRECT_URLS: usize = 20;

/// The most webhooks an app can have.
pub const MAXIMUM_WEBHOOKS: usize = 20;

impl AppId {
    /// A new number. It is drawn at random, so that no two databases give the same one: a store that is copied brings along
    /// which apps it let in, and must not let in another one by that.
    pub fn draw<R: CryptoRng + ?Sized>(random: &mut R) -> Self {
        Self::new(random.random_range(1..=Self::MAXIMUM.get())).unwrap_or(Self::MAXIMUM)
    }
}

/// The text is the client id of no app.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be a client id, such as app-4503599627370496")]
pub struct InvalidClientId;

/// An app as everybody names it: `app-` and its number. It is no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId(pub AppId);

impl ClientId {
    const START: &'static str = "app-";
}

impl fmt::Display for ClientId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}{}", Self::START, self.0)
    }
}

impl FromStr for ClientId {
    type Err = InvalidClientId;

    fn from_str(text: &str) -> Result<Self, InvalidClientId> {
        let number = text.strip_prefix(Self::START).ok_or(InvalidClientId)?;
        let id: AppId = number.parse().map_err(|_: IdError| InvalidClientId)?;
        // So that an app has one name.
        if number.starts_with('0') { Err(InvalidClientId) } else { Ok(Self(id)) }
    }
}

/// A rule about apps says no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppRuleError {
    /// The app would have too many redirect URLs.
    #[error("an app can have at most {MAXIMUM_REDIRECT_URLS} redirect URLs")]
    TooManyRedirectUrls,
    /// The app would have too many webhooks.
    #[error("an app can have at most {MAXIMUM_WEBHOOKS} webhooks")]
    TooManyWebhooks,
    /// There are as many apps as there can be.
    #[error("there can be at most {MAXIMUM_APPS} apps")]
    TooManyApps,
}

/// An app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// Its number.
    pub id: AppId,
    /// Its name, as store owners see it.
    pub name: AppName,
    /// Its client secret, sealed.
    pub secret: SealedSecret,
    /// Where store owners are sent back to.
    pub redirect_urls: Vec<RedirectUrl>,
    /// What it asks for.
    pub scopes: AppScopes,
    /// Where it is told what happens.
    pub webhooks: Vec<Webhook>,
    /// What it is tried with; `None` while it is not.
    pub lab: Option<Lab>,
    /// Since when its webhooks are switched off, because nothing but failures came of them; `None` while they are on.
    pub webhooks_off_since: Option<Timestamp>,
    /// Since when nothing but failures came of its webhooks; `None` where the last one succeeded.
    pub webhooks_failing_since: Option<Timestamp>,
    /// When it was created.
    pub created: Timestamp,
}

/// What is said of a new app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewApp {
    /// Its name.
    pub name: AppName,
    /// Where store owners are sent back to.
    pub redirect_urls: Vec<RedirectUrl>,
    /// What it asks for.
    pub scopes: AppScopes,
    /// Where it is told what happens.
    pub webhooks: Vec<Webhook>,
}

/// What becomes of an app; `None` leaves a part as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AppChange {
    /// Its name.
    pub name: Option<AppName>,
    /// All its redirect URLs.
    pub redirect_urls: Option<Vec<RedirectUrl>>,
    /// All that it asks for.
    pub scopes: Option<AppScopes>,
    /// All its webhooks.
    pub webhooks: Option<Vec<Webhook>>,
    /// Whether its webhooks are switched on again.
    pub webhooks_on: bool,
    /// What becomes of its lab.
    pub lab: LabChange,
}

impl App {
    /// A new app.
    ///
    /// # Errors
    /// When it would have too many redirect URLs or webhooks.
    pub fn new(id: AppId, new: NewApp, secret: SealedSecret, now: Timestamp) -> Result<Self, AppRuleError> {
        let NewApp { name, redirect_urls, scopes, webhooks } = new;
        Self {
            id,
            name,
            secret,
            redirect_urls,
            scopes,
            webhooks,
            lab: None,
            webhooks_off_since: None,
            webhooks_failing_since: None,
            created: now,
        }
        .within_limits()
    }

    /// The app as it is after a change.
    ///
    /// # Errors
    /// When it would have too many redirect URLs or webhooks.
    pub fn changed(self, change: AppChange) -> Result<Self, AppRuleError> {
        let AppChange { name, redirect_urls, scopes, webhooks, webhooks_on, lab } = change;
        Self {
            name: name.unwrap_or(self.name),
            redirect_urls: redirect_urls.unwrap_or(self.redirect_urls),
            scopes: scopes.unwrap_or(self.scopes),
            webhooks: webhooks.unwrap_or(self.webhooks),
            lab: match lab {
                LabChange::Keep => self.lab,
                LabChange::Off => None,
                LabChange::On(lab) => Some(lab),
            },
            webhooks_off_since: self.webhooks_off_since.filter(|_| !webhooks_on),
            webhooks_failing_since: self.webhooks_failing_since.filter(|_| !webhooks_on),
            ..self
        }
        .within_limits()
    }

    /// The app as it is after a webhook succeeded or failed: two weeks of nothing but failures switch its webhooks off.
    #[must_use]
    pub fn after_attempt(self, delivered: bool, now: Timestamp) -> Self {
        if delivered {
            return Self { webhooks_failing_since: None, ..self };
        }
        let since = self.webhooks_failing_since.unwrap_or(now);
        let is_over = since <= now.before(FAILURES_SWITCH_OFF_AFTER);
        Self {
            webhooks_failing_since: Some(since),
            webhooks_off_since: self.webhooks_off_since.or(is_over.then_some(now)),
            ..self
        }
    }

    /// Its webhooks that are told of an event.
    pub fn webhooks_for(&self, event: WebhookEvent) -> impl Iterator<Item = WebhookName> + '_ {
        let wants = move |(_, webhook): &(u8, &Webhook)| webhook.events.contains(event);
        (0..).zip(&self.webhooks).filter(wants).map(|(number, _)| WebhookName { app: self.id, number })
    }

    /// By what everybody names it.
    pub const fn client_id(&self) -> ClientId {
        ClientId(self.id)
    }

    fn within_limits(self) -> Result<Self, AppRuleError> {
        if self.redirect_urls.len() > MAXIMUM_REDIRECT_URLS {
            Err(AppRuleError::TooManyRedirectUrls)
        } else if self.webhooks.len() > MAXIMUM_WEBHOOKS {
            Err(AppRuleError::TooManyWebhooks)
        } else {
            Ok(self)
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn a_client_id_comes_back_as_it_went_out() {
        let id = ClientId(AppId::draw(&mut StdRng::seed_from_u64(1)));
        assert_eq!(id.to_string().parse(), Ok(id));
        for other in ["", "app-", "app-x", "app--1", "app-01", "App-1", "1", "app-9007199254740992"] {
            assert_eq!(other.parse::<ClientId>(), Err(InvalidClientId), "{other}");
        }
    }
}
