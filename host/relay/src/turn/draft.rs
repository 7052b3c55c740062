//! A turn while it runs: what it read, and everything that it wants to happen. It commits whole or not at all.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use serde_json::json;
use switchboard_store::{
    Cell, Change, ChatId, ConnectionId, Contact, Delivery, DeliveryId, DeliveryState, Dialog, Expect, MessageId,
    PluginEntry, Status, Template, TurnCommit,
};

use crate::RelayError;
use crate::cache::{Book, Person, new_dialog};
use crate::content::Content;
use crate::op::{Op, encode};
use crate::plugins::Known;
use crate::words;

/// A call that is made once after the commit and may be lost: it has no meaning later.
#[derive(Debug, Clone)]
pub enum Quick {
    AnswerPress {
        id: String,
        text: Option<String>,
        alert: bool,
    },
}

#[derive(Debug, Clone)]
struct Read {
    old: Arc<Person>,
    new: Person,
}

/// A new delivery of a turn.
#[derive(Debug, Clone)]
pub struct Queued {
    pub op: Op,
    pub not_before: i64,
}

/// What a turn has read and wants.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    pub now: i64,
    pub updates: Vec<i64>,
    people: BTreeMap<ChatId, Read>,
    pub expect: Vec<Expect>,
    pub changes: Vec<Change>,
    pub queued: Vec<Queued>,
    pub quick: Vec<Quick>,
    /// Messages to hold back, each with its question.
    pub held: Vec<Held>,
    /// Deliveries that a person has decided on: to be sent again with this op, or left.
    pub answers: Vec<(DeliveryId, Option<Op>)>,
    /// What plugins wrote, by plugin and key; they see it in later reads.
    pub entries: BTreeMap<(String, String), Written>,
    /// Templates that were saved or deleted, by name in lower case.
    pub templates: BTreeMap<String, (i64, Option<Template>)>,
    /// Messages that the turn knows whole.
    pub known: Vec<Known>,
    pub timers_changed: bool,
    /// Dialogs that go back to the bot's own program.
    pub released: Vec<ChatId>,
    /// Titles may be out of date.
    pub titles: Vec<(ChatId, i64)>,
}

/// A message that waits for a person's word.
#[derive(Debug, Clone)]
pub struct Held {
    pub chat: ChatId,
    /// What the person is asked, without anything of the message.
    pub question: String,
    pub op: Op,
    /// The operator's message that it is, for the question to stand under.
    pub reply: Option<MessageId>,
}

/// A plugin's entry as the turn left it.
#[derive(Debug, Clone)]
pub struct Written {
    /// The version that was read; 0 for none.
    pub read: i64,
    pub value: Option<Vec<u8>>,
    pub expires: Option<i64>,
}

/// A draft made ready for the store.
#[derive(Debug)]
pub struct Finished {
    pub commit: TurnCommit,
    pub deliveries: Vec<(Delivery, Op)>,
    pub people: Vec<(ChatId, Arc<Person>)>,
}

impl Draft {
    pub fn new(now: i64, updates: Vec<i64>) -> Self {
        Self {
            now,
            updates,
            ..Self::default()
        }
    }

    /// Reads a contact and its dialog; the turn sees its own changes.
    pub async fn read(&mut self, book: &Book, chat: ChatId) -> Result<&mut Person, RelayError> {
        let read = match self.people.entry(chat) {
            Entry::Occupied(read) => read.into_mut(),
            Entry::Vacant(place) => {
                let old = book.person(chat).await?;
                let new = (*old).clone();
                place.insert(Read { old, new })
            }
        };
        Ok(&mut read.new)
    }

    /// Nothing of this contact and its dialog is to be written.
    pub fn forget_contact(&mut self, chat: ChatId) {
        self.people.remove(&chat);
    }

    /// What was read of a contact.
    pub fn person(&self, chat: ChatId) -> Option<&Person> {
        self.people.get(&chat).map(|read| &read.new)
    }

    pub fn person_mut(&mut self, chat: ChatId) -> Option<&mut Person> {
        self.people.get_mut(&chat).map(|read| &mut read.new)
    }

    pub fn contact(&self, chat: ChatId) -> Option<&Contact> {
        self.person(chat)?.contact.as_ref()
    }

    pub fn dialog(&self, chat: ChatId) -> Option<&Dialog> {
        self.person(chat)?.dialog.as_ref()
    }

    pub fn dialog_mut(&mut self, chat: ChatId) -> Option<&mut Dialog> {
        self.person_mut(chat)?.dialog.as_mut()
    }

    /// The dialog of a contact that was read, begun where there is none. Whether it is new.
    pub fn open_dialog(&mut self, chat: ChatId) -> bool {
        let now = self.now;
        let Some(person) = self.person_mut(chat) else {
            return false;
        };
        if person.dialog.is_some() {
            return false;
        }
        person.dialog = Some(new_dialog(chat, now));
        true
    }

