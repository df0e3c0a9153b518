//! Copying a store to another database: both engines of a case are fresh, and may be of different kinds.

use std::ops::ControlFlow;

use shopfolk_model::{
    AnswerStatus, Batch, BatchAnswer, ContactChange, ContactNote, ContactType, CustomerGroup, CustomerId,
    CustomerName, Day, EmailAddress, Event, EventPosition, ExternalReferenceId, ExtraField, ExtraFieldEntry,
    ExtraFieldKey, ExtraFieldTitle, ExtraFieldType, ExtraFieldValue, GroupFilter, GroupName, Money,
    NewContact, NewCustomer, NewExtraField, NewGroup, Order, OrderBy, OrderKey, OrderSearch, OrderedProduct,
    ProductId, StoreId, Token, TokenId, TokenRecord,
};
use shopfolk_store::{
    CustomerRow, Engine, PageRequest, Record, StoredBatchAnswer, StoredBatchRequest, StoredContact,
    StoredEvent, StoredToken, UnfinishedBatch,
};
use tokio::runtime::Handle;
use tokio::task::block_in_place;

use super::apps::{allow_app, create_app, install_app};
use super::batches::{claim_batches, create_batch};
use super::changed_customers::{address_in, details};
use super::fixture::*;
use super::owners::create_owner;
use super::profiles::setting;
use super::webhooks::try_a_webhook;
use crate::{
    BatchEntry, ChangeContact, ChangeProfile, CopyError, CopyPhase, CopyProgress, CreateCustomer,
    CreateExtraField, CreateGroup, CreateStore, CustomerWithContacts, DeleteContact, DeleteCustomer,
    FinishBatch, GetReader, GetStore, ListApps, ListExtraFields, ListGroups, ListTokens, NoteTokenUse,
    RecordBatchAnswer, RecordOrder, RevokeToken, SearchOrders, SetStoreSuspended, StoreContents,
    WantedOfOrders, copy_store, delete_app,
};

