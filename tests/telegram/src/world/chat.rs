//! A chat: its messages, indexed so that no call scans them.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use super::Id;
use super::group::Group;
use super::message::Message;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChatKey {
    Private { bot: Id, person: Id },
    Group(Id),
}

impl ChatKey {
    /// The id under which a bot knows this chat.
    pub fn api_id(self) -> Id {
        match self {
            ChatKey::Private { person, .. } => person,
            ChatKey::Group(id) => id,
        }
    }

    /// The id under which a person knows this chat: the bot, or the group.
    pub fn person_side_id(self) -> Id {
        match self {
            ChatKey::Private { bot, .. } => bot,
            ChatKey::Group(id) => id,
        }
    }

    pub fn is_group(self) -> bool {
        matches!(self, ChatKey::Group(_))
    }
}

/// What a private chat of a bot and a person has beside its messages.
#[derive(Debug, Clone, Default)]
pub struct Private {
    /// The person has written or pressed Start, so the bot may write.
    pub started: bool,
    pub blocked: bool,
}

#[derive(Debug)]
pub enum Kind {
    Private(Private),
    Group(Box<Group>),
}

#[derive(Debug)]
pub struct Chat {
    pub key: ChatKey,
    pub kind: Kind,
    /// By the bot's id of the message (in groups everybody's id).
    pub messages: BTreeMap<i64, Message>,
    /// Private chats: the person's id of a message → the bot's.
    pub by_person_id: HashMap<i64, i64>,
    /// Messages of each topic; General is 0.
    pub by_thread: HashMap<i64, BTreeSet<i64>>,
    /// Ids that once were a message here and are no more.
    pub deleted: BTreeSet<i64>,
    /// Pinned message ids, oldest pin first.
    pub pinned: Vec<i64>,
    /// Counts every change, for whoever waits for one.
    pub revision: u64,
    /// Group keyboards and private reply keyboards: what the person's client shows below the input.
    pub keyboard: Option<serde_json::Value>,
    pub last_read: HashMap<Id, i64>,
    order: VecDeque<i64>,
}

impl Chat {
    pub fn new(key: ChatKey, kind: Kind) -> Self {
        Self {
            key,
            kind,
            messages: BTreeMap::new(),
            by_person_id: HashMap::new(),
            by_thread: HashMap::new(),
            deleted: BTreeSet::new(),
            pinned: Vec::new(),
            revision: 0,
            keyboard: None,
            last_read: HashMap::new(),
            order: VecDeque::new(),
        }
    }

    pub fn group(&self) -> Option<&Group> {
        match &self.kind {
            Kind::Group(g) => Some(g),
            Kind::Private(_) => None,
        }
    }

    pub fn group_mut(&mut self) -> Option<&mut Group> {
        match &mut self.kind {
            Kind::Group(g) => Some(g),
            Kind::Private(_) => None,
        }
    }

    pub fn private(&self) -> Option<&Private> {
        match &self.kind {
            Kind::Private(p) => Some(p),
            Kind::Group(_) => None,
        }
    }

    pub fn private_mut(&mut self) -> Option<&mut Private> {
        match &mut self.kind {
            Kind::Private(p) => Some(p),
            Kind::Group(_) => None,
        }
    }

    pub fn insert(&mut self, message: Message, keep: Option<usize>) {
        let id = message.id;
        if message.person_id != id || !self.key.is_group() {
            self.by_person_id.insert(message.person_id, id);
        }
        self.by_thread
            .entry(message.thread.unwrap_or(0))
            .or_default()
            .insert(id);
        self.messages.insert(id, message);
        if let Some(keep) = keep {
            self.order.push_back(id);
            while self.order.len() > keep {
                if let Some(old) = self.order.pop_front() {
                    self.forget(old);
                }
            }
        }
    }

    /// Takes a message out; its id stays known as deleted.
    pub fn remove(&mut self, id: i64) -> Option<Message> {
        let message = self.forget(id)?;
        self.deleted.insert(id);
        Some(message)
    }

    fn forget(&mut self, id: i64) -> Option<Message> {
        let message = self.messages.remove(&id)?;
        self.by_person_id.remove(&message.person_id);
        if let Some(set) = self.by_thread.get_mut(&message.thread.unwrap_or(0)) {
            set.remove(&id);
        }
        self.pinned.retain(|p| *p != id);
        Some(message)
    }

    /// The message that a person means by `id` in their own numbering.
    pub fn from_person_id(&self, id: i64) -> Option<i64> {
        if self.key.is_group() {
            return self.messages.contains_key(&id).then_some(id);
        }
        self.by_person_id.get(&id).copied()
    }
}
