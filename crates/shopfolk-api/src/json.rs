//! JSON as it comes in: strict where a lenient reader would guess.
//!
//! A body is read into a tree of [`JsonValue`]. While it is read, a key that occurs twice in one object, a lone
//! surrogate, invalid UTF-8, anything behind the value and nesting deeper than 128 levels are refused with line and
//! column, wherever they are, in unknown fields too. Strings without escapes are borrowed from the body.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Number;

use crate::error::{ApiError, shorten};

/// A value of any kind.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum JsonValue<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Boolean(bool),
    /// A number.
    Number(Number),
    /// A string.
    Text(Cow<'a, str>),
    /// An array.
    List(Vec<Self>),
    /// An object.
    Object(JsonObject<'a>),
}

/// An object: its fields in the order in which they came, each key once.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct JsonObject<'a>(Vec<(Cow<'a, str>, JsonValue<'a>)>);

impl<'a> JsonObject<'a> {
    /// The value of a field.
    pub(crate) fn get(&self, key: &str) -> Option<&JsonValue<'a>> {
        self.0.iter().find(|(other, _)| other == key).map(|(_, value)| value)
    }

    /// The value of a field, to change it.
    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut JsonValue<'a>> {
        self.0.iter_mut().find(|(other, _)| other == key).map(|(_, value)| value)
    }

    /// Adds a field, whose key is not there yet.
    pub(crate) fn push(&mut self, key: &'a str, value: JsonValue<'a>) {
        self.0.push((Cow::Borrowed(key), value));
    }

    /// Whether it has no fields.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The fields in their order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &JsonValue<'a>)> {
        self.0.iter().map(|(key, value)| (key.as_ref(), value))
    }
}

/// Reads a body, which must be one JSON value.
pub(crate) fn parse(body: &[u8]) -> Result<JsonValue<'_>, ApiError> {
    let text = std::str::from_utf8(body).map_err(|error| {
        let before = &body[..error.valid_up_to()];
        let lines = before.split(|&byte| byte == b'\n');
        let (number, last) = lines.enumerate().last().unwrap_or_default();
        malformed(number + 1, last.len() + 1, "the text is not UTF-8")
    })?;
    if text.trim_ascii().is_empty() {
        return Err(ApiError::wrong_parameter("The body is empty: it must be a JSON object"));
    }
    serde_json::from_str(text).map_err(|error| {
        let text = error.to_string();
        let reason = text.rfind(" at line ").map_or(text.as_str(), |end| &text[..end]);
        malformed(error.line(), error.column(), reason)
    })
}

fn malformed(line: usize, column: usize, reason: &str) -> ApiError {
    ApiError::wrong_parameter(format!("Malformed JSON at line {line}, column {column}: {reason}"))
}

