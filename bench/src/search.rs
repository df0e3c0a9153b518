//! Searches in a store of 10 thousand and one of a million customers, and creates while searches run.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde::Serialize;
use serde_json::{Value, json};

use crate::chart::{self, Bar, Panel};
use crate::client::Client;
use crate::contacts::fresh_directory;
use crate::contender::Contender;
use crate::load::Load;
use crate::measure::settle_disk;
use crate::report::{self, Report, Target};
use crate::server::Server;
use crate::shopfolk::{self, STORE, url};
use crate::statistics::{median, percentile};
use crate::table::{Table, grouped};
use crate::{Pace, Places};

/// The store that the large one is compared with.
const SMALL_STORE: u64 = STORE + 1;
const SCOPES: &str = "read_customers,create_customers";
/// How many customers have just been updated.
const CHANGED_CUSTOMERS: u32 = 50;
/// A query is asked at most so often in each store.
const MOST_ASKED: usize = 200;
/// A query is asked no longer than this in each store.
const LONGEST: Duration = Duration::from_secs(3);
/// How many customers the creates are for.
const LOADED_CUSTOMERS: usize = 10_000;
/// How many clients search at once while creates are measured.
const SEARCHERS: usize = 2;

const EXPLANATION: &str = "The customers are made by `shopfolk generate`: names in several scripts, 1 to 12 contacts each, 0 to 2 \
    addresses; 50 customers of each store got one more contact just before. Each query is asked by one client, one request after \
    the other, with the total and the first 100 customers with all their contacts; \"found\" is the total in the large store. \
    Creates are measured with and without clients that search the large store without a pause, in turns.";

/// What `shopfolk-bench search` takes.
#[derive(Debug, Args)]
#[command(args_override_self = true)]
pub struct Settings {
    #[command(flatten)]
    pace: Pace,
    #[command(flatten)]
    places: Places,
    /// How many customers the large store has.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(20_000..))]
    customers: u64,
    /// How many customers the small store has.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1_000..))]
    small: u64,
}

/// A kind of query: its name, what must hold, and the query in a store.
struct Question {
    name: &'static str,
    rule: Rule,
    path: fn(&Store) -> String,
}

/// What is wanted of a query's time.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// The large store takes at most three times as long as the small one, and 50 ms.
    Exact,
    /// The large store takes at most 1.2 times as long as the small one.
    ById,
    /// The large store takes at most 50 ms, 200 ms if it finds more than 100,000.
    Search,
}

const QUESTIONS: [Question; 14] = [
    Question {
        name: "one customer by id",
        rule: Rule::ById,
        path: |store| format!("customers/{}", store.id),
    },
    Question {
        name: "exact e-mail",
        rule: Rule::Exact,
        path: |store| format!("customers?useExactEmailMatch=true&email={}", store.email),
    },
    Question { name: "e-mail part", rule: Rule::Search, path: |_| "customers?email=.1-777".to_owned() },
    Question { name: "name part, 3 letters", rule: Rule::Search, path: |_| "customers?name=mar".to_owned() },
    Question {
        name: "name part, 1 letter",
        rule: Rule::Search,
        path: |_| "customers?name=%E5%B0%8F".to_owned(),
    },
    Question { name: "keyword", rule: Rule::Search, path: |_| "customers?keyword=smith".to_owned() },
    Question { name: "phone part", rule: Rule::Search, path: |_| "customers?phone=4930".to_owned() },
    Question {
        name: "group, sorted by name",
        rule: Rule::Search,
        path: |_| "customers?customerGroup=0&sortBy=NAME_ASC".to_owned(),
    },
    Question { name: "city", rule: Rule::Search, path: |_| "customers?city=north".to_owned() },
    Question {
        name: "contact part",
        rule: Rule::Search,
        path: |_| "customers?contact=facebook.com%2Fjoh".to_owned(),
    },
    Question {
        name: "contact part, very many",
        rule: Rule::Search,
        path: |_| "customers?contact=facebook.com".to_owned(),
    },
    Question { name: "everybody, page 1", rule: Rule::Search, path: |_| "customers".to_owned() },
    Question {
        name: "everybody, page 1,000",
        rule: Rule::Search,
        path: |_| "customers?offset=99900".to_owned(),
    },
    Question {
        name: "updated just now",
        rule: Rule::Exact,
        path: |store| format!("customers?updatedFrom={}", store.since),
    },
];

/// A store that is searched.
struct Store {
    number: u64,
    client: Client,
    /// One of its customers.
    id: u64,
    /// The e-mail address of that customer.
    email: String,
    /// The time, in seconds since 1970, after which some of its customers got a contact.
    since: u64,
}

/// How long a query took in both stores, in milliseconds.
#[derive(Debug, Serialize)]
struct Asked {
    query: &'static str,
    small_median: f64,
    small_p99: f64,
    large_median: f64,
    large_p99: f64,
    found: Option<u64>,
    met: bool,
}

