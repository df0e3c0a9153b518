//! The usual requests of small stores, and how long they take.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use http::{Method, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

use super::filling::{READ_STORE, Stage, WRITTEN_STORE};
use crate::client::Client;
use crate::statistics::percentile;

/// From one request to the next of the same client.
const OFTEN: Duration = Duration::from_millis(20);
const SELDOM: Duration = Duration::from_millis(50);
static ALWAYS: AtomicBool = AtomicBool::new(true);
/// The contact that is created next. It goes on over the rounds: one that is there already is answered without a write.
static SERIAL: AtomicU64 = AtomicU64::new(0);

/// The clients that are measured.
pub(super) struct Measured {
    read: Client,
    written: Client,
    read_customers: Vec<u64>,
    written_customers: Vec<u64>,
}

/// How long each kind of request took.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Times {
    /// One customer of a small store.
    pub(super) read: Time,
    /// A new contact in a small store.
    pub(super) create: Time,
    /// A search in a store of 100 customers.
    pub(super) search: Time,
    /// `/healthz`.
    pub(super) health: Time,
}

/// How long requests took, in milliseconds.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Time {
    pub(super) p50: f64,
    pub(super) p99: f64,
    pub(super) slowest: f64,
    pub(super) answered: u64,
    /// How many had another answer than 200, or none.
    pub(super) failed: u64,
}

impl Measured {
    /// Gets to know the customers of the small stores.
    ///
    /// # Errors
    /// When the server refuses it.
    pub(super) fn prepare(stage: &Stage, address: SocketAddr) -> Result<Self> {
        let read = Client::new(address, Some(&stage.read));
        let written = Client::new(address, Some(&stage.written));
        let (read_customers, written_customers) = (ids(&read, READ_STORE)?, ids(&written, WRITTEN_STORE)?);
        Ok(Self { read, written, read_customers, written_customers })
    }

    /// Asks for everything, each by a client of its own, until it is told to end.
    ///
    /// # Errors
    /// When a thread fails.
    pub(super) fn ask_until(&self, goes_on: &AtomicBool) -> Result<Times> {
        let get = |path: &str| self.read.ask(&Method::GET, path, None, &ALWAYS);
        thread::scope(|scope| {
            let read = scope.spawn(|| {
                time(OFTEN, goes_on, |number| {
                    let customer = of(&self.read_customers, number);
                    get(&format!("/api/v3/{READ_STORE}/customers/{customer}"))
                })
            });
            let create = scope.spawn(|| time(OFTEN, goes_on, |number| self.create(number)));
            let search = scope.spawn(|| {
                let path = format!("/api/v3/{READ_STORE}/customers?keyword=a&sortBy=NAME_ASC");
                time(SELDOM, goes_on, |_| get(&path))
            });
            let health = scope.spawn(|| time(OFTEN, goes_on, |_| get("/healthz")));
            Ok(Times {
                read: joined(read)?,
                create: joined(create)?,
                search: joined(search)?,
                health: joined(health)?,
            })
        })
    }

    fn create(&self, number: u64) -> Result<StatusCode> {
        let customer = of(&self.written_customers, number);
        let path = format!("/api/v3/{WRITTEN_STORE}/customers/{customer}/contacts");
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let body = json!({ "type": "EMAIL", "contact": format!("person{serial}@example.com") });
        self.written.ask(&Method::POST, &path, Some(&body), &ALWAYS)
    }
}

/// The customers of a small store.
fn ids(client: &Client, store: u64) -> Result<Vec<u64>> {
    let answer: Value = client.get(&format!("/api/v3/{store}/customers_ids"))?;
    let ids = answer["ids"].as_array().context("there are no ids")?;
    ensure!(!ids.is_empty(), "store {store} has no customers");
    ids.iter().map(|id| id.as_u64().context("an id is no number")).collect()
}

/// One after the other, and the first again after the last.
fn of(customers: &[u64], number: u64) -> u64 {
    customers[usize::try_from(number).unwrap_or_default() % customers.len()]
}

/// What a thread came to.
///
/// # Errors
/// When it panicked.
pub(super) fn joined<T>(thread: ScopedJoinHandle<'_, T>) -> Result<T> {
    thread.join().map_err(|_| anyhow!("a measuring thread panicked"))
}

/// Asks at regular times. Who asks again only when the answer has come would hardly notice a server that stands still for
/// seconds; so those requests count too that were due meanwhile, with the time that they would have waited.
fn time(interval: Duration, goes_on: &AtomicBool, ask: impl Fn(u64) -> Result<StatusCode>) -> Time {
    let (mut times, mut answered, mut failed) = (Vec::new(), 0, 0);
    for number in 0.. {
        if !goes_on.load(Ordering::Relaxed) {
            break;
        }
        let asked = Instant::now();
        match ask(number) {
            Ok(StatusCode::OK) => answered += 1,
            Ok(_) | Err(_) => failed += 1,
        }
        let took = asked.elapsed();
        let mut left = Some(took);
        while let Some(waited) = left {
            times.push(waited.as_secs_f64() * 1e3);
            left = waited.checked_sub(interval);
        }
        thread::sleep(interval.saturating_sub(took));
    }
    times.sort_by(f64::total_cmp);
    Time {
        p50: percentile(&times, 50),
        p99: percentile(&times, 99),
        slowest: times.last().copied().unwrap_or_default(),
        answered,
        failed,
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::sync::atomic::AtomicBool;
    use std::time::Duration;

    use http::StatusCode;

    use super::{Ordering, thread, time};

    #[test]
    fn requests_that_were_due_while_one_waited_count_too() {
        let goes_on = AtomicBool::new(true);
        let asked = Cell::new(0);
        let time = time(Duration::from_millis(10), &goes_on, |number| {
            asked.set(asked.get() + 1);
            goes_on.store(false, Ordering::Relaxed);
            thread::sleep(Duration::from_millis(100));
            Ok(if number == 0 { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK })
        });
        assert_eq!((asked.get(), time.answered, time.failed), (1, 0, 1));
        assert!(time.slowest >= 100.0 && time.p50 < time.slowest, "{time:?}");
    }
}
