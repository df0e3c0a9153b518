//! Several servers on one database.

use std::io::ErrorKind;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use ureq::http::Method;

use super::client::{Answer, Client};
use super::{PATIENCE, Server, Shop, eventually};

/// What became of a request to a node that may die.
#[derive(Debug)]
pub enum Reply {
    Answered(Answer),
    /// It changed nothing.
    Refused,
    /// No answer came, or one that says that nobody knows.
    Unknown,
}

/// The ways in: a client for each node, another one when the node was started again.
#[derive(Clone)]
pub struct Doors(Arc<Mutex<Vec<Client>>>);

impl Doors {
    pub fn new(clients: Vec<Client>) -> Self {
        Self(Arc::new(Mutex::new(clients)))
    }

    pub fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    /// The way into a node; they are counted round and round.
    pub fn get(&self, number: usize) -> Client {
        let clients = self.0.lock().unwrap();
        clients[number % clients.len()].clone()
    }

    pub fn set(&self, number: usize, client: Client) {
        self.0.lock().unwrap()[number] = client;
    }

    /// Asks this node once.
    pub fn ask(&self, number: usize, method: Method, path: &str, body: Option<&Value>) -> Reply {
        match self.get(number).send(method, path, body) {
            Ok(answer) if answer.status == 503 => {
                assert_eq!(answer.code(), "UNAVAILABLE", "{answer:?}");
                assert_ne!(answer.header("retry-after"), "", "{answer:?}");
                let message = answer.body["errorMessage"].as_str().unwrap();
                if message.contains("look before you try again") { Reply::Unknown } else { Reply::Refused }
            }
            Ok(answer) => {
                assert!(answer.status < 500, "{answer:?}");
                Reply::Answered(answer)
            }
            Err(ureq::Error::Io(error)) if error.kind() == ErrorKind::ConnectionRefused => {
                // The node is gone, and its place is free until it is started again.
                thread::sleep(Duration::from_millis(5));
                Reply::Refused
            }
            Err(_) => Reply::Unknown,
        }
    }

    /// Asks one node after the other, beginning with this one, until one serves.
    pub fn send(&self, first: usize, method: &Method, path: &str, body: Option<&Value>) -> Answer {
        let mut number = first;
        eventually("a node serves", PATIENCE, || {
            number += 1;
            let answer = self.get(number - 1).send(method.clone(), path, body).ok()?;
            (answer.status != 503).then_some(answer)
        })
    }
}

/// Servers on the database of one shop.
pub struct Nodes<'a> {
    shop: &'a Shop,
    servers: Vec<Option<Server>>,
    pub doors: Doors,
}

impl<'a> Nodes<'a> {
    /// Starts so many at once.
    pub fn start(shop: &'a Shop, count: usize) -> Self {
        let servers: Vec<Server> = thread::scope(|scope| {
            let starting: Vec<_> = (0..count).map(|_| scope.spawn(|| shop.serve(&[]))).collect();
            starting.into_iter().map(|starting| starting.join().unwrap()).collect()
        });
        let doors = Doors::new(servers.iter().map(|server| shop.client(server)).collect());
        Self { shop, servers: servers.into_iter().map(Some).collect(), doors }
    }

    pub fn client(&self, number: usize) -> Client {
        self.doors.get(number)
    }

    pub fn server(&self, number: usize) -> &Server {
        self.servers[number].as_ref().unwrap()
    }

    /// Ends a node on the spot, as a crash would.
    pub fn kill(&mut self, number: usize) {
        self.servers[number].take().unwrap().kill();
    }

    /// Stops a node in order.
    pub fn stop(&mut self, number: usize) {
        let said = self.servers[number].take().unwrap().stop();
        assert!(!said.contains("ERROR"), "{said}");
    }

    /// Starts a node that was ended.
    pub fn start_again(&mut self, number: usize) {
        let server = self.shop.serve(&[]);
        self.doors.set(number, self.shop.client(&server));
        assert!(self.servers[number].replace(server).is_none(), "node {number} was running");
    }

    pub fn start_again_those_that_died(&mut self) {
        for number in 0..self.servers.len() {
            if self.servers[number].is_none() {
                self.start_again(number);
            }
        }
    }

    /// What the nodes that run have said.
    pub fn said(&self) -> String {
        self.servers.iter().flatten().map(Server::said).collect()
    }
}
