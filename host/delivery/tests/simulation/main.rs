//! Seeded simulations of the engine against a model server. `SEED=n` runs one seed, `SEEDS=n` so many, `STEPS=n` so long.

mod random;
mod server;
mod trouble;
mod world;

use std::sync::Arc;

use random::Random;
use server::Windows;
use switchboard_delivery::*;
use world::{Plan, World};

fn rate(calls: u32, per: Millis) -> Limit {
    Limit::Rate(Rate { calls, per })
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Runs a scenario under each seed; a failing run prints its own.
fn seeds(count: u64, run: impl Fn(u64, u32)) {
    struct Tell(u64);
    impl Drop for Tell {
        fn drop(&mut self) {
            if std::thread::panicking() {
                eprintln!("again with SEED={}", self.0);
            }
        }
    }
    let all = setting("SEED").map_or(0..setting("SEEDS").unwrap_or(count), |seed| seed..seed + 1);
    let steps = setting("STEPS").map_or(1500, |steps| steps as u32);
    for seed in all {
        let tell = Tell(seed);
        run(seed, steps);
        drop(tell);
    }
}

/// A plan drawn from a seed: any limits, windows, latencies, crowds.
fn drawn(random: &mut Random, faults: bool) -> Plan {
    let per = [200, 1000, 5000][random.below(3) as usize];
    let limits = Pacing {
        bot: if random.chance(200) {
            Limit::Off
        } else {
            rate(10 + random.below(30) as u32, per)
        },
        chat: if random.chance(200) {
            Limit::Off
        } else {
            rate(1 + random.below(2) as u32, per / 2)
        },
        chat_burst: 1 + random.below(4) as u32,
        group: if random.chance(200) {
            Limit::Off
        } else {
            rate(3 + random.below(20) as u32, per)
        },
    };
    let windows = if random.chance(500) {
        Windows::Sliding
    } else {
        Windows::Fixed(random.below(per))
    };
    let mut some = |most: i64| {
        if faults && random.chance(700) {
            random.below(most) as u32
        } else {
            0
        }
    };
    let (refuse, no_connection, lost_before) = (some(50), some(200), some(100));
    let (lost_after, apart, more) = (some(100), some(300), some(200));
    let (crash, meddle) = (some(10), some(30));
    Plan {
        server: limits,
        engine: limits,
        windows,
        groups: 1 + random.below(2),
        topics: 1 + random.below(8),
        customers: 1 + random.below(8),
        latency: [1, 10, 100][random.below(3) as usize],
        arrivals: 1 + random.below(per / 4),
        lane_window: [1, 2, 8, usize::MAX][random.below(4) as usize],
        refuse,
        no_connection,
        lost_before,
        lost_after,
        apart,
        more,
        topics_first: false,
        crash,
        meddle,
    }
}

fn play(plan: Plan, seed: u64, steps: u32) -> World {
    let mut world = World::new(plan, seed);
    world.begin();
    for _ in 0..steps {
        assert!(world.step());
    }
    world.drain();
    world
}

/// Any faults, any crashes; the server's limits are the engine's: all goes well, and the server never says 429.
#[test]
fn faults_and_crashes() {
    seeds(256, |seed, steps| {
        let plan = drawn(&mut Random(seed), true);
        let world = play(plan, seed, steps);
        assert_eq!(
            world.server.floods, 0,
            "429s of {} calls: {:?}",
            world.server.calls, world.plan
        );
    });
}

/// The server is stricter than the engine was told: order and deliveries hold, and the engine learns.
#[test]
fn stricter_server() {
    seeds(96, |seed, steps| {
        let mut random = Random(seed);
        let mut plan = drawn(&mut random, seed % 2 == 0);
        let less = |limit| match limit {
            Limit::Rate(Rate { calls, per }) => rate((calls / 2).max(1), per),
            Limit::Off => rate(15, 1000),
        };
        plan.server.bot = less(plan.server.bot);
        plan.server.group = less(plan.server.group);
        plan.server.chat_burst = 1;
        // what was learnt dies with the process
        plan.crash = 0;
        let world = play(plan, seed, steps);
        let (floods, calls) = (world.server.floods, world.server.calls);
        // without a limit of its own the engine has nothing to shrink
        let engine = world.plan.engine;
        let blind = [engine.bot, engine.chat, engine.group].contains(&Limit::Off);
        assert!(
            blind || floods < calls / 4 + 20,
            "{floods} 429s of {calls} calls: {:?}",
            world.plan
        );
    });
}

/// Ten customers, six messages each and a new topic before them, into one group: within 1.05 of what the limit allows.
#[test]
fn backlog_of_a_group() {
    seeds(32, |seed, _| {
        for (per, latency) in [(60_000, 300), (10_000, 100), (1000, 5)] {
            for windows in [Windows::Sliding, Windows::Fixed(0), Windows::Fixed(per / 3)] {
                for joined in [false, true] {
                    backlog(seed, per, latency, windows, joined);
                }
            }
        }
    });
}

fn backlog(seed: u64, per: Millis, latency: Millis, windows: Windows, joined: bool) {
    let limits = Pacing {
        bot: rate(30, per / 60),
        group: rate(20, per),
        ..Pacing::OFF
    };
    let mut random = Random(seed);
    let plan = Plan {
        server: limits,
        engine: limits,
        windows,
        latency,
        lane_window: usize::MAX,
        topics_first: true,
        ..drawn(&mut random, false)
    };
    let mut world = World::new(plan, seed);
    let start = world.now;
    for message in 0..6 {
        for customer in 0..10 {
            let id = message * 10 + customer + 1;
            let join = Join {
                key: format!("copy {customer}").into(),
                order: id,
                album: None,
                max: 100,
                once: false,
            };
            world.commit(Job {
                id,
                lane: Arc::from(format!("topic {customer}")),
                scope: Scope::Group(-1),
                weight: 1,
                priority: Priority::Customer,
                not_before: 0,
                on_unknown: OnUnknown::RepeatMarked,
                join: (joined).then_some(join),
                attempt: 0,
                asking: false,
            });
        }
    }
    while world.step() {}
    world.drain();
    assert_eq!(world.server.floods, 0);
    assert_eq!(world.server.arrived.len(), 60);
    // 10 topics and 60 copies at 20 a window: three windows must pass
    let (took, bound) = (world.ended - start, 3 * per);
    assert!(
        took * 100 <= bound * 105,
        "{took} ms, the limit allows {bound}; {windows:?}, joined: {joined}"
    );
}
