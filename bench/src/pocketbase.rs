//! PocketBase as a contender: collections equal to Shopfolk's customers and contacts, a signed-in user, no request log.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::client::Client;
use crate::contender::{Contender, CustomerPlace};
use crate::seeder::seed;
use crate::server::Server;

const OWNER: &str = "owner@example.com";
const USER: &str = "clerk@example.com";
const PASSWORD: &str = "only-for-this-measurement";
/// Only signed-in requests pass, as with Shopfolk's token.
const SIGNED_IN: &str = "@request.auth.id != \"\"";
const CONTACT_TYPES: [&str; 15] = [
    "EMAIL",
    "PHONE",
    "FACEBOOK",
    "INSTAGRAM",
    "TWITTER",
    "YOUTUBE",
    "TIKTOK",
    "PINTEREST",
    "VK",
    "FB_MESSENGER",
    "WHATSAPP",
    "TELEGRAM",
    "VIBER",
    "URL",
    "OTHER",
];

/// Makes an empty PocketBase with the collections and the customers, and a token of an ordinary user.
///
/// # Errors
/// When PocketBase does not run or refuses one of the steps.
pub fn prepare(program: &Path, work: &Path, customers: u32) -> Result<Contender> {
    let directory = work.join("pocketbase");
    fs::create_dir_all(&directory).context("cannot make PocketBase's directory")?;
    let data = directory.join("data");
    make_owner(program, &data)?;

    let log = directory.join("server.log");
    let arguments: Vec<String> = vec![
        "serve".to_owned(),
        "--http={address}".to_owned(),
        dir_argument(&data),
        "--automigrate=false".to_owned(),
    ];
    let server = Server::start(program, &arguments, &log).context("cannot start PocketBase")?;
    let token = set_up(&server).context("cannot set PocketBase up")?;
    eprintln!("seeding PocketBase: {customers} customers");
    let ids = seed(customers, || Client::new(server.address(), Some(&token)), create_customer)?;
    server.stop().context("PocketBase did not stop")?;

    let mut contender = Contender {
        name: "PocketBase",
        program: program.to_owned(),
        arguments,
        path: "/api/collections/contacts/records".to_owned(),
        place: CustomerPlace::Body,
        token,
        customers: directory.join("customers.txt"),
        database: Some(data.join("data.db")),
        contacts: "contacts",
        log,
        runs: 0,
    };
    contender.write_customers(ids)?;
    Ok(contender)
}

fn dir_argument(data: &Path) -> String {
    format!("--dir={}", data.display())
}

/// Without an owner PocketBase would open a page in a browser and wait for one to be made.
fn make_owner(program: &Path, data: &Path) -> Result<()> {
    let output = Command::new(program)
        .args(["superuser", "upsert", OWNER, PASSWORD, &dir_argument(data)])
        .output()
        .with_context(|| format!("cannot start {}", program.display()))?;
    ensure!(output.status.success(), "PocketBase made no owner: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// Switches the request log off, makes the collections and a user, and signs that user in.
fn set_up(server: &Server) -> Result<String> {
    let visitor = Client::new(server.address(), None);
    let owner = Client::new(server.address(), Some(&sign_in(&visitor, "_superusers", OWNER)?));
    // With no days to keep it for, PocketBase writes no log.
    let settings = owner.patch("/api/settings", &json!({ "logs": { "maxDays": 0 } }))?;
    ensure!(settings["logs"]["maxDays"] == 0, "the request log is still on: {}", settings["logs"]);
    let customers = owner.post("/api/collections", &customers_collection())?;
    let customers = customers["id"].as_str().context("the collection has no id")?;
    owner.post("/api/collections", &contacts_collection(customers))?;
    owner.post(
        "/api/collections/users/records",
        &json!({ "email": USER, "password": PASSWORD, "passwordConfirm": PASSWORD }),
    )?;
    sign_in(&visitor, "users", USER)
}

fn sign_in(visitor: &Client, collection: &str, email: &str) -> Result<String> {
    let path = format!("/api/collections/{collection}/auth-with-password");
    let answer = visitor.post(&path, &json!({ "identity": email, "password": PASSWORD }))?;
    answer["token"].as_str().map(str::to_owned).context("signing in gave no token")
}

fn create_customer(client: &Client, number: u32) -> Result<String> {
    let body = json!({ "email": format!("person{number}@example.com"), "name": format!("Person {number}") });
    let answer = client.post("/api/collections/customers/records", &body)?;
    answer["id"].as_str().map(str::to_owned).context("the customer has no id")
}

fn customers_collection() -> Value {
    json!({
        "name": "customers",
        "type": "base",
        "createRule": SIGNED_IN,
        "fields": [
            { "name": "email", "type": "email", "required": true },
            { "name": "name", "type": "text" },
        ],
        "indexes": ["CREATE UNIQUE INDEX customers_email ON customers (email)"],
    })
}

/// `customer` is a relation, because Shopfolk too refuses a contact of a customer that does not exist.
fn contacts_collection(customers: &str) -> Value {
    json!({
        "name": "contacts",
        "type": "base",
        "createRule": SIGNED_IN,
        "fields": [
            { "name": "customer", "type": "relation", "required": true, "maxSelect": 1, "cascadeDelete": true,
              "collectionId": customers },
            { "name": "contact", "type": "text", "required": true, "max": 1024 },
            { "name": "type", "type": "select", "required": true, "maxSelect": 1, "values": CONTACT_TYPES },
            { "name": "handle", "type": "text", "max": 255 },
            { "name": "note", "type": "text", "max": 5000 },
            { "name": "is_default", "type": "bool" },
            { "name": "order_by", "type": "number", "onlyInt": true, "min": 0 },
            { "name": "timestamp", "type": "autodate", "onCreate": true },
        ],
        // It finds the contacts of a customer too; an index on the customer alone would only slow the creates down.
        "indexes": ["CREATE UNIQUE INDEX contacts_once ON contacts (customer, type, contact)"],
    })
}
