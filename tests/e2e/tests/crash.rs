//! kill -9 at random moments, in a stream of messages both ways, with every kind of network fault switched on.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use switchboard_e2e::{Setup, Stage};
use telegram_sim::{Fault, FaultRule, MessageView, Seat};

const CUSTOMERS: usize = 40;
const MESSAGES: usize = 5_000;
const KILLS: usize = 50;

fn faults(seed: u64) -> Vec<FaultRule> {
    let of = |fault, method: &str, chance: f64| FaultRule::new(fault, method).chance(chance).seed(seed);
    vec![
        of(Fault::Refuse, "copyMessage*", 0.004),
        of(Fault::ResetBefore, "copyMessage*", 0.004),
        of(Fault::ResetAfter, "copyMessage*", 0.004),
        of(Fault::BadGatewayAfter, "copyMessage*", 0.004),
        of(Fault::HtmlBefore, "copyMessage*", 0.004),
        of(Fault::Truncated, "copyMessage*", 0.004),
        of(Fault::ErrorBefore, "copyMessage*", 0.002),
        of(Fault::TooManyWithoutRetryAfter, "copyMessage*", 0.0005).times(2),
        of(Fault::ResetAfter, "createForumTopic", 0.1),
        of(Fault::BadGatewayAfter, "createForumTopic", 0.1),
        of(Fault::ResetAfter, "getUpdates", 0.01),
        of(Fault::DuplicateUpdates, "getUpdates", 0.02),
    ]
}

/// What a stream came to on one side of one dialog.
#[derive(Debug, Default)]
struct Tally {
    lost: usize,
    inversions: usize,
    repeats: usize,
    unmarked: usize,
}

/// The texts of `prefix` must be 0, 1, 2, …; a repeat may only stand right behind what it repeats.
fn tally(messages: &[MessageView], prefix: &str, expected: usize) -> Tally {
    let mut tally = Tally::default();
    let mut next = 0;
    for message in messages {
        let Some(number) = message
            .text
            .strip_prefix(prefix)
            .and_then(|number| number.parse::<usize>().ok())
        else {
            continue;
        };
        if number == next {
            next += 1;
        } else if number + 1 == next {
            tally.repeats += 1;
            tally.unmarked += usize::from(message.buttons.is_none());
        } else {
            tally.inversions += 1;
            next = next.max(number + 1);
        }
    }
    tally.lost = expected - next.min(expected);
    tally
}

fn last_of(seat: &Seat, prefix: &str) -> Option<usize> {
    seat.texts()
        .iter()
        .filter_map(|text| text.strip_prefix(prefix)?.parse().ok())
        .max()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_out_of_order_when_the_host_is_killed_fifty_times() -> Result<()> {
    let seed: u64 = std::env::var("SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or_else(rand::random);
    println!("SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let setup = Setup {
        parameters: "WELCOME = \"OFF\"\nUNCONFIRMED = \"repeat\"".into(),
        ..Setup::default()
    };
    let mut stage = Stage::start(setup).await?;
    stage.sim.set_faults(faults(seed));
    let customers: Vec<Seat> = (0..CUSTOMERS)
        .map(|n| stage.customer(&format!("Customer-{n:02}")))
        .collect();
    let mut written: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
    let (mut sent, mut kills, mut ready, mut ended) = (0, 0, Vec::new(), Vec::new());
    while sent < MESSAGES || kills < KILLS {
        for _ in 0..random.random_range(20..120).min(MESSAGES - sent) {
            let n = random.random_range(0..CUSTOMERS);
            let counts = written.entry(n).or_default();
            let topic = stage.group.topic_named(&format!("Customer-{n:02}"));
            match topic.filter(|_| random.random_bool(0.4)) {
                Some(topic) => {
                    stage
                        .operator
                        .in_topic(&stage.group, topic.thread)
                        .text(&format!("out {}", counts.1));
                    counts.1 += 1;
                }
                None => {
                    customers[n].text(&format!("in {}", counts.0));
                    counts.0 += 1;
                }
            }
            sent += 1;
        }
        tokio::time::sleep(Duration::from_millis(random.random_range(5..250))).await;
        if kills < KILLS {
            let at = std::time::SystemTime::now();
            stage.kill().await?;
            ended.push(at);
            kills += 1;
            stage.run().await?;
            ready.push(stage.host.as_ref().context("running")?.ready_after);
        }
    }
    let begun = Instant::now();
    let mut total = Tally::default();
    for (n, (incoming, outgoing)) in &written {
        let topic = stage.topic(&format!("Customer-{n:02}")).await?;
        // A call without an answer is waited for; several in a row take their time.
        let patience = Duration::from_secs(40);
        topic
            .wait_for(patience, |_| last_of(&topic, "in ") == incoming.checked_sub(1))
            .await
            .with_context(|| format!("topic {n} of SEED={seed}\n{}", stage.evidence()))?;
        customers[*n]
            .wait_for(patience, |_| last_of(&customers[*n], "out ") == outgoing.checked_sub(1))
            .await
            .with_context(|| format!("customer {n} of SEED={seed}\n{}", stage.evidence()))?;
        for (tally, in_topic) in [
            (tally(&topic.content(), "in ", *incoming), true),
            (tally(&customers[*n].content(), "out ", *outgoing), false),
        ] {
            total.lost += tally.lost;
            total.inversions += tally.inversions;
            total.repeats += tally.repeats;
            total.unmarked += if in_topic { tally.unmarked } else { 0 };
        }
    }
    let calls = stage.sim.calls();
    let ambiguous = calls
        .iter()
        .filter(|call| call.ambiguous() && call.effect && call.method.starts_with("copy"))
        .count();
    let cut_off = ended
        .iter()
        .map(|at| {
            let at = at.duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_millis() as u64;
            // Begun before the kill, and answered after it or so shortly before that the answer was not yet written down.
            calls
                .iter()
                .filter(|call| {
                    call.method.starts_with("copy")
                        && call.effect
                        && call.at <= at + 20
                        && call.at + call.took_us / 1_000 + 30 >= at
                })
                .count()
        })
        .sum::<usize>();
    ready.sort();
    println!(
        "{sent} messages, {kills} kills: {} lost, {} out of order, {} repeats ({ambiguous} answers lost by faults, up to {cut_off} cut off by kills), topics {}, ready after p50 {:?} max {:?}, settled {:?} after the end",
        total.lost,
        total.inversions,
        total.repeats,
        stage.group.own_topics().len(),
        ready[ready.len() / 2],
        ready[ready.len() - 1],
        begun.elapsed(),
    );
    assert_eq!(total.lost, 0, "SEED={seed}");
    assert_eq!(total.inversions, 0, "SEED={seed}");
    assert!(
        total.repeats <= ambiguous + cut_off,
        "repeats without an unknown outcome, SEED={seed}"
    );
    assert_eq!(
        total.unmarked, 0,
        "a repeat in a topic says that it may be one, SEED={seed}"
    );
    assert_eq!(
        stage.group.own_topics().len(),
        written.len(),
        "one topic for each customer, SEED={seed}"
    );
    assert!(
        ready[ready.len() - 1] < Duration::from_secs(2),
        "ready again within 2 s, SEED={seed}"
    );
    stage.sim.clear_faults();
    stage.stop().await?;
    Ok(())
}
