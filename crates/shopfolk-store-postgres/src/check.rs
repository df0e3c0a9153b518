//! Verifying the promises on the rows of a database, in one snapshot and with flat memory.

use std::collections::HashSet;
use std::pin::pin;

use futures_util::TryStreamExt;
use shopfolk_model::{ContactKey, ContactText, ContactType, EmailAddress, MAXIMUM_CONTACTS, StoreId};
use shopfolk_store::{Invariant, StoreError, Violation};
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Row, RowStream};

use crate::contacts::stored_key;
use crate::failure::doing;

/// A question about the rows: each row it finds is a violation, `store_id` first and then a sentence.
struct Question {
    invariant: Invariant,
    sql: &'static str,
}

const QUESTIONS: &[Question] = &[
    Question {
        invariant: Invariant::TenantsApart,
        sql: "SELECT store_id, 'customer ' || customer_id || ' belongs to a store that is not there'
                FROM customers
               WHERE NOT EXISTS (SELECT 1 FROM stores WHERE stores.store_id = customers.store_id)
               UNION ALL
              SELECT store_id, 'token ' || token_id || ' belongs to a store that is not there'
                FROM tokens
               WHERE NOT EXISTS (SELECT 1 FROM stores WHERE stores.store_id = tokens.store_id)
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
              SELECT store_id, 'event ' || event_id || ' belongs to a store that is not there'
                FROM events
               WHERE NOT EXISTS (SELECT 1 FROM stores WHERE stores.store_id = events.store_id)
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
                FROM contacts WHERE is_default
               GROUP BY store_id, customer_id, contact_type HAVING count(*) > 1",
    },
    Question {
        invariant: Invariant::IdsNeverReused,
        sql: "SELECT store_id, 'contact id ' || contact_id || ' is there ' || count(*) || ' times'
                FROM contacts GROUP BY store_id, contact_id HAVING count(*) > 1
               UNION ALL
              SELECT contacts.store_id, 'contact id ' || max(contact_id) || ' is not below the counter '
                                        || max(next_contact_id)
                FROM contacts JOIN counters ON counters.store_id = contacts.store_id
               GROUP BY contacts.store_id HAVING max(contact_id) >= max(next_contact_id)
               UNION ALL
              SELECT customers.store_id, 'customer id ' || max(customer_id) || ' is not below the counter '
                                         || max(next_customer_id)
                FROM customers JOIN counters ON counters.store_id = customers.store_id
               GROUP BY customers.store_id HAVING max(customer_id) >= max(next_customer_id)
               UNION ALL
              SELECT tokens.store_id, 'token id ' || max(token_id) || ' is not below the counter '
                                      || max(next_token_id)
                FROM tokens JOIN counters ON counters.store_id = tokens.store_id
               GROUP BY tokens.store_id HAVING max(token_id) >= max(next_token_id)
               UNION ALL
              SELECT events.store_id, 'event id ' || max(event_id) || ' is not below the counter '
                                      || max(next_event_id)
                FROM events JOIN counters ON counters.store_id = events.store_id
               GROUP BY events.store_id HAVING max(event_id) >= max(next_event_id)
               UNION ALL
              SELECT groups.store_id, 'customer group id ' || max(group_id) || ' is not below the counter '
                                      || max(next_group_id)
                FROM customer_groups AS groups JOIN counters ON counters.store_id = groups.store_id
               GROUP BY groups.store_id HAVING max(group_id) >= max(next_group_id)
               UNION ALL
              SELECT fields.store_id, 'extra field id ' || max(extra_field_id) || ' is not below the counter '
                                      || max(next_extra_field_id)
                FROM customer_extra_fields AS fields JOIN counters ON counters.store_id = fields.store_id
               GROUP BY fields.store_id HAVING max(extra_field_id) >= max(next_extra_field_id)
               UNION ALL
              SELECT orders.store_id, 'order number ' || max(order_number) || ' is not below the counter '
                                      || max(next_order_number)
                FROM orders JOIN counters ON counters.store_id = orders.store_id
               GROUP BY orders.store_id HAVING max(order_number) >= max(next_order_number)
               UNION ALL
              SELECT store_id, 'the store has no counters'
                FROM stores
               WHERE NOT EXISTS (SELECT 1 FROM counters WHERE counters.store_id = stores.store_id)",
    },
    Question {
        invariant: Invariant::EventForEveryChange,
        sql: "SELECT store_id, 'customer ' || customer_id || ' has no customer.created event'
                FROM customers
               WHERE NOT EXISTS (SELECT 1 FROM events
                                  WHERE events.store_id = customers.store_id
                                    AND events.entity_id = customers.customer_id AND event_type = 1)
               UNION ALL
              SELECT store_id, 'customer ' || customer_id || ' is there but has a customer.deleted event'
                FROM customers
               WHERE EXISTS (SELECT 1 FROM events
                              WHERE events.store_id = customers.store_id
                                AND events.entity_id = customers.customer_id AND event_type = 3)
               UNION ALL
              SELECT store_id, 'customer group ' || group_id || ' has no customer_group.created event'
                FROM (SELECT store_id, group_id FROM customer_groups
                      EXCEPT SELECT store_id, entity_id FROM events WHERE event_type = 9) AS lacking
               UNION ALL
              SELECT store_id, 'customer group ' || group_id || ' is there but has a customer_group.deleted event'
                FROM (SELECT store_id, group_id FROM customer_groups
                      INTERSECT SELECT store_id, entity_id FROM events WHERE event_type = 11) AS risen
               UNION ALL
              SELECT store_id, 'extra field ' || extra_field_id || ' has no customer_extra_field.created event'
                FROM (SELECT store_id, extra_field_id FROM customer_extra_fields
                      EXCEPT SELECT store_id, entity_id FROM events WHERE event_type = 12) AS lacking
               UNION ALL
              SELECT store_id, 'extra field ' || extra_field_id
                               || ' is there but has a customer_extra_field.deleted event'
                FROM (SELECT store_id, extra_field_id FROM customer_extra_fields
                      INTERSECT SELECT store_id, entity_id FROM events WHERE event_type = 14) AS risen
               UNION ALL
              SELECT store_id, 'customer ' || entity_id || ' has ' || count(*) || ' customer.created events'
                FROM events WHERE event_type = 1
               GROUP BY store_id, entity_id HAVING count(*) > 1
               UNION ALL
              SELECT store_id, 'customer ' || entity_id || ' has ' || count(*) || ' customer.deleted events'
                FROM events WHERE event_type = 3
               GROUP BY store_id, entity_id HAVING count(*) > 1
               UNION ALL
              SELECT store_id, 'event ' || event_id || ' is of no type that there is'
                FROM events WHERE event_type NOT BETWEEN 1 AND 16",
    },
    Question {
        invariant: Invariant::SummariesRight,
        sql: "SELECT store_id, 'customer ' || customer_id || ' says it has ' || said_count
                               || ' contacts up to place ' || coalesce(said_highest::text, 'none') || ', and has '
                               || found_count || ' up to place ' || coalesce(found_highest::text, 'none')
                FROM (SELECT customers.store_id, customers.customer_id, max(contact_count) AS said_count,
                             max(highest_order_by) AS said_highest, count(contact_id) AS found_count,
                             max(order_by) AS found_highest
                        FROM customers
                        LEFT JOIN contacts ON contacts.store_id = customers.store_id
                                          AND contacts.customer_id = customers.customer_id
                       GROUP BY customers.store_id, customers.customer_id) AS sums
               WHERE found_count <> said_count OR found_highest IS DISTINCT FROM said_highest
               UNION ALL
              SELECT stores.store_id, 'the store says it has ' || coalesce(said, 0) || ' customers, and has '
                                      || coalesce(found, 0)
                FROM stores
                LEFT JOIN (SELECT store_id, sum(customer_count) AS said FROM customer_counts GROUP BY store_id)
                       AS counted ON counted.store_id = stores.store_id
                LEFT JOIN (SELECT store_id, count(*) AS found FROM customers GROUP BY store_id)
                       AS there ON there.store_id = stores.store_id
               WHERE coalesce(said, 0) <> coalesce(found, 0)
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
                               ON found.store_id = said.store_id AND found.customer_id = said.customer_id) AS sides
               WHERE said_count IS DISTINCT FROM found_count OR said_sales IS DISTINCT FROM found_sales
                  OR said_first IS DISTINCT FROM found_first OR said_last IS DISTINCT FROM found_last",
    },
];

