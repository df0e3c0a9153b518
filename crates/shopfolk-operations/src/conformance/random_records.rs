//! Records of every table, drawn at random with the longest texts and the largest numbers, come back as they went in.

use std::sync::Arc;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use shopfolk_model::{
    Actor, AddressBook, AddressId, AddressNote, AdminNotes, AnswerStatus, Batch, BatchAnswer, BatchGroup,
    BatchId, BatchMethod, BatchMode, BatchRequest, BookSummary, Contact, ContactAddress, ContactHandle,
    ContactId, ContactNote, ContactText, ContactType, CustomerDetails, CustomerGroup, CustomerId,
    CustomerName, Event, EventPosition, EventType, ExternalReferenceId, ExtraField, ExtraFieldId,
    ExtraFieldKey, ExtraFieldTitle, ExtraFieldType, ExtraFieldValue, GroupId, GroupName, Happening, Order,
    OrderKey, OrderNumber, OrderedProduct, ProductId, ProfileSection, ShippingAddress, Store, StoreName,
    StoreProfile, Street, Ticket, TokenId, Whereabouts,
};
use shopfolk_store::{
    BatchClaim, Change, Columns, CustomerRow, Dialect, Engine, Length, Query, ReadOperation, ReadTx, Record,
    Role, Row, StoreError, StoredBatchAnswer, StoredBatchRequest, StoredContact, StoredDetails, StoredEvent,
    StoredExtraFieldValue, StoredOrderProduct, StoredStatistics, UnfinishedBatch, Value, Which,
    WriteOperation, WriteTx,
};

use super::fixture::*;
use super::random_apps::*;
use super::random_values::*;

/// So many records of each table.
const RECORDS: i64 = 8;

#[derive(Clone, Copy)]
enum How {
    Insert,
    Update,
    Delete,
}

/// Writes records.
struct WriteRecords<R> {
    records: Vec<R>,
    how: How,
}

/// Finds records one by one, together, and all that there are.
struct FindRecords<R>(Vec<R>);

fn keys<R: Record>(records: &[R], dialect: Dialect) -> Vec<Vec<Value<'static>>> {
    let parts = R::TABLE.key().count();
    let key = |record: &R| record.encode(dialect).into_iter().take(parts).map(Value::into_owned).collect();
    records.iter().map(key).collect()
}

impl<R: Record> WriteOperation for WriteRecords<R> {
    type Output = ();
    type Error = StoreError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<(), StoreError> {
        match self.how {
            How::Insert => tx.insert(&self.records).await,
            How::Update => tx.update(&self.records).await,
            How::Delete => {
                let keys = keys(&self.records, tx.dialect());
                tx.write(Change::Delete(R::TABLE, keys)).await
            }
        }
    }
}

impl<R: Record> ReadOperation for FindRecords<R> {
    type Output = [Vec<R>; 3];
    type Error = StoreError;

