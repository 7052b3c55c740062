//! Every kind of message, both ways, with albums, replies and formatting, read back as each side sees it.

use anyhow::{Context, Result};
use switchboard_e2e::{SOON, Setup, Stage};
use telegram_sim::people::compose::Item;
use telegram_sim::{MessageView, Seat};

const KINDS: [&str; 14] = [
    "text",
    "photo",
    "video",
    "animation",
    "audio",
    "voice",
    "video_note",
    "document",
    "sticker",
    "location",
    "venue",
    "contact",
    "poll",
    "dice",
];

/// Sends one message of a kind; what it says beside the kind is `words`.
fn send(seat: &Seat, kind: &str, words: &str) {
    match kind {
        "text" => drop(seat.html(&format!(
            "<b>{words}</b> and <i>more</i> <code>x</code> <a href=\"https://example.com/\">link</a> 👍"
        ))),
        "photo" => drop(seat.photo(words)),
        "video" => drop(seat.video(words)),
        "animation" => drop(seat.animation(words)),
        "audio" => drop(seat.audio(words)),
        "voice" => drop(seat.voice(words)),
        "document" => drop(seat.document(words)),
        other => drop(seat.other(other)),
    }
}

/// What must be the same on both sides.
fn essence(message: &MessageView) -> String {
    let media = message.media.as_ref().map(|media| media.unique_id.clone());
    let poll = message.poll.as_ref().map(|poll| poll.question.clone());
    let mut fields = message.fields.clone();
    // A dice rolls anew for everybody, and so does its message.
    fields.remove("dice");
    format!(
        "{} {:?} {:?} {media:?} {poll:?} {fields:?}",
        message.kind, message.text, message.entities
    )
}

fn essences(messages: &[MessageView]) -> Vec<String> {
    messages
        .iter()
        .filter(|message| !message.service)
        .map(essence)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_with_every_kind_of_message() -> Result<()> {
    let stage = Stage::start(Setup::default()).await?;
    let alice = stage.customer("Alice");
    alice.text("first");
    let topic = stage.topic("Alice").await?;
    topic.wait_text("first", SOON).await?;
    for kind in KINDS {
        send(&alice, kind, &format!("customer's {kind}"));
    }
    topic
        .wait_for(SOON, |all| essences(all).len() == 1 + KINDS.len())
        .await
        .context(stage.log())?;
    assert_eq!(
        essences(&topic.messages()),
        essences(&alice.messages()),
        "the customer's messages in the topic"
    );
    assert!(topic.content().iter().all(|message| message.from_bot));

    for kind in KINDS {
        send(&topic, kind, &format!("operator's {kind}"));
    }
    let expected = 1 + 2 * KINDS.len();
    alice
        .wait_for(SOON, |all| essences(all).len() == expected)
        .await
        .context(stage.log())?;
    assert_eq!(
        essences(&alice.messages()),
        essences(&topic.messages()),
        "the operator's messages with the customer"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn albums_of_ten_stay_albums_both_ways() -> Result<()> {
    let stage = Stage::start(Setup::default()).await?;
    let bob = stage.customer("Bob");
    let ten: Vec<(String, String)> = (0..10)
        .map(|n| {
            (
                if n % 3 == 2 { "video" } else { "photo" }.to_owned(),
                format!("part {n}"),
            )
        })
        .collect();
    let ten: Vec<(&str, &str)> = ten
        .iter()
        .map(|(kind, caption)| (kind.as_str(), caption.as_str()))
        .collect();
    bob.album(&ten);
    let topic = stage.topic("Bob").await?;
    let shown = topic
        .wait_for(SOON, |all| essences(all).len() == 10)
        .await
        .context(stage.log())?;
    assert_eq!(essences(&shown), essences(&bob.messages()));
    assert_one_album(&topic.content());

    topic.album(&ten);
    bob.wait_for(SOON, |all| essences(all).len() == 20)
        .await
        .context(stage.log())?;
    assert_eq!(essences(&bob.messages()), essences(&topic.messages()));
    assert_one_album(&bob.content()[10..]);
    Ok(())
}

fn assert_one_album(messages: &[MessageView]) {
    let group = messages[0].media_group.clone();
    assert!(group.is_some(), "no album: {messages:?}");
    assert!(
        messages.iter().all(|message| message.media_group == group),
        "more than one album"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn replies_to_replies_keep_their_thread_on_both_sides() -> Result<()> {
    let stage = Stage::start(Setup::default()).await?;
    let carol = stage.customer("Carol");
    let question = carol.text("question one");
    let topic = stage.topic("Carol").await?;
    let shown = topic.wait_text("question one", SOON).await?;
    carol.text("something else");
    topic.wait_text("something else", SOON).await?;

    topic.reply(shown.message_id, "answer one");
    let answer = carol.wait_text("answer one", SOON).await?;
    assert_eq!(
        answer.reply_to,
        Some(question.message_id),
        "the operator's reply stands under the customer's message"
    );

    carol.reply(answer.message_id, "but why?");
    let why = topic.wait_text("but why?", SOON).await?;
    let answer_in_topic = topic.wait_text("answer one", SOON).await?;
    assert_eq!(why.reply_to, Some(answer_in_topic.message_id));

    topic.quote(why.message_id, "why", "because");
    let because = carol.wait_text("because", SOON).await?;
    let asked = carol.wait_text("but why?", SOON).await?;
    assert_eq!(because.reply_to, Some(asked.message_id));
    assert_eq!(because.quote.as_deref(), Some("why"));

    let before = carol.content().len();
    let replied = carol.wait_text("because", SOON).await?;
    let look = Item {
        kind: Some("photo".into()),
        caption: Some("look".into()),
        ..Item::default()
    };
    carol.reply_with(replied.message_id, look);
    let look = topic.wait_text("look", SOON).await?;
    let because_in_topic = topic.wait_text("because", SOON).await?;
    assert_eq!(look.reply_to, Some(because_in_topic.message_id));
    assert_eq!(carol.content().len(), before + 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn edits_and_reactions_cross_over() -> Result<()> {
    let stage = Stage::start(Setup::default()).await?;
    let dan = stage.customer("Dan");
    let first = dan.text("tpyo");
    let topic = stage.topic("Dan").await?;
    let shown = topic.wait_text("tpyo", SOON).await?;
    dan.edit(first.message_id, "typo");
    topic
        .wait_for(SOON, |all| {
            all.iter().any(|m| m.message_id == shown.message_id && m.text == "typo")
        })
        .await
        .context(stage.log())?;

    let answer = topic.text("Tuesady");
    dan.wait_text("Tuesady", SOON).await?;
    topic.edit(answer.message_id, "Tuesday");
    let corrected = dan.wait_text("Tuesday", SOON).await?;

    dan.react(corrected.message_id, "👍");
    topic
        .wait_for(SOON, |all| {
            all.iter()
                .any(|m| m.message_id == answer.message_id && !m.reactions.is_empty())
        })
        .await
        .context(stage.log())?;
    topic.react(shown.message_id, "❤");
    dan.wait_for(SOON, |all| {
        all.iter()
            .any(|m| m.message_id == first.message_id && !m.reactions.is_empty())
    })
    .await
    .context(stage.log())?;

    let photo = dan.photo("a capton");
    topic.wait_text("a capton", SOON).await?;
    dan.edit(photo.message_id, "a caption");
    topic.wait_text("a caption", SOON).await?;
    Ok(())
}
