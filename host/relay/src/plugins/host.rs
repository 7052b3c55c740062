//! What a plugin may ask of the relay during a turn. Reads go to the store, writes into the turn's draft.

use std::sync::Arc;

use switchboard_runtime::Host;
use switchboard_runtime::types::{self as wit, Error};
use switchboard_store::{Change, ChatId, Timer};
use tokio::runtime::Handle;

use super::{Enabled, convert};
use crate::RelayError;
use crate::connection::Inner;
use crate::content::Content;
use crate::op::Op;
use crate::turn::draft::{Draft, Written};

/// Keys that a plugin may keep on a connection. What a turn writes anew counts on top, so the bound is never passed.
const STORE_KEYS: u64 = 4_096;
/// Bytes of keys and values that a plugin may keep on a connection.
const STORE_BYTES: u64 = 8 << 20;

/// One plugin's view of one turn.
pub struct TurnHost {
    pub inner: Arc<Inner>,
    pub enabled: Arc<Enabled>,
    pub draft: Draft,
    /// The operator's message that the turn is about.
    pub asked: Option<i64>,
    handle: Handle,
    random: u64,
}

impl TurnHost {
    pub fn new(inner: Arc<Inner>, enabled: Arc<Enabled>, draft: Draft, asked: Option<i64>) -> Self {
        let seed = draft.updates.first().copied().unwrap_or(draft.now);
        let random =
            u64::from_ne_bytes(seed.to_ne_bytes()) ^ u64::from_ne_bytes(inner.id.to_ne_bytes()).rotate_left(40);
        Self {
            inner,
            enabled,
            draft,
            asked,
            handle: Handle::current(),
            random,
        }
    }

    /// Waits for the store. Hooks run where blocking is allowed, and no transaction is open while they do.
    pub fn wait<T>(&self, work: impl Future<Output = Result<T, RelayError>>) -> Result<T, Error> {
        self.handle.block_on(work).map_err(|error| {
            tracing::error!(connection = %self.inner.name, plugin = %self.enabled.name, error = %crate::chain(&error), "a plugin's read failed");
            Error::new("not-available", "the host's store did not answer")
        })
    }

    /// Reads a contact and its dialog into the draft.
    pub fn read(&mut self, chat: ChatId) -> Result<(), Error> {
        let inner = self.inner.clone();
        let handle = self.handle.clone();
        match handle.block_on(self.draft.read(&inner.book, chat)) {
            Ok(_) => Ok(()),
            Err(error) => self.wait(async { Err(error) }),
        }
    }

    fn entry(&mut self, key: &str) -> Result<Written, Error> {
        let name = self.enabled.name.clone();
        if let Some(written) = self.draft.entries.get(&(name.clone(), key.to_owned())) {
            return Ok(written.clone());
        }
        let (inner, now) = (self.inner.clone(), self.draft.now);
        let entry = self.wait(async move { Ok(inner.store.plugin_entry(inner.id, &name, key, now).await?) })?;
        let read = entry.as_ref().map_or(0, |entry| entry.version);
        let cell = switchboard_store::Cell::Plugin {
            plugin: self.enabled.name.clone(),
            key: key.to_owned(),
        };
        self.draft
            .expect
            .push(switchboard_store::Expect { cell, version: read });
        Ok(Written {
            read,
            expires: entry.as_ref().and_then(|entry| entry.expires),
            value: entry.map(|entry| entry.value),
        })
    }

