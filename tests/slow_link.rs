//! A database that is far away: what moves many customers asks it for many at once, so that it gets through, and through
//! connections that are lost as well.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod harness;

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use shopfolk_test_postgres::proxy::Proxy;

use harness::{
    Client, Outcome, PATIENCE, Program, STORE, Server, Shop, StopOnDrop, customer_lines, customers,
    eventually,
};

/// As between two regions of a continent.
const ROUND_TRIP: Duration = Duration::from_millis(20);
const CUSTOMERS: u64 = 2_000;
/// Whoever asks for each customer by itself needs more round trips than one for so many.
const CUSTOMERS_A_ROUND_TRIP: u64 = 10;

/// A file with so many customers who have contacts, addresses and references, and pay taxes.
fn file(count: u64) -> String {
    let made = Shop::new();
    let (store, count) = (STORE.to_string(), count.to_string());
    made.program.run(&["generate", "--store", &store, "--customers", &count, "--seed", "7"]).succeeded();
    let exported = export(&made.program);
    let with_reference = |(number, line): (usize, &str)| {
        let mut customer: Value = serde_json::from_str(line).unwrap();
        customer["externalReferenceId"] = json!(format!("R{number}"));
        customer["taxExempt"] = json!(false);
        customer.to_string() + "\n"
    };
    customer_lines(&exported).enumerate().map(with_reference).collect()
}

/// The same customers, each of them changed.
fn without_taxes(file: &str) -> String {
    file.replace("\"taxExempt\":false", "\"taxExempt\":true")
}

fn export(program: &Program) -> String {
    program.run(&["export", "--store", &STORE.to_string(), "-"]).succeeded().stdout
}

fn import(program: &Program, file: &str) -> String {
    let store = STORE.to_string();
    program.run_with_input(&["import", "--store", &store, "-"], file.as_bytes()).succeeded().stderr
}

fn copy(from: &str, to: &str) -> Outcome {
    Outcome::of(Program::new().bare().args(["copy", "--from", from, "--to", to])).succeeded()
}

/// The customers of a file, without what a store gives by itself.
fn without_ids(exported: &str) -> Vec<Value> {
    let customer = |line: &str| {
        let mut customer: Value = serde_json::from_str(line).unwrap();
        for list in ["contacts", "shippingAddresses"] {
            customer[list].as_array_mut().unwrap().iter_mut().for_each(|item| item["id"] = Value::Null);
        }
        customer["updated"] = Value::Null;
        customer["id"] = Value::Null;
        customer
    };
    let is_customer = |line: &&str| !line.starts_with("{\"shopfolk\":");
    exported.lines().filter(is_customer).map(customer).collect()
}

/// A shop on PostgreSQL, and the program by way of a proxy.
struct FarShop {
    shop: Shop,
    proxy: Proxy,
    far: Program,
}

impl FarShop {
    fn new(round_trip: Duration) -> Self {
        let shop = Shop::with(Program::on_postgres());
        let proxy = Proxy::slow(shop.program.postgres().address(), round_trip);
        let far = shop.program.through(&proxy);
        Self { shop, proxy, far }
    }

    /// How many round trips this takes.
    fn trips<T>(&self, act: impl FnOnce() -> T) -> (u64, T) {
        let before = self.proxy.round_trips();
        let outcome = act();
        (self.proxy.round_trips() - before, outcome)
    }
}

#[test]
fn an_import_gets_through_a_slow_link() {
    let FarShop { shop, far, .. } = &FarShop::new(ROUND_TRIP);
    let file = file(CUSTOMERS);
    let said = import(far, &file);
    assert!(said.contains(&format!("{CUSTOMERS} customers created, 0 changed, 0 as they were")), "{said}");
    assert_eq!(without_ids(&export(&shop.program)), without_ids(&file));
    let changed = without_taxes(&file);
    let said = import(far, &changed);
    assert!(said.contains(&format!("0 customers created, {CUSTOMERS} changed, 0 as they were")), "{said}");
    let said = import(far, &changed);
    assert!(said.contains(&format!("0 customers created, 0 changed, {CUSTOMERS} as they were")), "{said}");
    assert_eq!(export(far), export(&shop.program));
    assert_eq!(shop.program.run(&["check"]).succeeded().stdout, "");
}

#[test]
fn a_copy_gets_through_a_slow_link_in_both_directions() {
    let source = Shop::new();
    import(&source.program, &file(CUSTOMERS));
    let database = Program::on_postgres();
    let proxy = Proxy::slow(database.postgres().address(), ROUND_TRIP);
    let far = database.through(&proxy);
    let there = copy(&source.program.database_url(), &far.database_url());
    assert!(there.stdout.contains(&format!("customers {CUSTOMERS}, ")), "{there:?}");
    assert_eq!(database.run(&["check"]).succeeded().stdout, "");
    let returned = Program::new();
    let back = copy(&far.database_url(), &returned.database_url());
    assert_eq!(back.stdout, there.stdout);
    assert_eq!(export(&returned), export(&source.program));
    assert_eq!(returned.run(&["check"]).succeeded().stdout, "");
}

