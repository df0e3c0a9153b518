//! Tables of several portions, one of which cannot be read at all: whoever goes through the table comes to what is behind it.

use std::marker::PhantomData;
use std::ops::{ControlFlow, RangeInclusive};

use shopfolk_model::{
    Customer, CustomerGroup, CustomerSearch, EmailAddress, ExternalReferenceId, ExtraField, ExtraFieldId,
    ExtraFieldKey, ExtraFieldTitle, ExtraFieldType, FieldChange, GroupId, GroupName, Money, Order, OrderKey,
    OrderNumber, ScopeSet, SearchText, TokenHash, TokenId, TokenKind, TokenRecord,
};
use shopfolk_store::{
    Aggregate, Engine, Length, Listed, NumberedId, PageRequest, ReadOperation, ReadTx, Record, StoreError,
    StoredCustomer, StoredToken, WriteOperation, WriteTx, insert_customers, insert_orders,
};

use super::fixture::*;
use super::transfer::import;
use crate::{
    CopyError, ImportOutcome, ImportedCustomer, ListTokens, OperationError, SearchCustomers, StoreContents,
    Wanted, copy_store,
};

/// So many rows each table has.
const ROWS: i64 = 1_100;
/// The rows that are damaged: the last ones of a portion, and all of those that follow, whatever a portion holds.
const DAMAGED: RangeInclusive<i64> = 90..=1_010;

/// Fills tables with rows that are told by no event.
struct Fill;

impl WriteOperation for Fill {
    type Output = ();
    type Error = StoreError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<(), StoreError> {
        tx.insert(&(1..=ROWS).map(token).collect::<Vec<_>>()).await?;
        tx.insert(&(1..=ROWS).map(group).collect::<Vec<_>>()).await?;
        tx.insert(&(1..=ROWS).map(extra_field).collect::<Vec<_>>()).await?;
        insert_customers(tx, &(1..=ROWS).map(stored_customer).collect::<Vec<_>>()).await?;
        insert_orders(tx, &(1..=ROWS).map(order).collect::<Vec<_>>()).await
    }
}

fn token(number: i64) -> StoredToken {
    let mut hash = [0; 32];
    hash[..8].copy_from_slice(&number.to_be_bytes());
    let id = TokenId::new(number).unwrap();
    let scopes = ScopeSet::default();
    let kind = TokenKind::Secret;
    let record = TokenRecord { id, kind, scopes, app: None, created: at(1), last_used: None };
    StoredToken { record, hash: TokenHash::from_stored(hash) }
}

fn group(number: i64) -> CustomerGroup {
    let name = GroupName::new(&format!("n{number}")).unwrap();
    CustomerGroup { id: GroupId::new(number).unwrap(), name, external_reference: None, namesake: false }
}

fn extra_field(number: i64) -> ExtraField {
    ExtraField {
        namesake: false,
        id: ExtraFieldId::new(number).unwrap(),
        key: ExtraFieldKey::new(&format!("{number:07}")).unwrap(),
        title: ExtraFieldTitle::new(&format!("n{number}")).unwrap(),
        field_type: ExtraFieldType::Text,
        shown_on_order_details: false,
        created: at(1),
        modified: at(1),
    }
}

fn email(number: i64) -> EmailAddress {
    EmailAddress::new(&format!("n{number}@example.com")).unwrap()
}

fn stored_customer(number: i64) -> StoredCustomer {
    let customer = Customer::new(customer_id(number), email(number), at(1));
    StoredCustomer { customer, contacts: Vec::new() }
}

fn order(number: i64) -> Order {
    Order {
        number: OrderNumber::new(number).unwrap(),
        key: OrderKey::new(&format!("K{number:04}").replace('0', "Z").replace('1', "Y")).unwrap(),
        customer: None,
        email: email(number),
        total: Money::from_units(1),
        created: at(1),
        products: Vec::new(),
        document: "{}".to_owned(),
    }
}

