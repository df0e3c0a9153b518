//! A client that changes and deletes many customers at once, its own in each form there is, and everybody's.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};

use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::IteratorRandom;
use serde_json::{Value, json};
use ureq::http::Method;

use super::client::{Answer, Client};
use super::{Doors, Reply, STORE, customers};

/// How many customers it creates to change them together.
const BATCH: usize = 12;
/// So many batches it keeps.
const MOST_BATCHES: usize = 4;

/// What it knows of a customer of its own.
#[derive(Debug)]
struct Known {
    batch: u64,
    /// What these can be: one value, or more if the answer to a change never came.
    tax_exempt: BTreeSet<bool>,
    group: BTreeSet<u64>,
    may_be_gone: bool,
}

/// One client: it alone creates and deletes its customers.
pub struct MassChanger {
    doors: Doors,
    random: StdRng,
    name: String,
    groups: Vec<u64>,
    batches: u64,
    known: BTreeMap<u64, Known>,
    /// How many customers of each batch may be there, because the answer to their creation never came.
    perhaps: BTreeMap<u64, u64>,
    gone: BTreeSet<u64>,
    answered: u64,
}

impl MassChanger {
    /// A client with a name that no other's begins with, which puts customers into these groups.
    pub fn new(doors: &Doors, random: StdRng, name: &str, groups: &[u64]) -> Self {
        Self {
            doors: doors.clone(),
            random,
            name: name.to_owned(),
            groups: groups.to_vec(),
            batches: 0,
            known: BTreeMap::new(),
            perhaps: BTreeMap::new(),
            gone: BTreeSet::new(),
            answered: 0,
        }
    }

    /// How many of its mass changes were answered.
    pub fn answered(&self) -> u64 {
        self.answered
    }

    /// Works until it is told to stop.
    pub fn work(mut self, stop: &AtomicBool) -> Self {
        while !stop.load(Ordering::Relaxed) {
            self.step();
        }
        self
    }

    fn step(&mut self) {
        let batches: BTreeSet<u64> = self.known.values().map(|known| known.batch).collect();
        let Some(&batch) = batches.iter().choose(&mut self.random) else { return self.create_batch() };
        match self.random.random_range(0..8) {
            0..2 if batches.len() < MOST_BATCHES => self.create_batch(),
            0..3 => self.change_selected(batch),
            3 => self.delete_selected(batch),
            4 => self.change_found(batch),
            5 if batches.len() > 1 => self.delete_found(batch),
            6 => self.select_one_that_is_gone(batch),
            _ => self.change_everybody(),
        }
    }

    fn send(&mut self, method: Method, path: &str, body: &Value) -> Reply {
        let reply = self.doors.ask(self.random.random_range(0..self.doors.len()), method, path, Some(body));
        self.answered += u64::from(matches!(reply, Reply::Answered(_)));
        reply
    }

    fn update(&mut self, query: &str, body: &Value) -> Reply {
        self.send(Method::POST, &format!("/api/v3/{STORE}/customers_update{query}"), body)
    }

    /// The name of all customers of a batch, which is no part of another's.
    fn name_of(&self, batch: u64) -> String {
        format!("{}-{batch}-batch", self.name)
    }

    fn create_batch(&mut self) {
        let batch = self.batches;
        self.batches += 1;
        for number in 0..BATCH {
            let body = json!({
                "email": format!("{}.{batch}.{number}@many.example.org", self.name),
                "name": self.name_of(batch),
                "contacts": [{ "type": "PHONE", "contact": format!("+1 555 {number:04}"), "default": true }],
            });
            match self.send(Method::POST, &customers(), &body) {
                Reply::Answered(answer) => {
                    assert_eq!(answer.status, 200, "{answer:?}");
                    let known =
                        Known { batch, tax_exempt: [false].into(), group: [0].into(), may_be_gone: false };
                    let id = answer.body["id"].as_u64().unwrap();
                    assert!(self.known.insert(id, known).is_none(), "id {id} was given twice");
                }
                Reply::Unknown => *self.perhaps.entry(batch).or_default() += 1,
                Reply::Refused => {}
            }
        }
    }

    /// The customers of a batch that are there for sure.
    fn sure(&self, batch: u64) -> Vec<u64> {
        let sure = self.known.iter().filter(|(_, known)| known.batch == batch && !known.may_be_gone);
        sure.map(|(&id, _)| id).collect()
    }

    /// Whether the answer counts as many customers of a batch as a filter finds.
    fn assert_finds(&self, batch: u64, answer: &Answer) {
        let sure = self.sure(batch).len() as u64;
        let unsure =
            self.known.values().filter(|known| known.batch == batch && known.may_be_gone).count() as u64;
        let most = sure + unsure + self.perhaps.get(&batch).copied().unwrap_or_default();
        assert_eq!(answer.status, 200, "{answer:?}");
        let count = answer.body["updateCount"].as_u64().unwrap();
        assert!((sure..=most).contains(&count), "{count} instead of {sure} to {most}: {answer:?}");
    }

    fn any_change(&mut self) -> (Option<bool>, Option<u64>, Value) {
        let tax_exempt = self.random.random_bool(0.6).then(|| self.random.random());
        let group = self.groups.iter().copied().choose(&mut self.random);
        let group = if tax_exempt.is_none() || self.random.random() { group } else { None };
        let mut customer = json!({});
        if let Some(tax_exempt) = tax_exempt {
            customer["taxExempt"] = json!(tax_exempt);
        }
        if let Some(group) = group {
            customer["customerGroupId"] = json!(group);
        }
        (tax_exempt, group, customer)
    }

