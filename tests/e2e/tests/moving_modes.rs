//! Modes are switched while customers write: the relay loses nothing, and the program gets all that came while it was beside.

#[path = "moving/hook.rs"]
#[allow(dead_code, reason = "not every suite needs all of it")]
mod hook;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use hook::{Hook, apply};
use serde_json::json;
use switchboard_e2e::{Bot, SOON, Setup, Stage};
use telegram_sim::Seat;

const CUSTOMERS: usize = 4;

fn stage() -> impl Future<Output = Result<Stage>> {
    Stage::prepare(Setup {
        mode: "gateway".into(),
        ..Setup::default()
    })
}

/// Customers who write until they are told to stop; each counts its own messages.
struct Crowd {
    stop: Arc<AtomicBool>,
    tasks: Vec<tokio::task::JoinHandle<(Seat, usize)>>,
}

impl Crowd {
    fn start(stage: &Stage) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let tasks = (0..CUSTOMERS).map(|number| {
            let (seat, stop) = (stage.customer(&format!("Customer{number}")), Arc::clone(&stop));
            tokio::spawn(async move {
                let mut count = 0;
                while !stop.load(Ordering::Relaxed) {
                    seat.text(&format!("message {count}"));
                    count += 1;
                    tokio::time::sleep(Duration::from_millis(15)).await;
                }
                (seat, count)
            })
        });
        Self {
            tasks: tasks.collect(),
            stop,
        }
    }

    async fn stop(self) -> Result<Vec<(Seat, usize)>> {
        self.stop.store(true, Ordering::Relaxed);
        let mut done = Vec::new();
        for task in self.tasks {
            done.push(task.await?);
        }
        Ok(done)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_of_messages_survives_every_switch() -> Result<()> {
    let mut stage = stage().await?;
    stage.run().await?;
    let hook = Hook::start().await?;
    let chain = format!("webhook_url = {:?}", hook.url);
    apply(&stage, "direct", "").await?;
    let crowd = Crowd::start(&stage);
    let teller = stage.customer("Teller");
    teller.text("ready");
    let told = stage.topic("Teller").await?;
    let modes = ["gateway", "direct", "chain", "direct", "gateway", "chain", "gateway"];
    for (phase, mode) in modes.into_iter().enumerate() {
        let keys = if mode == "chain" { chain.as_str() } else { "" };
        let applied = apply(&stage, mode, keys).await?;
        assert!(applied.starts_with("support: changed"), "{applied}");
        let text = format!("phase {phase} {mode}");
        teller.text(&text);
        told.wait_text(&text, SOON).await?;
    }
    // The program's queue is one, whatever the mode: what it did not fetch in mode gateway came to its webhook in mode chain,
    // and that webhook is its own in mode gateway, too.
    let beside = |text: &String| text.starts_with("phase") && !text.ends_with("direct");
    hook.wait_text("phase 6 gateway").await?;
    let phases: Vec<String> = hook.texts().into_iter().filter(beside).collect();
    let expected = modes.into_iter().enumerate();
    let expected: Vec<String> = expected
        .map(|(phase, mode)| format!("phase {phase} {mode}"))
        .filter(beside)
        .collect();
    assert_eq!(phases, expected);
    for (number, (_, count)) in crowd.stop().await?.iter().enumerate() {
        assert!(*count > 10);
        let topic = stage.topic(&format!("Customer{number}")).await?;
        let last = format!("message {}", count - 1);
        topic.wait_text(&last, SOON).await.context(stage.evidence())?;
        let expected: Vec<String> = (0..*count).map(|number| format!("message {number}")).collect();
        assert_eq!(topic.texts(), expected, "all in order, each once");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_gets_all_that_came_while_it_was_beside() -> Result<()> {
    let mut stage = stage().await?;
    stage.run().await?;
    apply(&stage, "gateway", "").await?;
    let mut bot = Bot::at(&stage.door());
    let ann = stage.customer("Ann");
    ann.text("beside 0");
    bot.wait_text("beside 0", SOON).await?;
    let topic = stage.topic("Ann").await?;
    ann.text("beside 1");
    ann.text("beside 2");
    topic.wait_text("beside 2", SOON).await?;
    let applied = apply(&stage, "direct", "").await?;
    assert!(
        applied.contains("updates wait") && applied.contains("kept for 24 hours"),
        "{applied}"
    );
    ann.text("apart");
    topic.wait_text("apart", SOON).await?;
    // The front door knows the token no more.
    assert_eq!(bot.ask("getMe", json!({})).await?["error_code"], 401);
    apply(&stage, "gateway", "").await?;
    ann.text("beside 3");
    bot.wait_text("beside 3", SOON).await?;
    assert_eq!(bot.texts(), ["beside 0", "beside 1", "beside 2", "beside 3"]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_notices_no_change_of_its_connection() -> Result<()> {
    let mut stage = stage().await?;
    stage.run().await?;
    apply(&stage, "gateway", "").await?;
    let (stop, door) = (Arc::new(AtomicBool::new(false)), stage.door());
    let stopped = Arc::clone(&stop);
    let program = tokio::spawn(async move {
        let bot = Bot::at(&door);
        let mut calls = 0;
        while !stopped.load(Ordering::Relaxed) {
            let answer = bot.ask("getMe", json!({})).await?;
            anyhow::ensure!(answer["ok"] == true, "call {calls}: {answer}");
            calls += 1;
        }
        Ok(calls)
    });
    for number in 1..=5 {
        stage.write_connections(&format!("WELCOME = \"OFF\"\nAUTOCLOSE = {number}"), "[]")?;
        assert_eq!(stage.apply().await?.stdout, "support: changed\n");
    }
    stop.store(true, Ordering::Relaxed);
    let calls: usize = program.await??;
    assert!(calls > 5);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_cannot_start_is_no_wrong_token() -> Result<()> {
    let mut stage = stage().await?;
    apply(&stage, "gateway", "").await?;
    // Somebody sets a webhook past the gateway, and nobody has said its secret: a person is needed.
    let telegram = Bot::at(&stage.sim.api_url());
    telegram
        .call("setWebhook", json!({"url": "http://127.0.0.1:9/hook"}))
        .await?;
    stage.run().await?;
    let bot = Bot::at(&stage.door());
    let answer = bot.ask("getMe", json!({})).await?;
    assert_eq!(answer["error_code"], 502, "{answer}");
    let list = stage.command(&["connection", "list"]).await?;
    assert!(list.stdout.contains("webhook_secret"), "{}", list.stdout);
    apply(&stage, "gateway", "webhook_secret = \"none\"").await?;
    assert_eq!(bot.call("getMe", json!({})).await?["username"], "stage_bot");
    Ok(())
}
