//! Copies and forwards: what of a message travels.

use super::chat::ChatKey;
use super::content::Content;
use super::message::{Draft, Forward, Message};
use super::{Id, World};
use crate::error::ApiError;

/// Kinds of which Telegram makes no copies.
const UNCOPYABLE: [&str; 6] = [
    "invoice",
    "giveaway",
    "giveaway_winners",
    "paid_media",
    "gift",
    "unique_gift",
];

/// What `copyMessage` changes on the way.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    pub caption: Option<super::content::Styled>,
    pub caption_above: bool,
    pub remove_caption: bool,
}

impl World {
    pub fn message(&self, key: ChatKey, id: i64) -> Option<&Message> {
        self.chats.get(&key)?.messages.get(&id)
    }

    /// The content of a copy, or `None` where Telegram copies nothing of the kind.
    pub fn copied_content(&mut self, by: Id, from: ChatKey, id: i64, change: &Changes) -> Result<Content, ApiError> {
        let cannot = || ApiError::bad("the message can't be copied");
        let m = self
            .message(from, id)
            .ok_or_else(|| ApiError::bad("message to copy not found"))?;
        if m.content.service || UNCOPYABLE.contains(&m.content.kind) {
            return Err(cannot());
        }
        let mut content = m.content.clone();
        if content.has_caption() {
            if let Some(c) = &change.caption {
                content.text = c.clone();
                content.fields.remove("show_caption_above_media");
                if change.caption_above {
                    content.fields.insert("show_caption_above_media".into(), true.into());
                }
            } else if change.remove_caption {
                content.text = Default::default();
            }
        }
        if let Some(p) = content.poll {
            content.poll = Some(self.copy_poll(p, by)?);
        }
        Ok(content)
    }

    /// A draft that forwards a message, naming its author.
    pub fn forwarded(&self, by: Id, from: ChatKey, id: i64) -> Result<Draft, ApiError> {
        let m = self
            .message(from, id)
            .ok_or_else(|| ApiError::bad("message to forward not found"))?;
        if m.protected || m.content.service {
            return Err(ApiError::bad("the message can't be forwarded"));
        }
        let forward = m.forward.clone().unwrap_or_else(|| Forward {
            from: m.from,
            hidden_name: self
                .people
                .get(&m.from)
                .filter(|p| p.hides_in_forwards)
                .map(|_| self.display_name(m.from)),
            date: m.date,
        });
        Ok(Draft {
            forward: Some(forward),
            ..Draft::new(by, m.content.clone())
        })
    }

    pub fn throw(&mut self, emoji: &str) -> serde_json::Value {
        let sides = match emoji {
            "🏀" | "⚽" => 5,
            "🎰" => 64,
            _ => 6,
        };
        let value = self.serial() % sides + 1;
        serde_json::json!({"emoji": emoji, "value": value})
    }
}
