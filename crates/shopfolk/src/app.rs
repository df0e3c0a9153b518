//! `shopfolk app`: the programs of others that stores let in.

use std::process::ExitCode;

use anyhow::Result;
use clap::builder::BoolishValueParser;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use shopfolk_api::Clock;
use shopfolk_model::{
    Actor, App, AppChange, AppId, AppName, AppScopes, ClientId, ClientSecret, Installation, NewApp,
    RedirectUrl, StoreId, Token, TokenKind, WebhookHeader,
};
use shopfolk_operations::{
    ChangeApp, ChangeClientSecret, CreateApp, GetApp, InstallApp, ListApps, ListInstallations, NewTokens,
    UninstallApp, delete_app,
};
use shopfolk_store::Engine;

use crate::any_engine::AnyEngine;
use crate::app_webhooks::{AddedWebhooks, WebhookArguments};
use crate::clock::SystemClock;
use crate::database::{DatabaseUrl, Purpose};
use crate::failure::explain;
use crate::output;
use crate::random::new_random;
use crate::secret_key::secret_key_or_new;
use crate::store::{find, new_key};

/// What can be done with apps.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Registers an app and prints its client id and its client secret, this once
    ///
    /// The secret is kept encrypted: under `SHOPFOLK_KEY`, or under a key in a file beside the database (shopfolk.db-key), which
    /// is made with the first app. Whoever loses the key has to rotate every secret.
    #[command(after_help = "\
Example:
  shopfolk app create --name 'My app' --scopes read_customers,create_customers \\
    --redirect-url https://app.example/callback --webhook-url https://app.example/hooks --events customer.created")]
    Create(Create),
    /// Lists the apps, or those that a store let in
    List(List),
    /// Shows an app
    Show(Show),
    /// Changes an app; what is not given stays as it is
    Change(Box<Change>),
    /// Deletes an app and shuts it out of every store: its tokens open nothing from now on
    Delete(Which),
    /// Gives an app another client secret and prints it; the former one is worth nothing from now on
    RotateSecret(Show),
    /// Lets an app into a store without asking an owner, and prints its tokens, this once
    ///
    /// An app that is in already gets new tokens in the place of those that it has.
    #[command(after_help = "Example:\n  shopfolk app install --app app-4503599627370496 --store 1 --json")]
    Install(Install),
    /// Shuts an app out of a store: its tokens open nothing from now on
    Uninstall(Uninstall),
}

/// An app that is to be made.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// The name, as store owners see it
    #[arg(long, env = "SHOPFOLK_APP_NAME", value_parser = |text: &str| AppName::new(text))]
    name: AppName,
    /// What it asks for, with commas between; scopes that are not known here are kept and open nothing
    #[arg(long, env = "SHOPFOLK_APP_SCOPES")]
    scopes: AppScopes,
    /// Where store owners are sent back to; again for several
    #[arg(long = "redirect-url", value_name = "URL", env = "SHOPFOLK_APP_REDIRECT_URL", value_parser = redirect_url)]
    redirect_urls: Vec<RedirectUrl>,
    /// Where it is told what happens; again for several
    #[arg(long = "webhook-url", value_name = "URL", env = "SHOPFOLK_APP_WEBHOOK_URL")]
    webhook_urls: Vec<String>,
    #[command(flatten)]
    webhooks: WebhookArguments,
    /// As JSON
    #[arg(long, env = "SHOPFOLK_JSON", value_parser = BoolishValueParser::new())]
    json: bool,
}

/// How the apps are listed.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Those that this store let in
    #[arg(long, value_name = "N", env = "SHOPFOLK_STORE")]
    store: Option<StoreId>,
    /// As JSON instead of a table
    #[arg(long, env = "SHOPFOLK_JSON", value_parser = BoolishValueParser::new())]
    json: bool,
}

/// An app that is there.
#[derive(Debug, Args)]
pub(crate) struct Which {
    /// The client id of the app
    #[arg(long = "app", value_name = "CLIENT_ID", env = "SHOPFOLK_APP")]
    app: ClientId,
}

/// An app that is shown.
#[derive(Debug, Args)]
pub(crate) struct Show {
    #[command(flatten)]
    which: Which,
    /// As JSON
    #[arg(long, env = "SHOPFOLK_JSON", value_parser = BoolishValueParser::new())]
    json: bool,
}

