//! Everything that heals, at once and at random: whatever is done to topics and to the bot, no message is lost or out of order.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use switchboard_e2e::{SOON, Setup, Stage};
use telegram_sim::faults::{Kind, Rule};
use telegram_sim::world::chat::ChatKey;
use telegram_sim::{MessageView, Seat};

const CUSTOMERS: usize = 5;
/// Rounds of a test run; `ROUNDS=150` and a `SEED` of one's own look for what nobody has thought of.
const ROUNDS: usize = 30;

/// What stood in the topics that were deleted, in the order of their deletion.
type Gone = Vec<(String, Vec<MessageView>)>;

/// Deletes a topic, and says what stood in it at that very moment.
fn delete(stage: &Stage, thread: i64, gone: &mut Gone) {
    let (operator, group) = (stage.operator.id, stage.group.id());
    stage.sim.with_world(|world| {
        let name = world
            .topics_of(group, None)
            .into_iter()
            .find(|topic| topic.thread == thread)
            .map(|topic| topic.name);
        let seen = world.messages_of(operator, ChatKey::Group(group), Some(thread), 0, usize::MAX);
        if world.person_deletes_topic(operator, group, thread).is_ok() {
            gone.push((name.unwrap_or_default(), seen));
        }
    });
}

/// One thing that happens to the group. What must be mended is mended at once, so that the next can happen.
async fn mischief(stage: &mut Stage, random: &mut StdRng, gone: &mut Gone) -> Result<()> {
    let topics = stage.group.own_topics();
    let topic = topics.choose(random);
    match (random.random_range(0..10), topic) {
        (0..=2, Some(topic)) => delete(stage, topic.thread, gone),
        (3..=4, Some(topic)) if topic.closed => stage.group.reopen_topic(&stage.operator, topic.thread),
        (3..=4, Some(topic)) => stage.group.close_topic(&stage.operator, topic.thread),
        (5, _) => stage.group.add_admin_bot_with(&stage.bot, &["can_manage_chat"]),
        (6, _) => stage.group.add_bot(&stage.bot),
        (7, _) => stage.group.kick(stage.bot.id),
        (8, _) if random.random_bool(0.3) => {
            stage.kill().await?;
            stage.run().await?;
        }
        (8, _) => stage.sim.set_online(false),
        _ => stage.sim.set_faults(vec![
            Rule::new(Kind::ResetAfter, "copy*").times(2),
            Rule::new(Kind::ResetAfter, "createForumTopic").chance(0.2).times(1),
            Rule::new(Kind::ErrorBefore, "copy*|reopen*").times(2),
        ]),
    }
    let pause = Duration::from_millis(random.random_range(5..60));
    tokio::time::sleep(pause).await;
    stage.sim.set_online(true);
    stage.group.add_admin_bot(&stage.bot);
    Ok(())
}

