//! All that a turn can change, in one value: copying it is what makes a turn a transaction.

use std::collections::BTreeMap;

use super::effect::{Effect, LogLine, Timer};
use super::template::Saved;
use crate::{Contact, Content, Dialog, Error, Message, limits, words::status};

/// 2026-01-01T00:00:00Z
const START: u64 = 1_767_225_600_000;

#[derive(Clone, Debug)]
pub(super) struct State {
    pub now: u64,
    pub random: u64,
    pub settings: String,
    pub store: BTreeMap<String, (Vec<u8>, Option<u64>)>,
    pub contacts: BTreeMap<i64, Contact>,
    pub dialogs: BTreeMap<i64, Dialog>,
    pub messages: Vec<(Option<i64>, Message)>,
    pub templates: BTreeMap<String, Saved>,
    pub timers: BTreeMap<String, Timer>,
    pub log: Vec<LogLine>,
    pub effects: Vec<Effect>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            now: START,
            random: 0,
            settings: "{}".to_owned(),
            store: BTreeMap::new(),
            contacts: BTreeMap::new(),
            dialogs: BTreeMap::new(),
            messages: Vec::new(),
            templates: BTreeMap::new(),
            timers: BTreeMap::new(),
            log: Vec::new(),
            effects: Vec::new(),
        }
    }
}

impl State {
    pub fn dialog_of(&self, id: i64) -> Result<&Dialog, Error> {
        self.dialogs
            .get(&id)
            .ok_or_else(|| Error::not_found(format!("There is no dialog {id}.")))
    }

    pub fn contact_of(&mut self, id: i64) -> Result<&mut Contact, Error> {
        self.contacts
            .get_mut(&id)
            .ok_or_else(|| Error::not_found(format!("There is no contact {id}.")))
    }

    /// The tags of a contact's dialogs follow the contact's.
    pub fn tags_changed(&mut self, contact: i64) {
        let tags = self
            .contacts
            .get(&contact)
            .map(|it| it.tags.clone())
            .unwrap_or_default();
        for dialog in self.dialogs.values_mut().filter(|dialog| dialog.contact == contact) {
            dialog.tags.clone_from(&tags);
        }
    }

    /// What the key holds now.
    pub fn value(&self, key: &str) -> Option<&Vec<u8>> {
        self.store
            .get(key)
            .filter(|(_, until)| until.is_none_or(|until| until > self.now))
            .map(|(value, _)| value)
    }
}

pub(super) fn check_key(key: &str) -> Result<(), Error> {
    if key.is_empty() {
        return Err(Error::invalid("A key must not be empty."));
    }
    within("A key", key.len(), limits::KEY, "bytes")
}

pub(super) fn check_value(value: &[u8]) -> Result<(), Error> {
    within("A value", value.len(), limits::VALUE, "bytes")
}

pub(super) fn check_tag(tag: &str) -> Result<(), Error> {
    within("A tag", tag.chars().count(), limits::TAG, "characters")?;
    let sound = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | ':');
    if tag.is_empty() || !tag.chars().all(sound) {
        return Err(Error::invalid("A tag is letters, digits, -, _ and :."));
    }
    Ok(())
}

pub(super) fn check_status(word: &str) -> Result<(), Error> {
    if [status::WAITING, status::ANSWERED, status::CLOSED].contains(&word) {
        return Ok(());
    }
    Err(Error::invalid(format!("There is no status {word}.")))
}

pub(super) fn check_content(content: &Content) -> Result<(), Error> {
    let (what, most) = match content.attachments.len() {
        0 => ("A text", limits::TEXT),
        1..=10 => ("A caption", limits::CAPTION),
        _ => return Err(Error::limit("An album holds at most 10 media.")),
    };
    within(what, content.text.utf16_len(), most, "UTF-16 units")?;
    if content.attachments.is_empty() && content.text.text.trim().is_empty() {
        return Err(Error::invalid("There is nothing to post."));
    }
    for entity in &content.text.entities {
        let (from, to) = (entity.offset as usize, (entity.offset + entity.length) as usize);
        if content.text.text.get(from..to).is_none() {
            return Err(Error::invalid(format!(
                "The {} at byte {from} does not lie on character borders of the text.",
                entity.kind
            )));
        }
    }
    if content.attachments.len() > 1 && !content.buttons.is_empty() {
        return Err(Error::invalid("An album has no buttons."));
    }
    for row in &content.buttons {
        within("A row", row.len(), limits::ROW, "buttons")?;
        if row.is_empty() {
            return Err(Error::invalid("A row has at least one button."));
        }
        for button in row {
            if button.text.trim().is_empty() {
                return Err(Error::invalid("A button needs a text."));
            }
            match button.kind.as_str() {
                "press" => {
                    within("A button's value", button.value.len(), limits::BUTTON_VALUE, "bytes")?;
                }
                "url" | "copy" if button.value.is_empty() => {
                    return Err(Error::invalid(format!("A {} button needs a value.", button.kind)));
                }
                "url" | "copy" => {}
                kind => {
                    return Err(Error::invalid(format!("There is no button of kind {kind}.")));
                }
            }
        }
    }
    let all = content.buttons.iter().map(Vec::len).sum();
    within("A message", all, limits::BUTTONS, "buttons")
}

pub(super) fn within(what: &str, size: usize, most: usize, unit: &str) -> Result<(), Error> {
    if size <= most {
        return Ok(());
    }
    Err(Error::limit(format!(
        "{what} has at most {most} {unit}, this one has {size}."
    )))
}
