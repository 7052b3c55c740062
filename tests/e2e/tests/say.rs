//! Quick replies with every content: media, albums of both sides, forwards, the list and its buttons, saving in General.

use anyhow::{Context, Result};
use switchboard_e2e::{SOON, Setup, Stage};
use telegram_sim::people::compose::Item;
use telegram_sim::{MessageView, Seat};

async fn met(stage: &Stage, name: &str) -> Result<(Seat, Seat)> {
    let customer = stage.customer(name);
    customer.text("hello");
    let topic = stage.topic(name).await?;
    topic.wait_text("hello", SOON).await?;
    Ok((customer, topic))
}

/// A command under a message, and what the bot answers to it.
async fn under(seat: &Seat, message: i64, command: &str) -> Result<MessageView> {
    let sent = seat.reply(message, command);
    let answered = seat
        .wait_message(SOON, |m| m.from_bot && m.reply_to == Some(sent.message_id))
        .await;
    answered.with_context(|| format!("no answer to {command}"))
}

async fn answer(seat: &Seat, command: &str) -> Result<MessageView> {
    let sent = seat.text(command);
    let answered = seat
        .wait_message(SOON, |m| m.from_bot && m.reply_to == Some(sent.message_id))
        .await;
    answered.with_context(|| format!("no answer to {command}"))
}

/// What must be the same in a message that is sent again.
fn essence(message: &MessageView) -> String {
    let media = message.media.as_ref().map(|media| media.unique_id.clone());
    format!(
        "{} {:?} {:?} {media:?} {:?}",
        message.kind, message.text, message.entities, message.fields
    )
}

