//! `/sim/users/{u}/…`: acting and reading as one person, and the long poll for changes.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::act::{Button, Post};
use super::compose::Item;
use super::http::{Asked, Given, not_found, value};
use crate::core::Core;
use crate::error::Refusal;
use crate::world::chat::{Chat, ChatKey};
use crate::world::event::{Change, Event};
use crate::world::{Id, World};

const LONGEST_WAIT_S: u64 = 60;
const EVENTS: usize = 500;

#[derive(Deserialize, Default)]
#[serde(default)]
struct Fields {
    chat: Id,
    message: i64,
    messages: Vec<i64>,
    thread: Option<i64>,
    /// Forward: where to.
    to: Id,
    bot: Id,
    group: Id,
    payload: Option<String>,
    name: Option<String>,
    icon_color: Option<i64>,
    data: Option<String>,
    button: Option<String>,
    row: Option<usize>,
    col: Option<usize>,
    wait_ms: Option<u64>,
    options: Vec<usize>,
    emoji: Option<String>,
    reactions: Option<Vec<String>>,
}

impl Fields {
    fn ids(&self) -> Vec<i64> {
        if self.messages.is_empty() {
            vec![self.message]
        } else {
            self.messages.clone()
        }
    }
}

pub async fn person(core: &Arc<Core>, asked: &Asked) -> Given {
    let user: Id = asked.path[1].parse().map_err(|_| Refusal::new("ids are numbers"))?;
    if !core.with(|i| i.world.people.contains_key(&user)) {
        return Err(Refusal::new("no such user"));
    }
    let rest: Vec<&str> = asked.path[2..].iter().map(String::as_str).collect();
    match (asked.method.as_str(), rest.as_slice()) {
        ("GET", ["events"]) => events(core, user, asked).await,
        ("GET", ["chats"]) => core.with(|i| value(i.world.chats_of(user))),
        ("GET", ["chats", chat]) => core.with(|i| {
            let key = readable(&mut i.world, user, chat)?;
            let c = i.world.chat(key).ok_or_else(not_found)?;
            value(i.world.chat_view(c, user))
        }),
        ("GET", ["chats", chat, "messages"]) => core.with(|i| {
            let key = readable(&mut i.world, user, chat)?;
            let limit = asked.number("limit").unwrap_or(1000);
            let after = asked.number("after").unwrap_or(0);
            value(i.world.messages_of(user, key, asked.number("thread"), after, limit))
        }),
        ("POST", ["press"]) => press(core, user, asked).await,
        ("POST", [what @ ("inline" | "choose" | "pay" | "buy")]) => super::ask::perform(core, user, what, asked).await,
        ("POST", act) => core.with(|i| perform(&mut i.world, user, act, asked)),
        _ => Err(not_found()),
    }
}

fn readable(w: &mut World, user: Id, chat: &str) -> Result<ChatKey, Refusal> {
    let chat = chat.parse().map_err(|_| Refusal::new("ids are numbers"))?;
    w.persons_chat(user, chat)
}

fn perform(w: &mut World, user: Id, act: &[&str], asked: &Asked) -> Given {
    if let ["send"] = act {
        let post: Post = asked.json()?;
        let ids = w.person_posts(user, &post)?;
        let key = w.persons_chat(user, post.chat)?;
        return views(w, user, key, &ids);
    }
    if let ["edit"] = act {
        let mut body: Map<String, Value> = asked.json()?;
        let chat = body.remove("chat").and_then(|c| c.as_i64()).unwrap_or(0);
        let message = body.remove("message").and_then(|m| m.as_i64()).unwrap_or(0);
        let item: Item = serde_json::from_value(body.into()).map_err(|e| Refusal::new(e.to_string()))?;
        w.person_edits(user, chat, message, &item)?;
        return Ok(true.into());
    }
    let f: Fields = asked.json()?;
    let topic = |f: &Fields| f.thread.ok_or_else(|| Refusal::new("name the thread"));
    let name = |f: &Fields| f.name.clone().ok_or_else(|| Refusal::new("name the topic"));
    let group = if f.group != 0 { f.group } else { f.chat };
    match act {
        ["delete"] => w.person_deletes(user, f.chat, &f.ids())?,
        ["react"] => {
            let list = f.reactions.clone().unwrap_or_else(|| f.emoji.iter().cloned().collect());
            w.person_reacts(user, f.chat, f.message, &list)?;
        }
        ["pin"] => w.person_pins(user, f.chat, f.message, true)?,
        ["unpin"] => w.person_pins(user, f.chat, f.message, false)?,
        ["read"] => w.person_reads(user, f.chat, (f.message > 0).then_some(f.message))?,
        ["vote"] => w.person_votes(user, f.chat, f.message, &f.options)?,
        ["block"] => w.person_blocks(user, f.bot.max(f.chat), true)?,
        ["unblock"] => w.person_blocks(user, f.bot.max(f.chat), false)?,
        ["start"] => {
            let bot = f.bot.max(f.chat);
            let id = w.person_starts(user, bot, f.payload.as_deref())?;
            let key = w.persons_chat(user, bot)?;
            return views(w, user, key, &[id]);
        }
        ["forward"] => {
            let ids = w.person_forwards(user, f.chat, &f.ids(), f.to, f.thread)?;
            let key = w.persons_chat(user, f.to)?;
            return views(w, user, key, &ids);
        }
        ["topics", "create"] => {
            let id = w.person_creates_topic(user, group, &name(&f)?, f.icon_color)?;
            return Ok(json!({"thread": id}));
        }
        ["topics", "edit"] => w.person_edits_topic(user, group, topic(&f)?, &name(&f)?)?,
        ["topics", "close"] => w.person_closes_topic(user, group, topic(&f)?, true)?,
        ["topics", "reopen"] => w.person_closes_topic(user, group, topic(&f)?, false)?,
        ["topics", "delete"] => w.person_deletes_topic(user, group, topic(&f)?)?,
        _ => return Err(not_found()),
    }
    Ok(true.into())
}

