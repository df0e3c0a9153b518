//! Everything at once, on PostgreSQL on several nodes: an import, mass changes, creates, updates and deletes, while a node
//! dies. Nothing that was answered is lost, and every removal has its event.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]
#![allow(clippy::needless_pass_by_value, reason = "a test has its program for itself")]

mod harness;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use ureq::http::Method;

use harness::postgres::wait_until_quiet;
use harness::{
    Client, Doors, Load, MassChanger, Nodes, Program, Reply, STORE, Shop, StopOnDrop, customer_ids,
    customer_lines, customers, deleted_customer_ids, rules, seed,
};

const ROUNDS: u64 = 3;
const CHANGERS: usize = 2;
/// How many customers the file of a round has.
const LINES: u64 = 600;
/// The name of every second line: whoever has it is deleted, again and again.
const FLEETING: &str = "Fleeting guest";

/// A line of a round's file.
#[derive(Debug, Clone, Copy)]
struct Line(u64);

impl Line {
    fn of(round: u64) -> impl Iterator<Item = Self> {
        (0..LINES).map(move |number| Self(round * LINES + number))
    }

    const fn is_fleeting(self) -> bool {
        self.0.is_multiple_of(2)
    }

    fn reference(self) -> String {
        format!("R{}", self.0)
    }

    fn text(self) -> String {
        let number = self.0;
        let customer = json!({
            "email": format!("line{number}@imported.example.org"),
            "name": if self.is_fleeting() { FLEETING.to_owned() } else { format!("Person {number}") },
            "externalReferenceId": self.reference(),
            "contacts": [
                { "type": "PHONE", "contact": format!("+1 555 {number}"), "default": true },
                { "type": "URL", "contact": format!("https://example.org/{number}") },
            ],
            "shippingAddresses": [{ "city": "Rome", "countryCode": "IT" }],
        });
        customer.to_string() + "\n"
    }
}

/// What those who work beside the load have learned.
#[derive(Default)]
struct Learned {
    /// The customers that were seen in a list, or acknowledged.
    seen: BTreeSet<u64>,
    /// The references of those that were created over the API.
    created: BTreeMap<u64, Line>,
}

on_each_engine! {
    nothing_is_lost_beside_an_import_and_mass_changes_while_a_node_dies,
}

fn nothing_is_lost_beside_an_import_and_mass_changes_while_a_node_dies(program: Program) {
    let mut random = StdRng::seed_from_u64(seed());
    let shop = Shop::with(program);
    let count = if shop.program.is_on_postgres() { 3 } else { 1 };
    let mut nodes = Nodes::start(&shop, count);
    let groups: Vec<u64> = ["Wholesale", "Guests"].map(|name| create_group(&nodes.client(0), name)).into();
    let mut load = Load::new(&nodes.client(0), &nodes.doors, &mut random);
    let mut changers: Vec<MassChanger> = (0..CHANGERS)
        .map(|number| {
            let random = StdRng::seed_from_u64(random.random());
            MassChanger::new(&nodes.doors, random, &format!("changer{number}"), &groups)
        })
        .collect();
    let mut learned = Learned::default();

    for round in 0..ROUNDS {
        let ended = AtomicBool::new(false);
        let doors = nodes.doors.clone();
        load.resume();
        thread::scope(|scope| {
            let ending = StopOnDrop(&ended);
            let working: Vec<_> =
                changers.drain(..).map(|changer| scope.spawn(|| changer.work(&ended))).collect();
            let creating = {
                let random = StdRng::seed_from_u64(random.random());
                scope.spawn(|| create_customers_of_the_file(&doors, round, random, &ended))
            };
            let removing = scope.spawn(|| delete_the_fleeting(&doors, &ended));
            let watching = scope.spawn(|| watch(&doors, &ended));
            let importing = scope.spawn(|| import(&shop.program, round));
            load.wait_for_answers(random.random_range(20..200));
            let victim = random.random_range(0..count);
            nodes.kill(victim);
            if count > 1 {
                load.wait_for_answers(50);
            }
            nodes.start_again(victim);
            importing.join().unwrap();
            load.wait_for_answers(50);
            drop(ending);
            changers.extend(working.into_iter().map(|changer| changer.join().unwrap()));
            learned.created.extend(creating.join().unwrap());
            learned.seen.extend(watching.join().unwrap());
            removing.join().unwrap();
        });
        load.pause();
        if shop.program.is_on_postgres() {
            wait_until_quiet(shop.program.postgres());
        }

        let client = nodes.client(round.try_into().unwrap());
        load.verify(&client);
        let (there, deleted) = (customer_ids(&client), deleted_customer_ids(&client));
        for changer in &mut changers {
            changer.verify(&client, &deleted);
        }
        learned.verify(&there, &deleted);
        for id in load.deleted() {
            assert!(deleted.contains(&id), "customer {id} went without an event");
        }
        verify_the_imported(&shop.program, round);
        assert_eq!(shop.program.run(&["check"]).succeeded().stdout, "");
        println!(
            "round {round}: {} customers are there, {} were deleted, {} created beside the import",
            there.len(),
            deleted.len(),
            learned.created.len()
        );
    }
    println!("{ROUNDS} rounds: {}", load.story());
    let answered: u64 = changers.iter().map(MassChanger::answered).sum();
    assert!(answered > 50 && learned.created.len() > 10, "too little happened to tell anything");
    let said = nodes.said();
    assert!(!said.contains("ERROR") && !said.contains("panicked"), "{said}");
}

