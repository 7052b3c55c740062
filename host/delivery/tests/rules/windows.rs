//! Lanes whose tail stays in the store.

use std::sync::Arc;

use switchboard_delivery::*;

use crate::bench::*;

#[test]
fn long_lanes_spill_and_are_refilled_in_order() {
    let mut engine = free().lane_window(4);
    let added: Vec<Added> = (1..=7).map(|id| engine.add(job(id, "a"))).collect();
    assert_eq!(added[3..5], [Added::Queued, Added::Spilled]);
    assert_eq!((engine.lane_len("a"), engine.lane_tail("a")), (4, Some(4)));
    assert!(engine.take_low().is_empty(), "it is not low yet");
    for _ in 0..2 {
        let start = engine.one(0);
        engine.finish(0, start.batch, Outcome::Sent);
    }
    let lane: Arc<str> = "a".into();
    assert_eq!(engine.take_low(), std::slice::from_ref(&lane));
    assert!(engine.take_low().is_empty(), "asked for once");
    // one more is committed while the store is being read
    assert_eq!(engine.add(job(8, "a")), Added::Spilled);
    assert_eq!(
        engine.refill(&lane, (5..=7).map(|id| job(id, "a")), false),
        [Added::Queued; 3]
    );
    assert_eq!(engine.run(0).concat(), [3, 4, 5, 6, 7]);
    assert!(!engine.quiet("a"));
    assert_eq!(
        engine.take_low(),
        std::slice::from_ref(&lane),
        "the read may have missed it"
    );
    engine.refill(&lane, [job(8, "a")], false);
    assert_eq!(engine.add(job(9, "a")), Added::Queued);
    assert_eq!(engine.run(0).concat(), [8, 9]);
    assert!(engine.quiet("a") && engine.lanes() == 0);
}

#[test]
fn a_failed_read_is_asked_for_again() {
    let mut engine = free().lane_window(1);
    engine.add(job(1, "a"));
    engine.add(job(2, "a"));
    engine.run(0);
    let lane = engine.take_low().remove(0);
    engine.refill(&lane, [], true);
    assert_eq!(engine.take_low(), [lane]);
}

#[test]
fn loading_lane_by_lane() {
    let mut engine = free().lane_window(2);
    let lane: Arc<str> = "a".into();
    engine.refill(&lane, (1..=2).map(|id| job(id, "a")), true);
    assert_eq!(engine.add(job(9, "a")), Added::Spilled);
    assert_eq!(engine.run(0).concat(), [1, 2]);
    assert_eq!(engine.take_low(), [lane]);
}
