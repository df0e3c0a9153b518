//! `responseFields`: which fields of an answer are wanted, such as `total,items(id,email,contacts(type,contact))`.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::wire::FieldDescription;

/// How deep brackets may be nested.
const MAXIMUM_DEPTH: usize = 32;

/// The text is no list of fields.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidResponseFields {
    /// A name is missing before or after a comma or bracket.
    #[error("must be names with commas between them, a name is missing at position {position}")]
    NameMissing {
        /// Where, counted in bytes from 0.
        position: usize,
    },
    /// A bracket has no partner, or something stands behind it that is no comma.
    #[error("must have balanced brackets with commas between the names, see position {position}")]
    Unbalanced {
        /// Where, counted in bytes from 0.
        position: usize,
    },
    /// Too many brackets within brackets.
    #[error("must not be nested deeper than {MAXIMUM_DEPTH} levels")]
    TooDeep,
}

/// The fields that are wanted. Empty: everything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ResponseFields(BTreeMap<String, Self>);

/// Reads a list of fields.
///
/// # Errors
/// When brackets are unbalanced or nested too deep, or a comma stands alone.
pub fn parse(text: &str) -> Result<ResponseFields, InvalidResponseFields> {
    if text.trim().is_empty() {
        return Ok(ResponseFields::default());
    }
    let mut open = vec![ResponseFields::default()];
    let mut names: Vec<&str> = Vec::new();
    let mut rest = text;
    loop {
        let position = text.len() - rest.len();
        let (name, stop, after) = match rest.find([',', '(', ')']) {
            Some(end) => (&rest[..end], rest.as_bytes().get(end).copied(), &rest[end + 1..]),
            None => (rest, None, ""),
        };
        let name = name.trim();
        if name.is_empty() {
            return Err(InvalidResponseFields::NameMissing { position });
        }
        rest = after;
        if stop == Some(b'(') {
            if open.len() > MAXIMUM_DEPTH {
                return Err(InvalidResponseFields::TooDeep);
            }
            names.push(name);
            open.push(ResponseFields::default());
            continue;
        }
        if let Some(fields) = open.last_mut() {
            fields.insert(name, ResponseFields::default());
        }
        let mut stop = stop;
        while stop == Some(b')') {
            let position = text.len() - rest.len();
            let (Some(name), Some(inner)) = (names.pop(), open.pop()) else {
                return Err(InvalidResponseFields::Unbalanced { position: position - 1 });
            };
            if let Some(fields) = open.last_mut() {
                fields.insert(name, inner);
            }
            rest = rest.trim_start();
            stop = rest.bytes().next();
            match stop {
                None => {}
                Some(b',' | b')') => rest = &rest[1..],
                Some(_) => return Err(InvalidResponseFields::Unbalanced { position }),
            }
        }
        if stop.is_none() {
            break;
        }
    }
    match open.pop() {
        Some(fields) if open.is_empty() => Ok(fields),
        _ => Err(InvalidResponseFields::Unbalanced { position: text.len() }),
    }
}

