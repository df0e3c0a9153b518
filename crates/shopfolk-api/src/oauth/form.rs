//! Parameters as forms and queries have them.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use tokio::time::timeout;

use crate::error::{ApiError, ErrorCode};

/// The most bytes of a form.
const MAXIMUM_SIZE: usize = 64 << 10;

/// Parameters by their names. A name is there once: the first value, and whether there was another.
#[derive(Debug, Default, Clone)]
pub struct Form {
    values: BTreeMap<String, String>,
    repeated: Option<String>,
}

impl Form {
    /// Takes in what is in a query or in a form.
    pub fn parse(text: &[u8]) -> Self {
        let mut form = Self::default();
        form.extend(text);
        form
    }

    /// Reads the parameters in a body, beside those of the query.
    ///
    /// # Errors
    /// When the body is too large, breaks off or is too slow.
    pub async fn read(query: Option<&str>, body: Body, within: Duration) -> Result<Self, ApiError> {
        let mut form = Self::parse(query.unwrap_or_default().as_bytes());
        let read = timeout(within, to_bytes(body, MAXIMUM_SIZE)).await.map_err(|_| {
            ApiError::new(ErrorCode::Timeout, "The body of the request did not arrive in time")
        })?;
        let read = read.map_err(|_| {
            ApiError::wrong_parameter("The form must be whole and at most 64 KiB (65536 bytes) large")
        })?;
        form.extend(&read);
        Ok(form)
    }

    fn extend(&mut self, text: &[u8]) {
        for (name, value) in form_urlencoded::parse(text) {
            if self.values.contains_key(&*name) {
                self.repeated.get_or_insert(name.into_owned());
            } else {
                self.values.insert(name.into_owned(), value.into_owned());
            }
        }
    }

    /// A value; `None` when it is missing or empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A parameter that was there more than once.
    pub fn repeated(&self) -> Option<&str> {
        self.repeated.as_deref()
    }

    /// The names of all parameters.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    /// Whether there is no parameter at all.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// These of them as a query.
    pub fn query_of(&self, names: &[&str]) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for name in names {
            if let Some(value) = self.get(name) {
                query.append_pair(name, value);
            }
        }
        query.finish()
    }
}
