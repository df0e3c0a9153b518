//! What every engine must do, as cases that know no engine.
//!
//! An engine's tests call [`conformance_tests!`](crate::conformance_tests) with an expression that makes a fresh engine
//! and what must live as long as it does. Each case ends with a check of all promises about the rows.
//!
//! To add a case: an async function here over any [`shopfolk_store::Engine`], and its name in the list of the macro.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]
#![allow(clippy::wildcard_imports, clippy::similar_names, clippy::cloned_ref_to_slice_refs)]

mod contacts;
mod customers;
mod fixture;
mod random_calls;
mod stores;
mod transactions;

pub use contacts::*;
pub use customers::*;
pub use fixture::*;
pub use random_calls::*;
pub use stores::*;
pub use transactions::*;

/// Makes a test of every case. The expression answers `(engine, guard)`; the guard is dropped after the case.
#[macro_export]
macro_rules! conformance_tests {
    ($new_engine:expr) => {
        $crate::conformance_tests!(
            $new_engine;
            created_contact_is_found_and_listed
            repeated_create_answers_with_the_contact_that_is_there
            second_default_of_a_type_takes_it_over
            contact_takes_the_place_behind_the_highest
            contact_after_the_five_hundredth_is_refused
            changed_contact_keeps_what_the_change_leaves_out
            change_that_would_equal_another_contact_is_refused
            deleted_contact_is_gone_and_its_id_is_not_reused
            unknown_customer_is_named_before_unknown_contact
            every_write_to_contacts_moves_updated
            customer_gets_a_contact_for_its_email
            customer_with_contacts_gets_them_in_order
            email_in_use_is_refused_without_regard_to_case
            deleted_customer_takes_its_contacts_along
            customers_are_listed_in_pages
            refused_customer_leaves_nothing_behind
            stores_are_kept_apart
            store_is_created_once_suspended_and_resumed
            token_opens_its_own_store_until_it_is_revoked
            last_use_of_a_token_never_goes_back
            operation_that_fails_halfway_changes_nothing_and_harms_no_neighbour
            panicking_operation_changes_nothing_and_harms_no_neighbour
            concurrent_creates_of_one_customer_get_places_and_one_default
            concurrent_equal_creates_make_one_contact
            read_sees_every_answered_write
            any_calls_end_as_in_the_model
        );
    };
    ($new_engine:expr; $($case:ident)+) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let (engine, _guard) = $new_engine;
                $crate::conformance::$case(engine.clone()).await;
                $crate::conformance::assert_every_promise_holds(&engine).await;
                shopfolk_store::Engine::close(&engine).await.unwrap();
            }
        )+
    };
}
