//! Orders by e-mail address beside callers who change whose it is.

use shopfolk_model::{CustomerChange, EmailAddress, Money, OrderKey};
use shopfolk_operations::conformance::{
    BY, STORE, assert_every_promise_holds, at, create_customer, create_store, whole_customer,
};
use shopfolk_operations::{ChangeCustomer, GetOrder, OrderName, RecordOrder};
use shopfolk_store::Engine;
use shopfolk_test_postgres::proxy::Proxy;

use crate::support::{new_engine, open};

/// The order is held before each of its questions to the database in turn, and its customer gets another address meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_goes_to_whoever_has_the_email_when_it_is_recorded() {
    let (other, database) = new_engine().await;
    create_store(&other, STORE).await;
    let proxy = Proxy::start(database.address());
    let held = open(&database.url_through(&proxy)).await;
    let mut given_to_guests = 0;
    for step in 0.. {
        let text = format!("anna{step}@example.com");
        let customer = create_customer(&other, &text).await;
        let order = RecordOrder {
            customer: None,
            email: EmailAddress::new(&text).ok(),
            total: Money::parse("1").unwrap(),
            created: at(5),
            products: Vec::new(),
            document: "{}".to_owned(),
            keys: vec![OrderKey::new(&format!("AAA{step:02}")).unwrap()],
            now: at(9),
        };
        proxy.hold_after(step);
        let engine = held.clone();
        let recording = tokio::spawn(async move { engine.write(STORE, BY, order).await.unwrap() });
        while !proxy.holds() && !recording.is_finished() {
            tokio::task::yield_now().await;
        }
        let was_held = proxy.holds();
        let email = EmailAddress::new(&format!("moved{step}@example.com")).ok();
        let change = CustomerChange { email, ..CustomerChange::default() };
        let change = ChangeCustomer { customer, change, now: at(8) };
        let changing = other.clone();
        let changing = tokio::spawn(async move { changing.write(STORE, BY, change).await.unwrap() });
        let waits = "SELECT count(*) FROM pg_stat_activity
                      WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while !changing.is_finished() && database.psql(waits).trim() == "0" {
            tokio::task::yield_now().await;
        }
        let was_changed_before = was_held && changing.is_finished();
        proxy.let_go();
        let (number, _) = recording.await.unwrap();
        changing.await.unwrap();
        let order = other.read(STORE, GetOrder { order: OrderName::Number(number) }).await.unwrap();
        if was_changed_before {
            let guest = order.customer.unwrap();
            assert_ne!(guest, customer, "step {step}");
            let guest = whole_customer(&other, STORE, guest).await.unwrap();
            assert_eq!(guest.customer.email.unwrap().as_str(), text);
            given_to_guests += 1;
        } else {
            assert_eq!(order.customer, Some(customer), "step {step}");
        }
        if !was_held {
            break;
        }
    }
    assert!(given_to_guests > 1, "before the customer is locked there are several steps");
    assert_every_promise_holds(&other).await;
}
