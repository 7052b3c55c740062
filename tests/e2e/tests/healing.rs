//! What changes under us in a topic or with a customer heals by itself: topics deleted, closed, lost, customers who block the bot.

use anyhow::{Context, Result};
use switchboard_e2e::{SOON, Setup, Stage};
use telegram_sim::faults::{Kind, Rule};
use telegram_sim::{MessageView, Seat};

/// A customer whose first message stands in their topic.
async fn met(stage: &Stage, name: &str) -> Result<(Seat, Seat)> {
    let customer = stage.customer(name);
    customer.text(&format!("{name} begins"));
    let topic = stage.topic(name).await?;
    topic.wait_text(&format!("{name} begins"), SOON).await?;
    Ok((customer, topic))
}

fn thread(seat: &Seat) -> i64 {
    seat.thread.unwrap_or_default()
}

fn said(messages: &[MessageView]) -> Vec<&str> {
    messages
        .iter()
        .filter(|message| !message.service)
        .map(|message| message.text.as_str())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn deleted_topics_are_made_again_once_and_the_message_is_delivered() -> Result<()> {
    let stage = Stage::start(Setup::default()).await?;
    let names = ["Alice", "Bob", "Carol", "Dan"];
    let mut seats = Vec::new();
    for name in names {
        seats.push(met(&stage, name).await?);
    }
    stage.group.wait_topics(SOON, |all| all.len() == names.len()).await?;
    for (_, topic) in &seats {
        stage.group.delete_topic(&stage.operator, thread(topic));
    }
    for round in 0..3 {
        for (name, (customer, _)) in names.iter().zip(&seats) {
            customer.text(&format!("{name} {round}"));
        }
    }
    for (name, (customer, old)) in names.iter().zip(&seats) {
        let topic = stage.topic(name).await?;
        assert_ne!(topic.thread, old.thread);
        topic.wait_text(&format!("{name} 2"), SOON).await.context(stage.log())?;
        assert_eq!(
            topic.texts(),
            (0..3).map(|round| format!("{name} {round}")).collect::<Vec<_>>(),
            "in order, in the new topic"
        );
        topic.text(&format!("hello {name}"));
        customer.wait_text(&format!("hello {name}"), SOON).await?;
    }
    assert_eq!(
        stage.group.own_topics().len(),
        names.len(),
        "exactly one new topic for each"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_messages_while_the_topic_is_being_deleted_come_through_in_order() -> Result<()> {
    let stage = Stage::start(Setup::default()).await?;
    let (alice, topic) = met(&stage, "Alice").await?;
    for n in 0..10 {
        alice.text(&format!("{n}"));
    }
    // Some of them stand there already, some are on their way.
    topic.wait_for(SOON, |all| said(all).len() >= 3).await?;
    stage.group.delete_topic(&stage.operator, thread(&topic));
    for n in 10..20 {
        alice.text(&format!("{n}"));
    }
    let anew = stage.topic("Alice").await?;
    anew.wait_text("19", SOON).await.context(stage.log())?;
    let texts = anew.texts();
    let numbers: Vec<i64> = texts.iter().map(|text| text.parse().unwrap_or(-1)).collect();
    assert!(
        numbers.windows(2).all(|pair| pair[0] + 1 == pair[1]),
        "in order, without a gap, without a repeat: {texts:?}"
    );
    assert!(
        numbers[0] <= 10,
        "nothing of what came after the deletion is missing: {texts:?}"
    );
    assert_eq!(stage.group.own_topics().len(), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_closed_by_hand_closes_the_dialog_until_the_customer_writes() -> Result<()> {
    let stage = Stage::start(Setup {
        parameters: "WELCOME = \"Hi\"".into(),
        ..Setup::default()
    })
    .await?;
    let (alice, topic) = met(&stage, "Alice").await?;
    stage.group.close_topic(&stage.operator, thread(&topic));
    stage
        .group
        .wait_topics(SOON, |all| all[0].name == "⬛ Alice" && all[0].closed)
        .await
        .context(stage.log())?;
    alice.text("me again");
    topic.wait_text("me again", SOON).await?;
    stage
        .group
        .wait_topics(SOON, |all| all[0].name == "🟪 Alice" && !all[0].closed)
        .await
        .context(stage.log())?;
    alice
        .wait_for(SOON, |all| {
            all.iter().filter(|message| message.text == "Hi").count() == 2
        })
        .await?;
    // By hand, the other way round.
    stage.group.close_topic(&stage.operator, thread(&topic));
    stage.group.wait_topics(SOON, |all| all[0].name == "⬛ Alice").await?;
    stage.group.reopen_topic(&stage.operator, thread(&topic));
    stage
        .group
        .wait_topics(SOON, |all| all[0].name == "🟪 Alice")
        .await
        .context(stage.log())?;
    assert_eq!(stage.group.own_topics().len(), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_who_blocks_the_bot_is_told_of_once_and_comes_back() -> Result<()> {
    let stage = Stage::start(Setup::default()).await?;
    let (alice, topic) = met(&stage, "Alice").await?;
    alice.block();
    topic
        .wait_message(SOON, |m| m.text.starts_with("⛔ Alice has blocked the bot"))
        .await
        .context(stage.log())?;
    let answer = topic.text("Are you there?");
    let told = topic
        .wait_message(SOON, |m| {
            m.text == "⚠️ Not delivered to Alice: the customer has blocked the bot."
        })
        .await
        .context(stage.log())?;
    assert_eq!(told.reply_to, Some(answer.message_id), "under the operator's message");
    topic.text("/info");
    topic
        .wait_message(SOON, |m| m.text.contains("Has blocked the bot"))
        .await?;
    alice.unblock();
    topic
        .wait_text("✅ Alice has started the bot again.", SOON)
        .await
        .context(stage.log())?;
    alice.text("here I am");
    topic.wait_text("here I am", SOON).await?;
    topic.text("Welcome back");
    alice.wait_text("Welcome back", SOON).await?;
    let texts = topic.texts();
    assert_eq!(
        texts.iter().filter(|text| text.starts_with("⛔")).count(),
        1,
        "told once: {texts:?}"
    );
    assert_eq!(texts.iter().filter(|text| text.starts_with("✅")).count(), 1);
    assert!(!alice.texts().contains(&"Are you there?".to_owned()));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_whose_creation_was_not_answered_is_the_one_that_is_used() -> Result<()> {
    let stage = Stage::start(Setup::default()).await?;
    for (n, fault) in [Kind::ResetAfter, Kind::BadGatewayAfter, Kind::Truncated]
        .into_iter()
        .enumerate()
    {
        stage
            .sim
            .set_faults(vec![Rule::new(fault, "createForumTopic").times(1)]);
        let name = format!("Customer-{n}");
        let customer = stage.customer(&name);
        customer.text("one");
        customer.text("two");
        let topic = stage.topic(&name).await?;
        topic.wait_text("two", SOON).await.context(stage.log())?;
        assert_eq!(topic.texts(), ["one", "two"]);
        topic.text("three");
        customer.wait_text("three", SOON).await?;
        assert_eq!(
            stage.group.own_topics().len(),
            n + 1,
            "the one that was made is used: {fault:?}"
        );
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn customers_of_the_same_name_never_share_a_topic() -> Result<()> {
    let stage = Stage::start(Setup::default()).await?;
    // Half of the answers are lost, so that topics are adopted while others of the same title are being made.
    stage.sim.set_faults(vec![
        Rule::new(Kind::ResetAfter, "createForumTopic").chance(0.5).seed(7),
    ]);
    let seats: Vec<Seat> = (0..12).map(|_| stage.customer("Alex")).collect();
    for (n, seat) in seats.iter().enumerate() {
        seat.text(&format!("I am {n}"));
    }
    let topics = stage
        .group
        .wait_topics(SOON, |all| {
            all.iter().filter(|topic| topic.messages > 1).count() == seats.len()
        })
        .await
        .context(stage.log())?;
    for topic in topics {
        let seat = stage.operator.in_topic(&stage.group, topic.thread);
        let texts = seat.texts();
        assert_eq!(texts.len(), 1, "one customer's message in each: {texts:?}");
        seat.text(&format!("to {}", texts[0]));
    }
    for (n, seat) in seats.iter().enumerate() {
        seat.wait_text(&format!("to I am {n}"), SOON).await?;
        assert_eq!(seat.texts().len(), 2);
    }
    assert_eq!(stage.group.own_topics().len(), seats.len(), "and no topic is left over");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_of_the_teams_own_is_left_alone() -> Result<()> {
    let stage = Stage::start(Setup::default()).await?;
    let (alice, topic) = met(&stage, "Alice").await?;
    let own = stage.group.create_topic(&stage.operator, "Lunch");
    let lunch = stage.operator.in_topic(&stage.group, own);
    let before = stage.sim.last_call();
    lunch.text("Pizza?");
    lunch.text("/close");
    lunch.text("/ a note");
    stage.group.close_topic(&stage.operator, own);
    topic.text("done");
    alice.wait_text("done", SOON).await?;
    let calls: Vec<_> = stage
        .sim
        .calls_since(before)
        .into_iter()
        .filter(|call| call.thread == Some(own))
        .collect();
    assert!(calls.is_empty(), "{calls:?}");
    assert_eq!(lunch.texts(), ["Pizza?", "/close", "/ a note"]);
    assert_eq!(alice.texts(), ["Alice begins", "done"]);
    Ok(())
}
