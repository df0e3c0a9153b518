//! `shopfolk serve`: the server, from its settings to its end.

use std::fs::Permissions;
use std::net::{SocketAddr, ToSocketAddrs};
use std::os::unix::fs::PermissionsExt;
use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use clap::builder::BoolishValueParser;
use shopfolk_api::{ApiSettings, Clock, InvalidRateLimit, RateLimit, ShuttingDown};
use shopfolk_hooks::{SenderLimits, WebhookSettings, Webhooks};
use shopfolk_model::{AddressPolicy, InvalidAppUrl, WebhookUrl};
use shopfolk_store::{Engine, PageRequest};
use tempfile::TempDir;
use tokio::time::Instant;

use crate::any_engine::AnyEngine;
use crate::background::Background;
use crate::clock::SystemClock;
use crate::database::{DatabaseUrl, Purpose};
use crate::failure::UsageError;
use crate::secret_key::secret_keys;
use crate::server::Server;
use crate::shutdown::{Asked, ServerSignals};
use crate::telemetry::{self, LogForm, LogLevel, NOTICE};
use crate::tls::{self, Tls, TlsArguments};
use crate::{demo, output, server};

/// From the signal to the exit at the most.
const STOP_LIMIT: Duration = Duration::from_secs(10);
/// What of it is left to the database.
const CLOSE_LIMIT: Duration = Duration::from_secs(3);

/// How the server serves.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  shopfolk serve --demo
  shopfolk serve --database sqlite:/var/lib/shopfolk/shopfolk.db --listen 127.0.0.1:8080 --log json
  shopfolk serve --database 'postgres://shopfolk@db1,db2/shopfolk?sslmode=verify-full'
  shopfolk serve --listen 0.0.0.0:8443 --tls-cert fullchain.pem --tls-key privkey.pem")]
pub(crate) struct Arguments {
    /// The address to listen on; port 0 is any free one
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "SHOPFOLK_LISTEN",
        default_value = "127.0.0.1:8080",
        value_parser = listen_address
    )]
    listen: SocketAddr,
    /// Serve the demo store, from a database that is gone at exit unless --database names one
    #[arg(long, env = "SHOPFOLK_DEMO", value_parser = BoolishValueParser::new())]
    demo: bool,
    /// Have the app of --demo told of everything that happens, at this URL
    #[arg(long, value_name = "URL", env = "SHOPFOLK_WEBHOOK", requires = "demo", value_parser = webhook_url)]
    webhook: Option<WebhookUrl>,
    /// How many requests a token may make, such as 600/min, or off
    #[arg(
        long,
        value_name = "RATE",
        env = "SHOPFOLK_RATE_LIMIT",
        default_value = "600/min",
        value_parser = rate_limit
    )]
    rate_limit: Rate,
    /// Accept tokens in the query (?token=…), which the API withdrew in March 2025
    #[arg(long, env = "SHOPFOLK_ALLOW_QUERY_TOKEN", value_parser = BoolishValueParser::new())]
    allow_query_token: bool,
    /// Send webhooks to addresses of this machine and of private networks too; the demo does so anyhow
    #[arg(long, env = "SHOPFOLK_WEBHOOK_ALLOW_PRIVATE", value_parser = BoolishValueParser::new())]
    webhook_allow_private: bool,
    /// How many connections may be open at once; further ones are answered with 503. By default 20000, or what the limit
    /// of open files allows
    #[arg(long, value_name = "N", env = "SHOPFOLK_MAX_CONNECTIONS")]
    max_connections: Option<std::num::NonZeroU32>,
    /// How many connections to a PostgreSQL database are open at once; two more reserve ids and listen
    #[arg(long, value_name = "N", env = "SHOPFOLK_DATABASE_CONNECTIONS", default_value = "16")]
    database_connections: std::num::NonZeroUsize,
    /// The form of the logs on stderr
    #[arg(long, value_name = "FORM", env = "SHOPFOLK_LOG", default_value = "text")]
    log: LogForm,
    /// How much is logged
    #[arg(long, value_name = "LEVEL", env = "SHOPFOLK_LOG_LEVEL", default_value = "info")]
    log_level: LogLevel,
    #[command(flatten)]
    tls: TlsArguments,
}

/// The rate limit, if there is one.
#[derive(Debug, Clone, Copy)]
struct Rate(Option<RateLimit>);

fn webhook_url(text: &str) -> Result<WebhookUrl, InvalidAppUrl> {
    WebhookUrl::new(text)
}

fn rate_limit(text: &str) -> Result<Rate, String> {
    if text == "off" {
        return Ok(Rate(None));
    }
    match text.parse() {
        Ok(limit) => Ok(Rate(Some(limit))),
        Err(error @ InvalidRateLimit) => Err(format!("{error}, or off")),
    }
}

