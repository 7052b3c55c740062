//! The bot's program of a script: it calls, remembers what it got, and goes on from there.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value, json};
use telegram_sim::Item;
use telegram_sim::sim::samples;

use super::place::{Cast, Place};
use super::raw::{self, Request, Response};
use super::record::Record;
use super::shape::{File, Shape};
use crate::stage::TOKEN;

#[derive(Debug)]
pub struct Play {
    pub place: Place,
    pub cast: Cast,
    pub record: Record,
    /// What `$name` stands for in parameters.
    pub names: HashMap<String, Value>,
    /// The offset of the latest poll.
    pub asked: i64,
    /// Every update below was read.
    pub next: i64,
    /// Methods that were called.
    pub methods: Vec<String>,
}

/// An answer that was written down, taken apart.
#[derive(Debug)]
pub struct Got {
    pub status: u16,
    pub body: Value,
    pub took: Duration,
}

impl Got {
    pub fn result(&self) -> &Value {
        &self.body["result"]
    }

    pub fn description(&self) -> &str {
        self.body["description"].as_str().unwrap_or_default()
    }
}

impl Play {
    #[must_use]
    pub fn new(place: Place) -> Self {
        let cast = Cast::gather(&place);
        let names = [
            ("alice", json!(cast.alice.person)),
            ("bob", json!(cast.bob.person)),
            ("carol", json!(cast.carol.person)),
            ("dora", json!(cast.dora.person)),
            ("eve", json!(cast.eve.id)),
            ("club", json!(cast.club.id())),
            ("plain", json!(cast.plain.id())),
            ("old", json!(cast.old.id())),
            ("new", json!(cast.new.id())),
            ("me", json!(place.bot.id)),
            ("other_bot", json!(700_200)),
        ];
        Self {
            cast,
            record: Record::default(),
            names: names.into_iter().map(|(k, v)| (k.to_owned(), v)).collect(),
            asked: -1,
            next: 0,
            methods: Vec::new(),
            place,
        }
    }

    /// Sends a request and writes down what came.
    pub async fn ask(&mut self, what: &str, request: &Request) -> Result<Got> {
        let started = Instant::now();
        let r = raw::ask(&self.place.host, request)
            .await
            .with_context(|| what.to_owned())?;
        Ok(self.took(what, &r, started.elapsed()))
    }

    pub fn took(&mut self, what: &str, r: &Response, took: Duration) -> Got {
        self.record.answer(what, r);
        Got {
            status: r.status,
            // What is no JSON shows itself in a failed step.
            body: serde_json::from_slice(&r.body).unwrap_or_else(|_| {
                let text: String = String::from_utf8_lossy(&r.body).chars().take(200).collect();
                json!({"status": r.status, "text": text})
            }),
            took,
        }
    }

    /// A call in a shape; `$names` in its parameters are filled in first.
    pub async fn shaped(&mut self, shape: Shape, method: &str, params: &Value, files: &[File]) -> Result<Got> {
        let params = self.filled(params).await?;
        self.methods.push(method.to_lowercase());
        let what = format!("{method} {shape:?} {params}");
        let params = params.as_object().cloned().unwrap_or_default();
        let files = if shape.takes_files() { files } else { &[] };
        self.ask(&what, &shape.request(TOKEN, method, &params, files)).await
    }

    pub async fn call(&mut self, method: &str, params: Value) -> Result<Got> {
        self.shaped(Shape::Json, method, &params, &[]).await
    }

    /// A call that must work.
    pub async fn ok(&mut self, method: &str, params: Value) -> Result<Value> {
        let got = self.call(method, params.clone()).await?;
        ensure!(got.body["ok"] == true, "{method} {params}: {}", got.body);
        Ok(got.body["result"].clone())
    }

    /// A call that must fail so.
    pub async fn refused(&mut self, method: &str, params: Value, code: u16, text: &str) -> Result<()> {
        let got = self.call(method, params.clone()).await?;
        ensure!(
            got.status == code && got.description().to_lowercase().contains(&text.to_lowercase()),
            "{method} {params}: expected {code} {text:?}, got {} {}",
            got.status,
            got.body
        );
        Ok(())
    }

