//! How a person sees things: messages and chats with that person's own ids.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::chat::{Chat, ChatKey};
use super::content::Content;
use super::file::unique_id;
use super::message::Message;
use super::topic::Topic;
use super::{Id, World};

/// A message as one person sees it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MessageView {
    /// In this person's numbering.
    pub message_id: i64,
    /// In the numbering of the bot of a private chat; in groups the same.
    pub bot_message_id: i64,
    /// The bot's id in a private chat, else the group's id.
    pub chat: Id,
    pub from: Id,
    pub from_name: String,
    pub from_bot: bool,
    pub date: i64,
    /// Shown as "edited".
    pub edited: bool,
    pub edit_date: Option<i64>,
    /// Topic id; absent in General and outside of forums.
    pub thread: Option<i64>,
    /// `text`, `photo`, … or a service message's field name.
    pub kind: String,
    pub service: bool,
    /// Text of a text message, caption of a medium.
    pub text: String,
    pub entities: Vec<Value>,
    pub media: Option<MediaView>,
    pub media_group: Option<String>,
    pub reply_to: Option<i64>,
    pub quote: Option<String>,
    /// A reply to another chat or topic: what it answers.
    pub external_reply: Option<Value>,
    /// Whom a forward names.
    pub forward_from: Option<String>,
    pub buttons: Option<Value>,
    pub reactions: Vec<ReactionView>,
    pub pinned: bool,
    pub protected: bool,
    pub silent: bool,
    pub poll: Option<PollView>,
    /// Further fields: location, venue, contact, dice, a service message's content.
    pub fields: Map<String, Value>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MediaView {
    pub kind: &'static str,
    pub unique_id: String,
    /// Path of the bytes on this server.
    pub url: String,
    pub mime: String,
    pub size: usize,
    pub file_name: Option<String>,
    pub attributes: Map<String, Value>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReactionView {
    pub emoji: String,
    pub count: usize,
    pub mine: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PollView {
    pub id: String,
    pub question: String,
    pub options: Vec<(String, usize)>,
    pub mine: Vec<usize>,
    pub closed: bool,
    pub anonymous: bool,
    pub quiz: bool,
    pub multiple: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TopicView {
    pub thread: i64,
    pub name: String,
    pub icon_color: i64,
    pub icon_custom_emoji_id: Option<String>,
    pub closed: bool,
    pub hidden: bool,
    pub creator: Id,
    pub messages: usize,
    pub last_message_id: Option<i64>,
    pub unread: usize,
}

#[derive(Debug, Clone, Serialize)]
pub struct ChatView {
    /// The bot's id, or the group's.
    pub id: Id,
    pub kind: &'static str,
    pub title: String,
    pub username: Option<String>,
    pub forum: bool,
    pub blocked: bool,
    pub unread: usize,
    pub last_message: Option<MessageView>,
    /// Reply keyboard or force-reply shown below the input, if any.
    pub keyboard: Option<Value>,
}

impl World {
    pub fn message_view(&self, chat: &Chat, m: &Message, viewer: Id) -> MessageView {
        let side = |id: i64| match chat.messages.get(&id) {
            Some(t) => t.person_id,
            None => id,
        };
        let mut fields = m.content.fields.clone();
        if let Some(p) = m.content.pinned {
            fields.insert("pinned_message".into(), side(p).into());
        }
        MessageView {
            message_id: m.person_id,
            bot_message_id: m.id,
            chat: chat.key.person_side_id(),
            from: m.from,
            from_name: self.display_name(m.from),
            from_bot: self.is_bot(m.from),
            date: m.date,
            edited: m.edit_date.is_some(),
            edit_date: m.edit_date,
            thread: m.thread,
            kind: m.content.kind.to_owned(),
            service: m.content.service,
            text: m.content.text.text.clone(),
            entities: m.content.text.entities.clone(),
            media: self.media_view(&m.content),
            media_group: m.media_group.clone(),
            reply_to: m.reply_to().map(side),
            quote: m.reply.as_ref().and_then(|r| r.quote.as_ref()).and_then(|q| q["text"].as_str()).map(str::to_owned),
            external_reply: m.reply.as_ref().and_then(|r| r.external.as_ref()).map(|e| {
                json!({"chat": e.chat.person_side_id(), "message": e.message, "from": e.from, "text": e.content.text.text})
            }),
            forward_from: m.forward.as_ref().map(|f| match &f.hidden_name {
                Some(n) => n.clone(),
                None => self.display_name(f.from),
            }),
            buttons: m.markup.as_ref().map(|k| k["inline_keyboard"].clone()),
            reactions: reactions(m, viewer),
            pinned: chat.pinned.contains(&m.id),
            protected: m.protected,
            silent: m.silent,
            poll: m.content.poll.and_then(|p| self.poll_view(p, viewer)),
            fields,
        }
    }

    fn media_view(&self, c: &Content) -> Option<MediaView> {
        let media = c.media.as_ref()?;
        let file = self.files.get(media.file)?;
        let unique_id = unique_id(media.file);
        Some(MediaView {
            kind: media.kind.field(),
            url: format!("/sim/files/{unique_id}"),
            unique_id,
            mime: file.mime.clone(),
            size: file.bytes.len(),
            file_name: file.name.clone(),
            attributes: media.attributes.clone(),
        })
    }

    fn poll_view(&self, poll: i64, viewer: Id) -> Option<PollView> {
        let p = self.polls.get(&poll)?;
        Some(PollView {
            id: poll.to_string(),
            question: p.question.text.clone(),
            options: p
                .options
                .iter()
                .map(|o| (o.text.text.clone(), o.voters.len()))
                .collect(),
            mine: p.votes_of(viewer),
            closed: p.closed,
            anonymous: p.anonymous,
            quiz: p.quiz,
            multiple: p.multiple,
        })
    }

    /// Messages of a chat as a person sees them, oldest first. `thread`: a topic, or 0 for General.
    pub fn messages_of(
        &self,
        viewer: Id,
        key: ChatKey,
        thread: Option<i64>,
        after: i64,
        limit: usize,
    ) -> Vec<MessageView> {
        let Some(chat) = self.chats.get(&key) else {
            return Vec::new();
        };
        let start = match key {
            ChatKey::Group(_) => after,
            // Both numberings rise together, so the first later message is found in either.
            ChatKey::Private { .. } => chat.by_person_id.get(&after).copied().unwrap_or(if after > 0 {
                chat.messages
                    .values()
                    .rev()
                    .find(|m| m.person_id <= after)
                    .map_or(0, |m| m.id)
            } else {
                0
            }),
        };
        let view = |m: &Message| self.message_view(chat, m, viewer);
        match thread {
            None => chat
                .messages
                .range(start + 1..)
                .take(limit)
                .map(|(_, m)| view(m))
                .collect(),
            Some(t) => {
                let t = if t == 1 { 0 } else { t };
                chat.by_thread
                    .get(&t)
                    .map(|ids| {
                        ids.range(start + 1..)
                            .take(limit)
                            .filter_map(|i| chat.messages.get(i))
                            .map(view)
                            .collect()
                    })
                    .unwrap_or_default()
            }
        }
    }

    pub fn topics_of(&self, group: Id, viewer: Option<Id>) -> Vec<TopicView> {
        let Some(chat) = self.chats.get(&ChatKey::Group(group)) else {
            return Vec::new();
        };
        let Some(g) = chat.group() else {
            return Vec::new();
        };
        let read = viewer.and_then(|v| chat.last_read.get(&v)).copied().unwrap_or(0);
        let view = |t: &Topic| {
            let ids = chat.by_thread.get(&if t.id == 1 { 0 } else { t.id });
            TopicView {
                thread: t.id,
                name: t.name.clone(),
                icon_color: t.icon_color,
                icon_custom_emoji_id: t.icon_custom_emoji_id.clone(),
                closed: t.closed,
                hidden: t.hidden,
                creator: t.creator,
                messages: ids.map_or(0, |s| s.len()),
                last_message_id: ids.and_then(|s| s.last().copied()),
                unread: ids.map_or(0, |s| s.range(read + 1..).count()),
            }
        };
        std::iter::once(&g.general).chain(g.topics.values()).map(view).collect()
    }

    pub fn chats_of(&self, person: Id) -> Vec<ChatView> {
        let mut out: Vec<(i64, ChatView)> = self
            .chats
            .values()
            .filter(|c| self.sees_chat(person, c.key))
            .map(|c| {
                let last = c.messages.values().next_back();
                (last.map_or(0, |m| m.date), self.chat_view(c, person))
            })
            .collect();
        out.sort_by_key(|(date, c)| (std::cmp::Reverse(*date), c.id));
        out.into_iter().map(|(_, c)| c).collect()
    }

    pub fn chat_view(&self, c: &Chat, person: Id) -> ChatView {
        let last = c.messages.values().next_back();
        let read = c.last_read.get(&person).copied().unwrap_or(0);
        let unread = c.messages.range(read + 1..).filter(|(_, m)| m.from != person).count();
        let (kind, title, username, forum, blocked) = match (&c.key, c.group()) {
            (_, Some(g)) => (
                if g.supergroup { "supergroup" } else { "group" },
                g.title.clone(),
                g.username.clone(),
                g.forum,
                false,
            ),
            (ChatKey::Private { bot, .. }, None) => (
                "private",
                self.display_name(*bot),
                self.bots.get(bot).map(|b| b.username.clone()),
                false,
                c.private().is_some_and(|p| p.blocked),
            ),
            (ChatKey::Group(_), None) => ("group", String::new(), None, false, false),
        };
        ChatView {
            id: c.key.person_side_id(),
            kind,
            title,
            username,
            forum,
            blocked,
            unread,
            last_message: last.map(|m| self.message_view(c, m, person)),
            keyboard: c.keyboard.clone(),
        }
    }
}

fn reactions(m: &Message, viewer: Id) -> Vec<ReactionView> {
    let mut out: Vec<ReactionView> = Vec::new();
    for (who, list) in &m.reactions {
        for r in list {
            let emoji = r["emoji"]
                .as_str()
                .or(r["custom_emoji_id"].as_str())
                .unwrap_or("⭐")
                .to_owned();
            match out.iter_mut().find(|v| v.emoji == emoji) {
                Some(v) => {
                    v.count += 1;
                    v.mine |= *who == viewer;
                }
                None => out.push(ReactionView {
                    emoji,
                    count: 1,
                    mine: *who == viewer,
                }),
            }
        }
    }
    out
}
