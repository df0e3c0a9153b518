//! Webhooks: what an app that listens costs the creates of contacts, and how fast its receiver is told of them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;
use bytes::Bytes;
use clap::Args;
use serde::Serialize;
use serde_json::Value;
use ureq::Agent;

use crate::contacts::fresh_directory;
use crate::contender::Contender;
use crate::load::Load;
use crate::measure::{Round, measure};
use crate::report::{self, Summary, Target};
use crate::statistics::median;
use crate::table::{Table, grouped};
use crate::{Pace, Places, shopfolk};

/// Customers whose contacts are created.
const CUSTOMERS: u32 = 10_000;
/// The bare loop sends over so many connections at once.
const SENDERS: usize = 4;
/// What the bare loop sends is as long as the body of a webhook.
const BODY: &str = r#"{"eventId":"0f8fad5b-d9cb-469f-a165-70867728950e","eventCreated":1742987232,"storeId":1003,"entityId":177737165,"eventType":"customer.updated","data":{"customerEmail":"anna@example.com"}}"#;

/// What `shopfolk-bench webhooks` takes.
#[derive(Debug, Args)]
#[command(args_override_self = true)]
pub struct Settings {
    #[command(flatten)]
    pace: Pace,
    #[command(flatten)]
    places: Places,
    /// The program before it had webhooks, to compare creates without an app with
    #[arg(long, value_name = "PROGRAM")]
    before: Option<PathBuf>,
}

/// How many webhooks a second came to the receiver.
#[derive(Debug, Clone, Copy, Serialize)]
struct Delivered {
    /// From a server that has some waiting.
    by_shopfolk: f64,
    /// From a loop that does nothing else.
    by_bare_loop: f64,
}

/// Measures and prints the tables.
///
/// # Errors
/// When a program fails, a request is refused or lost, or nothing is delivered.
pub fn run(settings: &Settings) -> Result<()> {
    let work = fresh_directory(&settings.places.work.join("webhooks"))?;
    let load = Load::prepare(&work, &settings.pace)?;
    let receiver = Receiver::start()?;
    let program = &settings.places.shopfolk;
    let mut contenders = vec![
        ("no app", prepare(program, &work.join("none"), None)?),
        ("one app", prepare(program, &work.join("app"), Some(&receiver))?),
    ];
    if let Some(before) = &settings.before {
        contenders.push(("before", prepare(before, &work.join("before"), None)?));
    }
    let (mut rounds, mut delivered) = (Vec::<Round>::new(), Vec::new());
    for round in 1..=settings.pace.rounds {
        for (subject, contender) in &mut contenders {
            rounds.push(measure(contender, subject, &load, &settings.pace, round)?);
        }
        let with_app = contenders.iter().find(|(subject, _)| *subject == "one app");
        let (_, contender) = with_app.context("nobody has an app")?;
        delivered.push(Delivered {
            by_shopfolk: deliveries(contender, &receiver, settings.pace.seconds)?,
            by_bare_loop: bare_loop(&receiver, settings.pace.seconds)?,
        });
        contenders.rotate_left(1);
    }
    report(settings, &rounds, &delivered);
    Ok(())
}

/// A store with customers, and where there is a receiver an app that has it told of every customer that changes.
fn prepare(program: &Path, directory: &Path, receiver: Option<&Receiver>) -> Result<Contender> {
    let mut prepared = shopfolk::prepare(program, directory, CUSTOMERS, 1)?;
    prepared.contender.write_customers(prepared.ids.iter().map(u64::to_string))?;
    if let Some(receiver) = receiver {
        let database = shopfolk::url(&directory.join("shopfolk.db"));
        let create = [
            "app",
            "create",
            "--name",
            "Bench",
            "--scopes",
            "read_customers",
            "--redirect-url",
            "https://app.example/callback",
            "--webhook-url",
            &receiver.url,
            "--json",
        ];
        let app: Value = serde_json::from_str(&shopfolk::command(program, &database, &create)?)?;
        let client = app["clientId"].as_str().context("the app has no client id")?;
        let store = shopfolk::STORE.to_string();
        shopfolk::command(program, &database, &["app", "install", "--app", client, "--store", &store])?;
        prepared.contender.arguments.push("--webhook-allow-private".to_owned());
    }
    Ok(prepared.contender)
}

