//! Changing and deleting many customers at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use futures_util::future::join;
use shopfolk_model::{CustomerChange, CustomerId, CustomerSearch, GroupId, Happening, StoreId, Timestamp};
use shopfolk_store::{BUDGET, Engine, StoreError, get_customer};
use tokio::sync::Notify;

use super::events::crowd;
use super::fixture::*;
use crate::mass_change::{ChangePortion, PortionDone};
use crate::{ChangeCustomer, ManyCustomers, MassChange, OperationError, StopReason, change_many_customers};

const EXEMPT: MassChange = MassChange::Change { group: None, tax_exempt: Some(true), accept_marketing: None };

pub async fn many_customers_are_changed_in_portions<E: Engine>(engine: E) {
    let crowd = crowd(&engine, 1_203).await;
    let everybody = || ManyCustomers::Found(Box::default());
    let changed = change_many_customers(&engine, STORE, BY, everybody(), EXEMPT, || Ok(at(5))).await.unwrap();
    assert_eq!(changed, 1_203);
    let one = whole_customer(&engine, STORE, crowd[700]).await.unwrap();
    assert!(one.customer.details.tax_exempt && one.customer.updated == at(5));
    let some = ManyCustomers::Selected(crowd[..700].to_vec());
    let deleted =
        change_many_customers(&engine, STORE, BY, some, MassChange::Delete, || Ok(at(6))).await.unwrap();
    assert_eq!(deleted, 700);
    let left = change_many_customers(&engine, STORE, BY, everybody(), MassChange::Delete, || Ok(at(7)))
        .await
        .unwrap();
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

    fn length(&self) -> shopfolk_store::Length {
        shopfolk_store::Length::Short
    }

    async fn run<T: shopfolk_store::ReadTx>(&self, tx: &mut T) -> Result<Self::Output, StoreError> {
        get_customer(tx, self.0).await
    }
}

pub async fn mass_change_of_somebody_unknown_changes_nobody<E: Engine>(engine: E) {
    let mut crowd = crowd(&engine, 600).await;
    crowd.push(customer_id(999_999));
    let some = ManyCustomers::Selected(crowd.clone());
    let refused = change_many_customers(&engine, STORE, BY, some, EXEMPT, || Ok(at(5))).await;
    assert!(matches!(refused, Err(OperationError::CustomerNotFound { id }) if id == customer_id(999_999)));
    let group = MassChange::Change {
        group: Some(GroupId::new(77).unwrap()),
        tax_exempt: Some(true),
        accept_marketing: None,
    };
    let everybody = ManyCustomers::Found(Box::default());
    let refused = change_many_customers(&engine, STORE, BY, everybody, group, || Ok(at(5))).await;
    assert!(matches!(refused, Err(OperationError::UnknownGroup { .. })));
    let first = engine.read(STORE, Find(crowd[0])).await.unwrap().unwrap();
    assert!(!first.details.tax_exempt);
    assert_eq!(STORE, StoreId::new(1003).unwrap());
}