/// Reads an address, with a name or a number for the host.
///
/// # Errors
/// When it is none, or the name is not known.
pub(crate) fn listen_address(text: &str) -> Result<SocketAddr, String> {
    let advice = || "write it as 127.0.0.1:8080, [::1]:8080 or localhost:8080".to_owned();
    text.to_socket_addrs().map_err(|_| advice())?.next().ok_or_else(advice)
}

/// Serves until told to stop.
///
/// # Errors
/// When it cannot begin, or is told twice to stop.
pub(crate) fn run(arguments: &Arguments, database: Option<DatabaseUrl>) -> Result<ExitCode> {
    if arguments.demo && !arguments.listen.ip().is_loopback() {
        return Err(UsageError(format!(
            "--demo does not listen on {}, because everybody knows its token; listen on 127.0.0.1 or [::1], or leave \
             --demo out",
            arguments.listen.ip()
        ))
        .into());
    }
    let tls = arguments.tls.source(arguments.listen.ip())?;
    let log = telemetry::start_logs(arguments.log, arguments.log_level)?;
    let (database, temporary) = place(arguments, database)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(serve(arguments, tls, &database, temporary.is_some(), &log));
    // Whatever is still at work was told to stop and did not: nothing waits for it.
    runtime.shutdown_background();
    outcome.map(|()| ExitCode::SUCCESS)
}

/// The database to serve, and its directory if that is to be removed at exit.
fn place(arguments: &Arguments, database: Option<DatabaseUrl>) -> Result<(DatabaseUrl, Option<TempDir>)> {
    match database {
        None if arguments.demo => {
            let directory = tempfile::Builder::new()
                .prefix("shopfolk-demo-")
                .permissions(Permissions::from_mode(0o700))
                .tempdir()
                .context("cannot make a directory for the demo; name a database with --database")?;
            Ok((DatabaseUrl::Sqlite(directory.path().join("shopfolk.db")), Some(directory)))
        }
        database => Ok((database.unwrap_or_default(), None)),
    }
}

async fn serve(
    arguments: &Arguments,
    tls: Option<tls::Source>,
    database: &DatabaseUrl,
    temporary: bool,
    log: &telemetry::Log,
) -> Result<()> {
    let mut signals = ServerSignals::listen()?;
    let metrics = telemetry::start_metrics()?;
    let listener = server::listen(arguments.listen)?;
    let address = listener.local_addr().context("cannot find out the port")?;
    let tls = tls.map(|source| Tls::open(source, database, SystemClock.now())).transpose()?.map(Arc::new);
    let connections = arguments.database_connections.get();
    let opening = database.open(Purpose::Serve { connections });
    let Some(opened) = until_stopped(opening, &mut signals, tls.as_ref()).await else {
        tracing::info!(target: NOTICE, "stopped before the database was open");
        return Ok(());
    };
    let engine = opened?;
    if arguments.demo {
        demo::fill(&engine).await?;
        demo::add_app(&engine, database, arguments.webhook.as_ref()).await?;
    }
    let shutting_down = ShuttingDown::default();
    let settings = ApiSettings {
        rate_limit: arguments.rate_limit.0,
        allow_query_token: arguments.allow_query_token,
        metrics: Some(metrics.clone()),
        secret_keys: secret_keys(database),
        shutting_down: shutting_down.clone(),
        ..ApiSettings::default()
    };
    let demo_store = arguments.demo.then(demo::store).transpose()?;
    let pages = shopfolk_admin::pages(demo_store)?;
    let api = shopfolk_api::api_with_pages(engine.clone(), settings, Arc::new(SystemClock), pages);
    let acceptor = tls.as_ref().map(|tls| tls.acceptor());
    let server = Server::new(api.router, server::connections_that_fit(arguments.max_connections), acceptor);
    announce(arguments, database, temporary, address, tls.as_deref(), &engine).await?;
    let telemetry = telemetry::background(metrics, engine.clone(), log);
    let webhooks = webhooks(arguments, database, engine.clone())?;
    let work = engine.background().into_iter().chain(telemetry).chain(api.background);
    let background = Background::start(work.chain(webhooks.background()));
    until_stopped(server.accept(listener), &mut signals, tls.as_ref()).await;
    tracing::info!(target: NOTICE, "stopping: finishing what was accepted; stop again to exit at once");
    shutting_down.announce();
    tokio::select! {
        finished = finish(server, webhooks, background, &shutting_down, &engine) => finished,
        () = signals.stop() => bail!("stopped at once; every answered write is on disk"),
    }
}