/// How many webhooks a second a server delivers that has many waiting, and nothing else to do.
fn deliveries(contender: &Contender, receiver: &Receiver, seconds: u32) -> Result<f64> {
    let server = contender.start_unloaded()?;
    let rate = receiver.rate(Duration::from_secs(seconds.into()));
    server.stop()?;
    ensure!(rate > 0.0, "no webhook was delivered");
    Ok(rate)
}

/// How many requests a second a loop sends over kept connections, and waits for their answers.
fn bare_loop(receiver: &Receiver, seconds: u32) -> Result<f64> {
    let time = Duration::from_secs(seconds.into());
    let until = Instant::now() + time;
    let send = || -> Result<()> {
        let agent = Agent::new_with_defaults();
        while Instant::now() < until {
            agent.post(&receiver.url).header("Content-Type", "application/json").send(BODY)?;
        }
        Ok(())
    };
    thread::scope(|scope| {
        let senders: Vec<_> = (0..SENDERS).map(|_| scope.spawn(send)).collect();
        let rate = receiver.rate(time);
        for sender in senders {
            sender.join().map_err(|_| anyhow::anyhow!("a sender panicked"))??;
        }
        Ok(rate)
    })
}

/// Takes webhooks, answers at once, and counts them.
struct Receiver {
    url: String,
    count: Arc<AtomicU64>,
}

impl Receiver {
    fn start() -> Result<Self> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").context("cannot find a free port")?;
        listener.set_nonblocking(true)?;
        let url = format!("http://{}/hooks", listener.local_addr()?);
        let count = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&count);
        let receive = move |body: Bytes| {
            let counted = Arc::clone(&counted);
            // A body that nobody reads would end the connection.
            async move {
                drop(body);
                counted.fetch_add(1, Ordering::Relaxed);
                StatusCode::OK
            }
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        thread::spawn(move || {
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener)?;
                axum::serve(listener, Router::new().route("/hooks", post(receive))).await
            })
        });
        Ok(Self { url, count })
    }

    /// How many come a second, from the first one on.
    #[expect(clippy::cast_precision_loss, reason = "counts of a run that takes seconds")]
    fn rate(&self, time: Duration) -> f64 {
        let (begin, before) = (Instant::now(), self.count.load(Ordering::Relaxed));
        while self.count.load(Ordering::Relaxed) == before && begin.elapsed() < time {
            thread::sleep(Duration::from_millis(1));
        }
        let (first, before) = (Instant::now(), self.count.load(Ordering::Relaxed));
        thread::sleep(time);
        (self.count.load(Ordering::Relaxed) - before) as f64 / first.elapsed().as_secs_f64()
    }
}

fn report(settings: &Settings, rounds: &[Round], delivered: &[Delivered]) {
    let names = ["no app", "one app", "before"];
    let measured = names.iter().filter(|name| rounds.iter().any(|round| round.subject == **name));
    let summaries: Vec<Summary> = measured.map(|name| Summary::of(name, rounds)).collect();
    println!("{}", report::figures(&summaries));
    let by_shopfolk = median(delivered.iter().map(|round| round.by_shopfolk));
    let by_bare_loop = median(delivered.iter().map(|round| round.by_bare_loop));
    let mut table = Table::new(["median of the rounds", "Shopfolk", "bare loop"]);
    table.row("webhooks/s", [grouped(by_shopfolk), grouped(by_bare_loop)]);
    println!("{}", table.render());
    let mut targets = vec![Target::at_least(
        "Shopfolk / bare loop, webhooks/s",
        "at least 0.5",
        by_shopfolk / by_bare_loop,
        0.5,
    )];
    if let [none, one, rest @ ..] = &summaries[..] {
        targets.push(Target::at_least(
            "one app / no app, creates/s",
            "at least 0.8",
            one.rate / none.rate,
            0.8,
        ));
        for before in rest {
            let ratio = none.rate / before.rate;
            targets.push(Target::at_least("no app / before, creates/s", "at least 0.98", ratio, 0.98));
        }
    }
    println!("{}", report::targets(&targets));
    println!(
        "Made by `bench/run webhooks --rounds {} --seconds {}`.",
        settings.pace.rounds, settings.pace.seconds
    );
}
