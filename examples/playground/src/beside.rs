//! The scripted dialog of the first look where the shop's own bot program works beside Switchboard.

use anyhow::{Context as _, Result};
use telegram_sim::people::compose::Item;
use telegram_sim::{MessageView, Seat};

use crate::dialog::{SOON, TROUBLE, crosses, quick_replies, repair, topic};
use crate::page::sample;
use crate::stage::Stage;

/// What calls a person: a command of the bot, and the button of its keyboard that does the same.
pub const OPENED_BY: [&str; 2] = ["/operator", PERSON];
const PERSON: &str = "🙋 Talk to a person";
/// The shop's bot knows only its commands.
const PUZZLED: &str = "I only know coffee";

pub async fn play(stage: &Stage) -> Result<()> {
    quick_replies(stage).await?;
    tokio::try_join!(lena(stage), tom(stage), kenji(stage), marta(stage))?;
    // Titles follow a little later, to spare the group's few calls.
    for title in ["⬛ Lena", "🟪 Kenji", "🟨 Marta"] {
        stage.group.wait_topic(title, SOON).await?;
    }
    Ok(())
}

async fn presses(customer: &Seat, message: &MessageView, button: &str) -> Result<()> {
    let query = customer.press_text(message.message_id, button);
    customer.answer(&query, SOON).await.context("the bot did not answer")?;
    Ok(())
}

/// The customer writes; the bot program answers.
async fn asks(customer: &Seat, text: &str, answer: &str) -> Result<MessageView> {
    customer.text(text);
    crosses(customer, answer).await
}

async fn greets(customer: &Seat) -> Result<()> {
    customer.start(None);
    crosses(customer, "This is Bean & Brew").await?;
    Ok(())
}

/// An order with the bot alone.
async fn orders(customer: &Seat, button: &str, name: &str, bags: &str) -> Result<()> {
    let menu = asks(customer, "☕ Menu", "Roasted on Tuesdays").await?;
    presses(customer, &menu, button).await?;
    let about = crosses(customer, "a bag").await?;
    presses(customer, &about, &format!("🛒 Order {name}")).await?;
    crosses(customer, "How many bags").await?;
    let sum = asks(customer, bags, "Is that right?").await?;
    presses(customer, &sum, "✅ Order").await?;
    crosses(customer, "Thank you!").await?;
    Ok(())
}

/// Somebody who needs no operator: no topic comes up.
async fn tom(stage: &Stage) -> Result<()> {
    let tom = stage.customer(3);
    greets(&tom).await?;
    orders(&tom, "Sidamo · 12.00 €", "Sidamo", "4").await
}

/// Somebody who waits.
async fn kenji(stage: &Stage) -> Result<()> {
    let kenji = stage.customer(1);
    greets(&kenji).await?;
    asks(&kenji, "/operator", "I am calling someone").await?;
    let desk = topic(stage, 0, "Kenji").await?;
    crosses(&desk, "I am calling someone").await?;
    asks(
        &kenji,
        "Hello, my parcel should have come on Tuesday. Where is it?",
        PUZZLED,
    )
    .await?;
    crosses(&desk, "parcel").await?;
    kenji.send(Item {
        kind: Some("venue".into()),
        title: Some("Pick-up shop, Torstraße".into()),
        address: Some("Torstraße 140, Berlin".into()),
        latitude: Some(52.5297),
        longitude: Some(13.3973),
        ..Item::default()
    });
    desk.wait_message(SOON, |message| message.kind == "venue").await?;
    Ok(())
}

/// A short dialog that is closed already: that gives the customer back to the bot.
async fn lena(stage: &Stage) -> Result<()> {
    let lena = stage.customer(2);
    greets(&lena).await?;
    asks(&lena, "/operator", "I am calling someone").await?;
    let desk = topic(stage, 1, "Lena").await?;
    crosses(&desk, "I am calling someone").await?;
    takes_over(&desk).await?;
    lena.text("Which of your beans would you take for a moka pot?");
    crosses(&desk, "moka pot").await?;
    desk.send(Item {
        kind: Some("photo".into()),
        bytes: Some(sample::BEANS.into()),
        caption: Some("The <b>House blend</b>, ground <i>a little coarser</i> than for espresso.".into()),
        parse_mode: Some("HTML".into()),
        ..Item::default()
    });
    let beans = crosses(&lena, "a little coarser").await?;
    lena.react(beans.message_id, "👍");
    lena.text("Thank you!");
    crosses(&desk, "Thank you!").await?;
    desk.text("/close");
    Ok(())
}

async fn takes_over(desk: &Seat) -> Result<()> {
    desk.text("/takeover");
    crosses(desk, "The dialog is yours").await?;
    Ok(())
}

/// The dialog that is open at the first look: the bot first, then people, then the bot again.
async fn marta(stage: &Stage) -> Result<()> {
    let marta = stage.customer(0);
    greets(&marta).await?;
    orders(&marta, "House blend · 9.50 €", "House blend", "2").await?;
    asks(&marta, PERSON, "I am calling someone").await?;
    let olga = topic(stage, 0, "Marta").await?;
    let sam = topic(stage, 1, "Marta").await?;
    crosses(&sam, "I am calling someone").await?;
    asks(&marta, TROUBLE, PUZZLED).await?;
    crosses(&olga, PUZZLED).await?;
    takes_over(&olga).await?;
    repair(&marta, &olga, &sam).await?;
    olga.text("/release");
    crosses(&olga, "own program again").await?;
    asks(&marta, "🕘 Hours", "Monday to Saturday").await?;
    crosses(&olga, "Monday to Saturday").await?;
    olga.text("See you tomorrow, then!");
    crosses(&marta, "See you tomorrow").await?;
    Ok(())
}
