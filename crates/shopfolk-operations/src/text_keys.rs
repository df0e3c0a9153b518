//! The keys of texts, made anew in a database of a release that compared them in another way.
//!
//! What was told apart then may be the same now. Both stay, with the texts they have: the one with the lower id has the key,
//! and the other one is its namesake, with a key of its own. The log tells of it, and so does every check.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use shopfolk_model::{
    Actor, Contact, ContactAddress, Customer, CustomerGroup, CustomerId, EmailAddress, ExtraField, GroupName,
    Order, Owner, StoreId, unique_key,
};
use shopfolk_store::{
    Aggregate, CUSTOMERS_BY_EMAIL, Change, CustomerRow, Engine, Length, MigrationStep, PORTION, Pace,
    Portion, Query, ReadOperation, ReadTx, Record, StoreError, StoredContact, StoredCustomer, StoresWith,
    Value, WalkPosition, Which, WriteOperation, WriteTx, list_stored_customers, update_customers,
};

/// How many orders are read at once: they come with their documents.
const ORDERS_AT_ONCE: u32 = 50;

/// Makes the keys of every store anew that a release before left, and tells `observe` how many customers and orders are done.
/// It is safe to stop and to repeat, also on several nodes at once.
///
/// # Errors
/// When the database fails.
pub async fn renew_text_keys<E: Engine>(
    engine: &E,
    mut observe: impl FnMut(MigrationStep) + Send,
) -> Result<(), StoreError> {
    let (mut stores, mut total, mut after) = (Vec::new(), 0, None);
    while let Some(store) = engine.next_store_with(StoresWith::OldTextKeys, after).await? {
        total += engine.read(store, CountKeys).await?;
        stores.push(store);
        after = Some(store);
    }
    let mut done = 0;
    let what = "comparing texts anew";
    for store in stores {
        observe(MigrationStep::Rows { what, done, total });
        renew_store(engine, store, |rows| {
            done += rows;
            observe(MigrationStep::Rows { what, done, total });
        })
        .await?;
    }
    Ok(())
}

/// Makes the keys of a store anew, and tells `observe` of every portion how many customers or orders it had.
///
/// # Errors
/// When the database fails.
pub async fn renew_store<E: Engine>(
    engine: &E,
    store: StoreId,
    mut observe: impl FnMut(u64) + Send,
) -> Result<(), StoreError> {
    let mut pace = Pace::default();
    let mut next = Some(Renewed::Definitions);
    while let Some(part) = next {
        let (rows, behind) = engine.write_portion(store, Actor::Unknown, Renew(part), &mut pace).await?;
        observe(rows);
        next = behind;
    }
    Ok(())
}

/// How many customers and orders there are.
struct CountKeys;

impl ReadOperation for CountKeys {
    type Output = u64;
    type Error = StoreError;

    fn length(&self) -> Length {
        Length::Long
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<u64, StoreError> {
        Ok(tx.count(CustomerRow::TABLE).await? + tx.count(Order::TABLE).await?)
    }
}

/// What a portion makes anew.
#[derive(Debug, Clone, Copy)]
enum Renewed {
    /// Groups, extra fields and owners.
    Definitions,
    /// Customers behind one.
    Customers(Option<WalkPosition>),
    /// Orders behind one.
    Orders(Option<WalkPosition>),
}

/// Makes a portion of the keys of a store anew.
struct Renew(Renewed);

impl WriteOperation for Renew {
    /// How many customers or orders were looked at, and what comes next.
    type Output = (u64, Option<Renewed>);
    type Error = StoreError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<Self::Output, StoreError> {
        match self.0 {
            Renewed::Definitions => {
                renew_named::<CustomerGroup, T>(tx).await?;
                renew_named::<ExtraField, T>(tx).await?;
                renew_named::<Owner, T>(tx).await?;
                Ok((0, Some(Renewed::Customers(None))))
            }
            Renewed::Customers(after) => {
                let Some(Portion { listed, through }) = list_stored_customers(tx, after).await? else {
                    return Ok((0, Some(Renewed::Orders(None))));
                };
                let found = listed.items.len() as u64;
                renew_customers(tx, listed.items).await?;
                Ok((found, Some(Renewed::Customers(Some(through)))))
            }
            Renewed::Orders(after) => {
                let portion: Option<Portion<Order>> = tx.list_after(after, ORDERS_AT_ONCE).await?;
                let Some(Portion { listed, through }) = portion else {
                    tx.forget_old_keys().await?;
                    return Ok((0, None));
                };
                let found = listed.items.len() as u64;
                let is_other = |order: &Order| !order.email.as_str().is_ascii();
                let others: Vec<_> = listed.items.into_iter().filter(is_other).collect();
                if !others.is_empty() {
                    tx.update(&others).await?;
                }
                Ok((found, Some(Renewed::Orders(Some(through)))))
            }
        }
    }
}

/// Something with a name that is there once in a store, of which there are few.
trait Named: Record {
    /// A key that is taken already.
    const TAKEN: Option<&'static str> = None;

