//! Beside a bot's own program: both sides in the topic, and nothing of the relay at the program.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use switchboard_e2e::{Bot, SOON, Setup, Stage};
use telegram_sim::Seat;

fn gateway(parameters: &str) -> Setup {
    Setup {
        mode: "gateway".into(),
        parameters: format!("WELCOME = \"OFF\"\n{parameters}"),
        ..Setup::default()
    }
}

/// A stage with the program beside it, and a customer with a dialog.
async fn met(parameters: &str) -> Result<(Stage, Bot, Seat, Seat)> {
    let stage = Stage::start(gateway(parameters)).await?;
    let mut bot = Bot::at(&stage.door());
    let alice = stage.customer("Alice");
    alice.text("hello");
    let topic = stage.topic("Alice").await?;
    topic.wait_text("hello", SOON).await?;
    bot.wait_text("hello", SOON).await?;
    Ok((stage, bot, alice, topic))
}

fn labels(buttons: &Option<Value>) -> Vec<String> {
    let rows = buttons.as_ref().and_then(Value::as_array).cloned().unwrap_or_default();
    let row = |row: &Value| row.as_array().cloned().unwrap_or_default();
    let text = |button: Value| button["text"].as_str().unwrap_or_default().to_owned();
    rows.iter().flat_map(row).map(text).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_see_both_sides_and_the_program_sees_only_the_customer() -> Result<()> {
    let (stage, mut bot, alice, topic) = met("").await?;
    bot.say(alice.person, "Welcome to the shop").await?;
    topic
        .wait_text("🤖 Welcome to the shop", SOON)
        .await
        .context(stage.log())?;
    alice.text("do you ship?");
    topic.wait_text("do you ship?", SOON).await?;
    topic.text("Yes, to Malta too");
    alice.wait_text("Yes, to Malta too", SOON).await?;
    topic.text("/info");
    topic
        .wait_message(SOON, |message| message.text.contains("User id"))
        .await?;
    alice.text("thanks");
    bot.wait_text("thanks", SOON).await?;
    topic.wait_text("thanks", SOON).await?;
    assert_eq!(bot.texts(), ["hello", "do you ship?", "thanks"]);
    let group = stage.group.id().to_string();
    assert!(bot.seen.iter().all(|update| !update.to_string().contains(&group)));
    assert_eq!(
        topic.texts(),
        [
            "hello",
            "🤖 Welcome to the shop",
            "do you ship?",
            "Yes, to Malta too",
            "/info",
            topic.texts()[5].as_str(),
            "thanks"
        ]
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_is_down_finds_all_it_missed() -> Result<()> {
    let (mut stage, mut bot, alice, topic) = met("").await?;
    for number in 0..30 {
        alice.text(&format!("while you were away {number}"));
    }
    topic.wait_text("while you were away 29", SOON).await?;
    stage.stop().await?;
    alice.text("and while the host was away");
    stage.run().await?;
    bot.moves_to(&stage.door());
    bot.wait_text("and while the host was away", SOON)
        .await
        .context(stage.log())?;
    let expected: Vec<String> = std::iter::once("hello".to_owned())
        .chain((0..30).map(|number| format!("while you were away {number}")))
        .chain(["and while the host was away".to_owned()])
        .collect();
    assert_eq!(bot.texts(), expected);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_never_overtakes_the_question_that_it_answers() -> Result<()> {
    let stage = Stage::start(gateway("")).await?;
    let mut bot = Bot::at(&stage.door());
    let customers: Vec<Seat> = (0..12)
        .map(|number| stage.customer(&format!("Quick{number:02}")))
        .collect();
    for customer in &customers {
        customer.text("first question");
    }
    // Its answers come back before the relay may have opened the dialogs.
    let mut answered = 0;
    while answered < customers.len() {
        for update in bot.poll(5).await? {
            let chat = update["message"]["chat"]["id"].as_i64().context("no chat")?;
            bot.say(chat, "the answer").await?;
            answered += 1;
        }
    }
    for number in 0..customers.len() {
        let topic = stage.topic(&format!("Quick{number:02}")).await?;
        topic.wait_text("🤖 the answer", SOON).await.context(stage.evidence())?;
        assert_eq!(topic.texts(), ["first question", "🤖 the answer"]);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_method_sent_it_is_shown() -> Result<()> {
    let (stage, mut bot, alice, topic) = met("").await?;
    let chat = alice.person;
    let photo = alice.photo("my cup");
    let update = bot
        .wait_update(SOON, |update| update["message"]["caption"] == "my cup")
        .await?;
    let file = update["message"]["photo"][0]["file_id"].clone();
    let message = update["message"]["message_id"].clone();
    bot.call(
        "sendPhoto",
        json!({ "chat_id": chat, "photo": file, "caption": "our cup" }),
    )
    .await?;
    topic.wait_text("🤖 our cup", SOON).await.context(stage.evidence())?;
    bot.call(
        "copyMessage",
        json!({ "chat_id": chat, "from_chat_id": chat, "message_id": message }),
    )
    .await?;
    topic
        .wait_for(SOON, |all| {
            all.iter().filter(|shown| shown.kind == "photo").count() == 3
        })
        .await
        .context(stage.evidence())?;
    bot.call(
        "forwardMessage",
        json!({ "chat_id": chat, "from_chat_id": chat, "message_id": message }),
    )
    .await?;
    topic
        .wait_for(SOON, |all| {
            all.iter().filter(|shown| shown.kind == "photo").count() == 4
        })
        .await?;
    let album = json!([{ "type": "photo", "media": file, "caption": "two" }, { "type": "photo", "media": file }]);
    bot.call("sendMediaGroup", json!({ "chat_id": chat, "media": album }))
        .await?;
    topic
        .wait_for(SOON, |all| {
            let parts: Vec<_> = all.iter().filter(|shown| shown.media_group.is_some()).collect();
            parts.len() == 2 && parts[0].text == "🤖 two" && parts[0].media_group == parts[1].media_group
        })
        .await
        .context(stage.evidence())?;
    bot.call(
        "sendLocation",
        json!({ "chat_id": chat, "latitude": 35.9, "longitude": 14.5 }),
    )
    .await?;
    let place = topic.wait_message(SOON, |shown| shown.kind == "location").await?;
    assert_eq!(labels(&place.buttons), ["🤖 by the bot"]);
    bot.call(
        "sendPoll",
        json!({ "chat_id": chat, "question": "Tea?", "options": [{ "text": "yes" }, { "text": "no" }] }),
    )
    .await?;
    topic.wait_message(SOON, |shown| shown.kind == "poll").await?;
    bot.call("sendDice", json!({ "chat_id": chat })).await?;
    topic.wait_message(SOON, |shown| shown.kind == "dice").await?;
    // What is done to messages is done to their twins.
    let id = bot.say(chat, "price: 5").await?;
    let twin = topic.wait_text("🤖 price: 5", SOON).await?;
    bot.call(
        "editMessageText",
        json!({ "chat_id": chat, "message_id": id, "text": "price: 4" }),
    )
    .await?;
    topic.wait_text("🤖 price: 4", SOON).await?;
    bot.call(
        "setMessageReaction",
        json!({ "chat_id": chat, "message_id": message, "reaction": [{ "type": "emoji", "emoji": "👍" }] }),
    )
    .await?;
    topic
        .wait_message(SOON, |shown| shown.text == "my cup" && !shown.reactions.is_empty())
        .await
        .context(stage.evidence())?;
    bot.call("pinChatMessage", json!({ "chat_id": chat, "message_id": id }))
        .await?;
    topic
        .wait_message(SOON, |shown| shown.message_id == twin.message_id && shown.pinned)
        .await?;
    bot.call("deleteMessage", json!({ "chat_id": chat, "message_id": id }))
        .await?;
    topic
        .wait_message(SOON, |shown| labels(&shown.buttons) == ["🗑 deleted by the bot"])
        .await
        .context(stage.evidence())?;
    assert!(photo.message_id > 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn buttons_are_shown_and_pressed_by_nobody_but_the_customer() -> Result<()> {
    let (stage, mut bot, alice, topic) = met("").await?;
    let keyboard = json!({ "inline_keyboard": [[{ "text": "Order", "callback_data": "order:1" }, { "text": "Site", "url": "https://example.org" }]] });
    let sent = json!({ "chat_id": alice.person, "text": "What now?", "reply_markup": keyboard });
    bot.call("sendMessage", sent).await?;
    let shown = topic.wait_text("🤖 What now?", SOON).await?;
    assert_eq!(labels(&shown.buttons), ["Order", "Site"]);
    let query = topic.press_text(shown.message_id, "Order");
    let answer = topic.answer(&query, SOON).await.context("no answer")?;
    assert!(answer.text.unwrap_or_default().contains("Only the customer"));
    // The customer's own press goes to the program and to nobody else.
    let own = alice.wait_text("What now?", SOON).await?;
    let query = alice.press(own.message_id, "order:1");
    let update = bot
        .wait_update(SOON, |update| update["callback_query"].is_object())
        .await?;
    assert_eq!(update["callback_query"]["data"], "order:1");
    let id = update["callback_query"]["id"].clone();
    bot.call(
        "answerCallbackQuery",
        json!({ "callback_query_id": id, "text": "ordered" }),
    )
    .await?;
    let answer = alice.answer(&query, SOON).await.context("no answer")?;
    assert_eq!(answer.text.as_deref(), Some("ordered"));
    // A reply keyboard is shown as well.
    let keyboard = json!({ "keyboard": [["Tea", "Coffee"]] });
    let sent = json!({ "chat_id": alice.person, "text": "Pick", "reply_markup": keyboard });
    bot.call("sendMessage", sent).await?;
    let shown = topic.wait_text("🤖 Pick", SOON).await?;
    assert_eq!(labels(&shown.buttons), ["Tea", "Coffee"]);
    alice.text("bye");
    bot.wait_text("bye", SOON).await?;
    let presses = bot.seen.iter().filter(|update| update["callback_query"].is_object());
    assert_eq!(presses.count(), 1, "{}", stage.log());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_opens_a_dialog() -> Result<()> {
    // Intercepted messages only join a dialog.
    let stage = Stage::start(gateway("OPENED_BY = [\"/operator\"]")).await?;
    let mut bot = Bot::at(&stage.door());
    let bob = stage.customer("Bob");
    bob.text("/start");
    bot.wait_text("/start", SOON).await?;
    bot.say(bob.person, "Hi, I am a bot").await?;
    bob.text("/operator please");
    bot.wait_text("/operator please", SOON).await?;
    bot.say(bob.person, "I am calling someone").await?;
    let topic = stage.topic("Bob").await?;
    topic.wait_text("🤖 I am calling someone", SOON).await?;
    assert_eq!(topic.texts(), ["/operator please", "🤖 I am calling someone"]);
    // Closed: the customer is alone with the program again.
    topic.text("/close");
    stage.topic("⬛ Bob").await?;
    bob.text("just for the bot");
    bot.wait_text("just for the bot", SOON).await?;
    bot.say(bob.person, "just for Bob").await?;
    bob.text("/operator again");
    topic
        .wait_text("/operator again", SOON)
        .await
        .context(stage.evidence())?;
    assert!(!topic.texts().iter().any(|text| text.contains("just for")));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parameter_lets_the_program_open_dialogs() -> Result<()> {
    let stage = Stage::start(gateway("INTERCEPT_OPENS = true\nOPENED_BY = [\"/operator\"]")).await?;
    let mut bot = Bot::at(&stage.door());
    let carol = stage.customer("Carol");
    carol.start(None);
    bot.wait_text("/start", SOON).await?;
    bot.say(carol.person, "Your parcel has come").await?;
    let topic = stage.topic("Carol").await?;
    topic.wait_text("🤖 Your parcel has come", SOON).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_switched_off_is_not_shown() -> Result<()> {
    let (stage, mut bot, alice, topic) = met("INTERCEPT_EXTERNAL = false").await?;
    bot.say(alice.person, "not for operators").await?;
    alice.text("end");
    topic.wait_text("end", SOON).await?;
    bot.wait_text("end", SOON).await?;
    assert_eq!(topic.texts(), ["hello", "end"], "{}", stage.log());
    Ok(())
}
