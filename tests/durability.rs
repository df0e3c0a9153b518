//! What a crash leaves behind: everything that was answered, and nothing broken.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod harness;

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use harness::{Client, Server, Shop, contact, contacts, create_customer, list_contacts, rules, seed};

const ROUNDS: u64 = 20;
const WORKERS: u64 = 8;
/// Few, so that the workers meet at each of them.
const CUSTOMERS: u64 = 3;
/// So many contacts a worker keeps, that no customer comes near 500.
const MOST_CONTACTS: usize = 40;

/// What a worker knows of a contact of its own.
#[derive(Debug, Clone)]
struct Known {
    customer: u64,
    text: String,
    /// What the note can be: one value, or two if the answer to an update never came.
    notes: Vec<String>,
    /// Whether a deletion was sent whose answer never came.
    may_be_gone: bool,
}

/// One client among several: it alone works on the contacts that it created, so it knows what has to be there.
struct Worker {
    client: Client,
    random: StdRng,
    customers: Vec<u64>,
    known: BTreeMap<u64, Known>,
    gone: Vec<(u64, u64)>,
    created: Vec<u64>,
}

static NEXT: AtomicU64 = AtomicU64::new(0);

impl Worker {
    /// Works until the server is gone.
    fn work(mut self) -> Self {
        while self.step().is_some() {}
        self
    }

    /// One request; `None` when no answer came.
    fn step(&mut self) -> Option<()> {
        let full = self.known.len() >= MOST_CONTACTS;
        match self.random.random_range(0..10) {
            0..5 if !full => self.create(),
            5..7 if !self.known.is_empty() => self.update(),
            7 if !self.known.is_empty() => self.move_default(),
            _ if full || self.known.len() > 4 => self.delete(),
            _ => self.create(),
        }
    }

    fn create(&mut self) -> Option<()> {
        let customer = self.customers[self.random.random_range(0..self.customers.len())];
        let text = format!("+{}", 1_000_000 + NEXT.fetch_add(1, Ordering::Relaxed));
        let default = self.random.random_bool(0.3);
        let body = json!({ "type": "PHONE", "contact": text, "note": "new", "default": default });
        let answer = self.client.post(&contacts(customer), &body).ok()?;
        if answer.status == 503 {
            return Some(());
        }
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.body["createCount"], 1, "{answer:?}");
        let id = answer.body["id"].as_u64().unwrap();
        self.created.push(id);
        let known = Known { customer, text, notes: vec!["new".to_owned()], may_be_gone: false };
        assert!(self.known.insert(id, known).is_none(), "id {id} was given twice");
        Some(())
    }

    fn any_known(&mut self) -> (u64, u64) {
        let place = self.random.random_range(0..self.known.len());
        self.known.iter().nth(place).map(|(&id, known)| (id, known.customer)).unwrap()
    }

    fn update(&mut self) -> Option<()> {
        let (id, customer) = self.any_known();
        let note = format!("note {}", NEXT.fetch_add(1, Ordering::Relaxed));
        // Until the answer comes, both are possible.
        self.known.get_mut(&id).unwrap().notes.push(note.clone());
        let answer = self.client.put(&contact(customer, id), &json!({ "note": note })).ok()?;
        let notes = &mut self.known.get_mut(&id).unwrap().notes;
        if answer.status == 503 {
            notes.pop();
            return Some(());
        }
        assert_eq!((answer.status, &answer.body["updateCount"]), (200, &json!(1)), "{answer:?}");
        *notes = vec![note];
        Some(())
    }

    fn move_default(&mut self) -> Option<()> {
        let (id, customer) = self.any_known();
        let answer = self.client.put(&contact(customer, id), &json!({ "default": true })).ok()?;
        assert!([200, 503].contains(&answer.status), "{answer:?}");
        Some(())
    }

    fn delete(&mut self) -> Option<()> {
        let (id, customer) = self.any_known();
        self.known.get_mut(&id).unwrap().may_be_gone = true;
        let answer = self.client.delete(&contact(customer, id)).ok()?;
        if answer.status == 503 {
            self.known.get_mut(&id).unwrap().may_be_gone = false;
            return Some(());
        }
        assert_eq!((answer.status, &answer.body["deleteCount"]), (200, &json!(1)), "{answer:?}");
        self.known.remove(&id);
        self.gone.push((customer, id));
        Some(())
    }

    /// Compares what is there with what has to be, and learns what became of the requests without an answer.
    fn verify(&mut self, there: &BTreeMap<u64, BTreeMap<u64, Value>>) {
        self.known.retain(|id, known| {
            let Some(found) = there[&known.customer].get(id) else {
                assert!(known.may_be_gone, "contact {id} was acknowledged and is lost: {known:?}");
                return false;
            };
            let note = found["note"].as_str().unwrap();
            assert_eq!(found["contact"], known.text.as_str());
            assert!(known.notes.iter().any(|possible| possible == note), "{found} is none of {known:?}");
            known.notes = vec![note.to_owned()];
            known.may_be_gone = false;
            true
        });
        for (customer, id) in &self.gone {
            assert!(!there[customer].contains_key(id), "contact {id} was deleted and is back");
        }
    }
}