fn go_on(_: CopyProgress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

async fn copy<From: Engine, To: Engine>(from: &From, to: &To) -> StoreContents {
    let contents = copy_store(from, to, STORE, go_on).await.unwrap();
    assert_same(from, to).await;
    contents
}

async fn events<E: Engine>(engine: &E) -> Vec<Event> {
    let events = engine.list_events(STORE, None, 1_000_000).await.unwrap();
    let places: Vec<i64> = events.iter().map(|event| event.position.get()).collect();
    assert_eq!(places, (1..).take(events.len()).collect::<Vec<_>>(), "every place is taken once");
    events.into_iter().map(|event| event.event).collect()
}

async fn customers<E: Engine>(engine: &E) -> Vec<CustomerWithContacts> {
    whole_customers(engine, STORE).await.unwrap()
}

async fn groups_fields_and_orders<E: Engine>(
    engine: &E,
) -> (Vec<CustomerGroup>, Vec<ExtraField>, Vec<Order>) {
    let page = PageRequest::at(0, 1_000_000);
    let groups = engine.read(STORE, ListGroups { filter: GroupFilter::default(), page }).await.unwrap();
    let page = PageRequest::at(0, 1_000_000);
    let fields = engine.read(STORE, ListExtraFields).await.unwrap();
    let orders = engine
        .read(
            STORE,
            SearchOrders { search: OrderSearch::default(), page, wanted: WantedOfOrders::Everything },
        )
        .await
        .unwrap();
    (groups.items, fields.items, orders.first.items)
}

async fn tokens<E: Engine>(engine: &E) -> Vec<TokenRecord> {
    let portion = engine.read(STORE, ListTokens { store: STORE, after: None }).await.unwrap();
    portion.map(|portion| portion.listed.items).unwrap_or_default()
}

/// Looks at everything that the other operations show.
async fn assert_same<From: Engine, To: Engine>(from: &From, to: &To) {
    assert_eq!(to.read(STORE, GetStore).await.unwrap(), from.read(STORE, GetStore).await.unwrap());
    assert_eq!(tokens(to).await, tokens(from).await);
    assert_eq!(customers(to).await, customers(from).await);
    assert_eq!(groups_fields_and_orders(to).await, groups_fields_and_orders(from).await);
    assert_eq!(events(to).await, events(from).await);
    assert_every_promise_holds(to).await;
}

/// A store with something of everything, and its customer with the most.
pub async fn full_shop<E: Engine>(engine: &E) -> CustomerId {
    let customer = shop(engine).await;
    for (number, &contact_type) in ContactType::ALL.iter().enumerate() {
        let contact = match contact_type {
            ContactType::Email => "Bert@Example.com".to_owned(),
            ContactType::Facebook => "https://WWW.facebook.com/Bert/".to_owned(),
            _ => format!("+{number} 123-ü"),
        };
        let new = NewContact {
            default: number % 2 == 0,
            note: Some(ContactNote::new(" a note\n\tof two lines ").unwrap()),
            order_by: Some(OrderBy::new(1_000 - i64::try_from(number).unwrap()).unwrap()),
            timestamp: Some(at(77)),
            ..of_type(contact_type, &contact)
        };
        create(engine, customer, new).await;
    }
    create(engine, customer, phone(&"9".repeat(1_024))).await;
    create(engine, customer, of_type(ContactType::Other, &"é".repeat(1_024))).await;
    let group = NewGroup {
        name: GroupName::new("VIP").unwrap(),
        external_reference: ExternalReferenceId::optional("their 5").unwrap(),
    };
    let group = engine.write(STORE, BY, CreateGroup { group, now: at(2) }).await.unwrap();
    let field = NewExtraField {
        title: ExtraFieldTitle::new("Birthday").unwrap(),
        field_type: ExtraFieldType::DateTime,
        shown_on_order_details: true,
    };
    let key = ExtraFieldKey::new("6r0fUGw").unwrap();
    engine.write(STORE, BY, CreateExtraField { field, keys: vec![key], now: at(2) }).await.unwrap();
    let value = ExtraFieldEntry {
        key: Some(key),
        title: None,
        value: ExtraFieldValue::optional("1990-02-03").unwrap(),
    };
    let named = NewCustomer {
        group,
        extra_fields: vec![value],
        name: Some(CustomerName::new("Clara").unwrap()),
        details: details(),
        addresses: vec![address_in("Oslo"), address_in("Bergen")],
        ..customer_of("clara")
    };
    engine.write(STORE, BY, CreateCustomer { customer: named, now: at(3) }).await.unwrap();
    for (number, email) in
        ["clara@example.com", "clara@example.com", "gudrun@example.com"].into_iter().enumerate()
    {
        engine.write(STORE, BY, order_of(email, number)).await.unwrap();
    }
    let token = create_token(engine, "secret_one").await;
    create_token(engine, "secret_two").await;
    let app = create_app(engine, 7).await;
    let installed = install_app(engine, app.id, "read_customers public_storefront", "of_app").await;
    for id in [token.id, installed.secret.id] {
        engine.write(STORE, BY, NoteTokenUse { id, day: Day::from_number(20_000).unwrap() }).await.unwrap();
    }
    allow_app(engine, app.id, "read_customers", "code", 6).await;
    create_owner(engine, "owner@example.com").await;
    let profile = ChangeProfile { name: None, change: setting("closed", "false"), now: at(6) };
    engine.write(STORE, BY, profile).await.unwrap();
    batches_of(engine, token.id).await;
    try_a_webhook(engine, app.id).await;
    customer
}

/// A batch that is completed, one that is under way, and one that waits.
async fn batches_of<E: Engine>(engine: &E, token: TokenId) {
    for number in 1..=3 {
        create_batch(engine, token, number, 2).await;
    }
    let answer = |batch, number| RecordBatchAnswer {
        entry: BatchEntry { batch, number },
        answer: BatchAnswer { status: AnswerStatus::new(200).unwrap(), body: "{\"id\": 7}".to_owned() },
    };
    let first = claim_batches(engine, 1).await[0].batch;
    for number in 0..2 {
        engine.write(STORE, BY, answer(first, number)).await.unwrap();
    }
    engine.write(STORE, BY, FinishBatch { batch: first, now: at(6) }).await.unwrap();
    let second = claim_batches(engine, 1).await[0].batch;
    engine.write(STORE, BY, answer(second, 0)).await.unwrap();
}

fn order_of(email: &str, number: usize) -> RecordOrder {
    RecordOrder {
        customer: None,
        email: EmailAddress::new(email).ok(),
        total: Money::from_units(12_345),
        created: at(100 + i64::try_from(number).unwrap()),
        products: vec![OrderedProduct { id: ProductId::new(7).unwrap(), name: "Tea".to_owned() }],
        document: r#"{"note": "ü"}"#.to_owned(),
        keys: vec![OrderKey::new(&format!("KEY{number}0")).unwrap()],
        now: at(5),
    }
}

fn customer_of(name: &str) -> NewCustomer {
    customer(&format!("{name}@example.com"))
}

pub async fn copied_store_is_the_same_in_every_row<From: Engine, To: Engine>(from: From, to: To) {
    full_shop(&from).await;
    let contents = copy(&from, &to).await;
    let tables = [StoredToken::TABLE, CustomerRow::TABLE, StoredContact::TABLE, StoredEvent::TABLE];
    assert_eq!(tables.map(|table| contents.count(table)), [4, 3, 20, 36]);
    let tables = [Batch::TABLE, UnfinishedBatch::TABLE, StoredBatchRequest::TABLE, StoredBatchAnswer::TABLE];
    assert_eq!(tables.map(|table| contents.count(table)), [3, 2, 6, 3]);
    let checksum = contents.checksum;
    assert_eq!(checksum.to_string().len(), 64);
    assert_eq!(copy(&from, &to).await.checksum, checksum, "once more changes nothing");
    // The token opens the store there too.
    let find = crate::FindAccess { token: Some(Token::from_text("secret_two").hash()) };
    assert!(to.read(STORE, find).await.unwrap().unwrap().token.is_some());
}

pub async fn copied_platform_has_the_same_apps<From: Engine, To: Engine>(from: From, to: To) {
    let first = create_app(&from, 7).await;
    copy_store(&from, &to, StoreId::PLATFORM, go_on).await.unwrap();
    let apps =
        async || to.read(StoreId::PLATFORM, ListApps { after: None }).await.unwrap().unwrap().listed.items;
    assert_eq!(apps().await, [first.clone()]);
    let second = create_app(&from, 8).await;
    delete_app(&from, BY, first.id, at(2)).await.unwrap();
    copy_store(&from, &to, StoreId::PLATFORM, go_on).await.unwrap();
    assert_eq!(apps().await, [second]);
    create_app(&to, 9).await;
    let refused = copy_store(&from, &to, StoreId::PLATFORM, go_on).await;
    assert!(matches!(refused, Err(CopyError::TargetHasItsOwn { .. })), "{refused:?}");
}

pub async fn copied_store_tells_its_apps_of_what_comes_after<From: Engine, To: Engine>(from: From, to: To) {
    create_store(&from, STORE).await;
    let reader = async || to.read(STORE, GetReader).await.unwrap().map(|(_, reader)| reader);
    copy(&from, &to).await;
    assert_eq!(reader().await, None, "nobody is to be told");
    let app = create_app(&from, 1).await;
    install_app(&from, app.id, "read_customers", "first").await;
    for email in ["anna@example.com", "bert@example.com"] {
        create_customer(&from, email).await;
        copy(&from, &to).await;
        let reader = reader().await.unwrap();
        let last = events(&to).await.len();
        assert!(reader.listening);
        assert_eq!(
            reader.position.map(EventPosition::get),
            i64::try_from(last).ok(),
            "nothing is told twice"
        );
    }
}

pub async fn copy_goes_there_and_back<From: Engine, To: Engine>(from: From, to: To) {
    let customer = full_shop(&from).await;
    let there = copy(&from, &to).await;
    create(&to, customer, phone("there")).await;
    let changed = copy(&to, &from).await;
    for table in [StoredContact::TABLE, StoredEvent::TABLE] {
        assert_eq!(changed.count(table), there.count(table) + 1);
    }
    create(&from, customer, phone("and back")).await;
    copy(&from, &to).await;
}

pub async fn copy_takes_over_what_changed_since<From: Engine, To: Engine>(from: From, to: To) {
    let customer = full_shop(&from).await;
    let before = copy(&from, &to).await;
    let found = contacts(&from, customer).await;
    let change = ContactChange { default: Some(true), ..ContactChange::default() };
    let contact = found[3].id;
    from.write(STORE, BY, ChangeContact { customer, contact, change, now: at(9) }).await.unwrap();
    from.write(STORE, BY, DeleteContact { customer, contact: found[5].id, now: at(9) }).await.unwrap();
    create(&from, customer, default_phone("new")).await;
    // The address of a customer that is gone belongs to another one now.
    let clara = customers(&from).await[1].customer.id;
    from.write(STORE, BY, DeleteCustomer { customer: clara, now: at(9) }).await.unwrap();
    create_customer(&from, "dora@example.com").await;
    create_customer(&from, "clara@example.com").await;
    let token = tokens(&from).await[0].id;
    from.write(STORE, BY, RevokeToken { id: token, now: at(9) }).await.unwrap();
    assert_ne!(copy(&from, &to).await.checksum, before.checksum);
}

pub async fn interrupted_copy_goes_on<From: Engine, To: Engine>(from: From, to: To) {
    full_shop(&from).await;
    for number in 0..40 {
        let contacts = (0..200).map(|place| phone(&place.to_string())).collect();
        let customer = NewCustomer { contacts, ..customer_of(&number.to_string()) };
        from.write(STORE, BY, CreateCustomer { customer, now: at(3) }).await.unwrap();
    }
    let mut batches = 0_u32;
    let mut copied = 0;
    loop {
        let mut left = batches;
        let outcome = copy_store(&from, &to, STORE, |_| {
            let stop = left == 0;
            left = left.saturating_sub(1);
            if stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        match outcome.await {
            Ok(_) => break,
            Err(error) => assert!(matches!(error, CopyError::Stopped), "{error}"),
        }
        if let Some(store) = to.read(STORE, GetStore).await.unwrap() {
            assert!(store.suspended, "half a copy has no callers");
            let now = customers(&to).await.len();
            assert!(now >= copied, "what was copied stays");
            copied = now;
        }
        batches += 1;
    }
    assert!(batches > 10, "{batches}");
    assert_same(&from, &to).await;
}

pub async fn source_that_changes_meanwhile_is_gone_over_again<From: Engine, To: Engine>(from: From, to: To) {
    let customer = full_shop(&from).await;
    let mut passes = 0;
    let outcome = copy_store(&from, &to, STORE, |progress: CopyProgress| {
        if progress.phase == CopyPhase::Verifying && progress.done == 0 {
            passes += 1;
            if passes == 1 {
                block_in_place(|| Handle::current().block_on(create(&from, customer, phone("meanwhile"))));
            }
        }
        ControlFlow::Continue(())
    });
    outcome.await.unwrap();
    assert_eq!(passes, 2);
    assert_same(&from, &to).await;
}

pub async fn source_that_keeps_changing_is_given_up<From: Engine, To: Engine>(from: From, to: To) {
    let customer = full_shop(&from).await;
    let mut number = 0;
    let outcome = copy_store(&from, &to, STORE, |progress: CopyProgress| {
        if progress.phase == CopyPhase::Verifying && progress.done == 0 {
            number += 1;
            let new = phone(&format!("555 {number}"));
            block_in_place(|| Handle::current().block_on(create(&from, customer, new)));
        }
        ControlFlow::Continue(())
    });
    assert!(matches!(outcome.await, Err(CopyError::KeepsChanging { id }) if id == STORE));
    assert_eq!(number, 3);
    assert!(to.read(STORE, GetStore).await.unwrap().unwrap().suspended);
    copy(&from, &to).await;
}

pub async fn store_with_a_life_of_its_own_is_not_touched<From: Engine, To: Engine>(from: From, to: To) {
    full_shop(&from).await;
    let customer = shop(&to).await;
    create_customer(&to, "somebody@example.com").await;
    create(&to, customer, phone("only here")).await;
    let before = (customers(&to).await, events(&to).await);
    let outcome = copy_store(&from, &to, STORE, go_on).await;
    assert!(matches!(outcome, Err(CopyError::TargetHasItsOwn { id, .. }) if id == STORE), "{outcome:?}");
    assert_eq!((customers(&to).await, events(&to).await), before);
    assert!(!to.read(STORE, GetStore).await.unwrap().unwrap().suspended);
}

pub async fn copy_that_was_changed_is_not_touched<From: Engine, To: Engine>(from: From, to: To) {
    let customer = full_shop(&from).await;
    copy(&from, &to).await;
    let contact = create(&to, customer, phone("only there")).await.id;
    to.write(STORE, BY, DeleteContact { customer, contact, now: at(9) }).await.unwrap();
    create(&from, customer, phone("only here")).await;
    create(&from, customer, phone("and one more")).await;
    let before = customers(&to).await;
    for _ in 0..2 {
        let outcome = copy_store(&from, &to, STORE, go_on).await;
        assert!(matches!(outcome, Err(CopyError::TargetHasItsOwn { .. })), "{outcome:?}");
        assert_eq!(customers(&to).await, before);
        assert!(!to.read(STORE, GetStore).await.unwrap().unwrap().suspended);
    }
}

pub async fn what_is_written_to_the_target_meanwhile_stays<From: Engine, To: Engine>(from: From, to: To) {
    let customer = full_shop(&from).await;
    copy(&from, &to).await;
    // A server that has the target believes for some seconds that the store is open.
    let mut written = None;
    let outcome = copy_store(&from, &to, STORE, |progress: CopyProgress| {
        if progress.phase == CopyPhase::Rows(CustomerRow::TABLE.what) && written.is_none() {
            let write = async {
                let contact = create(&to, customer, phone("meanwhile")).await;
                (create_customer(&to, "meanwhile@example.com").await, contact)
            };
            written = Some(block_in_place(|| Handle::current().block_on(write)));
        }
        ControlFlow::Continue(())
    });
    let outcome = outcome.await;
    assert!(matches!(outcome, Err(CopyError::TargetHasItsOwn { .. })), "{outcome:?}");
    let (created, contact) = written.unwrap();
    let left = customers(&to).await;
    assert!(left.iter().any(|left| left.customer.id == created), "{left:?}");
    assert!(left.iter().any(|left| left.contacts.find(contact.id) == Some(&contact)), "{left:?}");
}

pub async fn store_of_another_time_is_not_touched<From: Engine, To: Engine>(from: From, to: To) {
    create_store(&from, STORE).await;
    let name = shopfolk_model::StoreName::new("Another").unwrap();
    to.write(STORE, BY, CreateStore { id: STORE, name, key: store_key(2), now: at(2) }).await.unwrap();
    let outcome = copy_store(&from, &to, STORE, go_on).await;
    assert!(matches!(outcome, Err(CopyError::TargetHasItsOwn { .. })), "{outcome:?}");
    assert_eq!(to.read(STORE, GetStore).await.unwrap().unwrap().name.as_str(), "Another");
}

pub async fn copied_store_never_gives_an_id_again<From: Engine, To: Engine>(from: From, to: To) {
    let customer = full_shop(&from).await;
    let last_customer = create_customer(&from, "emil@example.com").await;
    let last_contact = create(&from, customer, phone("last")).await.id;
    let last_token = create_token(&from, "secret_three").await.id;
    from.write(STORE, BY, DeleteCustomer { customer: last_customer, now: at(9) }).await.unwrap();
    from.write(STORE, BY, DeleteContact { customer, contact: last_contact, now: at(9) }).await.unwrap();
    from.write(STORE, BY, RevokeToken { id: last_token, now: at(9) }).await.unwrap();
    copy(&from, &to).await;
    assert!(create_customer(&to, "emil@example.com").await > last_customer);
    assert!(create(&to, customer, phone("last")).await.id > last_contact);
    assert!(create_token(&to, "secret_three").await.id > last_token);
}

pub async fn copied_store_is_suspended_when_the_source_is<From: Engine, To: Engine>(from: From, to: To) {
    full_shop(&from).await;
    for suspended in [true, false] {
        from.write(STORE, BY, SetStoreSuspended { id: STORE, suspended, now: at(9) }).await.unwrap();
        copy(&from, &to).await;
        assert_eq!(to.read(STORE, GetStore).await.unwrap().unwrap().suspended, suspended);
    }
}

pub async fn other_stores_of_the_target_stay_as_they_are<From: Engine, To: Engine>(from: From, to: To) {
    full_shop(&from).await;
    let other = StoreId::new(7).unwrap();
    create_store(&to, other).await;
    let same = CreateCustomer { customer: customer_of("anna"), now: at(1) };
    let neighbour = to.write(other, BY, same).await.unwrap();
    copy(&from, &to).await;
    let found = whole_customer(&to, other, neighbour).await.unwrap();
    assert_eq!(
        (found.customer.email.unwrap().as_str(), found.contacts.contacts().len()),
        ("anna@example.com", 1)
    );
    let missing = copy_store(&from, &to, other, go_on).await;
    assert!(matches!(missing, Err(CopyError::StoreNotFound { id }) if id == other));
}

pub async fn any_calls_end_the_same_in_a_copy<From: Engine, To: Engine>(from: From, to: To) {
    create_store(&from, STORE).await;
    let from = [from];
    for seed in [11, 12] {
        super::any_calls_on(&from, seed, 300).await;
        copy(&from[0], &to).await;
    }
    let to = [to];
    super::any_calls_on(&to, 13, 200).await;
    copy(&to[0], &from[0]).await;
}
