//! Parameters in a query.
//!
//! `name[]` is `name`, and an empty value asks nothing. What holds for every call says `parameters.rs`. A percent sign that
//! begins no valid sequence stands for itself.

use std::borrow::Cow;
use std::fmt;

use axum::http::Uri;
use serde_json::Value;
use shopfolk_model::{DeletedCustomer, OrderNumber, SearchText, Timestamp};
use shopfolk_store::PageRequest;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{IntoParams, PartialSchema};

use crate::cursor::Place;
use crate::error::{ApiError, shorten};
use crate::from_uri::from_uri;
use crate::response_fields::{self, ResponseFields};

/// Describes the parameters of a query: for each a constant for its name, and what the OpenAPI document says of it. One
/// that nobody reads does not compile.
macro_rules! query_parameters {
    ($parameters:ident: $($(#[doc = $about:literal])+ $constant:ident $name:literal: $kind:ty $(, $example:literal)?;)+) => {
        pub(crate) struct $parameters;

        impl $parameters {
            $(pub(crate) const $constant: &'static str = $name;)+
        }

        impl $crate::query::QueryParameters for $parameters {
            const NAMES: &'static [&'static str] = &[$($name),+];
        }

        impl utoipa::IntoParams for $parameters {
            fn into_params(
                _: impl Fn() -> Option<utoipa::openapi::path::ParameterIn>,
            ) -> Vec<utoipa::openapi::path::Parameter> {
                vec![$($crate::query::documented(
                    $name,
                    concat!($($about, "\n"),+).trim().replace("\n ", "\n").as_str(),
                    <$kind as utoipa::PartialSchema>::schema(),
                    None $(.or(Some($example.into())))?,
                )),+]
            }
        }
    };
}

pub(crate) use query_parameters;

/// The parameters of a call.
pub(crate) trait QueryParameters {
    /// Their names.
    const NAMES: &'static [&'static str];
}

/// The number of entries on a page where none is asked for, and the most there are.
pub(crate) const PAGE_SIZE: u32 = 100;
/// The largest number that every client can hold.
const LARGEST_OFFSET: u64 = (1 << 53) - 1;

const OFFSET: &str = "offset";
const AFTER: &str = "after";
pub(crate) const LIMIT: &str = "limit";
const RESPONSE_FIELDS: &str = "responseFields";
/// Older clients send their token so.
const TOKEN: &str = "token";

/// What the document says of it.
const AFTER_ABOUT: &str = "Goes on behind the answer whose `next` this is, in the same order, whatever was added or deleted meanwhile. Costs \
     the same however far that is; a large `offset` does not";

/// The parameters of a query.
#[derive(Debug, Clone, Copy)]
pub struct Query<'a>(&'a str);

impl<'a> Query<'a> {
    /// The parameters in this text, without its question mark.
    pub const fn new(text: &'a str) -> Self {
        Self(text)
    }

    /// The parameters in an address.
    pub(crate) fn of(uri: &'a Uri) -> Self {
        Self(uri.query().unwrap_or_default())
    }