/// Walks through all rows of a kind.
struct Walk<A>(PhantomData<A>);

impl<A: Aggregate> ReadOperation for Walk<A> {
    type Output = Listed<A>;
    type Error = StoreError;

    fn length(&self) -> Length {
        Length::Long
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Listed<A>, StoreError> {
        let (mut all, mut after) = (Listed::default(), None);
        while let Some(portion) = A::list(tx, after).await? {
            assert!(after < Some(portion.through), "a walk goes on");
            after = Some(portion.through);
            all.items.extend(portion.listed.items);
            all.damaged += portion.listed.damaged;
        }
        Ok(all)
    }
}

async fn copy<From: Engine, To: Engine>(from: &From, to: &To) -> Result<StoreContents, CopyError> {
    Box::pin(copy_store(from, to, STORE, |_| ControlFlow::Continue(()))).await
}

/// Damages a table with `damage` until `mend`: both set its columns.
async fn assert_passed_over<A: Aggregate, E: Engine, To: Engine>(
    mut engine: E,
    to: &To,
    run_sql: &impl AsyncFn(E, &str) -> E,
    damage: &str,
    mend: &str,
) -> E {
    let table = A::Row::TABLE;
    let id = table.key().next().unwrap().name;
    let set = |columns: &str| {
        let (first, last) = (DAMAGED.start(), DAMAGED.end());
        format!("UPDATE {} SET {columns} WHERE {id} BETWEEN {first} AND {last}", table.name)
    };
    engine = run_sql(engine, &set(damage)).await;
    let walked = engine.read(STORE, Walk::<A>(PhantomData)).await.unwrap();
    let left: Vec<i64> = (1..=ROWS).filter(|number| !DAMAGED.contains(number)).collect();
    let there: Vec<i64> = walked.items.iter().map(|one| one.id().number()).collect();
    assert_eq!(there, left, "{}", table.name);
    assert_eq!(walked.damaged, DAMAGED.count() as u64, "{}", table.name);
    let copied = copy(&engine, to).await;
    assert!(matches!(copied, Err(CopyError::Damaged { .. })), "{}: {copied:?}", table.name);
    engine = run_sql(engine, &set(mend)).await;
    // An id that is none is passed over like any other damage.
    let move_by = |offset: &str, from: &str| {
        format!("UPDATE {} SET {id} = {id} {offset} WHERE {id} = {ROWS}{from}", table.name)
    };
    engine = run_sql(engine, &move_by("+ 4611686018427387904", "")).await;
    let walked = engine.read(STORE, Walk::<A>(PhantomData)).await.unwrap();
    let what = format!("{} with an id that is none", table.name);
    assert_eq!((walked.items.len(), walked.damaged), (usize::try_from(ROWS).unwrap() - 1, 1), "{what}");
    let copied = copy(&engine, to).await;
    assert!(matches!(copied, Err(CopyError::Damaged { .. })), "{what}: {copied:?}");
    run_sql(engine, &move_by("- 4611686018427387904", " + 4611686018427387904")).await
}

/// Walks and copies go on behind portions of which no row can be read. `run_sql` runs a statement on the database, past the
/// engine, and answers the engine that serves it then.
pub async fn walks_go_on_behind_damaged_portions<E: Engine, To: Engine>(
    mut engine: E,
    to: To,
    run_sql: impl AsyncFn(E, &str) -> E,
) -> E {
    create_store(&engine, STORE).await;
    engine.write(STORE, BY, Fill).await.unwrap();
    let (sql, name) = (&run_sql, "name = ''");
    engine = assert_passed_over::<StoredToken, _, _>(engine, &to, sql, "scopes = 'x'", "scopes = ''").await;
    engine =
        assert_passed_over::<CustomerGroup, _, _>(engine, &to, sql, name, "name = 'n' || group_id").await;
    let (damage, mend) = ("title = ''", "title = 'n' || extra_field_id");
    engine = assert_passed_over::<ExtraField, _, _>(engine, &to, sql, damage, mend).await;
    let (damage, mend) = ("email = 'x'", "email = 'n' || customer_id || '@example.com'");
    engine = assert_passed_over::<StoredCustomer, _, _>(engine, &to, sql, damage, mend).await;
    let (damage, mend) = ("document = ''", "document = '{}'");
    engine = assert_passed_over::<Order, _, _>(engine, &to, sql, damage, mend).await;
    copy(&engine, &to).await.unwrap();
    engine
}

/// A rebuild and a list of tokens go on behind them too. `clear` empties what searches look through.
pub async fn rebuild_and_token_list_go_on_behind_damaged_portions<E: Engine>(
    mut engine: E,
    clear: &str,
    run_sql: impl AsyncFn(E, &str) -> E,
) -> E {
    create_store(&engine, STORE).await;
    engine.write(STORE, BY, Fill).await.unwrap();
    let (first, last) = (DAMAGED.start(), DAMAGED.end());
    for sql in [
        format!("UPDATE customers SET email = 'x' WHERE customer_id BETWEEN {first} AND {last}"),
        format!("UPDATE tokens SET scopes = 'x' WHERE token_id BETWEEN {first} AND {last}"),
        clear.to_owned(),
    ] {
        engine = run_sql(engine, &sql).await;
    }
    engine.rebuild(|_| {}).await.unwrap();
    let search = CustomerSearch {
        keyword: SearchText::optional(&format!("n{ROWS}@")).unwrap(),
        ..CustomerSearch::default()
    };
    let page = PageRequest::at(0, 10);
    let search = SearchCustomers { search, sort: None, page, wanted: Wanted::Count };
    assert_eq!(engine.read(STORE, search).await.unwrap().total, 1);
    let (mut tokens, mut after) = (0, None);
    while let Some(portion) = engine.read(STORE, ListTokens { store: STORE, after }).await.unwrap() {
        after = Some(portion.through);
        tokens += portion.listed.items.len();
    }
    assert_eq!(tokens, usize::try_from(ROWS).unwrap() - DAMAGED.count());
    engine
}

/// An import passes over a customer who cannot be read, by whatever a line is found, and takes the other lines.
pub async fn import_takes_the_lines_beside_those_of_damaged_customers<E: Engine>(
    engine: E,
    run_sql: impl AsyncFn(E, &str) -> E,
) -> E {
    create_store(&engine, STORE).await;
    let line = |reference: &str, email: &str| {
        let email = EmailAddress::new(email).ok();
        let mut line = ImportedCustomer { email, ..ImportedCustomer::default() };
        line.details.external_reference =
            ExternalReferenceId::new(reference).map_or(FieldChange::Keep, FieldChange::Set);
        line
    };
    let lines = vec![
        line("R1", "1@example.com"),
        line("R2", "2@example.com"),
        line("", "3@example.com"),
        line("R4", "4@example.com"),
    ];
    import(&engine, lines).await;
    let damage = "UPDATE customer_details SET document = 'x' WHERE external_reference = 'R1';
                  UPDATE customers SET email = 'x' WHERE email IN ('2@example.com', '3@example.com')";
    let engine = run_sql(engine, damage).await;
    let lines = vec![
        line("R1", "new@example.com"),
        line("R2", "2@example.com"),
        line("", "3@example.com"),
        line("R4", "changed@example.com"),
        line("", "5@example.com"),
    ];
    let outcomes = import(&engine, lines).await;
    let is_damaged = |outcome: &ImportOutcome| {
        matches!(outcome, ImportOutcome::Refused(OperationError::Store(StoreError::Damaged(_))))
    };
    assert!(outcomes[..3].iter().all(is_damaged), "{outcomes:?}");
    assert!(matches!(outcomes[3..], [ImportOutcome::Updated(_), ImportOutcome::Created(_)]), "{outcomes:?}");
    engine
}
