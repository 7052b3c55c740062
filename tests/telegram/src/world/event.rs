//! Change events for people: numbered, bounded, filtered by who may see the chat.

use std::collections::VecDeque;

use serde_json::Value;

use super::chat::{Chat, ChatKey};
use super::{Id, World};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    Message,
    Edited,
    Deleted,
    Reaction,
    Pinned,
    Topic,
    TopicDeleted,
    Group,
    Chat,
    Action,
    Answer,
    Poll,
}

impl Change {
    pub fn name(self) -> &'static str {
        match self {
            Change::Message => "message",
            Change::Edited => "edited",
            Change::Deleted => "deleted",
            Change::Reaction => "reaction",
            Change::Pinned => "pinned",
            Change::Topic => "topic",
            Change::TopicDeleted => "topic_deleted",
            Change::Group => "group",
            Change::Chat => "chat",
            Change::Action => "action",
            Change::Answer => "answer",
            Change::Poll => "poll",
        }
    }
}

#[derive(Debug, Clone)]
pub struct Event {
    pub seq: u64,
    pub chat: ChatKey,
    pub change: Change,
    /// Bot-side id; for a deletion the id as the person knew it.
    pub message: Option<i64>,
    pub thread: Option<i64>,
    /// Only this person sees it.
    pub only: Option<Id>,
    pub data: Option<Value>,
}

#[derive(Debug)]
pub struct Events {
    log: VecDeque<Event>,
    cap: usize,
    pub seq: u64,
}

impl Events {
    pub fn new(cap: usize) -> Self {
        Self {
            log: VecDeque::new(),
            cap,
            seq: 0,
        }
    }

    /// Events after `after`, oldest first.
    pub fn since(&self, after: u64) -> impl Iterator<Item = &Event> {
        let first = self.log.front().map_or(0, |e| e.seq);
        let skip = after.saturating_add(1).saturating_sub(first) as usize;
        self.log.iter().skip(if first == 0 { 0 } else { skip })
    }

    /// The oldest number still here; whoever is behind it must read everything anew.
    pub fn oldest(&self) -> u64 {
        self.log.front().map_or(self.seq + 1, |e| e.seq)
    }
}

impl World {
    pub fn note(&mut self, chat: ChatKey, change: Change, message: Option<i64>, thread: Option<i64>) {
        self.note_for(chat, change, message, thread, None, None);
    }

    pub fn note_for(
        &mut self,
        chat: ChatKey,
        change: Change,
        message: Option<i64>,
        thread: Option<i64>,
        only: Option<Id>,
        data: Option<Value>,
    ) {
        if let Some(c) = self.chats.get_mut(&chat) {
            c.revision += 1;
        }
        let ev = &mut self.events;
        ev.seq += 1;
        ev.log.push_back(Event {
            seq: ev.seq,
            chat,
            change,
            message,
            thread,
            only,
            data,
        });
        if ev.log.len() > ev.cap {
            ev.log.pop_front();
        }
    }

    /// Whether a person may see what happens in a chat.
    pub fn sees_chat(&self, person: Id, chat: ChatKey) -> bool {
        match chat {
            ChatKey::Private { person: p, .. } => p == person,
            ChatKey::Group(_) => self
                .chats
                .get(&chat)
                .and_then(Chat::group)
                .is_some_and(|g| g.is_member(person)),
        }
    }
}