    /// Learns that customers are changed, or may be.
    fn learn(&mut self, ids: &[u64], tax_exempt: Option<bool>, group: Option<u64>, sure: bool) {
        for id in ids {
            let known = self.known.get_mut(id).unwrap();
            if let Some(tax_exempt) = tax_exempt {
                known.tax_exempt.retain(|_| !sure);
                known.tax_exempt.insert(tax_exempt);
            }
            if let Some(group) = group {
                known.group.retain(|_| !sure);
                known.group.insert(group);
            }
        }
    }

    /// Learns that customers are gone, or may be.
    fn lose(&mut self, ids: &[u64], sure: bool) {
        for id in ids {
            if sure {
                self.known.remove(id);
                self.gone.insert(*id);
            } else {
                self.known.get_mut(id).unwrap().may_be_gone = true;
            }
        }
    }

    fn change_selected(&mut self, batch: u64) {
        let ids = self.sure(batch);
        if ids.is_empty() {
            return;
        }
        let (tax_exempt, group, customer) = self.any_change();
        match self.update("", &json!({ "mode": "SELECTED", "ids": ids, "customer": customer })) {
            Reply::Answered(answer) => {
                assert_eq!(
                    (answer.status, &answer.body["updateCount"]),
                    (200, &json!(ids.len())),
                    "{answer:?}"
                );
                self.learn(&ids, tax_exempt, group, true);
            }
            Reply::Unknown => self.learn(&ids, tax_exempt, group, false),
            Reply::Refused => {}
        }
    }

    fn delete_selected(&mut self, batch: u64) {
        let mut ids = self.sure(batch);
        ids.retain(|_| self.random.random_bool(0.4));
        if ids.is_empty() {
            return;
        }
        match self.update("", &json!({ "mode": "SELECTED", "ids": ids, "delete": true })) {
            Reply::Answered(answer) => {
                assert_eq!(
                    (answer.status, &answer.body["updateCount"]),
                    (200, &json!(ids.len())),
                    "{answer:?}"
                );
                self.lose(&ids, true);
            }
            Reply::Unknown => self.lose(&ids, false),
            Reply::Refused => {}
        }
    }

    /// The customers of a batch, those that may be gone as well.
    fn all(&self, batch: u64) -> Vec<u64> {
        self.known.iter().filter(|(_, known)| known.batch == batch).map(|(&id, _)| id).collect()
    }

    fn change_found(&mut self, batch: u64) {
        let (tax_exempt, group, customer) = self.any_change();
        let query = format!("?name={}", self.name_of(batch));
        let reply = self.update(&query, &json!({ "mode": "ALL_FILTERED", "customer": customer }));
        let sure = match &reply {
            Reply::Answered(answer) => {
                self.assert_finds(batch, answer);
                true
            }
            Reply::Unknown => false,
            Reply::Refused => return,
        };
        self.learn(&self.all(batch), tax_exempt, group, sure);
    }

    fn delete_found(&mut self, batch: u64) {
        let query = format!("?name={}", self.name_of(batch));
        let reply = self.update(&query, &json!({ "mode": "ALL_FILTERED", "delete": true }));
        let sure = match &reply {
            Reply::Answered(answer) => {
                self.assert_finds(batch, answer);
                true
            }
            Reply::Unknown => false,
            Reply::Refused => return,
        };
        if sure {
            self.perhaps.remove(&batch);
        }
        self.lose(&self.all(batch), sure);
    }

    /// An unknown id changes nothing of the others.
    fn select_one_that_is_gone(&mut self, batch: u64) {
        let Some(&gone) = self.gone.iter().choose(&mut self.random) else { return };
        let mut ids = self.sure(batch);
        ids.push(gone);
        let body = json!({ "mode": "SELECTED", "ids": ids, "customer": { "acceptMarketing": true } });
        if let Reply::Answered(answer) = self.update("", &body) {
            assert_eq!((answer.status, answer.code()), (404, "CUSTOMER_NOT_FOUND"), "{answer:?}");
        }
    }

    /// Changes what no client has an eye on, of customers that others change at the same time.
    fn change_everybody(&mut self) {
        let customer = json!({ "acceptMarketing": self.random.random::<bool>() });
        let reply = if self.random.random() {
            self.update("", &json!({ "mode": "ALL", "customer": customer }))
        } else {
            self.update("?email=example.com", &json!({ "mode": "ALL_FILTERED", "customer": customer }))
        };
        if let Reply::Answered(answer) = reply {
            assert_eq!(answer.status, 200, "{answer:?}");
        }
    }

    /// Compares what is there with what it knows, and learns what became of the requests without an answer. For when nobody
    /// works.
    pub fn verify(&mut self, client: &Client, deleted: &BTreeSet<u64>) {
        let gone = &mut self.gone;
        self.known.retain(|&id, known| {
            let found = client.get(&format!("{}/{id}", customers())).unwrap();
            if found.status == 404 {
                assert!(known.may_be_gone, "customer {id} was acknowledged and is lost: {known:?}");
                gone.insert(id);
                return false;
            }
            known.assert_is(&found);
            known.tax_exempt = [found.body["taxExempt"].as_bool().unwrap()].into();
            known.group = [found.body["customerGroupId"].as_u64().unwrap()].into();
            known.may_be_gone = false;
            true
        });
        for id in gone.iter() {
            assert!(deleted.contains(id), "customer {id} went without an event");
        }
    }
}

impl Known {
    fn assert_is(&self, found: &Answer) {
        assert_eq!(found.status, 200, "{found:?}");
        let (tax_exempt, group) = (found.body["taxExempt"].as_bool(), found.body["customerGroupId"].as_u64());
        assert!(self.tax_exempt.contains(&tax_exempt.unwrap()), "{found:?} is none of {self:?}");
        assert!(self.group.contains(&group.unwrap()), "{found:?} is none of {self:?}");
    }
}
