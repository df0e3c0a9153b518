//! A small HTTP client for preparing contenders. The load itself comes from wrk.

use std::io::Read;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use http::{Method, StatusCode};
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

    /// The same client with another token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { authorization: Some(format!("Bearer {token}")), ..self.clone() }
    }

    /// Asks, reads the answer to its end without keeping it, and returns its status, whatever it is. Once `goes_on` is false,
    /// the rest of the answer is not read.
    ///
    /// # Errors
    /// When the server cannot be reached or the answer does not come to its end.
    pub fn ask(
        &self,
        method: &Method,
        path: &str,
        body: Option<&Value>,
        goes_on: &AtomicBool,
    ) -> Result<StatusCode> {
        let failed = || format!("{method} {path} failed");
        let request = self.request(method, path);
        let mut answer = match body {
            Some(body) => {
                let request = request.header("Content-Type", "application/json").body(body.to_string());
                self.agent.run(request.with_context(failed)?).with_context(failed)?
            }
            None => self.agent.run(request.body(()).with_context(failed)?).with_context(failed)?,
        };
        let (status, mut reader) = (answer.status(), answer.body_mut().as_reader());
        let mut piece = [0; 16 * 1024];
        while goes_on.load(Ordering::Relaxed) && reader.read(&mut piece).with_context(failed)? > 0 {}
        Ok(status)
    }

    fn request(&self, method: &Method, path: &str) -> http::request::Builder {
        let request = http::Request::builder().method(method).uri(format!("http://{}{path}", self.address));
        match &self.authorization {
            Some(authorization) => request.header("Authorization", authorization),
            None => request,
        }
    }

    /// Asks for what is there and returns the answer's body.
    ///
    /// # Errors
    /// When the server cannot be reached or answers with another status than 2xx.
    pub fn get(&self, path: &str) -> Result<Value> {
        let request = self.request(&Method::GET, path).body(()).context("the request is not well-formed")?;
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
        let request = self.request(method, path).header("Content-Type", "application/json");
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
