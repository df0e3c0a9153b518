//! What every engine must do, as cases that know no engine.
//!
//! An engine's tests call [`conformance_tests!`](crate::conformance_tests) with an expression that makes a fresh engine
//! and what must live as long as it does. Each case ends with a check of all promises about the rows.
//!
//! To add a case: an async function here over any [`shopfolk_store::Engine`], and its name in the list of the macro.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]
#![allow(clippy::wildcard_imports, clippy::similar_names, clippy::cloned_ref_to_slice_refs)]

mod apps;
mod asked;
mod batches;
mod changed_customers;
mod contacts;
mod copy;
mod customers;
mod damaged_portions;
mod events;
mod extra_fields;
mod fixture;
mod free_columns;
mod groups;
mod imports;
mod mass_changes;
mod orders;
mod owners;
mod pages;
mod portions;
mod profiles;
mod random_apps;
mod random_calls;
mod random_pages;
mod random_records;
mod random_search;
mod random_store;
mod random_values;
mod read_whole;
mod search;
mod stores;
mod text_keys;
mod transactions;
mod transfer;
mod webhooks;
mod whole_stores;

pub use apps::*;
pub use batches::*;
pub use changed_customers::*;
pub use contacts::*;
pub use copy::*;
pub use customers::*;
pub use damaged_portions::*;
pub use events::*;
pub use extra_fields::*;
pub use fixture::*;
pub use free_columns::FREE_COLUMNS;
pub use groups::*;
pub use imports::*;
pub use mass_changes::*;
pub use orders::*;
pub use owners::*;
pub use pages::*;
pub use portions::*;
pub use profiles::*;
pub use random_calls::*;
pub use random_records::any_record_comes_back_as_it_went_in;
pub use random_search::any_search_finds_what_the_rules_find;
pub use search::*;
pub use stores::*;
pub use text_keys::*;
pub use transactions::*;
pub use transfer::*;
pub use webhooks::*;
pub use whole_stores::*;

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
            contacts_take_the_order_of_a_list_all_or_none
            unknown_customer_is_named_before_unknown_contact
            every_write_to_contacts_moves_updated
            no_write_to_contacts_moves_updated_back
            customer_gets_a_contact_for_its_email
            customer_with_contacts_gets_them_in_order
            email_in_use_is_refused_without_regard_to_case
            deleted_customer_takes_its_contacts_along
            customers_are_listed_in_pages
            large_customers_are_read_in_portions
            large_orders_are_read_in_portions_and_short_ones_without_documents
            changed_customer_keeps_what_the_change_leaves_out
            customer_who_was_changed_since_it_was_seen_stays
            primary_phone_becomes_the_default_and_is_made_where_it_is_missing
            changed_email_takes_its_contact_along
            email_and_external_reference_in_use_are_refused_in_a_change
            list_of_contacts_takes_the_place_of_all_or_of_none
            list_of_addresses_takes_the_place_of_all_or_of_none
            deleted_customers_are_listed_by_time
            refused_customer_leaves_nothing_behind
            refused_customers_take_no_ids
            stores_are_kept_apart
            deliveries_of_one_entity_come_one_after_the_other
            events_are_taken_once
            stores_with_something_to_do_are_found
            the_clock_of_a_store_goes_from_delivery_to_delivery
            one_node_brings_the_deliveries_of_a_store
            attempts_are_listed_sent_again_and_forgotten
            store_is_created_once_suspended_and_resumed
            changed_profile_is_kept_and_told_of
            token_opens_its_own_store_until_it_is_revoked
            last_use_of_a_token_never_goes_back
            app_is_created_changed_and_deleted
            platform_is_no_store_of_the_list
            installed_app_has_its_tokens_until_it_is_uninstalled
            code_is_exchanged_once_and_again_takes_the_tokens
            code_is_good_for_five_minutes_and_one_url
            owner_is_there_once_and_found_in_any_case
            session_lasts_until_it_is_ended_or_over
            another_password_ends_all_sessions
            operation_that_fails_halfway_changes_nothing_and_harms_no_neighbour
            panicking_operation_changes_nothing_and_harms_no_neighbour
            concurrent_creates_of_one_customer_get_places_and_one_default
            concurrent_equal_creates_make_one_contact
            read_sees_every_answered_write
            contacts_are_read_with_their_customer_or_not_at_all
            reader_of_events_misses_none
            event_says_by_whom_and_what_was_before
            deleted_customer_is_told_whole
            insertion_of_what_is_there_is_a_conflict
            change_of_a_row_that_is_not_there_is_refused
            many_customers_are_changed_in_portions
            mass_change_of_somebody_unknown_changes_nobody
            deleting_many_again_passes_over_those_who_are_gone
            who_is_not_found_any_more_is_passed_over_by_a_mass_change
            each_portion_of_a_mass_change_has_its_own_time
            others_write_between_the_portions_of_a_mass_change
            mass_change_that_nobody_waits_for_stops_after_its_portion
            mass_change_that_is_told_to_stop_says_how_far_it_came
            mass_deletion_counts_contacts_as_rows
            deleted_group_is_told_of_each_of_its_customers
            deleted_extra_field_is_told_of_each_customer_with_a_value
            any_calls_end_as_in_the_model
            any_record_comes_back_as_it_went_in
            groups_come_after_the_built_in_one
            group_names_and_references_are_there_once
            last_id_of_a_kind_is_never_taken
            built_in_group_stays_as_it_is
            deleted_group_leaves_its_customers_to_the_built_in_one
            customer_of_an_unknown_group_is_refused
            search_finds_customers_by_group
            extra_field_gets_a_free_key
            values_of_extra_fields_are_set_and_go_with_the_field
            unknown_extra_field_is_refused
            order_is_found_by_number_and_key
            orders_of_a_known_email_take_no_ids_of_customers_and_contacts
            order_of_an_unknown_email_creates_a_guest
            statistics_follow_orders_that_come_and_go
            taken_key_gives_way_to_the_next
            deleted_customer_leaves_its_orders
            order_that_two_delete_at_once_is_deleted_once
            orders_are_listed_by_who_ordered
            orders_are_found_by_a_part_of_the_email_in_any_case_of_any_script
            search_finds_customers_by_their_orders
            imported_customers_are_created_changed_or_left_as_they_are
            importing_again_takes_no_ids
            imported_customer_is_matched_by_an_id_that_nothing_speaks_against_then_reference_then_email
            ids_in_a_file_are_passed_over_and_spend_nothing
            two_references_with_one_email_are_a_conflict
            line_without_keys_is_matched_by_its_contacts
            same_file_again_changes_nothing
            later_line_of_a_customer_adds_what_is_not_known
            lists_add_by_default_and_keep_the_own_email_when_they_replace
            only_creates_or_only_updates
            groups_and_fields_are_found_by_name_or_made
            groups_and_fields_that_are_not_to_be_made_are_left_out
            dry_run_tells_the_same_and_writes_nothing
            any_customers_imported_twice_are_a_fixed_point
            people_without_email_are_kept_and_known_again_by_their_contacts
            first_email_of_a_customer_becomes_a_contact
            refused_import_harms_no_neighbour_and_no_id_comes_back
            export_hands_over_every_customer_as_it_is
            orders_of_elsewhere_keep_their_keys_dates_and_free_numbers
            groups_and_extra_fields_of_elsewhere_are_made_once
            search_finds_a_part_of_a_text_in_any_case
            search_for_an_exact_email_finds_one_in_any_case
            search_sees_every_contact_at_once
            search_by_update_sees_created_contacts
            search_by_update_stands_still_while_a_clock_steps_back
            search_keeps_stores_apart
            page_of_a_search_knows_the_total_and_loads_what_is_wanted
            any_search_finds_what_the_rules_find
            exact_email_is_compared_as_uniqueness_is
            places_to_which_goods_are_sent_are_listed_once_and_in_order
            any_search_finds_imported_customers
            batch_is_claimed_answered_and_completed
            batches_of_a_token_come_one_after_the_other
            request_whose_answer_is_there_is_not_run_again
            cancelled_and_deleted_batches_run_nothing_more
            batch_that_is_sent_twice_is_one_for_an_hour
            batches_of_a_revoked_token_are_completed_as_they_are
            batches_of_a_suspended_store_wait
            answers_of_a_batch_are_read_in_portions
            completed_batches_are_forgotten_after_a_day
            unfinished_batches_are_bounded
            pages_of_customers_go_on_whatever_comes_and_goes
            pages_of_orders_go_on_whatever_comes_and_goes
            pages_of_deleted_customers_and_of_groups_go_on
            stores_are_listed_page_by_page
            texts_are_found_in_every_spelling
            numbers_are_found_in_digits_of_every_script
            one_domain_is_one_in_both_forms
            names_that_look_the_same_are_there_once
            what_became_equal_stays_and_is_told
            renamed_group_moves_updated_of_its_customers
            changed_email_is_always_among_the_contacts
            type_to_which_a_value_does_not_fit_is_refused
        );
        $crate::copy_tests!($new_engine; $new_engine);
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