/// Asks everything there is to ask, and hands each violation to `report`.
pub(crate) async fn check_database(
    client: &mut Client,
    mut report: impl FnMut(Violation) + Send,
) -> Result<(), StoreError> {
    let checking = doing("check the database");
    let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = 0";
    client.batch_execute(begin).await.map_err(&checking)?;
    for question in QUESTIONS {
        let rows = client.query_typed_raw::<&str, [_; 0]>(question.sql, []).await.map_err(&checking)?;
        let mut rows = pin!(rows);
        while let Some(row) = rows.try_next().await.map_err(&checking)? {
            report(Violation {
                invariant: question.invariant,
                store: store_of(&row),
                found: row.try_get(1).map_err(&checking)?,
            });
        }
    }
    check_contact_keys(client, &mut report).await?;
    check_email_keys(client, &mut report).await?;
    client.batch_execute("COMMIT").await.map_err(&checking)
}

fn store_of(row: &Row) -> Option<StoreId> {
    row.try_get(0).ok().and_then(|id| StoreId::new(id).ok())
}

async fn all(client: &Client, sql: &str) -> Result<RowStream, StoreError> {
    let parameters: [(&str, Type); 0] = [];
    client.query_typed_raw(sql, parameters).await.map_err(doing("check the keys of contacts and customers"))
}

