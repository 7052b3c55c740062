//! Order inside a lane, and what a lane waits for.

use std::sync::Arc;

use switchboard_delivery::*;

use crate::bench::*;

#[test]
fn one_call_a_lane_by_id() {
    let mut engine = free();
    engine.all([job(2, "a"), job(1, "a"), job(3, "b")]);
    let starts = engine.poll(0);
    assert_eq!(starts.iter().map(|s| s.jobs[0]).collect::<Vec<_>>(), [1, 3]);
    assert!(engine.in_flight("a") && engine.in_flight("b"));
    assert!(engine.go(0).is_empty());
    assert_eq!(engine.wake_at(), None, "only an answer moves it on");
    engine.finish(0, starts[0].batch, Outcome::Sent);
    assert_eq!(engine.go(0), [[2]]);
}

#[test]
fn nothing_goes_before_what_is_in_flight() {
    let mut engine = free();
    engine.all([job(5, "a")]);
    let start = engine.one(0);
    engine.all([job(4, "a"), job(6, "a")]);
    assert_eq!(engine.finish(0, start.batch, Outcome::Sent), Verdict::Settled);
    assert_eq!(engine.run(0), [[4], [6]]);
    assert!(engine.is_empty() && engine.lanes() == 0 && engine.quiet("a"));
}

#[test]
fn a_head_that_is_not_due_holds_its_lane_only() {
    let mut engine = free();
    engine.all([
        Job {
            not_before: 500,
            ..job(1, "a")
        },
        job(2, "a"),
        job(3, "b"),
    ]);
    assert_eq!(engine.run(0), [[3]]);
    assert_eq!(engine.wake_at(), Some(500));
    assert!(engine.go(499).is_empty());
    assert_eq!(engine.run(500), [[1], [2]]);
}

#[test]
fn a_known_id_is_ignored() {
    let mut engine = free();
    engine.all([job(1, "a")]);
    assert_eq!(engine.add(job(1, "a")), Added::Known);
    assert_eq!(engine.add(job(1, "b")), Added::Known);
    assert_eq!((engine.len(), engine.lane_len("a")), (1, 1));
}

#[test]
fn held_lanes_wait_for_release() {
    let mut engine = free();
    let lane: Arc<str> = "a".into();
    engine.hold_lane(&lane);
    engine.all([job(1, "a"), job(2, "b")]);
    assert_eq!(engine.run(0), [[2]]);
    assert!(engine.is_held("a") && engine.wake_at().is_none());
    engine.release_lane(5, "a");
    assert_eq!(engine.wake_at(), Some(5));
    assert_eq!(engine.run(5), [[1]]);
    assert_eq!(engine.lanes(), 0);
}

#[test]
fn a_lane_held_in_flight_ends_its_call() {
    let mut engine = free();
    engine.all([job(1, "a"), job(2, "a")]);
    let start = engine.one(0);
    engine.hold_lane(&start.lane);
    assert_eq!(engine.finish(1, start.batch, Outcome::Sent), Verdict::Settled);
    assert!(engine.go(1).is_empty());
    engine.release_lane(2, "a");
    assert_eq!(engine.run(2), [[2]]);
}

#[test]
fn removed_deliveries_leave() {
    let mut engine = free();
    engine.all([job(1, "a"), job(2, "a"), job(3, "a")]);
    let start = engine.one(0);
    assert_eq!(engine.remove(2), Removed::Gone);
    assert_eq!(engine.remove(1), Removed::InFlight);
    assert_eq!(engine.remove(9), Removed::Missing);
    // though it was not sent, it does not go again
    assert_eq!(engine.finish(0, start.batch, FAILED), Verdict::Settled);
    assert_eq!(engine.run(60_000), [[3]]);
}

#[test]
fn calls_in_flight_are_bounded() {
    let mut engine = free().max_in_flight(3);
    engine.all((1..=5).map(|id| job(id, &format!("lane {id}"))));
    let starts = engine.poll(0);
    assert_eq!((starts.len(), engine.flying(), engine.wake_at()), (3, 3, None));
    engine.finish(0, starts[1].batch, Outcome::Sent);
    assert_eq!(engine.wake_at(), Some(0));
    assert_eq!(engine.go(0), [[4]]);
}

#[test]
fn time_does_not_go_back() {
    let mut engine = free();
    engine.all([Job {
        not_before: 1000,
        ..job(1, "a")
    }]);
    engine.poll(1000);
    assert_eq!(engine.flying(), 1);
    engine.all([Job {
        not_before: 900,
        ..job(2, "b")
    }]);
    assert_eq!(engine.go(0), [[2]], "it is at least 1000");
}

#[test]
fn a_group_that_moved() {
    let mut engine = grouped(2, 1000);
    engine.all([to_group(1, "a"), to_group(2, "b"), to_group(3, "c"), to_group(4, "a")]);
    let starts = engine.poll(0);
    assert_eq!(starts.len(), 2);
    engine.scope_moved(1, 7);
    engine.check_invariants().unwrap();
    for start in starts {
        engine.finish(10, start.batch, Outcome::Sent);
    }
    // the new group's pause holds what the old one's would have
    engine.pause(Scope::Group(1), 90_000);
    engine.pause(Scope::Group(7), 5_000);
    assert!(engine.go(4_999).is_empty());
    assert_eq!(engine.run(5_000), [[3], [4]]);
}
