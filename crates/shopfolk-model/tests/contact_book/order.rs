//! The order of all contacts, given at once.

use shopfolk_model::ContactRuleError;

use crate::*;

#[test]
fn an_order_gives_places_from_zero_on_and_changes_nothing_else() {
    let mut book = book_of([default_phone("1"), phone("2"), phone("3")]);
    let change = book.order(&[3, 1, 2].map(id), at(9)).unwrap().unwrap();
    assert_eq!((ids(&book), defaults(&book)), (vec![3, 1, 2], vec![1]));
    let places: Vec<_> = book.contacts().iter().map(|contact| contact.order_by.get()).collect();
    assert_eq!((places, change.summary), (vec![0, 1, 2], book.summary()));
    assert_eq!(book.order(&[3, 1, 2].map(id), at(9)), Ok(None));
}

#[test]
fn an_order_that_does_not_name_each_contact_once_is_refused() {
    let mut book = book_of([phone("1"), phone("2")]);
    let before = book.clone();
    for (order, error) in [
        (vec![], ContactRuleError::LeftOut { id: id(1) }),
        (vec![1], ContactRuleError::LeftOut { id: id(2) }),
        (vec![1, 2, 7], ContactRuleError::InExcess { id: id(7) }),
        (vec![2, 1, 2], ContactRuleError::InExcess { id: id(2) }),
    ] {
        let order: Vec<_> = order.into_iter().map(id).collect();
        assert_eq!(book.order(&order, at(9)), Err(error));
        assert_eq!(book, before);
    }
}
