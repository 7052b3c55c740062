//! Takeover: while an operator has a dialog, the bot's own program has not.

use anyhow::{Context, Result};
use serde_json::json;
use switchboard_e2e::{Bot, SOON, Setup, Stage};
use switchboard_store::{Change, Store, TurnCommit, Write};
use switchboard_store_sqlite::SqliteStore;
use telegram_sim::Seat;

/// A stage with the program beside it, and a customer with a dialog.
async fn met(parameters: &str) -> Result<(Stage, Bot, Seat, Seat)> {
    let stage = Stage::start(Setup {
        mode: "gateway".into(),
        parameters: format!("WELCOME = \"OFF\"\n{parameters}"),
        ..Setup::default()
    })
    .await?;
    let mut bot = Bot::at(&stage.door());
    let alice = stage.customer("Alice");
    alice.text("hello");
    let topic = stage.topic("Alice").await?;
    topic.wait_text("hello", SOON).await?;
    bot.wait_text("hello", SOON).await?;
    Ok((stage, bot, alice, topic))
}

async fn says(topic: &Seat, part: &str) -> Result<()> {
    let said = topic.wait_message(SOON, |message| message.from_bot && message.text.contains(part));
    said.await.map(drop).context(format!("{:?}", topic.texts()))
}

#[tokio::test(flavor = "multi_thread")]
async fn held_updates_are_handed_over_on_release() -> Result<()> {
    let (stage, mut bot, alice, topic) = met("").await?;
    let bob = stage.customer("Bob");
    topic.text("/takeover");
    says(&topic, "The dialog is yours").await?;
    alice.text("held one");
    alice.text("held two");
    topic.wait_text("held two", SOON).await?;
    bob.text("from another");
    bot.wait_text("from another", SOON).await?;
    assert_eq!(bot.texts(), ["hello", "from another"]);
    topic.text("/takeover");
    says(&topic, "taken over already").await?;
    topic.text("/release");
    says(&topic, "own program again").await?;
    alice.text("free again");
    bot.wait_text("free again", SOON).await.context(stage.evidence())?;
    bot.wait_text("held two", SOON).await?;
    let mut texts = bot.texts();
    assert_eq!(texts.len(), 5);
    texts.retain(|text| text.starts_with("held"));
    assert_eq!(texts, ["held one", "held two"]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn held_updates_outlive_a_restart_and_can_be_dropped() -> Result<()> {
    let (mut stage, mut bot, alice, topic) = met("TAKEOVER_RELEASE = \"drop\"").await?;
    topic.text("/takeover");
    says(&topic, "The dialog is yours").await?;
    alice.text("held");
    topic.wait_text("held", SOON).await?;
    stage.kill().await?;
    stage.run().await?;
    bot.moves_to(&stage.door());
    alice.text("still held");
    topic.wait_text("still held", SOON).await?;
    topic.text("/close");
    stage.topic("⬛ Alice").await?;
    alice.text("closing released it");
    bot.wait_text("closing released it", SOON)
        .await
        .context(stage.evidence())?;
    assert_eq!(bot.texts(), ["hello", "closing released it"]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_takes_over_by_itself_and_marks_what_passes() -> Result<()> {
    let (_stage, mut bot, alice, topic) =
        met("AUTO_TAKEOVER = true\nTAKEOVER_UPDATES = \"mark\"\nTAKEOVER_TIMEOUT = 30").await?;
    topic.text("I am here");
    says(&topic, "is told with each update").await?;
    alice.text("good");
    let update = bot.wait_text("good", SOON).await?;
    assert_eq!(update["switchboard"]["taken_over"], true);
    topic.text("/release");
    says(&topic, "own program again").await?;
    alice.text("bye");
    let update = bot.wait_text("bye", SOON).await?;
    assert!(update.get("switchboard").is_none());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_press_during_a_takeover_is_answered_and_waits() -> Result<()> {
    let (_stage, mut bot, alice, topic) = met("").await?;
    let keyboard = json!({ "inline_keyboard": [[{ "text": "Order", "callback_data": "order" }]] });
    let sent = json!({ "chat_id": alice.person, "text": "Order?", "reply_markup": keyboard });
    bot.call("sendMessage", sent).await?;
    let message = alice.wait_text("Order?", SOON).await?;
    topic.text("/takeover");
    says(&topic, "The dialog is yours").await?;
    let query = alice.press(message.message_id, "order");
    let answer = alice.answer(&query, SOON).await.context("no answer")?;
    assert!(answer.text.unwrap_or_default().contains("a person"));
    assert!(!bot.seen.iter().any(|update| update["callback_query"].is_object()));
    topic.text("/release");
    bot.wait_update(SOON, |update| update["callback_query"].is_object())
        .await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_takeover_ends_by_itself_when_no_operator_writes() -> Result<()> {
    let (mut stage, mut bot, alice, topic) = met("TAKEOVER_TIMEOUT = 1").await?;
    topic.text("/takeover");
    says(&topic, "a minute without a message").await?;
    alice.text("held");
    topic.wait_text("held", SOON).await?;
    stage.stop().await?;
    // The minute passes while nobody looks.
    let store = SqliteStore::open(&format!(
        "sqlite://{}",
        stage.dir.path().join("switchboard.db").display()
    ))
    .await?;
    let connection = store.connections().await?[0].id;
    let mut dialog = store.dialog(connection, alice.person).await?.context("no dialog")?;
    assert!(
        dialog
            .takeover_ends
            .is_some_and(|ends| ends - dialog.taken_over.unwrap_or_default() == 60_000)
    );
    dialog.takeover_ends = Some(1);
    dialog.version += 1;
    let commit = TurnCommit {
        connection,
        changes: vec![Change::PutDialog(dialog)],
        ..TurnCommit::default()
    };
    store.commit(vec![Write::Turn(commit)]).await?;
    store.close().await;
    stage.run().await?;
    bot.moves_to(&stage.door());
    says(&topic, "No operator wrote for a while").await?;
    bot.wait_text("held", SOON).await.context(stage.evidence())?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_program_there_is_nothing_to_take_over() -> Result<()> {
    let stage = Stage::start(Setup::default()).await?;
    let alice = stage.customer("Alice");
    alice.text("hello");
    let topic = stage.topic("Alice").await?;
    topic.text("/takeover");
    says(&topic, "no program of its own").await
}
