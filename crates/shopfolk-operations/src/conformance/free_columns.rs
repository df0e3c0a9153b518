//! Columns of which nothing else says what they are.

/// Columns that may hold another value, or none where none may be there, in a database that could have come to be: the
/// table, the column, and why nothing can know of it. Whatever else a column holds, a check finds.
pub const FREE_COLUMNS: &[(&str, &str, &str)] = &[
    ("stores", "name", "a store may have any name"),
    ("stores", "created", "a store may have been created at any time"),
    ("stores", "suspended", "a copy suspends a store without an event"),
    ("tokens", "public", "a token may be public or secret"),
    ("tokens", "created", "a token may have been created at any time"),
    ("tokens", "last_used_day", "a token may have been used last on any day, or never"),
    ("customer_groups", "external_reference", "a group may have any name in another system, or none"),
    ("customer_extra_fields", "created", "a field may have been created at any time"),
    ("customer_extra_fields", "modified", "a field may have been modified at any time"),
    ("customer_extra_field_values", "value", "a customer may have any value"),
    ("customers", "updated", "a customer may have been updated at any time"),
    ("customer_details", "external_reference", "a customer may have any name in another system, or none"),
    ("contacts", "handle", "a contact may have any handle, or none"),
    ("contacts", "note", "a contact may have any note, or none"),
    ("contacts", "order_by", "below the highest a contact may have any place"),
    ("contacts", "timestamp", "a contact may have any time"),
    ("order_products", "name", "a product may have any name"),
    ("order_products", "product_id", "any product may have been bought"),
    ("events", "created", "anything may have happened at any time"),
    ("events", "actor", "anybody may have done it"),
    ("events", "event_type", "another thing may have happened to the same one"),
    ("counters", "next_token_id", "ids may be passed over"),
    ("counters", "next_customer_id", "ids may be passed over"),
    ("counters", "next_contact_id", "ids may be passed over"),
    ("counters", "next_address_id", "ids may be passed over"),
    ("counters", "next_group_id", "ids may be passed over"),
    ("counters", "next_extra_field_id", "ids may be passed over"),
    ("counters", "next_order_number", "ids may be passed over"),
];