    /// Whether what the plugin keeps on this connection may grow by an entry of so many bytes.
    fn has_room(&self, old: &Written, bytes: usize) -> Result<(), Error> {
        let (inner, name) = (self.inner.clone(), self.enabled.name.clone());
        let usage = self.wait(async { Ok(inner.store.plugin_usage(inner.id, &name).await?) })?;
        let mine = self
            .draft
            .entries
            .iter()
            .filter(|((plugin, _), written)| *plugin == name && written.value.is_some());
        let (keys, unwritten) = mine.fold((0, 0), |(keys, bytes), ((_, key), written)| {
            (keys + 1, bytes + key.len() + written.value.as_ref().map_or(0, Vec::len))
        });
        let keys = usage.keys + keys + u64::from(old.value.is_none());
        let bytes = usage.bytes + (unwritten + bytes) as u64;
        if keys > STORE_KEYS || bytes > STORE_BYTES {
            let text = format!(
                "a plugin may keep {STORE_KEYS} keys and {} MiB on a connection",
                STORE_BYTES >> 20
            );
            return Err(Error::new("limit", text));
        }
        Ok(())
    }

    fn write(&mut self, key: &str, written: Written) {
        self.draft
            .entries
            .insert((self.enabled.name.clone(), key.to_owned()), written);
    }

    /// The chat of a dialog, which must exist.
    pub fn dialog(&mut self, id: i64) -> Result<(), Error> {
        self.read(id)?;
        match self.draft.dialog(id) {
            Some(_) => Ok(()),
            None => Err(Error::new("not-found", format!("there is no dialog {id}"))),
        }
    }

    fn contact_mut(&mut self, id: ChatId) -> Result<&mut switchboard_store::Contact, Error> {
        self.read(id)?;
        let missing = || Error::new("not-found", format!("there is no contact {id}"));
        self.draft
            .person_mut(id)
            .and_then(|person| person.contact.as_mut())
            .ok_or_else(missing)
    }
}

impl Host for TurnHost {
    fn log_write(&mut self, level: &str, message: &str, fields: &[(String, String)]) {
        let (connection, plugin) = (&self.inner.name, &self.enabled.name);
        match level {
            "error" => tracing::error!(%connection, %plugin, ?fields, "{message}"),
            "warn" => tracing::warn!(%connection, %plugin, ?fields, "{message}"),
            "info" => tracing::info!(%connection, %plugin, ?fields, "{message}"),
            _ => tracing::debug!(%connection, %plugin, ?fields, "{message}"),
        }
    }

    fn clock_now(&mut self) -> u64 {
        u64::try_from(self.draft.now).unwrap_or_default()
    }

    /// SplitMix64: small, seeded by the turn, good enough for choosing among answers.
    fn random_next(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn settings_get(&mut self) -> String {
        self.enabled.settings.to_string()
    }

    fn store_get(&mut self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.entry(key)?.value)
    }

