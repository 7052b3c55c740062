//! A bot's program with a webhook moves in and out: nothing that customers wrote is lost to it, and its webhook comes back.

#[path = "moving/hook.rs"]
mod hook;

use anyhow::{Context, Result};
use hook::{Hook, apply, done, eventually, refused, write};
use serde_json::{Value, json};
use switchboard_e2e::{Bot, SOON, Setup, Stage};

const KINDS: [&str; 3] = ["message", "callback_query", "chat_member"];
const SECRET: &str = "webhook-s3cret_1";
const REMOVE: [&str; 3] = ["connection", "remove", "support"];

/// A stage that nothing is applied to yet, a program that takes webhooks, and that program's view of Telegram itself.
async fn with_webhook() -> Result<(Stage, Hook, Bot)> {
    let stage = Stage::prepare(Setup {
        mode: "gateway".into(),
        ..Setup::default()
    })
    .await?;
    let hook = Hook::start().await?;
    let telegram = Bot::at(&stage.sim.api_url());
    let webhook = json!({
        "url": hook.url, "secret_token": SECRET, "max_connections": 7, "allowed_updates": KINDS,
    });
    telegram.call("setWebhook", webhook).await?;
    Ok((stage, hook, telegram))
}

async fn webhook(bot: &Bot) -> Result<Value> {
    bot.call("getWebhookInfo", json!({})).await
}

