//! The main job: a customer writes, an operator answers, a plugin helps.

use anyhow::Result;
use switchboard_e2e::{SOON, Setup, Stage};

#[tokio::test(flavor = "multi_thread")]
async fn a_question_reaches_the_topic_and_the_answer_the_customer() -> Result<()> {
    let stage = Stage::start(Setup {
        parameters: "WELCOME = \"Hello {title}!\"".into(),
        ..Setup::default()
    })
    .await?;
    let alice = stage.customer("Alice");
    alice.start(Some("shop-42"));
    alice.wait_text("Hello Alice!", SOON).await?;
    let topic = stage.topic("Alice").await?;
    topic.wait_text("/start shop-42", SOON).await?;
    alice.text("Do you ship to Malta?");
    topic.wait_text("Do you ship to Malta?", SOON).await?;
    topic.text("Yes, we do.");
    let answer = alice.wait_text("Yes, we do.", SOON).await?;
    assert!(answer.from_bot);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn quick_replies_are_saved_sent_listed_and_deleted() -> Result<()> {
    let stage = Stage::start(Setup::default()).await?;
    let bob = stage.customer("Bob");
    bob.text("What are your hours?");
    let topic = stage.topic("Bob").await?;
    topic.wait_text("What are your hours?", SOON).await?;
    let hours = topic.text("We are open from 9 to 17.");
    bob.wait_text("We are open from 9 to 17.", SOON).await?;
    topic.reply(hours.message_id, "/say hours");
    topic
        .wait_message(SOON, |m| m.from_bot && m.text.to_lowercase().contains("saved"))
        .await?;
    topic.text("/say hours");
    bob.wait_for(SOON, |all| {
        all.iter().filter(|m| m.text == "We are open from 9 to 17.").count() == 2
    })
    .await?;
    topic.text("/say");
    topic
        .wait_message(SOON, |m| m.from_bot && m.text.contains("hours") && m.buttons.is_some())
        .await?;
    topic.text("/say del hours");
    topic
        .wait_message(SOON, |m| m.from_bot && m.text.to_lowercase().contains("delet"))
        .await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn notes_stay_and_unknown_commands_are_answered() -> Result<()> {
    let stage = Stage::start(Setup::default()).await?;
    let carol = stage.customer("Carol");
    carol.text("Hi");
    let topic = stage.topic("Carol").await?;
    topic.wait_text("Hi", SOON).await?;
    topic.text("/ she called yesterday");
    topic.text("/clsoe");
    topic
        .wait_message(SOON, |m| m.from_bot && m.text.contains("Did you mean /close?"))
        .await?;
    topic.text("Hello Carol");
    carol.wait_text("Hello Carol", SOON).await?;
    assert_eq!(carol.texts(), ["Hi", "Hello Carol"]);
    Ok(())
}
