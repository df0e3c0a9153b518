//! The ways into servers that come and go.

use std::sync::{Arc, Mutex};

use super::Client;

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
}