pub async fn deleting_many_again_passes_over_those_who_are_gone<E: Engine>(engine: E) {
    let crowd = crowd(&engine, 600).await;
    let delete = async |ids: &[CustomerId]| {
        let some = ManyCustomers::Selected(ids.to_vec());
        change_many_customers(&engine, STORE, BY, some, MassChange::Delete, || Ok(at(5))).await
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
    assert_eq!(engine.write(STORE, BY, portion).await.unwrap(), PortionDone { through: 3, changed: 2 });
    assert!(engine.read(STORE, Find(crowd[1])).await.unwrap().is_some());
    assert!(engine.read(STORE, Find(crowd[2])).await.unwrap().is_none());
}

pub async fn each_portion_of_a_mass_change_has_its_own_time<E: Engine>(engine: E) {
    let crowd = crowd(&engine, 600).await;
    let clock = AtomicI64::new(5);
    let now = || Ok(at(clock.fetch_add(1, Ordering::Relaxed)));
    let everybody = ManyCustomers::Found(Box::default());
    change_many_customers(&engine, STORE, BY, everybody, EXEMPT, now).await.unwrap();
    let last = clock.load(Ordering::Relaxed) - 1;
    assert!(last > 5, "it was one portion");
    for (customer, time) in [(crowd[0], 5), (crowd[599], last)] {
        assert_eq!(engine.read(STORE, Find(customer)).await.unwrap().unwrap().updated, at(time));
    }
}

/// How many customers each portion of a mass change changed, by its time, and whether a contact was created between two of
/// them.
async fn portions<E: Engine>(engine: &E) -> (Vec<usize>, bool) {
    let mut portions: Vec<(Timestamp, usize)> = Vec::new();
    let (mut creates, mut between) = (false, false);
    for event in engine.list_events(STORE, None, 100_000).await.unwrap() {
        match event.event.happening {
            Happening::ContactCreated(_) => creates |= !portions.is_empty(),
            Happening::CustomerUpdated(_) => {
                between |= creates;
                match portions.last_mut() {
                    Some((time, changed)) if *time == event.event.created => *changed += 1,
                    _ => portions.push((event.event.created, 1)),
                }
            }
            _ => {}
        }
    }
    (portions.into_iter().map(|(_, changed)| changed).collect(), between)
}

pub async fn others_write_between_the_portions_of_a_mass_change<E: Engine>(engine: E) {
    let crowd = crowd(&engine, 2_000).await;
    let clock = AtomicI64::new(1_000);
    let now = || Ok(at(clock.fetch_add(1, Ordering::Relaxed)));
    let ended = AtomicBool::new(false);
    let change = async {
        let everybody = ManyCustomers::Found(Box::default());
        let changed = change_many_customers(&engine, STORE, BY, everybody, EXEMPT, now).await;
        ended.store(true, Ordering::Relaxed);
        changed.unwrap()
    };
    let creates = async {
        for number in 0.. {
            if ended.load(Ordering::Relaxed) {
                break;
            }
            let customer = crowd[number % crowd.len()];
            create(&engine, customer, phone(&number.to_string())).await;
        }
    };
    let (changed, ()) = join(change, creates).await;
    assert_eq!(changed, 2_000);
    let (portions, between) = portions(&engine).await;
    assert_eq!(portions.iter().sum::<usize>(), 2_000);
    assert!(portions.iter().all(|&changed| changed <= BUDGET.rows), "{portions:?}");
    assert!(between, "no contact was created between two portions");
}

pub async fn mass_change_that_nobody_waits_for_stops_after_its_portion<E: Engine>(engine: E) {
    let crowd = crowd(&engine, 2_000).await;
    let (clock, second) = (AtomicI64::new(1_000), Notify::new());
    let now = || {
        let now = clock.fetch_add(1, Ordering::Relaxed);
        if now == 1_001 {
            second.notify_one();
        }
        Ok(at(now))
    };
    let everybody = ManyCustomers::Found(Box::default());
    let change = change_many_customers(&engine, STORE, BY, everybody, EXEMPT, now);
    tokio::select! {
        biased;
        changed = change => panic!("{changed:?}"),
        () = second.notified() => {}
    }
    // Behind this write is nothing more of it.
    create(&engine, crowd[0], phone("1")).await;
    let begun = clock.load(Ordering::Relaxed) - 1_000;
    assert_eq!(begun, 2);
    let (portions, _) = portions(&engine).await;
    assert!(portions.len() <= 2 && portions.iter().sum::<usize>() < 2_000, "{portions:?}");
}

pub async fn mass_change_that_is_told_to_stop_says_how_far_it_came<E: Engine>(engine: E) {
    crowd(&engine, 1_000).await;
    let clock = AtomicI64::new(1_000);
    let now = || match clock.fetch_add(1, Ordering::Relaxed) {
        1_002 => Err(StopReason::TimeIsUp),
        now => Ok(at(now)),
    };
    let everybody = || ManyCustomers::Found(Box::default());
    let stopped = change_many_customers(&engine, STORE, BY, everybody(), EXEMPT, now).await;
    let Err(OperationError::Stopped { reason: StopReason::TimeIsUp, changed }) = stopped else {
        panic!("{stopped:?}")
    };
    let (before, _) = portions(&engine).await;
    assert_eq!((before.len(), before.iter().sum::<usize>() as u64), (2, changed));
    // Those that are as wanted are left as they are.
    let again = change_many_customers(&engine, STORE, BY, everybody(), EXEMPT, || Ok(at(2_000))).await;
    assert_eq!(again.unwrap(), 1_000);
    let (after, _) = portions(&engine).await;
    assert_eq!(after.iter().sum::<usize>(), 1_000);
}

pub async fn mass_deletion_counts_contacts_as_rows<E: Engine>(engine: E) {
    let crowd = crowd(&engine, 40).await;
    for &customer in &crowd[..4] {
        for number in 0..200 {
            create(&engine, customer, phone(&number.to_string())).await;
        }
    }
    let delete = ChangePortion { ids: crowd.clone(), search: None, change: MassChange::Delete, now: at(5) };
    let first = engine.write(STORE, BY, delete).await.unwrap();
    assert!(first.through < 4, "{first:?}");
    let some = ManyCustomers::Selected(crowd.clone());
    let left =
        change_many_customers(&engine, STORE, BY, some, MassChange::Delete, || Ok(at(6))).await.unwrap();
    assert_eq!(left + first.changed, 40);
}
