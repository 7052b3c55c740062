//! A message comes into a chat: it gets its ids, people see it, and the bots that Telegram would tell are told.

use serde_json::Value;

use super::chat::{Chat, ChatKey, Kind, Private};
use super::content::Content;
use super::event::Change;
use super::message::{Draft, Message};
use super::{Id, World};

/// Service messages that reach a bot even when it caused them.
const OWN_SERVICE: [&str; 11] = [
    "new_chat_title",
    "new_chat_photo",
    "delete_chat_photo",
    "left_chat_member",
    "pinned_message",
    "forum_topic_created",
    "forum_topic_edited",
    "forum_topic_closed",
    "forum_topic_reopened",
    "general_forum_topic_hidden",
    "general_forum_topic_unhidden",
];

impl World {
    /// The private chat of a bot and a person, made when it is not there yet.
    pub fn private_chat(&mut self, bot: Id, person: Id) -> ChatKey {
        let key = ChatKey::Private { bot, person };
        self.chats
            .entry(key)
            .or_insert_with(|| Chat::new(key, Kind::Private(Private::default())));
        key
    }

    /// The id that the next message of this chat will have on the bots' side.
    pub fn next_id_in(&self, key: ChatKey) -> i64 {
        match key {
            ChatKey::Private { bot, .. } => self.bots.get(&bot).map_or(0, |b| b.last_message_id) + 1,
            ChatKey::Group(_) => {
                self.chats
                    .get(&key)
                    .and_then(Chat::group)
                    .map_or(0, |g| g.last_message_id)
                    + 1
            }
        }
    }

    fn take_ids(&mut self, key: ChatKey) -> (i64, i64) {
        let id = self.next_id_in(key);
        match key {
            ChatKey::Private { bot, person } => {
                if let Some(b) = self.bots.get_mut(&bot) {
                    b.last_message_id = id;
                }
                let mut person_id = id;
                if let Some(p) = self.people.get_mut(&person) {
                    p.last_message_id += 1;
                    person_id = p.last_message_id;
                }
                (id, person_id)
            }
            ChatKey::Group(_) => {
                if let Some(g) = self.chats.get_mut(&key).and_then(Chat::group_mut) {
                    g.last_message_id = id;
                }
                (id, id)
            }
        }
    }

    /// Puts a message into a chat. Whether that is allowed was asked before.
    pub fn post(&mut self, key: ChatKey, draft: Draft) -> i64 {
        let (id, person_id) = self.take_ids(key);
        let reply_root = self.reply_root(key, &draft);
        let message = Message {
            id,
            person_id,
            from: draft.from,
            date: self.date(),
            edit_date: None,
            thread: draft.thread,
            reply_root,
            reply: draft.reply,
            forward: draft.forward,
            media_group: draft.media_group,
            content: draft.content,
            markup: draft.markup,
            protected: draft.protected,
            effect: draft.effect,
            via_bot: draft.via_bot,
            inline_id: draft.inline_id,
            reactions: Vec::new(),
            silent: draft.silent,
        };
        let (from, thread) = (message.from, message.thread);
        if let Some(p) = message.content.poll.and_then(|p| self.polls.get_mut(&p)) {
            p.places.push((key, id));
        }
        let by_person = self.people.contains_key(&from);
        let keep = self.bounds.messages_per_chat;
        if let Some(chat) = self.chats.get_mut(&key) {
            chat.insert(message, keep);
            if by_person {
                chat.last_read.insert(from, id);
                if let Kind::Private(p) = &mut chat.kind {
                    p.started = true;
                }
            }
        }
        self.tell_bots(key, id, "message");
        self.note(key, Change::Message, Some(id), thread);
        id
    }

    /// A reply outside of topics carries the root of its chain (General's bogus thread id).
    fn reply_root(&self, key: ChatKey, draft: &Draft) -> Option<i64> {
        if !key.is_group() || draft.thread.is_some() {
            return None;
        }
        let chat = self.chats.get(&key)?;
        if !chat.group()?.supergroup {
            return None;
        }
        let to = draft.reply.as_ref()?.to?;
        let target = chat.messages.get(&to)?;
        Some(target.reply_root.unwrap_or(to))
    }

    /// Sends `message` or `edited_message` to every bot of the chat that gets it.
    pub fn tell_bots(&mut self, key: ChatKey, id: i64, kind: &'static str) {
        for bot in self.bots_of(key) {
            let body = {
                let Some(chat) = self.chats.get(&key) else {
                    return;
                };
                let Some(m) = chat.messages.get(&id) else {
                    return;
                };
                if !self.gets(bot, chat, m) || !self.wants(bot, kind) {
                    continue;
                }
                self.message_json(chat, m, bot, true)
            };
            self.push_update(bot, Some(key), kind, body);
        }
    }

    pub fn bots_of(&self, key: ChatKey) -> Vec<Id> {
        match key {
            ChatKey::Private { bot, .. } => vec![bot],
            ChatKey::Group(_) => self
                .chats
                .get(&key)
                .and_then(Chat::group)
                .map(|g| g.bots.iter().copied().filter(|b| g.is_member(*b)).collect())
                .unwrap_or_default(),
        }
    }

    /// Whether Telegram hands this message to this bot.
    fn gets(&self, bot: Id, chat: &Chat, m: &Message) -> bool {
        if self.is_bot(m.from) && (m.from == bot || !m.content.service) {
            return m.from == bot && m.content.service && OWN_SERVICE.contains(&m.content.kind);
        }
        let Some(group) = chat.group() else {
            return true;
        };
        let Some(me) = self.bots.get(&bot) else {
            return false;
        };
        if m.content.service || group.is_admin(bot) || me.can_read_all_group_messages {
            return true;
        }
        // Privacy mode: commands that may be meant for this bot, replies to it, and what was sent via it.
        let to_me = m
            .reply_to()
            .and_then(|r| chat.messages.get(&r))
            .is_some_and(|r| r.from == bot);
        to_me || m.via_bot == Some(bot) || command_for(&m.content, &me.username)
    }

    pub fn wants(&self, bot: Id, kind: &str) -> bool {
        self.queues.get(&bot).is_some_and(|q| q.accepts(kind))
    }

    /// Queues an update for a bot, unless the bot does not want this kind.
    pub fn push_update(&mut self, bot: Id, chat: Option<ChatKey>, kind: &'static str, body: Value) {
        let now = self.now;
        if let Some(q) = self.queues.get_mut(&bot) {
            q.push(now, chat, kind, &body);
        }
    }
}

fn command_for(content: &Content, username: &str) -> bool {
    let Some(first) = content.text.text.split_whitespace().next() else {
        return false;
    };
    match first.strip_prefix('/') {
        None => false,
        Some(rest) => match rest.split_once('@') {
            None => !rest.is_empty(),
            Some((_, name)) => name.eq_ignore_ascii_case(username),
        },
    }
}