fn caption(html: &str) -> Item {
    Item {
        kind: Some("photo".into()),
        caption: Some(html.into()),
        parse_mode: Some("HTML".into()),
        ..Item::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn media_with_formatted_captions_are_sent_as_they_were_saved() -> Result<()> {
    let stage = Stage::start(Setup::default()).await?;
    let (alice, topic) = met(&stage, "Alice").await?;
    let general = stage.operator.general(&stage.group);
    let sources = [
        (
            "map",
            general.send(caption("<b>Our</b> shop 👍 <a href=\"https://example.com/\">map</a>")),
        ),
        ("price", general.html("<i>Prices</i> are <code>in euros</code>")),
        ("voice", general.voice("listen")),
        ("round", general.video_note()),
        ("sticker", general.sticker()),
        ("place", general.venue()),
        ("card", general.contact()),
        ("file", general.document("a file")),
    ];
    for (name, source) in &sources {
        let saved = under(&general, source.message_id, &format!("/say {name}")).await?;
        assert!(saved.text.starts_with("Saved"), "{}", saved.text);
    }
    for (name, source) in &sources {
        let before = alice.content().len();
        topic.text(&format!("/say {name}"));
        let got = alice
            .wait_for(SOON, |all| all.iter().filter(|m| !m.service).count() > before)
            .await
            .with_context(|| stage.log())?;
        let got = got.last().context("nothing came")?;
        assert_eq!(essence(got), essence(source), "{name}");
        topic
            .wait_for(SOON, |all| {
                all.iter().any(|m| m.from_bot && essence(m) == essence(source))
            })
            .await
            .with_context(|| format!("the topic shows {name}"))?;
    }
    // A command may stand in a caption; its picture goes nowhere.
    let before = alice.content().len();
    topic.photo("/say price");
    alice
        .wait_for(SOON, |all| all.iter().filter(|m| !m.service).count() > before)
        .await?;
    let last = alice.content().pop().context("nothing came")?;
    assert_eq!(essence(&last), essence(&sources[1].1));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn albums_of_both_sides_are_saved_whole() -> Result<()> {
    let stage = Stage::start(Setup::default()).await?;
    let (bob, topic) = met(&stage, "Bob").await?;
    let own = topic.album(&[("photo", "own 1"), ("video", "own 2"), ("photo", "own 3")]);
    bob.wait_text("own 3", SOON).await?;
    let theirs = bob.album(&[("photo", "theirs 1"), ("photo", "theirs 2")]);
    let shown = topic.wait_text("theirs 2", SOON).await?;
    let saved = under(&topic, own[1].message_id, "/say own").await?;
    assert!(saved.text.contains("album of 3"), "{}", saved.text);
    let saved = under(&topic, shown.message_id, "/say theirs").await?;
    assert!(saved.text.contains("album of 2"), "{}", saved.text);

    let (carol, other) = met(&stage, "Carol").await?;
    other.text("/say own");
    other.text("/say theirs");
    carol
        .wait_for(SOON, |all| all.iter().filter(|m| m.media.is_some()).count() == 5)
        .await
        .with_context(|| stage.log())?;
    let got: Vec<MessageView> = carol.content().into_iter().filter(|m| m.media.is_some()).collect();
    let wanted: Vec<String> = own.iter().chain(&theirs).map(essence).collect();
    assert_eq!(got.iter().map(essence).collect::<Vec<_>>(), wanted);
    assert!(
        got[0].media_group.is_some() && got[..3].iter().all(|m| m.media_group == got[0].media_group),
        "one album"
    );
    assert!(
        got[3].media_group.is_some()
            && got[3].media_group != got[0].media_group
            && got[3].media_group == got[4].media_group
    );
    let in_topic = other
        .wait_for(SOON, |all| all.iter().filter(|m| m.media.is_some()).count() == 5)
        .await
        .with_context(|| stage.log())?;
    assert_eq!(
        in_topic
            .iter()
            .filter(|m| m.media.is_some())
            .map(essence)
            .collect::<Vec<_>>(),
        wanted,
        "the topic shows what was sent"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forward_shows_its_author() -> Result<()> {
    let stage = Stage::start(Setup::default()).await?;
    let (dan, topic) = met(&stage, "Dan").await?;
    let source = topic.text("Our terms");
    dan.wait_text("Our terms", SOON).await?;
    under(&topic, source.message_id, "/say terms").await?;
    topic.text("/say terms fwd");
    let got = dan
        .wait_message(SOON, |m| m.forward_from.is_some())
        .await
        .with_context(|| stage.log())?;
    assert_eq!(
        (got.text.as_str(), got.forward_from.as_deref()),
        ("Our terms", Some("Olga"))
    );
    topic
        .wait_message(SOON, |m| m.from_bot && m.text == "Our terms")
        .await?;
    // The source is gone: the operator is told why, under the command.
    topic.delete(source.message_id);
    let told = answer(&topic, "/say terms fwd").await?;
    assert!(told.text.starts_with("⚠️ Not delivered to Dan"), "{}", told.text);
    topic.text("/say terms");
    dan.wait_for(SOON, |all| all.iter().filter(|m| m.text == "Our terms").count() == 3)
        .await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lists_buttons_send_and_turn_pages() -> Result<()> {
    let stage = Stage::start(Setup::default()).await?;
    let (eve, topic) = met(&stage, "Eve").await?;
    let general = stage.operator.general(&stage.group);
    assert!(answer(&topic, "/say").await?.text.contains("No quick replies yet"));
    for n in 0..10 {
        let source = general.text(&format!("Text {n}"));
        under(&general, source.message_id, &format!("/say reply-{n}")).await?;
    }
    let list = answer(&topic, "/say").await?;
    assert!(list.text.starts_with("Quick replies: 10, page 1 of 2"), "{}", list.text);
    let press = topic.press_text(list.message_id, "reply-3");
    let toast = topic.answer(&press, SOON).await.and_then(|answer| answer.text);
    assert_eq!(toast.as_deref(), Some("Sending reply-3"));
    eve.wait_text("Text 3", SOON).await?;
    topic.press_text(list.message_id, "More ›");
    topic
        .wait_for(SOON, |all| {
            all.iter()
                .any(|m| m.message_id == list.message_id && m.text.contains("page 2 of 2"))
        })
        .await?;
    topic.press_text(list.message_id, "reply-9");
    eve.wait_text("Text 9", SOON).await?;

    // Deleted while the list still shows it.
    assert!(answer(&topic, "/say del reply-8").await?.text.starts_with("Deleted"));
    let press = topic.press_text(list.message_id, "reply-8");
    let toast = topic.answer(&press, SOON).await.and_then(|answer| answer.text);
    assert_eq!(toast.as_deref(), Some("This quick reply was deleted."));
    topic
        .wait_for(SOON, |all| {
            all.iter()
                .any(|m| m.message_id == list.message_id && m.text.starts_with("Quick replies: 9"))
        })
        .await?;
    assert_eq!(eve.texts(), ["hello", "Text 3", "Text 9"]);

    // In General the list has no buttons that send, for there is nobody to send to.
    let list = answer(&general, "/say").await?;
    assert!(
        list.buttons
            .as_ref()
            .is_none_or(|rows| !rows.to_string().contains("reply-0")),
        "{list:?}"
    );
    assert!(
        answer(&general, "/say reply-0")
            .await?
            .text
            .contains("from the topic of a customer")
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn slips_are_answered_and_send_nothing() -> Result<()> {
    let stage = Stage::start(Setup::default()).await?;
    let (fay, topic) = met(&stage, "Fay").await?;
    let source = topic.text("We open at nine.");
    fay.wait_text("We open at nine.", SOON).await?;
    let saved = under(&topic, source.message_id, "/say Hours").await?;
    assert!(saved.text.starts_with("Saved Hours"), "{}", saved.text);
    assert!(
        under(&topic, source.message_id, "/say hours")
            .await?
            .text
            .starts_with("Replaced"),
        "names know no case"
    );
    assert!(answer(&topic, "/say huors").await?.text.contains("Did you mean"));
    assert!(
        under(&topic, source.message_id, "/say two words")
            .await?
            .text
            .contains("/say two-words")
    );
    assert!(answer(&topic, "/say del").await?.text.contains("Which one?"));
    let command = answer(&topic, "/help").await?;
    let slash = topic.text("/ /say");
    assert!(
        under(&topic, command.message_id, "/say help")
            .await?
            .text
            .starts_with("Saved")
    );
    assert!(
        under(&topic, slash.message_id, "/say note")
            .await?
            .text
            .starts_with("Saved")
    );
    let dice = fay.dice();
    let shown = topic.wait_message(SOON, |m| m.kind == "dice").await?;
    assert!(dice.message_id > 0);
    assert!(
        under(&topic, shown.message_id, "/say dice")
            .await?
            .text
            .starts_with("Saved")
    );
    let story = fay.other("giveaway");
    let told = topic
        .wait_message(SOON, |m| m.text.contains("cannot be shown"))
        .await
        .with_context(|| stage.log())?;
    assert!(story.message_id > 0 && told.from_bot);
    assert_eq!(fay.texts().iter().filter(|text| *text == "We open at nine.").count(), 1);
    Ok(())
}
