//! The capabilities, answered from memory.

use super::effect::{Effect, LogLine, Timer};
use super::state::{check_content, check_key, check_status, check_tag, check_value, within};
use super::{TestHost, segment};
use crate::capability::Page;
use crate::words::{code, status};
use crate::{Contact, Content, Dialog, Error, Host, MessageRef, Request, Response, Template, limits};

impl Host for TestHost {
    fn now(&self) -> u64 {
        self.state.borrow().now
    }

    fn random(&self) -> u64 {
        // SplitMix64: the same numbers in every run.
        let mut state = self.state.borrow_mut();
        state.random = state.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn log_write(&self, level: &str, message: &str, fields: &[(String, String)]) {
        self.state.borrow_mut().log.push(LogLine {
            level: level.to_owned(),
            message: message.to_owned(),
            fields: fields.to_vec(),
        });
    }

    fn settings_get(&self) -> String {
        self.state.borrow().settings.clone()
    }

    fn store_get(&self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        check_key(key)?;
        Ok(self.state.borrow().value(key).cloned())
    }

    fn store_set(&self, key: &str, value: &[u8], ttl: Option<u64>) -> Result<(), Error> {
        check_key(key)?;
        check_value(value)?;
        let mut state = self.state.borrow_mut();
        let until = ttl.map(|seconds| state.now + seconds * 1_000);
        state.store.insert(key.to_owned(), (value.to_vec(), until));
        Ok(())
    }

    fn store_delete(&self, key: &str) -> Result<bool, Error> {
        let mut state = self.state.borrow_mut();
        let was = state.value(key).is_some();
        state.store.remove(key);
        Ok(was)
    }

    fn store_add(&self, key: &str, delta: i64) -> Result<i64, Error> {
        let mut number = 0_i64;
        if let Some(value) = self.store_get(key)? {
            number = std::str::from_utf8(&value)
                .ok()
                .and_then(|text| text.parse().ok())
                .ok_or_else(|| Error::invalid(format!("The value of {key} is no number.")))?;
        }
        let sum = number
            .checked_add(delta)
            .ok_or_else(|| Error::limit(format!("The number in {key} is full.")))?;
        self.store_set(key, sum.to_string().as_bytes(), None)?;
        Ok(sum)
    }

    fn store_entries(&self, prefix: &str, after: Option<&str>, limit: u32) -> Result<Page<(String, Vec<u8>)>, Error> {
        let state = self.state.borrow();
        let mut all = state
            .store
            .keys()
            .filter(|key| key.starts_with(prefix))
            .filter(|key| after.is_none_or(|after| key.as_str() > after))
            .filter_map(|key| state.value(key).map(|value| (key.clone(), value.clone())));
        let items: Vec<_> = all.by_ref().take(limit.clamp(1, limits::ENTRIES) as usize).collect();
        let next = all.next().and(items.last().map(|(key, _)| key.clone()));
        Ok(Page { items, next })
    }

    fn contacts_get(&self, id: i64) -> Result<Option<Contact>, Error> {
        Ok(self.contact(id))
    }

    fn contacts_tag(&self, id: i64, tag: &str) -> Result<bool, Error> {
        check_tag(tag)?;
        let mut state = self.state.borrow_mut();
        let contact = state.contact_of(id)?;
        let Err(at) = contact.tags.binary_search_by(|it| it.as_str().cmp(tag)) else {
            return Ok(false);
        };
        contact.tags.insert(at, tag.to_owned());
        state.tags_changed(id);
        state.effects.push(Effect::Tagged {
            contact: id,
            tag: tag.to_owned(),
        });
        Ok(true)
    }

    fn contacts_untag(&self, id: i64, tag: &str) -> Result<bool, Error> {
        let mut state = self.state.borrow_mut();
        let contact = state.contact_of(id)?;
        let Some(at) = contact.tags.iter().position(|it| it == tag) else {
            return Ok(false);
        };
        contact.tags.remove(at);
        state.tags_changed(id);
        state.effects.push(Effect::Untagged {
            contact: id,
            tag: tag.to_owned(),
        });
        Ok(true)
    }

    fn contacts_set_property(&self, id: i64, name: &str, value: Option<&str>) -> Result<(), Error> {
        within("A property's name", name.len(), limits::PROPERTY_NAME, "bytes")?;
        let size = value.map_or(0, str::len);
        within("A property's value", size, limits::PROPERTY_VALUE, "bytes")?;
        let mut state = self.state.borrow_mut();
        let contact = state.contact_of(id)?;
        contact.properties.retain(|(of, _)| of != name);
        if let Some(value) = value {
            contact.properties.push((name.to_owned(), value.to_owned()));
        }
        let (name, value) = (name.to_owned(), value.map(str::to_owned));
        state.effects.push(Effect::Property {
            contact: id,
            name,
            value,
        });
        Ok(())
    }

    fn contacts_search(&self, query: &str, after: Option<&str>, limit: u32) -> Result<Page<Contact>, Error> {
        let after: Option<i64> = after.and_then(|after| after.parse().ok());
        let mut found = Vec::new();
        for contact in self.state.borrow().contacts.values() {
            if after.is_none_or(|after| contact.id > after) && segment::matches(contact, query)? {
                found.push(contact.clone());
            }
        }
        let more = found.len() > limit as usize;
        found.truncate(limit as usize);
        let next = found.last().filter(|_| more).map(|last| last.id.to_string());
        Ok(Page { items: found, next })
    }

    fn dialogs_get(&self, id: i64) -> Result<Option<Dialog>, Error> {
        Ok(self.dialog(id))
    }

    fn dialogs_find(&self, contact: i64) -> Result<Option<Dialog>, Error> {
        let state = self.state.borrow();
        Ok(state.dialogs.values().find(|dialog| dialog.contact == contact).cloned())
    }

    fn dialogs_open(&self, contact: i64) -> Result<Dialog, Error> {
        if let Some(dialog) = self.dialogs_find(contact)? {
            return Ok(dialog);
        }
        let mut state = self.state.borrow_mut();
        let tags = state.contact_of(contact)?.tags.clone();
        let id = state.dialogs.keys().max().map_or(1, |last| last + 1);
        let status = status::WAITING.to_owned();
        let dialog = Dialog {
            id,
            contact,
            status,
            fresh: true,
            tags,
            ..Dialog::default()
        };
        state.dialogs.insert(id, dialog.clone());
        state.effects.push(Effect::Opened { dialog: id, contact });
        Ok(dialog)
    }

    fn dialogs_link(&self, id: i64) -> Result<Option<String>, Error> {
        self.state.borrow().dialog_of(id)?;
        Ok(Some(format!("https://t.me/c/1/{id}")))
    }

    fn dialogs_set_status(&self, id: i64, status: &str) -> Result<(), Error> {
        check_status(status)?;
        let mut state = self.state.borrow_mut();
        state.dialog_of(id)?;
        if let Some(dialog) = state.dialogs.get_mut(&id) {
            status.clone_into(&mut dialog.status);
        }
        state.effects.push(Effect::Status {
            dialog: id,
            status: status.to_owned(),
        });
        Ok(())
    }

    fn dialogs_note(&self, id: i64, content: &Content) -> Result<(), Error> {
        check_content(content)?;
        let mut state = self.state.borrow_mut();
        state.dialog_of(id)?;
        state.effects.push(Effect::Note {
            dialog: id,
            content: content.clone(),
        });
        Ok(())
    }

    fn dialogs_send(&self, id: i64, content: &Content) -> Result<(), Error> {
        check_content(content)?;
        let mut state = self.state.borrow_mut();
        state.dialog_of(id)?;
        state.effects.push(Effect::Sent {
            dialog: id,
            content: content.clone(),
        });
        Ok(())
    }

    fn dialogs_forward(&self, id: i64, messages: &[MessageRef]) -> Result<(), Error> {
        let place = messages.first().map(|message| &message.place);
        if messages.len() > 100 || messages.iter().any(|it| Some(&it.place) != place) {
            return Err(Error::invalid("1–100 messages of one place can be forwarded."));
        }
        place.ok_or_else(|| Error::invalid("There is nothing to forward."))?;
        let mut state = self.state.borrow_mut();
        state.dialog_of(id)?;
        state.effects.push(Effect::Forwarded {
            dialog: id,
            messages: messages.to_vec(),
        });
        Ok(())
    }

    fn templates_save(&self, name: &str, source: &MessageRef, dialog: Option<i64>) -> Result<Template, Error> {
        self.state.borrow_mut().save(name, source, dialog)
    }

    fn templates_get(&self, name: &str) -> Result<Option<Template>, Error> {
        Ok(self.template(name))
    }

    fn templates_all(&self, prefix: &str, after: Option<&str>, limit: u32) -> Result<Page<Template>, Error> {
        self.state.borrow().templates_from(prefix, after, limit)
    }

    fn templates_delete(&self, name: &str) -> Result<bool, Error> {
        Ok(self.state.borrow_mut().delete_template(name))
    }

    fn templates_send(&self, name: &str, dialog: i64, forward: bool) -> Result<(), Error> {
        self.state.borrow_mut().send_template(name, dialog, forward)
    }

    fn schedule_set(&self, key: &str, due: u64, payload: &str, dialog: Option<i64>) -> Result<(), Error> {
        check_key(key)?;
        within("A payload", payload.len(), limits::PAYLOAD, "bytes")?;
        let mut state = self.state.borrow_mut();
        if due > state.now + limits::AHEAD {
            return Err(Error::limit("A timer lies at most 366 days ahead."));
        }
        let timer = Timer {
            key: key.to_owned(),
            due,
            payload: payload.to_owned(),
            dialog,
        };
        state.timers.insert(key.to_owned(), timer);
        state.effects.push(Effect::TimerSet {
            key: key.to_owned(),
            due,
        });
        Ok(())
    }

    fn schedule_cancel(&self, key: &str) -> Result<bool, Error> {
        let mut state = self.state.borrow_mut();
        let was = state.timers.remove(key).is_some();
        if was {
            state.effects.push(Effect::TimerCancelled { key: key.to_owned() });
        }
        Ok(was)
    }

    fn http_send(&self, request: &Request) -> Result<Response, Error> {
        self.requests.borrow_mut().push(request.clone());
        self.responses.borrow_mut().pop_front().unwrap_or_else(|| {
            let message = format!("The test has no response for {}.", request.url);
            Err(Error::new(code::NOT_AVAILABLE, message))
        })
    }
}
