//! kill -9 of the gateway in a stream of updates and calls: the program misses no update, and the relay none of its calls.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use switchboard_e2e::{Bot, Setup, Stage};
use telegram_sim::Seat;
use tokio::sync::watch;

const CUSTOMERS: usize = 20;
/// Each is an update of the program's, and each gets an answer, which is a call.
const MESSAGES: usize = 2_500;
const KILLS: usize = 25;

/// What the program got and what it was told that it sent, by customer.
#[derive(Debug, Default, Clone)]
struct Diary {
    got: BTreeMap<i64, Vec<usize>>,
    sent: BTreeMap<i64, Vec<usize>>,
    broken: usize,
}

/// An ordinary program: it polls, answers each message, confirms by the next poll, and begins anew after any failure.
async fn live(mut door: watch::Receiver<String>, diary: Arc<std::sync::Mutex<Diary>>) {
    let mut bot = Bot::at(&door.borrow_and_update());
    loop {
        if door.has_changed().unwrap_or(false) {
            bot.moves_to(&door.borrow_and_update().clone());
        }
        let Ok(updates) = bot.poll(2).await else {
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        for update in updates {
            let chat = update["message"]["chat"]["id"].as_i64().unwrap_or_default();
            let Some(number) = number(update["message"]["text"].as_str().unwrap_or_default(), "in ") else {
                continue;
            };
            diary.lock().unwrap().got.entry(chat).or_default().push(number);
            loop {
                if door.has_changed().unwrap_or(false) {
                    bot.moves_to(&door.borrow_and_update().clone());
                }
                match bot.say(chat, &format!("re {number}")).await {
                    Ok(_) => {
                        diary.lock().unwrap().sent.entry(chat).or_default().push(number);
                        break;
                    }
                    // Nobody knows whether it was sent; a careful program says it again.
                    Err(_) => {
                        diary.lock().unwrap().broken += 1;
                        tokio::time::sleep(Duration::from_millis(20)).await;
                    }
                }
            }
        }
    }
}

fn number(text: &str, prefix: &str) -> Option<usize> {
    text.strip_prefix(prefix)?.parse().ok()
}

/// The numbers in the order in which they come up first.
fn firsts(numbers: &[usize]) -> Vec<usize> {
    let mut seen = std::collections::HashSet::new();
    numbers.iter().copied().filter(|number| seen.insert(*number)).collect()
}

fn shown(topic: &Seat, prefix: &str) -> Vec<usize> {
    topic.texts().iter().filter_map(|text| number(text, prefix)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gateway_killed_in_a_stream_of_updates_and_calls() -> Result<()> {
    let seed: u64 = std::env::var("SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or_else(rand::random);
    println!("SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let mut stage = Stage::start(Setup {
        mode: "gateway".into(),
        ..Setup::default()
    })
    .await?;
    let (moved, door) = watch::channel(stage.door());
    let diary = Arc::new(std::sync::Mutex::new(Diary::default()));
    let program = tokio::spawn(live(door, diary.clone()));
    let customers: Vec<Seat> = (0..CUSTOMERS)
        .map(|n| stage.customer(&format!("Customer-{n:02}")))
        .collect();
    let mut written = [0; CUSTOMERS];
    let (mut sent, mut kills) = (0, 0);
    while sent < MESSAGES || kills < KILLS {
        for _ in 0..random.random_range(20..180).min(MESSAGES - sent) {
            let n = random.random_range(0..CUSTOMERS);
            customers[n].text(&format!("in {}", written[n]));
            written[n] += 1;
            sent += 1;
        }
        tokio::time::sleep(Duration::from_millis(random.random_range(5..400))).await;
        if kills < KILLS {
            stage.kill().await?;
            kills += 1;
            stage.run().await?;
            moved.send_replace(stage.door());
        }
    }
    let begun = Instant::now();
    let (mut repeats, mut calls) = (0, 0);
    for (n, written) in written.iter().enumerate() {
        let expected: Vec<usize> = (0..*written).collect();
        let topic = stage.topic(&format!("Customer-{n:02}")).await?;
        let chat = customers[n].person;
        let patience = Duration::from_secs(60);
        let told = || diary.lock().unwrap().sent.get(&chat).cloned().unwrap_or_default();
        topic
            .wait_for(patience, |_| {
                firsts(&told()).len() == *written
                    && firsts(&shown(&topic, "in ")).len() == *written
                    && firsts(&shown(&topic, "🤖 re ")).len() == *written
            })
            .await
            .with_context(|| {
                let (ins, outs) = (shown(&topic, "in "), shown(&topic, "🤖 re "));
                format!(
                    "customer {n} of SEED={seed}: written {written}, told {}, in the topic {} and {}\n{}",
                    firsts(&told()).len(),
                    firsts(&ins).len(),
                    firsts(&outs).len(),
                    stage.evidence()
                )
            })?;
        let got = diary.lock().unwrap().got.get(&chat).cloned().unwrap_or_default();
        assert_eq!(firsts(&got), expected, "the program's updates, SEED={seed}");
        assert_eq!(firsts(&shown(&topic, "in ")), expected, "the topic, SEED={seed}");
        assert_eq!(
            firsts(&shown(&topic, "🤖 re ")),
            expected,
            "the program in the topic, SEED={seed}"
        );
        repeats += got.len() - written;
        calls += told().len();
    }
    let broken = diary.lock().unwrap().broken;
    println!(
        "{sent} updates and {calls} calls, {kills} kills: 0 lost, 0 out of order; {repeats} updates came again, {broken} calls of the program broke off, settled {:?} after the end",
        begun.elapsed()
    );
    // What came again was handed out and not confirmed when the gateway was killed: at most an answer's worth each time.
    assert!(repeats <= KILLS * 100, "SEED={seed}");
    program.abort();
    stage.stop().await?;
    Ok(())
}
