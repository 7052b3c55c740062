//! Messages change and go: edits, deletions, pins.

use serde_json::Value;

use super::chat::{Chat, ChatKey};
use super::content::Content;
use super::event::Change;
use super::message::Draft;
use super::{Id, World};
use crate::error::ApiError;

/// Telegram's words for an edit that changes nothing.
pub const NOT_MODIFIED: &str = "message is not modified: specified new message content and reply markup are exactly \
                                the same as a current content and reply markup of the message";

impl World {
    /// Replaces content and inline keyboard. Bots of the chat learn of people's edits (and of other changes
    /// they may see) by `edited_message`.
    pub fn edit(
        &mut self,
        key: ChatKey,
        id: i64,
        content: Option<Content>,
        markup: Option<Value>,
    ) -> Result<(), ApiError> {
        let date = self.date();
        let m = self
            .chats
            .get_mut(&key)
            .and_then(|c| c.messages.get_mut(&id))
            .ok_or_else(|| ApiError::bad("message to edit not found"))?;
        let new_content = content.filter(|c| *c != m.content);
        if new_content.is_none() && markup == m.markup {
            return Err(ApiError::bad(NOT_MODIFIED));
        }
        let content_changed = new_content.is_some();
        if let Some(c) = new_content {
            m.content = c;
            m.edit_date = Some(date);
        } else {
            // A keyboard alone changes the date that bots see, but people's clients show no "edited".
            m.edit_date = Some(date);
        }
        m.markup = markup;
        let thread = m.thread;
        if content_changed {
            self.tell_bots(key, id, "edited_message");
        }
        self.note(key, Change::Edited, Some(id), thread);
        Ok(())
    }

    /// Takes a message out of a chat. No update tells a bot.
    pub fn delete(&mut self, key: ChatKey, id: i64) -> bool {
        let Some(m) = self.chats.get_mut(&key).and_then(|c| c.remove(id)) else {
            return false;
        };
        self.note(key, Change::Deleted, Some(m.person_id), m.thread);
        true
    }

    pub fn pin(&mut self, key: ChatKey, by: Id, id: i64) -> Result<(), ApiError> {
        let chat = self
            .chats
            .get_mut(&key)
            .ok_or_else(|| ApiError::bad("chat not found"))?;
        let m = chat
            .messages
            .get(&id)
            .ok_or_else(|| ApiError::bad("message to pin not found"))?;
        if m.content.service {
            return Err(ApiError::bad("Service messages can't be pinned"));
        }
        let thread = m.thread;
        if chat.pinned.contains(&id) {
            // Pinning again only moves the pin up; no second service message.
            chat.pinned.retain(|p| *p != id);
            chat.pinned.push(id);
            return Ok(());
        }
        chat.pinned.push(id);
        let draft = Draft {
            thread,
            ..Draft::new(by, Content::pin(id))
        };
        self.post(key, draft);
        self.note(key, Change::Pinned, Some(id), thread);
        Ok(())
    }

    /// Without an id the latest pin goes.
    pub fn unpin(&mut self, key: ChatKey, id: Option<i64>) -> Result<(), ApiError> {
        let chat = self
            .chats
            .get_mut(&key)
            .ok_or_else(|| ApiError::bad("chat not found"))?;
        let id = match id {
            Some(id) if chat.messages.contains_key(&id) => id,
            Some(_) => return Err(ApiError::bad("message to unpin not found")),
            None => match chat.pinned.last() {
                Some(p) => *p,
                None => return Err(ApiError::bad("message to unpin not found")),
            },
        };
        chat.pinned.retain(|p| *p != id);
        let thread = chat.messages.get(&id).and_then(|m| m.thread);
        self.note(key, Change::Pinned, Some(id), thread);
        Ok(())
    }

    /// `Some(thread)` unpins one topic's messages (0: General), `None` all of the chat.
    pub fn unpin_all(&mut self, key: ChatKey, thread: Option<i64>) {
        if let Some(chat) = self.chats.get_mut(&key) {
            let of = |c: &Chat, p: i64| c.messages.get(&p).and_then(|m| m.thread).unwrap_or(0);
            let keep: Vec<i64> = match thread {
                None => Vec::new(),
                Some(t) => chat.pinned.iter().copied().filter(|p| of(chat, *p) != t).collect(),
            };
            chat.pinned = keep;
        }
        self.note(key, Change::Pinned, None, thread.filter(|t| *t != 0));
    }
}
