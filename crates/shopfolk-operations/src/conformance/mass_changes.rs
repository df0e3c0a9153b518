//! Changing and deleting many customers at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use shopfolk_model::{CustomerChange, CustomerId, CustomerSearch, GroupId, Happening, StoreId};
use shopfolk_store::{Engine, StoreError, get_customer};

use super::events::crowd;
use super::fixture::*;
use crate::mass_change::ChangePortion;
use crate::{ChangeCustomer, ManyCustomers, MassChange, OperationError, change_many_customers};

const EXEMPT: MassChange = MassChange::Change { group: None, tax_exempt: Some(true), accept_marketing: None };

pub async fn many_customers_are_changed_in_portions<E: Engine>(engine: E) {
    let crowd = crowd(&engine, 1_203).await;
    let everybody = || ManyCustomers::Found(Box::default());
    let changed = change_many_customers(&engine, STORE, BY, everybody(), EXEMPT, || at(5)).await.unwrap();
    assert_eq!(changed, 1_203);
    let one = engine.read(STORE, crate::GetCustomer { customer: crowd[700] }).await.unwrap();
    assert!(one.customer.details.tax_exempt && one.customer.updated == at(5));
    let some = ManyCustomers::Selected(crowd[..700].to_vec());
    let deleted =
        change_many_customers(&engine, STORE, BY, some, MassChange::Delete, || at(6)).await.unwrap();
    assert_eq!(deleted, 700);
    let left =
        change_many_customers(&engine, STORE, BY, everybody(), MassChange::Delete, || at(7)).await.unwrap();
    assert_eq!(left, 503);
    let told = engine.list_events(STORE, None, 10_000).await.unwrap();
    let deleted = told.iter().filter(|event| matches!(event.event.happening, Happening::CustomerDeleted(_)));
    assert_eq!(deleted.count(), 1_203);
}

/// Finds the row of a customer.
struct Find(CustomerId);

impl shopfolk_store::ReadOperation for Find {
    type Output = Option<shopfolk_model::Customer>;
    type Error = StoreError;

    async fn run<T: shopfolk_store::ReadTx>(&self, tx: &mut T) -> Result<Self::Output, StoreError> {
        get_customer(tx, self.0).await
    }
}

pub async fn mass_change_of_somebody_unknown_changes_nobody<E: Engine>(engine: E) {
    let mut crowd = crowd(&engine, 600).await;
    crowd.push(customer_id(999_999));
    let some = ManyCustomers::Selected(crowd.clone());
    let refused = change_many_customers(&engine, STORE, BY, some, EXEMPT, || at(5)).await;
    assert!(matches!(refused, Err(OperationError::CustomerNotFound { id }) if id == customer_id(999_999)));
    let group = MassChange::Change {
        group: Some(GroupId::new(77).unwrap()),
        tax_exempt: Some(true),
        accept_marketing: None,
    };
    let everybody = ManyCustomers::Found(Box::default());
    let refused = change_many_customers(&engine, STORE, BY, everybody, group, || at(5)).await;
    assert!(matches!(refused, Err(OperationError::UnknownGroup { .. })));
    let first = engine.read(STORE, Find(crowd[0])).await.unwrap().unwrap();
    assert!(!first.details.tax_exempt);
    assert_eq!(STORE, StoreId::new(1003).unwrap());
}

pub async fn deleting_many_again_passes_over_those_who_are_gone<E: Engine>(engine: E) {
    let crowd = crowd(&engine, 600).await;
    let delete = async |ids: &[CustomerId]| {
        let some = ManyCustomers::Selected(ids.to_vec());
        change_many_customers(&engine, STORE, BY, some, MassChange::Delete, || at(5)).await
    };
    assert_eq!(delete(&crowd[..100]).await.unwrap(), 100);
    let with_nobody = [&crowd[..], &[customer_id(999_999)]].concat();
    let refused = delete(&with_nobody).await;
    assert!(matches!(refused, Err(OperationError::CustomerNotFound { id }) if id == customer_id(999_999)));
    assert_eq!(delete(&crowd).await.unwrap(), 500);
    assert_eq!(delete(&crowd).await.unwrap(), 0);
}

pub async fn who_is_not_found_any_more_is_passed_over_by_a_mass_change<E: Engine>(engine: E) {
    let crowd = crowd(&engine, 3).await;
    let search = CustomerSearch { tax_exempt: Some(false), ..CustomerSearch::default() };
    let change = CustomerChange {
        details: shopfolk_model::CustomerDetailsChange { tax_exempt: Some(true), ..Default::default() },
        ..CustomerChange::default()
    };
    engine.write(STORE, BY, ChangeCustomer { customer: crowd[1], change, now: at(4) }).await.unwrap();
    let (search, change, now) = (Some(Arc::new(search)), MassChange::Delete, at(5));
    let portion = ChangePortion { ids: crowd.clone(), search, change, now };
    assert_eq!(engine.write(STORE, BY, portion).await.unwrap(), 2);
    assert!(engine.read(STORE, Find(crowd[1])).await.unwrap().is_some());
    assert!(engine.read(STORE, Find(crowd[2])).await.unwrap().is_none());
}

pub async fn each_portion_of_a_mass_change_has_its_own_time<E: Engine>(engine: E) {
    let crowd = crowd(&engine, 600).await;
    let clock = AtomicI64::new(5);
    let now = || at(clock.fetch_add(1, Ordering::Relaxed));
    let everybody = ManyCustomers::Found(Box::default());
    change_many_customers(&engine, STORE, BY, everybody, EXEMPT, now).await.unwrap();
    for (customer, time) in [(crowd[0], 5), (crowd[599], 6)] {
        assert_eq!(engine.read(STORE, Find(customer)).await.unwrap().unwrap().updated, at(time));
    }
}
