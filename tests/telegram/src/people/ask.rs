//! What a person asks of a bot other than by messages: inline results, payments, paid media.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::http::{Asked, Given, value};
use crate::core::Core;
use crate::error::Refusal;
use crate::world::chat::ChatKey;
use crate::world::message::Draft;
use crate::world::{Id, World};

#[derive(Deserialize)]
#[serde(default)]
struct Fields {
    /// Where the person types, or where the message stands.
    chat: Id,
    thread: Option<i64>,
    /// The bot that is named; else the one of the private chat.
    bot: Option<Id>,
    query: String,
    offset: String,
    result: String,
    message: i64,
    wait_ms: u64,
}

impl Default for Fields {
    fn default() -> Self {
        Self {
            chat: 0,
            thread: None,
            bot: None,
            query: String::new(),
            offset: String::new(),
            result: String::new(),
            message: 0,
            wait_ms: 5000,
        }
    }
}

impl World {
    /// Types the bot's name and a query in a chat; the query's id.
    pub fn person_asks_inline(
        &mut self,
        person: Id,
        bot: Id,
        chat: Id,
        query: &str,
        offset: &str,
    ) -> Result<String, Refusal> {
        let key = self.persons_chat(person, chat)?;
        self.inline_query(person, bot, key, query, offset)
    }

    /// Picks a result of an answered query: sends it where it was asked.
    pub fn person_chooses(
        &mut self,
        person: Id,
        query: &str,
        result: &str,
        thread: Option<i64>,
    ) -> Result<(ChatKey, i64), Refusal> {
        let key = self.queries.get(query).filter(|q| q.person == person).map(|q| q.chat);
        let key = key.ok_or_else(|| Refusal::new("no such query"))?;
        let draft = Draft {
            thread: thread.filter(|t| *t > 1),
            ..Draft::new(person, crate::world::content::Content::new("text"))
        };
        Ok((key, self.choose_inline(query, result, draft)?))
    }

    pub fn person_pays(&mut self, person: Id, chat: Id, message: i64) -> Result<String, Refusal> {
        let key = self.persons_chat(person, chat)?;
        let id = self.persons_message(key, message)?;
        self.pay(person, key, id)
    }

    pub fn person_buys(&mut self, person: Id, chat: Id, message: i64) -> Result<(), Refusal> {
        let key = self.persons_chat(person, chat)?;
        let id = self.persons_message(key, message)?;
        self.buy(person, key, id)
    }
}

pub async fn perform(core: &Arc<Core>, person: Id, what: &str, asked: &Asked) -> Given {
    let f: Fields = asked.json()?;
    let wait = Duration::from_millis(f.wait_ms);
    match what {
        "inline" => {
            let bot = f.bot.unwrap_or(f.chat);
            let id = core.with(|i| i.world.person_asks_inline(person, bot, f.chat, &f.query, &f.offset))?;
            let answer = settled(core, &id, wait).await;
            let results: Vec<Value> = core.with(|i| i.world.inline_results(&id)).iter().map(shown).collect();
            Ok(json!({"query": id, "answered": answer.is_some(), "answer": answer, "results": results}))
        }
        "choose" => core.with(|i| {
            let w = &mut i.world;
            let (key, id) = w.person_chooses(person, &f.query, &f.result, f.thread)?;
            let chat = w.chat(key).ok_or_else(|| Refusal::new("no such chat"))?;
            value(chat.messages.get(&id).map(|m| w.message_view(chat, m, person)))
        }),
        "pay" => {
            let id = core.with(|i| i.world.person_pays(person, f.chat, f.message))?;
            let answer = paid(core, &id, wait).await;
            Ok(json!({"query": id, "answered": answer.is_some(), "answer": answer}))
        }
        _ => {
            core.with(|i| i.world.person_buys(person, f.chat, f.message))?;
            Ok(true.into())
        }
    }
}

fn shown(r: &crate::world::query::InlineResult) -> Value {
    json!({"id": r.id, "kind": r.kind, "title": r.title, "text": r.content.text.text})
}

/// Waits for the bot's answer to a query of its own kind.
pub async fn settled(core: &Core, query: &str, wait: Duration) -> Option<Value> {
    let mut changes = core.changes();
    let find = async {
        loop {
            changes.borrow_and_update();
            if let Some(a) = core.with(|i| i.world.queries.get(query).and_then(|q| q.answer.clone())) {
                return Some(a);
            }
            changes.changed().await.ok()?;
        }
    };
    tokio::time::timeout(wait, find).await.ok().flatten()
}

/// The end of a payment: after shipping comes the checkout.
pub async fn paid(core: &Core, query: &str, wait: Duration) -> Option<Value> {
    let answer = settled(core, query, wait).await?;
    match answer["checkout"].as_str() {
        Some(next) => settled(core, next, wait).await,
        None => Some(answer),
    }
}
