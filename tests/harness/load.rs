//! Load: clients that each work on what they created themselves, so that each knows what has to be there.
//!
//! A client remembers what was acknowledged, what was refused, and what nobody knows because the answer never came: that
//! may or may not have happened. Beside their own contacts, all clients create the same ones again and again.

mod worker;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;

use self::worker::Worker;
use super::client::Client;
use super::{Doors, PATIENCE, create_customer, customers, eventually, list_contacts, rules};

const WORKERS: u64 = 8;
/// Few, so that the workers meet at each of them.
const HOT_CUSTOMERS: u64 = 3;
/// How the e-mail addresses of all its customers end.
pub const DOMAIN: &str = "@example.com";

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
            .map(|number| create_customer(client, &format!("hot{number}{DOMAIN}")))
            .collect();
        let worker = |_| {
            Worker::new(
                doors.clone(),
                StdRng::seed_from_u64(random.random()),
                Arc::clone(&shared),
                hot.clone(),
            )
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

    /// The customers that its clients have deleted.
    pub fn deleted(&self) -> impl Iterator<Item = u64> {
        self.idle.iter().flat_map(Worker::deleted_customer_ids)
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
            expected.extend(worker.contact_ids());
            expected_customers.extend(worker.customer_ids());
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
        // What others create beside has addresses elsewhere.
        found.retain(|_, email| email.ends_with(DOMAIN));
        let list = |&customer: &u64| {
            let contacts = list_contacts(client, customer);
            rules::assert_places_differ(&contacts);
            let by_id = contacts.into_iter().map(|contact| (contact["id"].as_u64().unwrap(), contact));
            (customer, by_id.collect())
        };
        Self { customers: found, hot: hot.iter().map(list).collect() }
    }
}