#[test]
fn a_mass_change_gets_through_a_slow_link() {
    let FarShop { shop, far, .. } = &FarShop::new(ROUND_TRIP);
    import(&shop.program, &file(CUSTOMERS));
    let server = Server::start(far, &["--rate-limit", "off", "--log-level", "warn"]);
    let client = Client::new(server.address, &shop.token);
    let change = |query: &str, body: &Value| {
        let path = format!("/api/v3/{STORE}/customers_update{query}");
        let answer = client.post(&path, body).unwrap();
        assert_eq!((answer.status, &answer.body["updateCount"]), (200, &json!(CUSTOMERS)), "{answer:?}");
    };
    change("?taxExempt=false", &json!({ "mode": "ALL_FILTERED", "customer": { "taxExempt": true } }));
    change("?taxExempt=true", &json!({ "mode": "ALL_FILTERED", "delete": true }));
    assert_eq!(client.get(&customers()).unwrap().body["total"], 0);
    assert_eq!(client.get(&format!("{}/deleted", customers())).unwrap().body["total"], CUSTOMERS);
    assert_eq!(shop.program.run(&["check"]).succeeded().stdout, "");
}

#[test]
fn an_import_gets_through_though_its_connections_are_lost() {
    const LINES: u64 = 700;
    /// The distances, in round trips, at which the connections are cut.
    const CUTS: [u64; 6] = [3, 9, 14, 20, 25, 31];
    let FarShop { shop, proxy, far } = &FarShop::new(Duration::from_millis(1));
    let file = file(LINES);
    let ended = AtomicBool::new(false);
    let said = thread::scope(|scope| {
        let cutting = scope.spawn(|| {
            // What comes before the first customer is no part of it: an import that cannot connect says so.
            let mut next = proxy.round_trips() + 12;
            CUTS.into_iter()
                .filter(|distance| {
                    next += distance;
                    let due = || proxy.round_trips() >= next || ended.load(Ordering::Relaxed);
                    eventually("the import goes on", PATIENCE, || due().then_some(()));
                    proxy.cut();
                    !ended.load(Ordering::Relaxed)
                })
                .count()
        });
        let ending = StopOnDrop(&ended);
        let said = import(far, &file);
        drop(ending);
        let cuts = cutting.join().unwrap();
        assert!(cuts > 1, "the connections were lost {cuts} times");
        said
    });
    assert!(said.contains(&format!("{LINES} customers created, 0 changed, 0 as they were")), "{said}");
    assert_eq!(without_ids(&export(&shop.program)), without_ids(&file));
    assert_eq!(shop.program.run(&["check"]).succeeded().stdout, "");
}

#[test]
fn many_customers_take_few_round_trips() {
    const MANY: u64 = 500;
    let shop = FarShop::new(Duration::ZERO);
    let file = file(MANY + 1);
    let (one, file) = file.split_once('\n').unwrap();
    // What it takes whatever it brings.
    let (alone, _) = shop.trips(|| import(&shop.far, one));
    let copied_one = Program::new();
    let (trips_for_one, _) = shop.trips(|| copy(&shop.far.database_url(), &copied_one.database_url()));
    let most = alone + MANY / CUSTOMERS_A_ROUND_TRIP;
    let mut too_many = Vec::new();
    let mut compare = |what: &'static str, trips: u64, expected: &str, said: &str| {
        println!("{what}: {trips} round trips for {MANY} customers, {alone} for one");
        assert!(said.contains(expected), "{said}");
        if trips >= most {
            too_many.push((what, trips));
        }
    };

    let (trips, said) = shop.trips(|| import(&shop.far, file));
    compare("an import of new customers", trips, &format!("{MANY} customers created"), &said);
    let (trips, said) = shop.trips(|| import(&shop.far, file));
    compare("an import of known customers", trips, &format!("{MANY} as they were"), &said);
    let changed = without_taxes(file);
    let (trips, said) = shop.trips(|| import(&shop.far, &changed));
    compare("an import of changed customers", trips, &format!("{MANY} changed"), &said);
    let (trips, exported) = shop.trips(|| export(&shop.far));
    compare("an export", trips, "", &exported);

    let copied = Program::new();
    let (trips, outcome) = shop.trips(|| copy(&shop.far.database_url(), &copied.database_url()));
    // What a copy asks of a store however few customers it has is more than what an import asks.
    compare("a copy from it", trips + alone - trips_for_one, "customers 501, ", &outcome.stdout);
    let (trips_for_one, _) = copy_there(&copied_one);
    let (trips, outcome) = copy_there(&copied);
    compare("a copy to it", trips + alone - trips_for_one, "customers 501, ", &outcome.stdout);
    assert!(too_many.is_empty(), "these take {most} round trips or more: {too_many:?}");
}

/// Copies a database to an empty one behind a link, and counts the round trips; making the tables is no part of the copy.
fn copy_there(from: &Program) -> (u64, Outcome) {
    let target = Program::on_postgres();
    target.run(&["migrate"]).succeeded();
    let proxy = Proxy::start(target.postgres().address());
    let outcome = copy(&from.database_url(), &target.through(&proxy).database_url());
    (proxy.round_trips(), outcome)
}