impl<'de> Deserialize<'de> for JsonValue<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = JsonValue<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(JsonValue::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(JsonValue::Boolean(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(JsonValue::Number(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(JsonValue::Number(value.into()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Self::Value, E> {
        Number::from_f64(value).map(JsonValue::Number).ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(JsonValue::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(JsonValue::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element()? {
            values.push(value);
        }
        Ok(JsonValue::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut keys = SeenKeys::default();
        let mut fields: Vec<(Cow<'de, str>, JsonValue<'de>)> = Vec::new();
        while let Some(Key(key)) = map.next_key()? {
            if !keys.note(key.clone(), &fields) {
                return Err(de::Error::custom(format_args!("duplicated key '{}'", shorten(&key))));
            }
            fields.push((key, map.next_value()?));
        }
        Ok(JsonValue::Object(JsonObject(fields)))
    }
}

/// Tells whether a key is new. A small object is searched; a large one gets a set, so that a body of nothing but keys
/// does not take a time that grows with the square of its size.
#[derive(Default)]
struct SeenKeys<'a>(HashSet<Cow<'a, str>>);

impl<'a> SeenKeys<'a> {
    const SMALL: usize = 16;

    fn note(&mut self, key: Cow<'a, str>, before: &[(Cow<'a, str>, JsonValue<'a>)]) -> bool {
        if before.len() < Self::SMALL {
            return before.iter().all(|(other, _)| *other != key);
        }
        if self.0.is_empty() {
            self.0.extend(before.iter().map(|(key, _)| key.clone()));
        }
        self.0.insert(key)
    }
}

/// A key, borrowed where it has no escapes.
#[derive(Deserialize)]
pub(crate) struct Key<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

impl Serialize for JsonValue<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Boolean(value) => serializer.serialize_bool(*value),
            Self::Number(value) => value.serialize(serializer),
            Self::Text(value) => serializer.serialize_str(value),
            Self::List(values) => serializer.collect_seq(values),
            Self::Object(object) => object.serialize(serializer),
        }
    }
}

impl Serialize for JsonObject<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl fmt::Display for JsonValue<'_> {
    /// As it stands in a message: a string without its quotes, everything else as JSON.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => formatter.write_str(text),
            other => formatter.write_str(&serde_json::to_string(other).map_err(|_| fmt::Error)?),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn message(body: &[u8]) -> String {
        parse(body).unwrap_err().message().to_owned()
    }

    #[test]
    fn a_body_is_read_as_it_stands() {
        let body = r#" {"b": [1, -2, 3.5, null, true], "a": {"text": "\u00e9\ud83d\ude00"}} "#;
        let value = parse(body.as_bytes()).unwrap();
        assert_eq!(
            serde_json::to_string(&value).unwrap(),
            r#"{"b":[1,-2,3.5,null,true],"a":{"text":"é😀"}}"#
        );
    }

    #[test]
    fn a_duplicated_key_is_refused_anywhere() {
        assert_eq!(
            message(b"{\"ignored\":\n [{\"a\": 1, \"b\": 2, \"a\": 3}]}"),
            "Malformed JSON at line 2, column 22: duplicated key 'a'"
        );
        let mut large: Vec<String> = (0..1_000).map(|number| format!("\"{number}\":0")).collect();
        assert!(parse(format!("{{{}}}", large.join(",")).as_bytes()).is_ok());
        large.push("\"\\u0031\":0".to_owned());
        assert!(message(format!("{{{}}}", large.join(",")).as_bytes()).ends_with("duplicated key '1'"));
    }

    #[test]
    fn a_lone_surrogate_is_refused_anywhere() {
        for body in
            [r#"{"ignored": "\ud83d"}"#, r#"{"ignored": ["\ude00"]}"#, r#"{"\ud83d": 1}"#, r#"["\ud83dx"]"#]
        {
            assert!(message(body.as_bytes()).starts_with("Malformed JSON at line 1, column "), "{body}");
        }
    }

    #[test]
    fn text_that_is_not_utf_8_is_refused_with_its_place() {
        assert_eq!(
            message(b"{\n\"a\": \"\xff\"}"),
            "Malformed JSON at line 2, column 7: the text is not UTF-8"
        );
    }

    #[test]
    fn garbage_is_refused() {
        for body in [
            "{} {}",
            "{}x",
            "{\"a\":1,}",
            "{'a':1}",
            "{\"a\":01}",
            "[1,2",
            "nul",
            "\u{feff}{}",
            "\"a\tb\"",
            "1e999",
        ] {
            assert!(message(body.as_bytes()).starts_with("Malformed JSON at line 1, column "), "{body}");
        }
        for body in ["", " \n"] {
            assert_eq!(message(body.as_bytes()), "The body is empty: it must be a JSON object");
        }
    }

    #[test]
    fn nesting_has_a_bound() {
        let nested = |depth: usize| [vec![b'['; depth], vec![b']'; depth]].concat();
        assert!(parse(&nested(100)).is_ok());
        assert!(message(&nested(500_000)).ends_with("recursion limit exceeded"));
    }

    proptest! {
        #[test]
        fn no_body_makes_a_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&body);
        }

        #[test]
        fn no_text_makes_a_panic(body in "[\\[\\]{}\",:\\\\ud8a0-9. \n-]{0,60}") {
            let _ = parse(body.as_bytes());
        }
    }
}