    fn length(&self) -> Length {
        Length::Long
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, StoreError> {
        let table = R::TABLE;
        let keys = keys(&self.0, tx.dialect());
        let mut one_by_one = Vec::new();
        for key in &keys {
            one_by_one.extend(tx.first::<R>(Query { table, which: Which::Keys(vec![key.clone()]) }).await?);
        }
        let together = tx.all(Query { table, which: Which::Keys(keys) }).await?;
        let all = tx.all(Query { table, which: Which::After(None, 1_000) }).await?;
        Ok([one_by_one, together, all])
    }
}

async fn assert_there<E: Engine, R: Record>(engine: &E, asked: &[R], there: &[R]) {
    let found = engine.read(STORE, FindRecords(asked.to_vec())).await.unwrap();
    for found in found {
        assert_eq!(found.len(), there.len(), "{}", R::TABLE.name);
        for record in there {
            assert!(found.contains(record), "{record:?} is not among {found:?}");
        }
    }
}

async fn write<E: Engine, R: Record>(engine: &E, records: &[R], how: How) -> Result<(), StoreError> {
    engine.write(STORE, BY, WriteRecords { records: records.to_vec(), how }).await
}

/// Inserts and changes records of one table, and answers what is there then. `make` is given a number, from which the key
/// follows, and another one, from which what is there once follows.
async fn come_and_change<E: Engine, R: Record>(engine: &E, mut make: impl FnMut(i64, i64) -> R) -> Vec<R> {
    let before: Vec<R> = (0..RECORDS).map(|number| make(number, number)).collect();
    write(engine, &before, How::Insert).await.unwrap();
    assert_there(engine, &before, &before).await;
    let again = write(engine, &before[..1], How::Insert).await;
    assert!(matches!(again, Err(StoreError::Conflict { .. })), "{again:?}");
    let after: Vec<R> = (0..RECORDS).map(|number| make(number, number + RECORDS)).collect();
    write(engine, &after, How::Update).await.unwrap();
    assert_there(engine, &before, &after).await;
    after
}

/// Deletes records, first some and then the others.
async fn go<E: Engine, R: Record>(engine: &E, records: Vec<R>) {
    let (some, others) = records.split_at(records.len() / 2);
    write(engine, some, How::Delete).await.unwrap();
    assert_there(engine, &records, others).await;
    write(engine, others, How::Delete).await.unwrap();
    assert_there(engine, &records, &[]).await;
}

fn customer_of(number: i64) -> CustomerId {
    id(number, CustomerId::MAXIMUM.get(), CustomerId::new)
}

fn order_of(number: i64) -> OrderNumber {
    id(number, OrderNumber::MAXIMUM.get(), OrderNumber::new)
}

fn field_of(number: i64) -> ExtraFieldId {
    id(number, ExtraFieldId::MAXIMUM.get(), ExtraFieldId::new)
}

fn group(random: &mut StdRng, number: i64, other: i64) -> CustomerGroup {
    CustomerGroup {
        id: GroupId::new(if number == 0 { GroupId::MAXIMUM.get() - 1 } else { number }).unwrap(),
        name: text!(random, GroupName, other),
        external_reference: maybe(random, |random| text!(random, ExternalReferenceId, other)),
        namesake: random.random_bool(0.1),
    }
}

fn extra_field(random: &mut StdRng, number: i64, other: i64) -> ExtraField {
    ExtraField {
        id: field_of(number),
        key: ExtraFieldKey::new(&format!("{other:07}")).unwrap(),
        title: text!(random, ExtraFieldTitle, other),
        field_type: any_of(random, ExtraFieldType::ALL),
        shown_on_order_details: random.random_bool(0.5),
        created: time(random),
        modified: time(random),
        namesake: random.random_bool(0.1),
    }
}

fn customer_row(random: &mut StdRng, number: i64, other: i64) -> CustomerRow {
    CustomerRow {
        id: customer_of(number),
        email: Some(email(random, other)),
        name: maybe(random, |random| text!(random, CustomerName, other)),
        registered: time(random),
        updated: time(random),
        // A summary is changed with what it sums up, and with nothing else.
        contacts: BookSummary::default(),
        group: GroupId::GENERAL,
        namesake: random.random_bool(0.1),
    }
}

fn details(random: &mut StdRng, number: i64, other: i64) -> StoredDetails {
    let address = |random: &mut StdRng, number: i64| ShippingAddress {
        id: id(number, AddressId::MAXIMUM.get(), AddressId::new),
        name: maybe(random, |random| text!(random, CustomerName, other)),
        whereabouts: Whereabouts {
            street: maybe(random, |random| text!(random, Street, other)),
            country: "NO".parse().ok(),
            ..Whereabouts::default()
        },
        note: maybe(random, |random| text!(random, AddressNote, other)),
        created: time(random),
        default: number == 1,
        order_by: place(random),
    };
    let details = CustomerDetails {
        admin_notes: maybe(random, |random| text!(random, AdminNotes, other)),
        accept_marketing: maybe(random, |random| random.random_bool(0.5)),
        tax_exempt: random.random_bool(0.5),
        external_reference: maybe(random, |random| text!(random, ExternalReferenceId, other)),
        ..CustomerDetails::default()
    };
    let addresses = (1..=random.random_range(0..4)).map(|number| address(random, number)).collect();
    StoredDetails { customer: customer_of(number), details, addresses: AddressBook::whole(addresses) }
}

fn contact(random: &mut StdRng, number: i64) -> StoredContact {
    // Its key is part of the key of the row, so it stays; the longest are kept as digests by one engine.
    let letters = ["a", "é", "王", "🙂"][usize::try_from(number % 4).unwrap()];
    let length = if number < 4 { ContactText::MAXIMUM_LENGTH - 1 } else { 20 };
    let contact = ContactText::new(&format!("{number}{}", letters.repeat(length))).unwrap();
    let contact = Contact {
        id: id(number, ContactId::MAXIMUM.get(), ContactId::new),
        address: ContactAddress::new(ContactType::Other, contact).unwrap(),
        handle: maybe(random, |random| text!(random, ContactHandle, number)),
        note: maybe(random, |random| text!(random, ContactNote, number)),
        default: false,
        order_by: place(random),
        timestamp: time(random),
    };
    StoredContact { customer: customer_of(number), contact: Arc::new(contact) }
}

fn order(random: &mut StdRng, number: i64, other: i64) -> Order {
    Order {
        number: order_of(number),
        key: OrderKey::new(&format!("K{other:04}").replace('0', "Z").replace('1', "Y")).unwrap(),
        customer: maybe(random, |_| customer_of(number)),
        email: email(random, other),
        total: money(random),
        created: time(random),
        products: Vec::new(),
        document: any_of(random, &["{}", "{\"é\":[1, \"\\u0000\"]}", "{ \"a\" :1}"]).to_owned(),
    }
}

fn product(random: &mut StdRng, number: i64) -> StoredOrderProduct {
    let id = id(number, ProductId::MAXIMUM.get(), ProductId::new);
    let product = OrderedProduct { id, name: any_text(random).repeat(40) };
    StoredOrderProduct { order: order_of(number), product, customer: maybe(random, |_| customer_of(number)) }
}

fn statistics(random: &mut StdRng, number: i64) -> StoredStatistics {
    StoredStatistics {
        customer: customer_of(number),
        orders: any_of(random, &[1, 7, u64::try_from(i64::MAX).unwrap()]),
        sales: money(random),
        first: time(random),
        last: time(random),
    }
}

fn value(random: &mut StdRng, number: i64, other: i64) -> StoredExtraFieldValue {
    let value = text!(random, ExtraFieldValue, other);
    StoredExtraFieldValue { customer: customer_of(number), field: field_of(number), value }
}

fn batch_of(number: i64) -> BatchId {
    id(number, BatchId::MAXIMUM.get(), BatchId::new)
}

/// The number of a request: small ones, and a large one.
fn place_in_batch(number: i64) -> u32 {
    u32::try_from(if number == 0 { i64::from(i32::MAX) } else { number }).unwrap()
}

fn batch(random: &mut StdRng, number: i64, other: i64) -> Batch {
    let mut ticket: [u8; 16] = random.random();
    ticket[0] = u8::try_from(other).unwrap();
    let ticket = Ticket::of_random(ticket);
    Batch {
        id: batch_of(number),
        ticket,
        token: TokenId::new(random.random_range(1..9)).unwrap(),
        group: maybe(random, |random| text!(random, BatchGroup, other)),
        deduplication_key: maybe(random, |_| ticket.to_string().parse().unwrap()),
        mode: BatchMode { parallel: random.random_bool(0.5), stop_on_first_failure: random.random_bool(0.5) },
        requests: random.random_range(0..500),
        created: time(random),
        begun: maybe(random, time),
        completed: maybe(random, time),
        answer_bytes: any_of(random, &[0, 7, u64::try_from(i64::MAX).unwrap()]),
    }
}

fn profile(random: &mut StdRng) -> StoreProfile {
    let section = |random: &mut StdRng| {
        let value = any_of(random, &["1", "\"é\"", "[null, {}]"]).to_owned();
        (any_text(random), ProfileSection::from([(any_text(random), value)]))
    };
    StoreProfile::new(maybe(random, section))
}

fn unfinished_batch(random: &mut StdRng, number: i64) -> UnfinishedBatch {
    let claim = |random: &mut StdRng| BatchClaim {
        by: any_of(random, &[i64::MIN, 0, i64::MAX]),
        until: time(random),
    };
    UnfinishedBatch { batch: batch_of(number), token: TokenId::MAXIMUM, claim: maybe(random, claim) }
}

fn batch_request(random: &mut StdRng, number: i64) -> StoredBatchRequest {
    let request = BatchRequest {
        name: any_of(random, &["", "1", "żółw"]).to_owned(),
        method: any_of(random, BatchMethod::ALL),
        path: any_text(random),
        body: maybe(random, any_text),
    };
    StoredBatchRequest { batch: batch_of(number), number: place_in_batch(number), request }
}

fn batch_answer(random: &mut StdRng, number: i64) -> StoredBatchAnswer {
    let status = AnswerStatus::new(any_of(random, &[100, 200, 599])).unwrap();
    let body = any_of(random, &["{}", "[1, \"é\"]"]).to_owned();
    StoredBatchAnswer::new(batch_of(number), place_in_batch(number), BatchAnswer { status, body })
}

/// The store keeps its id and its events; everything else in it may change.
async fn store_changes<E: Engine>(engine: &E, random: &mut StdRng) {
    for number in 0..RECORDS {
        let (name, suspended) = (text!(random, StoreName, number), random.random_bool(0.5));
        let key = any_of(random, &[None, Some(store_key(1)), Some(store_key(2))]);
        let store =
            Store { id: STORE, name, suspended, created: time(random), key, profile: profile(random) };
        write(engine, std::slice::from_ref(&store), How::Update).await.unwrap();
        let found = engine.read(STORE, crate::GetStore).await.unwrap();
        assert_eq!(found, Some(store));
    }
}

pub async fn any_record_comes_back_as_it_went_in<E: Engine>(engine: E) {
    create_store(&engine, STORE).await;
    let random = &mut StdRng::seed_from_u64(11);
    store_changes(&engine, random).await;
    let apps = come_and_change(&engine, |number, other| app(random, number, other)).await;
    let installations = come_and_change(&engine, |number, _| installation(random, number)).await;
    let codes = come_and_change(&engine, |number, other| code(random, number, other)).await;
    let tokens = come_and_change(&engine, |number, other| token(random, number, other)).await;
    let owners = come_and_change(&engine, |number, other| owner(random, number, other)).await;
    let sessions = come_and_change(&engine, |number, _| session(random, number)).await;
    let deliveries = come_and_change(&engine, |number, _| delivery(random, number)).await;
    let attempts = come_and_change(&engine, |number, other| attempt(random, number, other)).await;
    let groups = come_and_change(&engine, |number, other| group(random, number, other)).await;
    let fields = come_and_change(&engine, |number, other| extra_field(random, number, other)).await;
    let customers = come_and_change(&engine, |number, other| customer_row(random, number, other)).await;
    let details = come_and_change(&engine, |number, other| details(random, number, other)).await;
    let values = come_and_change(&engine, |number, other| value(random, number, other)).await;
    let contacts = come_and_change(&engine, |number, _| contact(random, number)).await;
    let orders = come_and_change(&engine, |number, other| order(random, number, other)).await;
    let products = come_and_change(&engine, |number, _| product(random, number)).await;
    let statistics = come_and_change(&engine, |number, _| statistics(random, number)).await;
    let batches = come_and_change(&engine, |number, other| batch(random, number, other)).await;
    let unfinished = come_and_change(&engine, |number, _| unfinished_batch(random, number)).await;
    let requests = come_and_change(&engine, |number, _| batch_request(random, number)).await;
    let answers = come_and_change(&engine, |number, _| batch_answer(random, number)).await;
    go(&engine, answers).await;
    go(&engine, requests).await;
    go(&engine, unfinished).await;
    go(&engine, batches).await;
    go(&engine, statistics).await;
    go(&engine, products).await;
    go(&engine, orders).await;
    go(&engine, contacts).await;
    go(&engine, values).await;
    go(&engine, details).await;
    go(&engine, customers).await;
    go(&engine, fields).await;
    go(&engine, groups).await;
    go(&engine, sessions).await;
    go(&engine, owners).await;
    go(&engine, tokens).await;
    go(&engine, codes).await;
    go(&engine, installations).await;
    go(&engine, apps).await;
    go(&engine, deliveries).await;
    go(&engine, attempts).await;
    for _ in 0..RECORDS {
        event_comes_back(random);
    }
}

/// Events are only ever appended, by operations and by copies; what becomes of one in columns is the same for both.
fn event_comes_back(random: &mut StdRng) {
    let event_type = any_of(random, EventType::ALL);
    let before =
        maybe(random, |random| format!("{{\"name\":\"{}\"}}", any_text(random).replace('\\', "")).into());
    let token = TokenId::MAXIMUM;
    let event = Event {
        happening: Happening::new(event_type, random.random_range(1..i64::from(i32::MAX))).unwrap(),
        contact: maybe(random, |_| ContactId::MAXIMUM),
        by: any_of(
            random,
            &[
                Actor::Unknown,
                Actor::CommandLine,
                Actor::Import,
                Actor::Owner,
                Actor::App,
                Actor::Token(token),
            ],
        ),
        created: time(random),
        before,
    };
    let stored = StoredEvent { position: EventPosition::MAXIMUM, event };
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        let table = StoredEvent::TABLE;
        let columns = table.columns_in(dialect).zip(stored.encode(dialect));
        let read: Vec<Value<'_>> =
            columns.filter(|(column, _)| column.role != Role::Derived).map(|(_, value)| value).collect();
        let columns: &[Value<'_>] = &read;
        let columns = SomeColumns(columns);
        let row = Row { store: STORE, table, columns: &columns };
        assert_eq!(row.decode::<StoredEvent>().unwrap(), stored);
    }
}

/// Columns in memory.
struct SomeColumns<'a>(&'a [Value<'a>]);

impl Columns for SomeColumns<'_> {
    fn value(&self, place: usize) -> Result<Value<'_>, String> {
        self.0.value(place)
    }
}