    /// Fills in `$name`s. Those that are made afresh for each use begin with `$new_`.
    async fn filled(&mut self, v: &Value) -> Result<Value> {
        match v {
            Value::String(s) if s.starts_with('$') => {
                let name = s.trim_start_matches('$');
                if let Some(v) = self.names.get(name) {
                    return Ok(v.clone());
                }
                Box::pin(self.fresh(name)).await
            }
            Value::Array(list) => {
                let mut out = Vec::new();
                for v in list {
                    out.push(Box::pin(self.filled(v)).await?);
                }
                Ok(Value::Array(out))
            }
            Value::Object(o) => {
                let mut out = Map::new();
                for (k, v) in o {
                    out.insert(k.clone(), Box::pin(self.filled(v)).await?);
                }
                Ok(Value::Object(out))
            }
            v => Ok(v.clone()),
        }
    }

    async fn sent(&mut self, method: &str, params: Value) -> Result<Value> {
        Ok(self.ok(method, params).await?["message_id"].clone())
    }

    /// Something made for one use: the id of a message, a topic, a query.
    async fn fresh(&mut self, name: &str) -> Result<Value> {
        let markup = json!({"inline_keyboard": [[{"text": "Go", "callback_data": "go"}]]});
        match name {
            "new_text" => {
                self.sent("sendMessage", json!({"chat_id": "$alice", "text": "made for use"}))
                    .await
            }
            "new_photo" => {
                self.sent(
                    "sendPhoto",
                    json!({"chat_id": "$alice", "photo": "$photo", "caption": "old"}),
                )
                .await
            }
            "new_buttons" => {
                self.sent(
                    "sendMessage",
                    json!({"chat_id": "$alice", "text": "press", "reply_markup": markup}),
                )
                .await
            }
            "new_poll" => {
                self.sent(
                    "sendPoll",
                    json!({"chat_id": "$alice", "question": "?", "options": ["a", "b"]}),
                )
                .await
            }
            "new_live" => {
                let params = json!({"chat_id": "$alice", "latitude": 1.5, "longitude": 2.5, "live_period": 600});
                self.sent("sendLocation", params).await
            }
            "new_pair" => {
                let first = self
                    .sent("sendMessage", json!({"chat_id": "$alice", "text": "one of two"}))
                    .await?;
                let second = self
                    .sent("sendMessage", json!({"chat_id": "$alice", "text": "two of two"}))
                    .await?;
                Ok(json!([first, second]))
            }
            "new_pinned" => {
                let id = self
                    .sent("sendMessage", json!({"chat_id": "$alice", "text": "pinned"}))
                    .await?;
                self.ok("pinChatMessage", json!({"chat_id": "$alice", "message_id": id}))
                    .await?;
                Ok(id)
            }
            "new_topic" => {
                let topic = self
                    .ok("createForumTopic", json!({"chat_id": "$club", "name": "A topic"}))
                    .await?;
                Ok(topic["message_thread_id"].clone())
            }
            "new_closed_topic" => {
                let topic = self
                    .ok("createForumTopic", json!({"chat_id": "$club", "name": "A topic"}))
                    .await?;
                let id = topic["message_thread_id"].clone();
                self.ok("closeForumTopic", json!({"chat_id": "$club", "message_thread_id": id}))
                    .await?;
                Ok(id)
            }
            "new_press" => {
                let id = self
                    .sent(
                        "sendMessage",
                        json!({"chat_id": "$alice", "text": "press", "reply_markup": markup}),
                    )
                    .await?;
                let seen = self.cast.alice.messages();
                let seen = seen.iter().find(|m| Some(m.bot_message_id) == id.as_i64());
                let seen = seen.context("the message with the button")?.message_id;
                Ok(self.cast.alice.press(seen, "go").into())
            }
            "new_incoming" => Ok(self.cast.alice.text("from Alice").bot_message_id.into()),
            "new_incoming_photo" => Ok(self.cast.alice.photo("from Alice").bot_message_id.into()),
            "new_checkout" => {
                let sent = self.invoice(json!({"currency": "XTR"})).await?;
                Ok(self.cast.alice.pay(sent).into())
            }
            "new_shipping" => {
                let flexible = json!({"currency": "EUR", "provider_token": "p", "is_flexible": true});
                let sent = self.invoice(flexible).await?;
                Ok(self.cast.alice.pay(sent).into())
            }
            "new_inline" => Ok(self.cast.alice.inline(&self.place.bot, "tea").into()),
            "new_chosen" => self.chosen().await,
            "new_game" => {
                self.sent("sendGame", json!({"chat_id": "$alice", "game_short_name": "quest"}))
                    .await
            }
            _ => anyhow::bail!("nothing is called ${name}"),
        }
    }