impl ResponseFields {
    /// Whether nothing is left out.
    pub fn is_everything(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a field, or one within fields, is wanted.
    pub(crate) fn wants(&self, path: &[&str]) -> bool {
        let Some((name, rest)) = path.split_first() else { return true };
        self.is_everything() || self.0.get(*name).is_some_and(|inner| inner.wants(rest))
    }

    /// Whether nothing is wanted of a value but some of these fields.
    pub(crate) fn wants_only(&self, names: &[&str]) -> bool {
        !self.is_everything() && self.0.keys().all(|name| names.contains(&name.as_str()))
    }

    /// The same without one of the fields of an object, of which something else is wanted.
    pub(crate) fn without(&self, name: &str, all: &[FieldDescription]) -> Self {
        let mut fields = self.clone();
        if self.is_everything() {
            fields.0.extend(all.iter().map(|field| (field.name.to_owned(), Self::default())));
        }
        fields.0.remove(name);
        fields
    }

    /// Adds a field; one that is named twice has the fields of both, or all if one names none.
    fn insert(&mut self, name: &str, inner: Self) {
        match self.0.entry(name.to_owned()) {
            Entry::Vacant(entry) => {
                entry.insert(inner);
            }
            Entry::Occupied(mut entry) if inner.is_everything() || entry.get().is_everything() => {
                entry.insert(Self::default());
            }
            Entry::Occupied(mut entry) => {
                for (name, inner) in inner.0 {
                    entry.get_mut().insert(&name, inner);
                }
            }
        }
    }

    /// What is wanted of a field; `None` when nothing is.
    pub(crate) fn within(&self, name: &str) -> Option<&Self> {
        if self.is_everything() { Some(self) } else { self.0.get(name) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::selecting::Selected;

    const ANSWER: &str = r#"{"total":2,"count":2,"items":[{"id":1,"email":"a","contacts":[{"id":3,"type":"PHONE","contact":"1"},{"id":4,"type":"URL","contact":"2"}]},{"id":2,"email":"b","contacts":[]}]}"#;

    fn selected(fields: &str) -> String {
        let value = crate::json::parse(ANSWER.as_bytes()).unwrap();
        serde_json::to_string(&Selected(&value, &parse(fields).unwrap())).unwrap()
    }

    #[test]
    fn fields_are_kept_at_any_depth() {
        assert_eq!(
            selected("total,items(id,contacts(contact,type))"),
            r#"{"total":2,"items":[{"id":1,"contacts":[{"type":"PHONE","contact":"1"},{"type":"URL","contact":"2"}]},{"id":2,"contacts":[]}]}"#
        );
        assert_eq!(selected(" count , items ( id ) "), r#"{"count":2,"items":[{"id":1},{"id":2}]}"#);
    }

    #[test]
    fn nothing_asked_for_is_everything() {
        assert_eq!(selected(""), ANSWER);
        assert_eq!(selected("  "), ANSWER);
        assert_eq!(selected("total,count,items"), ANSWER);
    }

    #[test]
    fn unknown_names_keep_nothing() {
        assert_eq!(selected("nonsense"), "{}");
        assert_eq!(selected("total(nonsense),items(nonsense)"), r#"{"items":[{},{}]}"#);
    }

    #[test]
    fn a_field_named_twice_has_the_fields_of_both() {
        assert_eq!(selected("items(id),items(email)"), selected("items(id,email)"));
        assert_eq!(selected("items(id),items"), selected("items"));
    }

    #[test]
    fn stray_commas_and_brackets_are_refused() {
        for text in [
            ",", "a,", ",a", "a,,b", "a(b", "a)b", "a)", "a(b))", "(a)", "a()", "a(b)c", "a(,b)", "a(b,)",
            "a(b)(c)", "(", ")",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert_eq!(parse("a,,b"), Err(InvalidResponseFields::NameMissing { position: 2 }));
        assert_eq!(parse("a(b)c"), Err(InvalidResponseFields::Unbalanced { position: 4 }));
    }

    #[test]
    fn nesting_has_a_bound() {
        let nested = |depth: usize| format!("{}a{}", "a(".repeat(depth), ")".repeat(depth));
        assert!(parse(&nested(MAXIMUM_DEPTH)).is_ok());
        assert_eq!(parse(&nested(MAXIMUM_DEPTH + 1)), Err(InvalidResponseFields::TooDeep));
        assert_eq!(parse(&nested(100_000)), Err(InvalidResponseFields::TooDeep));
    }

    proptest! {
        #[test]
        fn no_text_makes_a_panic(text in "[ab,() é]{0,40}") {
            let _ = parse(&text);
        }

        #[test]
        fn what_is_read_is_read_the_same_again(text in "[ab,()]{0,12}") {
            if let Ok(fields) = parse(&text) {
                prop_assert_eq!(parse(&written(&fields)), Ok(fields));
            }
        }
    }

    fn written(fields: &ResponseFields) -> String {
        let names: Vec<_> = fields
            .0
            .iter()
            .map(
                |(name, inner)| {
                    if inner.is_everything() { name.clone() } else { format!("{name}({})", written(inner)) }
                },
            )
            .collect();
        names.join(",")
    }
}
