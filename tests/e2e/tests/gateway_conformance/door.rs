//! The front door alone, without a relay behind it: to the bot's program it is Telegram, byte for byte.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use switchboard_e2e::TOKEN;
use switchboard_e2e::script::Place;
use switchboard_gateway::{Door, Front, FrontDeps, Taken, Verdict};
use switchboard_store::{NewConnection, SealKey};
use switchboard_store_conformance::{Backend as _, MemoryBackend};
use switchboard_telegram::Token;

use super::as_directly;

/// Kinds that the other side of a real host asks for, whatever the program wants.
const RELAY: [&str; 4] = ["message", "edited_message", "callback_query", "message_reaction"];

/// Hands over what Telegram has, as a host would: with the kinds of both sides, confirmed only when it is safe.
async fn poll(api: String, front: Arc<Front>) -> Result<()> {
    // A second installation only says that there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // Fails only where one is there already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder().no_proxy().build()?;
    let mut kinds = front.kinds_changed();
    let mut offset = 0;
    loop {
        let mut wanted = kinds.borrow_and_update().clone();
        for kind in RELAY {
            if !wanted.iter().any(|w| w == kind) {
                wanted.push(kind.to_owned());
            }
        }
        let params = json!({"offset": offset, "timeout": 20, "allowed_updates": wanted});
        let call = http.post(format!("{api}/bot{TOKEN}/getUpdates")).json(&params).send();
        let answer = tokio::select! {
            answer = call => answer,
            changed = kinds.changed() => {
                changed?;
                continue;
            }
        };
        let Ok(answer) = answer else {
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let body = answer.text().await?;
        let list: Vec<Box<serde_json::value::RawValue>> = match serde_json::from_str::<Answer>(&body) {
            Ok(a) => a.result,
            Err(_) => continue,
        };
        let mut taken = Vec::new();
        for raw in list {
            let v: Value = serde_json::from_str(raw.get())?;
            let o = v.as_object().context("an update")?;
            let kind = o.keys().find(|k| *k != "update_id").context("a kind")?.clone();
            let update = v["update_id"].as_i64().context("an id")?;
            offset = update + 1;
            let chat = &v[&kind]["chat"]["id"];
            taken.push(Taken {
                update,
                chat: chat.as_i64().or_else(|| v[&kind]["message"]["chat"]["id"].as_i64()),
                kind,
                body: raw.get().into(),
                verdict: Verdict::Pass,
            });
        }
        front.take(taken).await?;
    }
}

#[derive(serde::Deserialize)]
struct Answer {
    result: Vec<Box<serde_json::value::RawValue>>,
}

/// A world with a door before it.
async fn behind_a_door() -> Result<(Place, Door)> {
    let mut place = Place::direct().await?;
    let token = Token::new(TOKEN)?;
    let door = Door::listen(([127, 0, 0, 1], 0).into(), &place.sim.api_url()).await?;
    let database = MemoryBackend.create().await;
    let store = database.open().await;
    let connection = store
        .put_connection(&NewConnection {
            name: "support".into(),
            bot: place.bot.id,
            token: Vec::new(),
            group: place.group.id(),
            config: "{}".into(),
        })
        .await?;
    let front = Front::load(FrontDeps {
        store,
        connection,
        name: "support".into(),
        seal: Arc::new(SealKey::ephemeral()),
        caller: door.caller(&token, Arc::new(())),
    })
    .await?;
    door.open(&token, Some(Arc::clone(&front)), Arc::new(()));
    tokio::spawn(poll(place.sim.api_url(), front));
    place.host = door.address().to_string();
    place.door = true;
    Ok((place, door))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_door_answers_as_telegram_does() -> Result<()> {
    let (place, door) = behind_a_door().await?;
    as_directly(place).await?;
    door.stop().await;
    Ok(())
}
