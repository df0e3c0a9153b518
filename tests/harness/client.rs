//! A client of the API.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use ureq::Agent;
use ureq::http::{HeaderMap, Method, Request};

/// An app that uses the API with a token, on connections that it keeps.
#[derive(Clone)]
pub struct Client {
    agent: Agent,
    address: SocketAddr,
    authorization: String,
}

/// What the server answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Answer {
    pub fn code(&self) -> &str {
        self.body["errorCode"].as_str().unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Client {
    pub fn new(address: SocketAddr, token: &str) -> Self {
        let settings = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(45)))
            .build();
        Self { agent: Agent::new_with_config(settings), address, authorization: format!("Bearer {token}") }
    }

    /// The same token on connections of its own.
    pub fn another(&self) -> Self {
        Self { agent: Agent::new_with_config(self.agent.config().clone()), ..self.clone() }
    }

    pub fn get(&self, path: &str) -> Result<Answer, ureq::Error> {
        self.send(Method::GET, path, None)
    }

    pub fn post(&self, path: &str, body: &Value) -> Result<Answer, ureq::Error> {
        self.send(Method::POST, path, Some(body))
    }

    pub fn put(&self, path: &str, body: &Value) -> Result<Answer, ureq::Error> {
        self.send(Method::PUT, path, Some(body))
    }

    pub fn delete(&self, path: &str) -> Result<Answer, ureq::Error> {
        self.send(Method::DELETE, path, None)
    }

    /// Sends a request. It fails when no whole answer came back: then nobody knows what became of it.
    pub fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Answer, ureq::Error> {
        let request = Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.address))
            .header("Authorization", &self.authorization);
        let mut response = match body {
            Some(body) => self
                .agent
                .run(request.header("Content-Type", "application/json").body(body.to_string()).unwrap())?,
            None => self.agent.run(request.body(()).unwrap())?,
        };
        let text = response.body_mut().read_to_string()?;
        Ok(Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: serde_json::from_str(&text).unwrap_or(Value::String(text)),
        })
    }
}
