//! Owners and their sessions.

use shopfolk_model::{
    EmailAddress, MAXIMUM_SESSIONS, Owner, OwnerId, PasswordHash, SESSION_SECONDS, SessionKey, StoreId,
};
use shopfolk_store::Engine;

use super::fixture::*;
use crate::{
    BeginSession, ChangePassword, CreateOwner, DeleteOwner, EndSession, FindOwner, FindSession, ListOwners,
    OperationError,
};

fn password(text: &str) -> PasswordHash {
    PasswordHash::new(&format!("$argon2id$v=19$m=8,t=1,p=1$c2FsdA${text}")).unwrap()
}

fn email(text: &str) -> EmailAddress {
    EmailAddress::new(text).unwrap()
}

/// Gives the store an owner.
///
/// # Errors
/// When a rule says no.
pub async fn try_create_owner<E: Engine>(engine: &E, address: &str) -> Result<OwnerId, OperationError> {
    let create = CreateOwner { store: STORE, email: email(address), password: password("a"), now: at(3) };
    engine.write(STORE, BY, create).await
}

/// Gives the store an owner who is signed in.
pub async fn create_owner<E: Engine>(engine: &E, address: &str) -> OwnerId {
    let owner = try_create_owner(engine, address).await.unwrap();
    assert!(begin(engine, owner, "key", 10).await);
    owner
}

async fn begin<E: Engine>(engine: &E, owner: OwnerId, key: &str, now: i64) -> bool {
    let hash = SessionKey::from_text(key).hash();
    engine.write(STORE, BY, BeginSession { owner, hash, now: at(now) }).await.unwrap()
}

async fn session<E: Engine>(engine: &E, owner: OwnerId, key: &str, now: i64) -> Option<Owner> {
    let hash = SessionKey::from_text(key).hash();
    engine.read(STORE, FindSession { owner, hash, now: at(now) }).await.unwrap()
}

pub async fn owner_is_there_once_and_found_in_any_case<E: Engine>(engine: E) {
    create_store(&engine, STORE).await;
    let id = create_owner(&engine, "Anna@Example.com").await;
    let again = try_create_owner(&engine, "ANNA@example.com").await;
    assert!(matches!(again, Err(OperationError::OwnerExists { .. })), "{again:?}");
    let found = engine.read(STORE, FindOwner { email: email("anna@EXAMPLE.com") }).await.unwrap().unwrap();
    assert_eq!((found.id, found.email.as_str()), (id, "Anna@Example.com"));
    assert_eq!(engine.read(STORE, ListOwners { store: STORE }).await.unwrap().items, [found]);
    let nowhere = StoreId::new(99).unwrap();
    let missing = engine.read(nowhere, ListOwners { store: nowhere }).await;
    assert!(matches!(missing, Err(OperationError::StoreNotFound { .. })), "{missing:?}");
}

pub async fn session_lasts_until_it_is_ended_or_over<E: Engine>(engine: E) {
    create_store(&engine, STORE).await;
    let anna = create_owner(&engine, "anna@example.com").await;
    assert_eq!(session(&engine, anna, "key", 10 + SESSION_SECONDS - 1).await.unwrap().id, anna);
    assert_eq!(session(&engine, anna, "key", 10 + SESSION_SECONDS).await, None);
    assert_eq!(session(&engine, anna, "other", 11).await, None);
    let bert = try_create_owner(&engine, "bert@example.com").await.unwrap();
    assert_eq!(session(&engine, bert, "key", 11).await, None, "a session is of one owner");
    let hash = SessionKey::from_text("key").hash();
    for _ in 0..2 {
        engine.write(STORE, BY, EndSession { owner: anna, hash }).await.unwrap();
        assert_eq!(session(&engine, anna, "key", 11).await, None);
    }
    for number in 0..=MAXIMUM_SESSIONS {
        let now = 20 + i64::try_from(number).unwrap();
        assert!(begin(&engine, anna, &format!("key {number}"), now).await);
    }
    assert_eq!(session(&engine, anna, "key 0", 50).await, None, "one too many ends the oldest");
    assert!(session(&engine, anna, "key 1", 50).await.is_some());
}

pub async fn another_password_ends_all_sessions<E: Engine>(engine: E) {
    create_store(&engine, STORE).await;
    let owner = create_owner(&engine, "anna@example.com").await;
    let address = || email("Anna@example.com");
    let change = ChangePassword { email: address(), password: password("b"), now: at(11) };
    engine.write(STORE, BY, change).await.unwrap();
    assert_eq!(session(&engine, owner, "key", 12).await, None);
    let found = engine.read(STORE, FindOwner { email: address() }).await.unwrap().unwrap();
    assert_eq!(found.password, password("b"));
    assert!(begin(&engine, owner, "key", 13).await);
    engine.write(STORE, BY, DeleteOwner { email: address(), now: at(14) }).await.unwrap();
    assert_eq!(session(&engine, owner, "key", 15).await, None);
    assert!(!begin(&engine, owner, "key", 15).await, "who is gone does not sign in");
    let gone = engine.write(STORE, BY, DeleteOwner { email: address(), now: at(16) }).await;
    assert!(matches!(gone, Err(OperationError::OwnerNotFound { .. })), "{gone:?}");
}
