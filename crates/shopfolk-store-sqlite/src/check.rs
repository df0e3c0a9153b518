//! Verifying the promises on the rows of a database, in one snapshot and with flat memory.

use rusqlite::{Connection, Row};
use shopfolk_model::{ContactKey, ContactText, ContactType, EmailAddress, MAXIMUM_CONTACTS, StoreId};
use shopfolk_store::{Invariant, NamedRow, NamedRows, NamesCheck, StoreError, Violation};

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
              SELECT store_id, 'customer group ' || group_id || ' belongs to a store that is not there'
                FROM customer_groups WHERE store_id NOT IN (SELECT store_id FROM stores)
               UNION ALL
              SELECT store_id, 'extra field ' || extra_field_id || ' belongs to a store that is not there'
                FROM customer_extra_fields WHERE store_id NOT IN (SELECT store_id FROM stores)
               UNION ALL
              SELECT store_id, 'customer ' || customer_id || ' is in group ' || group_id || ', which is not there'
                FROM customers
               WHERE group_id <> 0
                 AND NOT EXISTS (SELECT 1 FROM customer_groups AS groups
                                  WHERE groups.store_id = customers.store_id AND groups.group_id = customers.group_id)
               UNION ALL
              SELECT store_id, 'customer ' || customer_id || ' has a value of extra field ' || extra_field_id
                               || ', or one of them is not there'
                FROM customer_extra_field_values AS extra
               WHERE NOT EXISTS (SELECT 1 FROM customer_extra_fields AS fields
                                  WHERE fields.store_id = extra.store_id
                                    AND fields.extra_field_id = extra.extra_field_id)
                  OR NOT EXISTS (SELECT 1 FROM customers
                                  WHERE customers.store_id = extra.store_id
                                    AND customers.customer_id = extra.customer_id)
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
              SELECT store_id, 'customer group id ' || max(group_id) || ' is not below the counter ' || next_group_id
                FROM customer_groups JOIN counters USING (store_id)
               GROUP BY store_id HAVING max(group_id) >= next_group_id
               UNION ALL
              SELECT store_id, 'extra field id ' || max(extra_field_id) || ' is not below the counter '
                               || next_extra_field_id
                FROM customer_extra_fields JOIN counters USING (store_id)
               GROUP BY store_id HAVING max(extra_field_id) >= next_extra_field_id
               UNION ALL
              SELECT store_id, 'order number ' || max(order_number) || ' is not below the counter ' || next_order_number
                FROM orders JOIN counters USING (store_id)
               GROUP BY store_id HAVING max(order_number) >= next_order_number
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
                      INTERSECT SELECT store_id, entity_id FROM events WHERE event_type = 3)
               UNION ALL
              SELECT store_id, 'customer group ' || group_id || ' has no customer_group.created event'
                FROM (SELECT store_id, group_id FROM customer_groups
                      EXCEPT SELECT store_id, entity_id FROM events WHERE event_type = 9)
               UNION ALL
              SELECT store_id, 'customer group ' || group_id || ' is there but has a customer_group.deleted event'
                FROM (SELECT store_id, group_id FROM customer_groups
                      INTERSECT SELECT store_id, entity_id FROM events WHERE event_type = 11)
               UNION ALL
              SELECT store_id, 'extra field ' || extra_field_id || ' has no customer_extra_field.created event'
                FROM (SELECT store_id, extra_field_id FROM customer_extra_fields
                      EXCEPT SELECT store_id, entity_id FROM events WHERE event_type = 12)
               UNION ALL
              SELECT store_id, 'extra field ' || extra_field_id
                               || ' is there but has a customer_extra_field.deleted event'
                FROM (SELECT store_id, extra_field_id FROM customer_extra_fields
                      INTERSECT SELECT store_id, entity_id FROM events WHERE event_type = 14)",
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
               GROUP BY store_id HAVING count(customer_id) <> customer_count
               UNION ALL
              SELECT store_id, 'customer ' || customer_id || ' has statistics that its orders do not add up to'
                FROM (SELECT coalesce(said.store_id, found.store_id) AS store_id,
                             coalesce(said.customer_id, found.customer_id) AS customer_id,
                             said.order_count AS said_count, said.sales_value AS said_sales,
                             said.first_order AS said_first, said.last_order AS said_last,
                             found.order_count AS found_count, found.sales AS found_sales,
                             found.first AS found_first, found.last AS found_last
                        FROM order_statistics AS said
                        FULL JOIN (SELECT store_id, customer_id, count(*) AS order_count, sum(total) AS sales,
                                          min(created) AS first, max(created) AS last
                                     FROM orders WHERE customer_id IS NOT NULL
                                    GROUP BY store_id, customer_id) AS found
                               ON found.store_id = said.store_id AND found.customer_id = said.customer_id)
               WHERE said_count IS NOT found_count OR said_sales IS NOT found_sales
                  OR said_first IS NOT found_first OR said_last IS NOT found_last",
    },
];

const GROUPS: &str = "SELECT store_id, group_id, name, name_key, external_reference
                        FROM customer_groups ORDER BY store_id, group_id";
const EXTRA_FIELDS: &str = "SELECT store_id, extra_field_id, title, title_key, field_key
                              FROM customer_extra_fields ORDER BY store_id, extra_field_id";

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
    check_names(connection, NamedRows::Groups, GROUPS, &mut report)?;
    check_names(connection, NamedRows::ExtraFields, EXTRA_FIELDS, &mut report)?;
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

/// Looks at the names of groups or extra fields: the keys are what keeps equal ones apart.
fn check_names(
    connection: &Connection,
    kind: NamedRows,
    sql: &str,
    report: &mut impl FnMut(Violation),
) -> Result<(), StoreError> {
    let checking = doing("check the names of groups and extra fields");
    let mut statement = connection.prepare(sql).map_err(&checking)?;
    let mut rows = statement.query([]).map_err(&checking)?;
    let mut check = NamesCheck::new(kind);
    while let Some(row) = rows.next().map_err(&checking)? {
        type Columns = (i64, i64, String, String, Option<String>);
        let (store, id, name, key, identifier): Columns = row.try_into().map_err(&checking)?;
        let row = NamedRow { store, id, name: &name, key: &key, identifier: identifier.as_deref() };
        check.look(row, report);
    }
    Ok(())
}
