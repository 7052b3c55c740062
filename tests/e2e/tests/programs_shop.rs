//! The example of a bot that exists already: the same program with and without the gateway.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use switchboard_e2e::{PATIENCE, Program, Setup, Stage, TOKEN};
use telegram_sim::{MessageView, Options, Seat, Sim};

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/existing-bot/bot.py")
}

async fn shop(api: &str) -> Result<Option<Program>> {
    let settings = [("TELEGRAM_API", api), ("BOT_TOKEN", TOKEN)];
    Program::run(Path::new(env!("CARGO_TARGET_TMPDIR")), &script(), &settings).await
}

async fn says(chat: &Seat, part: &str) -> Result<MessageView> {
    let found = chat.wait_message(PATIENCE, |message| message.from_bot && message.text.contains(part));
    found.await.with_context(|| format!("the bot should say {part:?}"))
}

async fn presses(chat: &Seat, message: &MessageView, button: &str) -> Result<()> {
    let query = chat.press_text(message.message_id, button);
    chat.answer(&query, PATIENCE).await.context("no answer to the press")?;
    Ok(())
}

/// Looks at the menu and orders three bags.
async fn orders(chat: &Seat) -> Result<()> {
    chat.start(None);
    says(chat, "This is Bean & Brew").await?;
    let keyboard = chat.keyboard().context("no keyboard")?.to_string();
    ensure!(keyboard.contains("🛒 Order"), "{keyboard}");
    chat.text("☕ Menu");
    let menu = says(chat, "Roasted on Tuesdays").await?;
    ensure!(menu.kind == "photo", "{menu:?}");
    presses(chat, &menu, "House blend · 9.50 €").await?;
    let house = says(chat, "Chocolate and roasted nuts").await?;
    ensure!(house.message_id == menu.message_id, "{house:?}");
    presses(chat, &house, "🛒 Order House blend").await?;
    says(chat, "How many bags of House blend?").await?;
    chat.text("some");
    says(chat, "A number, please").await?;
    chat.text("3");
    let sum = says(chat, "28.50 €").await?;
    presses(chat, &sum, "✅ Order").await?;
    let done = says(chat, "Order 2049: 3 × House blend").await?;
    ensure!(done.message_id == sum.message_id, "{done:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shop_takes_orders_by_itself() -> Result<()> {
    let sim = Sim::start(Options::default()).await?;
    let bot = sim.bot(TOKEN, "stage_bot");
    let Some(program) = shop(&sim.api_url()).await? else {
        return Ok(());
    };
    let chat = sim.user("Alice").private(&bot);
    let talked = async {
        orders(&chat).await?;
        chat.text("/operator");
        says(&chat, "I am calling someone").await
    };
    talked.await.with_context(|| program.said().join("\n"))?;
    program.kill().await
}

/// The customer is alone with the bot until they ask for a person; the operators take over, give back, and go on while the
/// bot's program is away.
#[tokio::test(flavor = "multi_thread")]
async fn the_shop_has_operators_beside_it() -> Result<()> {
    let stage = Stage::start(Setup {
        mode: "gateway".into(),
        parameters: "WELCOME = \"OFF\"\nOPENED_BY = [\"/operator\"]\nTAKEOVER_RELEASE = \"drop\"".into(),
        plugins: "[]".into(),
        ..Setup::default()
    })
    .await?;
    let Some(program) = shop(&stage.door()).await? else {
        return Ok(());
    };
    let chat = stage.customer("Alice");
    let talked = beside(&stage, &chat).await;
    talked.with_context(|| format!("{}\n{}", program.said().join("\n"), stage.evidence()))?;

    // The relay goes on without the program, which finds what it missed.
    program.kill().await?;
    let topic = stage.topic("Alice").await?;
    chat.text("🕘 Hours");
    says(&topic, "🕘 Hours").await?;
    topic.text("From nine, says Olga");
    says(&chat, "From nine, says Olga").await?;
    ensure!(
        !chat.texts().iter().any(|text| text.contains("9:00")),
        "somebody answered"
    );
    let Some(program) = shop(&stage.door()).await? else {
        return Ok(());
    };
    let caught_up = async {
        says(&chat, "9:00–17:00").await?;
        says(&topic, "9:00–17:00").await
    };
    caught_up
        .await
        .with_context(|| format!("{}\n{}", program.said().join("\n"), stage.evidence()))?;
    program.kill().await
}

async fn beside(stage: &Stage, chat: &Seat) -> Result<()> {
    orders(chat).await?;
    chat.text("/operator");
    says(chat, "I am calling someone").await?;
    let topic = stage.topic("Alice").await?;
    says(&topic, "/operator").await?;
    says(&topic, "I am calling someone").await?;
    let before = topic.texts();
    ensure!(!before.iter().any(|text| text.contains("House blend")), "{before:?}");

    topic.text("/takeover");
    says(&topic, "The dialog is yours").await?;
    chat.text("/menu");
    says(&topic, "/menu").await?;
    topic.text("The beans are sold out today");
    says(chat, "The beans are sold out today").await?;
    topic.text("/release");
    says(&topic, "own program again").await?;
    chat.text("/help");
    says(chat, "/cancel – leave an order").await?;
    says(&topic, "/cancel – leave an order").await?;
    let menus = chat
        .texts()
        .iter()
        .filter(|text| text.contains("Roasted on Tuesdays"))
        .count();
    ensure!(menus == 0, "the bot answered what was held back");
    Ok(())
}
