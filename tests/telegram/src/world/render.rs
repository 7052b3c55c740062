//! How a bot sees things: `Message`, `Chat` and media as Bot API objects, with that bot's own ids.

use serde_json::{Map, Value, json};

use super::chat::{Chat, ChatKey, Kind};
use super::content::Content;
use super::file::{FileNo, Media, MediaKind, file_id, unique_id};
use super::member::GROUP_ANONYMOUS;
use super::message::{ExternalReply, Forward, Message};
use super::{Id, World};

impl World {
    pub fn chat_json(&self, key: ChatKey) -> Value {
        let mut m = Map::new();
        m.insert("id".into(), key.api_id().into());
        match key {
            ChatKey::Private { person, .. } => {
                if let Some(p) = self.people.get(&person) {
                    m.insert("first_name".into(), p.first_name.as_str().into());
                    if let Some(l) = &p.last_name {
                        m.insert("last_name".into(), l.as_str().into());
                    }
                    if let Some(u) = &p.username {
                        m.insert("username".into(), u.as_str().into());
                    }
                }
                m.insert("type".into(), "private".into());
            }
            ChatKey::Group(_) => {
                if let Some(Kind::Group(g)) = self.chats.get(&key).map(|c| &c.kind) {
                    m.insert("title".into(), g.title.as_str().into());
                    if let Some(u) = &g.username {
                        m.insert("username".into(), u.as_str().into());
                    }
                    m.insert("type".into(), if g.supergroup { "supergroup" } else { "group" }.into());
                    if g.forum {
                        m.insert("is_forum".into(), true.into());
                    }
                }
            }
        }
        Value::Object(m)
    }

    /// `Message` for a bot. Nested messages (`full` off) show no further reply.
    pub fn message_json(&self, chat: &Chat, msg: &Message, bot: Id, full: bool) -> Value {
        let mut m = Map::new();
        m.insert("message_id".into(), msg.id.into());
        m.insert("from".into(), self.user(msg.from));
        if msg.from == GROUP_ANONYMOUS {
            m.insert("sender_chat".into(), self.chat_json(chat.key));
        }
        m.insert("chat".into(), self.chat_json(chat.key));
        m.insert("date".into(), msg.date.into());
        if let Some(d) = msg.edit_date {
            m.insert("edit_date".into(), d.into());
        }
        if let Some(t) = msg.thread {
            m.insert("message_thread_id".into(), t.into());
            m.insert("is_topic_message".into(), true.into());
        } else if let Some(r) = msg.reply_root {
            m.insert("message_thread_id".into(), r.into());
        }
        if let Some(f) = &msg.forward {
            self.forward_json(f, &mut m);
        }
        if full {
            // In a topic a message that answers nothing else answers the topic's creation.
            let implicit = msg.thread.filter(|t| *t != msg.id && msg.content.pinned.is_none());
            let external = msg.reply.as_ref().is_some_and(|r| r.external.is_some());
            let to = msg.reply_to().or(implicit.filter(|_| !external));
            if let Some(target) = to.and_then(|t| chat.messages.get(&t)) {
                m.insert("reply_to_message".into(), self.message_json(chat, target, bot, false));
            }
        }
        if let Some(r) = &msg.reply {
            if let Some(e) = &r.external {
                m.insert("external_reply".into(), self.external_json(e, bot));
            }
            if let Some(q) = &r.quote {
                m.insert("quote".into(), q.clone());
            }
        }
        if let Some(g) = &msg.media_group {
            m.insert("media_group_id".into(), g.as_str().into());
        }
        self.content_json(chat, &msg.content, bot, full, &mut m);
        if let Some(k) = &msg.markup {
            m.insert("reply_markup".into(), k.clone());
        }
        if let Some(v) = msg.via_bot {
            m.insert("via_bot".into(), self.user(v));
        }
        if msg.protected {
            m.insert("has_protected_content".into(), true.into());
        }
        if let Some(e) = &msg.effect {
            m.insert("effect_id".into(), e.as_str().into());
        }
        Value::Object(m)
    }

