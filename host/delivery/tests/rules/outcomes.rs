//! What each outcome makes of a call.

use switchboard_delivery::*;

use crate::bench::*;

fn on(on_unknown: OnUnknown) -> Engine {
    let mut engine = free();
    engine.all([
        Job {
            on_unknown,
            ..job(1, "a")
        },
        job(2, "a"),
    ]);
    engine
}

fn at(verdict: Verdict) -> Millis {
    match verdict {
        Verdict::Again { at, .. } => at,
        other => panic!("{other:?}"),
    }
}

#[test]
fn refused_is_settled() {
    let mut engine = on(OnUnknown::Ask);
    let start = engine.one(0);
    assert_eq!(engine.finish(0, start.batch, Outcome::Refused), Verdict::Settled);
    assert_eq!(engine.run(0), [[2]]);
}

#[test]
fn failures_back_off_in_their_lane_only() {
    let mut engine = on(OnUnknown::Ask);
    let (mut now, mut pauses) = (0, vec![]);
    for attempt in 1..=12 {
        let start = engine.one(now);
        assert_eq!(
            (start.jobs, start.attempts, start.marked),
            (vec![1], vec![attempt], false)
        );
        let next = at(engine.finish(now, start.batch, FAILED));
        assert!(engine.go(next - 1).is_empty());
        pauses.push(next - now);
        now = next;
    }
    assert!(
        (160..=200).contains(&pauses[0]) && (24_000..=30_000).contains(&pauses[11]),
        "{pauses:?}"
    );
    assert!(pauses.windows(2).take(7).all(|p| p[1] > p[0]), "{pauses:?}");
    engine.all([job(3, "b")]);
    assert!(engine.go(now - 1).contains(&vec![3]));
}

#[test]
fn success_ends_the_back_off() {
    let mut engine = on(OnUnknown::Ask);
    let mut now = 0;
    for _ in 0..5 {
        let start = engine.one(now);
        now = at(engine.finish(now, start.batch, FAILED));
    }
    let start = engine.one(now);
    engine.finish(now, start.batch, Outcome::Sent);
    let start = engine.one(now);
    assert!(at(engine.finish(now, start.batch, FAILED)) <= now + 200);
}

#[test]
fn a_connection_that_is_back_ends_all_back_offs() {
    let mut engine = free();
    engine.all([
        job(1, "a"),
        job(2, "b"),
        Job {
            not_before: 9_000,
            ..job(3, "c")
        },
    ]);
    for start in engine.poll(0) {
        engine.finish(0, start.batch, FAILED);
    }
    engine.reconnected(10);
    assert_eq!(engine.wake_at(), Some(10));
    assert_eq!(engine.go(10).len(), 2, "what is not due stays");
}

#[test]
fn a_time_without_a_flood_holds_the_lane() {
    let mut engine = on(OnUnknown::Ask);
    engine.all([job(3, "b")]);
    let start = engine.poll(0).remove(0);
    let again = at(engine.finish(0, start.batch, flood(5_000, Flood::None)));
    assert!((5_000..=5_200).contains(&again));
    engine.all([job(4, "c")]);
    assert_eq!(engine.go(4_000), [[4]]);
    let start = engine.one(again);
    assert!(
        at(engine.finish(again, start.batch, FAILED)) <= again + 200,
        "it was no failure"
    );
}

#[test]
fn unknown_repeats() {
    let mut engine = on(OnUnknown::Repeat);
    let start = engine.one(0);
    let Verdict::Again { at, marked: false } = engine.finish(0, start.batch, Outcome::Unknown) else {
        panic!()
    };
    assert!((160..=200).contains(&at));
    let start = engine.one(at);
    assert_eq!((start.jobs, start.attempts, start.marked), (vec![1], vec![2], false));
}

#[test]
fn unknown_repeats_marked() {
    let mut engine = on(OnUnknown::RepeatMarked);
    let start = engine.one(0);
    let Verdict::Again { at, marked: true } = engine.finish(0, start.batch, Outcome::Unknown) else {
        panic!()
    };
    let start = engine.one(at);
    assert!(start.marked);
    // the mark stays through other failures, and is not the next one's
    let Verdict::Again { at, marked: true } = engine.finish(at, start.batch, FAILED) else {
        panic!()
    };
    let start = engine.one(at);
    assert!(start.marked);
    engine.finish(at, start.batch, Outcome::Sent);
    assert!(!engine.one(at).marked);
}

