//! What a check asks in statements. A row of an answer is a violation: a store's id and a sentence.

use shopfolk_model::{DeliveryQueue, EventType, MAXIMUM_CONTACTS, StoreId};

use crate::{Dialect, IdKind, Invariant, Lifecycle, TABLES, Table};

/// All questions, in statements that both databases understand. `contacts` is the relation that has all contacts.
pub(super) fn questions(dialect: Dialect, contacts: &str) -> Vec<(Invariant, String)> {
    let mut questions: Vec<(Invariant, String)> =
        TABLES.iter().flat_map(|table| of_table(table, dialect, contacts)).collect();
    questions.extend(counters());
    questions.extend(of_events(contacts));
    questions.extend(particular(contacts));
    questions.extend(of_namesakes(dialect));
    questions.extend(of_batches());
    questions.extend(of_webhooks());
    questions
}

/// What any table needs.
fn of_table(table: &Table, dialect: Dialect, contacts: &str) -> Vec<(Invariant, String)> {
    let Table { name, what, .. } = table;
    // Contacts that were created lately may lie elsewhere.
    let relation = if *name == "contacts" { contacts } else { name };
    let mut questions = Vec::new();
    let key = table.ids.map(|(_, column)| column).or_else(|| table.key().next().map(|column| column.name));
    let Some(key) = key else { return questions };
    // An event that nobody has read yet has no place on one of the databases.
    let named = format!("coalesce(CAST({key} AS TEXT), 'without a number')");
    questions.push((
        Invariant::TenantsApart,
        format!(
            "SELECT store_id, '{what} ' || {named} || ' belongs to a store that is not there'
               FROM {relation} AS rows
              WHERE NOT EXISTS (SELECT 1 FROM stores WHERE stores.store_id = rows.store_id)"
        ),
    ));
    if let Some(owner) = table.owner {
        questions.push((
            Invariant::TenantsApart,
            hangs_on(relation, what, key, owner.column, owner.table, "hangs on"),
        ));
    }
    for reference in table.references {
        let mut question = hangs_on(relation, what, key, reference.column, reference.table, "names");
        question = format!("{question} AND rows.{} IS NOT NULL", reference.column);
        if let Some(none) = reference.none {
            question = format!("{question} AND rows.{} <> {none}", reference.column);
        }
        questions.push((Invariant::TenantsApart, question));
    }
    if let Some(maximum) = table.maximum {
        questions.push((
            Invariant::SummariesRight,
            format!(
                "SELECT store_id, 'there are ' || count(*) || ' rows of the kind {what}, more than {maximum}'
                   FROM {name} GROUP BY store_id HAVING count(*) > {maximum}"
            ),
        ));
    }
    if let Some((kind, column)) = table.ids
        && !(kind == IdKind::Event && dialect == Dialect::Postgres)
    {
        questions.extend(ids(relation, what, kind, column));
    }
    if let Some(lifecycle) = table.lifecycle {
        questions.extend(events(table, key, lifecycle));
    }
    questions
}

/// Rows that name a row which is not there.
fn hangs_on(relation: &str, what: &str, key: &str, column: &str, owner: &str, how: &str) -> String {
    let (owner_what, owner_key) = Table::named(owner).map_or((owner, column), |table| {
        (table.what, table.key().next().map_or(column, |column| column.name))
    });
    format!(
        "SELECT store_id, '{what} ' || {key} || ' {how} {owner_what} ' || {column} || ', which is not there'
           FROM {relation} AS rows
          WHERE NOT EXISTS (SELECT 1 FROM {owner} AS owners
                             WHERE owners.store_id = rows.store_id AND owners.{owner_key} = rows.{column})"
    )
}

