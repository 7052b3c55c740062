//! The suite that every store backend passes: one case for each promise of the trait, and a model that random histories are held against.
//!
//! A backend's `tests/conformance.rs` says how to make an empty database ([`Backend`]) and calls [`suite!`]. [`MemoryStore`] is the
//! model: the trait in its plainest words, kept in memory. It passes the suite too, and serves as a store in other crates' tests.
#![forbid(unsafe_code)]

pub mod cases;
mod fixture;
mod history;
mod memory;
mod model;
mod snapshot;

use std::sync::Arc;

use async_trait::async_trait;
use switchboard_store::Store;

pub use fixture::Stage;
pub use memory::{MemoryBackend, MemoryStore};
pub use model::random_histories;

/// How a backend makes databases.
#[async_trait]
pub trait Backend: Send + Sync {
    /// An empty database of its own.
    async fn create(&self) -> Box<dyn Database>;
}

/// A database that can be opened again and again.
#[async_trait]
pub trait Database: Send + Sync {
    /// Opens it. Whatever was opened before has been closed.
    async fn open(&self) -> Arc<dyn Store>;
}

/// Runs a future on a runtime of its own.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    match runtime {
        Ok(runtime) => runtime.block_on(future),
        Err(error) => panic!("no runtime: {error}"),
    }
}

/// Makes one test of each case, and one of random histories, for a [`Backend`].
#[macro_export]
macro_rules! suite {
    ($backend:expr) => {
        $crate::suite! { @each $backend;
            commit: a_commit_is_all_or_nothing, writes_of_a_group_see_each_other, an_unfit_write_leaves_the_others_alone,
                a_known_update_is_a_repeat, a_changed_cell_is_a_conflict, every_kind_of_cell_can_be_expected,
                an_expired_entry_counts_as_absent, what_was_committed_is_there_after_opening_again,
                concurrent_commits_do_not_mix, concurrent_commits_get_their_own_answers, a_commit_that_fails_harms_no_other, the_cursor_never_goes_back, a_removed_connection_fences_its_writes,
                an_empty_group_is_nothing;
            outbox: a_delivery_lives_until_it_is_sent, claims_are_fenced, a_late_settlement_changes_nothing,
                a_refused_delivery_is_kept_as_a_record, an_asking_delivery_can_be_sent_again, a_delivery_can_be_tried_again,
                a_delivery_can_be_dropped, an_open_attempt_outlives_the_process, unsettled_deliveries_come_in_order_and_in_pages,
                ids_are_never_used_twice, settlement_changes_come_with_the_outcome, the_whole_life_fits_in_one_group;
            people: a_contact_comes_back_as_it_was, contacts_are_found_by_username, a_dialog_comes_back_as_it_was,
                dialogs_are_found_by_topic, quiet_answered_dialogs_are_to_be_closed, takeovers_end_in_order, dialogs_are_counted;
            messages: mirrors_are_found_from_both_sides, the_newest_twin_wins, albums_are_gathered;
            plugins: entries_come_back_and_go, entries_expire, entries_are_listed_by_prefix_in_byte_order, usage_follows_the_entries,
                templates_ignore_letter_case, templates_are_listed_by_prefix, timers_come_due_in_order;
            gateway: bot_updates_wait_in_order_and_in_pages, a_bot_update_comes_back_as_it_was, bot_updates_go_once_they_are_taken,
                a_whole_poll_fits_in_one_commit, intercepted_calls_wait_until_they_are_handled, settings_and_mark_leave_each_other_alone,
                the_last_mark_counts_though_it_goes_down, the_front_door_finds_its_rows_after_opening_again,
                the_front_door_writes_with_its_turn_or_not_at_all, pruning_forgets_what_the_bot_program_never_took;
            upkeep: connections_are_listed_by_name, a_connection_keeps_its_state_when_replaced, another_bot_starts_anew,
                another_group_takes_no_topics_along, the_group_can_move, a_removed_connection_leaves_nothing,
                connections_are_apart, notices_are_posted_and_taken_back, pruning_forgets_what_is_old, a_store_answers_until_it_is_closed;
        }

        #[test]
        fn random_histories_equal_the_model() {
            $crate::random_histories(&$backend);
        }
    };
    (@each $backend:expr; $($module:ident: $($case:ident),+;)+) => { $($(
        #[test]
        fn $case() {
            let backend = $backend;
            $crate::block_on(async {
                let database = $crate::Backend::create(&backend).await;
                $crate::cases::$module::$case($crate::Stage::new(&*database).await).await;
            });
        }
    )+)+ };
}
