//! `shopfolk webhooks`: what apps were told, and telling it again.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::builder::BoolishValueParser;
use clap::{Args, Subcommand};
use rand::RngExt;
use rand::SeedableRng;
use rand::rngs::{StdRng, SysRng};
use shopfolk_api::{AttemptOut, Clock, RequestShown};
use shopfolk_model::{
    Actor, AttemptOutcome, ClientId, LabVerdict, StoreId, Timestamp, WebhookAttempt, WebhookAttemptId,
    WebhookEvent, WebhookEventId, WebhookEventSet,
};
use shopfolk_operations::{
    AttemptFilter, GetAttempt, ListAttempts, ReplayAttempts, TriggerEvent, replay_failed, webhooks_for,
};
use shopfolk_store::Engine;

use crate::clock::SystemClock;
use crate::database::{DatabaseUrl, Purpose};
use crate::failure::explain;
use crate::output;
use crate::store::find;

/// What can be done with webhooks.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Lists the tries to tell apps of events, the latest first
    List(List),
    /// Shows a try: what was sent, and what was answered
    Show(Show),
    /// Has events sent again: one, or all that failed. It counts for nothing, and needs a server that runs
    Replay(Replay),
    /// Has an event sent to an app, whether it happened or not. It counts for nothing, and needs a server that runs
    Trigger(Trigger),
}

/// Which tries.
#[derive(Debug, Args)]
pub(crate) struct Which {
    /// The id of the store
    #[arg(long, value_name = "N", env = "SHOPFOLK_STORE")]
    store: StoreId,
    /// Those to this app
    #[arg(long, value_name = "CLIENT_ID", env = "SHOPFOLK_WEBHOOKS_APP")]
    app: Option<ClientId>,
    /// Those of such events, such as customer.created
    #[arg(long, value_name = "EVENT", env = "SHOPFOLK_WEBHOOKS_EVENT")]
    event: Option<WebhookEvent>,
    /// Those of the event with this id
    #[arg(long, value_name = "UUID", env = "SHOPFOLK_WEBHOOKS_EVENT_ID")]
    event_id: Option<WebhookEventId>,
    /// From this time on
    #[arg(long, value_name = "TIME", env = "SHOPFOLK_WEBHOOKS_FROM", value_parser = Timestamp::parse)]
    from: Option<Timestamp>,
    /// Up to this time
    #[arg(long, value_name = "TIME", env = "SHOPFOLK_WEBHOOKS_TO", value_parser = Timestamp::parse)]
    to: Option<Timestamp>,
}

impl Which {
    fn filter(&self, delivered: Option<bool>) -> AttemptFilter {
        let Self { store: _, app, event, event_id, from, to } = *self;
        let events = event.map_or_else(WebhookEventSet::default, |event| [event].into_iter().collect());
        AttemptFilter { app: app.map(|app| app.0), events, event: event_id, delivered, from, to }
    }
}

/// How tries are listed.
#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    which: Which,
    /// Those that failed alone
    #[arg(long, env = "SHOPFOLK_WEBHOOKS_FAILED", value_parser = BoolishValueParser::new())]
    failed: bool,
    /// How many at the most
    #[arg(long, value_name = "N", env = "SHOPFOLK_WEBHOOKS_LIMIT", default_value = "100")]
    limit: usize,
    /// As JSON instead of a table
    #[arg(long, env = "SHOPFOLK_JSON", value_parser = BoolishValueParser::new())]
    json: bool,
}

/// Which try is shown.
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The id of the store
    #[arg(long, value_name = "N", env = "SHOPFOLK_STORE")]
    store: StoreId,
    /// The id of the try, as `webhooks list` shows it
    #[arg(value_name = "ID", env = "SHOPFOLK_WEBHOOKS_ID")]
    id: WebhookAttemptId,
}

/// What is sent again.
#[derive(Debug, Args)]
pub(crate) struct Replay {
    #[command(flatten)]
    which: Which,
    /// The id of a try, as `webhooks list` shows it
    #[arg(long, value_name = "ID", env = "SHOPFOLK_WEBHOOKS_ID", required_unless_present = "failed")]
    id: Option<WebhookAttemptId>,
    /// Every event of which the last try failed
    #[arg(long, env = "SHOPFOLK_WEBHOOKS_FAILED", conflicts_with = "id", value_parser = BoolishValueParser::new())]
    failed: bool,
}

/// What is sent.
#[derive(Debug, Args)]
pub(crate) struct Trigger {
    /// The id of the store
    #[arg(long, value_name = "N", env = "SHOPFOLK_STORE")]
    store: StoreId,
    /// The app that is told
    #[arg(long, value_name = "CLIENT_ID", env = "SHOPFOLK_WEBHOOKS_APP")]
    app: ClientId,
    /// The event, such as customer.created
    #[arg(long, value_name = "EVENT", env = "SHOPFOLK_WEBHOOKS_EVENT")]
    event: WebhookEvent,
    /// To what it happened: the number of a customer, group or order, real or made up
    #[arg(long, value_name = "N", env = "SHOPFOLK_WEBHOOKS_ENTITY", default_value = "1")]
    entity: i64,
}