/// Normalises every contact again: the keys are what keeps equal ones apart.
async fn check_contact_keys(
    client: &Client,
    report: &mut (impl FnMut(Violation) + Send),
) -> Result<(), StoreError> {
    let checking = doing("check the keys of contacts");
    // In the order of a customer's contacts, so that equal ones and the count of each customer are seen in passing.
    let rows = all(
        client,
        "SELECT store_id, customer_id, contact_type, contact_id, coalesce(contact, contact_key), contact_key
           FROM contacts ORDER BY store_id, customer_id, contact_type",
    )
    .await?;
    let mut rows = pin!(rows);
    let mut customer = None;
    let mut seen = HashSet::new();
    while let Some(row) = rows.try_next().await.map_err(&checking)? {
        let store = store_of(&row);
        let of_customer: i64 = row.try_get(1).map_err(&checking)?;
        let code: i16 = row.try_get(2).map_err(&checking)?;
        let id: i64 = row.try_get(3).map_err(&checking)?;
        let text: &str = row.try_get(4).map_err(&checking)?;
        let stored: &str = row.try_get(5).map_err(&checking)?;
        if customer != Some((store, of_customer)) {
            customer = Some((store, of_customer));
            seen.clear();
        }
        let contact_type = u8::try_from(code).ok().and_then(ContactType::from_code);
        let (Some(contact_type), Ok(contact)) = (contact_type, ContactText::new(text)) else {
            let found = format!("contact {id} has no valid type or text");
            report(Violation { invariant: Invariant::SummariesRight, store, found });
            continue;
        };
        let key = ContactKey::of(contact_type, &contact);
        if stored_key(&key) != stored {
            let found = format!("contact {id} is not indexed under its text");
            report(Violation { invariant: Invariant::NoEqualContacts, store, found });
        }
        if !seen.insert((code, key)) {
            let found =
                format!("customer {of_customer} has {contact_type} '{contact}' twice, once as contact {id}");
            report(Violation { invariant: Invariant::NoEqualContacts, store, found });
        }
        if seen.len() == MAXIMUM_CONTACTS as usize + 1 {
            let found = format!("customer {of_customer} has more than {MAXIMUM_CONTACTS} contacts");
            report(Violation { invariant: Invariant::SummariesRight, store, found });
        }
    }
    Ok(())
}

async fn check_email_keys(
    client: &Client,
    report: &mut (impl FnMut(Violation) + Send),
) -> Result<(), StoreError> {
    let checking = doing("check the e-mail addresses of customers");
    let rows = all(client, "SELECT store_id, customer_id, email, email_key FROM customers").await?;
    let mut rows = pin!(rows);
    while let Some(row) = rows.try_next().await.map_err(&checking)? {
        let id: i64 = row.try_get(1).map_err(&checking)?;
        let email: &str = row.try_get(2).map_err(&checking)?;
        let key: &str = row.try_get(3).map_err(&checking)?;
        if EmailAddress::new(email).is_ok_and(|email| email.key() == key) {
            continue;
        }
        let found = format!("customer {id} is not indexed under its e-mail");
        report(Violation { invariant: Invariant::NoEqualContacts, store: store_of(&row), found });
    }
    Ok(())
}
