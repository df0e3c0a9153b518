//! The rules that every list of contacts keeps, whatever was done to it.

use std::collections::HashSet;

use serde_json::Value;

/// No two contacts with an id, no two defaults of a type, no two equal ones. For contacts that were written the same way
/// whenever they were the same, so that equal means equal text.
pub fn assert_kept(contacts: &[Value]) {
    let mut ids = HashSet::new();
    let mut defaults = HashSet::new();
    let mut texts = HashSet::new();
    for contact in contacts {
        let kind = contact["type"].as_str().unwrap();
        assert!(ids.insert(contact["id"].as_u64().unwrap()), "an id twice: {contacts:#?}");
        assert!(texts.insert((kind, contact["contact"].as_str().unwrap())), "a contact twice: {contacts:#?}");
        if contact["default"].as_bool().unwrap() {
            assert!(defaults.insert(kind), "two defaults of a type: {contacts:#?}");
        }
    }
}

/// No two contacts in one place. For contacts that were all created without a place of their own.
pub fn assert_places_differ(contacts: &[Value]) {
    let mut places = HashSet::new();
    for contact in contacts {
        assert!(places.insert(contact["orderBy"].as_u64().unwrap()), "a place twice: {contacts:#?}");
    }
}
