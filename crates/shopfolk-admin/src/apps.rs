//! For developers: the apps that the store let in, and the tokens that open it.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use shopfolk_model::{AppId, AttemptOutcome, ClientId, EventSpelling, StoreId, TokenRecord, WebhookAttempt};
use shopfolk_operations::{
    AttemptFilter, GetApp, ListAttempts, ListInstallations, ListTokens, OperationError,
};
use shopfolk_store::Engine;

use crate::layout::{Layout, Section};
use crate::page::answer;
use crate::page_error::PageError;
use crate::visitor::{Asked, Visitor};

/// How many deliveries are shown.
const DELIVERIES: usize = 20;

/// An app that the store let in.
pub(crate) struct AppLine {
    pub(crate) name: String,
    pub(crate) client_id: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) since: String,
}

/// A token; the token itself is not known.
pub(crate) struct TokenLine {
    pub(crate) id: String,
    pub(crate) kind: &'static str,
    pub(crate) scopes: Vec<String>,
    pub(crate) app: String,
    pub(crate) created: String,
    pub(crate) last_used: String,
}

/// A try to tell an app of an event.
pub(crate) struct DeliveryLine {
    pub(crate) event: String,
    pub(crate) app: String,
    pub(crate) tried: String,
    pub(crate) outcome: String,
    pub(crate) is_delivered: bool,
}

/// The page.
#[derive(Template)]
#[template(path = "apps.html")]
pub(crate) struct AppsPage {
    pub(crate) layout: Layout,
    pub(crate) store: String,
    pub(crate) apps: Vec<AppLine>,
    pub(crate) tokens: Vec<TokenLine>,
    pub(crate) deliveries: Vec<DeliveryLine>,
}

/// Shows the page.
pub(crate) async fn show<E: Engine>(visitor: Visitor<E>, Asked(asked): Asked) -> Result<Response, PageError> {
    let store = visitor.store.id;
    let list = ListAttempts { filter: AttemptFilter::default(), before: None, limit: DELIVERIES };
    let deliveries = visitor.read(list).await?.attempts;
    let deliveries = deliveries.iter().map(|attempt| DeliveryLine {
        event: attempt.event.event_type.name(EventSpelling::CamelCase).to_owned(),
        app: ClientId(attempt.webhook.app).to_string(),
        tried: attempt.tried.to_string(),
        outcome: outcome(attempt),
        is_delivered: attempt.is_delivered(),
    });
    let page = AppsPage {
        layout: Layout::new(&visitor, Section::Apps, "Apps").after(&asked),
        store: store.to_string(),
        deliveries: deliveries.collect(),
        apps: apps(&visitor).await?,
        tokens: tokens(&visitor).await?.iter().map(token_line).collect(),
    };
    answer(StatusCode::OK, &page)
}

fn outcome(attempt: &WebhookAttempt) -> String {
    match &attempt.outcome {
        AttemptOutcome::Answered { status, .. } => status.to_string(),
        AttemptOutcome::Failed(why) => why.clone(),
    }
}

fn token_line(token: &TokenRecord) -> TokenLine {
    TokenLine {
        id: token.id.to_string(),
        kind: token.kind.name(),
        scopes: token.scopes.iter().map(|scope| scope.name().to_owned()).collect(),
        app: token.app.map(|app| ClientId(app).to_string()).unwrap_or_default(),
        created: token.created.day().to_string(),
        last_used: token.last_used.map(|day| day.to_string()).unwrap_or_default(),
    }
}

async fn apps<E: Engine>(visitor: &Visitor<E>) -> Result<Vec<AppLine>, PageError> {
    let (mut lines, mut after) = (Vec::new(), None);
    while let Some(portion) = visitor.read(ListInstallations { after }).await? {
        for installation in portion.listed.items {
            lines.push(AppLine {
                name: app_name(visitor, installation.app).await?,
                client_id: ClientId(installation.app).to_string(),
                scopes: installation.scopes.iter().map(str::to_owned).collect(),
                since: installation.installed.day().to_string(),
            });
        }
        after = Some(portion.through);
    }
    Ok(lines)
}

async fn app_name<E: Engine>(visitor: &Visitor<E>, app: AppId) -> Result<String, PageError> {
    match visitor.engine().0.read(StoreId::PLATFORM, GetApp { app }).await {
        Ok(app) => Ok(app.name.to_string()),
        Err(OperationError::AppNotFound { .. }) => Ok(ClientId(app).to_string()),
        Err(error) => Err(error.into()),
    }
}

async fn tokens<E: Engine>(visitor: &Visitor<E>) -> Result<Vec<TokenRecord>, PageError> {
    let (mut tokens, mut after) = (Vec::new(), None);
    while let Some(portion) = visitor.read(ListTokens { store: visitor.store.id, after }).await? {
        tokens.extend(portion.listed.items);
        after = Some(portion.through);
    }
    Ok(tokens)
}
