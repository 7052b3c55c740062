//! Start, stop, start again: nothing is asked twice, nothing is forgotten.

use anyhow::{Context, Result};
use switchboard_e2e::{SOON, Setup, Stage};

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_makes_no_call_that_is_not_needed() -> Result<()> {
    let mut stage = Stage::start(Setup {
        parameters: "WELCOME = \"Welcome!\"".into(),
        ..Setup::default()
    })
    .await?;
    let alice = stage.customer("Alice");
    alice.text("one");
    alice.wait_text("Welcome!", SOON).await?;
    let topic = stage.topic("Alice").await?;
    topic.wait_text("one", SOON).await?;
    topic.text("two");
    alice.wait_text("two", SOON).await?;
    // The title follows the status with its own time.
    stage
        .group
        .wait_topics(SOON, |all| all.iter().any(|topic| topic.name == "🟨 Alice"))
        .await
        .context(stage.log())?;

    let before = stage.sim.last_call();
    assert_eq!(stage.stop().await?, 0, "SIGTERM ends it in good order");
    stage.run().await?;
    alice.text("three");
    topic.wait_text("three", SOON).await?;
    stage
        .group
        .wait_topics(SOON, |all| all.iter().any(|topic| topic.name == "🟪 Alice"))
        .await?;
    assert_eq!(stage.stop().await?, 0);

    let calls: Vec<String> = stage
        .sim
        .calls_since(before)
        .into_iter()
        .map(|call| call.method)
        .filter(|method| method != "getupdates")
        .collect();
    assert_eq!(
        calls,
        ["copymessage", "editforumtopic"],
        "what the message needs, and nothing for the restart itself"
    );
    assert_eq!(
        alice.texts().iter().filter(|text| *text == "Welcome!").count(),
        1,
        "no second WELCOME"
    );
    assert_eq!(stage.group.own_topics().len(), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_while_the_host_was_down_is_delivered_at_its_start() -> Result<()> {
    let mut stage = Stage::start(Setup::default()).await?;
    let bob = stage.customer("Bob");
    bob.text("before");
    let topic = stage.topic("Bob").await?;
    topic.wait_text("before", SOON).await?;
    stage.kill().await?;
    bob.text("while you were away");
    topic.text("an answer while you were away");
    stage.run().await?;
    topic
        .wait_text("while you were away", SOON)
        .await
        .context(stage.log())?;
    bob.wait_text("an answer while you were away", SOON).await?;
    assert_eq!(
        bob.texts(),
        ["before", "while you were away", "an answer while you were away"]
    );
    Ok(())
}
