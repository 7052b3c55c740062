//! What shares a call: albums always, neighbours where a group's budget makes them wait.

use switchboard_delivery::*;

use crate::bench::*;

fn part(id: DeliveryId, album: &str, due: Millis) -> Job {
    Job {
        not_before: due,
        ..copy(id, "a", Some(album))
    }
}

#[test]
fn an_album_waits_for_its_newest_part() {
    let mut engine = free();
    engine.all([part(1, "x", 700), part(2, "x", 750)]);
    assert!(engine.go(720).is_empty());
    engine.all([part(3, "x", 900), copy(4, "a", None)]);
    assert!(engine.go(899).is_empty());
    assert_eq!(engine.wake_at(), Some(900));
    assert_eq!(engine.run(900), [vec![1, 2, 3], vec![4]]);
}

#[test]
fn a_late_part_goes_by_itself() {
    let mut engine = free();
    engine.all([part(1, "x", 0), part(2, "x", 0)]);
    let start = engine.one(0);
    engine.all([part(3, "x", 500)]);
    engine.finish(10, start.batch, Outcome::Sent);
    assert_eq!(engine.wake_at(), Some(500));
    assert_eq!(engine.run(500), [[3]]);
}

#[test]
fn albums_are_told_apart() {
    let mut engine = free();
    let other = |id| Job {
        join: Some(Join {
            key: "forward".into(),
            order: id,
            album: Some("y".into()),
            max: 100,
            once: false,
        }),
        ..to_group(id, "a")
    };
    engine.all([part(1, "x", 0), part(2, "x", 0), part(3, "y", 0), other(4), other(5)]);
    assert_eq!(engine.run(0), [vec![1, 2], vec![3], vec![4, 5]]);
}

#[test]
fn orders_rise_inside_a_call() {
    let mut engine = free();
    let mut second = part(2, "x", 0);
    second.join.as_mut().unwrap().order = 1;
    engine.all([part(1, "x", 0), second]);
    assert_eq!(engine.run(0), [[1], [2]]);
}

#[test]
fn neighbours_are_not_joined_without_need() {
    let mut engine = grouped(20, 60_000);
    engine.all((1..=5).map(|id| copy(id, "a", None)));
    assert_eq!(engine.run(0), [[1], [2], [3], [4], [5]]);
}

#[test]
fn neighbours_that_had_to_wait_are_joined() {
    let mut engine = grouped(3, 1000);
    engine.all((1..=9).map(|id| copy(id, "a", None)));
    assert_eq!(engine.run(0), [[1], [2], [3]]);
    assert_eq!(engine.wake_at(), Some(1010));
    assert_eq!(engine.run(1010), [[4, 5, 6]], "as many as the window takes");
    assert_eq!(engine.run(2020), [[7, 8, 9]]);
}

#[test]
fn joining_leaves_others_their_share() {
    let mut engine = grouped(4, 1000);
    engine.all((1..=10).map(|id| copy(id, "a", None)));
    engine.run(0);
    engine.all((11..=12).map(|id| copy(id, "b", None)));
    assert!(engine.go(1).is_empty());
    let calls = engine.run(1010);
    assert!(
        calls.iter().any(|call| call.contains(&12)) || engine.lane_len("b") == 0,
        "{calls:?}"
    );
    assert!(calls.iter().all(|call| call.len() <= 2), "{calls:?}");
}

#[test]
fn joining_splits_no_album_and_no_lane() {
    let mut engine = grouped(4, 1000);
    engine.all((1..=4).map(|id| to_group(id, "b")));
    assert_eq!(engine.run(0).len(), 4);
    engine.all([
        copy(10, "a", None),
        part(11, "x", 0),
        part(12, "x", 0),
        part(13, "y", 0),
        part(14, "y", 0),
    ]);
    engine.all([to_group(15, "a"), copy(16, "a", None)]);
    assert!(engine.go(5).is_empty());
    assert_eq!(
        engine.run(1010),
        [[10, 11, 12]],
        "the second album has no room as a whole"
    );
    assert_eq!(engine.run(2020), [vec![13, 14], vec![15], vec![16]]);
}

#[test]
fn an_album_heavier_than_the_window_goes_alone() {
    let mut engine = grouped(3, 1000);
    engine.all([to_group(1, "b")]);
    engine.run(0);
    engine.all((2..=6).map(|id| part(id, "x", 0)));
    assert!(engine.go(500).is_empty());
    assert_eq!(engine.run(1010), [[2, 3, 4, 5, 6]]);
}

#[test]
fn no_call_carries_more_than_its_max() {
    let mut engine = free();
    engine.pause(Scope::Group(1), 100);
    let few = |id| {
        let mut job = copy(id, "a", None);
        job.join.as_mut().unwrap().max = 3;
        job
    };
    engine.all((1..=7).map(few));
    assert!(engine.go(0).is_empty());
    assert_eq!(engine.run(100)[0], [1, 2, 3]);
}

#[test]
fn taken_apart() {
    let mut engine = free();
    engine.pause(Scope::Group(1), 100);
    engine.all([copy(1, "a", None), part(2, "x", 0), part(3, "x", 0), copy(4, "a", None)]);
    engine.poll(0);
    let start = engine.one(100);
    assert_eq!(start.jobs, [1, 2, 3, 4]);
    assert!(matches!(
        engine.finish(100, start.batch, Outcome::Apart),
        Verdict::Again { at: 100, .. }
    ));
    let start = engine.one(100);
    assert_eq!(start.jobs, [1]);
    engine.finish(100, start.batch, Outcome::Sent);
    let start = engine.one(100);
    assert_eq!(start.jobs, [2, 3], "an album stays whole");
    engine.finish(100, start.batch, Outcome::Apart);
    assert_eq!(engine.run(100), [[2], [3], [4]], "unless it is what failed");
}

#[test]
fn one_that_cannot_be_taken_apart_backs_off() {
    let mut engine = free();
    engine.all([copy(1, "a", None)]);
    let start = engine.one(0);
    let Verdict::Again { at, .. } = engine.finish(0, start.batch, Outcome::Apart) else {
        panic!()
    };
    assert!(at >= 160, "{at}");
}