/// Everything that is there, by customer and id; every list keeps the rules.
fn all_contacts(client: &Client, customers: &[u64]) -> BTreeMap<u64, BTreeMap<u64, Value>> {
    let list = |&customer: &u64| {
        let contacts = list_contacts(client, customer);
        rules::assert_places_differ(&contacts);
        (customer, contacts.into_iter().map(|contact| (contact["id"].as_u64().unwrap(), contact)).collect())
    };
    customers.iter().map(list).collect()
}

#[test]
fn what_was_answered_is_there_after_a_crash_at_any_moment() {
    let mut random = StdRng::seed_from_u64(seed());
    let shop = Shop::new();
    let server = shop.serve(&[]);
    let client = shop.client(&server);
    let customers: Vec<u64> =
        (0..CUSTOMERS).map(|number| create_customer(&client, &format!("hot{number}@example.com"))).collect();
    server.kill();

    let mut workers: Vec<Worker> = (0..WORKERS)
        .map(|_| Worker {
            client: client.clone(),
            random: StdRng::seed_from_u64(random.random()),
            customers: customers.clone(),
            known: BTreeMap::new(),
            gone: Vec::new(),
            created: Vec::new(),
        })
        .collect();
    for round in 0..ROUNDS {
        let server = shop.serve(&[]);
        for worker in &mut workers {
            worker.client = shop.client(&server);
        }
        let working: Vec<_> = workers.drain(..).map(|worker| thread::spawn(move || worker.work())).collect();
        thread::sleep(Duration::from_millis(random.random_range(20..400)));
        server.kill();
        workers.extend(working.into_iter().map(|worker| worker.join().unwrap()));

        if round % 4 == 0 {
            crash_while_starting(&shop, Duration::from_millis(random.random_range(0..60)));
        }
        if round % 2 == 0 {
            assert_sound(&shop);
        }
        let server = shop.serve(&[]);
        let there = all_contacts(&shop.client(&server), &customers);
        for worker in &mut workers {
            worker.verify(&there);
        }
        server.kill();
        assert_sound(&shop);
    }

    let created: Vec<u64> = workers.iter().flat_map(|worker| worker.created.clone()).collect();
    println!("{} contacts were created in {ROUNDS} rounds", created.len());
    assert!(created.len() > 100, "too little happened to tell anything");
    assert_eq!(created.iter().collect::<HashSet<_>>().len(), created.len(), "an id was given twice");
}

/// A crash before the server even listens.
fn crash_while_starting(shop: &Shop, after: Duration) {
    let mut starting = shop.program.command(&["serve", "--listen", "127.0.0.1:0"]);
    starting.stderr(std::process::Stdio::null());
    let mut starting = starting.spawn().unwrap();
    thread::sleep(after);
    starting.kill().unwrap();
    starting.wait().unwrap();
}

fn assert_sound(shop: &Shop) {
    let outcome = shop.program.run(&["check"]).succeeded();
    assert_eq!(outcome.stdout, "");
}

#[test]
fn what_was_answered_before_an_orderly_stop_is_there_after_it() {
    let shop = Shop::new();
    let server: Server = shop.serve(&[]);
    let client = shop.client(&server);
    let customer = create_customer(&client, "anna@example.com");
    for number in 0..20 {
        let body = json!({ "type": "PHONE", "contact": format!("+1 {number}") });
        assert_eq!(client.post(&contacts(customer), &body).unwrap().status, 200);
    }
    let before = list_contacts(&client, customer);
    server.stop();

    let server = shop.serve(&[]);
    assert_eq!(list_contacts(&shop.client(&server), customer), before);
    assert_eq!(before.len(), 21);
}
