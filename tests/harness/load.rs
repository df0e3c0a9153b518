//! Load: clients that each work on what they created themselves, so that each knows what has to be there.
//!
//! A client remembers what was acknowledged, what was refused, and what nobody knows because the answer never came: that
//! may or may not have happened. Beside their own contacts, all clients create the same ones again and again.

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use ureq::http::Method;

use super::client::{Answer, Client};
use super::{
    Doors, PATIENCE, contact, contacts, create_customer, customers, eventually, list_contacts, rules,
};

const WORKERS: u64 = 8;
/// Few, so that the workers meet at each of them.
const HOT_CUSTOMERS: u64 = 3;
/// So many contacts a worker keeps, that no customer comes near 500.
const MOST_CONTACTS: usize = 40;
/// So many customers a worker keeps.
const MOST_CUSTOMERS: usize = 5;
/// So many contacts of each customer are created by everybody.
const EQUAL_CONTACTS: u64 = 10;

/// What became of a request.
enum Outcome {
    Answered(Answer),
    /// It changed nothing.
    Refused,
    /// No answer came, or one that says that nobody knows.
    Unknown,
}

/// What a worker knows of a contact of its own.
#[derive(Debug)]
struct KnownContact {
    customer: u64,
    text: String,
    /// What the note can be: one value, or more if the answer to an update never came.
    notes: Vec<String>,
    /// Whether a deletion was sent whose answer never came.
    may_be_gone: bool,
}

/// What a worker knows of a customer of its own.
#[derive(Debug)]
struct KnownCustomer {
    email: String,
    may_be_gone: bool,
}

/// What is known of all ids, over all workers and all time.
#[derive(Default)]
struct Given {
    /// What each contact id was given to: the customer, the type and the text.
    contacts: BTreeMap<u64, (u64, String, String)>,
    /// The e-mail that each customer id was given to.
    customers: BTreeMap<u64, String>,
    /// The ids of the contacts that everybody creates, by customer and text.
    equal: BTreeMap<(u64, String), u64>,
}

impl Given {
    fn give_contact(&mut self, id: u64, customer: u64, kind: &str, text: &str) {
        let to = (customer, kind.to_owned(), text.to_owned());
        let before = self.contacts.entry(id).or_insert_with(|| to.clone());
        assert_eq!(*before, to, "contact id {id} was given twice");
    }

    fn give_customer(&mut self, id: u64, email: &str) {
        let before = self.customers.entry(id).or_insert_with(|| email.to_owned());
        assert_eq!(before, email, "customer id {id} was given twice");
    }
}

/// What all workers share.
#[derive(Default)]
struct Shared {
    given: Mutex<Given>,
    next: AtomicU64,
    answered: AtomicU64,
    created: AtomicU64,
    unknown: AtomicU64,
    refused: AtomicU64,
    stop: AtomicBool,
}

/// Several clients at work.
pub struct Load {
    shared: Arc<Shared>,
    hot: Vec<u64>,
    idle: Vec<Worker>,
    working: Vec<JoinHandle<Worker>>,
}

/// One client: it alone works on what it created.
struct Worker {
    doors: Doors,
    random: StdRng,
    shared: Arc<Shared>,
    hot: Vec<u64>,
    contacts: BTreeMap<u64, KnownContact>,
    /// The customer and the text of what may have been created.
    perhaps: Vec<(u64, String)>,
    gone: Vec<(u64, u64)>,
    customers: BTreeMap<u64, KnownCustomer>,
    perhaps_customers: Vec<String>,
    gone_customers: Vec<u64>,
}

/// Everything that is there.
struct There {
    /// The customers with their e-mails.
    customers: BTreeMap<u64, String>,
    /// The contacts of the customers that all workers work on, by customer and id.
    hot: BTreeMap<u64, BTreeMap<u64, Value>>,
}