    fn store_set(&mut self, key: &str, value: Vec<u8>, ttl: Option<u64>) -> Result<(), Error> {
        let old = self.entry(key)?;
        let read = old.read;
        let grows = key.len() + value.len() > old.value.as_ref().map_or(0, |old| key.len() + old.len());
        if grows {
            self.has_room(&old, key.len() + value.len())?;
        }
        let expires = ttl.map(|seconds| {
            self.draft
                .now
                .saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX / 2_000).saturating_mul(1_000))
        });
        self.write(
            key,
            Written {
                read,
                value: Some(value),
                expires,
            },
        );
        Ok(())
    }

    fn store_delete(&mut self, key: &str) -> Result<bool, Error> {
        let old = self.entry(key)?;
        let was = old.value.is_some();
        if was {
            self.write(key, Written { value: None, ..old });
        }
        Ok(was)
    }

    fn store_add(&mut self, key: &str, delta: i64) -> Result<i64, Error> {
        let old = self.entry(key)?;
        let number = match &old.value {
            None => 0,
            Some(value) => std::str::from_utf8(value)
                .ok()
                .and_then(|text| text.parse::<i64>().ok())
                .ok_or_else(|| Error::new("invalid", format!("the value at “{key}” is no number")))?,
        };
        let sum = number
            .checked_add(delta)
            .ok_or_else(|| Error::new("limit", format!("the number at “{key}” would leave 64 bits")))?;
        self.write(
            key,
            Written {
                value: Some(sum.to_string().into_bytes()),
                ..old
            },
        );
        Ok(sum)
    }

    fn store_entries(&mut self, prefix: &str, after: Option<&str>, limit: u32) -> Result<wit::EntryPage, Error> {
        let (inner, name, now) = (self.inner.clone(), self.enabled.name.clone(), self.draft.now);
        let stored = self.wait(async {
            Ok(inner
                .store
                .plugin_entries(inner.id, &name, prefix, after, limit, now)
                .await?)
        })?;
        let full = stored.len() >= limit as usize;
        let last = stored.last().map(|entry| entry.key.clone());
        let mut merged: std::collections::BTreeMap<String, Vec<u8>> =
            stored.into_iter().map(|entry| (entry.key, entry.value)).collect();
        for ((plugin, key), written) in &self.draft.entries {
            let on_page = key.starts_with(prefix)
                && after.is_none_or(|after| key.as_str() > after)
                && (!full || last.as_ref().is_some_and(|last| key <= last));
            if *plugin != name || !on_page {
                continue;
            }
            match &written.value {
                Some(value) => merged.insert(key.clone(), value.clone()),
                None => merged.remove(key),
            };
        }
        let entries = merged
            .into_iter()
            .map(|(key, value)| wit::Entry { key, value })
            .collect();
        Ok(wit::EntryPage {
            entries,
            next: if full { last } else { None },
        })
    }

    fn contacts_get(&mut self, id: ChatId) -> Result<Option<wit::Contact>, Error> {
        self.read(id)?;
        Ok(self.draft.contact(id).map(convert::contact))
    }

    fn contacts_tag(&mut self, id: ChatId, tag: &str) -> Result<bool, Error> {
        let contact = self.contact_mut(id)?;
        match contact.tags.binary_search_by(|known| known.as_str().cmp(tag)) {
            Ok(_) => Ok(false),
            Err(place) => {
                contact.tags.insert(place, tag.to_owned());
                Ok(true)
            }
        }
    }

    fn contacts_untag(&mut self, id: ChatId, tag: &str) -> Result<bool, Error> {
        let contact = self.contact_mut(id)?;
        let before = contact.tags.len();
        contact.tags.retain(|known| known != tag);
        Ok(contact.tags.len() < before)
    }

    fn contacts_set_property(&mut self, id: ChatId, name: &str, value: Option<&str>) -> Result<(), Error> {
        let contact = self.contact_mut(id)?;
        contact.properties.retain(|(known, _)| known != name);
        if let Some(value) = value {
            contact.properties.push((name.to_owned(), value.to_owned()));
            contact.properties.sort();
        }
        Ok(())
    }

    fn dialogs_get(&mut self, id: i64) -> Result<Option<wit::Dialog>, Error> {
        self.read(id)?;
        let Some(person) = self.draft.person(id) else {
            return Ok(None);
        };
        Ok(match (&person.contact, &person.dialog) {
            (Some(contact), Some(dialog)) => Some(convert::dialog(contact, Some(dialog))),
            _ => None,
        })
    }

    fn dialogs_find(&mut self, contact: ChatId) -> Result<Option<wit::Dialog>, Error> {
        self.dialogs_get(contact)
    }

    fn dialogs_link(&mut self, id: i64) -> Result<Option<String>, Error> {
        self.read(id)?;
        let topic = self.draft.dialog(id).and_then(|dialog| dialog.topic);
        Ok(topic.map(|topic| self.inner.link(topic, None)))
    }

    fn dialogs_open(&mut self, contact: ChatId) -> Result<wit::Dialog, Error> {
        let row = self.contact_mut(contact)?.clone();
        self.draft.open_dialog(contact);
        Ok(convert::dialog(&row, self.draft.dialog(contact)))
    }

    fn dialogs_set_status(&mut self, id: i64, status: &str) -> Result<(), Error> {
        self.dialog(id)?;
        let status = convert::status_named(status).ok_or_else(|| {
            Error::new(
                "invalid",
                format!("“{status}” is no status: it is waiting, answered or closed"),
            )
        })?;
        self.draft.set_status(id, status, 0);
        Ok(())
    }

    fn dialogs_note(&mut self, id: i64, content: wit::Content) -> Result<(), Error> {
        self.dialog(id)?;
        let mut contents = convert::contents(&content, &self.enabled.tag)?.into_iter();
        if let Some(content) = contents.next() {
            self.draft.queue(Op::Post {
                chat: Some(id),
                content,
                reply: None,
                more: contents.collect(),
            });
        }
        Ok(())
    }

    fn dialogs_send(&mut self, id: i64, content: wit::Content) -> Result<(), Error> {
        self.dialog(id)?;
        let contents = convert::contents(&content, &self.enabled.tag)?;
        self.send(id, contents);
        Ok(())
    }

    fn dialogs_forward(&mut self, id: i64, messages: &[wit::MessageRef]) -> Result<(), Error> {
        self.dialog(id)?;
        if messages.iter().any(|message| message.place == "customer") {
            return Err(Error::new(
                "invalid",
                "only messages of the group can be forwarded to the customer",
            ));
        }
        let mut messages: Vec<i64> = messages.iter().map(|message| message.id).collect();
        messages.sort_unstable();
        messages.dedup();
        self.forward(id, messages);
        Ok(())
    }

    fn templates_save(
        &mut self,
        name: &str,
        source: wit::MessageRef,
        dialog: Option<i64>,
    ) -> Result<wit::Template, Error> {
        self.save_template(name, &source, dialog)
    }

    fn templates_get(&mut self, name: &str) -> Result<Option<wit::Template>, Error> {
        self.find_template(name)
            .map(|found| found.1.map(|template| self.template(&template)))
    }

    fn templates_all(&mut self, prefix: &str, after: Option<&str>, limit: u32) -> Result<wit::TemplatePage, Error> {
        self.list_templates(prefix, after, limit)
    }

    fn templates_delete(&mut self, name: &str) -> Result<bool, Error> {
        self.delete_template(name)
    }

    fn templates_send(&mut self, name: &str, dialog: i64, forward: bool) -> Result<(), Error> {
        self.send_template(name, dialog, forward)
    }

    fn schedule_set(&mut self, key: &str, due: u64, payload: &str, dialog: Option<i64>) -> Result<(), Error> {
        let timer = Timer {
            plugin: self.enabled.name.clone(),
            key: key.to_owned(),
            due: i64::try_from(due).unwrap_or(i64::MAX),
            payload: payload.to_owned(),
            dialog,
            version: self.draft.now,
        };
        self.draft.changes.push(Change::PutTimer(timer));
        self.draft.timers_changed = true;
        Ok(())
    }

    fn schedule_cancel(&mut self, key: &str) -> Result<bool, Error> {
        let (inner, plugin) = (self.inner.clone(), self.enabled.name.clone());
        let was = self.wait(async { Ok(inner.store.timer(inner.id, &plugin, key).await?.is_some()) })?;
        self.draft.changes.push(Change::RemoveTimer {
            plugin,
            key: key.to_owned(),
        });
        Ok(was)
    }
}

impl TurnHost {
    pub fn send(&mut self, chat: ChatId, contents: Vec<Content>) {
        self.draft.queue(Op::Send {
            chat,
            contents,
            asked: self.asked,
            show: true,
        });
        self.draft
            .set_status(chat, switchboard_store::Status::Answered, crate::turn::LAZY_TITLE);
    }

    pub fn forward(&mut self, chat: ChatId, messages: Vec<i64>) {
        self.draft.queue(Op::Forward {
            chat,
            messages,
            asked: self.asked,
        });
        self.draft
            .set_status(chat, switchboard_store::Status::Answered, crate::turn::LAZY_TITLE);
    }
}
