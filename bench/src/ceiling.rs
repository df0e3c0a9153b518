//! The ceiling: a bare server with the same route that checks a token in memory, parses the same JSON and answers an
//! object of the same size, and keeps nothing. What any server on these parts could reach at most.

use std::collections::HashMap;
use std::fs;
use std::net::SocketAddr;
use std::path::Path as FilePath;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bytes::Bytes;
use clap::Args;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};

use crate::contender::{Contender, CustomerPlace};

/// The store whose route is loaded; Shopfolk's store has the same number.
const STORE: u64 = 1003;
/// As long as a real one.
const TOKEN: &str = "secret_0123456789abcdefghijklmnopqrstuv";

/// What `shopfolk-bench ceiling` takes.
#[derive(Debug, Args)]
pub struct Settings {
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
}

/// The ceiling as a contender: this same program, with ids of customers that it never looks at.
///
/// # Errors
/// When the list of customers cannot be written, or this program's own path is unknown.
pub fn prepare(work: &FilePath, customers: u32) -> Result<Contender> {
    let directory = work.join("ceiling");
    fs::create_dir_all(&directory).context("cannot make the ceiling's directory")?;
    let mut contender = Contender {
        name: "ceiling",
        program: std::env::current_exe().context("cannot find this program's own path")?,
        arguments: ["ceiling", "--listen", "{address}"].map(String::from).to_vec(),
        path: format!("/api/v3/{STORE}/customers/{{customer}}/contacts"),
        place: CustomerPlace::Path,
        token: TOKEN.to_owned(),
        customers: directory.join("customers.txt"),
        database: None,
        contacts: "contacts",
        log: directory.join("server.log"),
        runs: 0,
    };
    contender.write_customers((1..=customers).map(|id| id.to_string()))?;
    Ok(contender)
}

/// Serves until the process is ended.
///
/// # Errors
/// When the address cannot be used.
pub fn run(settings: &Settings) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    runtime.block_on(async {
        let state = Arc::new(Ceiling {
            tokens: HashMap::from([(TOKEN.to_owned(), Access { store: STORE })]),
            last_id: AtomicU64::new(0),
        });
        let router = Router::new()
            .route("/api/v3/{store}/customers/{customer}/contacts", post(create))
            .with_state(state);
        let listener = tokio::net::TcpListener::bind(settings.listen)
            .await
            .with_context(|| format!("cannot listen on {}", settings.listen))?;
        axum::serve(listener, router).await.context("the server stopped")
    })
}

struct Ceiling {
    tokens: HashMap<String, Access>,
    last_id: AtomicU64,
}

struct Access {
    store: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ContactIn {
    contact: String,
    #[serde(rename = "type")]
    kind: String,
    handle: Option<String>,
    note: Option<String>,
    default: Option<bool>,
    order_by: Option<u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ContactOut {
    create_count: u32,
    id: u64,
    contact: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    handle: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    default: bool,
    order_by: u32,
    timestamp: &'static str,
}

async fn create(
    State(ceiling): State<Arc<Ceiling>>,
    Path((store, _customer)): Path<(u64, u64)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let token = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let access = token.and_then(|token| ceiling.tokens.get(token));
    if access.is_none_or(|access| access.store != store) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let Ok(contact) = serde_json::from_slice::<ContactIn>(&body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let answer = ContactOut {
        create_count: 1,
        id: ceiling.last_id.fetch_add(1, Ordering::Relaxed) + 1,
        contact: contact.contact,
        kind: contact.kind,
        handle: contact.handle,
        note: contact.note,
        default: contact.default.unwrap_or_default(),
        order_by: contact.order_by.unwrap_or_default(),
        timestamp: "2025-03-26 11:07:12 +0000",
    };
    match serde_json::to_vec(&answer) {
        Ok(body) => ([(CONTENT_TYPE, "application/json; charset=utf-8")], body).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