fn ids(relation: &str, what: &str, kind: IdKind, column: &str) -> Vec<(Invariant, String)> {
    let counter = kind.counter();
    vec![
        (
            Invariant::IdsNeverReused,
            format!(
                "SELECT rows.store_id, '{what} id ' || max({column}) || ' is not below the counter ' || max({counter})
                   FROM {relation} AS rows JOIN counters ON counters.store_id = rows.store_id
                  GROUP BY rows.store_id HAVING max({column}) >= max({counter})"
            ),
        ),
        (
            Invariant::IdsNeverReused,
            format!(
                "SELECT store_id, '{what} id ' || {column} || ' is there ' || count(*) || ' times'
                   FROM {relation} AS rows GROUP BY store_id, {column} HAVING count(*) > 1"
            ),
        ),
    ]
}

/// Whether what is there came to be, and what came to be is there or went.
fn events(table: &Table, key: &str, lifecycle: Lifecycle) -> Vec<(Invariant, String)> {
    let Table { name, what, .. } = table;
    let (created, deleted) = (lifecycle.created.code(), lifecycle.deleted.code());
    let of = |code: u8| format!("SELECT store_id, entity_id FROM events WHERE event_type = {code}");
    let there = format!("SELECT store_id, {key} FROM {name}");
    let changed: Vec<String> = lifecycle.changed.iter().map(|event| of(event.code())).collect();
    let later = changed.into_iter().chain([of(deleted)]).collect::<Vec<_>>().join(" UNION ");
    let (came, went) = (of(created), of(deleted));
    let twice = |code: u8, how: &str| {
        format!(
            "SELECT store_id, '{what} ' || entity_id || ' was {how} ' || count(*) || ' times'
               FROM events WHERE event_type = {code} GROUP BY store_id, entity_id HAVING count(*) > 1"
        )
    };
    [
        format!(
            "SELECT store_id, '{what} ' || {key} || ' is there and no event says that it was created'
               FROM ({there} EXCEPT {came}) AS odd"
        ),
        format!(
            "SELECT store_id, '{what} ' || {key} || ' is there and an event says that it was deleted'
               FROM ({there} INTERSECT {went}) AS odd"
        ),
        format!(
            "SELECT store_id, '{what} ' || entity_id || ' was created and never deleted, and is not there'
               FROM ({came} EXCEPT {went} EXCEPT {there}) AS odd"
        ),
        format!(
            "SELECT store_id, 'an event says that {what} ' || entity_id || ' changed or went, and none that it was created'
               FROM (SELECT store_id, entity_id FROM ({later}) AS later EXCEPT {came}) AS odd"
        ),
        twice(created, "created"),
        twice(deleted, "deleted"),
    ]
    .map(|sql| (Invariant::EventForEveryChange, sql))
    .into()
}

fn counters() -> Vec<(Invariant, String)> {
    let impossible = IdKind::ALL.iter().map(|kind| {
        let (counter, maximum) = (kind.counter(), kind.maximum());
        let sql = format!(
            "SELECT store_id, '{counter} is ' || {counter} || ', which cannot be'
               FROM counters WHERE {counter} NOT BETWEEN 1 AND {maximum}"
        );
        (Invariant::RowsSound, sql)
    });
    let missing = (
        Invariant::IdsNeverReused,
        "SELECT stores.store_id, 'the store has no counters'
           FROM stores
          WHERE EXISTS (SELECT 1 FROM events WHERE events.store_id = stores.store_id)
            AND NOT EXISTS (SELECT 1 FROM counters WHERE counters.store_id = stores.store_id)"
            .to_owned(),
    );
    impossible.chain([missing]).collect()
}