impl Load {
    pub fn new(client: &Client, doors: &Doors, random: &mut StdRng) -> Self {
        let shared = Arc::new(Shared::default());
        let hot: Vec<u64> = (0..HOT_CUSTOMERS)
            .map(|number| create_customer(client, &format!("hot{number}@example.com")))
            .collect();
        let worker = |_| Worker {
            doors: doors.clone(),
            random: StdRng::seed_from_u64(random.random()),
            shared: Arc::clone(&shared),
            hot: hot.clone(),
            contacts: BTreeMap::new(),
            perhaps: Vec::new(),
            gone: Vec::new(),
            customers: BTreeMap::new(),
            perhaps_customers: Vec::new(),
            gone_customers: Vec::new(),
        };
        let idle = (0..WORKERS).map(worker).collect();
        Self { shared, hot, idle, working: Vec::new() }
    }

    /// Has all clients work until [`Self::pause`].
    pub fn resume(&mut self) {
        self.shared.stop.store(false, Ordering::Relaxed);
        self.working.extend(self.idle.drain(..).map(|worker| thread::spawn(move || worker.work())));
    }

    pub fn pause(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        self.idle.extend(self.working.drain(..).map(|worker| worker.join().unwrap()));
    }

    /// Waits until so many more requests were answered.
    pub fn wait_for_answers(&self, more: u64) {
        let begun = self.shared.answered.load(Ordering::Relaxed);
        eventually("requests are answered", PATIENCE, || {
            assert!(!self.working.iter().any(JoinHandle::is_finished), "a client has failed");
            (self.shared.answered.load(Ordering::Relaxed) >= begun + more).then_some(())
        });
    }

    /// How many contacts were created.
    pub fn created(&self) -> u64 {
        self.shared.created.load(Ordering::Relaxed)
    }

    /// How many requests were refused, and how many had no answer.
    pub fn not_answered(&self) -> (u64, u64) {
        (self.shared.refused.load(Ordering::Relaxed), self.shared.unknown.load(Ordering::Relaxed))
    }

    /// What happened, for the one who reads the output of the test.
    pub fn story(&self) -> String {
        let answered = self.shared.answered.load(Ordering::Relaxed);
        let (refused, unknown) = self.not_answered();
        format!(
            "{} contacts were created; {answered} requests were answered, {refused} refused, {unknown} had no answer",
            self.created()
        )
    }

    /// Compares what is there with what has to be, and learns what became of the requests without an answer. For when
    /// nobody works, and nothing is under way that was begun before.
    pub fn verify(&mut self, client: &Client) {
        let there = There::ask(client, &self.hot);
        let mut expected: BTreeSet<u64> = BTreeSet::new();
        let mut expected_customers: BTreeSet<u64> = self.hot.iter().copied().collect();
        for worker in &mut self.idle {
            worker.verify(&there);
            expected.extend(worker.contacts.keys());
            expected_customers.extend(worker.customers.keys());
        }
        let mut given = self.shared.given.lock().unwrap();
        for (&customer, email) in &there.customers {
            given.give_customer(customer, email);
            assert!(expected_customers.contains(&customer), "nobody created customer {customer}");
        }
        let mut equal = BTreeSet::new();
        for (&customer, listed) in &there.hot {
            for (&id, found) in listed {
                let (kind, text) = (found["type"].as_str().unwrap(), found["contact"].as_str().unwrap());
                given.give_contact(id, customer, kind, text);
                match kind {
                    "EMAIL" => {}
                    // One without an answer may be there all the same.
                    "OTHER" => {
                        let known = *given.equal.entry((customer, text.to_owned())).or_insert(id);
                        assert_eq!(known, id, "{found} came a second time");
                        equal.insert(id);
                    }
                    _ => assert!(expected.contains(&id), "nobody created {found}"),
                }
            }
        }
        for (key, id) in &given.equal {
            assert!(equal.contains(id), "contact {id} was acknowledged and is lost: {key:?}");
        }
    }
}

