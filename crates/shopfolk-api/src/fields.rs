//! Reading the fields of a JSON object, with messages that name the field by its path, such as `contacts[2].type`.

use std::fmt;

use shopfolk_model::{Timestamp, TimestampError};

use crate::error::{ApiError, shorten};
use crate::given::Given;
use crate::json::{JsonObject, JsonValue};
use crate::lenient::{Empty, Lenient, WrongField};

/// Where an object is in what was sent.
#[derive(Debug, Clone, Copy)]
enum ObjectPath<'a> {
    Body,
    /// An entry of a body that is a list.
    Entry(usize),
    /// In a row of a table, where lists have gaps.
    Row,
    Field(&'a Fields<'a>, &'a str),
    Element(&'a Fields<'a>, &'a str, usize),
}

/// An object of the body, and where it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields<'a> {
    path: ObjectPath<'a>,
    object: &'a JsonObject<'a>,
    /// Where it is noted what is left out; `None` where nothing is.
    lenient: Option<&'a Lenient>,
}

impl<'a> Fields<'a> {
    /// The fields of a body, which must be an object.
    pub(crate) fn of_body(body: &'a JsonValue<'a>) -> Result<Self, ApiError> {
        match body {
            JsonValue::Object(object) => Ok(Self { path: ObjectPath::Body, object, lenient: None }),
            other => Err(ApiError::wrong_parameter(format!(
                "The body must be a JSON object, it is '{}'",
                shorten(&other.to_string())
            ))),
        }
    }

    /// The fields of an entry of a body that is a list, which must be an object.
    pub(crate) fn of_entry(place: usize, entry: &'a JsonValue<'a>) -> Result<Self, ApiError> {
        match entry {
            JsonValue::Object(object) => Ok(Self { path: ObjectPath::Entry(place), object, lenient: None }),
            other => {
                Err(ApiError::wrong_value(format!("[{place}]"), &other.to_string(), "must be a JSON object"))
            }
        }
    }

    /// The fields of what a file says of a customer: an entry of a list that is `null` is none.
    pub(crate) const fn of_row(object: &'a JsonObject<'a>, lenient: &'a Lenient) -> Self {
        Self { path: ObjectPath::Row, object, lenient: Some(lenient) }
    }

