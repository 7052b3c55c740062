//! A person in one chat: everything that they can do and see there.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use super::{Sim, TimedOut};
use crate::error::Refusal;
use crate::people::act::{Button, Post};
use crate::people::compose::Item;
use crate::world::press::Answer;
use crate::world::view::MessageView;
use crate::world::{Id, World};

/// What was sent, as the sender sees it.
pub type Sent = MessageView;

/// A person's place in a chat (or a topic of it). Message ids are those that this person sees.
#[derive(Debug, Clone)]
pub struct Seat {
    pub(super) sim: Sim,
    pub person: Id,
    /// The bot of a private chat, or the group.
    pub chat: Id,
    /// A topic; 1 is General; `None` is a private chat.
    pub thread: Option<i64>,
}

macro_rules! media {
    ($($(#[$doc:meta])* $name:ident = $kind:literal;)*) => {$(
        $(#[$doc])*
        #[track_caller]
        pub fn $name(&self, caption: &str) -> Sent {
            self.send(Item { kind: Some($kind.into()), caption: Some(caption.into()), ..Item::default() })
        }
    )*};
}

macro_rules! plain {
    ($($name:ident = $kind:literal;)*) => {$(
        #[track_caller]
        pub fn $name(&self) -> Sent {
            self.send(Item { kind: Some($kind.into()), ..Item::default() })
        }
    )*};
}

impl Seat {
    pub(super) fn new(sim: &Sim, person: Id, chat: Id, thread: Option<i64>) -> Self {
        Self {
            sim: sim.clone(),
            person,
            chat,
            thread,
        }
    }

    #[track_caller]
    pub(super) fn act<T>(&self, f: impl FnOnce(&mut World) -> Result<T, Refusal>) -> T {
        match self.sim.with_world(f) {
            Ok(t) => t,
            Err(e) => panic!("{} cannot do that in {}: {e}", self.person, self.chat),
        }
    }

    fn post(&self) -> Post {
        Post {
            chat: self.chat,
            thread: self.thread,
            ..Post::default()
        }
    }

    /// Sends items; says why when that is not allowed.
    pub fn try_send(&self, post: &Post, items: &[Item]) -> Result<Vec<Sent>, Refusal> {
        self.sim.with_world(|w| {
            let ids = w.person_sends(self.person, post, items, items.len() > 1)?;
            let key = w.persons_chat(self.person, self.chat)?;
            let chat = w.chat(key).ok_or_else(|| Refusal::new("no such chat"))?;
            Ok(ids
                .iter()
                .filter_map(|i| chat.messages.get(i))
                .map(|m| w.message_view(chat, m, self.person))
                .collect())
        })
    }

    #[track_caller]
    fn sent(&self, post: &Post, items: &[Item]) -> Vec<Sent> {
        match self.try_send(post, items) {
            Ok(s) => s,
            Err(e) => panic!("{} cannot send to {}: {e}", self.person, self.chat),
        }
    }

    #[track_caller]
    fn one(&self, post: &Post, item: Item) -> Sent {
        match self.sent(post, &[item]).pop() {
            Some(s) => s,
            None => panic!("the message is gone already"),
        }
    }

    #[track_caller]
    pub fn send(&self, item: Item) -> Sent {
        self.one(&self.post(), item)
    }

    #[track_caller]
    pub fn text(&self, text: &str) -> Sent {
        self.send(Item {
            text: Some(text.into()),
            ..Item::default()
        })
    }

    /// Formatted text, written as HTML.
    #[track_caller]
    pub fn html(&self, html: &str) -> Sent {
        self.send(Item {
            text: Some(html.into()),
            parse_mode: Some("HTML".into()),
            ..Item::default()
        })
    }

    media! {
        photo = "photo";
        video = "video";
        animation = "animation";
        audio = "audio";
        voice = "voice";
        document = "document";
    }

    plain! {
        video_note = "video_note";
        sticker = "sticker";
        location = "location";
        venue = "venue";
        contact = "contact";
        dice = "dice";
        poll = "poll";
    }

    /// Bytes of one's own.
    #[track_caller]
    pub fn media(&self, kind: &str, bytes: impl Into<Bytes>, file_name: &str, caption: &str) -> Sent {
        self.send(Item {
            kind: Some(kind.into()),
            bytes: Some(bytes.into()),
            file_name: Some(file_name.into()),
            caption: Some(caption.into()),
            ..Item::default()
        })
    }

    /// A content of another make (`story`, `giveaway`, `invoice` …) with a sample value.
    #[track_caller]
    pub fn other(&self, kind: &str) -> Sent {
        self.send(Item {
            kind: Some(kind.into()),
            ..Item::default()
        })
    }

    /// An album of samples: kinds (`photo`, `video`, `audio`, `document`) with captions.
    #[track_caller]
    pub fn album(&self, items: &[(&str, &str)]) -> Vec<Sent> {
        let items: Vec<Item> = items
            .iter()
            .map(|(k, c)| Item {
                kind: Some((*k).into()),
                caption: Some((*c).into()),
                ..Item::default()
            })
            .collect();
        self.sent(&self.post(), &items)
    }

    #[track_caller]
    pub fn reply(&self, to: i64, text: &str) -> Sent {
        self.reply_with(
            to,
            Item {
                text: Some(text.into()),
                ..Item::default()
            },
        )
    }

    #[track_caller]
    pub fn reply_with(&self, to: i64, item: Item) -> Sent {
        self.one(
            &Post {
                reply_to: Some(to),
                ..self.post()
            },
            item,
        )
    }

    #[track_caller]
    pub fn quote(&self, to: i64, quote: &str, text: &str) -> Sent {
        let post = Post {
            reply_to: Some(to),
            quote: Some(quote.into()),
            ..self.post()
        };
        self.one(
            &post,
            Item {
                text: Some(text.into()),
                ..Item::default()
            },
        )
    }

    /// Changes text or caption.
    #[track_caller]
    pub fn edit(&self, id: i64, text: &str) {
        self.edit_with(
            id,
            &Item {
                text: Some(text.into()),
                ..Item::default()
            },
        );
    }

    #[track_caller]
    pub fn edit_with(&self, id: i64, item: &Item) {
        self.act(|w| w.person_edits(self.person, self.chat, id, item));
    }

    #[track_caller]
    pub fn delete(&self, id: i64) {
        self.act(|w| w.person_deletes(self.person, self.chat, &[id]));
    }

    #[track_caller]
    pub fn react(&self, id: i64, emoji: &str) {
        self.act(|w| w.person_reacts(self.person, self.chat, id, &[emoji.to_owned()]));
    }

    #[track_caller]
    pub fn unreact(&self, id: i64) {
        self.act(|w| w.person_reacts(self.person, self.chat, id, &[]));
    }

    /// Presses the button with this callback data; returns the query's id.
    #[track_caller]
    pub fn press(&self, id: i64, data: &str) -> String {
        self.act(|w| w.person_presses(self.person, self.chat, id, &Button::Data(data.to_owned())))
    }

    /// Presses the button with this text.
    #[track_caller]
    pub fn press_text(&self, id: i64, text: &str) -> String {
        self.act(|w| w.person_presses(self.person, self.chat, id, &Button::Text(text.to_owned())))
    }

    /// Waits for the bot's answer to a press.
    pub async fn answer(&self, query: &str, within: Duration) -> Option<Answer> {
        crate::people::events::answered(&self.sim.core, query, within).await
    }

    #[track_caller]
    pub fn pin(&self, id: i64) {
        self.act(|w| w.person_pins(self.person, self.chat, id, true));
    }

    #[track_caller]
    pub fn unpin(&self, id: i64) {
        self.act(|w| w.person_pins(self.person, self.chat, id, false));
    }

    /// Presses Start.
    #[track_caller]
    pub fn start(&self, payload: Option<&str>) {
        self.act(|w| w.person_starts(self.person, self.chat, payload));
    }

    #[track_caller]
    pub fn block(&self) {
        self.act(|w| w.person_blocks(self.person, self.chat, true));
    }

    #[track_caller]
    pub fn unblock(&self) {
        self.act(|w| w.person_blocks(self.person, self.chat, false));
    }

    /// Forwards messages of this chat to another seat of the same person.
    #[track_caller]
    pub fn forward(&self, ids: &[i64], to: &Seat) {
        self.act(|w| w.person_forwards(self.person, self.chat, ids, to.chat, to.thread));
    }

    #[track_caller]
    pub fn vote(&self, id: i64, options: &[usize]) {
        self.act(|w| w.person_votes(self.person, self.chat, id, options));
    }

    /// Everything that this person sees here, oldest first.
    pub fn messages(&self) -> Vec<MessageView> {
        self.look().1
    }

    /// Messages without service messages.
    pub fn content(&self) -> Vec<MessageView> {
        self.messages().into_iter().filter(|m| !m.service).collect()
    }

    /// Texts and captions of all that is no service message.
    pub fn texts(&self) -> Vec<String> {
        self.content().into_iter().map(|m| m.text).collect()
    }

    /// How many messages there are, without looking at them.
    pub fn count(&self) -> usize {
        self.sim.with_world(|w| {
            let Ok(key) = w.persons_chat(self.person, self.chat) else {
                return 0;
            };
            let Some(c) = w.chat(key) else { return 0 };
            match self.thread {
                None => c.messages.len(),
                Some(t) => c.by_thread.get(&if t == 1 { 0 } else { t }).map_or(0, |s| s.len()),
            }
        })
    }

    /// Keyboard below the input, if the bot left one.
    pub fn keyboard(&self) -> Option<Value> {
        self.sim.with_world(|w| {
            let key = w.persons_chat(self.person, self.chat).ok()?;
            w.chat(key)?.keyboard.clone()
        })
    }

    fn look(&self) -> (u64, Vec<MessageView>) {
        self.sim.with_world(|w| {
            let Ok(key) = w.persons_chat(self.person, self.chat) else {
                return (0, Vec::new());
            };
            let revision = w.chat(key).map_or(0, |c| c.revision);
            (revision, w.messages_of(self.person, key, self.thread, 0, usize::MAX))
        })
    }

    fn revision(&self) -> u64 {
        self.sim.with_world(|w| {
            let key = w.persons_chat(self.person, self.chat).ok();
            key.and_then(|k| w.chat(k)).map_or(0, |c| c.revision)
        })
    }

    /// Waits until what this person sees satisfies a condition; looks again only when this chat has changed.
    pub async fn wait_for(
        &self,
        within: Duration,
        mut good: impl FnMut(&[MessageView]) -> bool,
    ) -> Result<Vec<MessageView>, TimedOut> {
        let mut changes = self.sim.core.changes();
        let deadline = tokio::time::Instant::now() + within;
        loop {
            changes.borrow_and_update();
            let (seen_at, messages) = self.look();
            if good(&messages) {
                return Ok(messages);
            }
            loop {
                if tokio::time::timeout_at(deadline, changes.changed()).await.is_err() {
                    let tail: Vec<Value> = messages
                        .iter()
                        .rev()
                        .take(8)
                        .map(|m| json!([m.message_id, m.from_name, m.kind, m.text]))
                        .collect();
                    return Err(TimedOut {
                        waited: within,
                        seen: format!("{} messages, latest first: {tail:?}", messages.len()),
                    });
                }
                if self.revision() != seen_at {
                    break;
                }
            }
        }
    }

    /// Waits for a message with this text (or caption).
    pub async fn wait_text(&self, text: &str, within: Duration) -> Result<MessageView, TimedOut> {
        self.wait_message(within, |m| m.text == text).await
    }

    /// Waits for the first message that satisfies a condition.
    pub async fn wait_message(
        &self,
        within: Duration,
        mut good: impl FnMut(&MessageView) -> bool,
    ) -> Result<MessageView, TimedOut> {
        let mut found = None;
        self.wait_for(within, |all| {
            found = all.iter().find(|m| good(m)).cloned();
            found.is_some()
        })
        .await?;
        found.ok_or(TimedOut {
            waited: within,
            seen: String::new(),
        })
    }

    /// Waits until there are at least so many messages; cheap however many there are.
    pub async fn wait_count(&self, n: usize, within: Duration) -> Result<(), TimedOut> {
        let mut changes = self.sim.core.changes();
        let deadline = tokio::time::Instant::now() + within;
        loop {
            changes.borrow_and_update();
            let count = self.count();
            if count >= n {
                return Ok(());
            }
            if tokio::time::timeout_at(deadline, changes.changed()).await.is_err() {
                return Err(TimedOut {
                    waited: within,
                    seen: format!("{count} messages"),
                });
            }
        }
    }
}
