//! What nothing can know of, with the reason.

use crate::changes::{Damaging, Kind};

/// Damages after which the database is still one that could have come to be.
#[derive(Debug)]
pub struct Harmless {
    table: &'static str,
    column: &'static str,
    kinds: &'static [Kind],
    /// Why nothing can know of it.
    #[allow(dead_code, reason = "for who reads the list")]
    reason: &'static str,
}

impl Harmless {
    /// Whether a damage is one of these.
    pub fn is(&self, damage: &Damaging) -> bool {
        self.table == damage.table && self.column == damage.column && self.kinds.contains(&damage.kind)
    }
}

const ANOTHER_TIME: &[Kind] = &[Kind::NextNumber];
const ANOTHER_PLACE: &[Kind] = &[Kind::NextNumber];
const HIGHER: &[Kind] = &[Kind::NextNumber];
const ANOTHER_TEXT: &[Kind] = &[Kind::OtherText];
const ANOTHER_TEXT_OR_NONE: &[Kind] = &[Kind::OtherText, Kind::Nothing];
const A_TEXT_MORE: &[Kind] = &[Kind::OtherText, Kind::Nothing, Kind::Something];
const ROWS_LESS: &[Kind] = &[Kind::Deleted, Kind::Emptied];

macro_rules! harmless {
    ($($table:ident.$($column:ident)?: $kinds:expr, $reason:literal;)+) => {
        /// All of them.
        pub const HARMLESS: &[Harmless] = &[
            $(Harmless {
                table: stringify!($table),
                column: harmless!(@column $($column)?),
                kinds: $kinds,
                reason: $reason,
            },)+
        ];
    };
    (@column) => { "" };
    (@column $column:ident) => { stringify!($column) };
}

harmless! {
    stores.name: ANOTHER_TEXT, "a store may have any name";
    stores.created: ANOTHER_TIME, "a store may have been created at any time";
    stores.suspended: &[Kind::NextNumber], "a copy suspends a store without an event";

    tokens.hash: &[Kind::FirstFlipped, Kind::MiddleFlipped, Kind::LastFlipped],
        "a hash is like any other: it opens the store to nobody";
    tokens.public: &[Kind::NextNumber], "a token may be public or secret";
    tokens.scopes: &[Kind::EmptyText], "a token may have no scope";
    tokens.created: ANOTHER_TIME, "a token may have been created at any time";
    tokens.last_used_day: &[Kind::NextNumber, Kind::Nothing],
        "a token may have been used last on any day, or never";

    customer_groups.external_reference: ANOTHER_TEXT_OR_NONE,
        "a group may have any name in another system, or none";

    customer_extra_fields.created: ANOTHER_TIME, "a field may have been created at any time";
    customer_extra_fields.modified: ANOTHER_TIME, "a field may have been modified at any time";
    customer_extra_field_values.value: ANOTHER_TEXT, "a customer may have any value";
    customer_extra_field_values.: ROWS_LESS, "a customer may have no value";

    customers.updated: ANOTHER_TIME, "of a customer with recent contacts these say when it was updated";
    customers.settled_through: HIGHER, "no contact that is recent has that id";
    customer_details.external_reference: ANOTHER_TEXT_OR_NONE,
        "a customer may have any name in another system, or none";

    contacts.handle: A_TEXT_MORE, "a contact may have any handle, or none";
    contacts.note: A_TEXT_MORE, "a contact may have any note, or none";
    contacts.order_by: ANOTHER_PLACE, "below the highest a contact may have any place";
    contacts.timestamp: ANOTHER_TIME, "a contact may have any time";
    recent_contacts.handle: &[Kind::Something], "a contact may have any handle, or none";
    recent_contacts.note: &[Kind::Something], "a contact may have any note, or none";
    recent_contacts.order_by: ANOTHER_PLACE, "a contact may have any place";
    recent_contacts.timestamp: ANOTHER_TIME, "a contact may have any time";
    recent_contacts.customer_updated: ANOTHER_TIME,
        "of several recent contacts of a customer the last one says when it was updated";

    order_products.name: &[Kind::OtherText, Kind::EmptyText], "a product may have any name";
    order_products.product_id: &[Kind::NextNumber, Kind::Duplicated], "any product may have been bought";
    order_products.: ROWS_LESS, "an order may be of no product";

    events.created: ANOTHER_TIME, "anything may have happened at any time";
    events.actor: &[Kind::NextNumber], "anybody may have done it";
    events.event_type: &[Kind::NextNumber], "a contact that came with its customer may have been changed";
    events.state_before: &[Kind::Nothing], "there may have been nothing";

    counters.next_token_id: HIGHER, "ids may be passed over";
    counters.next_customer_id: HIGHER, "ids may be passed over";
    counters.next_contact_id: HIGHER, "ids may be passed over";
    counters.next_address_id: HIGHER, "ids may be passed over";
    counters.next_group_id: HIGHER, "ids may be passed over";
    counters.next_extra_field_id: HIGHER, "ids may be passed over";
    counters.next_order_number: HIGHER, "ids may be passed over";

    search_added.contacts: &[Kind::Huge], "who opens the database packs what seems too much, and removes the row";

    refinery_schema_history.applied_on:
        &[Kind::OtherText, Kind::EmptyText, Kind::BadText, Kind::Nothing],
        "when the tables were made matters to nobody";
}
