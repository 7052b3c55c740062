//! Telegram did not say whether a message reached the customer: the operator is asked, and nothing is guessed at in silence.

use anyhow::{Context, Result};
use switchboard_e2e::{SOON, Setup, Stage};
use telegram_sim::faults::{Kind, Rule};
use telegram_sim::world::chat::ChatKey;
use telegram_sim::{MessageView, Seat};

/// Loses the answers of the next `times` calls to a customer.
fn lose(stage: &Stage, customer: &Seat, fault: Kind, times: u64) {
    let rule = Rule {
        chat: Some(customer.person),
        ..Rule::new(fault, "copy*|send*|forward*")
    };
    stage.sim.set_faults(vec![rule.times(times)]);
}

async fn met(stage: &Stage, name: &str) -> Result<(Seat, Seat)> {
    let customer = stage.customer(name);
    customer.text("hello");
    let topic = stage.topic(name).await?;
    topic.wait_text("hello", SOON).await?;
    Ok((customer, topic))
}

/// The open question in a topic, and the operator's message that it stands under.
async fn question(topic: &Seat) -> Result<MessageView> {
    Ok(topic
        .wait_message(SOON, |m| m.text.starts_with("❓ Not confirmed") && m.buttons.is_some())
        .await?)
}

async fn decided(topic: &Seat, question: &MessageView, text: &str) -> Result<()> {
    let id = question.message_id;
    topic
        .wait_for(SOON, |all| {
            all.iter()
                .any(|m| m.message_id == id && m.text.starts_with(text) && m.buttons.as_ref().is_none_or(no_buttons))
        })
        .await?;
    Ok(())
}

fn no_buttons(markup: &serde_json::Value) -> bool {
    !markup.to_string().contains("callback_data")
}

