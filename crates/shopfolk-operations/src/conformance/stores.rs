//! Stores and tokens, and that stores do not meet.

use shopfolk_model::{Day, Scope, StoreId, StoreName, Token, TokenKind};
use shopfolk_store::{Engine, PageRequest, StoreAccess};

use super::fixture::*;
use crate::{
    CreateStore, CreateToken, FindAccess, GetStore, ListTokens, NoteTokenUse, OperationError, ReadContacts,
    RevokeToken, SetStoreSuspended,
};

const OTHER: StoreId = match StoreId::new(7) {
    Ok(id) => id,
    Err(_) => panic!(),
};
const FIRST_PAGE: PageRequest<StoreId> = PageRequest::at(0, 100);

pub async fn stores_are_kept_apart<E: Engine>(engine: E) {
    let customer = shop(&engine).await;
    create(&engine, customer, phone("1")).await;
    create_store(&engine, OTHER).await;
    let missing = |error| matches!(error, OperationError::CustomerNotFound { .. });
    assert!(missing(whole_customer(&engine, OTHER, customer).await.unwrap_err()));
    assert!(missing(engine.read(OTHER, ReadContacts { customer, after: None }).await.unwrap_err()));
    // The same address and the same ids may be there in both.
    let same = crate::CreateCustomer { customer: super::customer("anna@example.com"), now: at(1) };
    assert_eq!(engine.write(OTHER, BY, same).await.unwrap(), customer);
    assert_eq!(engine.read(OTHER, ReadContacts { customer, after: None }).await.unwrap().contacts.len(), 1);
    assert_eq!(contacts(&engine, customer).await.len(), 2);
}

pub async fn store_is_created_once_suspended_and_resumed<E: Engine>(engine: E) {
    assert_eq!(engine.next_store_id().await.unwrap().get(), 1);
    create_store(&engine, STORE).await;
    let name = StoreName::new("Another").unwrap();
    let again = engine.write(STORE, BY, CreateStore { id: STORE, name, key: store_key(2), now: at(2) }).await;
    assert!(matches!(again, Err(OperationError::StoreExists { id }) if id == STORE));
    assert_eq!(engine.next_store_id().await.unwrap().get(), 1004);
    create_store(&engine, OTHER).await;
    let listed = engine.list_stores(FIRST_PAGE).await.unwrap();
    assert_eq!(listed.total, 2);
    assert_eq!(listed.items.iter().map(|store| store.id).collect::<Vec<_>>(), [OTHER, STORE]);

    let suspended = async || engine.read(STORE, GetStore).await.unwrap().unwrap().suspended;
    assert!(!suspended().await);
    for suspend in [true, true, false] {
        engine
            .write(STORE, BY, SetStoreSuspended { id: STORE, suspended: suspend, now: at(3) })
            .await
            .unwrap();
        assert_eq!(suspended().await, suspend);
    }
    let nowhere = StoreId::new(99).unwrap();
    let missing =
        engine.write(nowhere, BY, SetStoreSuspended { id: nowhere, suspended: true, now: at(3) }).await;
    assert!(matches!(missing, Err(OperationError::StoreNotFound { id }) if id == nowhere));
}

pub async fn token_opens_its_own_store_until_it_is_revoked<E: Engine>(engine: E) {
    create_store(&engine, STORE).await;
    create_store(&engine, OTHER).await;
    let hash = Token::from_text("secret_of_a_shop").hash();
    let scopes = [Scope::ReadCustomers].into_iter().collect();
    let create = || CreateToken { store: STORE, hash, kind: TokenKind::Public, scopes, now: at(5) };
    let token = engine.write(STORE, BY, create()).await.unwrap();
    assert!(matches!(engine.write(STORE, BY, create()).await, Err(OperationError::TokenExists)));
    let access = async |store| engine.read(store, FindAccess { token: Some(hash) }).await.unwrap();
    let StoreAccess { store, token: found } = access(STORE).await.unwrap();
    assert_eq!((store.id, found.map(|found| found.record)), (STORE, Some(token)));
    assert_eq!(access(OTHER).await.unwrap().token, None);
    assert_eq!(access(StoreId::new(99).unwrap()).await, None);
    let list = ListTokens { store: STORE, after: None };
    assert_eq!(engine.read(STORE, list).await.unwrap().unwrap().listed.items, [token]);

    let elsewhere = engine.write(OTHER, BY, RevokeToken { id: token.id, now: at(6) }).await;
    assert!(matches!(elsewhere, Err(OperationError::TokenNotFound { .. })));
    engine.write(STORE, BY, RevokeToken { id: token.id, now: at(6) }).await.unwrap();
    assert_eq!(access(STORE).await.unwrap().token, None);
    let again = engine.write(STORE, BY, RevokeToken { id: token.id, now: at(6) }).await;
    assert!(matches!(again, Err(OperationError::TokenNotFound { .. })));
    assert!(engine.write(STORE, BY, create()).await.unwrap().id > token.id, "ids are not reused");
}

pub async fn last_use_of_a_token_never_goes_back<E: Engine>(engine: E) {
    create_store(&engine, STORE).await;
    let hash = Token::from_text("secret_of_a_shop").hash();
    let scopes = [Scope::ReadCustomers].into_iter().collect();
    let create = CreateToken { store: STORE, hash, kind: TokenKind::Secret, scopes, now: at(5) };
    let id = engine.write(STORE, BY, create).await.unwrap().id;
    let day = |number| Day::from_number(number).unwrap();
    for (used, expected) in [(20_000, 20_000), (19_999, 20_000), (20_001, 20_001)] {
        engine.write(STORE, BY, NoteTokenUse { id, day: day(used) }).await.unwrap();
        let list = ListTokens { store: STORE, after: None };
        let portion = engine.read(STORE, list).await.unwrap().unwrap();
        assert_eq!(portion.listed.items[0].last_used, Some(day(expected)));
    }
}
