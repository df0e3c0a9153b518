//! How often the engine waits for the server: every round trip is time that a caller waits.

use shopfolk_operations::conformance::{BY, STORE, contacts, create, default_phone, phone, shop};
use shopfolk_operations::{DeleteContact, FindAccess, ReadContacts};
use shopfolk_store::Engine;
use shopfolk_test_postgres::proxy::Proxy;

use crate::support::{new_database, settings};

// On one thread: on several, a question that is sent in two pieces could count as two.
#[tokio::test]
async fn a_read_is_one_round_trip_and_a_create_is_two() {
    let database = new_database();
    let proxy = Proxy::start(database.address());
    let url = database.url_through(&proxy);
    // One connection, so that everything is prepared on it after the first time.
    let settings = shopfolk_store_postgres::PostgresSettings { connections: 1, ..settings(&url) };
    let engine = shopfolk_store_postgres::PostgresEngine::open(settings).await.unwrap();
    let customer = shop(&engine).await;
    for number in 0..20 {
        create(&engine, customer, phone(&number.to_string())).await;
        create(&engine, customer, default_phone(&format!("d{number}"))).await;
    }
    let deleted = contacts(&engine, customer).await[3].id;
    engine
        .write(
            STORE,
            BY,
            DeleteContact {
                customer,
                contact: contacts(&engine, customer).await[4].id,
                now: shopfolk_operations::conformance::at(3),
            },
        )
        .await
        .unwrap();
    engine.read(STORE, FindAccess { token: None }).await.unwrap();

    let before = proxy.round_trips();
    engine.read(STORE, ReadContacts { customer, after: None }).await.unwrap();
    assert_eq!(proxy.round_trips() - before, 1, "reading the contacts of a customer");
    let before = proxy.round_trips();
    engine.read(STORE, FindAccess { token: None }).await.unwrap();
    assert_eq!(proxy.round_trips() - before, 1, "looking a token up");
    let before = proxy.round_trips();
    create(&engine, customer, phone("555")).await;
    assert_eq!(proxy.round_trips() - before, 2, "creating a contact");
    let before = proxy.round_trips();
    create(&engine, customer, default_phone("556")).await;
    assert!(proxy.round_trips() - before <= 4, "creating a default contact");
    let before = proxy.round_trips();
    let delete = DeleteContact { customer, contact: deleted, now: shopfolk_operations::conformance::at(3) };
    engine.write(STORE, BY, delete).await.unwrap();
    assert_eq!(proxy.round_trips() - before, 3, "deleting a contact");
}
