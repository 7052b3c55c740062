//! Every refusal that a call can meet, each in the words of Telegram.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use telegram_sim::sim::samples;
use telegram_sim::world::rights::Rights;
use telegram_sim::{Fault, FaultRule, Limits, Rate};

use super::play::{Play, file};
use super::shape::{File, Shape};

/// Method, parameters, code, and a part of the description.
/// One a line: see its head.
const REFUSALS: &str = include_str!("refusals.txt");

/// Texts that are too long, and a message of each kind that some call cannot do.
async fn prepare(play: &mut Play) -> Result<()> {
    let button = json!([{"text": "a", "callback_data": "b"}]);
    let album = json!({"chat_id": "$alice", "media": [
        {"type": "photo", "media": "$photo"}, {"type": "photo", "media": "$photo"},
    ]});
    let album = play.ok("sendMediaGroup", album).await?;
    let topic = play
        .ok("createForumTopic", json!({"chat_id": "$club", "name": "Lasting"}))
        .await?;
    let stopped = play
        .ok(
            "sendPoll",
            json!({"chat_id": "$alice", "question": "?", "options": ["a"]}),
        )
        .await?;
    let stopped = stopped["message_id"].clone();
    play.ok("stopPoll", json!({"chat_id": "$alice", "message_id": stopped}))
        .await?;
    let command = json!({"command": "a", "description": "d"});
    for (name, value) in [
        ("stopped_poll", stopped),
        ("others_poll", play.cast.alice.poll().bot_message_id.into()),
        ("many_commands", Value::Array(vec![command; 101])),
        ("book", json!("y".repeat(40_000))),
        ("long_text", json!("x".repeat(4097))),
        ("long_caption", json!("x".repeat(1025))),
        ("long_data", json!("x".repeat(65))),
        ("many_buttons", Value::Array(vec![button; 101])),
        ("hundred_and_one", (1..=101).collect::<Vec<i64>>().into()),
        ("album", album[0]["message_id"].clone()),
        ("club_topic", topic["message_thread_id"].clone()),
    ] {
        play.names.insert(name.to_owned(), value);
    }
    Ok(())
}

pub async fn every_error(play: &mut Play) -> Result<()> {
    prepare(play).await?;
    let mut otherwise = Vec::new();
    for line in REFUSALS.lines().filter(|l| !l.starts_with('#') && !l.is_empty()) {
        let fields: Vec<&str> = line.split(" | ").collect();
        let [code, method, params, text] = fields[..] else {
            anyhow::bail!("four fields a line, not {line}");
        };
        let params: Value = serde_json::from_str(params).with_context(|| line.to_owned())?;
        if let Err(e) = play.refused(method, params, code.parse()?, text).await {
            otherwise.push(e.to_string());
        }
    }
    ensure!(otherwise.is_empty(), "{}", otherwise.join("\n"));
    rights(play).await?;
    sizes(play).await?;
    limits(play).await?;
    broken_servers(play).await?;
    play.updates().await?;
    Ok(())
}

/// Groups that the bot was thrown out of, or may not write to.
async fn rights(play: &mut Play) -> Result<()> {
    let (club, plain) = (play.cast.club.clone(), play.cast.plain.clone());
    plain.remove(play.place.bot.id);
    play.refused(
        "sendMessage",
        json!({"chat_id": "$plain", "text": "x"}),
        403,
        "bot is not a member of the supergroup chat",
    )
    .await?;
    plain.kick(play.place.bot.id);
    play.refused(
        "sendMessage",
        json!({"chat_id": "$plain", "text": "x"}),
        403,
        "bot was kicked from the supergroup chat",
    )
    .await?;
    plain.add_bot(&play.place.bot);
    play.ok("leaveChat", json!({"chat_id": "$plain"})).await?;
    plain.add_bot(&play.place.bot);

    club.add_admin_bot_with(&play.place.bot, &["can_manage_chat"]);
    for (method, text) in [
        ("createForumTopic", "not enough rights to create a topic"),
        ("editForumTopic", "not enough rights to"),
        ("deleteForumTopic", "not enough rights to delete the topic"),
        (
            "pinChatMessage",
            "not enough rights to manage pinned messages in the chat",
        ),
    ] {
        let params = json!({"chat_id": "$club", "name": "x", "message_thread_id": "$others_topic", "message_id": 1});
        if !play.names.contains_key("others_topic") {
            let topic = club.create_topic(&play.cast.alice_person, "Alice's");
            play.names.insert("others_topic".into(), topic.into());
        }
        play.refused(method, params, 400, text).await?;
    }
    let topic = play.names["others_topic"].as_i64().context("a topic")?;
    club.close_topic(&play.cast.alice_person, topic);
    let there = json!({"chat_id": "$club", "message_thread_id": topic, "text": "x"});
    play.refused("sendMessage", there, 400, "TOPIC_CLOSED").await?;
    club.add_admin_bot(&play.place.bot);
    play.place.sim.with_world(|w| {
        if let Ok(g) = w.group_mut(plain.id()) {
            g.permissions = Rights::default();
        }
    });
    let there = json!({"chat_id": "$plain", "text": "x"});
    play.refused(
        "sendMessage",
        there,
        400,
        "not enough rights to send text messages to the chat",
    )
    .await?;
    club.delete_topic(&play.cast.alice_person, topic);
    let params = json!({"chat_id": "$club", "name": "x", "message_thread_id": topic});
    play.refused("editForumTopic", params, 400, "TOPIC_DELETED").await?;
    play.updates().await?;
    Ok(())
}