impl There {
    fn ask(client: &Client, hot: &[u64]) -> Self {
        let mut found = BTreeMap::new();
        loop {
            let page = client.get(&format!("{}?offset={}", customers(), found.len())).unwrap();
            assert_eq!(page.status, 200, "{page:?}");
            let items = page.body["items"].as_array().unwrap();
            for customer in items {
                rules::assert_kept(customer["contacts"].as_array().unwrap());
                let id = customer["id"].as_u64().unwrap();
                found.insert(id, customer["email"].as_str().unwrap().to_owned());
            }
            if items.is_empty() {
                assert_eq!(page.body["total"], found.len(), "the customers are counted wrong");
                break;
            }
        }
        let list = |&customer: &u64| {
            let contacts = list_contacts(client, customer);
            rules::assert_places_differ(&contacts);
            let by_id = contacts.into_iter().map(|contact| (contact["id"].as_u64().unwrap(), contact));
            (customer, by_id.collect())
        };
        Self { customers: found, hot: hot.iter().map(list).collect() }
    }
}

impl Worker {
    fn work(mut self) -> Self {
        while !self.shared.stop.load(Ordering::Relaxed) {
            self.step();
        }
        self
    }

    fn step(&mut self) {
        let full = self.contacts.len() >= MOST_CONTACTS;
        match self.random.random_range(0..16) {
            0..5 if !full => self.create(),
            5..7 if !self.contacts.is_empty() => self.update(),
            7 if !self.contacts.is_empty() => self.move_default(),
            8 => self.create_equal(),
            9..11 if !self.contacts.is_empty() => self.read(),
            11 if self.customers.len() < MOST_CUSTOMERS => self.create_customer(),
            12 if !self.customers.is_empty() => self.delete_customer(),
            _ if full || self.contacts.len() > 4 => self.delete(),
            _ => self.create(),
        }
    }

    /// Sends a request to any node.
    fn send(&mut self, method: Method, path: &str, body: Option<&Value>) -> Outcome {
        let door = self.doors.get(self.random.random_range(0..self.doors.len()));
        let count = |counter: &AtomicU64| counter.fetch_add(1, Ordering::Relaxed);
        match door.send(method, path, body) {
            Ok(answer) if answer.status == 503 => {
                assert_eq!(answer.code(), "UNAVAILABLE", "{answer:?}");
                assert_ne!(answer.header("retry-after"), "", "{answer:?}");
                if answer.body["errorMessage"].as_str().unwrap().contains("look before you try again") {
                    count(&self.shared.unknown);
                    return Outcome::Unknown;
                }
                count(&self.shared.refused);
                Outcome::Refused
            }
            Ok(answer) => {
                assert!(answer.status < 500, "{answer:?}");
                count(&self.shared.answered);
                Outcome::Answered(answer)
            }
            Err(ureq::Error::Io(error)) if error.kind() == ErrorKind::ConnectionRefused => {
                // The node is gone, and its place is free until it is started again.
                thread::sleep(Duration::from_millis(5));
                Outcome::Refused
            }
            Err(_) => {
                count(&self.shared.unknown);
                Outcome::Unknown
            }
        }
    }

    fn number(&self) -> u64 {
        self.shared.next.fetch_add(1, Ordering::Relaxed)
    }

    fn any_hot(&mut self) -> u64 {
        self.hot[self.random.random_range(0..self.hot.len())]
    }

    fn any_contact(&mut self) -> (u64, u64) {
        let place = self.random.random_range(0..self.contacts.len());
        self.contacts.iter().nth(place).map(|(&id, known)| (id, known.customer)).unwrap()
    }

