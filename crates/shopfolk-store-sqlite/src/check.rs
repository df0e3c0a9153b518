//! Verifying the promises on the rows of a database, in one snapshot and with flat memory.

use rusqlite::{Connection, Row};
use shopfolk_model::{ContactKey, ContactText, ContactType, EmailAddress, MAXIMUM_CONTACTS, StoreId};
use shopfolk_store::{Invariant, StoreError, Violation};

use crate::connection::doing;

/// A question about the rows: each row it finds is a violation, `store_id` first and then a sentence.
struct Question {
    invariant: Invariant,
    sql: &'static str,
}

const QUESTIONS: &[Question] = &[
    Question {
        invariant: Invariant::TenantsApart,
        sql: "SELECT store_id, 'customer ' || customer_id || ' belongs to a store that is not there'
                FROM customers WHERE store_id NOT IN (SELECT store_id FROM stores)
               UNION ALL
              SELECT store_id, 'token ' || token_id || ' belongs to a store that is not there'
                FROM tokens WHERE store_id NOT IN (SELECT store_id FROM stores)
               UNION ALL
              SELECT store_id, 'event ' || sequence || ' belongs to a store that is not there'
                FROM events WHERE store_id NOT IN (SELECT store_id FROM stores)
               UNION ALL
              SELECT store_id, 'contact ' || contact_id || ' hangs on customer ' || customer_id || ', who is not there'
                FROM contacts
               WHERE NOT EXISTS (SELECT 1 FROM customers
                                  WHERE customers.store_id = contacts.store_id
                                    AND customers.customer_id = contacts.customer_id)",
    },
    Question {
        invariant: Invariant::OneDefaultPerType,
        sql: "SELECT store_id, 'customer ' || customer_id || ' has ' || count(*) || ' default contacts of type '
                               || contact_type
                FROM all_contacts WHERE is_default = 1
               GROUP BY store_id, customer_id, contact_type HAVING count(*) > 1",
    },
    Question {
        invariant: Invariant::IdsNeverReused,
        sql: "SELECT store_id, 'contact id ' || contact_id || ' is there ' || count(*) || ' times'
                FROM all_contacts GROUP BY store_id, contact_id HAVING count(*) > 1
               UNION ALL
              SELECT store_id, 'contact id ' || max(contact_id) || ' is not below the counter ' || next_contact_id
                FROM all_contacts JOIN counters USING (store_id)
               GROUP BY store_id HAVING max(contact_id) >= next_contact_id
               UNION ALL
              SELECT store_id, 'customer id ' || max(customer_id) || ' is not below the counter ' || next_customer_id
                FROM customers JOIN counters USING (store_id)
               GROUP BY store_id HAVING max(customer_id) >= next_customer_id
               UNION ALL
              SELECT store_id, 'token id ' || max(token_id) || ' is not below the counter ' || next_token_id
                FROM tokens JOIN counters USING (store_id)
               GROUP BY store_id HAVING max(token_id) >= next_token_id
               UNION ALL
              SELECT DISTINCT store_id, 'the store has customers but no counters'
                FROM customers WHERE store_id NOT IN (SELECT store_id FROM counters)",
    },
    Question {
        invariant: Invariant::EventForEveryChange,
        sql: "SELECT store_id, 'of events 1 to ' || (next_event_sequence - 1) || ' there are ' || count(sequence)
                               || ', up to ' || coalesce(max(sequence), 0)
                FROM counters LEFT JOIN events USING (store_id)
               GROUP BY store_id
              HAVING count(sequence) <> next_event_sequence - 1
                  OR coalesce(max(sequence), 0) <> next_event_sequence - 1
               UNION ALL
              SELECT store_id, 'customer ' || customer_id || ' has no customer.created event'
                FROM (SELECT store_id, customer_id FROM customers
                      EXCEPT SELECT store_id, entity_id FROM events WHERE event_type = 1)
               UNION ALL
              SELECT store_id, 'customer ' || customer_id || ' is there but has a customer.deleted event'
                FROM (SELECT store_id, customer_id FROM customers
                      INTERSECT SELECT store_id, entity_id FROM events WHERE event_type = 3)",
    },
    Question {
        invariant: Invariant::SummariesRight,
        sql: "SELECT store_id, 'customer ' || customer_id || ' says it has ' || contact_count || ' contacts up to place '
                               || coalesce(highest_order_by, 'none') || ', and has ' || count(contact_id)
                               || ' up to place ' || coalesce(max(order_by), 'none')
                FROM customers LEFT JOIN contacts USING (store_id, customer_id)
               GROUP BY store_id, customer_id
              HAVING count(contact_id) <> contact_count OR max(order_by) IS NOT highest_order_by
               UNION ALL
              SELECT store_id, 'the store says it has ' || customer_count || ' customers, and has '
                               || count(customer_id)
                FROM counters LEFT JOIN customers USING (store_id)
               GROUP BY store_id HAVING count(customer_id) <> customer_count",
    },
];