/// What becomes of an app.
#[derive(Debug, Args)]
pub(crate) struct Change {
    #[command(flatten)]
    which: Which,
    /// Another name
    #[arg(long, env = "SHOPFOLK_APP_NAME", value_parser = |text: &str| AppName::new(text))]
    name: Option<AppName>,
    /// All that it asks for from now on; stores that let it in have granted what they have granted
    #[arg(long, env = "SHOPFOLK_APP_SCOPES")]
    scopes: Option<AppScopes>,
    /// Where store owners are sent back to, in the place of all that there are; again for several
    #[arg(long = "redirect-url", value_name = "URL", env = "SHOPFOLK_APP_REDIRECT_URL", value_parser = redirect_url)]
    redirect_urls: Option<Vec<RedirectUrl>>,
    /// One more URL where it is told what happens, or other events and headers of one that it has; again for several
    #[arg(long = "webhook-url", value_name = "URL", env = "SHOPFOLK_APP_WEBHOOK_URL")]
    webhook_urls: Vec<String>,
    #[command(flatten)]
    webhooks: WebhookArguments,
    /// A URL where it is not told any more; again for several
    #[arg(long = "remove-webhook-url", value_name = "URL", env = "SHOPFOLK_APP_REMOVE_WEBHOOK_URL")]
    removed_webhook_urls: Vec<String>,
    /// Switches its webhooks on again, which two weeks of nothing but failures have switched off
    #[arg(long, env = "SHOPFOLK_APP_WEBHOOKS_ON", value_parser = BoolishValueParser::new())]
    webhooks_on: bool,
}

/// An app and the store that lets it in.
#[derive(Debug, Args)]
pub(crate) struct Install {
    #[command(flatten)]
    which: Which,
    /// The id of the store
    #[arg(long, value_name = "N", env = "SHOPFOLK_STORE")]
    store: StoreId,
    /// What it is granted [default: what it asks for]
    #[arg(long, env = "SHOPFOLK_APP_SCOPES")]
    scopes: Option<AppScopes>,
    /// As JSON
    #[arg(long, env = "SHOPFOLK_JSON", value_parser = BoolishValueParser::new())]
    json: bool,
}

/// An app and the store that shuts it out.
#[derive(Debug, Args)]
pub(crate) struct Uninstall {
    #[command(flatten)]
    which: Which,
    /// The id of the store
    #[arg(long, value_name = "N", env = "SHOPFOLK_STORE")]
    store: StoreId,
}

fn redirect_url(text: &str) -> Result<RedirectUrl, shopfolk_model::InvalidAppUrl> {
    RedirectUrl::new(text)
}

