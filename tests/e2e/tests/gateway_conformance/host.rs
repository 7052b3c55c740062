//! The whole host, relay and all: to the bot's program it is Telegram, byte for byte, where the relay keeps out.

use anyhow::{Context, Result};
use switchboard_e2e::script::{CHATS, Place};
use switchboard_e2e::{Setup, Stage};

use super::as_directly;

#[tokio::test(flavor = "multi_thread")]
async fn the_host_answers_as_telegram_does() -> Result<()> {
    let ignored: Vec<String> = CHATS.iter().map(ToString::to_string).collect();
    let mut stage = Stage::start(Setup {
        mode: "gateway".into(),
        parameters: format!("WELCOME = \"OFF\"\nIGNORE_CHATS = [{}]", ignored.join(", ")),
        ..Setup::default()
    })
    .await?;
    let place = Place::through(&stage, &stage.door());
    as_directly(place).await.with_context(|| stage.evidence())?;
    stage.stop().await?;
    Ok(())
}
