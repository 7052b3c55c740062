//! Budgets, and what a 429 does to them.

use switchboard_delivery::*;

use crate::bench::*;

fn chat(id: DeliveryId, chat: i64) -> Job {
    Job {
        scope: Scope::Private(chat),
        priority: Priority::Answer,
        ..job(id, &format!("chat {chat}"))
    }
}

fn paced() -> Engine {
    Engine::new(Pacing {
        bot: rate(30, 1000),
        chat: rate(1, 1000),
        chat_burst: 3,
        group: rate(20, 60_000),
    })
}

#[test]
fn a_groups_window_goes_at_once_and_again_after_it() {
    let mut engine = paced();
    engine.all((1..=50).map(|id| to_group(id, &format!("topic {id}"))));
    let starts = engine.poll(0);
    assert_eq!(
        (starts.len(), engine.wake_at()),
        (20, None),
        "the next waits for an answer to count from"
    );
    for start in starts {
        engine.finish(100, start.batch, Outcome::Sent);
    }
    assert_eq!(engine.wake_at(), Some(60_300));
    assert!(engine.go(60_299).is_empty());
    assert_eq!(engine.go(60_300).len(), 20);
}

#[test]
fn a_private_chat_has_a_burst() {
    let mut engine = paced();
    engine.all((1..=6).map(|id| chat(id, 7)));
    assert_eq!(engine.run(100_000), [[1], [2], [3]]);
    assert_eq!(engine.wake_at(), Some(101_010));
    assert_eq!(engine.run(101_010), [[4]]);
    assert_eq!(engine.wake_at(), Some(102_020));
}

#[test]
fn the_bot_has_a_window_over_all() {
    let mut engine = paced();
    engine.all((1..=40).map(|id| chat(id, id)));
    assert_eq!(engine.run(0).len(), 30);
    assert_eq!(engine.wake_at(), Some(1010));
    assert_eq!(engine.run(1010).len(), 10);
}

#[test]
fn calls_that_weigh_nothing_pass() {
    let mut engine = paced();
    engine.all((1..=30).map(|id| chat(id, id)));
    assert_eq!(engine.run(0).len(), 30);
    engine.all([
        chat(31, 31),
        Job {
            weight: 0,
            ..job(32, "press")
        },
    ]);
    assert_eq!(engine.run(0), [[32]]);
    engine.pause_bot(50);
    engine.all([Job {
        weight: 0,
        ..job(33, "press")
    }]);
    assert!(engine.go(49).is_empty(), "a pause of the bot holds them too");
    assert_eq!(engine.run(50), [[33]]);
}

#[test]
fn a_chats_429_pauses_that_chat_only() {
    let mut engine = paced();
    engine.all([to_group(1, "topic 1"), to_group(2, "topic 2"), chat(3, 3)]);
    let starts = engine.poll(0);
    assert_eq!(starts.len(), 3);
    assert_eq!(
        engine.finish(0, starts[1].batch, flood(7_000, Flood::Chat)),
        Verdict::Again {
            at: 7_070,
            marked: false
        }
    );
    engine.finish(0, starts[0].batch, Outcome::Sent);
    engine.finish(0, starts[2].batch, Outcome::Sent);
    engine.all([to_group(4, "topic 4"), chat(5, 3)]);
    assert_eq!(engine.run(10), [[5]]);
    assert!(engine.go(7_069).is_empty(), "nothing overtakes it");
    let start = engine.one(7_070);
    assert_eq!(
        (start.jobs, start.attempts),
        (vec![1], vec![2]),
        "the same goes first, the window counts as full"
    );
}

#[test]
fn a_429_is_no_failure() {
    let mut engine = free();
    engine.all([chat(1, 1)]);
    let mut now = 0;
    for _ in 0..10 {
        let start = engine.one(now);
        let Verdict::Again { at, .. } = engine.finish(now, start.batch, flood(100, Flood::Chat)) else {
            panic!()
        };
        assert_eq!(at, now + 101);
        now = at;
    }
    let start = engine.one(now);
    let Verdict::Again { at, .. } = engine.finish(now, start.batch, FAILED) else {
        panic!()
    };
    assert!(at <= now + 200, "it is the first one");
}

#[test]
fn the_bots_429_pauses_all() {
    let mut engine = free();
    engine.all([chat(1, 1)]);
    let start = engine.one(0);
    engine.finish(0, start.batch, flood(3_000, Flood::Bot));
    engine.all([chat(2, 2), to_group(3, "topic")]);
    assert!(engine.go(3_029).is_empty());
    assert_eq!(engine.wake_at(), Some(3_030));
    assert_eq!(engine.go(3_030).len(), 3);
}

#[test]
fn several_chats_429_mean_the_bot() {
    let mut engine = free();
    engine.all((1..=4).map(|id| chat(id, id)));
    let starts = engine.poll(0);
    for (i, start) in starts[..3].iter().enumerate() {
        engine.finish(i as i64 * 100, start.batch, flood(5_000, Flood::Chat));
    }
    engine.finish(300, starts[3].batch, Outcome::Sent);
    engine.all([chat(9, 9)]);
    assert!(engine.go(5_249).is_empty());
    assert!(engine.go(5_250).contains(&vec![9]));
}

#[test]
fn the_same_chat_again_means_no_bot() {
    let mut engine = free();
    engine.all([chat(1, 1)]);
    let mut now = 0;
    for _ in 0..5 {
        let start = engine.one(now);
        engine.finish(now, start.batch, flood(100, Flood::Chat));
        now += 101;
    }
    engine.all([chat(9, 9)]);
    assert!(engine.go(now - 1).contains(&vec![9]));
}

#[test]
fn a_longer_pause_stays() {
    let mut engine = free();
    engine.pause(Scope::Private(1), 500);
    engine.pause(Scope::Private(1), 100);
    engine.all([chat(1, 1)]);
    assert!(engine.go(499).is_empty());
    assert_eq!(engine.wake_at(), Some(500));
    assert_eq!(engine.run(500), [[1]]);
}

#[test]
fn a_chats_429_takes_its_burst_and_slows_it() {
    let mut engine = paced();
    engine.all((1..=9).map(|id| chat(id, 1)));
    let start = engine.one(0);
    engine.finish(0, start.batch, flood(1_000, Flood::Chat));
    assert_eq!(engine.run(1_010), [[1]]);
    assert_eq!(engine.wake_at(), Some(3_030), "half the rate");
    assert_eq!(engine.run(3_030), [[2]]);
    // sixty intervals a step: after some minutes of rest it is as before
    assert_eq!(engine.run(200_000), [[3], [4], [5]]);
}

#[test]
fn calls_made_elsewhere_spend_the_same_budget() {
    let mut engine = paced();
    engine.spent(50_000, Scope::Group(1), 15, 20_000);
    engine.spent(50_000, Scope::Group(1), 3, 45_000);
    engine.all((1..=9).map(|id| to_group(id, &format!("topic {id}"))));
    assert_eq!(engine.run(50_000).len(), 2);
    assert_eq!(engine.wake_at(), Some(80_200));
    assert_eq!(engine.run(80_200).len(), 7);
}

#[test]
fn chats_are_forgotten_when_their_past_is_over() {
    let mut engine = paced();
    for id in 1..=1000 {
        engine.all([chat(id, id)]);
        assert_eq!(engine.run(id * 1_000).len(), 1);
    }
    let words = format!("{engine:?}");
    assert!(words.matches("Private(").count() < 20, "1000 chats later");
}