fn count(seat: &Seat, text: &str) -> usize {
    seat.texts().iter().filter(|it| *it == text).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn send_again_repeats_and_the_rest_follows_in_order() -> Result<()> {
    let stage = Stage::start(Setup::default()).await?;
    let (alice, topic) = met(&stage, "Alice").await?;
    for (round, fault) in [Kind::ResetAfter, Kind::BadGatewayAfter].into_iter().enumerate() {
        lose(&stage, &alice, fault, 1);
        let (first, second, third) = (format!("{round} one"), format!("{round} two"), format!("{round} three"));
        let sent = topic.text(&first);
        let asked = question(&topic).await.context(stage.log())?;
        assert_eq!(asked.reply_to, Some(sent.message_id), "under the operator's message");
        topic.text(&second);
        topic.text(&third);
        let help = topic.text("/help");
        topic
            .wait_message(SOON, |m| m.reply_to == Some(help.message_id))
            .await?;
        assert_eq!(
            (count(&alice, &first), count(&alice, &second)),
            (1, 0),
            "later answers wait"
        );
        let press = topic.press_text(asked.message_id, "Send again");
        assert_eq!(
            topic
                .answer(&press, SOON)
                .await
                .and_then(|answer| answer.text)
                .as_deref(),
            Some("↻ Sent again. The customer may have it twice.")
        );
        alice.wait_text(&third, SOON).await.context(stage.log())?;
        let texts: Vec<String> = alice
            .texts()
            .into_iter()
            .filter(|text| text.starts_with(&format!("{round} ")))
            .collect();
        assert_eq!(texts, [first.clone(), first, second, third]);
        decided(&topic, &asked, "↻ Sent again").await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn leave_it_goes_on_and_a_second_press_changes_nothing() -> Result<()> {
    let stage = Stage::start(Setup::default()).await?;
    let (bob, topic) = met(&stage, "Bob").await?;
    lose(&stage, &bob, Kind::ResetBefore, 1);
    topic.text("one");
    let asked = question(&topic).await?;
    topic.text("two");
    let press = topic.press_text(asked.message_id, "Leave it");
    let answer = topic
        .answer(&press, SOON)
        .await
        .and_then(|answer| answer.text)
        .unwrap_or_default();
    assert!(answer.starts_with("✔️ Left as it is"), "{answer}");
    bob.wait_text("two", SOON).await.context(stage.log())?;
    decided(&topic, &asked, "✔️ Left as it is").await?;
    assert_eq!(bob.texts(), ["hello", "two"]);
    // Somebody's app still shows the old buttons.
    let data = asked
        .buttons
        .as_ref()
        .map(serde_json::Value::to_string)
        .unwrap_or_default();
    let data = data
        .split('"')
        .find(|part| part.starts_with("u:") && part.ends_with(":again"))
        .unwrap_or_default()
        .to_owned();
    let late = stage
        .sim
        .with_world(|world| world.press(topic.person, ChatKey::Group(topic.chat), asked.message_id, &data))?;
    assert_eq!(
        topic
            .answer(&late, SOON)
            .await
            .and_then(|answer| answer.text)
            .as_deref(),
        Some("This was decided already.")
    );
    topic.text("three");
    bob.wait_text("three", SOON).await?;
    assert_eq!(bob.texts(), ["hello", "two", "three"]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn one_question_stands_for_all_that_went_in_one_call() -> Result<()> {
    let mut stage = Stage::start(Setup::default()).await?;
    let (carol, topic) = met(&stage, "Carol").await?;
    for (verb, copies) in [("Send again", 2), ("Leave it", 1)] {
        lose(&stage, &carol, Kind::ResetAfter, 1);
        let album = topic.album(&[
            ("photo", &format!("{verb} a")),
            ("photo", &format!("{verb} b")),
            ("video", &format!("{verb} c")),
        ]);
        let asked = question(&topic).await.context(stage.log())?;
        assert_eq!(asked.reply_to, Some(album[0].message_id));
        assert!(asked.text.contains("this and your next 2 messages"), "{}", asked.text);
        let after = format!("after {verb}");
        topic.text(&after);
        topic.press_text(asked.message_id, verb);
        carol.wait_text(&after, SOON).await.context(stage.log())?;
        for part in ["a", "b", "c"] {
            assert_eq!(count(&carol, &format!("{verb} {part}")), copies, "{verb}");
        }
        decided(&topic, &asked, "").await?;
        // Nothing is left over that would ask again.
        assert_eq!(stage.stop().await?, 0);
        stage.run().await?;
        let later = format!("later {verb}");
        topic.text(&later);
        carol.wait_text(&later, SOON).await.context(stage.log())?;
    }
    let questions = topic.texts().iter().filter(|text| text.starts_with("❓")).count();
    assert_eq!(questions, 0, "every question shows its answer");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_outlives_the_host() -> Result<()> {
    let mut stage = Stage::start(Setup::default()).await?;
    let (dan, topic) = met(&stage, "Dan").await?;
    lose(&stage, &dan, Kind::ResetAfter, 1);
    topic.text("one");
    let asked = question(&topic).await?;
    topic.text("two");
    stage.kill().await?;
    stage.run().await?;
    topic.text("three");
    topic.press_text(asked.message_id, "Send again");
    dan.wait_text("three", SOON).await.context(stage.log())?;
    assert_eq!(dan.texts(), ["hello", "one", "one", "two", "three"]);
    decided(&topic, &asked, "↻ Sent again").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_with_the_call_open_asks_after_the_start() -> Result<()> {
    let mut stage = Stage::start(Setup::default()).await?;
    let (eve, topic) = met(&stage, "Eve").await?;
    lose(&stage, &eve, Kind::SilentAfter, 1);
    let sent = topic.text("one");
    eve.wait_text("one", SOON).await?;
    stage.kill().await?;
    stage.sim.clear_faults();
    stage.run().await?;
    let asked = question(&topic).await.context(stage.log())?;
    assert_eq!(asked.reply_to, Some(sent.message_id));
    topic.text("two");
    topic.press_text(asked.message_id, "Leave it");
    eve.wait_text("two", SOON).await?;
    assert_eq!(eve.texts(), ["hello", "one", "two"]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_parameter_decides_without_a_question() -> Result<()> {
    for (word, copies) in [("repeat", 2), ("leave", 1)] {
        let parameters = format!("WELCOME = \"OFF\"\nUNCONFIRMED = \"{word}\"");
        let stage = Stage::start(Setup {
            parameters,
            ..Setup::default()
        })
        .await?;
        let (fay, topic) = met(&stage, "Fay").await?;
        lose(&stage, &fay, Kind::ResetAfter, 1);
        let sent = topic.text("one");
        topic.text("two");
        fay.wait_text("two", SOON).await.context(stage.log())?;
        assert_eq!((word, count(&fay, "one")), (word, copies));
        assert_eq!(count(&fay, "two"), 1);
        if word == "leave" {
            let told = topic
                .wait_message(SOON, |m| m.text.contains("It was not sent again (UNCONFIRMED = leave)"))
                .await?;
            assert_eq!(told.reply_to, Some(sent.message_id));
            assert!(told.buttons.is_none());
        } else {
            assert!(topic.texts().iter().all(|text| !text.contains("Not confirmed")));
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_in_the_topic_is_marked() -> Result<()> {
    let stage = Stage::start(Setup::default()).await?;
    let (gus, topic) = met(&stage, "Gus").await?;
    let group = Rule {
        chat: Some(stage.group.id()),
        ..Rule::new(Kind::ResetAfter, "copy*")
    };
    stage.sim.set_faults(vec![group.times(1)]);
    gus.text("one");
    let shown = topic
        .wait_for(SOON, |all| all.iter().filter(|m| m.text == "one").count() == 2)
        .await
        .context(stage.log())?;
    let marks: Vec<bool> = shown
        .iter()
        .filter(|m| m.text == "one")
        .map(|m| {
            m.buttons
                .as_ref()
                .is_some_and(|rows| rows.to_string().contains("may be a repeat"))
        })
        .collect();
    assert_eq!(marks, [false, true]);
    // The mark does nothing, and says nothing wrong.
    let marked = shown
        .iter()
        .rev()
        .find(|m| m.text == "one")
        .map(|m| m.message_id)
        .unwrap_or_default();
    let press = topic.press_text(marked, "↻ may be a repeat");
    assert!(topic.answer(&press, SOON).await.is_some(), "the button does not hang");
    // A reply to either of them is a reply to the customer's message.
    topic.reply(marked, "two");
    let two = gus.wait_text("two", SOON).await?;
    let one = gus.wait_text("one", SOON).await?;
    assert_eq!(two.reply_to, Some(one.message_id));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quick_reply_of_unknown_outcome_asks_under_its_command() -> Result<()> {
    let stage = Stage::start(Setup::default()).await?;
    let (hal, topic) = met(&stage, "Hal").await?;
    let note = topic.text("We open at nine.");
    hal.wait_text("We open at nine.", SOON).await?;
    topic.reply(note.message_id, "/say hours");
    topic.wait_message(SOON, |m| m.text.starts_with("Saved")).await?;
    lose(&stage, &hal, Kind::ResetAfter, 1);
    let command = topic.text("/say hours");
    let asked = question(&topic).await.context(stage.log())?;
    assert_eq!(asked.reply_to, Some(command.message_id));
    topic.press_text(asked.message_id, "Send again");
    hal.wait_for(SOON, |all| {
        all.iter().filter(|m| m.text == "We open at nine.").count() == 3
    })
    .await?;
    topic
        .wait_for(SOON, |all| {
            all.iter()
                .filter(|m| m.text == "We open at nine." && m.from_bot)
                .count()
                == 1
        })
        .await
        .context(stage.log())?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_greeting_of_unknown_outcome_is_told_of() -> Result<()> {
    let stage = Stage::start(Setup {
        parameters: "WELCOME = \"Hi!\"".into(),
        ..Setup::default()
    })
    .await?;
    let ivy = stage.customer("Ivy");
    lose(&stage, &ivy, Kind::ResetAfter, 1);
    ivy.text("hello");
    let topic = stage.topic("Ivy").await?;
    let told = topic
        .wait_message(SOON, |m| m.text.contains("such as the greeting, reached Ivy"))
        .await
        .context(stage.log())?;
    assert!(told.buttons.is_none(), "nobody wrote it, so nobody is asked");
    topic.text("Good morning");
    ivy.wait_text("Good morning", SOON).await?;
    assert_eq!(ivy.texts(), ["hello", "Hi!", "Good morning"]);
    Ok(())
}