#[test]
fn unknown_asks() {
    for say in [
        Answer::Repeat { marked: true },
        Answer::Repeat { marked: false },
        Answer::Leave,
    ] {
        let mut engine = on(OnUnknown::Ask);
        let start = engine.one(0);
        assert_eq!(engine.finish(0, start.batch, Outcome::Unknown), Verdict::Ask);
        assert!(engine.is_asking("a") && engine.go(1_000_000).is_empty() && engine.wake_at().is_none());
        assert!(!engine.answer(5, 2, say), "2 does not ask");
        assert!(engine.answer(5, 1, say));
        assert!(!engine.answer(5, 1, say));
        let start = engine.one(5);
        match say {
            Answer::Repeat { marked } => assert_eq!((start.jobs, start.marked), (vec![1], marked)),
            Answer::Leave => assert_eq!(start.jobs, [2]),
        }
    }
}

#[test]
fn an_album_that_was_answered_whole_goes_together() {
    let mut engine = free();
    engine.all((1..=3).map(|id| Job {
        on_unknown: OnUnknown::Ask,
        ..copy(id, "a", Some("x"))
    }));
    let start = engine.one(0);
    assert_eq!(engine.finish(0, start.batch, Outcome::Unknown), Verdict::Ask);
    for id in 1..=3 {
        assert!(engine.answer(1, id, Answer::Repeat { marked: false }));
    }
    assert_eq!(engine.run(1), [[1, 2, 3]]);
}

#[test]
fn questions_of_one_lane_are_answered_one_by_one() {
    let mut engine = free();
    engine.all((1..=3).map(|id| Job {
        asking: id < 3,
        ..job(id, "a")
    }));
    assert!(engine.answer(0, 2, Answer::Repeat { marked: false }));
    assert!(
        engine.is_asking("a") && engine.go(0).is_empty(),
        "1 still asks, and goes before the others"
    );
    assert!(engine.answer(0, 1, Answer::Leave));
    assert_eq!(engine.run(0), [[2], [3]]);
}

#[test]
fn unknown_is_left() {
    let mut engine = on(OnUnknown::Leave);
    let start = engine.one(0);
    assert_eq!(engine.finish(0, start.batch, Outcome::Unknown), Verdict::Settled);
    assert_eq!(engine.run(0), [[2]]);
}

#[test]
fn loaded_asking_and_marked() {
    let mut engine = free();
    engine.all([
        Job {
            asking: true,
            attempt: 3,
            ..job(1, "a")
        },
        Job {
            attempt: 4,
            ..job(2, "b")
        },
    ]);
    assert!(engine.mark(2) && !engine.mark(9));
    let start = engine.one(0);
    assert_eq!((start.jobs, start.attempts, start.marked), (vec![2], vec![5], true));
    assert!(engine.answer(0, 1, Answer::Leave));
    assert!(engine.quiet("a"));
}

#[test]
fn marked_and_unmarked_share_no_call() {
    let mut engine = free();
    engine.pause(Scope::Group(1), 100);
    engine.all((1..=4).map(|id| copy(id, "a", None)));
    engine.mark(1);
    engine.mark(2);
    engine.poll(0);
    let start = engine.one(100);
    assert_eq!((start.jobs, start.marked), (vec![1, 2], true));
}

#[test]
fn late_and_foreign_answers_are_stale() {
    let mut engine = on(OnUnknown::Ask);
    let start = engine.one(0);
    assert_eq!(
        engine.finish(0, BatchId(start.batch.0 + 1), Outcome::Sent),
        Verdict::Stale
    );
    let again = at(engine.finish(0, start.batch, FAILED));
    assert_eq!(engine.finish(0, start.batch, Outcome::Sent), Verdict::Stale);
    assert_eq!(engine.one(again).jobs, [1]);
}

#[test]
fn a_call_on_the_way_keeps_the_place_and_counts_as_one() {
    let mut engine = grouped(4, 1000);
    engine.all((1..=3).map(|id| copy(id, "a", Some("x"))));
    engine.all([to_group(4, "b")]);
    let starts = engine.poll(0);
    assert_eq!(starts[0].jobs, [1, 2, 3]);
    assert_eq!(
        engine.finish(5, starts[0].batch, Outcome::More { after: 0 }),
        Verdict::Again { at: 5, marked: false }
    );
    engine.finish(5, starts[1].batch, Outcome::Sent);
    // 1 + 1 of 4 are used; the album needs 3
    engine.all([to_group(5, "c")]);
    assert!(engine.go(5).is_empty(), "nothing overtakes it");
    let start = engine.poll(1015).remove(0);
    assert_eq!((start.jobs, start.attempts), (vec![1, 2, 3], vec![2, 2, 2]));
}

#[test]
fn more_after_a_while() {
    let mut engine = on(OnUnknown::Ask);
    let start = engine.one(0);
    assert_eq!(
        engine.finish(0, start.batch, Outcome::More { after: 1500 }),
        Verdict::Again {
            at: 1500,
            marked: false
        }
    );
    assert!(engine.go(1499).is_empty());
    assert_eq!(engine.run(1500), [[1], [2]]);
}
