//! The engine's cost per delivery: add, poll and finish, with ten thousand lanes.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use switchboard_delivery::{Engine, Job, Limit, Millis, OnUnknown, Outcome, Pacing, Priority, Rate, Scope};

const LANES: i64 = 10_000;

fn job(id: i64, lane: &Arc<str>, chat: i64) -> Job {
    Job {
        id,
        lane: lane.clone(),
        scope: Scope::Private(chat),
        weight: 1,
        priority: Priority::Customer,
        not_before: 0,
        on_unknown: OnUnknown::RepeatMarked,
        join: None,
        attempt: 0,
        asking: false,
    }
}

fn loaded(pacing: Pacing, names: &[Arc<str>], each: i64) -> Engine {
    let mut engine = Engine::new(pacing);
    for turn in 0..each {
        for (lane, name) in names.iter().enumerate() {
            engine.add(job(turn * LANES + lane as i64 + 1, name, lane as i64));
        }
    }
    engine
}

/// Until nothing is left; each call takes no time.
fn drain(mut engine: Engine) -> Millis {
    let mut now = 1;
    loop {
        let starts = engine.poll(now);
        for start in &starts {
            black_box(engine.finish(now, start.batch, Outcome::Sent));
        }
        if starts.is_empty() {
            match engine.wake_at() {
                Some(at) => now = at,
                None => return now,
            }
        }
    }
}

fn engine(c: &mut Criterion) {
    let names: Vec<Arc<str>> = (0..LANES).map(|lane| Arc::from(format!("chat {lane}"))).collect();
    let paced = Pacing {
        bot: Limit::Rate(Rate {
            calls: 1_000_000,
            per: 1000,
        }),
        ..Pacing::default()
    };

    let mut group = c.benchmark_group("10k lanes");
    group.sample_size(10);
    group.throughput(Throughput::Elements(10 * LANES as u64));
    group.bench_function("add, poll, finish 100k deliveries, no limits", |b| {
        b.iter(|| drain(loaded(Pacing::OFF, &names, 10)));
    });
    group.bench_function("add, poll, finish 100k deliveries, paced", |b| {
        b.iter(|| drain(loaded(paced, &names, 10)));
    });
    group.throughput(Throughput::Elements(1));
    group.bench_function("one more with 100k waiting", |b| {
        b.iter_batched_ref(
            || {
                (
                    loaded(
                        Pacing {
                            bot: Limit::Rate(Rate { calls: 1, per: 1000 }),
                            ..Pacing::OFF
                        },
                        &names,
                        10,
                    ),
                    1_000_000,
                    0,
                )
            },
            |(engine, id, now)| {
                *id += 1;
                *now += 2000;
                engine.add(job(*id, &names[(*id % LANES) as usize], *id % LANES));
                for start in engine.poll(*now) {
                    black_box(engine.finish(*now, start.batch, Outcome::Sent));
                }
            },
            BatchSize::NumIterations(10_000),
        );
    });
    group.finish();
}

criterion_group!(benches, engine);
criterion_main!(benches);