/// What tells apps of events.
fn webhooks(arguments: &Arguments, database: &DatabaseUrl, engine: AnyEngine) -> Result<Webhooks<AnyEngine>> {
    let is_private = arguments.webhook_allow_private || arguments.demo;
    let keys = secret_keys(database);
    let settings = WebhookSettings {
        addresses: if is_private { AddressPolicy::PrivateToo } else { AddressPolicy::PublicOnly },
        limits: SenderLimits::default(),
        now: Arc::new(|| SystemClock.now()),
        open_secret: Arc::new(move |app| keys.key().ok()?.open(app.id, &app.secret).ok()),
    };
    Webhooks::new(engine, settings).context("cannot set up the encryption of webhooks")
}

/// Does this until it is done or the server is told to stop; reads certificates again when told to.
async fn until_stopped<T>(
    work: impl Future<Output = T>,
    signals: &mut ServerSignals,
    tls: Option<&Arc<Tls>>,
) -> Option<T> {
    let mut work = pin!(work);
    loop {
        tokio::select! {
            done = work.as_mut() => return Some(done),
            asked = signals.next() => match asked {
                Asked::Reload => tls::reload(tls),
                Asked::Stop => return None,
            },
        }
    }
}

/// Finishes what was accepted and what was begun beside it, within the limit.
async fn finish(
    server: Server,
    webhooks: Webhooks<AnyEngine>,
    background: Background,
    shutting_down: &ShuttingDown,
    engine: &AnyEngine,
) -> Result<()> {
    let until = Instant::now() + STOP_LIMIT;
    server.say_farewell().await;
    shutting_down.turn_away();
    let beside = async {
        if tokio::time::timeout_at(until - CLOSE_LIMIT, webhooks.stop()).await.is_err() {
            tracing::warn!("receivers did not answer in time; the webhooks on their way are sent again");
        }
        background.stop(until - CLOSE_LIMIT).await;
    };
    let (cut, ()) = tokio::join!(server.finish(until - CLOSE_LIMIT), beside);
    if let Ok(closed) = tokio::time::timeout_at(until, engine.close()).await {
        closed.context("the database did not close in order; every answered write is on disk")?;
    } else {
        tracing::warn!("the database did not finish in time; the next start does the rest");
    }
    if cut > 0 {
        bail!("{cut} connections did not finish in time and were cut; every answered write is on disk");
    }
    Ok(())
}

/// Says where the server listens and what to do next.
async fn announce(
    arguments: &Arguments,
    database: &DatabaseUrl,
    temporary: bool,
    address: SocketAddr,
    tls: Option<&Tls>,
    engine: &impl Engine,
) -> Result<()> {
    let url = format!("{}://{address}", if tls.is_some() { "https" } else { "http" });
    let authority = tls.and_then(Tls::authority);
    if arguments.log == LogForm::Json {
        let tls_authority = authority.map(|path| tracing::field::display(path.display()));
        tracing::info!(target: NOTICE, %address, %database, demo = arguments.demo, url, tls_authority, "listening");
        return Ok(());
    }
    output::note(&format!("Shopfolk listens on {url} (API reference: {url}/docs)."));
    if let Some(authority) = authority {
        output::note(&format!(
            "It made its certificate itself, for development. Clients have to trust {}\n\
             (curl --cacert FILE; Python requests: verify=FILE; Node.js: NODE_EXTRA_CA_CERTS=FILE).",
            authority.display()
        ));
    }
    if arguments.demo {
        let kept = if temporary { "which is gone at exit".to_owned() } else { format!("kept in {database}") };
        let example = demo::example(&url, authority);
        output::note(&format!("It serves the demo store, {kept}. Create a contact in it:\n\n  {example}\n"));
        let (client_id, secret) = demo::credentials()?;
        output::note(&format!("The demo app has the client id {client_id} and the client secret {secret}."));
        return Ok(());
    }
    let stores = engine.list_stores(PageRequest::at(0, 1)).await.context("cannot list the stores")?;
    if stores.total == 0 {
        let id = engine.next_store_id().await.context("cannot list the stores")?;
        let (option, where_to) = match database {
            DatabaseUrl::Sqlite(_) => (format!(" --database '{database}'"), ""),
            // Its address can have a password in it, and says more than is shown.
            DatabaseUrl::Postgres(_) => (String::new(), " with the --database of this server"),
        };
        output::note(&format!(
            "There is no store yet. Create one, and a token for it, from another terminal{where_to}:\n\n  \
             shopfolk store create --name 'My shop'{option}\n  \
             shopfolk token create --store {id} --scopes read_customers,create_customers,update_customers{option}\n"
        ));
    }
    Ok(())
}
