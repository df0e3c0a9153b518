//! `shopfolk lab run`: an app is told of customers with one trouble after the other.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use rand::RngExt;
use shopfolk_api::Clock;
use shopfolk_hooks::APPS_BELIEVED;
use shopfolk_model::{
    Actor, ApiDelay, App, AppId, CustomerChange, CustomerId, CustomerName, EmailAddress, FieldChange, Lab,
    LabChange, LabDrop, LabFault, LabSignature, LabTrouble, NewCustomer, StoreId, WebhookAttempt,
    WebhookAttemptId, WebhookEvent, WebhookEventId,
};
use shopfolk_operations::{
    AttemptFilter, ChangeCustomer, CreateCustomer, DeleteCustomer, GetApp, GetInstallation, GetReader,
    ListAttempts, OperationError, ResetClock, TriggerEvent,
};
use shopfolk_store::Engine;
use tokio::time::{Instant, sleep};

use super::change;
use super::report::{Report, TrialOutcome, Tried};
use crate::any_engine::AnyEngine;
use crate::clock::SystemClock;
use crate::failure::{UsageError, explain};
use crate::output;
use crate::random::new_random;
use crate::shutdown::{StopSignals, Stopped};
use crate::store::find;

/// So long a server may take for the webhooks of one trial: an app may take 30 seconds for each.
const PATIENCE: Duration = Duration::from_mins(3);
/// How often it is looked what was tried.
const LOOK_INTERVAL: Duration = Duration::from_millis(100);
/// After this time every server knows that an app is tried otherwise.
const KNOWN_AFTER: Duration = APPS_BELIEVED.saturating_add(Duration::from_millis(500));
/// By how much the calls of the API are answered late: less than half of what an app has for its answer.
const API_DELAY: Duration = Duration::from_secs(4);

/// What happens in a trial.
#[derive(Clone, Copy)]
enum Happens {
    /// A customer comes to be.
    Created,
    /// One comes to be, and is changed at once.
    CreatedAndUpdated,
    /// The app is told of a customer who came to be a day ago.
    CreatedADayAgo,
    /// The first try is lost, and there is another one.
    Retried,
}

/// One trouble.
struct Trial {
    name: &'static str,
    lab: Lab,
    happens: Happens,
}

fn trials() -> Result<Vec<Trial>> {
    let of = |name, lab| Trial { name, lab, happens: Happens::Created };
    let signed = |signature| Lab { signature, ..Lab::CALM };
    Ok(vec![
        of("a valid webhook", Lab::CALM),
        of("names of headers in lower case", signed(LabSignature::LowerCase)),
        of("a wrong signature", signed(LabSignature::Wrong)),
        of("no signature", signed(LabSignature::Missing)),
        of("the same webhook twice", Lab { duplicate: true, ..Lab::CALM }),
        Trial {
            name: "webhooks out of order",
            lab: Lab { out_of_order: true, ..Lab::CALM },
            happens: Happens::CreatedAndUpdated,
        },
        Trial { name: "a webhook that comes a day late", lab: Lab::CALM, happens: Happens::CreatedADayAgo },
        Trial {
            name: "a webhook that is lost and comes with the next try",
            lab: Lab { dropped: Some(LabDrop::new(1, 1)?), ..Lab::CALM },
            happens: Happens::Retried,
        },
        of("an API that answers late", Lab { api_delay: ApiDelay::new(API_DELAY)?, ..Lab::CALM }),
    ])
}

/// Tries an app with everything. Its lab is as it was afterwards, and the customers that were made for it are gone.
///
/// # Errors
/// When the app cannot be tried in that store, no server sends webhooks, or the command is stopped by a signal.
pub(super) async fn run(engine: &AnyEngine, app: AppId, store: StoreId, json: bool) -> Result<Report> {
    find(engine, store).await?;
    let before = triable(engine, app, store).await?;
    let mut session = Session { engine, app: &before, store, customers: Vec::new() };
    let mut signals = StopSignals::listen()?;
    let tried = tokio::select! {
        tried = session.try_all(json) => tried,
        signal = signals.next() => {
            Err(Stopped::new(signal, "what the app got wrong until then was said; its lab is as it was").into())
        }
    };
    let lab = before.lab.map_or(LabChange::Off, LabChange::On);
    change(engine, app, lab).await?;
    session.delete_customers().await?;
    Ok(Report { app: before.client_id(), store, trials: tried? })
}