    /// The object itself, with its unknown fields.
    pub(crate) const fn object_itself(&self) -> &JsonObject<'a> {
        self.object
    }

    /// The path of a field, for a message.
    pub(crate) fn path<'b>(&'b self, name: &'b str) -> impl fmt::Display + 'b {
        Path { fields: self, name }
    }

    /// A text, as the value that `parse` makes of it.
    pub(crate) fn text<T, E: fmt::Display>(
        &self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Given<T>, ApiError> {
        self.read(name, |value| match value {
            JsonValue::Text(text) => {
                parse(text).map_err(|expected| ApiError::wrong_value(self.path(name), text, expected))
            }
            other => Err(self.wrong(name, other, "must be a string")),
        })
    }

    /// `true` or `false`.
    pub(crate) fn boolean(&self, name: &str) -> Result<Given<bool>, ApiError> {
        self.read(name, |value| match value {
            JsonValue::Boolean(value) => Ok(*value),
            other => Err(self.wrong(name, other, "must be true or false")),
        })
    }

    /// An integer, as the value that `parse` makes of it.
    pub(crate) fn integer<T, E: fmt::Display>(
        &self,
        name: &str,
        parse: impl FnOnce(i64) -> Result<T, E>,
    ) -> Result<Given<T>, ApiError> {
        self.read(name, |value| {
            let number = integer(value).ok_or_else(|| self.wrong(name, value, "must be an integer"))?;
            parse(number).map_err(|expected| self.wrong(name, value, expected))
        })
    }

    /// A number, as the value that `parse` makes of its decimal text.
    pub(crate) fn decimal<T, E: fmt::Display>(
        &self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Given<T>, ApiError> {
        self.read(name, |value| match value {
            JsonValue::Number(number) => {
                parse(&number.to_string()).map_err(|expected| self.wrong(name, value, expected))
            }
            other => Err(self.wrong(name, other, "must be a number")),
        })
    }

    /// An integer, as the value that `parse` makes of it; `true` is 1 and `false` is 0.
    pub(crate) fn integer_or_boolean<T, E: fmt::Display>(
        &self,
        name: &str,
        parse: impl FnOnce(i64) -> Result<T, E>,
    ) -> Result<Given<T>, ApiError> {
        match self.object.get(name) {
            Some(JsonValue::Boolean(value)) => parse(i64::from(*value))
                .map(Given::Value)
                .map_err(|expected| self.wrong(name, &JsonValue::Boolean(*value), expected)),
            _ => self.integer(name, parse),
        }
    }

    /// A point in time: UNIX seconds as a number or in digits, or a date.
    pub(crate) fn timestamp(&self, name: &str) -> Result<Given<Timestamp>, ApiError> {
        self.read(name, |value| {
            let timestamp = match value {
                JsonValue::Text(text) => Timestamp::parse(text),
                other => seconds(other).ok_or(TimestampError::Form).and_then(Timestamp::from_unix_seconds),
            };
            timestamp.map_err(|expected| self.wrong(name, value, expected))
        })
    }

    /// An object in a field, as the value that `parse` makes of its fields.
    pub(crate) fn object<T>(
        &self,
        name: &str,
        parse: impl FnOnce(&Fields<'_>) -> Result<T, ApiError>,
    ) -> Result<Given<T>, ApiError> {
        self.read(name, |value| match value {
            JsonValue::Object(object) => {
                parse(&Fields { path: ObjectPath::Field(self, name), object, ..*self })
            }
            other => Err(self.wrong(name, other, "must be a JSON object")),
        })
    }

    /// A list of objects, as the values that `parse` makes of their fields.
    pub(crate) fn objects<T>(
        &self,
        name: &str,
        maximum: usize,
        parse: impl Fn(&Fields<'_>) -> Result<T, ApiError>,
    ) -> Result<Given<Vec<T>>, ApiError> {
        self.list(name, maximum, "must be a list of JSON objects", |index, value| match value {
            JsonValue::Object(object) => {
                parse(&Fields { path: ObjectPath::Element(self, name, index), object, ..*self })
            }
            other => Err(self.wrong_element(name, index, other, "must be a JSON object")),
        })
    }

    /// A list of integers, as the values that `parse` makes of them.
    pub(crate) fn integers<T, E: fmt::Display>(
        &self,
        name: &str,
        maximum: usize,
        parse: impl Fn(i64) -> Result<T, E>,
    ) -> Result<Given<Vec<T>>, ApiError> {
        self.list(name, maximum, "must be a list of integers", |index, value| {
            let number =
                integer(value).ok_or_else(|| self.wrong_element(name, index, value, "must be an integer"))?;
            parse(number).map_err(|expected| self.wrong_element(name, index, value, expected))
        })
    }

    /// A list of texts, as the values that `parse` makes of them.
    pub(crate) fn texts<T, E: fmt::Display>(
        &self,
        name: &str,
        maximum: usize,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<Given<Vec<T>>, ApiError> {
        self.list(name, maximum, "must be a list of strings", |index, value| match value {
            JsonValue::Text(text) => {
                parse(text).map_err(|expected| self.wrong_element(name, index, value, expected))
            }
            other => Err(self.wrong_element(name, index, other, "must be a string")),
        })
    }

    /// A list of at most so many values. Those of a row may have gaps.
    fn list<T>(
        &self,
        name: &str,
        maximum: usize,
        expected: &str,
        element: impl Fn(usize, &JsonValue<'_>) -> Result<T, ApiError>,
    ) -> Result<Given<Vec<T>>, ApiError> {
        let is_row = matches!(self.path, ObjectPath::Row);
        let is_there = |(_, value): &(usize, &JsonValue<'_>)| !is_row || **value != JsonValue::Null;
        self.read(name, |value| match value {
            JsonValue::List(values) if values.len() > maximum => Err(ApiError::wrong_parameter(format!(
                "Parameter '{}' has {} entries: it must have at most {maximum}",
                self.path(name),
                values.len()
            ))),
            JsonValue::List(values) => values
                .iter()
                .enumerate()
                .filter(is_there)
                .filter_map(|(index, value)| {
                    let noted = self.noted();
                    let path = || format!("{}[{index}]", self.path(name));
                    self.or_left_out(noted, path, element(index, value)).transpose()
                })
                .collect(),
            other => Err(self.wrong(name, other, expected)),
        })
    }

    fn wrong_element(
        &self,
        name: &str,
        index: usize,
        value: &JsonValue<'_>,
        expected: impl fmt::Display,
    ) -> ApiError {
        ApiError::wrong_value(format!("{}[{index}]", self.path(name)), &value.to_string(), expected)
    }

    /// The error for a field that must be there and is not.
    pub(crate) fn missing(&self, name: &str, expected: impl fmt::Display) -> ApiError {
        ApiError::wrong_parameter(format!("Parameter '{}' is missing: it {expected}", self.path(name)))
    }

    fn wrong(&self, name: &str, value: &JsonValue<'_>, expected: impl fmt::Display) -> ApiError {
        ApiError::wrong_value(self.path(name), &value.to_string(), expected)
    }

    fn read<T>(
        &self,
        name: &str,
        read: impl FnOnce(&'a JsonValue<'a>) -> Result<T, ApiError>,
    ) -> Result<Given<T>, ApiError> {
        let says_nothing = self.lenient.is_some_and(|lenient| lenient.empty == Empty::SaysNothing);
        match self.object.get(name) {
            None => Ok(Given::Absent),
            Some(JsonValue::Null) if says_nothing => Ok(Given::Absent),
            Some(JsonValue::Text(text)) if says_nothing && text.trim_ascii().is_empty() => Ok(Given::Absent),
            Some(JsonValue::Null) => Ok(Given::Null),
            Some(value) => self.given(name, || read(value)),
        }
    }

    /// The value of a field that is made of several, such as `text`.
    pub(crate) fn value_of<T, E: fmt::Display>(
        &self,
        name: &str,
        text: &str,
        value: Result<T, E>,
    ) -> Result<Given<T>, ApiError> {
        self.given(name, || value.map_err(|expected| ApiError::wrong_value(self.path(name), text, expected)))
    }

    /// A value that is read; nothing is said where it is left out.
    pub(crate) fn given<T>(
        &self,
        name: &str,
        read: impl FnOnce() -> Result<T, ApiError>,
    ) -> Result<Given<T>, ApiError> {
        let noted = self.noted();
        let value = self.or_left_out(noted, || self.path(name).to_string(), read())?;
        Ok(value.map_or(Given::Absent, Given::Value))
    }

    /// How much was noted so far.
    fn noted(&self) -> usize {
        self.lenient.map_or(0, Lenient::count)
    }

    /// A value, or `None` where it is left out. What is wrong is noted, unless something within it was since.
    fn or_left_out<T>(
        &self,
        noted: usize,
        path: impl FnOnce() -> String,
        read: Result<T, ApiError>,
    ) -> Result<Option<T>, ApiError> {
        match (read, self.lenient) {
            (Ok(value), _) => Ok(Some(value)),
            (Err(error), None) => Err(error),
            (Err(error), Some(lenient)) => {
                if lenient.count() == noted {
                    let reason = error.message().to_owned();
                    lenient.note(WrongField { field: path(), reason });
                }
                Ok(None)
            }
        }
    }
}

/// The whole seconds of a number.
fn seconds(value: &JsonValue<'_>) -> Option<i64> {
    let JsonValue::Number(number) = value else { return None };
    match number.as_i64() {
        Some(seconds) => Some(seconds),
        None => integer(&JsonValue::Number(serde_json::Number::from_f64(number.as_f64()?.floor())?)),
    }
}

/// The integer that a number is: 3 and 3.0 are one, 3.5 is none. One beyond the range of 64 bits is the nearest in it.
fn integer(value: &JsonValue<'_>) -> Option<i64> {
    let JsonValue::Number(number) = value else { return None };
    number.as_i64().or_else(|| {
        let float = number.as_f64().filter(|float| float.fract() == 0.0)?;
        let beyond = if float < 0.0 { i64::MIN } else { i64::MAX };
        Some(format!("{float:.0}").parse().unwrap_or(beyond))
    })
}

struct Path<'a> {
    fields: &'a Fields<'a>,
    name: &'a str,
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.fields.path {
            ObjectPath::Body | ObjectPath::Row => {}
            ObjectPath::Entry(place) => write!(formatter, "[{place}].")?,
            ObjectPath::Field(fields, name) => write!(formatter, "{}.", Path { fields, name })?,
            ObjectPath::Element(fields, name, index) => {
                write!(formatter, "{}[{index}].", Path { fields, name })?;
            }
        }
        formatter.write_str(self.name)
    }
}

#[cfg(test)]
mod tests {
    use shopfolk_model::OrderBy;

    use super::*;
    use crate::json::parse;

    fn order_by(value: &str) -> Result<Given<OrderBy>, String> {
        let body = format!(r#"{{"orderBy": {value}}}"#);
        let body = parse(body.as_bytes()).unwrap();
        let fields = Fields::of_body(&body).unwrap();
        fields.integer_or_boolean("orderBy", OrderBy::new).map_err(|error| error.message().to_owned())
    }

    fn timestamp(value: &str) -> Result<Given<Timestamp>, String> {
        let body = format!(r#"{{"timestamp": {value}}}"#);
        let body = parse(body.as_bytes()).unwrap();
        let fields = Fields::of_body(&body).unwrap();
        fields.timestamp("timestamp").map_err(|error| error.message().to_owned())
    }

    #[test]
    fn an_integer_may_have_a_fraction_of_nothing() {
        for (value, number) in [
            ("3", 3),
            ("3.0", 3),
            ("3e0", 3),
            ("-0", 0),
            ("true", 1),
            ("false", 0),
            ("2147483647.0", i64::from(i32::MAX)),
        ] {
            assert_eq!(order_by(value), Ok(Given::Value(OrderBy::new(number).unwrap())), "{value}");
        }
        assert_eq!(order_by("null"), Ok(Given::Null));
    }

    #[test]
    fn what_is_no_integer_is_refused() {
        for value in ["3.5", "\"3\"", "[]", "{}"] {
            let message = order_by(value).unwrap_err();
            assert!(message.ends_with("' of parameter 'orderBy': it must be an integer"), "{message}");
        }
    }

    #[test]
    fn an_integer_out_of_range_is_refused() {
        for value in ["-1", "2147483648", "1e300", "-1e300", "-9223372036854775809", "18446744073709551615"] {
            let message = order_by(value).unwrap_err();
            assert!(message.ends_with("it must be an integer from 0 to 2147483647"), "{message}");
        }
    }

    #[test]
    fn a_date_is_a_number_or_a_text() {
        let expected = Timestamp::from_unix_seconds(1_742_987_232).unwrap();
        for value in
            ["1742987232", "1742987232.0", "1742987232.9", "\"1742987232\"", "\"2025-03-26 13:07:12 +0200\""]
        {
            assert_eq!(timestamp(value), Ok(Given::Value(expected)), "{value}");
        }
        assert_eq!(timestamp("null"), Ok(Given::Null));
        for value in ["-0.5", "-1", "true", "\"\"", "\"soon\"", "253402300800", "[1]"] {
            assert!(timestamp(value).is_err(), "{value}");
        }
    }

    #[test]
    fn a_message_names_the_path_of_the_field() {
        let body = parse(br#"{"a": [{}, {"b": {"c": 5}}]}"#).unwrap();
        let fields = Fields::of_body(&body).unwrap();
        let error = fields
            .objects("a", 2, |a| a.object("b", |b| b.text("c", |text| Ok::<_, String>(text.to_owned()))))
            .unwrap_err();
        assert_eq!(error.message(), "Wrong value '5' of parameter 'a[1].b.c': it must be a string");
        let error = fields.objects("a", 1, |_| Ok(())).unwrap_err();
        assert_eq!(error.message(), "Parameter 'a' has 2 entries: it must have at most 1");
    }

    #[test]
    fn a_body_must_be_an_object() {
        let body = parse(b"[1]").unwrap();
        assert_eq!(
            Fields::of_body(&body).unwrap_err().message(),
            "The body must be a JSON object, it is '[1]'"
        );
    }
}
