//! Which fields of an object are a customer's.

use std::fmt;

use shopfolk_operations::CustomerWithContacts;

use crate::json::{JsonObject, JsonValue};
use crate::wire::{Cell, FieldDescription, Role, WireObject};

/// What becomes of a field in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldUse {
    /// It is read.
    Taken,
    /// It is a customer's, and follows from others.
    LeftBehind,
    /// No customer has it.
    Unknown,
}

/// Tells of each field of a customer what becomes of it.
pub(crate) fn walk(object: &JsonObject<'_>, tell: &mut impl FnMut(&FieldPath<'_>, FieldUse)) {
    walk_object(object, CustomerWithContacts::FIELDS, None, tell);
}

/// The path of a field, which is written only where it is needed.
pub(crate) struct FieldPath<'a> {
    outer: Option<&'a FieldPath<'a>>,
    name: &'a str,
    is_list: bool,
}

impl fmt::Display for FieldPath<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(outer) = self.outer {
            write!(formatter, "{outer}.")?;
        }
        formatter.write_str(self.name)?;
        if self.is_list { formatter.write_str("[]") } else { Ok(()) }
    }
}

fn walk_object(
    object: &JsonObject<'_>,
    known: &'static [FieldDescription],
    outer: Option<&FieldPath<'_>>,
    tell: &mut impl FnMut(&FieldPath<'_>, FieldUse),
) {
    for (name, value) in object.iter() {
        let path = FieldPath { outer, name, is_list: false };
        let Some(field) = find(known, name) else {
            tell(&path, FieldUse::Unknown);
            continue;
        };
        match (field.cell, value) {
            (Cell::Object(inner), JsonValue::Object(object)) if field.role.is_read() => {
                walk_object(object, inner, Some(&path), tell);
            }
            (Cell::List(inner, _), JsonValue::List(entries)) => {
                let path = FieldPath { is_list: true, ..path };
                for entry in entries {
                    if let JsonValue::Object(object) = entry {
                        walk_object(object, inner, Some(&path), tell);
                    }
                }
            }
            _ if field.role.is_read() => tell(&path, FieldUse::Taken),
            _ => tell(&path, FieldUse::LeftBehind),
        }
    }
}

fn find(known: &'static [FieldDescription], name: &str) -> Option<&'static FieldDescription> {
    known.iter().find_map(|field| match (field.role, field.cell) {
        (Role::Flattened, Cell::Object(inner)) => find(inner, name),
        _ => (field.name == name).then_some(field),
    })
}
