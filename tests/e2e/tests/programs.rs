//! Bots in six frameworks that others wrote hold their conversation, by long polling and by webhook.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use switchboard_e2e::{Mode, PATIENCE, Program, Setup, Stage, TOKEN, get};
use telegram_sim::people::compose::Item;
use telegram_sim::sim::samples::PNG;
use telegram_sim::{MessageView, Options, Seat, Sim};

/// What every program sends as its report.
const REPORT: usize = 1_500_000;

/// From the bot's side, with this text.
async fn says(chat: &Seat, text: &str) -> Result<MessageView> {
    let found = chat.wait_message(PATIENCE, |message| message.from_bot && message.text == text);
    found.await.with_context(|| format!("the bot should say {text:?}"))
}

fn entities(message: &MessageView, kind: &str) -> Vec<(i64, i64)> {
    let all = message.entities.iter().filter(|entity| entity["type"] == kind);
    all.map(|entity| {
        (
            entity["offset"].as_i64().unwrap_or(-1),
            entity["length"].as_i64().unwrap_or(-1),
        )
    })
    .collect()
}

async fn bytes_of(sim: &Sim, message: &MessageView) -> Result<(String, Vec<u8>)> {
    let media = message.media.as_ref().context("no medium")?;
    let url = format!("{}{}", sim.api_url(), media.url);
    // Fails only where one is there already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let bytes = reqwest::get(url).await?.error_for_status()?.bytes().await?;
    Ok((media.file_name.clone().unwrap_or_default(), bytes.into()))
}

/// The whole conversation, from the customer's chair.
async fn converse(sim: &Sim, chat: &Seat) -> Result<()> {
    chat.start(Some("shop-42"));
    let hello = says(chat, "Welcome from shop-42").await?;
    ensure!(entities(&hello, "bold") == [(0, 7)], "{:?}", hello.entities);
    let buttons = serde_json::to_value(&hello.buttons)?;
    let words = |row: usize| buttons[row][0]["text"].as_str().unwrap_or_default();
    ensure!((words(0), words(1)) == ("Ping", "Docs"), "{buttons}");
    let query = chat.press_text(hello.message_id, "Ping");
    let answer = chat.answer(&query, PATIENCE).await.context("no answer to the press")?;
    ensure!(answer.text.as_deref() == Some("pong"), "{answer:?}");
    let pressed = says(chat, "Pressed: ping").await?;
    ensure!(
        pressed.edited && pressed.message_id == hello.message_id && pressed.buttons.is_none(),
        "{pressed:?}"
    );

    let asked = chat.text("wörds 😀 <b>");
    let echo = says(chat, "You said: wörds 😀 <b>").await?;
    ensure!(entities(&echo, "italic") == [(10, 12)], "{:?}", echo.entities);
    ensure!(echo.reply_to == Some(asked.message_id), "{echo:?}");

    chat.photo("for you");
    let back = says(chat, &format!("{} bytes back", PNG.len())).await?;
    ensure!(back.kind == "photo" && bytes_of(sim, &back).await?.1 == PNG, "{back:?}");
    chat.text("report");
    let report = says(chat, "the report").await?;
    let (name, bytes) = bytes_of(sim, &report).await?;
    let right = bytes.len() == REPORT
        && bytes
            .iter()
            .enumerate()
            .all(|(at, byte)| usize::from(*byte) == at % 251);
    ensure!(
        report.kind == "document" && name == "report.bin" && right,
        "{name}, {} bytes",
        bytes.len()
    );
    chat.text("album");
    let (one, two) = (says(chat, "one").await?, says(chat, "two").await?);
    ensure!(
        one.media_group.is_some() && one.media_group == two.media_group,
        "{one:?} {two:?}"
    );
    ensure!(one.kind == "photo" && bytes_of(sim, &two).await?.1 == PNG, "{two:?}");

    chat.text("/form");
    says(chat, "What is your name?").await?;
    chat.text("Ann");
    says(chat, "And how old are you, Ann?").await?;
    chat.text("old");
    says(chat, "A number, please.").await?;
    chat.text("31");
    says(chat, "Noted: Ann, 31").await?;

    chat.text("forget");
    says(chat, "Gone").await?;
    ensure!(!chat.texts().iter().any(|text| text == "This goes away"), "not deleted");
    chat.send(Item {
        text: Some("copy <b>this</b>".into()),
        parse_mode: Some("HTML".into()),
        ..Item::default()
    });
    let copy = says(chat, "copy this").await?;
    ensure!(entities(&copy, "bold") == [(5, 4)], "{:?}", copy.entities);
    Ok(())
}

/// The menu that the program set at its start, as Telegram has it.
async fn menu(sim: &Sim) -> Result<Vec<String>> {
    let (_, body) = get(&format!("{}/bot{TOKEN}/getMyCommands", sim.api_url())).await?;
    let body: Value = serde_json::from_str(&body)?;
    let names = body["result"].as_array().into_iter().flatten();
    Ok(names
        .filter_map(|it| it["command"].as_str().map(str::to_owned))
        .collect())
}

fn cache() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

/// No call was refused but those that a framework provokes by its own design.
fn none_refused(sim: &Sim) -> Result<()> {
    let bad: Vec<_> = sim
        .calls()
        .into_iter()
        .filter(|call| call.code >= 400 && call.code != 409)
        .collect();
    ensure!(bad.is_empty(), "{bad:?}");
    Ok(())
}

