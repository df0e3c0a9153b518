//! Parameters in a query.
//!
//! Unknown ones are ignored; of one that is given twice the first counts. A percent sign that begins no valid sequence
//! stands for itself.

use std::borrow::Cow;
use std::fmt;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde_json::Value;
use shopfolk_model::Timestamp;
use shopfolk_store::PageRequest;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};

use crate::error::ApiError;
use crate::response_fields::{self, ResponseFields};

/// The number of entries on a page where none is asked for, and the most there are.
pub(crate) const PAGE_SIZE: u32 = 100;
/// The largest number that every client can hold.
const LARGEST_OFFSET: u64 = (1 << 53) - 1;

/// The parameters of a query.
#[derive(Debug, Clone, Copy)]
pub struct Query<'a>(&'a str);

impl<'a> Query<'a> {
    /// The parameters in this text, without its question mark.
    pub const fn new(text: &'a str) -> Self {
        Self(text)
    }

    /// The text of a parameter.
    pub fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        form_urlencoded::parse(self.0.as_bytes()).find(|(other, _)| other == name).map(|(_, value)| value)
    }

    pub(crate) fn parsed<T, X: fmt::Display>(
        &self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, X>,
    ) -> Result<Option<T>, ApiError> {
        self.text(name)
            .map(|text| parse(&text).map_err(|expected| ApiError::wrong_value(name, &text, expected)))
            .transpose()
    }

    /// A yes or no in one of its many forms.
    ///
    /// # Errors
    /// When it is none of them.
    pub fn boolean(&self, name: &str) -> Result<Option<bool>, ApiError> {
        self.parsed(name, |text| match text.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Ok(true),
            "false" | "no" | "off" | "0" => Ok(false),
            _ => Err("must be one of true, false, yes, no, on, off, 1, 0"),
        })
    }

    /// A point in time: UNIX seconds or a date.
    ///
    /// # Errors
    /// When it is neither, or out of range.
    pub fn timestamp(&self, name: &str) -> Result<Option<Timestamp>, ApiError> {
        self.parsed(name, Timestamp::parse)
    }

    /// Which part of a list is wanted: `offset` and `limit`.
    ///
    /// # Errors
    /// When one of them is no integer in its range.
    pub fn page(&self) -> Result<PageRequest, ApiError> {
        self.page_of(PAGE_SIZE)
    }

    /// The same, of a list whose pages have up to so many entries.
    pub(crate) fn page_of(&self, most: u32) -> Result<PageRequest, ApiError> {
        let offset = self.parsed("offset", |text| {
            text.trim()
                .parse()
                .ok()
                .filter(|&offset| offset <= LARGEST_OFFSET)
                .ok_or_else(|| format!("must be an integer from 0 to {LARGEST_OFFSET}"))
        })?;
        let limit = self.parsed("limit", |text| {
            let text = text.trim();
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            match text.parse::<u32>() {
                Ok(limit) if limit > 0 => Ok(limit.min(most)),
                // More digits than the number holds: more than a page all the same.
                Err(_) if digits => Ok(most),
                _ => Err(format!("must be an integer of at least 1 (values over {most} mean {most})")),
            }
        })?;
        Ok(PageRequest { offset: offset.unwrap_or(0), limit: limit.unwrap_or(PAGE_SIZE) })
    }

    /// Which fields of the answer are wanted: `responseFields`.
    ///
    /// # Errors
    /// When brackets are unbalanced or a comma stands alone.
    pub fn response_fields(&self) -> Result<ResponseFields, ApiError> {
        match self.text("responseFields") {
            None => Ok(ResponseFields::default()),
            Some(text) => response_fields::parse(&text)
                .map_err(|error| ApiError::wrong_value("responseFields", &text, error)),
        }
    }
}

/// The time that the query asks for: `from_date` and `to_date`.
pub(crate) struct Period {
    pub(crate) from: Option<Timestamp>,
    pub(crate) to: Option<Timestamp>,
}

impl<S: Sync> FromRequestParts<S> for Period {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = Query::new(parts.uri.query().unwrap_or_default());
        Ok(Self { from: query.timestamp("from_date")?, to: query.timestamp("to_date")? })
    }
}

/// The part of a list that the query asks for.
pub(crate) struct Paging(pub(crate) PageRequest);

