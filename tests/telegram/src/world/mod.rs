//! The world: everybody and everything the simulated Telegram knows. Pure state; the time is handed in.

pub mod album;
pub mod chat;
pub mod content;
pub mod copy;
pub mod edit;
pub mod event;
pub mod file;
pub mod group;
pub mod member;
pub mod message;
pub mod people;
pub mod poll;
pub mod post;
pub mod press;
pub mod query;
pub mod react;
pub mod render;
pub mod rights;
pub mod topic;
pub mod view;

use std::collections::{BTreeMap, HashMap};

use crate::updates::Queue;
use chat::{Chat, ChatKey};
use event::Events;
use file::Files;
use people::{Bot, Person};
use poll::Poll;
use press::Press;
use query::Query;

pub type Id = i64;

/// Bounds that keep a long run's memory flat; `None` keeps everything.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Messages kept per chat; older ones are forgotten as if they were never there.
    pub messages_per_chat: Option<usize>,
    /// Change events kept for people's long polls.
    pub events: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            messages_per_chat: None,
            events: 100_000,
        }
    }
}

#[derive(Debug)]
pub struct World {
    /// Unix time in milliseconds of the operation under way.
    pub now: u64,
    pub bounds: Bounds,
    pub people: HashMap<Id, Person>,
    pub bots: HashMap<Id, Bot>,
    pub tokens: HashMap<String, Id>,
    pub chats: HashMap<ChatKey, Chat>,
    pub usernames: HashMap<String, Id>,
    pub queues: HashMap<Id, Queue>,
    pub files: Files,
    pub polls: HashMap<i64, Poll>,
    pub presses: HashMap<String, Press>,
    pub queries: HashMap<String, Query>,
    /// Messages sent via a bot that the bot can change, by the id that it knows.
    pub inline_messages: HashMap<String, (ChatKey, i64)>,
    /// By chat and game: who reached what.
    pub scores: HashMap<(ChatKey, String), BTreeMap<Id, i64>>,
    pub events: Events,
    next_person: Id,
    next_group: Id,
    next_serial: u64,
}

impl World {
    pub fn new(bounds: Bounds) -> Self {
        Self {
            now: 0,
            bounds,
            people: HashMap::new(),
            bots: HashMap::new(),
            tokens: HashMap::new(),
            chats: HashMap::new(),
            usernames: HashMap::new(),
            queues: HashMap::new(),
            files: Files::default(),
            polls: HashMap::new(),
            presses: HashMap::new(),
            queries: HashMap::new(),
            inline_messages: HashMap::new(),
            scores: HashMap::new(),
            events: Events::new(bounds.events),
            next_person: 555_000_001,
            next_group: 1_000_000_001,
            next_serial: 1,
        }
    }

    /// Unix time in seconds, as dates are given.
    pub fn date(&self) -> i64 {
        (self.now / 1000) as i64
    }

    /// A number never given out before in this world.
    pub fn serial(&mut self) -> u64 {
        self.next_serial += 1;
        self.next_serial
    }

    pub(crate) fn take_person_id(&mut self) -> Id {
        self.next_person += 1;
        self.next_person - 1
    }

    pub(crate) fn take_group_id(&mut self) -> Id {
        self.next_group += 1;
        self.next_group - 1
    }

    pub fn is_bot(&self, id: Id) -> bool {
        self.bots.contains_key(&id)
    }

    pub fn chat(&self, key: ChatKey) -> Option<&Chat> {
        self.chats.get(&key)
    }

    pub fn chat_mut(&mut self, key: ChatKey) -> Option<&mut Chat> {
        self.chats.get_mut(&key)
    }
}
