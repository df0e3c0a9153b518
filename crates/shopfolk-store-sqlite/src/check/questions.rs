//! What a check asks of this engine's own tables and columns. A row of an answer is a violation: a store's id and a sentence.

use shopfolk_store::Invariant;

/// The tables that no description names, with what people call a row.
const OWN_TABLES: [(&str, &str); 6] = [
    ("counters", "a row of counters"),
    ("recent_contacts", "a recent contact"),
    ("search_blocks", "a search block"),
    ("search_added", "a row of contacts added for searches"),
    ("search_changed", "a customer to be packed for searches"),
    ("stores_with_old_keys", "a store whose texts are to be compared anew"),
];

/// All questions.
pub(super) fn own_questions() -> Vec<(Invariant, String)> {
    let of_nobody = OWN_TABLES.map(|(table, what)| {
        let sql = format!(
            "SELECT store_id, '{what} belongs to a store that is not there'
               FROM {table} AS rows
              WHERE NOT EXISTS (SELECT 1 FROM stores WHERE stores.store_id = rows.store_id)"
        );
        (Invariant::TenantsApart, sql)
    });
    let particular = PARTICULAR.iter().map(|&(invariant, sql)| (invariant, sql.to_owned()));
    of_nobody.into_iter().chain(particular).collect()
}

const PARTICULAR: &[(Invariant, &str)] = &[
    (
        Invariant::SummariesRight,
        "SELECT store_id, 'the store says that it has ' || said || ' customers, and has ' || found
           FROM (SELECT stores.store_id, coalesce(customer_count, 0) AS said,
                        (SELECT count(*) FROM customers WHERE customers.store_id = stores.store_id) AS found
                   FROM stores
                   LEFT JOIN counters ON counters.store_id = stores.store_id)
          WHERE said <> found",
    ),
    // The counter says how many events there are, so it must not run ahead of them.
    (
        Invariant::SummariesRight,
        "SELECT store_id, 'the store says that it has ' || said || ' events, and has ' || found
           FROM (SELECT stores.store_id, coalesce(next_event_id - 1, 0) AS said,
                        (SELECT count(*) FROM events WHERE events.store_id = stores.store_id) AS found
                   FROM stores
                   LEFT JOIN counters ON counters.store_id = stores.store_id)
          WHERE said <> found",
    ),
    // A contact that comes would be taken for one that is settled.
    (
        Invariant::IdsNeverReused,
        "SELECT customers.store_id, 'customer ' || customer_id || ' has contacts settled through ' || settled_through
                                    || ', and the next contact is ' || next_contact_id
           FROM customers
           JOIN counters ON counters.store_id = customers.store_id
          WHERE settled_through NOT BETWEEN 0 AND next_contact_id - 1",
    ),
    // Those of customers that were deleted lie there for a while.
    (
        Invariant::TenantsApart,
        "SELECT store_id, 'recent contact ' || contact_id || ' hangs on customer ' || customer_id
                          || ', who is not there and never was deleted'
           FROM recent_contacts AS recent
          WHERE NOT EXISTS (SELECT 1 FROM customers
                             WHERE customers.store_id = recent.store_id
                               AND customers.customer_id = recent.customer_id)
            AND NOT EXISTS (SELECT 1 FROM events
                             WHERE events.store_id = recent.store_id AND events.event_type = 3
                               AND events.entity_id = recent.customer_id)",
    ),
    (
        Invariant::SearchesWhole,
        "SELECT changed.store_id, 'customer ' || customer_id || ' is to be packed for searches, and never was there'
           FROM search_changed AS changed
           JOIN counters ON counters.store_id = changed.store_id
          WHERE customer_id NOT BETWEEN 0 AND next_customer_id - 1",
    ),
];