/// The numbers of a customer's messages in the order in which they were shown; a repeat is left out where it says that it may be one.
fn numbers(messages: &[MessageView], name: &str) -> Vec<usize> {
    let repeat = |m: &&MessageView| {
        m.buttons
            .as_ref()
            .is_some_and(|rows| rows.to_string().contains("may be a repeat"))
    };
    let mut seen = Vec::new();
    for message in messages.iter().filter(|m| m.from_bot) {
        let Some(number) = message
            .text
            .strip_prefix(name)
            .and_then(|rest| rest.trim().parse().ok())
        else {
            continue;
        };
        if !(repeat(&message) && seen.contains(&number)) {
            seen.push(number);
        }
    }
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_whatever_is_done_to_the_group() -> Result<()> {
    let given = |name: &str| std::env::var(name).ok().and_then(|number| number.parse::<u64>().ok());
    let seed = given("SEED").unwrap_or(20_261_121);
    let rounds = given("ROUNDS").map_or(ROUNDS, |rounds| rounds as usize);
    println!("SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let setup = Setup {
        parameters: "WELCOME = \"OFF\"\nUNCONFIRMED = \"repeat\"".into(),
        ..Setup::default()
    };
    let mut stage = Stage::start(setup).await?;
    let names: Vec<String> = (0..CUSTOMERS).map(|n| format!("Customer-{n}")).collect();
    let seats: Vec<Seat> = names.iter().map(|name| stage.customer(name)).collect();
    let mut written: BTreeMap<&str, usize> = BTreeMap::new();
    let mut gone = Gone::new();
    let mut answers = 0;
    for (name, seat) in names.iter().zip(&seats) {
        seat.text(&format!("{name} 0"));
        written.insert(name, 1);
    }
    stage.group.wait_topics(SOON, |all| all.len() == CUSTOMERS).await?;
    for _ in 0..rounds {
        for _ in 0..random.random_range(1..6) {
            let who = random.random_range(0..CUSTOMERS);
            let count = written.entry(&names[who]).or_default();
            seats[who].text(&format!("{} {count}", names[who]));
            *count += 1;
        }
        if let Some(topic) = stage.group.own_topics().choose(&mut random) {
            answers += 1;
            stage
                .operator
                .in_topic(&stage.group, topic.thread)
                .text(&format!("answer {answers}"));
        }
        mischief(&mut stage, &mut random, &mut gone).await?;
    }
    stage.sim.clear_faults();
    let mut arrived = 0;
    for (name, seat) in names.iter().zip(&seats) {
        seat.text(&format!("{name} the end"));
        let said = async {
            let topics = stage
                .group
                .wait_topics(SOON, |all| {
                    all.iter()
                        .any(|topic| topic.name.contains(name) && shows_end(&stage, topic.thread, name))
                })
                .await?;
            let ours: Vec<i64> = topics
                .iter()
                .filter(|topic| topic.name.contains(name))
                .map(|topic| topic.thread)
                .collect();
            let shown = ours
                .iter()
                .map(|thread| stage.operator.in_topic(&stage.group, *thread).messages());
            let mut shown: Vec<_> = shown
                .filter(|all| !numbers(all, name).is_empty() || all.iter().any(|m| m.text.ends_with("the end")))
                .collect();
            ensure!(
                shown.len() == 1,
                "{name} has messages in {} of the topics {ours:?}",
                shown.len()
            );
            if ours.len() > 1 {
                let told = stage
                    .operator
                    .general(&stage.group)
                    .texts()
                    .iter()
                    .filter(|text| text.contains("made twice") && text.contains(name))
                    .count();
                ensure!(
                    told >= ours.len() - 1,
                    "{name} has the topics {ours:?}, and General was told of {told}"
                );
            }
            Ok(shown.remove(0))
        };
        let last = said
            .await
            .with_context(|| format!("SEED={seed} {name}\n{}", stage.evidence()))?;
        let before = gone
            .iter()
            .filter(|(title, _)| title.contains(name))
            .map(|(_, messages)| messages);
        let shown: Vec<usize> = before
            .chain([&last])
            .flat_map(|messages| numbers(messages, name))
            .collect();
        let unique = unrepeated(&shown);
        let expected: Vec<usize> = (0..written.get(name.as_str()).copied().unwrap_or_default()).collect();
        assert_eq!(unique, expected, "{name}, SEED={seed}: {shown:?}\n{}", stage.evidence());
        let got: Vec<usize> = seat
            .texts()
            .iter()
            .filter_map(|text| text.strip_prefix("answer ")?.parse().ok())
            .collect();
        assert!(got.is_sorted(), "{name}, SEED={seed}: {got:?}\n{}", stage.evidence());
        arrived += unrepeated(&got).len();
        // And the way back works.
        let thread = last.first().and_then(|message| message.thread).unwrap_or_default();
        stage
            .operator
            .in_topic(&stage.group, thread)
            .text(&format!("to {name}"));
        seat.wait_text(&format!("to {name}"), SOON)
            .await
            .with_context(|| format!("SEED={seed}\n{}", stage.evidence()))?;
    }
    println!(
        "{} messages, {} topics deleted, {arrived} of {answers} answers arrived",
        written.values().sum::<usize>(),
        gone.len()
    );
    Ok(())
}

/// Without what stood in a topic that was deleted and comes again in the next, as its outcome was not known.
fn unrepeated(shown: &[usize]) -> Vec<usize> {
    let mut unique: Vec<usize> = Vec::new();
    for number in shown {
        if unique.last() != Some(number) {
            unique.push(*number);
        }
    }
    unique
}

fn shows_end(stage: &Stage, thread: i64, name: &str) -> bool {
    stage
        .operator
        .in_topic(&stage.group, thread)
        .texts()
        .iter()
        .any(|text| *text == format!("{name} the end"))
}
