//! What is known of contacts and dialogs, kept at hand: one lock per dialog, a bounded cache before the store.

use std::collections::HashMap;
use std::sync::Arc;

use moka::sync::Cache;
use parking_lot::Mutex;
use switchboard_store::{ChatId, ConnectionId, Contact, Dialog, Status, Store, TopicId};
use tokio::sync::OwnedMutexGuard;

use crate::RelayError;

/// Contacts with their dialogs kept at hand per connection, some 400 bytes each.
const PEOPLE: u64 = 4_096;

/// A contact and its dialog as stored.
#[derive(Debug, Clone, Default)]
pub struct Person {
    pub contact: Option<Contact>,
    pub dialog: Option<Dialog>,
}

/// The contacts and dialogs of one connection.
#[derive(Debug)]
pub struct Book {
    store: Arc<dyn Store>,
    connection: ConnectionId,
    people: Cache<ChatId, Arc<Person>>,
    topics: Cache<TopicId, ChatId>,
    locks: Mutex<HashMap<ChatId, Arc<tokio::sync::Mutex<()>>>>,
}

/// Held while a turn or a settlement changes a dialog.
#[derive(Debug)]
pub struct Guard {
    _held: OwnedMutexGuard<()>,
}

impl Book {
    pub fn new(store: Arc<dyn Store>, connection: ConnectionId) -> Self {
        Self {
            store,
            connection,
            people: Cache::new(PEOPLE),
            topics: Cache::new(PEOPLE),
            locks: Mutex::default(),
        }
    }

    /// Waits until nobody else changes the dialog.
    pub async fn lock(&self, chat: ChatId) -> Guard {
        let lock = {
            let mut locks = self.locks.lock();
            if locks.len() > 1024 {
                locks.retain(|_, lock| Arc::strong_count(lock) > 1);
            }
            locks.entry(chat).or_default().clone()
        };
        Guard {
            _held: lock.lock_owned().await,
        }
    }

    pub async fn person(&self, chat: ChatId) -> Result<Arc<Person>, RelayError> {
        if let Some(person) = self.people.get(&chat) {
            return Ok(person);
        }
        let contact = self.store.contact(self.connection, chat).await?;
        let dialog = self.store.dialog(self.connection, chat).await?;
        let person = Arc::new(Person { contact, dialog });
        self.put(chat, person.clone());
        Ok(person)
    }

    /// What is at hand without asking the store.
    pub fn at_hand(&self, chat: ChatId) -> Option<Arc<Person>> {
        self.people.get(&chat)
    }

    /// The dialog of a topic; `None` for a topic that is not ours.
    pub async fn chat_of_topic(&self, topic: TopicId) -> Result<Option<ChatId>, RelayError> {
        if let Some(chat) = self.topics.get(&topic) {
            return Ok(Some(chat));
        }
        let dialog = self.store.dialog_by_topic(self.connection, topic).await?;
        Ok(dialog.map(|dialog| {
            self.topics.insert(topic, dialog.chat);
            dialog.chat
        }))
    }

    /// After a commit: what is true now.
    pub fn put(&self, chat: ChatId, person: Arc<Person>) {
        if let Some(topic) = person.dialog.as_ref().and_then(|dialog| dialog.topic) {
            self.topics.insert(topic, chat);
        }
        self.people.insert(chat, person);
    }

    /// Somebody else changed it: read it again next time.
    pub fn forget(&self, chat: ChatId) {
        if let Some(topic) = self
            .people
            .get(&chat)
            .and_then(|person| person.dialog.as_ref().and_then(|dialog| dialog.topic))
        {
            self.topics.invalidate(&topic);
        }
        self.people.invalidate(&chat);
    }

    pub fn forget_topic(&self, topic: TopicId) {
        self.topics.invalidate(&topic);
    }
}

/// A dialog that begins.
#[must_use]
pub fn new_dialog(chat: ChatId, now: i64) -> Dialog {
    Dialog {
        chat,
        status: Status::Waiting,
        topic: None,
        title: None,
        topic_closed: false,
        generation: 0,
        created: now,
        last_activity: now,
        welcomed: None,
        taken_over: None,
        takeover_ends: None,
        version: 0,
    }
}