fn create_group(client: &Client, name: &str) -> u64 {
    let answer = client.post(&format!("/api/v3/{STORE}/customer_groups"), &json!({ "name": name })).unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body["id"].as_u64().unwrap()
}

fn import(program: &Program, round: u64) {
    let lines: String = Line::of(round).map(Line::text).collect();
    let store = STORE.to_string();
    let outcome = program.run_with_input(&["import", "--store", &store, "-"], lines.as_bytes());
    // A caller may have been faster with a line.
    assert!([0, 3].contains(&outcome.status), "{outcome:?}");
}

/// Creates customers with references that lines of the file have too.
fn create_customers_of_the_file(
    doors: &Doors,
    round: u64,
    mut random: StdRng,
    ended: &AtomicBool,
) -> BTreeMap<u64, Line> {
    let mut created = BTreeMap::new();
    while !ended.load(Ordering::Relaxed) {
        let line = Line(round * LINES + random.random_range(0..LINES));
        let body = json!({
            "email": format!("caller{}@many.example.org", line.0),
            "externalReferenceId": line.reference(),
        });
        match doors.ask(random.random_range(0..doors.len()), Method::POST, &customers(), Some(&body)) {
            Reply::Answered(answer) if answer.status == 200 => {
                let id = answer.body["id"].as_u64().unwrap();
                assert!(created.insert(id, line).is_none(), "id {id} was given twice");
            }
            Reply::Answered(answer) => assert_eq!(answer.status, 409, "{answer:?}"),
            Reply::Refused | Reply::Unknown => {}
        }
    }
    created
}

/// Deletes everybody with the name of every second line.
fn delete_the_fleeting(doors: &Doors, ended: &AtomicBool) {
    let path = format!("/api/v3/{STORE}/customers_update?name={}", FLEETING.replace(' ', "%20"));
    let body = json!({ "mode": "ALL_FILTERED", "delete": true });
    for number in 0.. {
        if ended.load(Ordering::Relaxed) {
            break;
        }
        if let Reply::Answered(answer) = doors.ask(number, Method::POST, &path, Some(&body)) {
            assert_eq!(answer.status, 200, "{answer:?}");
        }
    }
}

/// Lists the ids of all customers, again and again.
fn watch(doors: &Doors, ended: &AtomicBool) -> BTreeSet<u64> {
    let path = format!("/api/v3/{STORE}/customers_ids");
    let mut seen = BTreeSet::new();
    for number in 0.. {
        if ended.load(Ordering::Relaxed) {
            break;
        }
        if let Reply::Answered(answer) = doors.ask(number, Method::GET, &path, None) {
            assert_eq!(answer.status, 200, "{answer:?}");
            seen.extend(answer.body["ids"].as_array().unwrap().iter().map(|id| id.as_u64().unwrap()));
        }
    }
    seen
}

impl Learned {
    fn verify(&self, there: &BTreeSet<u64>, deleted: &BTreeSet<u64>) {
        let both: Vec<_> = there.intersection(deleted).collect();
        assert!(both.is_empty(), "deleted, and there: {both:?}");
        let is_accounted_for =
            |id: &u64, line: &Line| there.contains(id) || (line.is_fleeting() && deleted.contains(id));
        let lost: Vec<_> = self.created.iter().filter(|(id, line)| !is_accounted_for(id, line)).collect();
        assert!(lost.is_empty(), "{} that were acknowledged are lost: {lost:?}", lost.len());
        let vanished: Vec<_> =
            self.seen.iter().filter(|id| !there.contains(id) && !deleted.contains(id)).collect();
        assert!(vanished.is_empty(), "{} went without an event: {vanished:?}", vanished.len());
    }
}

/// Every line that nobody deletes has its customer, with all that the line says.
fn verify_the_imported(program: &Program, round: u64) {
    let exported = program.run(&["export", "--store", &STORE.to_string(), "-"]).succeeded().stdout;
    let mut found = BTreeMap::new();
    for line in customer_lines(&exported) {
        let customer: Value = serde_json::from_str(line).unwrap();
        rules::assert_kept(customer["contacts"].as_array().unwrap());
        if let Some(reference) = customer["externalReferenceId"].as_str() {
            let before = found.insert(reference.to_owned(), customer);
            assert!(before.is_none(), "two have a reference: {before:?}");
        }
    }
    for line in Line::of(round).filter(|line| !line.is_fleeting()) {
        let customer = found.get(&line.reference()).unwrap_or_else(|| panic!("{line:?} has no customer"));
        // One that a caller created later than the line was looked for has not what the line says; the line was refused.
        if customer["email"].as_str().unwrap().ends_with("@imported.example.org") {
            let texts: Vec<_> =
                customer["contacts"].as_array().unwrap().iter().map(|contact| &contact["contact"]).collect();
            assert!(texts.contains(&&json!(format!("+1 555 {}", line.0))), "{customer}");
        }
    }
}