fn views(w: &World, user: Id, key: ChatKey, ids: &[i64]) -> Given {
    let chat = w.chat(key).ok_or_else(not_found)?;
    value(
        ids.iter()
            .filter_map(|i| chat.messages.get(i))
            .map(|m| w.message_view(chat, m, user))
            .collect::<Vec<_>>(),
    )
}

async fn press(core: &Core, user: Id, asked: &Asked) -> Given {
    let f: Fields = asked.json()?;
    let button = match (&f.data, &f.button, f.row, f.col) {
        (Some(d), ..) => Button::Data(d.clone()),
        (_, Some(t), ..) => Button::Text(t.clone()),
        (_, _, Some(r), c) => Button::At(r, c.unwrap_or(0)),
        _ => {
            return Err(Refusal::new(
                "say which button: data, button (its text), or row and col",
            ));
        }
    };
    let id = core.with(|i| i.world.person_presses(user, f.chat, f.message, &button))?;
    let wait = Duration::from_millis(f.wait_ms.unwrap_or(5000));
    let answer = answered(core, &id, wait).await;
    Ok(json!({"query": id, "answered": answer.is_some(), "answer": answer}))
}

/// Waits for the bot's answer to a callback query.
pub async fn answered(core: &Core, query: &str, wait: Duration) -> Option<crate::world::press::Answer> {
    let mut changes = core.changes();
    let find = async {
        loop {
            changes.borrow_and_update();
            if let Some(a) = core.with(|i| i.world.presses.get(query).and_then(|p| p.answer.clone())) {
                return Some(a);
            }
            changes.changed().await.ok()?;
        }
    };
    tokio::time::timeout(wait, find).await.ok().flatten()
}

async fn events(core: &Core, user: Id, asked: &Asked) -> Given {
    let after: u64 = asked.number("after").unwrap_or(0);
    let wait = Duration::from_secs(asked.number("timeout").unwrap_or(0).min(LONGEST_WAIT_S));
    let mut changes = core.changes();
    let deadline = tokio::time::Instant::now() + wait;
    loop {
        changes.borrow_and_update();
        let (list, last, oldest) = core.with(|i| {
            let w = &i.world;
            let mut last = w.events.seq;
            let mut list = Vec::new();
            for e in w.events.since(after) {
                if list.len() == EVENTS {
                    break;
                }
                last = e.seq;
                if e.only.is_none_or(|o| o == user) && w.sees_chat(user, e.chat) {
                    list.push(event(w, user, e));
                }
            }
            (list, last, w.events.oldest())
        });
        let timed_out = tokio::time::timeout_at(deadline, async {
            if list.is_empty() {
                let _ = changes.changed().await;
            }
        })
        .await
        .is_err();
        if !list.is_empty() || timed_out {
            // `lost`: events were dropped before they were read, so read everything anew.
            return Ok(json!({"last": last, "lost": after + 1 < oldest && after > 0, "events": list}));
        }
    }
}

fn event(w: &World, user: Id, e: &Event) -> Value {
    let mut v = json!({"seq": e.seq, "type": e.change.name(), "chat": e.chat.person_side_id()});
    if let Some(t) = e.thread {
        v["thread"] = t.into();
    }
    let message = e.message.filter(|_| e.change != Change::Deleted);
    match message.and_then(|m| w.message(e.chat, m)) {
        Some(m) => {
            v["message_id"] = m.person_id.into();
            if let Some(chat) = w.chat(e.chat) {
                v["message"] = serde_json::to_value(w.message_view(chat, m, user)).unwrap_or_default();
            }
        }
        None => {
            if let Some(m) = e.message {
                v["message_id"] = m.into();
            }
        }
    }
    if let (Change::Topic, Some(t)) = (e.change, e.thread) {
        let topic = w
            .chat(e.chat)
            .and_then(Chat::group)
            .and_then(|g| if t == 1 { Some(&g.general) } else { g.topics.get(&t) });
        if let Some(t) = topic {
            v["topic"] = json!({
                "thread": t.id, "name": t.name, "icon_color": t.icon_color,
                "icon_custom_emoji_id": t.icon_custom_emoji_id, "closed": t.closed, "hidden": t.hidden,
            });
        }
    }
    if let Some(d) = &e.data {
        v["data"] = d.clone();
    }
    v
}
