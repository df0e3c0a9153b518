//! One client: what it does, and what it knows of what it did.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use ureq::http::Method;

use super::super::client::Answer;
use super::super::{Doors, Reply, contact, contacts, customers};
use super::{DOMAIN, Shared, There};

/// So many contacts a worker keeps, that no customer comes near 500.
const MOST_CONTACTS: usize = 40;
/// So many customers a worker keeps.
const MOST_CUSTOMERS: usize = 5;
/// So many contacts of each customer are created by everybody.
const EQUAL_CONTACTS: u64 = 10;

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

/// One client: it alone works on what it created.
pub(super) struct Worker {
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

impl Worker {
    pub(super) fn new(doors: Doors, random: StdRng, shared: Arc<Shared>, hot: Vec<u64>) -> Self {
        Self {
            doors,
            random,
            shared,
            hot,
            contacts: BTreeMap::new(),
            perhaps: Vec::new(),
            gone: Vec::new(),
            customers: BTreeMap::new(),
            perhaps_customers: Vec::new(),
            gone_customers: Vec::new(),
        }
    }

    /// The contacts that have to be there.
    pub(super) fn contact_ids(&self) -> impl Iterator<Item = u64> {
        self.contacts.keys().copied()
    }

    /// The customers of its own that have to be there.
    pub(super) fn customer_ids(&self) -> impl Iterator<Item = u64> {
        self.customers.keys().copied()
    }

    /// The customers that it has deleted.
    pub(super) fn deleted_customer_ids(&self) -> impl Iterator<Item = u64> {
        self.gone_customers.iter().copied()
    }

    /// Works until all are told to stop.
    pub(super) fn work(mut self) -> Self {
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
    fn send(&mut self, method: Method, path: &str, body: Option<&Value>) -> Reply {
        let reply = self.doors.ask(self.random.random_range(0..self.doors.len()), method, path, body);
        let counter = match reply {
            Reply::Answered(_) => &self.shared.answered,
            Reply::Refused => &self.shared.refused,
            Reply::Unknown => &self.shared.unknown,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        reply
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
            Reply::Answered(answer) => {
                assert_eq!((answer.status, &answer.body["createCount"]), (200, &json!(1)), "{answer:?}");
                self.learn(answer.body["id"].as_u64().unwrap(), customer, text);
            }
            Reply::Unknown => self.perhaps.push((customer, text)),
            Reply::Refused => {}
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
        if let Reply::Answered(answer) = self.send(Method::POST, &contacts(customer), Some(&body)) {
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
        let reply = self.send(Method::PUT, &contact(customer, id), Some(&json!({ "note": note })));
        match reply {
            Reply::Answered(answer) => {
                if !self.is_there(id, &answer) {
                    return;
                }
                assert_eq!(answer.body["updateCount"], 1, "{answer:?}");
                let known = self.contacts.get_mut(&id).unwrap();
                // Whatever came before is done: it held the customer first.
                known.notes = vec![note];
                known.may_be_gone = false;
            }
            Reply::Unknown => self.contacts.get_mut(&id).unwrap().notes.push(note),
            Reply::Refused => {}
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
        if let Reply::Answered(answer) = self.send(Method::PUT, &contact(customer, id), Some(&body)) {
            self.is_there(id, &answer);
        }
    }

    fn delete(&mut self) {
        let (id, customer) = self.any_contact();
        match self.send(Method::DELETE, &contact(customer, id), None) {
            Reply::Answered(answer) => {
                if self.is_there(id, &answer) {
                    assert_eq!(answer.body["deleteCount"], 1, "{answer:?}");
                    self.contacts.remove(&id);
                    self.gone.push((customer, id));
                }
            }
            Reply::Unknown => self.contacts.get_mut(&id).unwrap().may_be_gone = true,
            Reply::Refused => {}
        }
    }

    /// Reads a contact through any node: what was acknowledged by another one is seen at once.
    fn read(&mut self) {
        let (id, customer) = self.any_contact();
        if let Reply::Answered(answer) = self.send(Method::GET, &contact(customer, id), None) {
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
        let email = format!("{}{DOMAIN}", self.number());
        let body =
            json!({ "email": email, "contacts": [{ "type": "PHONE", "contact": "1", "default": true }] });
        match self.send(Method::POST, &customers(), Some(&body)) {
            Reply::Answered(answer) => {
                assert_eq!(answer.status, 200, "{answer:?}");
                self.learn_customer(answer.body["id"].as_u64().unwrap(), email);
            }
            Reply::Unknown => self.perhaps_customers.push(email),
            Reply::Refused => {}
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
            Reply::Answered(answer) => {
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
            Reply::Unknown => self.customers.get_mut(&id).unwrap().may_be_gone = true,
            Reply::Refused => {}
        }
    }

    /// Compares what is there with what it knows, and learns what became of the requests without an answer.
    pub(super) fn verify(&mut self, there: &There) {
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