    fn content_json(&self, chat: &Chat, c: &Content, bot: Id, full: bool, m: &mut Map<String, Value>) {
        if c.kind == "text" {
            m.insert("text".into(), c.text.text.as_str().into());
            if !c.text.entities.is_empty() {
                m.insert("entities".into(), Value::Array(c.text.entities.clone()));
            }
        } else if !c.text.text.is_empty() {
            m.insert("caption".into(), c.text.text.as_str().into());
            if !c.text.entities.is_empty() {
                m.insert("caption_entities".into(), Value::Array(c.text.entities.clone()));
            }
        }
        if let Some(media) = &c.media {
            m.insert(media.kind.field().into(), self.media_json(media, bot));
            if media.kind == MediaKind::Animation {
                m.insert("document".into(), self.animation_twin(media, bot));
            }
        }
        if let Some(poll) = c.poll.and_then(|p| self.polls.get(&p)) {
            m.insert("poll".into(), poll.json(bot));
        }
        if let Some(p) = c.pinned {
            let pinned = match chat.messages.get(&p) {
                Some(t) => self.message_json(chat, t, bot, false),
                None => json!({"chat": self.chat_json(chat.key), "message_id": p, "date": 0}),
            };
            if full || chat.messages.contains_key(&p) {
                m.insert("pinned_message".into(), pinned);
            }
        }
        for (k, v) in &c.fields {
            m.insert(k.clone(), v.clone());
        }
    }

    fn forward_json(&self, f: &Forward, m: &mut Map<String, Value>) {
        m.insert(
            "forward_origin".into(),
            self.origin_json(f.from, f.hidden_name.as_deref(), f.date),
        );
        match &f.hidden_name {
            Some(n) => m.insert("forward_sender_name".into(), n.as_str().into()),
            None => m.insert("forward_from".into(), self.user(f.from)),
        };
        m.insert("forward_date".into(), f.date.into());
    }

    fn origin_json(&self, from: Id, hidden: Option<&str>, date: i64) -> Value {
        match hidden {
            Some(n) => json!({"type": "hidden_user", "sender_user_name": n, "date": date}),
            None => json!({"type": "user", "sender_user": self.user(from), "date": date}),
        }
    }

    fn external_json(&self, e: &ExternalReply, bot: Id) -> Value {
        let mut m = Map::new();
        m.insert("origin".into(), self.origin_json(e.from, None, e.date));
        if e.chat.is_group() {
            m.insert("chat".into(), self.chat_json(e.chat));
            m.insert("message_id".into(), e.message.into());
        }
        if let Some(media) = &e.content.media {
            m.insert(media.kind.field().into(), self.media_json(media, bot));
        }
        for k in ["location", "venue", "contact", "dice"] {
            if let Some(v) = e.content.fields.get(k) {
                m.insert(k.into(), v.clone());
            }
        }
        Value::Object(m)
    }

    fn ids(&self, bot: Id, kind: MediaKind, no: FileNo, m: &mut Map<String, Value>) {
        m.insert("file_id".into(), file_id(bot, kind, no).into());
        m.insert("file_unique_id".into(), unique_id(no).into());
        if let Some(f) = self.files.get(no) {
            m.insert("file_size".into(), f.bytes.len().into());
        }
    }

    fn photo_size(&self, bot: Id, kind: MediaKind, (no, w, h): (FileNo, i64, i64)) -> Value {
        let mut m = Map::new();
        self.ids(bot, kind, no, &mut m);
        m.insert("width".into(), w.into());
        m.insert("height".into(), h.into());
        Value::Object(m)
    }

    pub fn media_json(&self, media: &Media, bot: Id) -> Value {
        if media.kind == MediaKind::Photo {
            return media
                .sizes
                .iter()
                .map(|s| self.photo_size(bot, MediaKind::Photo, *s))
                .collect();
        }
        let mut m = media.attributes.clone();
        self.ids(bot, media.kind, media.file, &mut m);
        if let Some(t) = media.thumbnail {
            let thumb = self.photo_size(bot, MediaKind::Thumbnail, (t, 90, 90));
            m.insert("thumb".into(), thumb.clone());
            m.insert("thumbnail".into(), thumb);
        }
        Value::Object(m)
    }

    fn animation_twin(&self, media: &Media, bot: Id) -> Value {
        let mut v = self.media_json(media, bot);
        if let Some(o) = v.as_object_mut() {
            for k in ["width", "height", "duration"] {
                o.remove(k);
            }
        }
        v
    }
}