/// The app, if it can be tried in a store.
async fn triable(engine: &AnyEngine, id: AppId, store: StoreId) -> Result<App> {
    let app = engine.read(StoreId::PLATFORM, GetApp { app: id }).await.map_err(explain)?;
    let client = app.client_id();
    let Some(installation) = engine.read(store, GetInstallation { app: id }).await? else {
        return Err(explain(OperationError::AppNotInstalled { id: client }));
    };
    let created = WebhookEvent::CustomerCreated;
    if created.scope().is_some_and(|scope| !installation.scopes.contains(scope.name())) {
        bail!("app {client} may not see the customers of store {store}: install it with read_customers");
    }
    if app.webhooks_for(created).next().is_none() {
        let message = format!(
            "app {client} is not told of customer.created: 'shopfolk app change --app {client} --webhook-url URL --events \
             customer.created,customer.updated' has it told"
        );
        return Err(UsageError(message).into());
    }
    if app.webhooks_off_since.is_some() {
        bail!(
            "the webhooks of app {client} are switched off: 'shopfolk app change --webhooks-on' switches them on"
        );
    }
    Ok(app)
}

/// Trials of one app.
struct Session<'a> {
    engine: &'a AnyEngine,
    app: &'a App,
    store: StoreId,
    /// Those that were made.
    customers: Vec<CustomerId>,
}

