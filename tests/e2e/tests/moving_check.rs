//! `switchboard connection check`: every line says what is true, and what to do about it.

#[path = "moving/hook.rs"]
#[allow(dead_code, reason = "not every suite needs all of it")]
mod hook;

use anyhow::Result;
use hook::{Hook, apply, eventually};
use serde_json::json;
use switchboard_e2e::{Bot, SOON, Setup, Stage};

const CHECK: [&str; 3] = ["connection", "check", "support"];

async fn gateway() -> Result<Stage> {
    Stage::start(Setup {
        mode: "gateway".into(),
        ..Setup::default()
    })
    .await
}

/// The exit code and the report.
async fn check(stage: &Stage) -> Result<(i32, String)> {
    let ran = stage.command(&CHECK).await?;
    assert_eq!(ran.stderr, "");
    Ok((ran.code, ran.stdout))
}

/// The report's line about something, without its columns.
fn line(report: &str, what: &str) -> String {
    let found = report.lines().find(|line| line.starts_with(what));
    let line = found.unwrap_or_else(|| panic!("no line {what:?} in\n{report}"));
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_polls() -> Result<()> {
    let mut stage = gateway().await?;
    let (code, report) = check(&stage).await?;
    assert_eq!(code, 1, "{report}");
    assert!(
        line(&report, "the bot's program").contains("WRONG has not asked for updates"),
        "{report}"
    );
    assert!(
        line(&report, "front door").contains(&format!("ok answers at {}", stage.door())),
        "{report}"
    );

    let mut bot = Bot::at(&stage.door());
    let zoe = stage.customer("Zoe");
    zoe.text("hello");
    bot.wait_text("hello", SOON).await?;
    bot.poll(0).await?;
    let (code, report) = check(&stage).await?;
    assert_eq!(code, 0, "{report}");
    assert!(report.ends_with("everything is in order\n"), "{report}");
    for (what, text) in [
        ("mode", "ok gateway: "),
        ("token", "ok @stage_bot"),
        ("group", "ok \"Support\""),
        ("rights", "ok @stage_bot is an administrator"),
        ("privacy mode", "ok on, which does not matter here"),
        ("webhook at Telegram", "ok none"),
        ("updates", "ok the host polls them"),
        ("the bot's program", "ok polled 0 s ago"),
        ("waiting for it", "ok nothing"),
    ] {
        assert!(line(&report, what).contains(text), "{what}: {report}");
    }

    zoe.text("one");
    stage.topic("Zoe").await?.wait_text("one", SOON).await?;
    let (_, report) = check(&stage).await?;
    assert!(line(&report, "waiting for it").contains("1 update waits"), "{report}");
    stage.group.set_forum(false);
    let (code, report) = check(&stage).await?;
    assert_eq!(code, 1);
    assert!(
        line(&report, "group").contains("WRONG the group \"Support\""),
        "{report}"
    );
    stage.group.set_forum(true);

    stage.stop().await?;
    let before = stage.bot.pending_updates();
    zoe.text("while it is down");
    let (code, report) = check(&stage).await?;
    assert_eq!(code, 0, "{report}");
    assert!(line(&report, "host").contains("warning not running"), "{report}");
    assert!(
        line(&report, "another poller").contains("updates wait at Telegram"),
        "{report}"
    );
    assert!(line(&report, "waiting for it").contains("1 update waits"), "{report}");
    assert_eq!(stage.bot.pending_updates(), before + 1, "a look confirms nothing");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_past_the_gateway() -> Result<()> {
    let stage = gateway().await?;
    let past = Bot::at(&stage.sim.api_url());
    let stealing = tokio::spawn({
        let mut past = past.clone();
        async move {
            loop {
                let _ = past.poll(30).await;
            }
        }
    });
    eventually("the other poller is seen", async || {
        let (code, report) = check(&stage).await?;
        Ok(code == 1 && line(&report, "updates").contains("past the gateway"))
    })
    .await?;
    stealing.abort();

    let hook = Hook::start().await?;
    eventually("the webhook is set", async || {
        Ok(past.ask("setWebhook", json!({"url": hook.url})).await?["ok"] == true)
    })
    .await?;
    let (code, report) = check(&stage).await?;
    assert_eq!(code, 1);
    let found = line(&report, "webhook at Telegram");
    assert!(
        found.contains("WRONG") && found.contains("past the gateway"),
        "{report}"
    );
    let all = stage.command(&["check"]).await?;
    assert!(
        all.code == 1 && all.stdout.contains("connection check support"),
        "{}",
        all.stdout
    );
    // Applying the connection again takes it over.
    apply(&stage, "gateway", "webhook_secret = \"none\"").await?;
    eventually("the webhook is served from here", async || {
        let (code, report) = check(&stage).await?;
        Ok(code == 0 && line(&report, "the bot's program").contains("takes webhooks at http://127.0.0.1"))
    })
    .await?;
    hook.set_down(true);
    stage.customer("Kim").text("anybody?");
    eventually("the webhook's failure is told", async || {
        let (code, report) = check(&stage).await?;
        Ok(code == 1 && line(&report, "the bot's program").contains("503"))
    })
    .await
}