    fn id(&self) -> i64;
    fn name(&self) -> &str;
    fn name_key(&self) -> String;
    fn namesake(&mut self) -> &mut bool;
}

macro_rules! named {
    ($($record:ty: $name:ident $(, but $taken:expr)?;)+) => {
        $(impl Named for $record {
            $(const TAKEN: Option<&'static str> = Some($taken);)?

            fn id(&self) -> i64 {
                self.id.get()
            }

            fn name(&self) -> &str {
                self.$name.as_str()
            }

            fn name_key(&self) -> String {
                self.$name.key()
            }

            fn namesake(&mut self) -> &mut bool {
                &mut self.namesake
            }
        })+
    };
}

named! {
    CustomerGroup: name, but GroupName::GENERAL;
    ExtraField: title;
    Owner: email;
}

/// Makes the keys of everything of a kind anew.
async fn renew_named<N: Named, T: WriteTx>(tx: &mut T) -> Result<(), StoreError> {
    let all = Query { table: N::TABLE, which: Which::After(None, N::TABLE.maximum.unwrap_or(u32::MAX)) };
    let mut taken: HashSet<String> = N::TAKEN.map(unique_key).into_iter().collect();
    let (mut aside, mut renewed) = (Vec::new(), Vec::new());
    for mut record in tx.list::<N>(all).await?.items {
        let is_namesake = !taken.insert(record.name_key());
        if record.name().is_ascii() && is_namesake == *record.namesake() {
            continue;
        }
        *record.namesake() = true;
        aside.push(record.clone());
        if is_namesake {
            tell(N::TABLE.what, record.id(), record.name());
        }
        *record.namesake() = is_namesake;
        renewed.push(record);
    }
    if renewed.is_empty() {
        return Ok(());
    }
    // First all out of the way of each other.
    tx.update(&aside).await?;
    tx.update(&renewed).await
}

fn tell(what: &str, id: i64, text: &str) {
    tracing::warn!(what, id, text, "compared as texts are now, it is there twice: this one stays as it is");
}

/// Makes the keys of those of these customers anew who have texts that were compared in another way.
async fn renew_customers<T: WriteTx>(tx: &mut T, listed: Vec<StoredCustomer>) -> Result<(), StoreError> {
    let dialect = tx.dialect();
    let was_other = |value: &Value<'_>| matches!(value, Value::Text(text) if !text.is_ascii());
    let is_other = |stored: &StoredCustomer| {
        stored.customer.namesake
            || stored.rows(dialect).iter().any(|(_, row)| row.iter().any(was_other))
            || stored
                .contacts
                .iter()
                .any(|contact| contact.address.is_namesake() || is_number_with_sign(contact))
    };
    let mut customers: Vec<Customer> =
        listed.into_iter().filter(is_other).map(|stored| stored.customer).collect();
    if customers.is_empty() {
        return Ok(());
    }
    renew_emails(tx, &mut customers).await?;
    // With what searches look at, and with recent contacts beside the others.
    update_customers(tx, &customers).await?;
    renew_contacts(tx, &customers.iter().map(|customer| customer.id).collect::<Vec<_>>()).await
}

/// Whether it is a number in ASCII whose key was another one: with a sign that did not count.
fn is_number_with_sign(contact: &Contact) -> bool {
    let text = contact.address.contact().as_str();
    contact.contact_type().has_number() && (text.contains(['+', ':'])) && !text.starts_with('+')
}

/// Finds out which customers have the key of their e-mail address, and puts all others out of their way.
async fn renew_emails<T: WriteTx>(tx: &mut T, customers: &mut [Customer]) -> Result<(), StoreError> {
    let mut first: HashMap<String, CustomerId> = HashMap::new();
    let key = |email: &Option<EmailAddress>| email.as_ref().map(EmailAddress::key);
    let keys: Vec<String> = customers.iter().filter_map(|customer| key(&customer.email)).collect();
    let ids: Vec<_> = customers.iter().map(|customer| (customer.id,)).collect();
    let values = keys.iter().map(|key| vec![key.as_str().into()]).collect();
    let holding = Query { table: CustomerRow::TABLE, which: Which::Unique(&CUSTOMERS_BY_EMAIL, values) };
    let mut rows: BTreeMap<CustomerId, CustomerRow> = BTreeMap::new();
    for query in [Query::keys::<CustomerRow>(&ids), holding] {
        rows.extend(tx.list::<CustomerRow>(query).await?.items.into_iter().map(|row| (row.id, row)));
    }
    for row in rows.values() {
        first.extend(key(&row.email).filter(|key| !first.contains_key(key)).map(|key| (key, row.id)));
    }
    let is_namesake = |id: CustomerId, email: &Option<EmailAddress>| {
        key(email).is_some_and(|key| first.get(&key).is_some_and(|first| *first != id))
    };
    let aside: Vec<_> = rows
        .into_values()
        .filter(|row| row.email.is_some())
        .map(|row| CustomerRow { namesake: true, ..row })
        .collect();
    for row in &aside {
        if let Some(email) = row.email.as_ref().filter(|_| is_namesake(row.id, &row.email)) {
            tell(CustomerRow::TABLE.what, row.id.get(), email.as_str());
        }
    }
    if !aside.is_empty() {
        tx.update(&aside).await?;
    }
    for customer in customers.iter_mut() {
        customer.namesake = is_namesake(customer.id, &customer.email);
    }
    // Those who hold a key and are not among the customers that are written anew.
    let others: Vec<_> = aside
        .into_iter()
        .filter(|row| !ids.contains(&(row.id,)))
        .map(|row| CustomerRow { namesake: is_namesake(row.id, &row.email), ..row })
        .collect();
    if others.is_empty() { Ok(()) } else { tx.update(&others).await }
}

/// Makes the keys of the contacts of customers anew. Those of customers with a damaged one stay as they are.
async fn renew_contacts<T: WriteTx>(tx: &mut T, customers: &[CustomerId]) -> Result<(), StoreError> {
    let owners: Vec<i64> = customers.iter().map(|customer| customer.get()).collect();
    let (mut found, mut damaged) = (Vec::new(), HashSet::new());
    tx.read(&[Query::of::<StoredContact>(&owners)], &mut |_, row| match row.decode::<StoredContact>() {
        Ok(stored) => found.push(stored),
        Err(damage) => {
            damage.tell();
            damaged.extend(row.columns.value(0).ok().and_then(|customer| customer.as_integer()));
        }
    })
    .await?;
    found.retain(|stored| !damaged.contains(&stored.customer.get()));
    found.sort_unstable_by_key(|stored| (stored.customer, stored.contact.id));
    let mut taken = HashSet::new();
    for StoredContact { customer, contact } in &mut found {
        let (contact_type, text) = (contact.contact_type(), contact.address.contact().clone());
        let own = ContactAddress::from_stored(contact_type, text);
        let is_new = taken.insert((*customer, contact_type.code(), own.key().clone()));
        if !is_new {
            tell(StoredContact::TABLE.what, contact.id.get(), contact.address.contact().as_str());
        }
        let address = if is_new { own } else { own.of_namesake(contact.id) };
        *contact = Arc::new(Contact { address, ..Contact::clone(contact) });
    }
    let owners: Vec<i64> = owners.into_iter().filter(|owner| !damaged.contains(owner)).collect();
    for portion in owners.chunks(PORTION) {
        tx.write(Change::DeleteOf(StoredContact::TABLE, portion)).await?;
    }
    if found.is_empty() { Ok(()) } else { tx.insert(&found).await }
}