/// The creates of one round.
#[derive(Debug, Serialize)]
struct Creates {
    round: u32,
    alone: f64,
    beside_searches: f64,
    searches: f64,
}

/// Everything that was measured.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Row {
    Asked(Asked),
    Creates(Creates),
}

/// Measures, prints the tables and writes the report.
///
/// # Errors
/// When Shopfolk fails or refuses a request, or a file cannot be written.
pub fn run(settings: &Settings) -> Result<()> {
    let work = fresh_directory(&settings.places.work.join("search"))?;
    let load = Load::prepare(&work, &settings.pace)?;
    let program = &settings.places.shopfolk;
    let file = work.join("shopfolk.db");
    let database = url(&file);
    let mut tokens = Vec::new();
    for (store, customers) in [(SMALL_STORE, settings.small), (STORE, settings.customers)] {
        let (id, customers) = (store.to_string(), customers.to_string());
        shopfolk::command(program, &database, &["store", "create", "--id", &id, "--name", "Bench"])?;
        eprintln!("generating {customers} customers");
        shopfolk::command(program, &database, &["generate", "--store", &id, "--customers", &customers])?;
        tokens.push(shopfolk::command(
            program,
            &database,
            &["token", "create", "--store", &id, "--scopes", SCOPES],
        )?);
    }
    let [small_token, token] = &tokens[..] else { return Ok(()) };
    let mut contender = shopfolk::contender(program, &work, &database, token.clone());
    contender.database = Some(file);
    settle_disk()?;
    let server = contender.start_unloaded()?;
    let small = Store::open(&server, SMALL_STORE, small_token, settings.small)?;
    let large = Store::open(&server, STORE, token, settings.customers)?;
    let asked = QUESTIONS.iter().map(|question| ask(question, &small, &large)).collect::<Result<Vec<_>>>()?;
    let ids: Value = large.client.get(&large.path("customers_ids"))?;
    let ids = ids["ids"].as_array().context("there are no ids")?;
    let step = ids.len().div_ceil(LOADED_CUSTOMERS).max(1);
    contender.write_customers(ids.iter().step_by(step).map(ToString::to_string))?;
    let creates = (1..=settings.pace.rounds)
        .map(|round| create(&mut contender, &server, &load, &large, &settings.pace, round))
        .collect::<Result<Vec<_>>>()?;
    server.stop()?;
    write_report(settings, asked, creates)
}

impl Store {
    fn open(server: &Server, number: u64, token: &str, customers: u64) -> Result<Self> {
        let client = Client::new(server.address(), Some(token));
        let mut store = Self { number, client, id: 0, email: String::new(), since: seconds_now() + 1 };
        let page = store.client.get(&store.path(&format!("customers?offset={}&limit=1", customers / 2)))?;
        ensure!(page["total"] == customers, "store {number} has {} customers", page["total"]);
        let customer = &page["items"][0];
        store.id = customer["id"].as_u64().context("the customer has no id")?;
        customer["email"].as_str().context("the customer has no e-mail")?.clone_into(&mut store.email);
        // The customers were generated before.
        while seconds_now() < store.since {
            thread::sleep(Duration::from_millis(20));
        }
        let page =
            store.client.get(&store.path(&format!("customers?offset=500&limit={CHANGED_CUSTOMERS}")))?;
        for customer in page["items"].as_array().context("the page has no items")? {
            let path = store.path(&format!("customers/{}/contacts", customer["id"]));
            let contact = json!({ "type": "PHONE", "contact": format!("+49 30 {}", customer["id"]) });
            store.client.post(&path, &contact)?;
        }
        Ok(store)
    }

    fn path(&self, call: &str) -> String {
        format!("/api/v3/{}/{call}", self.number)
    }

    /// Asks again and again, and answers how long it took each time, and how many were found.
    fn ask(&self, question: &Question) -> Result<(Vec<f64>, Option<u64>)> {
        let began = Instant::now();
        let mut times = Vec::new();
        let mut found = None;
        while times.len() < MOST_ASKED && (times.len() < 10 || began.elapsed() < LONGEST) {
            let path = self.path(&(question.path)(self));
            let asked = Instant::now();
            let answer = self.client.get(&path)?;
            times.push(asked.elapsed().as_secs_f64() * 1e3);
            found = answer["total"].as_u64();
        }
        times.sort_by(f64::total_cmp);
        Ok((times, found))
    }
}

fn ask(question: &Question, small: &Store, large: &Store) -> Result<Asked> {
    let (small_times, _) = small.ask(question)?;
    let (large_times, found) = large.ask(question)?;
    let (small_median, large_median) =
        (median(small_times.iter().copied()), median(large_times.iter().copied()));
    let (small_p99, large_p99) = (percentile(&small_times, 99), percentile(&large_times, 99));
    let limit = if found.is_some_and(|found| found > 100_000) { 200.0 } else { 50.0 };
    let met = match question.rule {
        Rule::ById => large_median <= small_median * 1.2,
        Rule::Exact => large_median <= (small_median * 3.0).min(limit) && large_p99 <= small_p99 * 3.0,
        Rule::Search => large_median <= limit,
    };
    eprintln!("{}: {small_median:.2} ms and {large_median:.2} ms", question.name);
    Ok(Asked { query: question.name, small_median, small_p99, large_median, large_p99, found, met })
}

