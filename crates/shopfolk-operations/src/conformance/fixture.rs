//! What the cases have in common.

use std::sync::{Arc, Mutex};

use shopfolk_model::{
    Actor, Contact, ContactAddress, ContactId, ContactText, ContactType, CustomerId, EmailAddress,
    NewContact, NewCustomer, Scope, StoreId, StoreKey, StoreName, Timestamp, Token, TokenKind, TokenRecord,
};
use shopfolk_store::Engine;

pub use super::read_whole::{contact_book, whole_customer, whole_customers};
use crate::{ContactCreation, CreateContact, CreateCustomer, CreateStore, CreateToken, OperationError};

/// The store of most cases.
pub const STORE: StoreId = match StoreId::new(1003) {
    Ok(id) => id,
    Err(_) => panic!(),
};

/// By whom things are done in most cases.
pub const BY: Actor = Actor::CommandLine;

pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix_seconds(seconds).unwrap()
}

pub fn contact_id(number: i64) -> ContactId {
    ContactId::new(number).unwrap()
}

pub fn customer_id(number: i64) -> CustomerId {
    CustomerId::new(number).unwrap()
}

pub fn of_type(contact_type: ContactType, contact: &str) -> NewContact {
    NewContact::of(ContactAddress::new(contact_type, ContactText::new(contact).unwrap()).unwrap())
}

pub fn phone(contact: &str) -> NewContact {
    of_type(ContactType::Phone, contact)
}

pub fn default_phone(contact: &str) -> NewContact {
    NewContact { default: true, ..phone(contact) }
}

pub fn customer(email: &str) -> NewCustomer {
    NewCustomer::of(EmailAddress::new(email).unwrap())
}

/// A key of a store.
pub fn store_key(number: u8) -> StoreKey {
    StoreKey::new(&format!("{number:0>20}")).unwrap()
}

pub async fn create_store<E: Engine>(engine: &E, id: StoreId) {
    let name = StoreName::new("A shop").unwrap();
    engine.write(id, BY, CreateStore { id, name, key: store_key(1), now: at(1) }).await.unwrap();
}

pub async fn create_customer<E: Engine>(engine: &E, email: &str) -> CustomerId {
    engine.write(STORE, BY, CreateCustomer { customer: customer(email), now: at(1) }).await.unwrap()
}

/// The store and a customer in it, who has one contact: the e-mail.
pub async fn shop<E: Engine>(engine: &E) -> CustomerId {
    create_store(engine, STORE).await;
    create_customer(engine, "anna@example.com").await
}

/// A token of the store with this text.
pub async fn create_token<E: Engine>(engine: &E, text: &str) -> TokenRecord {
    let hash = Token::from_text(text).hash();
    let scopes = [Scope::ReadCustomers, Scope::CreateCustomers].into_iter().collect();
    let create = CreateToken { store: STORE, hash, kind: TokenKind::Secret, scopes, now: at(4) };
    engine.write(STORE, BY, create).await.unwrap()
}

/// Creates a contact, or says that it is there or why not.
///
/// # Errors
/// When a rule says no.
pub async fn try_create<E: Engine>(
    engine: &E,
    customer: CustomerId,
    contact: NewContact,
) -> Result<ContactCreation, OperationError> {
    engine.write(STORE, BY, CreateContact { customer, contact, now: at(2) }).await
}

/// Creates a contact that is not there yet.
pub async fn create<E: Engine>(engine: &E, customer: CustomerId, contact: NewContact) -> Arc<Contact> {
    match try_create(engine, customer, contact).await.unwrap() {
        ContactCreation::Created(contact) => contact,
        ContactCreation::AlreadyThere(contact) => panic!("{contact:?} is there already"),
    }
}

pub async fn contacts<E: Engine>(engine: &E, customer: CustomerId) -> Vec<Contact> {
    let book = contact_book(engine, STORE, customer).await.unwrap();
    book.contacts().iter().map(|contact| Contact::clone(contact)).collect()
}

pub async fn phones<E: Engine>(engine: &E, customer: CustomerId) -> Vec<Contact> {
    let mut contacts = contacts(engine, customer).await;
    contacts.retain(|contact| contact.contact_type() == ContactType::Phone);
    contacts
}

pub async fn updated<E: Engine>(engine: &E, customer: CustomerId) -> Timestamp {
    whole_customer(engine, STORE, customer).await.unwrap().customer.updated
}

/// Checks all promises about the rows.
pub async fn assert_every_promise_holds<E: Engine>(engine: &E) {
    let violations = Arc::new(Mutex::new(Vec::new()));
    let found = Arc::clone(&violations);
    engine.check(move |violation| found.lock().unwrap().push(violation)).await.unwrap();
    let violations = violations.lock().unwrap();
    assert!(violations.is_empty(), "{violations:#?}");
}