/// What events name besides that to which they happened.
fn of_events(contacts: &str) -> Vec<(Invariant, String)> {
    let codes = |types: &[EventType]| {
        types.iter().map(|event| event.code().to_string()).collect::<Vec<_>>().join(", ")
    };
    let of_contacts =
        codes(&[EventType::ContactCreated, EventType::ContactUpdated, EventType::ContactDeleted]);
    let of_stores = codes(&[
        EventType::StoreCreated,
        EventType::StoreSuspended,
        EventType::StoreResumed,
        EventType::ProfileUpdated,
    ]);
    let mut questions = vec![
        format!(
            "SELECT store_id, 'an event of ' || entity_id || ' is of a contact and does not say which, or says so and is not'
               FROM events WHERE (event_type IN ({of_contacts})) <> (contact_id IS NOT NULL)"
        ),
        format!(
            "SELECT store_id, 'an event is of store ' || entity_id
               FROM events WHERE event_type IN ({of_stores}) AND entity_id <> store_id"
        ),
        format!(
            "SELECT store_id, 'contact ' || contact_id || ' was created ' || count(*) || ' times'
               FROM events WHERE event_type = {}
              GROUP BY store_id, contact_id HAVING count(*) > 1",
            EventType::ContactCreated.code()
        ),
        format!(
            "SELECT store_id, 'the store was created ' || count(event_type) || ' times'
               FROM (SELECT stores.store_id, event_type
                       FROM stores
                       LEFT JOIN events ON events.store_id = stores.store_id AND event_type = {}) AS creations
              GROUP BY store_id HAVING count(event_type) <> 1",
            EventType::StoreCreated.code()
        ),
    ];
    // Ids of contacts are never given again, and no contact moves to another customer.
    questions.push(format!(
        "SELECT rows.store_id, 'contact ' || rows.contact_id || ' of customer ' || rows.customer_id
                               || ' is there, and an event says that it is gone or another one''s'
           FROM {contacts} AS rows
           JOIN (SELECT DISTINCT store_id, contact_id, entity_id, event_type = {deleted} AS gone
                   FROM events WHERE event_type IN ({of_contacts})) AS told
                ON told.store_id = rows.store_id AND told.contact_id = rows.contact_id
          WHERE told.gone OR told.entity_id <> rows.customer_id",
        deleted = EventType::ContactDeleted.code()
    ));
    for (column, kind) in [("contact_id", IdKind::Contact), ("token_id", IdKind::Token)] {
        questions.push(format!(
            "SELECT events.store_id, 'an event names {} ' || {column} || ', and that id was never given'
               FROM events JOIN counters ON counters.store_id = events.store_id
              WHERE {column} >= {}",
            kind.name(),
            kind.counter()
        ));
    }
    questions.into_iter().map(|sql| (Invariant::EventForEveryChange, sql)).collect()
}

/// What the rows of a batch say of each other.
fn of_batches() -> Vec<(Invariant, String)> {
    [
        "SELECT store_id, 'batch ' || batch_id || ' says that it has ' || requests || ' requests, and has others'
           FROM (SELECT batches.store_id, batches.batch_id, requests, count(request_number) AS found,
                        max(request_number) AS highest
                   FROM batches
                   LEFT JOIN batch_requests ON batch_requests.store_id = batches.store_id
                                           AND batch_requests.batch_id = batches.batch_id
                  GROUP BY batches.store_id, batches.batch_id, requests) AS sums
          WHERE found <> requests OR highest <> requests - 1",
        "SELECT answers.store_id, 'batch ' || answers.batch_id || ' has an answer to request '
                                  || answers.request_number || ', which is not there'
           FROM batch_answers AS answers
          WHERE NOT EXISTS (SELECT 1 FROM batch_requests AS requests
                             WHERE requests.store_id = answers.store_id AND requests.batch_id = answers.batch_id
                               AND requests.request_number = answers.request_number)",
        "SELECT store_id, 'batch ' || batch_id || ' has an answer that is not as long as it says'
           FROM batch_answers WHERE size <> octet_length(body)",
        "SELECT batches.store_id, 'batch ' || batches.batch_id || ' is to be completed and is completed, or neither'
           FROM batches
           LEFT JOIN unfinished_batches AS unfinished ON unfinished.store_id = batches.store_id
                                                     AND unfinished.batch_id = batches.batch_id
          WHERE (completed IS NULL) <> (unfinished.batch_id IS NOT NULL)",
        "SELECT batches.store_id, 'batch ' || batches.batch_id || ' waits for the turn of another token'
           FROM batches
           JOIN unfinished_batches AS unfinished ON unfinished.store_id = batches.store_id
                                                AND unfinished.batch_id = batches.batch_id
          WHERE unfinished.token_id <> batches.token_id",
        "SELECT batches.store_id, 'batch ' || batches.batch_id || ' says how long its answers are, and they are not'
           FROM batches
           LEFT JOIN (SELECT store_id, batch_id, sum(size) AS found FROM batch_answers
                       GROUP BY store_id, batch_id) AS sums
             ON sums.store_id = batches.store_id AND sums.batch_id = batches.batch_id
          WHERE answer_bytes > coalesce(found, 0) OR completed IS NULL AND answer_bytes <> 0",
    ]
    .map(|sql| (Invariant::SummariesRight, sql.to_owned()))
    .into()
}

