//! Reactions: one list per member and message, told to bots that may know.

use serde_json::{Value, json};

use super::chat::{Chat, ChatKey};
use super::event::Change;
use super::{Id, World};
use crate::error::ApiError;

/// The emoji that Telegram lets everybody react with.
pub const EMOJI: &str = "❤ 👍 👎 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡 🥱 🥴 😍 🐳 ❤‍🔥 🌚 🌭 💯 🤣 ⚡ 🍌 🏆 💔 🤨 😐 🍓 🍾 💋 🖕 😈 😴 😭 \
                         🤓 👻 👨‍💻 👀 🎃 🙈 😇 😨 🤝 ✍ 🤗 🫡 🎅 🎄 ☃ 💅 🤪 🗿 🆒 💘 🙉 🦄 😘 💊 🙊 😎 👾 🤷‍♂ 🤷 🤷‍♀ 😡";

pub fn is_reaction(emoji: &str) -> bool {
    let bare = emoji.trim_end_matches('\u{fe0f}');
    EMOJI.split_whitespace().any(|e| e == bare)
}

impl World {
    /// Sets somebody's reactions to a message; an empty list takes them away.
    pub fn react(&mut self, key: ChatKey, who: Id, id: i64, new: Vec<Value>) -> Result<(), ApiError> {
        let chat = self
            .chats
            .get_mut(&key)
            .ok_or_else(|| ApiError::bad("chat not found"))?;
        let allowed = chat.group().and_then(|g| g.reactions.clone());
        // A reaction to an album lands on its first message.
        let id = first_of_album(chat, id);
        let m = chat
            .messages
            .get_mut(&id)
            .ok_or_else(|| ApiError::bad("message to react not found"))?;
        if m.content.service {
            return Err(ApiError::bad("MESSAGE_ID_INVALID"));
        }
        for r in &new {
            if r["type"] == "emoji" {
                let emoji = r["emoji"].as_str().unwrap_or_default();
                if !is_reaction(emoji) || allowed.as_ref().is_some_and(|a| !a.iter().any(|x| x == emoji)) {
                    return Err(ApiError::bad("REACTION_INVALID"));
                }
            }
        }
        let old = m.reactions_of(who);
        if old == new {
            return Ok(());
        }
        m.reactions.retain(|(i, _)| *i != who);
        if !new.is_empty() {
            m.reactions.push((who, new.clone()));
        }
        let thread = m.thread;
        // Bots hear of people's reactions only, in groups as administrators only.
        if !self.is_bot(who) {
            let date = self.date();
            for bot in self.bots_of(key) {
                let group = self.chats.get(&key).and_then(Chat::group);
                if group.is_some_and(|g| !g.is_admin(bot)) || !self.wants(bot, "message_reaction") {
                    continue;
                }
                let body = json!({
                    "chat": self.chat_json(key), "message_id": id, "user": self.user(who),
                    "date": date, "old_reaction": old, "new_reaction": new,
                });
                self.push_update(bot, Some(key), "message_reaction", body);
            }
        }
        self.note(key, Change::Reaction, Some(id), thread);
        Ok(())
    }
}

fn first_of_album(chat: &Chat, id: i64) -> i64 {
    let Some(group) = chat.messages.get(&id).and_then(|m| m.media_group.as_deref()) else {
        return id;
    };
    chat.messages
        .range(id - 10..=id)
        .find(|(_, m)| m.media_group.as_deref() == Some(group))
        .map_or(id, |(i, _)| *i)
}