impl Session<'_> {
    async fn try_all(&mut self, json: bool) -> Result<Vec<Tried>> {
        let mut all = Vec::new();
        for trial in trials()? {
            change(self.engine, self.app.id, LabChange::On(trial.lab)).await?;
            sleep(KNOWN_AFTER).await;
            let tried = Tried { name: trial.name, outcome: self.try_one(trial.happens).await? };
            if json {
                output::note(&tried.as_text());
            } else {
                output::print(&tried.as_text())?;
            }
            all.push(tried);
            // What they made the app do ends with them.
            self.delete_customers().await?;
        }
        Ok(all)
    }

    async fn try_one(&mut self, happens: Happens) -> Result<TrialOutcome> {
        let told = self.app.webhooks_for(WebhookEvent::CustomerCreated).count();
        let judged = match happens {
            Happens::Created => {
                let customer = self.create().await?;
                self.attempts(customer, told, |_| true).await?
            }
            Happens::CreatedAndUpdated => {
                let of_update = self.app.webhooks_for(WebhookEvent::CustomerUpdated).count();
                if of_update == 0 {
                    return Ok(TrialOutcome::Skipped("the app is not told of customer.updated"));
                }
                let customer = self.create().await?;
                self.update(customer).await?;
                self.attempts(customer, told + of_update, |_| true).await?
            }
            Happens::CreatedADayAgo => {
                let customer = self.create().await?;
                self.attempts(customer, told, |_| true).await?;
                self.tell_of_a_day_ago(customer).await?;
                self.attempts(customer, told, |attempt| attempt.on_request).await?
            }
            Happens::Retried => {
                let customer = self.create().await?;
                self.attempts(customer, told, |_| true).await?;
                change(self.engine, self.app.id, LabChange::On(Lab::CALM)).await?;
                sleep(KNOWN_AFTER).await;
                self.let_retries_come().await?;
                self.attempts(customer, told, |attempt| attempt.number > 1).await?
            }
        };
        Ok(verdict(&judged))
    }

    async fn create(&mut self) -> Result<CustomerId> {
        let number: u64 = new_random()?.random();
        let email = EmailAddress::new(&format!("lab-{number:016x}@example.com"))?;
        let create = CreateCustomer { customer: NewCustomer::of(email), now: SystemClock.now() };
        let customer = self.engine.write(self.store, Actor::CommandLine, create).await.map_err(explain)?;
        self.customers.push(customer);
        Ok(customer)
    }

    async fn update(&self, customer: CustomerId) -> Result<()> {
        let name = FieldChange::Set(CustomerName::new("Tried in the lab")?);
        let change = CustomerChange { name, ..CustomerChange::default() };
        let update = ChangeCustomer { customer, change, now: SystemClock.now() };
        self.engine.write(self.store, Actor::CommandLine, update).await.map_err(explain)?;
        Ok(())
    }

    async fn tell_of_a_day_ago(&self, customer: CustomerId) -> Result<()> {
        let now = SystemClock.now().before(Duration::from_hours(24));
        let event_type = WebhookEvent::CustomerCreated;
        let trigger = TriggerEvent {
            store: self.store,
            app: self.app.id,
            webhooks: self.app.webhooks_for(event_type).collect(),
            id: WebhookEventId::from_random(new_random()?.random()),
            event_type,
            entity: customer.get(),
            now,
        };
        self.engine.write(self.store, Actor::CommandLine, trigger).await.map_err(explain)
    }

    /// Has the clock of the store reach the first retry, and go by the system's afterwards where it did before.
    async fn let_retries_come(&self) -> Result<()> {
        let reader = self.engine.read(self.store, GetReader).await.context("cannot read the clock")?;
        crate::test_clock::advance(self.engine, self.store, Duration::from_mins(16)).await?;
        if reader.is_some_and(|(_, reader)| reader.clock == shopfolk_model::TestClock::default()) {
            self.engine
                .write(self.store, Actor::CommandLine, ResetClock)
                .await
                .context("cannot reset the clock")?;
        }
        Ok(())
    }

    /// The attempts in the lab to tell of a customer, of those that are wanted, when there are as many as there are to be. Those
    /// that the lab made besides come with them.
    async fn attempts(
        &self,
        customer: CustomerId,
        count: usize,
        is_wanted: impl Fn(&WebhookAttempt) -> bool,
    ) -> Result<Vec<WebhookAttempt>> {
        let began = Instant::now();
        let filter = AttemptFilter { app: Some(self.app.id), ..AttemptFilter::default() };
        loop {
            let list = ListAttempts { filter: filter.clone(), before: None, limit: 200 };
            let listed = self.engine.read(self.store, list).await.context("cannot list the tries")?;
            let found: Vec<_> = listed
                .attempts
                .into_iter()
                .filter(|attempt| attempt.event.entity == customer.get() && is_wanted(attempt))
                .collect();
            let is_duplicate = |attempt: &&WebhookAttempt| {
                attempt.lab.as_ref().is_some_and(|verdict| verdict.troubles.contains(&LabTrouble::Duplicate))
            };
            if found.len() - found.iter().filter(is_duplicate).count() >= count {
                return Ok(found);
            }
            if began.elapsed() > PATIENCE {
                bail!(
                    "no server sends the webhooks of store {}: start one with 'shopfolk serve'; where one runs, its log says why",
                    self.store
                );
            }
            sleep(LOOK_INTERVAL).await;
        }
    }

    async fn delete_customers(&mut self) -> Result<()> {
        for customer in std::mem::take(&mut self.customers) {
            let delete = DeleteCustomer { customer, now: SystemClock.now() };
            match self.engine.write(self.store, Actor::CommandLine, delete).await {
                // The app may have deleted it.
                Ok(()) | Err(OperationError::CustomerNotFound { .. }) => {}
                Err(error) => return Err(explain(error)),
            }
        }
        Ok(())
    }
}

/// What was wrong, each fault once, with the last attempt that shows it.
fn verdict(attempts: &[WebhookAttempt]) -> TrialOutcome {
    let mut faults: Vec<(LabFault, WebhookAttemptId)> = Vec::new();
    for attempt in attempts {
        for &fault in attempt.lab.iter().flat_map(|verdict| &verdict.faults) {
            if faults.iter().all(|(known, _)| *known != fault) {
                faults.push((fault, attempt.id));
            }
        }
    }
    TrialOutcome::Judged { attempts: attempts.len(), faults }
}