/// Asks everything there is to ask, and hands each violation to `report`.
pub(crate) fn check_database(
    connection: &Connection,
    mut report: impl FnMut(Violation),
) -> Result<(), StoreError> {
    let checking = doing("check the database");
    // What has to be sorted goes to a file: a check does not need more memory for a larger database.
    connection.execute_batch("PRAGMA temp_store = FILE; BEGIN").map_err(&checking)?;
    check_file(connection, &mut report)?;
    for question in QUESTIONS {
        let mut statement = connection.prepare(question.sql).map_err(&checking)?;
        let mut rows = statement.query([]).map_err(&checking)?;
        while let Some(row) = rows.next().map_err(&checking)? {
            report(violation(question.invariant, row).map_err(&checking)?);
        }
    }
    check_keys(connection, &mut report)?;
    connection.execute_batch("ROLLBACK").map_err(&checking)
}

fn violation(invariant: Invariant, row: &Row<'_>) -> rusqlite::Result<Violation> {
    Ok(Violation { invariant, store: StoreId::new(row.get(0)?).ok(), found: row.get(1)? })
}

/// Asks SQLite whether its own structures are whole.
fn check_file(connection: &Connection, report: &mut impl FnMut(Violation)) -> Result<(), StoreError> {
    let checking = doing("check the database file");
    let mut statement = connection.prepare("PRAGMA integrity_check(100)").map_err(&checking)?;
    let mut rows = statement.query([]).map_err(&checking)?;
    while let Some(row) = rows.next().map_err(&checking)? {
        let found: String = row.get(0).map_err(&checking)?;
        if found != "ok" {
            report(Violation { invariant: Invariant::FileSound, store: None, found });
        }
    }
    Ok(())
}

/// Normalises every contact and address again: the keys are what keeps equal ones apart.
fn check_keys(connection: &Connection, report: &mut impl FnMut(Violation)) -> Result<(), StoreError> {
    let checking = doing("check the keys of contacts and customers");
    // In the order of a customer's contacts, so that equal ones and the count of each customer are seen in passing.
    let mut statement = connection
        .prepare("SELECT store_id, customer_id, contact_type, contact_id, contact FROM all_contacts ORDER BY 1, 2, 3")
        .map_err(&checking)?;
    let mut rows = statement.query([]).map_err(&checking)?;
    let mut customer = None;
    let mut seen = std::collections::HashSet::new();
    while let Some(row) = rows.next().map_err(&checking)? {
        let (store, of_customer): (i64, i64) =
            (row.get(0).map_err(&checking)?, row.get(1).map_err(&checking)?);
        let code: u8 = row.get(2).map_err(&checking)?;
        let (id, text): (i64, String) = (row.get(3).map_err(&checking)?, row.get(4).map_err(&checking)?);
        let mut found = |invariant, found| {
            report(Violation { invariant, store: StoreId::new(store).ok(), found });
        };
        if customer != Some((store, of_customer)) {
            customer = Some((store, of_customer));
            seen.clear();
        }
        let (Some(contact_type), Ok(contact)) = (ContactType::from_code(code), ContactText::new(&text))
        else {
            found(Invariant::SummariesRight, format!("contact {id} has no valid type or text"));
            continue;
        };
        if !seen.insert((code, ContactKey::of(contact_type, &contact))) {
            let equal =
                format!("customer {of_customer} has {contact_type} '{contact}' twice, once as contact {id}");
            found(Invariant::NoEqualContacts, equal);
        }
        if seen.len() == MAXIMUM_CONTACTS as usize + 1 {
            let many = format!("customer {of_customer} has more than {MAXIMUM_CONTACTS} contacts");
            found(Invariant::SummariesRight, many);
        }
    }
    let mut statement = connection
        .prepare("SELECT store_id, customer_id, email, email_key FROM customers")
        .map_err(&checking)?;
    let mut rows = statement.query([]).map_err(&checking)?;
    while let Some(row) = rows.next().map_err(&checking)? {
        let (store, id): (i64, i64) = (row.get(0).map_err(&checking)?, row.get(1).map_err(&checking)?);
        let (email, key): (String, String) = (row.get(2).map_err(&checking)?, row.get(3).map_err(&checking)?);
        if EmailAddress::new(&email).map(|email| email.key()) != Ok(key) {
            report(Violation {
                invariant: Invariant::NoEqualContacts,
                store: StoreId::new(store).ok(),
                found: format!("customer {id} is not indexed under its e-mail"),
            });
        }
    }
    Ok(())
}