/// What is called as another one is, because a release before compared texts in another way.
fn of_namesakes(dialect: Dialect) -> Vec<(Invariant, String)> {
    let sign = match dialect {
        Dialect::Sqlite => "char(1)",
        Dialect::Postgres => "chr(1)",
    };
    let of = |table: &str, key: &str, found: String| {
        // What begins with the sign is no namesake.
        format!("SELECT store_id, {found} FROM {table} WHERE {key} LIKE '_%' || {sign} || '%'")
    };
    let rows = [
        ("customers", "customer_id", "email_key", "customer", "e-mail address"),
        ("customer_groups", "group_id", "name_key", "customer group", "name"),
        ("customer_extra_fields", "extra_field_id", "title_key", "extra field", "title"),
        ("owners", "owner_id", "email_key", "owner", "e-mail address"),
    ];
    let mut questions: Vec<_> = rows
        .iter()
        .map(|(table, id, key, what, text)| {
            of(
                table,
                key,
                format!("'{what} ' || {id} || ' has the {text} of another one, as these are compared now'"),
            )
        })
        .collect();
    let contact = "'contact ' || contact_id || ' of customer ' || customer_id
                   || ' equals another one, as these are compared now'";
    questions.push(of("contacts", "contact_key", contact.to_owned()));
    questions.into_iter().map(|sql| (Invariant::NoEqualContacts, sql)).collect()
}