/// Makes a test of every case of copying from one database to another. Each expression answers `(engine, guard)`, as for
/// [`conformance_tests!`](crate::conformance_tests), which has these cases with two databases of its one engine.
#[macro_export]
macro_rules! copy_tests {
    ($new_source:expr; $new_target:expr) => {
        $crate::copy_tests!(
            $new_source; $new_target;
            copied_store_is_the_same_in_every_row
            copied_platform_has_the_same_apps
            copied_store_tells_its_apps_of_what_comes_after
            copy_goes_there_and_back
            copy_takes_over_what_changed_since
            interrupted_copy_goes_on
            source_that_changes_meanwhile_is_gone_over_again
            source_that_keeps_changing_is_given_up
            store_with_a_life_of_its_own_is_not_touched
            copy_that_was_changed_is_not_touched
            what_is_written_to_the_target_meanwhile_stays
            store_of_another_time_is_not_touched
            copied_store_never_gives_an_id_again
            copied_store_is_suspended_when_the_source_is
            other_stores_of_the_target_stay_as_they_are
            any_calls_end_the_same_in_a_copy
        );
    };
    ($new_source:expr; $new_target:expr; $($case:ident)+) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let (from, _guard) = $new_source;
                let (to, _other_guard) = $new_target;
                $crate::conformance::$case(from.clone(), to.clone()).await;
                $crate::conformance::assert_every_promise_holds(&from).await;
                $crate::conformance::assert_every_promise_holds(&to).await;
                shopfolk_store::Engine::close(&from).await.unwrap();
                shopfolk_store::Engine::close(&to).await.unwrap();
            }
        )+
    };
}
