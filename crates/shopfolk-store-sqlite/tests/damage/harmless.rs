//! Damages after which the database is still one that could have come to be.

use shopfolk_operations::conformance::FREE_COLUMNS;

use crate::changes::{Damaging, Kind};

/// The table, the column (none where a row is gone), the kinds of damage, and why nothing can know of it.
type Harmless = (&'static str, &'static str, &'static [Kind], &'static str);

const ROWS_LESS: &[Kind] = &[Kind::Deleted, Kind::Emptied];
const ANYTHING_ASKED_FOR: &[Kind] = &[Kind::Negative, Kind::Huge, Kind::Duplicated];
const ANOTHER_VALUE: &[Kind] = &[Kind::NextNumber, Kind::OtherText, Kind::Something, Kind::Nothing];

const OTHER_BYTES: &[Kind] = &[Kind::FirstFlipped, Kind::MiddleFlipped, Kind::LastFlipped];
const ANOTHER_HASH: &[Kind] = &[Kind::FirstFlipped, Kind::MiddleFlipped, Kind::LastFlipped, Kind::Duplicated];

const OF_THIS_ENGINE: &[Harmless] = &[
    ("apps", "secret", OTHER_BYTES, "what is sealed is known to the holder of the key alone"),
    ("apps", "scopes", &[Kind::EmptyText], "an app may ask for nothing"),
    ("installations", "scopes", &[Kind::EmptyText], "an app may have been granted nothing"),
    ("authorization_codes", "hash", ANOTHER_HASH, "a hash is like any other: it is of no code"),
    ("authorization_codes", "", ROWS_LESS, "an app may have no code"),
    ("owner_sessions", "hash", ANOTHER_HASH, "a hash is like any other: it is of no session"),
    ("owner_sessions", "", ROWS_LESS, "an owner may have signed out"),
    ("tokens", "public", &[Kind::NextNumber], "a token of no app may be public or secret"),
    ("tokens", "hash", OTHER_BYTES, "a hash is like any other: it opens the store to nobody"),
    ("tokens", "scopes", &[Kind::EmptyText], "a token may have no scope"),
    (
        "customer_extra_field_values",
        "customer_id",
        &[Kind::NextNumber],
        "another customer may have the value",
    ),
    ("customer_extra_field_values", "", ROWS_LESS, "a customer may have no value"),
    ("customers", "settled_through", &[Kind::NextNumber], "no contact that is recent has that id"),
    (
        "recent_contacts",
        "customer_updated",
        &[Kind::NextNumber],
        "the last of a customer's says when it was updated",
    ),
    ("order_products", "name", &[Kind::EmptyText], "a product may have no name"),
    ("order_products", "product_id", &[Kind::Duplicated], "another product may have been bought too"),
    ("order_products", "", ROWS_LESS, "an order may be of no product"),
    ("unfinished_batches", "claimed_by", &[Kind::Negative, Kind::Huge], "a server draws any number"),
    ("batch_requests", "name", &[Kind::EmptyText], "a request may be called nothing"),
    ("batch_requests", "path", &[Kind::EmptyText], "a request may be of any path"),
    ("batch_requests", "body", &[Kind::EmptyText], "a request may have any body"),
    ("events", "state_before", &[Kind::Nothing], "there may have been nothing"),
    (
        "search_added",
        "contacts",
        &[Kind::Huge],
        "who opens the database packs what seems too much, and removes the row",
    ),
    ("webhook_readers", "read_through", &[Kind::Something], "the first event may have been read"),
    ("webhook_readers", "holder", &[Kind::Huge], "any node may bring the deliveries"),
    ("webhook_readers", "beat", &[Kind::Huge], "a node may have raised it to any number"),
    ("webhook_readers", "", ROWS_LESS, "nobody may be told from now on"),
    ("webhook_deliveries", "app_id", &[Kind::Duplicated], "another app may be told too"),
    ("webhook_deliveries", "entity_id", ANYTHING_ASKED_FOR, "anything may have been asked for"),
    ("webhook_deliveries", "place", ANYTHING_ASKED_FOR, "anything may have been asked for"),
    ("webhook_deliveries", "customer_email", &[Kind::EmptyText], "anything may have been asked for"),
    ("webhook_deliveries", "", ROWS_LESS, "it may have been delivered"),
    ("webhook_attempts", "entity_id", ANYTHING_ASKED_FOR, "anything may have been asked for"),
    ("webhook_attempts", "", ROWS_LESS, "attempts are forgotten"),
    ("stores_with_old_keys", "", ROWS_LESS, "the texts of no store may be left to be compared anew"),
    (
        "refinery_schema_history",
        "applied_on",
        &[Kind::OtherText, Kind::EmptyText, Kind::BadText, Kind::Nothing],
        "when the tables were made matters to nobody",
    ),
];

/// All of them.
pub fn every_harmless() -> Vec<Harmless> {
    let free = FREE_COLUMNS.iter().map(|&(table, column, why)| (table, column, ANOTHER_VALUE, why));
    free.chain(OF_THIS_ENGINE.iter().copied()).collect()
}

/// Whether a damage is one of these. What a contact may have, a recent one may have too.
pub fn is_of(damage: &Damaging, (table, column, kinds, _): &Harmless) -> bool {
    let of_table = *table == damage.table || (*table == "contacts" && damage.table == "recent_contacts");
    of_table && *column == damage.column && kinds.contains(&damage.kind)
}
