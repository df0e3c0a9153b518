//! A small HTTP client for preparing contenders. The load itself comes from wrk.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use http::Method;
use serde_json::Value;

/// Sends JSON to one server, signed in or not.
#[derive(Clone)]
pub struct Client {
    agent: ureq::Agent,
    address: SocketAddr,
    authorization: Option<String>,
}

impl Client {
    /// A client of the server at `address`.
    pub fn new(address: SocketAddr, token: Option<&str>) -> Self {
        let settings = ureq::Agent::config_builder()
            // A refusal is an answer too: its body says what is wrong.
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_mins(1)))
            .build();
        Self {
            agent: ureq::Agent::new_with_config(settings),
            address,
            authorization: token.map(|token| format!("Bearer {token}")),
        }
    }

    /// Asks for what is there and returns the answer's body.
    ///
    /// # Errors
    /// When the server cannot be reached or answers with another status than 2xx.
    pub fn get(&self, path: &str) -> Result<Value> {
        let mut request = http::Request::builder().uri(format!("http://{}{path}", self.address));
        if let Some(authorization) = &self.authorization {
            request = request.header("Authorization", authorization);
        }
        let request = request.body(()).context("the request is not well-formed")?;
        let mut answer = self.agent.run(request).with_context(|| format!("GET {path} failed"))?;
        let status = answer.status();
        let text = answer
            .body_mut()
            .with_config()
            .limit(64 << 20)
            .read_to_string()
            .context("cannot read the answer")?;
        if !status.is_success() {
            bail!("GET {path} was answered with {status}: {text}");
        }
        serde_json::from_str(&text).with_context(|| format!("GET {path} was not answered with JSON: {text}"))
    }

    /// Posts a body and returns the answer's.
    ///
    /// # Errors
    /// When the server cannot be reached or answers with another status than 2xx.
    pub fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.send(&Method::POST, path, body)
    }

    /// Patches with a body and returns the answer's.
    ///
    /// # Errors
    /// When the server cannot be reached or answers with another status than 2xx.
    pub fn patch(&self, path: &str, body: &Value) -> Result<Value> {
        self.send(&Method::PATCH, path, body)
    }

    fn send(&self, method: &Method, path: &str, body: &Value) -> Result<Value> {
        let mut request = http::Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.address))
            .header("Content-Type", "application/json");
        if let Some(authorization) = &self.authorization {
            request = request.header("Authorization", authorization);
        }
        let request = request.body(body.to_string()).context("the request is not well-formed")?;
        let mut answer = self.agent.run(request).with_context(|| format!("{method} {path} failed"))?;
        let status = answer.status();
        let text = answer.body_mut().read_to_string().context("cannot read the answer")?;
        if !status.is_success() {
            bail!("{method} {path} was answered with {status}: {text}");
        }
        serde_json::from_str(&text)
            .with_context(|| format!("{method} {path} was not answered with JSON: {text}"))
    }
}