/// Loads the large store with creates, alone and beside clients that search it.
#[expect(clippy::cast_precision_loss, reason = "counts of a run that takes seconds")]
fn create(
    contender: &mut Contender,
    server: &Server,
    load: &Load,
    store: &Store,
    pace: &Pace,
    round: u32,
) -> Result<Creates> {
    load.run(contender, server, pace.warm_up)?;
    let alone = load.run(contender, server, pace.seconds)?.rate();
    let stop = AtomicBool::new(false);
    let answered = AtomicU64::new(0);
    let beside = thread::scope(|scope| -> Result<f64> {
        for first in 0..SEARCHERS {
            let (stop, answered) = (&stop, &answered);
            scope.spawn(move || {
                let questions = QUESTIONS.iter().filter(|question| question.rule == Rule::Search).cycle();
                for question in questions.skip(first * 3) {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    // A search that fails is not counted, and shows in the rate.
                    if store.client.get(&store.path(&(question.path)(store))).is_ok() {
                        answered.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        let outcome = load.run(contender, server, pace.seconds);
        stop.store(true, Ordering::Relaxed);
        Ok(outcome?.rate())
    })?;
    let searches = answered.load(Ordering::Relaxed) as f64 / f64::from(pace.seconds);
    eprintln!("round {round}: {alone:.0} creates/s alone, {beside:.0} beside {searches:.0} searches/s");
    Ok(Creates { round, alone, beside_searches: beside, searches })
}

#[expect(clippy::disallowed_methods, reason = "the server that is asked goes by the same time")]
fn seconds_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

fn write_report(settings: &Settings, asked: Vec<Asked>, creates: Vec<Creates>) -> Result<()> {
    let heads = [
        "query".to_owned(),
        format!("median, {} customers", grouped_count(settings.small)),
        "p99".to_owned(),
        format!("median, {} customers", grouped_count(settings.customers)),
        "p99".to_owned(),
        "found".to_owned(),
        "met".to_owned(),
    ];
    let mut table = Table::new(heads);
    for row in &asked {
        table.row(
            row.query,
            [
                format!("{:.2} ms", row.small_median),
                format!("{:.2} ms", row.small_p99),
                format!("{:.2} ms", row.large_median),
                format!("{:.2} ms", row.large_p99),
                row.found.map_or_else(String::new, grouped_count),
                if row.met { "yes".to_owned() } else { "no".to_owned() },
            ],
        );
    }
    let rates = |rate: fn(&Creates) -> f64| median(creates.iter().map(rate));
    let (alone, beside) = (rates(|row| row.alone), rates(|row| row.beside_searches));
    let searches = rates(|row| row.searches);
    let figures = format!(
        "{}\nContacts created a second, medians: {} alone, {} beside {searches:.0} searches a second.\n",
        table.render(),
        grouped(alone),
        grouped(beside)
    );
    let slowest = asked
        .iter()
        .filter(|row| row.found.is_none_or(|found| found <= 100_000))
        .map(|row| row.large_median)
        .fold(0.0, f64::max);
    let targets = [
        Target::at_most("slowest median that finds up to 100,000, ms", "at most 50", slowest, 50.0),
        Target::at_least("creates beside searches / alone", "at least 0.50", beside / alone, 0.5),
    ];
    println!("{figures}\n{}", report::targets(&targets));
    let Pace { rounds, seconds, connections, .. } = settings.pace;
    let command = format!(
        "bench/run search --rounds {rounds} --seconds {seconds} --connections {connections} --customers {} --small {}",
        settings.customers, settings.small
    );
    let chart = draw(&asked);
    let rows: Vec<Row> =
        asked.into_iter().map(Row::Asked).chain(creates.into_iter().map(Row::Creates)).collect();
    Report {
        name: "search",
        title: "Searching customers",
        command: &command,
        explanation: EXPLANATION,
        figures: &figures,
        targets: &targets,
        chart: &chart,
        rounds: &rows,
    }
    .write(&settings.places.results)
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
fn grouped_count(count: u64) -> String {
    grouped(count as f64)
}

fn draw(asked: &[Asked]) -> String {
    let bar = |row: &Asked| Bar {
        label: row.query.to_owned(),
        value: row.large_median,
        text: format!("{:.1} ms", row.large_median),
        ours: true,
    };
    let panel = Panel {
        title: "Median time of an answer, in the large store",
        note: "less is better",
        bars: asked.iter().map(bar).collect(),
    };
    chart::render("Searching customers", "Shopfolk on one machine, one client beside the server", &[panel])
}