fn assert_as_before(info: &Value, hook: &Hook) {
    assert_eq!(info["url"], hook.url, "{info}");
    assert_eq!(info["max_connections"], 7, "{info}");
    assert_eq!(info["allowed_updates"], json!(KINDS), "{info}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_taken_over_and_given_back() -> Result<()> {
    let (mut stage, hook, telegram) = with_webhook().await?;
    let alice = stage.customer("Alice");
    alice.text("before");
    hook.wait_text("before").await?;
    write(&stage, "gateway", "")?;
    let why = refused(&stage, &["connection", "apply", "connections.toml"]).await?;
    assert!(
        why.contains("webhook_secret = \"…\"") && why.contains("webhook_secret = \"none\""),
        "{why}"
    );
    assert_as_before(&webhook(&telegram).await?, &hook);

    // What waits at Telegram when the webhook goes is not lost.
    hook.set_down(true);
    alice.text("pending");
    stage.run().await?;
    let keys = format!("webhook_secret = \"{SECRET}\"");
    let applied = apply(&stage, "gateway", &keys).await?;
    assert!(
        applied.contains("support: created") && applied.contains("is taken over"),
        "{applied}"
    );
    eventually("the webhook is gone from Telegram", async || {
        Ok(webhook(&telegram).await?["url"] == "")
    })
    .await?;
    hook.set_down(false);
    assert_eq!(hook.wait_text("pending").await?.secret, SECRET);
    alice.text("after");
    assert_eq!(hook.wait_text("after").await?.secret, SECRET);
    let topic = stage.topic("Alice").await?;
    topic.wait_text("after", SOON).await?;
    assert_eq!(topic.texts(), ["pending", "after"]);

    assert_as_before(&webhook(&Bot::at(&stage.door())).await?, &hook);
    assert_eq!(apply(&stage, "gateway", &keys).await?, "support: unchanged\n");
    let shown = done(&stage, &["connection", "show", "support"]).await?;
    assert!(
        shown.contains("mode = \"gateway\"\n") && shown.contains("# webhook_secret: kept sealed"),
        "{shown}"
    );
    for file in std::fs::read_dir(stage.dir.path())?
        .flatten()
        .filter(|file| file.path().is_file())
    {
        let bytes = std::fs::read(file.path())?;
        let held = bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes());
        assert_eq!(
            held,
            file.file_name() == "connections.toml",
            "{:?} holds the secret",
            file.path()
        );
    }

    let removed = done(&stage, &REMOVE).await?;
    assert!(
        removed.contains("support: removed") && removed.contains("was set at Telegram again"),
        "{removed}"
    );
    assert_as_before(&webhook(&telegram).await?, &hook);
    alice.text("alone again");
    assert_eq!(hook.wait_text("alone again").await?.secret, SECRET);
    assert_eq!(hook.texts(), ["before", "pending", "after", "alone again"]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn chain_forwards_and_sees_what_the_program_answers() -> Result<()> {
    let (mut stage, hook, telegram) = with_webhook().await?;
    // No host runs when it is applied, nor when it is removed.
    apply(&stage, "chain", &format!("webhook_secret = \"{SECRET}\"")).await?;
    assert_as_before(&webhook(&telegram).await?, &hook);
    stage.run().await?;
    let bob = stage.customer("Bob");
    bob.text("hello");
    assert_eq!(hook.wait_text("hello").await?.secret, SECRET);
    let topic = stage.topic("Bob").await?;
    topic.wait_text("hello", SOON).await?;
    hook.reply(&json!({"method": "sendMessage", "chat_id": bob.person, "text": "We have beans"}));
    bob.text("what is there?");
    bob.wait_text("We have beans", SOON).await?;
    topic.wait_text("🤖 We have beans", SOON).await.context(stage.log())?;
    topic.text("and tea");
    bob.wait_text("and tea", SOON).await?;

    hook.set_down(true);
    bob.text("while the program is down");
    topic.wait_text("while the program is down", SOON).await?;
    stage.stop().await?;
    hook.set_down(false);
    let removed = done(&stage, &REMOVE).await?;
    assert!(removed.contains("was set at Telegram again"), "{removed}");
    // It had a moment to fetch what waited, and Telegram does not send it again.
    assert!(hook.texts().contains(&"while the program is down".to_owned()));
    assert_as_before(&webhook(&telegram).await?, &hook);
    bob.text("bye");
    hook.wait_text("bye").await?;
    let texts = ["hello", "what is there?", "while the program is down", "bye"];
    assert_eq!(hook.texts(), texts);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn chain_needs_a_webhook_and_keeps_what_waits() -> Result<()> {
    let mut stage = Stage::prepare(Setup {
        mode: "chain".into(),
        ..Setup::default()
    })
    .await?;
    stage.run().await?;
    let why = refused(&stage, &["connection", "apply", "connections.toml"]).await?;
    assert!(why.contains("write webhook_url = "), "{why}");
    let hook = Hook::start().await?;
    apply(&stage, "chain", &format!("webhook_url = {:?}", hook.url)).await?;
    let eve = stage.customer("Eve");
    eve.text("one");
    assert_eq!(hook.wait_text("one").await?.secret, "");
    hook.set_down(true);
    eve.text("two");
    let topic = stage.topic("Eve").await?;
    topic.wait_text("two", SOON).await?;
    let why = refused(&stage, &REMOVE).await?;
    assert!(why.contains("1 update waits") && why.contains("--force"), "{why}");
    // It goes on.
    eve.text("three");
    topic.wait_text("three", SOON).await?;
    let removed = done(&stage, &["connection", "remove", "support", "--force"]).await?;
    assert!(
        removed.contains("2 updates wait") && removed.contains("are lost"),
        "{removed}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret_can_be_mended() -> Result<()> {
    let (mut stage, hook, telegram) = with_webhook().await?;
    stage.run().await?;
    apply(&stage, "gateway", "webhook_secret = \"none\"").await?;
    let uma = stage.customer("Uma");
    uma.text("one");
    assert_eq!(hook.wait_text("one").await?.secret, "");
    let applied = apply(&stage, "gateway", &format!("webhook_secret = \"{SECRET}\"")).await?;
    assert_eq!(applied, "support: changed\n");
    uma.text("two");
    assert_eq!(hook.wait_text("two").await?.secret, SECRET);
    assert_as_before(&webhook(&Bot::at(&stage.door())).await?, &hook);
    // Where the program has moved on by itself, that is given back.
    let moved = Hook::start().await?;
    let program = Bot::at(&stage.door());
    let own = json!({"url": moved.url, "secret_token": "its-own"});
    program.call("setWebhook", own).await?;
    done(&stage, &REMOVE).await?;
    assert_eq!(webhook(&telegram).await?["url"], moved.url);
    uma.text("three");
    assert_eq!(moved.wait_text("three").await?.secret, "its-own");
    assert_eq!(hook.texts(), ["one", "two"]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_removed_while_the_webhook_cannot_be_given_back() -> Result<()> {
    let (mut stage, hook, telegram) = with_webhook().await?;
    stage.run().await?;
    apply(&stage, "chain", &format!("webhook_secret = \"{SECRET}\"")).await?;
    eventually("the webhook is gone from Telegram", async || {
        Ok(webhook(&telegram).await?["url"] == "")
    })
    .await?;
    stage.sim.set_online(false);
    let why = refused(&stage, &REMOVE).await?;
    assert!(why.contains("nothing was removed") && why.contains("--force"), "{why}");
    stage.sim.set_online(true);
    let ivy = stage.customer("Ivy");
    ivy.text("still there?");
    hook.wait_text("still there?").await?;
    let topic = stage.topic("Ivy").await?;
    topic.wait_text("still there?", SOON).await?;
    stage.sim.set_online(false);
    let removed = done(&stage, &["connection", "remove", "support", "--force"]).await?;
    assert!(removed.contains("the webhook was not given back"), "{removed}");
    assert!(
        done(&stage, &["connection", "list"])
            .await?
            .contains("no connections yet")
    );
    Ok(())
}
