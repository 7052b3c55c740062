//! setWebhook and its kin, deliveries, and answers to deliveries that are calls.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::hook::{Delivery, Hook, Reply};
use super::play::{Play, file};
use super::raw::{self, Response};
use super::shape::{File, Shape, form};
use crate::stage::{SOON, TOKEN};

const JSON: &str = "Content-Type: application/json\r\n";

/// A program that sets webhooks more often than once a second is told to wait.
async fn a_second_later(since: Instant) {
    tokio::time::sleep_until((since + Duration::from_millis(1050)).into()).await;
}

pub async fn deliveries(play: &mut Play) -> Result<()> {
    let hook = Hook::start().await?;
    play.record.alias(&hook.address, "RECEIVER");
    setting(play, &hook).await?;
    pushing(play, &hook).await?;
    replies(play, &hook).await?;
    failing(play, &hook).await?;
    ending(play, &hook).await
}

async fn set(play: &mut Play, params: Value, status: u16, text: &str) -> Result<()> {
    let got = play.call("setWebhook", params.clone()).await?;
    let since = Instant::now();
    ensure!(
        got.status == status && got.description().contains(text),
        "{params}: {}",
        got.body
    );
    play.ok("getWebhookInfo", json!({})).await?;
    if params["url"].as_str().is_some_and(|u| !u.is_empty()) {
        a_second_later(since).await;
    }
    Ok(())
}

async fn setting(play: &mut Play, hook: &Hook) -> Result<()> {
    let url = hook.url();
    set(play, json!({}), 200, "Webhook is already deleted").await?;
    set(play, json!({"url": ""}), 200, "Webhook is already deleted").await?;
    set(play, json!({"url": "::"}), 400, "invalid webhook URL specified").await?;
    set(
        play,
        json!({"url": "ftp://example.org/"}),
        400,
        "invalid webhook URL specified",
    )
    .await?;
    let wrong = json!({"url": url, "secret_token": "with space"});
    set(play, wrong, 400, "secret token contains unallowed characters").await?;
    set(
        play,
        json!({"url": url, "secret_token": "s".repeat(257)}),
        400,
        "secret token is too long",
    )
    .await?;

    // Two at once: one is told to wait.
    let params = json!({"url": url, "secret_token": "s-3_cret", "max_connections": 7, "ip_address": "127.0.0.1"});
    let fields = params.as_object().cloned().unwrap_or_default();
    let request = Shape::Json.request(TOKEN, "setWebhook", &fields, &[]);
    let (one, other) = tokio::join!(
        raw::ask(&play.place.host, &request),
        raw::ask(&play.place.host, &request)
    );
    let since = Instant::now();
    let mut both = [one?, other?];
    both.sort_by_key(|r| r.status);
    for (r, status) in both.iter().zip([200, 429]) {
        let got = play.took("setWebhook twice at once", r, Duration::ZERO);
        ensure!(got.status == status, "{}", got.body);
    }
    a_second_later(since).await;
    set(play, params, 200, "Webhook is already set").await?;
    play.refused(
        "getUpdates",
        json!({}),
        409,
        "can't use getUpdates method while webhook is active",
    )
    .await?;

    // A certificate shows in what is told.
    play.call("deleteWebhook", json!({})).await?;
    let params = json!({"url": url, "allowed_updates": ["message", "callback_query"]});
    let certificate = File {
        bytes: include_bytes!("certificate.pem").to_vec(),
        ..file("certificate", "document")
    };
    let got = play
        .shaped(Shape::Multipart, "setWebhook", &params, &[certificate])
        .await?;
    let since = Instant::now();
    ensure!(got.description() == "Webhook was set", "{}", got.body);
    play.ok("getWebhookInfo", json!({})).await?;
    a_second_later(since).await;
    refusals(play, hook).await?;
    for shape in [Shape::GetQuery, Shape::Attached] {
        let params = json!({"url": url, "secret_token": "s-3_cret", "max_connections": 1});
        let got = play.shaped(shape, "setWebhook", &params, &[]).await?;
        let since = Instant::now();
        ensure!(got.status == 200, "{}", got.body);
        a_second_later(since).await;
    }
    Ok(())
}

