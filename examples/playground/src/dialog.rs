//! The scripted dialog of the first look where Switchboard is the bot's only program. Each line waits until the one before
//! it has crossed over.

use std::time::Duration;

use anyhow::Result;
use telegram_sim::people::act::Post;
use telegram_sim::people::compose::Item;
use telegram_sim::{MessageView, Seat};

use crate::page::sample;
use crate::stage::Stage;

/// Longest wait for one message to cross over: generous, for a loaded machine.
pub const SOON: Duration = Duration::from_secs(30);

/// What operators say more than once; the first look has it as `/say warranty`.
const WARRANTY: &str = "Your machine is under warranty for 24 months. Keep the invoice: that is all we need from you.";
pub const TROUBLE: &str = "My espresso machine drips from the group head since this morning";
const SHIPPING: &str = "We ship on the same day when you order before 14:00. You get the tracking number by mail.";

pub async fn play(stage: &Stage) -> Result<()> {
    quick_replies(stage).await?;
    tokio::try_join!(lena(stage), tom(stage), kenji(stage), marta(stage))?;
    // Titles follow a little later, to spare the group's few calls.
    for title in ["⬛ Lena", "🟨 Tom", "🟪 Kenji", "🟨 Marta"] {
        stage.group.wait_topic(title, SOON).await?;
    }
    Ok(())
}

/// The operator's seat in the topic of a customer.
pub async fn topic(stage: &Stage, operator: usize, name: &str) -> Result<Seat> {
    let topic = stage.group.wait_topic(name, SOON).await?;
    Ok(stage.operators[operator].in_topic(&stage.group, topic.thread))
}

/// The message as the other side sees it.
pub async fn crosses(to: &Seat, text: &str) -> Result<MessageView> {
    Ok(to
        .wait_message(SOON, |message| message.from_bot && message.text.contains(text))
        .await?)
}

/// Saved in General, so that no customer gets them.
pub async fn quick_replies(stage: &Stage) -> Result<()> {
    let general = stage.operators[0].general(&stage.group);
    for (name, text) in [("warranty", WARRANTY), ("shipping", SHIPPING)] {
        let source = general.text(text);
        general.reply(source.message_id, &format!("/say {name}"));
        crosses(&general, &format!("/say {name}")).await?;
    }
    Ok(())
}

/// A short dialog that is closed already.
async fn lena(stage: &Stage) -> Result<()> {
    let lena = stage.customer(2);
    lena.text("Which of your beans would you take for a moka pot?");
    let desk = topic(stage, 1, "Lena").await?;
    crosses(&desk, "moka pot").await?;
    desk.send(Item {
        kind: Some("photo".into()),
        bytes: Some(sample::BEANS.into()),
        caption: Some("The <b>House blend</b>, ground <i>a little coarser</i> than for espresso.".into()),
        parse_mode: Some("HTML".into()),
        ..Item::default()
    });
    let beans = crosses(&lena, "House blend").await?;
    lena.react(beans.message_id, "👍");
    lena.text("Thank you, ordered!");
    crosses(&desk, "ordered!").await?;
    desk.text("/close");
    Ok(())
}

/// A file, and an answer that was corrected afterwards.
async fn tom(stage: &Stage) -> Result<()> {
    let tom = stage.customer(3);
    tom.text("I cannot find the invoice for order 2048. Can you send it again?");
    let desk = topic(stage, 0, "Tom").await?;
    crosses(&desk, "2048").await?;
    let file = desk.media(
        "document",
        sample::INVOICE,
        "invoice-2048.pdf",
        "Here it is, Tom. Have a nice day!",
    );
    crosses(&tom, "Here it is").await?;
    desk.edit(file.message_id, "Here it is, Tom. Have a nice weekend!");
    crosses(&tom, "nice weekend").await?;
    Ok(())
}

/// Somebody who waits.
async fn kenji(stage: &Stage) -> Result<()> {
    let kenji = stage.customer(1);
    kenji.text("Hello, my parcel should have come on Tuesday. Where is it?");
    let desk = topic(stage, 0, "Kenji").await?;
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
    kenji.text("It was to be sent there.");
    crosses(&desk, "sent there").await?;
    Ok(())
}

/// The dialog that is open at the first look.
async fn marta(stage: &Stage) -> Result<()> {
    let marta = stage.customer(0);
    marta.start(None);
    crosses(&marta, "Hello, Marta").await?;
    let olga = topic(stage, 0, "Marta").await?;
    let sam = topic(stage, 1, "Marta").await?;
    marta.text(TROUBLE);
    repair(&marta, &olga, &sam).await
}

/// The dialog itself: both operators, most kinds of messages.
pub async fn repair(marta: &Seat, olga: &Seat, sam: &Seat) -> Result<()> {
    marta.media("photo", sample::MACHINE, "machine.jpg", "It looks like this");
    let photo = crosses(olga, "It looks like this").await?;

    olga.text("/ the gasket kit for this model is in stock: 12 pieces");
    olga.reply_with(
        photo.message_id,
        Item {
            text: Some("That is the <b>group gasket</b>: it hardens after a year or two. Do you have a <code>58 mm</code> one at hand?".into()),
            parse_mode: Some("HTML".into()),
            ..Item::default()
        },
    );
    let question = crosses(marta, "group gasket").await?;
    marta.reply(question.message_id, "No… these are all the parts that came with it");
    let parts = [sample::PARTS, sample::GASKET, sample::BEANS].map(|bytes| Item {
        kind: Some("photo".into()),
        bytes: Some(bytes.into()),
        ..Item::default()
    });
    let post = Post {
        chat: marta.chat,
        ..Post::default()
    };
    marta
        .try_send(&post, &parts)
        .map_err(|refusal| anyhow::anyhow!("the album was refused: {refusal}"))?;
    let album = |all: &[MessageView]| all.iter().filter(|message| message.media_group.is_some()).count() == parts.len();
    let seen = sam.wait_for(SOON, album).await?;
    let second = seen.iter().filter(|message| message.media_group.is_some()).nth(1);

    let answer = "This one is worn out. We send you a new one for free, it is on its way today.";
    match second {
        Some(message) => sam.reply(message.message_id, answer),
        None => sam.text(answer),
    };
    let good_news = crosses(marta, "worn out").await?;
    marta.react(good_news.message_id, "❤");
    marta.text("That is great! Do I have to pay for the next one?");
    crosses(sam, "next one").await?;
    sam.text("/say warranty");
    crosses(marta, "24 months").await?;
    let duration = serde_json::Map::from_iter([("duration".to_owned(), 3.into())]);
    marta.send(Item {
        kind: Some("voice".into()),
        bytes: Some(sample::VOICE.into()),
        attributes: duration,
        ..Item::default()
    });
    olga.wait_message(SOON, |message| message.kind == "voice").await?;
    olga.text("You are welcome, Marta! Have a good day.");
    crosses(marta, "You are welcome").await?;
    olga.text("/say");
    olga.wait_message(SOON, |message| message.from_bot && message.buttons.is_some())
        .await?;
    Ok(())
}