/// Does what was asked for.
///
/// # Errors
/// When it cannot be done.
pub(crate) fn run(command: Command, database: &DatabaseUrl) -> Result<ExitCode> {
    match command {
        Command::List(arguments) => list(database, &arguments)?,
        Command::Show(Show { store, id }) => {
            let attempt = database.with(Purpose::Use, |engine| async move {
                find(&engine, store).await?;
                engine.read(store, GetAttempt { id }).await.context("cannot read the try")
            })?;
            let Some(attempt) = attempt else { bail!("Webhook attempt #{id} not found") };
            output::print(&serde_json::to_string_pretty(&whole(attempt))?)?;
        }
        Command::Replay(arguments) => {
            let count = replay(database, &arguments)?;
            output::note(&format!("{count} events are sent again by the server that runs."));
        }
        Command::Trigger(arguments) => trigger(database, &arguments)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn list(database: &DatabaseUrl, arguments: &List) -> Result<()> {
    let store = arguments.which.store;
    let filter = arguments.which.filter(arguments.failed.then_some(false));
    let limit = arguments.limit;
    let attempts = database.with(Purpose::Use, |engine| async move {
        find(&engine, store).await?;
        let (mut attempts, mut before) = (Vec::new(), None);
        loop {
            let list = ListAttempts { filter: filter.clone(), before, limit: limit - attempts.len() };
            let listed = engine.read(store, list).await.context("cannot list the tries")?;
            attempts.extend(listed.attempts);
            match listed.next {
                Some(next) if attempts.len() < limit => before = Some(next),
                _ => return Ok(attempts),
            }
        }
    })?;
    if arguments.json {
        let attempts: Vec<AttemptOut> = attempts.into_iter().map(whole).collect();
        return output::print(&serde_json::to_string_pretty(&attempts)?);
    }
    let lines: Vec<String> = attempts.iter().map(line).collect();
    output::print(&lines.join("\n"))
}

fn line(attempt: &WebhookAttempt) -> String {
    let outcome = match &attempt.outcome {
        AttemptOutcome::Answered { status, .. } => status.to_string(),
        AttemptOutcome::Failed(reason) => reason.clone(),
    };
    let WebhookAttempt { id, tried, webhook, event, number, .. } = attempt;
    let verdict = attempt.lab.as_ref().map(in_words).unwrap_or_default();
    format!(
        "{id}\t{tried}\t{}\t{}\t{}\ttry {number}\t{outcome}{verdict}",
        ClientId(webhook.app),
        event.event_type.name(shopfolk_model::EventSpelling::CamelCase),
        event.entity,
    )
}

/// What the lab did, and what was wrong.
fn in_words(verdict: &LabVerdict) -> String {
    let names = |names: Vec<&str>| if names.is_empty() { "none".to_owned() } else { names.join(",") };
    let troubles = names(verdict.troubles.iter().map(|trouble| trouble.name()).collect());
    let faults = names(verdict.faults.iter().map(|fault| fault.name()).collect());
    format!("\ttroubles {troubles}\tfaults {faults}")
}

/// A try in JSON, with all that is kept of it.
fn whole(attempt: WebhookAttempt) -> AttemptOut {
    AttemptOut::new(attempt, RequestShown::Whole)
}

fn replay(database: &DatabaseUrl, arguments: &Replay) -> Result<usize> {
    let (store, now) = (arguments.which.store, SystemClock.now());
    let (filter, id) = (arguments.which.filter(None), arguments.id);
    database.with(Purpose::Use, |engine| async move {
        find(&engine, store).await?;
        let replayed = match id {
            Some(id) => {
                let replay = ReplayAttempts { attempts: vec![id], now };
                engine.write(store, Actor::CommandLine, replay).await.map_err(Into::into)
            }
            None => {
                replay_failed(&engine, store, Actor::CommandLine, &filter, || Ok(now)).await.map_err(explain)
            }
        };
        replayed.context("cannot have events sent again")
    })
}

fn trigger(database: &DatabaseUrl, arguments: &Trigger) -> Result<()> {
    let &Trigger { store, app, event, entity } = arguments;
    let now = SystemClock.now();
    let mut random = StdRng::try_from_rng(&mut SysRng).context("the system gives no random numbers")?;
    let id = WebhookEventId::from_random(random.random());
    let told = database.with(Purpose::Use, |engine| async move {
        let webhooks = webhooks_for(&engine, app.0, event).await.map_err(explain)?;
        let told = webhooks.len();
        let trigger = TriggerEvent { store, app: app.0, webhooks, id, event_type: event, entity, now };
        engine.write(store, Actor::CommandLine, trigger).await.map_err(explain)?;
        Ok(told)
    })?;
    if told == 0 {
        bail!("app {app} has no webhook for that event");
    }
    output::note(&format!("Event {id} is sent to {told} webhooks of app {app} by the server that runs."));
    Ok(())
}