/// A webhook that is refused has ended the one before, and all else that comes before it is looked at.
async fn refusals(play: &mut Play, hook: &Hook) -> Result<()> {
    let url = hook.url();
    // The kinds are those of a webhook that was good in itself.
    set(play, json!({"url": "::", "allowed_updates": ["poll"]}), 400, "invalid").await?;
    let good = json!({"url": url, "allowed_updates": ["message", "no_such_kind", "callback_query"]});
    set(play, good.clone(), 200, "Webhook was set").await?;
    set(play, good, 200, "Webhook is already set").await?;
    let wrong = json!({"url": url, "secret_token": "with space"});
    set(play, wrong, 400, "unallowed characters").await?;
    play.cast.alice.text("to nobody's webhook");
    let got = play.updates().await?;
    ensure!(got.len() == 1, "{got:?}");
    let good = json!({"url": url});
    set(play, good.clone(), 200, "Webhook was set").await?;
    let certificate = File {
        bytes: vec![b'x'; (3 << 20) + 1],
        ..file("certificate", "document")
    };
    let got = play
        .shaped(Shape::Multipart, "setWebhook", &good, &[certificate])
        .await?;
    let since = Instant::now();
    ensure!(
        got.description() == "Bad Request: certificate size is too big (3145729 bytes)",
        "{}",
        got.body
    );
    play.ok("getWebhookInfo", json!({})).await?;
    a_second_later(since).await;
    // What waits is dropped all the same.
    play.cast.alice.text("dropped by a webhook that is refused");
    play.place.arrived().await?;
    let wrong = json!({"url": "::", "drop_pending_updates": true});
    set(play, wrong, 400, "invalid webhook URL specified").await?;
    ensure!(play.updates().await?.is_empty(), "nothing is left");
    // A poll that waits is ended all the same.
    let params = json!({"offset": play.next, "timeout": 40});
    let ended = ended_by(play, params, json!({"url": "::"})).await?;
    play.record.answer("a poll that a refused webhook ended", &ended);
    Ok(())
}

/// A poll's end, when a webhook is set over and over until it comes.
async fn ended_by(play: &mut Play, poll: Value, hook: Value) -> Result<Response> {
    let object = |v: &Value| v.as_object().cloned().unwrap_or_default();
    let request = Shape::Json.request(TOKEN, "getUpdates", &object(&poll), &[]);
    let host = play.place.host.clone();
    let waiting = tokio::spawn(async move { raw::ask(&host, &request).await });
    while !waiting.is_finished() {
        let since = Instant::now();
        let request = Shape::Json.request(TOKEN, "setWebhook", &object(&hook), &[]);
        raw::ask(&play.place.host, &request).await?;
        let request = Shape::Json.request(TOKEN, "deleteWebhook", &serde_json::Map::new(), &[]);
        raw::ask(&play.place.host, &request).await?;
        a_second_later(since).await;
    }
    let ended = waiting.await??;
    ensure!(ended.status == 409, "{}", String::from_utf8_lossy(&ended.body));
    play.asked = play.next;
    Ok(ended)
}

fn text_of(d: &Delivery) -> String {
    let v: Value = serde_json::from_slice(&d.body).unwrap_or_default();
    v["message"]["text"].as_str().unwrap_or_default().to_owned()
}

async fn seen(play: &mut Play, hook: &Hook, from: usize, texts: &[&str]) -> Result<()> {
    let got = hook.wait(from, from + texts.len()).await?;
    let what: Vec<String> = got.iter().map(text_of).collect();
    ensure!(what == texts, "{what:?}, not {texts:?}");
    for d in got {
        let text = format!(
            "{}\n{}\n{}\n{}",
            d.line,
            d.content_type,
            d.secret,
            String::from_utf8_lossy(&d.body)
        );
        play.record.note("a delivery", text);
    }
    settled(play).await
}