impl IntoParams for Paging {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        page_parameters(PAGE_SIZE)
    }
}

/// The parameters of [`Query::page_of`] in the OpenAPI document.
pub(crate) fn page_parameters(most: u32) -> Vec<Parameter> {
    let number = |format, minimum| {
        ObjectBuilder::new()
            .schema_type(Type::Integer)
            .format(Some(SchemaFormat::KnownFormat(format)))
            .minimum(Some(minimum))
    };
    let limit =
        format!("How many to answer with; {PAGE_SIZE} by default, and values over {most} mean {most}");
    vec![
        parameter("offset", "How many to pass over", number(KnownFormat::Int64, 0), Some(0.into())),
        parameter("limit", &limit, number(KnownFormat::Int32, 1), Some(PAGE_SIZE.into())),
    ]
}

/// The parameter of [`Query::response_fields`] in the OpenAPI document.
pub(crate) fn response_fields_parameter() -> Parameter {
    let about = "The fields of the answer that are wanted, such as `id,name` or `total,items(id,contacts(type,contact))`";
    text_parameter("responseFields", about, None)
}

/// A text in a query in the OpenAPI document.
pub(crate) fn text_parameter(name: &str, description: &str, example: Option<&str>) -> Parameter {
    let text = ObjectBuilder::new().schema_type(Type::String);
    parameter(name, description, text, example.map(Into::into))
}

fn parameter(name: &str, description: &str, schema: ObjectBuilder, example: Option<Value>) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .description(Some(description))
        .schema(Some(schema))
        .example(example)
        .build()
}

impl<S: Sync> FromRequestParts<S> for Paging {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Query::new(parts.uri.query().unwrap_or_default()).page().map(Self)
    }
}

/// The fields of the answer that the query asks for.
pub(crate) struct Fields(pub(crate) ResponseFields);

impl<S: Sync> FromRequestParts<S> for Fields {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Query::new(parts.uri.query().unwrap_or_default()).response_fields().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_boolean_has_many_forms() {
        for (text, value) in [
            ("true", true),
            ("YES", true),
            ("On", true),
            ("1", true),
            ("false", false),
            ("no", false),
            ("OFF", false),
            ("0", false),
        ] {
            assert_eq!(Query::new(&format!("a={text}")).boolean("a").unwrap(), Some(value), "{text}");
        }
        assert_eq!(Query::new("b=1").boolean("a").unwrap(), None);
        let error = Query::new("a=maybe").boolean("a").unwrap_err();
        assert_eq!(
            error.message(),
            "Wrong value 'maybe' of parameter 'a': it must be one of true, false, yes, no, on, off, 1, 0"
        );
    }

    #[test]
    fn a_date_is_read_in_every_form() {
        for text in ["1742987232", "2025-03-26+11%3A07%3A12+%2B0000", "2025-03-26T11:07:12Z"] {
            let timestamp = Query::new(&format!("a={text}")).timestamp("a").unwrap().unwrap();
            assert_eq!(timestamp.unix_seconds(), 1_742_987_232, "{text}");
        }
        assert!(Query::new("a=soon").timestamp("a").is_err());
    }

    #[test]
    fn a_page_is_a_hundred_at_the_most() {
        for (query, offset, limit) in [
            ("", 0, 100),
            ("offset=5&limit=2", 5, 2),
            ("limit=100000", 0, 100),
            ("limit=99999999999999999999", 0, 100),
            ("offset=9007199254740991", 9_007_199_254_740_991, 100),
        ] {
            assert_eq!(Query::new(query).page().unwrap(), PageRequest { offset, limit }, "{query}");
        }
        for query in [
            "limit=0",
            "limit=-1",
            "limit=a",
            "limit=",
            "offset=-1",
            "offset=1.5",
            "offset=",
            "offset=9007199254740992",
        ] {
            assert!(Query::new(query).page().is_err(), "{query}");
        }
    }

    #[test]
    fn the_first_of_two_counts_and_a_lone_percent_sign_is_itself() {
        assert_eq!(Query::new("a=1%&a=2").text("a").unwrap(), "1%");
        assert_eq!(Query::new("a=%zz%ff").text("a").unwrap(), "%zz\u{fffd}");
    }
}
