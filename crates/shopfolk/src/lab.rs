//! `shopfolk lab`: trying apps with the troubles that deliveries can make.

mod report;
mod run;

use std::process::ExitCode;

use anyhow::Result;
use clap::builder::BoolishValueParser;
use clap::{Args, Subcommand};
use shopfolk_api::Clock;
use shopfolk_model::{
    Actor, ApiDelay, App, AppChange, AppId, ClientId, Lab, LabChange, LabDrop, LabSignature, StoreId,
};
use shopfolk_operations::{ChangeApp, GetApp};
use shopfolk_store::Engine;

use crate::clock::SystemClock;
use crate::database::{DatabaseUrl, Purpose};
use crate::failure::explain;
use crate::output;

/// What can be done in the lab.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Tries an app with everything, and reports what its receiver got wrong; the exit status is 1 if it got anything wrong
    ///
    /// It makes customers in the store, has a server that runs tell the app of them with one trouble after the other, and judges
    /// what the app does. Afterwards the customers are deleted and the lab of the app is as it was. It takes about a minute.
    #[command(after_help = "Example:\n  shopfolk lab run --app app-4503599627370496 --store 1")]
    Run(Run),
    /// Has every webhook and call of an app meet these troubles from now on, and every webhook judged
    ///
    /// What is not given is as ever: without any option webhooks are judged, and nothing else. `webhooks list` and `webhooks
    /// show` have the verdicts. What is tried in the lab counts for nothing: it switches no webhooks off.
    #[command(
        after_help = "Example:\n  shopfolk lab set --app app-4503599627370496 --signature wrong --duplicate"
    )]
    Set(Set),
    /// Shows with what an app is tried
    Show(Which),
    /// Has the webhooks and calls of an app go as ever
    Off(Which),
}

/// Which app.
#[derive(Debug, Args)]
pub(crate) struct Which {
    /// The client id of the app
    #[arg(long, value_name = "CLIENT_ID", env = "SHOPFOLK_APP")]
    app: ClientId,
}

/// What is run.
#[derive(Debug, Args)]
pub(crate) struct Run {
    #[command(flatten)]
    which: Which,
    /// The id of a store that let the app in
    #[arg(long, value_name = "N", env = "SHOPFOLK_STORE")]
    store: StoreId,
    /// The report as JSON
    #[arg(long, env = "SHOPFOLK_JSON", value_parser = BoolishValueParser::new())]
    json: bool,
}

/// With what an app is tried.
#[derive(Debug, Args)]
pub(crate) struct Set {
    #[command(flatten)]
    which: Which,
    /// How webhooks are signed: valid, wrong, missing, or lower-case (the names of headers, as some proxies write them)
    #[arg(long, env = "SHOPFOLK_LAB_SIGNATURE", default_value = "valid", value_parser = signature)]
    signature: LabSignature,
    /// Each webhook comes once more, after the receiver had it
    #[arg(long, env = "SHOPFOLK_LAB_DUPLICATE", value_parser = BoolishValueParser::new())]
    duplicate: bool,
    /// Webhooks are held back for two seconds, and come last first
    #[arg(long, env = "SHOPFOLK_LAB_OUT_OF_ORDER", value_parser = BoolishValueParser::new())]
    out_of_order: bool,
    /// So many of so many tries never reach the receiver; they are tried again as ever
    #[arg(long = "drop", value_name = "N/M", env = "SHOPFOLK_LAB_DROP")]
    dropped: Option<LabDrop>,
    /// The app's calls of the API are answered so much later: 5s, at most 20s
    #[arg(long, value_name = "TIME", env = "SHOPFOLK_LAB_API_DELAY", value_parser = api_delay)]
    api_delay: Option<ApiDelay>,
}

fn signature(text: &str) -> Result<LabSignature, String> {
    LabSignature::from_name(text).ok_or_else(|| {
        let names: Vec<_> = LabSignature::ALL.iter().map(|signature| signature.name()).collect();
        format!("must be one of {}", names.join(", "))
    })
}

fn api_delay(text: &str) -> Result<ApiDelay, String> {
    ApiDelay::new(crate::test_clock::duration(text)?).map_err(|error| error.to_string())
}

/// Does what was asked for.
///
/// # Errors
/// When it cannot be done.
pub(crate) fn run(command: &Command, database: &DatabaseUrl) -> Result<ExitCode> {
    match *command {
        Command::Run(Run { which: Which { app: ClientId(app) }, store, json }) => {
            let report = database
                .with(Purpose::Use, |engine| async move { run::run(&engine, app, store, json).await })?;
            if json {
                output::print(&report.as_json()?)?;
            }
            return Ok(if report.passed() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        Command::Set(Set {
            which: Which { app },
            signature,
            duplicate,
            out_of_order,
            dropped,
            api_delay,
        }) => {
            let api_delay = api_delay.unwrap_or_default();
            let lab = Lab { signature, duplicate, out_of_order, dropped, api_delay };
            let changed = database.with(Purpose::Use, |engine| async move {
                change(&engine, app.0, LabChange::On(lab)).await
            })?;
            output::print(&as_text(&changed))?;
        }
        Command::Show(Which { app: ClientId(app) }) => {
            let app = database.with(Purpose::Use, |engine| async move {
                engine.read(StoreId::PLATFORM, GetApp { app }).await.map_err(explain)
            })?;
            output::print(&as_text(&app))?;
        }
        Command::Off(Which { app }) => {
            database
                .with(Purpose::Use, |engine| async move { change(&engine, app.0, LabChange::Off).await })?;
            output::note(&format!("The webhooks and calls of app {app} go as ever."));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Changes with what an app is tried.
///
/// # Errors
/// When there is no such app, or the database fails.
async fn change(engine: &impl Engine, app: AppId, lab: LabChange) -> Result<App> {
    let change = AppChange { lab, ..AppChange::default() };
    let operation = ChangeApp { app, change, now: SystemClock.now() };
    engine.write(StoreId::PLATFORM, Actor::CommandLine, operation).await.map_err(explain)
}

fn as_text(app: &App) -> String {
    let Some(Lab { signature, duplicate, out_of_order, dropped, api_delay }) = app.lab else {
        return format!("app {} is not tried", app.client_id());
    };
    let yes = |is_so| if is_so { "yes" } else { "no" };
    let dropped = dropped.map_or_else(|| "none".to_owned(), |dropped| dropped.to_string());
    [
        format!("app {} is tried with", app.client_id()),
        format!("  signature:    {}", signature.name()),
        format!("  duplicate:    {}", yes(duplicate)),
        format!("  out of order: {}", yes(out_of_order)),
        format!("  dropped:      {dropped}"),
        format!("  API delay:    {} s", api_delay.get().as_secs_f32()),
    ]
    .join("\n")
}