/// More than fits.
async fn sizes(play: &mut Play) -> Result<()> {
    let big = "x".repeat((1 << 20) + 1);
    for shape in [Shape::Form, Shape::Json, Shape::Multipart, Shape::Attached] {
        let got = play
            .shaped(shape, "sendMessage", &json!({"chat_id": "$alice", "text": big}), &[])
            .await?;
        ensure!(got.status == 413, "{shape:?}: {}", got.body);
        shorten(play);
    }
    let upload = |field: &str, bytes: Vec<u8>| File {
        bytes,
        ..file(field, field)
    };
    let photo = upload("photo", vec![7; (10 << 20) + 1]);
    let params = json!({"chat_id": "$alice"});
    let got = play.shaped(Shape::Multipart, "sendPhoto", &params, &[photo]).await?;
    ensure!(got.description().contains("is too big for a photo"), "{}", got.body);
    let document = upload("document", vec![7; (50 << 20) + 1]);
    let got = play
        .shaped(Shape::Multipart, "sendDocument", &params, &[document])
        .await?;
    ensure!(got.status == 413, "{}", got.body);
    let broken = upload("photo", b"no picture".to_vec());
    let got = play.shaped(Shape::Attached, "sendPhoto", &params, &[broken]).await?;
    ensure!(got.description().contains("IMAGE_PROCESS_FAILED"), "{}", got.body);
    let empty = upload("photo", Vec::new());
    let got = play.shaped(Shape::Multipart, "sendPhoto", &params, &[empty]).await?;
    ensure!(got.description().contains("file must be non-empty"), "{}", got.body);
    let album = json!({"chat_id": "$alice", "media": [
        {"type": "document", "media": "attach://moving"}, {"type": "document", "media": "$document"},
    ]});
    let moving = File {
        bytes: samples::GIF.to_vec(),
        ..file("moving", "animation")
    };
    let got = play
        .shaped(Shape::Attached, "sendMediaGroup", &album, &[moving])
        .await?;
    ensure!(
        got.description().contains("invalid message content type"),
        "{}",
        got.body
    );
    Ok(())
}

/// The name of a step with a megabyte in it.
fn shorten(play: &mut Play) {
    if let Some(e) = play.record.entries.last_mut() {
        e.what.truncate(60);
    }
}

/// 429 with its parameters, and what a batch or an edit spends.
async fn limits(play: &mut Play) -> Result<()> {
    play.place.sim.set_limits(Limits {
        private: Some(Rate {
            count: 2,
            window_ms: 60_000,
        }),
        ..Limits::OFF
    });
    for i in 0..4 {
        play.call("sendMessage", json!({"chat_id": "$bob", "text": format!("quick {i}")}))
            .await?;
    }
    for shape in [Shape::GetQuery, Shape::Form, Shape::Attached] {
        let got = play
            .shaped(shape, "sendMessage", &json!({"chat_id": "$bob", "text": "more"}), &[])
            .await?;
        ensure!(
            got.status == 429 && got.body["parameters"]["retry_after"].is_u64(),
            "{}",
            got.body
        );
    }
    play.call("sendChatAction", json!({"chat_id": "$bob", "action": "typing"}))
        .await?;
    play.place.sim.set_limits(Limits::OFF);
    Ok(())
}

/// Answers that no method gives: pages of a proxy, servers in trouble.
async fn broken_servers(play: &mut Play) -> Result<()> {
    for fault in [
        Fault::ErrorBefore,
        Fault::HtmlBefore,
        Fault::BadGatewayAfter,
        Fault::TooMany,
        Fault::TooManyWithoutRetryAfter,
    ] {
        let rule = FaultRule::new(fault, "sendvenue").times(1);
        play.place.sim.set_faults(vec![rule]);
        let params = json!({"chat_id": "$alice", "latitude": 1, "longitude": 2, "title": "t", "address": "a"});
        let got = play.call("sendVenue", params).await?;
        ensure!(got.status >= 429, "{fault:?}: {}", got.body);
    }
    play.place.sim.clear_faults();
    Ok(())
}
