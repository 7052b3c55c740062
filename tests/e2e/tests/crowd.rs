//! Many customers at once, and the group's few calls a minute.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use switchboard_e2e::{SOON, Setup, Stage};
use telegram_sim::{Limits, Seat};

/// The texts of each customer's topic.
async fn topics(
    stage: &Stage,
    customers: usize,
    messages: usize,
    within: Duration,
) -> Result<BTreeMap<String, Vec<String>>> {
    let topics = stage
        .group
        .wait_topics(within, |all| {
            all.iter().filter(|topic| topic.name.contains("Customer")).count() >= customers
        })
        .await
        .context(stage.log())?;
    let mut texts = BTreeMap::new();
    for topic in topics.iter().filter(|topic| topic.name.contains("Customer")) {
        let seat: Seat = stage.operator.in_topic(&stage.group, topic.thread);
        let seen = seat
            .wait_for(within, |all| all.iter().filter(|m| !m.service).count() >= messages)
            .await
            .with_context(|| format!("{}\n{}", topic.name, stage.log()))?;
        let name = topic.name.split_whitespace().skip(1).collect::<Vec<_>>().join(" ");
        let one_by_one = seen.iter().filter(|m| !m.service).map(|m| m.text.clone()).collect();
        anyhow::ensure!(
            texts.insert(name.clone(), one_by_one).is_none(),
            "two topics for {name}"
        );
    }
    Ok(texts)
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_new_customers_at_once_get_fifty_topics() -> Result<()> {
    let stage = Stage::start(Setup::default()).await?;
    let seats: Vec<Seat> = (0..50).map(|n| stage.customer(&format!("Customer-{n}"))).collect();
    for round in 0..3 {
        for (n, seat) in seats.iter().enumerate() {
            seat.text(&format!("{n}/{round}"));
        }
    }
    let texts = topics(&stage, 50, 3, SOON).await?;
    assert_eq!(texts.len(), 50);
    assert_eq!(stage.group.own_topics().len(), 50, "exactly one topic for each");
    for n in 0..50 {
        let expected: Vec<String> = (0..3).map(|round| format!("{n}/{round}")).collect();
        assert_eq!(texts.get(&format!("Customer-{n}")), Some(&expected));
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backlog_under_the_group_limit_goes_out_as_fast_as_the_limit_allows() -> Result<()> {
    let window = Duration::from_secs(3);
    let setup = Setup {
        pacing: format!("bot = \"off\"\nchat = \"off\"\ngroup = \"20/{}ms\"", window.as_millis()),
        limits: Limits::group(20, window),
        ..Setup::default()
    };
    let stage = Stage::start(setup).await?;
    let begun = Instant::now();
    let seats: Vec<Seat> = (0..10).map(|n| stage.customer(&format!("Customer-{n}"))).collect();
    for round in 0..6 {
        for (n, seat) in seats.iter().enumerate() {
            seat.text(&format!("{n}/{round}"));
        }
    }
    let texts = topics(&stage, 10, 6, Duration::from_secs(60)).await?;
    let took = begun.elapsed();
    for n in 0..10 {
        let expected: Vec<String> = (0..6).map(|round| format!("{n}/{round}")).collect();
        assert_eq!(texts.get(&format!("Customer-{n}")), Some(&expected), "in order");
    }
    let calls = stage.sim.calls();
    let to_group: usize = calls
        .iter()
        .filter(|call| call.chat == Some(stage.group.id()) && call.effect)
        .map(|call| call.cost)
        .sum();
    assert_eq!(to_group, 70, "one topic and six messages for each of ten customers");
    assert_eq!(calls.iter().filter(|call| call.code == 429).count(), 0, "no 429 at all");
    // 70 calls, 20 in a window: the last ten cannot go before three windows are over.
    let bound = window * 3;
    println!(
        "backlog under the group limit: {:.3} of the bound of {bound:?}",
        took.as_secs_f64() / bound.as_secs_f64()
    );
    assert!(took >= bound, "the referee let too much through: {took:?}");
    assert!(
        took.as_secs_f64() <= bound.as_secs_f64() * 1.05,
        "{took:?} for a bound of {bound:?}"
    );
    Ok(())
}