    fn create(&mut self) {
        let customer = self.any_hot();
        let text = format!("+{}", 1_000_000 + self.number());
        let default = self.random.random_bool(0.3);
        let body = json!({ "type": "PHONE", "contact": text, "note": "new", "default": default });
        match self.send(Method::POST, &contacts(customer), Some(&body)) {
            Outcome::Answered(answer) => {
                assert_eq!((answer.status, &answer.body["createCount"]), (200, &json!(1)), "{answer:?}");
                self.learn(answer.body["id"].as_u64().unwrap(), customer, text);
            }
            Outcome::Unknown => self.perhaps.push((customer, text)),
            Outcome::Refused => {}
        }
    }

    /// Takes a contact into its own.
    fn learn(&mut self, id: u64, customer: u64, text: String) {
        self.shared.given.lock().unwrap().give_contact(id, customer, "PHONE", &text);
        self.shared.created.fetch_add(1, Ordering::Relaxed);
        let known = KnownContact { customer, text, notes: vec!["new".to_owned()], may_be_gone: false };
        assert!(self.contacts.insert(id, known).is_none(), "id {id} was given twice");
    }

    /// Creates what everybody creates: whoever comes first, all are told the same id.
    fn create_equal(&mut self) {
        let customer = self.any_hot();
        let text = format!("equal {}", self.random.random_range(0..EQUAL_CONTACTS));
        let body = json!({ "type": "OTHER", "contact": text });
        if let Outcome::Answered(answer) = self.send(Method::POST, &contacts(customer), Some(&body)) {
            assert_eq!(answer.status, 200, "{answer:?}");
            let id = answer.body["id"].as_u64().unwrap();
            let mut given = self.shared.given.lock().unwrap();
            given.give_contact(id, customer, "OTHER", &text);
            let known = *given.equal.entry((customer, text)).or_insert(id);
            assert_eq!(known, id, "{answer:?} came a second time");
        }
    }

    fn update(&mut self) {
        let (id, customer) = self.any_contact();
        let note = format!("note {}", self.number());
        let outcome = self.send(Method::PUT, &contact(customer, id), Some(&json!({ "note": note })));
        match outcome {
            Outcome::Answered(answer) => {
                if !self.is_there(id, &answer) {
                    return;
                }
                assert_eq!(answer.body["updateCount"], 1, "{answer:?}");
                let known = self.contacts.get_mut(&id).unwrap();
                // Whatever came before is done: it held the customer first.
                known.notes = vec![note];
                known.may_be_gone = false;
            }
            Outcome::Unknown => self.contacts.get_mut(&id).unwrap().notes.push(note),
            Outcome::Refused => {}
        }
    }

    /// Whether the answer is that of a contact that is there; if it is not, it has to be allowed to be gone.
    fn is_there(&mut self, id: u64, answer: &Answer) -> bool {
        if answer.status == 404 {
            let known = self.contacts.remove(&id).unwrap();
            assert!(known.may_be_gone, "contact {id} was acknowledged and is lost: {known:?}, {answer:?}");
            self.gone.push((known.customer, id));
            return false;
        }
        assert_eq!(answer.status, 200, "{answer:?}");
        true
    }

    fn move_default(&mut self) {
        let (id, customer) = self.any_contact();
        let body = json!({ "default": true });
        if let Outcome::Answered(answer) = self.send(Method::PUT, &contact(customer, id), Some(&body)) {
            self.is_there(id, &answer);
        }
    }

    fn delete(&mut self) {
        let (id, customer) = self.any_contact();
        match self.send(Method::DELETE, &contact(customer, id), None) {
            Outcome::Answered(answer) => {
                if self.is_there(id, &answer) {
                    assert_eq!(answer.body["deleteCount"], 1, "{answer:?}");
                    self.contacts.remove(&id);
                    self.gone.push((customer, id));
                }
            }
            Outcome::Unknown => self.contacts.get_mut(&id).unwrap().may_be_gone = true,
            Outcome::Refused => {}
        }
    }