/// The rules that are the model's own.
fn particular(contacts: &str) -> Vec<(Invariant, String)> {
    vec![
        (
            Invariant::OneDefaultPerType,
            format!(
                "SELECT store_id, 'customer ' || customer_id || ' has ' || count(*)
                                  || ' default contacts of type ' || contact_type
                   FROM {contacts} AS rows WHERE is_default
                  GROUP BY store_id, customer_id, contact_type HAVING count(*) > 1"
            ),
        ),
        (
            Invariant::SummariesRight,
            format!(
                "SELECT store_id, 'customer ' || customer_id || ' has more than {MAXIMUM_CONTACTS} contacts'
                   FROM {contacts} AS rows
                  GROUP BY store_id, customer_id HAVING count(*) > {MAXIMUM_CONTACTS}"
            ),
        ),
        (
            Invariant::SummariesRight,
            "SELECT store_id, 'customer ' || customer_id || ' says that it has ' || said_count
                              || ' contacts up to place ' || coalesce(CAST(said_highest AS TEXT), 'none')
                              || ', and has ' || found_count || ' up to place '
                              || coalesce(CAST(found_highest AS TEXT), 'none')
               FROM (SELECT customers.store_id, customers.customer_id, max(contact_count) AS said_count,
                            max(highest_order_by) AS said_highest, count(contact_id) AS found_count,
                            max(order_by) AS found_highest
                       FROM customers
                       LEFT JOIN contacts ON contacts.store_id = customers.store_id
                                         AND contacts.customer_id = customers.customer_id
                      GROUP BY customers.store_id, customers.customer_id) AS sums
              WHERE found_count <> said_count OR found_highest IS DISTINCT FROM said_highest"
                .to_owned(),
        ),
        (
            Invariant::SummariesRight,
            "SELECT store_id, 'customer ' || customer_id || ' has statistics that its orders do not add up to'
               FROM (SELECT coalesce(said.store_id, found.store_id) AS store_id,
                            coalesce(said.customer_id, found.customer_id) AS customer_id,
                            said.order_count AS said_count, said.sales_value AS said_sales,
                            said.first_order AS said_first, said.last_order AS said_last,
                            found.order_count AS found_count, found.sales AS found_sales,
                            found.first_made AS found_first, found.last_made AS found_last
                       FROM order_statistics AS said
                       FULL JOIN (SELECT store_id, customer_id, count(*) AS order_count, sum(total) AS sales,
                                         min(created) AS first_made, max(created) AS last_made
                                    FROM orders WHERE customer_id IS NOT NULL
                                   GROUP BY store_id, customer_id) AS found
                              ON found.store_id = said.store_id AND found.customer_id = said.customer_id) AS sides
              WHERE said_count IS DISTINCT FROM found_count OR said_sales IS DISTINCT FROM found_sales
                 OR said_first IS DISTINCT FROM found_first OR said_last IS DISTINCT FROM found_last"
                .to_owned(),
        ),
        (
            Invariant::SummariesRight,
            "SELECT orders.store_id, 'order ' || orders.order_number
                                     || ' has a product that says somebody else ordered'
               FROM orders
               JOIN order_products ON order_products.store_id = orders.store_id
                                  AND order_products.order_number = orders.order_number
              WHERE order_products.customer_id IS DISTINCT FROM orders.customer_id"
                .to_owned(),
        ),
        (
            Invariant::EventForEveryChange,
            format!(
                "SELECT store_id, 'app ' || app_id || ' is installed ' || sum(there)
                                  || ' times, and events say that it is ' || sum(told) || ' times'
                   FROM (SELECT store_id, app_id, 1 AS there, 0 AS told FROM installations
                          UNION ALL
                         SELECT store_id, entity_id, 0, CASE event_type WHEN {installed} THEN 1 ELSE -1 END
                           FROM events WHERE event_type IN ({installed}, {uninstalled})) AS sides
                  GROUP BY store_id, app_id HAVING sum(there) <> sum(told)",
                installed = EventType::ApplicationInstalled.code(),
                uninstalled = EventType::ApplicationUninstalled.code(),
            ),
        ),
        (
            Invariant::TenantsApart,
            format!(
                "SELECT store_id, 'app ' || app_id || ' belongs to a store' FROM apps WHERE store_id <> {}",
                StoreId::PLATFORM
            ),
        ),
        (
            Invariant::EventForEveryChange,
            "SELECT store_id, 'of the places of events 1 to ' || max(position) || ' there are ' || count(position)
               FROM events WHERE position IS NOT NULL
              GROUP BY store_id HAVING count(position) <> max(position)"
                .to_owned(),
        ),
    ]
}

/// What is asked of what apps are told.
fn of_webhooks() -> Vec<(Invariant, String)> {
    vec![
        (
            Invariant::EventForEveryChange,
            format!(
                "SELECT store_id, 'event ' || place || ' is to be delivered to app ' || app_id || ', and there is none'
                   FROM webhook_deliveries AS delivery
                  WHERE queue <> {}
                    AND NOT EXISTS (SELECT 1 FROM events
                                     WHERE events.store_id = delivery.store_id AND events.position = delivery.place)",
                DeliveryQueue::OnRequest.code()
            ),
        ),
        (
            Invariant::TenantsApart,
            "SELECT store_id, 'events are read for apps, and there is no such store' FROM webhook_readers AS reader
              WHERE NOT EXISTS (SELECT 1 FROM stores WHERE stores.store_id = reader.store_id)"
                .to_owned(),
        ),
        (
            Invariant::EventForEveryChange,
            "SELECT store_id, 'events up to ' || read_through || ' were read for apps, and there are not so many'
               FROM webhook_readers AS reader
              WHERE read_through > coalesce((SELECT max(events.position) FROM events
                                          WHERE events.store_id = reader.store_id), 0)"
                .to_owned(),
        ),
    ]
}