/// Nothing waits for the webhook any more.
async fn settled(play: &mut Play) -> Result<()> {
    let deadline = Instant::now() + SOON;
    play.place.arrived().await?;
    loop {
        let request = Shape::Json.request(TOKEN, "getWebhookInfo", &serde_json::Map::new(), &[]);
        let answer = raw::ask(&play.place.host, &request).await?;
        let info: Value = serde_json::from_slice(&answer.body)?;
        if info["result"]["pending_update_count"] == 0 {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "deliveries wait: {info}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn pushing(play: &mut Play, hook: &Hook) -> Result<()> {
    let from = hook.seen();
    play.cast.alice.text("pushed 1");
    play.cast.alice.text("pushed 2");
    let id = play.cast.alice.text("pushed 3").message_id;
    seen(play, hook, from, &["pushed 1", "pushed 2", "pushed 3"]).await?;
    // Not among the kinds that were chosen.
    play.cast.alice.edit(id, "edited");
    play.cast.alice.text("pushed 4");
    seen(play, hook, from + 3, &["pushed 4"]).await?;
    play.ok("getWebhookInfo", json!({})).await?;
    Ok(())
}

/// Answers that are calls: carried out, but for those that may not be.
async fn replies(play: &mut Play, hook: &Hook) -> Result<()> {
    let alice = play.cast.alice.person;
    let call = json!({"method": "sendMessage", "chat_id": alice, "text": "by JSON"}).to_string();
    let fields = json!({"method": "SENDMESSAGE", "chat_id": alice, "text": "by form", "reply_markup": {"inline_keyboard": [[{"text": "a", "callback_data": "b"}]]}});
    let fields = form(fields.as_object().context("an object")?);
    let part =
        |name: &str, value: &str| format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    let parts = format!(
        "{}{}{}--b--\r\n",
        part("method", "sendMessage"),
        part("chat_id", &alice.to_string()),
        part("text", "by multipart")
    );
    let reply = |headers: &str, body: String| Reply {
        status: "200 OK",
        headers: headers.to_owned(),
        body,
    };
    hook.replies(vec![
        reply(JSON, call.clone()),
        reply("Content-Type: application/x-www-form-urlencoded\r\n", fields),
        reply("Content-Type: multipart/form-data; boundary=b\r\n", parts),
        reply(JSON, json!({"method": "deleteWebhook"}).to_string()),
        reply(JSON, json!({"method": "getMe"}).to_string()),
        reply(
            JSON,
            json!({"method": "sendMessage", "chat_id": 1, "text": "to nobody"}).to_string(),
        ),
        reply(JSON, "{broken".to_owned()),
        reply(JSON, "{}".to_owned()),
    ]);
    let from = hook.seen();
    let texts: Vec<String> = (0..8).map(|i| format!("asks for a reply {i}")).collect();
    for (i, text) in texts.iter().enumerate() {
        play.cast.alice.text(text);
        seen(play, hook, from + i, &[text]).await?;
        if let Some(reply) = ["by JSON", "by form", "by multipart"].get(i) {
            play.cast.alice.wait_text(reply, SOON).await?;
        }
    }
    play.ok("getWebhookInfo", json!({})).await?;
    Ok(())
}

/// A failed delivery comes again and holds its own chat only.
async fn failing(play: &mut Play, hook: &Hook) -> Result<()> {
    let fail = |status: &'static str, headers: &str| Reply {
        status,
        headers: headers.to_owned(),
        body: String::new(),
    };
    let from = hook.seen();
    hook.replies(vec![
        fail("500 Internal Server Error", ""),
        fail("503 Service Unavailable", "Retry-After: 1\r\n"),
        fail("410 Gone", ""),
    ]);
    play.cast.alice.text("thrice refused");
    seen(play, hook, from, &["thrice refused"; 4]).await?;
    play.ok("getWebhookInfo", json!({})).await?;
    Ok(())
}

async fn ending(play: &mut Play, hook: &Hook) -> Result<()> {
    let got = play.call("deleteWebhook", json!({})).await?;
    ensure!(got.description() == "Webhook was deleted", "{}", got.body);
    let got = play.call("deleteWebhook", json!({})).await?;
    ensure!(got.description() == "Webhook is already deleted", "{}", got.body);
    play.ok("getWebhookInfo", json!({})).await?;
    // What came without a webhook waits; it can be dropped with setting or deleting one.
    play.cast.alice.text("waits");
    play.place.arrived().await?;
    play.ok("getWebhookInfo", json!({})).await?;
    set(
        play,
        json!({"url": hook.url(), "drop_pending_updates": true, "max_connections": 1}),
        200,
        "Webhook was set",
    )
    .await?;
    let from = hook.seen();
    play.cast.alice.text("first after the drop");
    seen(play, hook, from, &["first after the drop"]).await?;
    let got = play
        .call("deleteWebhook", json!({"drop_pending_updates": "true"}))
        .await?;
    ensure!(got.description() == "Webhook was deleted", "{}", got.body);
    play.cast.alice.text("dropped as well");
    play.place.arrived().await?;
    let got = play.call("setWebhook", json!({"drop_pending_updates": 1})).await?;
    ensure!(got.description() == "Webhook is already deleted", "{}", got.body);
    ensure!(play.updates().await?.is_empty(), "nothing is left");
    // A poll that waits is ended by a webhook.
    let params = json!({"offset": play.next, "timeout": 40});
    ended_by(play, params, json!({"url": hook.url()})).await?;
    Ok(())
}