/// The program talks to Telegram itself.
async fn directly(file: &str, mode: Mode) -> Result<()> {
    let sim = Sim::start(Options::default()).await?;
    let bot = sim.bot(TOKEN, "stage_bot");
    let Some(program) = Program::start(cache(), file, &sim.api_url(), TOKEN, mode).await? else {
        return Ok(());
    };
    let chat = sim.user("Alice").private(&bot);
    let talked = async {
        converse(&sim, &chat).await?;
        ensure!(menu(&sim).await? == ["start", "form"], "the menu is not there");
        none_refused(&sim)
    };
    talked
        .await
        .with_context(|| format!("{file} by {mode:?}:\n{}", program.said().join("\n")))?;
    program.kill().await
}

/// The program talks to the gateway: the customer notices no difference, the operators see both sides, and the program sees
/// nothing of them.
async fn through_the_gateway(file: &str, mode: Mode) -> Result<()> {
    let stage = Stage::start(Setup {
        mode: "gateway".into(),
        plugins: "[]".into(),
        ..Setup::default()
    })
    .await?;
    let Some(program) = Program::start(cache(), file, &stage.door(), TOKEN, mode).await? else {
        return Ok(());
    };
    let chat = stage.customer("Alice");
    let talked = async {
        converse(&stage.sim, &chat).await?;
        ensure!(menu(&stage.sim).await? == ["start", "form"], "the menu is not there");
        let topic = stage.topic("Alice").await?;
        shows_both_sides(&topic).await?;
        stays_apart(&stage, &program, &chat, &topic).await
    };
    talked.await.with_context(|| {
        let said = program.said().join("\n");
        format!("{file} by {mode:?} through the gateway:\n{said}\n{}", stage.evidence())
    })?;
    program.kill().await
}

async fn shows_both_sides(topic: &Seat) -> Result<()> {
    for words in [
        "/start shop-42",
        "Pressed: ping",
        "wörds 😀 <b>",
        "You said: wörds 😀 <b>",
        "for you",
        "bytes back",
        "report",
        "the report",
        "one",
        "two",
        "/form",
        "What is your name?",
        "Ann",
        "And how old are you, Ann?",
        "Noted: Ann, 31",
        "Gone",
    ] {
        let shown = topic.wait_message(PATIENCE, |message| message.from_bot && message.text.contains(words));
        shown
            .await
            .with_context(|| format!("{words:?} should stand in the topic"))?;
    }
    let copies = topic.wait_for(PATIENCE, |all| {
        all.iter().filter(|message| message.text.contains("copy this")).count() == 2
    });
    copies
        .await
        .context("the message and its copy should stand in the topic")?;
    let deleted = topic.wait_message(PATIENCE, |message| {
        message.text.contains("This goes away") && format!("{:?} {}", message.buttons, message.text).contains("deleted")
    });
    deleted.await.context("what the bot deleted should be marked")?;
    // The bot's report and its two photos are files there as well, not only words about them.
    let files = topic.wait_for(PATIENCE, |all| {
        let of = |kind: &str| all.iter().filter(|message| message.kind == kind).count();
        of("document") == 1 && of("photo") == 4
    });
    files.await.context("the bot's files should stand in the topic")?;
    Ok(())
}

/// The operator writes, and presses one of the bot's buttons: the program learns of neither.
async fn stays_apart(stage: &Stage, program: &Program, chat: &Seat, topic: &Seat) -> Result<()> {
    topic.text("Olga here");
    says(chat, "Olga here").await?;
    chat.start(Some("again"));
    says(chat, "Welcome from again").await?;
    let shown = topic.wait_message(PATIENCE, |message| {
        message.text.contains("Welcome from again") && message.buttons.is_some()
    });
    let shown = shown.await?;
    let query = topic.press_text(shown.message_id, "Ping");
    topic
        .answer(&query, PATIENCE)
        .await
        .context("no answer to the operator")?;
    // What comes after both has come through: so would they have.
    chat.text("last words");
    says(chat, "You said: last words").await?;
    let updates = program.updates();
    ensure!(
        updates.iter().any(|update| update.contains("last words")),
        "{updates:?}"
    );
    let group = stage.group.id().to_string();
    for alien in [group.as_str(), "Olga", "forum_topic"] {
        let seen: Vec<_> = updates.iter().filter(|update| update.contains(alien)).collect();
        ensure!(seen.is_empty(), "the program saw {alien}: {seen:?}");
    }
    let presses = updates.iter().filter(|update| update.contains("chat_instance")).count();
    ensure!(presses == 1, "the program saw {presses} presses");
    Ok(())
}

/// By long polling and by webhook, against Telegram and through the gateway, all at the same time.
async fn everywhere(file: &str) -> Result<()> {
    tokio::try_join!(
        directly(file, Mode::Polling),
        directly(file, Mode::Webhook),
        through_the_gateway(file, Mode::Polling),
        through_the_gateway(file, Mode::Webhook)
    )?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn aiogram_converses() -> Result<()> {
    everywhere("on_aiogram.py").await
}

#[tokio::test(flavor = "multi_thread")]
async fn python_telegram_bot_converses() -> Result<()> {
    everywhere("on_ptb.py").await
}

#[tokio::test(flavor = "multi_thread")]
async fn pytelegrambotapi_converses() -> Result<()> {
    everywhere("on_telebot.py").await
}

#[tokio::test(flavor = "multi_thread")]
async fn grammy_converses() -> Result<()> {
    everywhere("on_grammy.mjs").await
}

#[tokio::test(flavor = "multi_thread")]
async fn telegraf_converses() -> Result<()> {
    everywhere("on_telegraf.mjs").await
}

#[tokio::test(flavor = "multi_thread")]
async fn node_telegram_bot_api_converses() -> Result<()> {
    everywhere("on_ntba.mjs").await
}