    /// The text of a parameter; an empty one is none.
    pub fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        let is_named = |other: &str| other.strip_suffix("[]").unwrap_or(other) == name;
        let mut named = form_urlencoded::parse(self.0.as_bytes()).filter(|(other, _)| is_named(other));
        named.next().map(|(_, value)| value).filter(|value| !value.is_empty())
    }

    /// The names of the parameters.
    pub(crate) fn names(&self) -> impl Iterator<Item = String> {
        form_urlencoded::parse(self.0.as_bytes())
            .map(|(name, _)| name.strip_suffix("[]").unwrap_or(&name).to_owned())
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

    /// Refuses parameters that are none of these: one that is misspelt must not do to many what is meant for few.
    pub(crate) fn refuse_others<P: QueryParameters>(&self) -> Result<(), ApiError> {
        let is_known = |name: &str| name == TOKEN || P::NAMES.contains(&name);
        match self.names().find(|name| !is_known(name)) {
            None => Ok(()),
            Some(name) => Err(ApiError::wrong_parameter(format!(
                "There is no parameter '{}' here; there are {}",
                shorten(&name),
                P::NAMES.join(", ")
            ))),
        }
    }

    /// A text to search for; an empty one is none.
    pub(crate) fn search_text(&self, name: &str) -> Result<Option<SearchText>, ApiError> {
        self.parsed(name, SearchText::optional).map(Option::flatten)
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

    /// Which part of a list in this order is wanted: `offset` or `after`, and `limit`, of which more than `most` means that.
    ///
    /// # Errors
    /// When one of them is no integer in its range, `after` is no place in such a list, or both say where to begin.
    pub(crate) fn page<P: Place>(&self, order: P::Order, most: u32) -> Result<PageRequest<P>, ApiError> {
        let offset = self.parsed(OFFSET, |text| {
            text.trim()
                .parse()
                .ok()
                .filter(|&offset| offset <= LARGEST_OFFSET)
                .ok_or_else(|| format!("must be an integer from 0 to {LARGEST_OFFSET}"))
        })?;
        let limit = self.limit(most)?;
        let after = self.parsed(AFTER, |text| match text {
            "" => Ok(None),
            text => P::of_cursor(text, order).map(Some),
        })?;
        match (after.flatten(), offset.unwrap_or(0)) {
            (None, offset) => Ok(PageRequest::at(offset, limit)),
            (Some(place), 0) => Ok(PageRequest::after(place, limit)),
            (Some(_), _) => Err(ApiError::wrong_parameter(format!(
                "Parameters '{AFTER}' and '{OFFSET}' both say where to begin: leave one of them out"
            ))),
        }
    }

    /// How many entries are wanted, of which more than `most` means that.
    ///
    /// # Errors
    /// When it is no integer of at least 1.
    pub(crate) fn limit(&self, most: u32) -> Result<u32, ApiError> {
        let limit = self.parsed(LIMIT, |text| {
            let text = text.trim();
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            match text.parse::<u32>() {
                Ok(limit) if limit > 0 => Ok(limit.min(most)),
                // More digits than the number holds: more than a page all the same.
                Err(_) if digits => Ok(most),
                _ => Err(format!("must be an integer of at least 1 (values over {most} mean {most})")),
            }
        })?;
        Ok(limit.unwrap_or(PAGE_SIZE))
    }

    /// Which fields of the answer are wanted: `responseFields`.
    ///
    /// # Errors
    /// When brackets are unbalanced or a comma stands alone.
    pub fn response_fields(&self) -> Result<ResponseFields, ApiError> {
        match self.text(RESPONSE_FIELDS) {
            None => Ok(ResponseFields::default()),
            Some(text) => response_fields::parse(&text)
                .map_err(|error| ApiError::wrong_value(RESPONSE_FIELDS, &text, error)),
        }
    }
}

query_parameters! {
    PeriodParameters:
    /// None that were deleted before
    FROM "from_date": String, "2025-03-26";
    /// None that were deleted after
    TO "to_date": String, "2025-03-27";
}

/// The time that the query asks for.
pub(crate) struct Period {
    pub(crate) from: Option<Timestamp>,
    pub(crate) to: Option<Timestamp>,
}

/// The part of a list that the query asks for.
pub(crate) struct Paging<P>(pub(crate) PageRequest<P>);

/// The fields of the answer that the query asks for.
pub(crate) struct Fields(pub(crate) ResponseFields);

from_uri! {
    Period = |uri| {
        let query = Query::of(uri);
        let (from, to) = (query.timestamp(PeriodParameters::FROM)?, query.timestamp(PeriodParameters::TO)?);
        Ok(Self { from, to })
    };
    Paging<DeletedCustomer> = |uri| Query::of(uri).page((), PAGE_SIZE).map(Self);
    Paging<OrderNumber> = |uri| Query::of(uri).page((), PAGE_SIZE).map(Self);
    Fields = |uri| Query::of(uri).response_fields().map(Self);
}

/// What [`Query::page`] reads, in the OpenAPI document.
pub(crate) struct PageParameters;

impl IntoParams for PageParameters {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        page_parameters(PAGE_SIZE)
    }
}

/// The same, of pages with up to so many entries.
pub(crate) fn page_parameters(most: u32) -> Vec<Parameter> {
    let limit =
        format!("How many to answer with; {PAGE_SIZE} by default, and values over {most} mean {most}");
    let at_least_one = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int32)))
        .minimum(Some(1));
    vec![
        documented(OFFSET, "How many to pass over", u64::schema(), Some(0.into())),
        documented(AFTER, AFTER_ABOUT, String::schema(), None),
        documented(LIMIT, &limit, at_least_one.into(), Some(PAGE_SIZE.into())),
    ]
}

/// The parameter of [`Query::response_fields`] in the OpenAPI document.
pub(crate) fn response_fields_parameter() -> Parameter {
    let about = "The fields of the answer that are wanted, such as `id,name` or `total,items(id,contacts(type,contact))`";
    documented(RESPONSE_FIELDS, about, String::schema(), None)
}

/// A parameter of a query in the OpenAPI document.
pub(crate) fn documented(
    name: &str,
    about: &str,
    schema: RefOr<Schema>,
    example: Option<Value>,
) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .description(Some(about))
        .schema(Some(schema))
        .example(example)
        .build()
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
            ("limit=&offset=&after=", 0, 100),
            ("limit[]=7", 0, 7),
            ("offset=9007199254740991", 9_007_199_254_740_991, 100),
        ] {
            let page = Query::new(query).page::<OrderNumber>((), PAGE_SIZE);
            assert_eq!(page.unwrap(), PageRequest::at(offset, limit), "{query}");
        }
        for query in ["limit=0", "limit=-1", "limit=a", "offset=-1", "offset=1.5", "offset=9007199254740992"]
        {
            assert!(Query::new(query).page::<OrderNumber>((), PAGE_SIZE).is_err(), "{query}");
        }
    }

    #[test]
    fn a_lone_percent_sign_is_itself() {
        assert_eq!(Query::new("a=1%").text("a").unwrap(), "1%");
        assert_eq!(Query::new("a=%zz%ff").text("a").unwrap(), "%zz\u{fffd}");
    }
}