    /// Reads a contact through any node: what was acknowledged by another one is seen at once.
    fn read(&mut self) {
        let (id, customer) = self.any_contact();
        if let Outcome::Answered(answer) = self.send(Method::GET, &contact(customer, id), None) {
            let known = &self.contacts[&id];
            if answer.status == 404 {
                assert!(known.may_be_gone, "contact {id} was acknowledged and is not seen: {known:?}");
                return;
            }
            assert_eq!(answer.status, 200, "{answer:?}");
            known.assert_is(&answer.body);
        }
    }

    fn create_customer(&mut self) {
        let email = format!("{}@example.com", self.number());
        let body =
            json!({ "email": email, "contacts": [{ "type": "PHONE", "contact": "1", "default": true }] });
        match self.send(Method::POST, &customers(), Some(&body)) {
            Outcome::Answered(answer) => {
                assert_eq!(answer.status, 200, "{answer:?}");
                self.learn_customer(answer.body["id"].as_u64().unwrap(), email);
            }
            Outcome::Unknown => self.perhaps_customers.push(email),
            Outcome::Refused => {}
        }
    }

    fn learn_customer(&mut self, id: u64, email: String) {
        self.shared.given.lock().unwrap().give_customer(id, &email);
        let known = KnownCustomer { email, may_be_gone: false };
        assert!(self.customers.insert(id, known).is_none(), "id {id} was given twice");
    }

    fn delete_customer(&mut self) {
        let place = self.random.random_range(0..self.customers.len());
        let id = self.customers.keys().copied().nth(place).unwrap();
        match self.send(Method::DELETE, &format!("{}/{id}", customers()), None) {
            Outcome::Answered(answer) => {
                let known = self.customers.remove(&id).unwrap();
                match answer.status {
                    200 => assert_eq!(answer.body["deleteCount"], 1, "{answer:?}"),
                    404 => {
                        assert!(known.may_be_gone, "customer {id} was acknowledged and is lost: {known:?}");
                    }
                    _ => panic!("{answer:?}"),
                }
                self.gone_customers.push(id);
            }
            Outcome::Unknown => self.customers.get_mut(&id).unwrap().may_be_gone = true,
            Outcome::Refused => {}
        }
    }

    fn verify(&mut self, there: &There) {
        for (customer, text) in std::mem::take(&mut self.perhaps) {
            if let Some((&id, _)) = there.hot[&customer].iter().find(|(_, found)| found["contact"] == text) {
                self.learn(id, customer, text);
            }
        }
        for email in std::mem::take(&mut self.perhaps_customers) {
            if let Some((&id, _)) = there.customers.iter().find(|(_, found)| **found == email) {
                self.learn_customer(id, email);
            }
        }
        let gone = &mut self.gone;
        self.contacts.retain(|&id, known| {
            let Some(found) = there.hot[&known.customer].get(&id) else {
                assert!(known.may_be_gone, "contact {id} was acknowledged and is lost: {known:?}");
                gone.push((known.customer, id));
                return false;
            };
            known.assert_is(found);
            known.notes = vec![found["note"].as_str().unwrap().to_owned()];
            known.may_be_gone = false;
            true
        });
        for (customer, id) in gone {
            assert!(!there.hot[customer].contains_key(id), "contact {id} was deleted and is back");
        }
        let gone = &mut self.gone_customers;
        self.customers.retain(|&id, known| {
            let Some(email) = there.customers.get(&id) else {
                assert!(known.may_be_gone, "customer {id} was acknowledged and is lost: {known:?}");
                gone.push(id);
                return false;
            };
            assert_eq!(*email, known.email);
            known.may_be_gone = false;
            true
        });
        for id in gone {
            assert!(!there.customers.contains_key(id), "customer {id} was deleted and is back");
        }
    }
}

impl KnownContact {
    fn assert_is(&self, found: &Value) {
        assert_eq!((&found["type"], &found["contact"]), (&json!("PHONE"), &json!(self.text)), "{found}");
        let note = found["note"].as_str().unwrap();
        assert!(self.notes.iter().any(|possible| possible == note), "{found} is none of {self:?}");
    }
}