    /// Sets the status of a dialog that was read, and has the title follow after `delay` milliseconds. Whether it changed.
    pub fn set_status(&mut self, chat: ChatId, status: Status, delay: i64) -> bool {
        let now = self.now;
        let Some(dialog) = self.dialog_mut(chat) else {
            return false;
        };
        if dialog.status == status {
            return false;
        }
        dialog.status = status;
        dialog.last_activity = now;
        self.titles.push((chat, now + delay));
        true
    }

    pub fn queue(&mut self, op: Op) {
        self.queue_at(op, self.now);
    }

    pub fn queue_at(&mut self, op: Op, not_before: i64) {
        self.queued.push(Queued { op, not_before });
    }

    /// The commit. `next_id` hands out delivery ids.
    pub fn finish(&mut self, connection: ConnectionId, mut next_id: impl FnMut() -> DeliveryId) -> Finished {
        let mut expect = std::mem::take(&mut self.expect);
        let mut changes = Vec::new();
        let mut people = Vec::new();
        for (chat, read) in &mut self.people {
            let mut changed = false;
            if read.new.contact != read.old.contact
                && let Some(contact) = &mut read.new.contact
            {
                let version = read.old.contact.as_ref().map_or(0, |contact| contact.version);
                expect.push(Expect {
                    cell: Cell::Contact(*chat),
                    version,
                });
                contact.version = version + 1;
                changes.push(Change::PutContact(contact.clone()));
                changed = true;
            }
            if read.new.dialog != read.old.dialog
                && let Some(dialog) = &mut read.new.dialog
            {
                let version = read.old.dialog.as_ref().map_or(0, |dialog| dialog.version);
                expect.push(Expect {
                    cell: Cell::Dialog(*chat),
                    version,
                });
                dialog.version = version + 1;
                changes.push(Change::PutDialog(dialog.clone()));
                changed = true;
            }
            if changed {
                people.push((*chat, Arc::new(read.new.clone())));
            }
        }
        for ((plugin, key), written) in std::mem::take(&mut self.entries) {
            expect.push(Expect {
                cell: Cell::Plugin {
                    plugin: plugin.clone(),
                    key: key.clone(),
                },
                version: written.read,
            });
            changes.push(match written.value {
                Some(value) => Change::PutPluginEntry {
                    plugin,
                    entry: PluginEntry {
                        key,
                        value,
                        expires: written.expires,
                        version: self.now.max(written.read + 1),
                    },
                },
                None => Change::RemovePluginEntry { plugin, key },
            });
        }
        for (name, (read, template)) in std::mem::take(&mut self.templates) {
            expect.push(Expect {
                cell: Cell::Template(name.clone()),
                version: read,
            });
            changes.push(template.map_or(Change::RemoveTemplate { name }, Change::PutTemplate));
        }
        changes.append(&mut self.changes);
        let mut deliveries = Vec::with_capacity(self.queued.len());
        for queued in self.queued.drain(..) {
            let delivery = new_delivery(next_id(), &queued.op, queued.not_before, self.now);
            changes.push(Change::PutDelivery(delivery.clone()));
            deliveries.push((delivery, queued.op));
        }
        for held in std::mem::take(&mut self.held) {
            // The question first: behind the held message, in the same lane, it would wait for its own answer.
            let (ask_id, held_id) = (next_id(), next_id());
            let rows = json!([[{ "text": words::RELEASE, "callback_data": format!("u:{held_id}:again") }, { "text": words::SKIP, "callback_data": format!("u:{held_id}:leave") }]]);
            let question = Op::Post {
                chat: Some(held.chat),
                content: Content::text(held.question).with_keyboard(rows),
                reply: held.reply,
                more: vec![],
            };
            let mut waiting = new_delivery(held_id, &held.op, self.now, self.now);
            waiting.state = DeliveryState::Asking;
            for (delivery, op) in [
                (new_delivery(ask_id, &question, self.now, self.now), question),
                (waiting, held.op),
            ] {
                changes.push(Change::PutDelivery(delivery.clone()));
                deliveries.push((delivery, op));
            }
        }
        let commit = TurnCommit {
            connection,
            updates: self.updates.clone(),
            now: self.now,
            expect,
            changes,
        };
        Finished {
            commit,
            deliveries,
            people,
        }
    }

    /// The contacts that were read, for forgetting after a conflict.
    pub fn read_chats(&self) -> Vec<ChatId> {
        self.people.keys().copied().collect()
    }
}

/// The outbox row of an op.
pub fn new_delivery(id: DeliveryId, op: &Op, not_before: i64, now: i64) -> Delivery {
    Delivery {
        id,
        lane: op.lane(),
        chat: op.chat(),
        op: encode(op),
        not_before,
        created: now,
        state: DeliveryState::Ready,
        attempt: 0,
        last_error: String::new(),
    }
}