    /// An invoice for Alice, under the id that she sees.
    async fn invoice(&mut self, more: Value) -> Result<i64> {
        let mut params = json!({
            "chat_id": "$alice", "title": "Tea", "description": "Green", "payload": "tea-1",
            "prices": [{"label": "Tea", "amount": 500}],
        });
        for (k, v) in more.as_object().into_iter().flatten() {
            params[k] = v.clone();
        }
        let id = self.sent("sendInvoice", params).await?;
        let seen = self.cast.alice.messages();
        let seen = seen.iter().find(|m| Some(m.bot_message_id) == id.as_i64());
        Ok(seen.context("the invoice")?.message_id)
    }

    /// A message of Alice's via the bot: its inline id, as the bot is told.
    async fn chosen(&mut self) -> Result<Value> {
        let alice = self.cast.alice.clone();
        let query = alice.inline(&self.place.bot, "more");
        let results = json!([{
            "type": "article", "id": "a", "title": "More", "input_message_content": {"message_text": "More"},
            "reply_markup": {"inline_keyboard": [[{"text": "More", "callback_data": "more"}]]},
        }]);
        self.ok(
            "answerInlineQuery",
            json!({"inline_query_id": query, "results": results}),
        )
        .await?;
        alice.choose(&query, "a");
        let updates = self.updates().await?;
        let chosen = updates.iter().rev().find_map(|u| u.get("chosen_inline_result"));
        Ok(chosen.context("what was chosen")?["inline_message_id"].clone())
    }

    /// A medium by its id, after Alice has sent one.
    pub async fn learn_files(&mut self) -> Result<()> {
        let alice = self.cast.alice.clone();
        for kind in [
            "photo",
            "video",
            "animation",
            "audio",
            "voice",
            "video_note",
            "document",
            "sticker",
        ] {
            alice.send(Item {
                kind: Some(kind.into()),
                ..Item::default()
            });
        }
        for u in self.updates().await? {
            for kind in [
                "photo",
                "video",
                "animation",
                "audio",
                "voice",
                "video_note",
                "document",
                "sticker",
            ] {
                // An animation shows a document beside itself.
                if kind == "document" && u["message"].get("animation").is_some() {
                    continue;
                }
                let medium = &u["message"][kind];
                let id = medium.get("file_id").or_else(|| medium.get(0)?.get("file_id"));
                if let Some(id) = id {
                    self.names.entry(kind.to_owned()).or_insert_with(|| id.clone());
                }
            }
        }
        ensure!(self.names.contains_key("sticker"), "not every kind of medium came");
        Ok(())
    }

    /// Everything that waits, confirmed; what came is written down.
    pub async fn updates(&mut self) -> Result<Vec<Value>> {
        self.place.arrived().await?;
        let mut out = Vec::new();
        // Never the same offset twice in a row, which would be guarded against. 0 and 1 both read from the head.
        let mut offset = i64::from(self.asked == 0);
        loop {
            self.asked = offset;
            let params = json!({"offset": offset, "timeout": 0, "limit": 100});
            let got = self.ok("getUpdates", params).await?;
            let list = got.as_array().cloned().unwrap_or_default();
            let Some(last) = list.last() else { return Ok(out) };
            offset = last["update_id"].as_i64().context("an update's id")? + 1;
            self.next = offset;
            out.extend(list);
        }
    }
}

/// A file of a kind for a parameter.
#[must_use]
pub fn file(field: &str, kind: &str) -> File {
    let (name, mime, bytes): (_, _, &[u8]) = match kind {
        "photo" => ("a.png", "image/png", samples::PNG),
        "video" | "video_note" => ("a.mp4", "video/mp4", samples::MP4),
        "animation" => ("a.gif", "image/gif", samples::GIF),
        "audio" => ("a.mp3", "audio/mpeg", samples::MP3),
        "voice" => ("a.ogg", "audio/ogg", samples::OGG),
        "sticker" => ("a.webp", "image/webp", samples::WEBP),
        _ => ("a.txt", "text/plain", samples::TEXT),
    };
    File {
        field: field.to_owned(),
        name,
        mime,
        bytes: bytes.to_vec(),
    }
}
