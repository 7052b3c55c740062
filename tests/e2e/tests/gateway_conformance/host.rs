//! The whole host, relay and all: to the bot's program it is Telegram, byte for byte.

use anyhow::{Context, Result, ensure};
use switchboard_e2e::script::{CHATS, Place};
use switchboard_e2e::{Setup, Stage};

use super::as_directly;

/// The stage, when all went alike.
async fn through_a_host(parameters: &str) -> Result<Stage> {
    let stage = Stage::start(Setup {
        mode: "gateway".into(),
        parameters: format!("WELCOME = \"OFF\"\n{parameters}"),
        ..Setup::default()
    })
    .await?;
    let place = Place::through(&stage, &stage.door());
    as_directly(place).await.with_context(|| stage.evidence())?;
    Ok(stage)
}

/// Where the relay keeps out.
#[tokio::test(flavor = "multi_thread")]
async fn the_host_answers_as_telegram_does() -> Result<()> {
    let ignored: Vec<String> = CHATS.iter().map(ToString::to_string).collect();
    let stage = through_a_host(&format!("IGNORE_CHATS = [{}]", ignored.join(", "))).await?;
    ensure!(stage.group.own_topics().is_empty(), "a dialog was opened");
    Ok(())
}

/// Where every customer has a dialog, and all that the program does is shown to the operators.
#[tokio::test(flavor = "multi_thread")]
async fn a_relay_at_work_changes_nothing() -> Result<()> {
    let stage = through_a_host("").await?;
    let topic = stage.topic("Alice").await?;
    // What came from the program, and what Alice said.
    ensure!(topic.count() > 200, "{} messages in the topic", topic.count());
    Ok(())
}
