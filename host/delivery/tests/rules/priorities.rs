//! Who goes first where a budget is short.

use switchboard_delivery::*;

use crate::bench::*;

fn with(id: DeliveryId, lane: &str, priority: Priority) -> Job {
    Job {
        priority,
        ..to_group(id, lane)
    }
}

fn first(calls: Vec<Vec<DeliveryId>>) -> Vec<DeliveryId> {
    calls.into_iter().map(|call| call[0]).collect()
}

#[test]
fn the_most_urgent_first() {
    use Priority::*;
    let mut engine = grouped(20, 60_000).max_in_flight(1);
    let order = [Broadcast, Title, Notice, Intercepted, Customer, Answer];
    engine.all(
        (1..)
            .zip(order)
            .map(|(id, priority)| with(id, &format!("{id}"), priority)),
    );
    assert_eq!(first(engine.run(0)), [6, 5, 4, 3, 2, 1]);
}

#[test]
fn equals_take_turns() {
    let mut engine = free().max_in_flight(1);
    engine.all((1..=5).map(|id| job(id, "chatty")));
    engine.all([job(6, "b"), job(7, "c"), job(8, "b")]);
    assert_eq!(first(engine.run(0)), [1, 6, 7, 2, 8, 3, 4, 5]);
}

#[test]
fn a_steady_stream_of_new_lanes_starves_no_old_one() {
    let mut engine = free().max_in_flight(1);
    engine.all([job(1, "old"), job(2, "old")]);
    for now in 0..20 {
        let id = 10 + now;
        engine.all([job(id, &format!("new {id}"))]);
        let start = engine.one(now);
        if start.jobs == [2] {
            return;
        }
        engine.finish(now + 1, start.batch, Outcome::Sent);
    }
    panic!("the old lane starves");
}

#[test]
fn a_lane_ranks_as_its_most_urgent_delivery() {
    let mut engine = free().max_in_flight(1);
    engine.all([
        job(1, "other"),
        with(2, "a", Priority::Broadcast),
        with(3, "a", Priority::Title),
    ]);
    engine.all([with(4, "a", Priority::Answer), with(5, "b", Priority::Broadcast)]);
    assert_eq!(first(engine.run(0)), [2, 3, 4, 1, 5]);
    engine.all([
        with(6, "a", Priority::Broadcast),
        with(7, "a", Priority::Answer),
        job(8, "other"),
    ]);
    engine.remove(7);
    assert_eq!(first(engine.run(1)), [8, 6], "and only as long as that one is there");
}

#[test]
fn titles_take_a_quarter_of_a_group() {
    let mut engine = grouped(20, 60_000);
    engine.all((1..=10).map(|id| with(id, &format!("{id}"), Priority::Title)));
    assert_eq!(engine.run(0).len(), 5);
    engine.all((11..=30).map(|id| with(id, &format!("{id}"), Priority::Customer)));
    assert_eq!(engine.run(0).len(), 15, "messages take the rest");
    assert_eq!(
        engine.run(60_200).len(),
        10,
        "the other five messages, then five titles"
    );
}

#[test]
fn titles_wait_for_slack() {
    let mut engine = grouped(20, 60_000);
    engine.all((1..=15).map(|id| with(id, &format!("{id}"), Priority::Customer)));
    engine.all([with(16, "title", Priority::Title)]);
    assert_eq!(engine.run(0).len(), 15);
    engine.all([with(17, "17", Priority::Customer)]);
    assert_eq!(engine.run(10), [[17]], "the last quarter is not for titles");
    assert_eq!(engine.run(60_200), [[16]]);
}

#[test]
fn broadcasts_leave_a_reserve_to_answers() {
    let mut engine = Engine::new(Pacing {
        bot: rate(20, 1000),
        ..Pacing::OFF
    });
    engine.all((1..=100).map(|id| Job {
        priority: Priority::Broadcast,
        ..job(id, &format!("{id}"))
    }));
    assert_eq!(engine.run(0).len(), 15);
    engine.all((101..=105).map(|id| Job {
        priority: Priority::Answer,
        ..job(id, &format!("{id}"))
    }));
    assert_eq!(first(engine.run(1)), [101, 102, 103, 104, 105]);
}

#[test]
fn broadcasts_leave_connections_to_answers() {
    let mut engine = free().max_in_flight(8);
    engine.all((1..=100).map(|id| Job {
        priority: Priority::Broadcast,
        ..job(id, &format!("{id}"))
    }));
    assert_eq!(engine.go(0).len(), 6);
    engine.all([Job {
        priority: Priority::Answer,
        ..job(200, "answer")
    }]);
    assert_eq!(engine.go(0), [[200]]);
}

#[test]
fn a_heavy_call_is_not_passed_for_ever() {
    let mut engine = grouped(10, 1000);
    engine.all((1..=8).map(|id| with(id, &format!("{id}"), Priority::Customer)));
    assert_eq!(engine.run(0).len(), 8);
    engine.all((10..=14).map(|id| copy(id, "album", Some("x"))));
    engine.all([with(20, "20", Priority::Customer), with(21, "21", Priority::Answer)]);
    assert_eq!(engine.run(1), [[21]], "an answer may pass it, an equal may not");
    assert_eq!(engine.run(1010), [vec![10, 11, 12, 13, 14], vec![20]]);
}
