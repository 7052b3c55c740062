//! Limits that the relay and the bot's own program share, and programs that misbehave.

use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::json;
use switchboard_e2e::{Bot, SOON, Setup, Stage};
use telegram_sim::{Limits, Seat};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

async fn met(stage: &Stage, bot: &mut Bot, name: &str) -> Result<(Seat, Seat)> {
    let customer = stage.customer(name);
    customer.text("hello");
    let topic = stage.topic(name).await?;
    topic.wait_text("hello", SOON).await?;
    bot.wait_update(SOON, |update| update["message"]["from"]["first_name"] == name)
        .await?;
    Ok((customer, topic))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_talkative_program_costs_few_group_calls() -> Result<()> {
    const NOTES: usize = 60;
    let window = Duration::from_secs(2);
    let stage = Stage::start(Setup {
        mode: "gateway".into(),
        pacing: "bot = \"off\"\nchat = \"off\"\ngroup = \"6/2s\"".into(),
        limits: Limits::group(6, window),
        ..Setup::default()
    })
    .await?;
    let mut bot = Bot::at(&stage.door());
    let (alice, topic) = met(&stage, &mut bot, "Alice").await?;
    let before = stage.sim.last_call();
    for number in 0..NOTES {
        bot.say(alice.person, &format!("note {number}.")).await?;
    }
    let last = format!("🤖 note {}.", NOTES - 1);
    topic
        .wait_message(Duration::from_secs(60), |message| message.text.ends_with(&last))
        .await
        .context(stage.evidence())?;
    let said: Vec<String> = topic
        .texts()
        .iter()
        .flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let notes: Vec<&String> = said.iter().filter(|line| line.starts_with("🤖 note")).collect();
    let expected: Vec<String> = (0..NOTES).map(|number| format!("🤖 note {number}.")).collect();
    assert_eq!(notes, expected.iter().collect::<Vec<_>>());
    let group = stage.group.id();
    let calls = stage.sim.calls_since(before);
    let spent = calls
        .iter()
        .filter(|call| call.chat == Some(group) && call.method == "sendmessage")
        .count();
    println!("{NOTES} messages of the program in {spent} group calls");
    assert!(spent <= NOTES / 3, "{spent} calls");
    assert_eq!(stage.sim.counts().refused_429, 0);
    // An edit of one that shares its message follows under it.
    let shared = topic
        .content()
        .into_iter()
        .find(|message| message.text.contains('\n'))
        .context("none joined")?;
    assert!(shared.from_bot);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_relay_yields_to_the_program_inside_the_shared_limit() -> Result<()> {
    const CUSTOMERS: usize = 60;
    let stage = Stage::start(Setup {
        mode: "gateway".into(),
        pacing: "bot = \"30/1s\"\nchat = \"off\"\ngroup = \"off\"".into(),
        limits: Limits {
            bot: Limits::group(30, Duration::from_secs(1)).group,
            ..Limits::default()
        },
        ..Setup::default()
    })
    .await?;
    let mut bot = Bot::at(&stage.door());
    let (alice, _) = met(&stage, &mut bot, "Alice").await?;
    // A backlog for the relay: each of these becomes a topic and a message.
    for number in 0..CUSTOMERS {
        stage.customer(&format!("Queue{number:02}")).text("is there anybody?");
    }
    // The program goes on at two thirds of what the bot may do at all.
    let mut ticks = tokio::time::interval(Duration::from_millis(50));
    let mut refused = 0;
    for number in 0..80 {
        ticks.tick().await;
        let asked = json!({ "chat_id": alice.person, "text": format!("tick {number}") });
        let answer = bot.ask("sendMessage", asked).await?;
        refused += usize::from(answer["error_code"] == 429);
    }
    for number in 0..CUSTOMERS {
        let topic = stage.topic(&format!("Queue{number:02}")).await?;
        topic
            .wait_text("is there anybody?", SOON)
            .await
            .context(stage.evidence())?;
    }
    println!("80 calls of the program at 20/s beside a backlog of {CUSTOMERS} dialogs: {refused} refused");
    assert_eq!(refused, 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_or_dead_program_slows_nothing_else() -> Result<()> {
    let stage = Stage::start(Setup {
        mode: "gateway".into(),
        ..Setup::default()
    })
    .await?;
    let mut bot = Bot::at(&stage.door());
    // A webhook that takes what comes and never answers.
    let dead = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/hook", dead.local_addr()?);
    tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((stream, _)) = dead.accept().await {
            kept.push(stream);
        }
    });
    bot.call("setWebhook", json!({ "url": url })).await?;
    // Callers that never finish what they began.
    let door = stage.door().replace("http://", "");
    let mut halves = Vec::new();
    for number in 0..40 {
        let mut half = TcpStream::connect(&door).await?;
        let begun = if number % 2 == 0 {
            "POST /bot1"
        } else {
            "POST /bot700100:x/sendMessage HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n{"
        };
        half.write_all(begun.as_bytes()).await?;
        halves.push(half);
    }
    let customers: Vec<Seat> = (0..20)
        .map(|number| stage.customer(&format!("Person{number:02}")))
        .collect();
    for customer in &customers {
        customer.text("are you there?");
    }
    for number in 0..customers.len() {
        let topic = stage.topic(&format!("Person{number:02}")).await?;
        topic
            .wait_text("are you there?", SOON)
            .await
            .context(stage.evidence())?;
        topic.text("yes");
    }
    for customer in &customers {
        customer.wait_text("yes", SOON).await.context(stage.evidence())?;
    }
    // Its other calls pass all the same, and what it missed is there when it comes back to polling.
    bot.say(customers[0].person, "still sending").await?;
    bot.call("deleteWebhook", json!({})).await?;
    bot.wait_update(SOON, |update| update["message"]["from"]["first_name"] == "Person19")
        .await?;
    assert_eq!(bot.texts().len(), customers.len());
    let mut answer = [0; 12];
    for mut half in halves.into_iter().skip(1).step_by(2) {
        // Not a token of ours: refused before the body is there.
        half.read_exact(&mut answer).await?;
        assert_eq!(&answer, b"HTTP/1.1 401");
    }
    Ok(())
}