/// Does what was asked for.
///
/// # Errors
/// When it cannot be done.
pub(crate) fn run(command: Command, database: &DatabaseUrl) -> Result<ExitCode> {
    match command {
        Command::Create(arguments) => create(database, arguments)?,
        Command::List(arguments) => list(database, &arguments)?,
        Command::Show(Show { which, json }) => {
            let app = database.with(Purpose::Use, async move |engine| get(&engine, which.app.0).await)?;
            output::print(&if json { pretty(&as_json(&app))? } else { as_text(&app) })?;
        }
        Command::Change(arguments) => change(database, *arguments)?,
        Command::Delete(Which { app: ClientId(app) }) => {
            let now = SystemClock.now();
            let delete =
                async move |engine| delete_app(&engine, Actor::CommandLine, app, now).await.map_err(explain);
            let stores = database.with(Purpose::Use, delete)?;
            output::note(&format!("App {} is deleted; it was installed in {stores} stores.", ClientId(app)));
        }
        Command::RotateSecret(Show { which, json }) => rotate_secret(database, which.app.0, json)?,
        Command::Install(arguments) => install(database, &arguments)?,
        Command::Uninstall(Uninstall { which: Which { app }, store }) => {
            let operation = UninstallApp { app: app.0, now: SystemClock.now() };
            database.with(Purpose::Use, |engine| async move {
                engine.write(store, Actor::CommandLine, operation).await.map_err(explain)
            })?;
            output::note(&format!("App {app} is shut out of store {store}."));
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn get(engine: &impl Engine, app: AppId) -> Result<App> {
    engine.read(StoreId::PLATFORM, GetApp { app }).await.map_err(explain)
}

fn create(database: &DatabaseUrl, arguments: Create) -> Result<()> {
    let Create { name, scopes, redirect_urls, webhook_urls, webhooks, json } = arguments;
    let mut added = AddedWebhooks::default();
    added.add(&webhook_urls, &webhooks)?;
    let app = NewApp { name, redirect_urls, scopes, webhooks: added.into_webhooks() };
    let (mut random, platform) = (new_random()?, new_key()?);
    let (id, secret) = (AppId::draw(&mut random), ClientSecret::generate(&mut random));
    let keys = database.clone();
    let create = async move |engine: AnyEngine| {
        let sealed = secret_key_or_new(&keys)?.seal(id, &secret, &mut random)?;
        let create = CreateApp { id, app, secret: sealed, platform, now: SystemClock.now() };
        engine.write(StoreId::PLATFORM, Actor::CommandLine, create).await.map_err(explain)?;
        Ok(secret)
    };
    let secret = database.with(Purpose::Create, create)?;
    print_secret(ClientId(id), &secret, json)
}

fn rotate_secret(database: &DatabaseUrl, app: AppId, json: bool) -> Result<()> {
    let mut random = new_random()?;
    let secret = ClientSecret::generate(&mut random);
    let keys = database.clone();
    let rotate = async move |engine: AnyEngine| {
        let sealed = secret_key_or_new(&keys)?.seal(app, &secret, &mut random)?;
        let change = ChangeClientSecret { app, secret: sealed, now: SystemClock.now() };
        engine.write(StoreId::PLATFORM, Actor::CommandLine, change).await.map_err(explain)?;
        Ok(secret)
    };
    let secret = database.with(Purpose::Use, rotate)?;
    print_secret(ClientId(app), &secret, json)
}

fn print_secret(client_id: ClientId, secret: &ClientSecret, json: bool) -> Result<()> {
    if json {
        let printed = json!({"clientId": client_id.to_string(), "clientSecret": secret.reveal()});
        output::print(&printed.to_string())?;
    } else {
        output::print(&format!("client id:     {client_id}\nclient secret: {}", secret.reveal()))?;
    }
    output::note("Keep the secret: it is shown only now.");
    Ok(())
}

fn change(database: &DatabaseUrl, arguments: Change) -> Result<()> {
    let Change {
        which,
        name,
        scopes,
        redirect_urls,
        webhook_urls,
        webhooks,
        removed_webhook_urls,
        webhooks_on,
    } = arguments;
    let app = which.app.0;
    let changed = database.with(Purpose::Use, async move |engine| {
        let mut change = AppChange { name, scopes, redirect_urls, webhooks_on, ..AppChange::default() };
        if !webhook_urls.is_empty() || !removed_webhook_urls.is_empty() {
            let mut there = AddedWebhooks::from(get(&engine, app).await?.webhooks);
            there.remove(&removed_webhook_urls)?;
            there.add(&webhook_urls, &webhooks)?;
            change.webhooks = Some(there.into_webhooks());
        }
        let operation = ChangeApp { app, change, now: SystemClock.now() };
        engine.write(StoreId::PLATFORM, Actor::CommandLine, operation).await.map_err(explain)
    })?;
    output::print(&as_text(&changed))
}

fn install(database: &DatabaseUrl, arguments: &Install) -> Result<()> {
    let &Install { which: Which { app: ClientId(app) }, store, ref scopes, json } = arguments;
    let mut random = new_random()?;
    let [secret, public] =
        [TokenKind::Secret, TokenKind::Public].map(|kind| Token::generate(kind, &mut random));
    let tokens = NewTokens { secret: secret.hash(), public: public.hash() };
    let granted = database.with(Purpose::Use, async move |engine| {
        let asked = get(&engine, app).await?.scopes;
        let scopes = scopes.clone().unwrap_or(asked);
        let operation = InstallApp { store, app, scopes: scopes.clone(), tokens, now: SystemClock.now() };
        let given = engine.write(store, Actor::CommandLine, operation).await.map_err(explain)?;
        Ok((given.public.is_some(), scopes))
    })?;
    let (with_public, scopes) = granted;
    let public = with_public.then(|| public.reveal());
    if json {
        output::print(&json!({"secretToken": secret.reveal(), "publicToken": public}).to_string())?;
    } else {
        let public = public.map(|token| format!("\npublic token: {token}")).unwrap_or_default();
        output::print(&format!("secret token: {}{public}", secret.reveal()))?;
    }
    output::note(&format!(
        "App {} is installed in store {store}, for {scopes}. Keep its tokens: they are shown only now.",
        ClientId(app)
    ));
    Ok(())
}

fn list(database: &DatabaseUrl, &List { store, json }: &List) -> Result<()> {
    let text = database.with(Purpose::Use, async move |engine| match store {
        None => {
            let apps = all_apps(&engine).await?;
            if json { pretty(&apps.iter().map(as_json).collect()) } else { Ok(as_table(&apps)) }
        }
        Some(store) => {
            let store = find(&engine, store).await?;
            let installed = all_installations(&engine, store.id).await?;
            if json {
                pretty(&installed.iter().map(installation_as_json).collect())
            } else {
                Ok(installations_as_table(&installed))
            }
        }
    })?;
    output::print(&text)
}

async fn all_apps(engine: &impl Engine) -> Result<Vec<App>> {
    let (mut apps, mut after) = (Vec::new(), None);
    while let Some(portion) = engine.read(StoreId::PLATFORM, ListApps { after }).await? {
        after = Some(portion.through);
        apps.extend(portion.listed.items);
    }
    Ok(apps)
}

async fn all_installations(engine: &impl Engine, store: StoreId) -> Result<Vec<Installation>> {
    let (mut installed, mut after) = (Vec::new(), None);
    while let Some(portion) = engine.read(store, ListInstallations { after }).await? {
        after = Some(portion.through);
        installed.extend(portion.listed.items);
    }
    Ok(installed)
}

fn as_table(apps: &[App]) -> String {
    let row = |app: &App| {
        let name = app.name.as_str().split_whitespace().collect::<Vec<_>>().join(" ");
        [app.client_id().to_string(), app.created.to_string(), name, app.scopes.to_string()]
    };
    output::table(["CLIENT ID", "CREATED", "NAME", "SCOPES"], &apps.iter().map(row).collect::<Vec<_>>())
}

fn installations_as_table(installed: &[Installation]) -> String {
    let row = |one: &Installation| {
        [ClientId(one.app).to_string(), one.installed.to_string(), one.scopes.to_string()]
    };
    output::table(["CLIENT ID", "INSTALLED", "SCOPES"], &installed.iter().map(row).collect::<Vec<_>>())
}

fn as_text(app: &App) -> String {
    let mut lines = vec![
        format!("client id:    {}", app.client_id()),
        format!("name:         {}", app.name),
        format!("created:      {}", app.created),
        format!("scopes:       {}", app.scopes),
    ];
    lines.extend(app.redirect_urls.iter().map(|url| format!("redirect URL: {url}")));
    for webhook in &app.webhooks {
        lines.push(format!("webhook URL:  {}", webhook.url.as_str()));
        lines.push(format!("  events:     {}", webhook.events));
        lines.push(format!("  spelling:   {}", webhook.spelling.name()));
        lines.extend(webhook.headers.iter().map(|header| format!("  header:     {}", header.name())));
    }
    lines.extend(app.webhooks_off_since.map(|since| format!("webhooks are switched off since {since}")));
    lines.join("\n")
}

fn as_json(app: &App) -> Value {
    let webhooks = app.webhooks.iter().map(|webhook| {
        json!({
            "url": webhook.url.as_str(),
            "events": webhook.events.iter().map(|event| event.name(webhook.spelling)).collect::<Vec<_>>(),
            "spelling": webhook.spelling.name(),
            // Values may be secrets.
            "headers": webhook.headers.iter().map(WebhookHeader::name).collect::<Vec<_>>(),
        })
    });
    json!({
        "clientId": app.client_id().to_string(),
        "name": app.name.as_str(),
        "scopes": app.scopes.iter().collect::<Vec<_>>(),
        "redirectUrls": app.redirect_urls.iter().map(RedirectUrl::as_str).collect::<Vec<_>>(),
        "webhooks": webhooks.collect::<Vec<_>>(),
        "webhooksOffSince": app.webhooks_off_since.map(|since| since.to_string()),
        "created": app.created.to_string(),
    })
}

fn installation_as_json(installation: &Installation) -> Value {
    json!({
        "clientId": ClientId(installation.app).to_string(),
        "scopes": installation.scopes.iter().collect::<Vec<_>>(),
        "installed": installation.installed.to_string(),
    })
}

fn pretty(value: &Value) -> Result<String> {
    Ok(serde_json::to_string_pretty(value)?)
}
