//! Plugins' timers: each fires once, whatever happened to the host meanwhile.

use anyhow::{Context, Result};
use switchboard_e2e::{SOON, Setup, Stage};
use telegram_sim::{MessageView, Seat};

async fn stage() -> Result<(Stage, Seat)> {
    let stage = Stage::start(Setup {
        plugins: r#"["reminder"]"#.to_owned(),
        ..Setup::default()
    })
    .await?;
    let alice = stage.customer("Alice");
    alice.text("Hi");
    let topic = stage.topic("Alice").await?;
    topic.wait_text("Hi", SOON).await?;
    Ok((stage, topic))
}

/// Sets a reminder; it is durable when it is answered.
async fn remind(stage: &Stage, topic: &Seat, millis: u64, of: &str) -> Result<()> {
    topic.text(&format!("/remind {millis} {of}"));
    shown(stage, topic, &format!("Noted: {of}")).await.map(drop)
}

async fn shown(stage: &Stage, topic: &Seat, text: &str) -> Result<MessageView> {
    let found = topic.wait_text(text, SOON).await;
    found.with_context(|| format!("no “{text}”\n{}", stage.evidence()))
}

fn times(topic: &Seat, text: &str) -> usize {
    topic.texts().iter().filter(|seen| seen.contains(text)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_fires_once_moves_and_is_forgotten() -> Result<()> {
    let (stage, topic) = stage().await?;
    remind(&stage, &topic, 100, "tea").await?;
    shown(&stage, &topic, "⏰ tea (1)").await?;
    // The same key moves it; another one is taken back.
    remind(&stage, &topic, 3_600_000, "cake").await?;
    remind(&stage, &topic, 3_600_000, "pie").await?;
    topic.text("/forget pie");
    shown(&stage, &topic, "Forgotten.").await?;
    topic.text("/forget pie");
    shown(&stage, &topic, "There was none.").await?;
    topic.text("/remind 100 cake");
    shown(&stage, &topic, "⏰ cake (1)").await?;
    remind(&stage, &topic, 100, "tea again").await?;
    shown(&stage, &topic, "⏰ tea again (1)").await?;
    assert_eq!((times(&topic, "⏰ tea (1)"), times(&topic, "⏰ cake")), (1, 1));
    assert_eq!(times(&topic, "⏰ pie"), 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_that_fails_is_told_of_and_undone() -> Result<()> {
    let (stage, topic) = stage().await?;
    remind(&stage, &topic, 100, "crash").await?;
    let failed = |m: &MessageView| {
        m.text
            .contains("Plugin reminder failed at a time that it had set: crashed")
    };
    topic
        .wait_message(SOON, failed)
        .await
        .with_context(|| stage.evidence())?;
    assert_eq!(times(&topic, "⏰"), 0);
    remind(&stage, &topic, 100, "tea").await?;
    shown(&stage, &topic, "⏰ tea (1)").await?;
    assert_eq!(times(&topic, "failed"), 1, "and the timer is gone");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_due_while_the_host_is_down_fires_at_the_next_start_once() -> Result<()> {
    let (mut stage, topic) = stage().await?;
    remind(&stage, &topic, 1_500, "tea").await?;
    remind(&stage, &topic, 3_600_000, "much later").await?;
    let noted = std::time::Instant::now();
    assert_eq!(stage.stop().await?, 0);
    assert_eq!(times(&topic, "⏰ tea"), 0);
    let due = noted + std::time::Duration::from_millis(1_600);
    tokio::time::sleep_until(due.into()).await;
    stage.run().await?;
    shown(&stage, &topic, "⏰ tea (1)").await?;
    // Behind it in the same lane: the note's outcome is known.
    topic.text("/forget nothing");
    shown(&stage, &topic, "There was none.").await?;
    stage.kill().await?;
    stage.run().await?;
    // Were it to fire again, it would come before this one.
    remind(&stage, &topic, 50, "coffee").await?;
    shown(&stage, &topic, "⏰ coffee (1)").await?;
    assert_eq!(times(&topic, "⏰ tea"), 1);
    assert_eq!(times(&topic, "⏰ much later"), 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn timers_survive_restarts_and_kills() -> Result<()> {
    const COUNT: usize = 20;
    let (mut stage, topic) = stage().await?;
    for index in 0..COUNT {
        topic.text(&format!("/remind {} number {index}.", 1_500 + index * 150));
    }
    // Killed while they are set, once they are set, and while they fire.
    shown(&stage, &topic, "Noted: number 3.").await?;
    stage.kill().await?;
    stage.run().await?;
    topic
        .wait_for(SOON, |_| {
            (0..COUNT).all(|index| times(&topic, &format!("Noted: number {index}.")) > 0)
        })
        .await
        .with_context(|| stage.evidence())?;
    assert_eq!(stage.stop().await?, 0);
    stage.run().await?;
    topic
        .wait_for(SOON, |_| times(&topic, "⏰") > 5)
        .await
        .with_context(|| stage.evidence())?;
    stage.kill().await?;
    stage.run().await?;
    let fired = |index: usize| times(&topic, &format!("⏰ number {index}."));
    topic
        .wait_for(SOON, |_| (0..COUNT).all(|index| fired(index) > 0))
        .await
        .with_context(|| stage.evidence())?;
    // A note whose outcome a kill hid may be repeated; a timer that fired twice would have counted to two.
    assert_eq!(times(&topic, "(2)"), 0);
    Ok(())
}
