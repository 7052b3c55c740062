//! Callback queries: somebody presses a button, a bot answers.

use serde_json::{Value, json};

use super::chat::ChatKey;
use super::event::Change;
use super::{Id, World};
use crate::error::{ApiError, Refusal};

/// How long a callback query can be answered.
pub const ANSWER_WITHIN_MS: u64 = 15 * 60 * 1000;

#[derive(Debug, Clone)]
pub struct Press {
    pub bot: Id,
    pub person: Id,
    pub chat: ChatKey,
    pub at: u64,
    pub answer: Option<Answer>,
}

#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Answer {
    pub text: Option<String>,
    pub show_alert: bool,
    pub url: Option<String>,
}

impl World {
    /// A person presses an inline button with callback data; returns the query's id.
    pub fn press(&mut self, person: Id, key: ChatKey, message: i64, data: &str) -> Result<String, Refusal> {
        self.press_button(person, key, message, ("data", data))
    }

    /// The same for any button: the query says `what` (`data`, `game_short_name`).
    pub fn press_button(
        &mut self,
        person: Id,
        key: ChatKey,
        message: i64,
        what: (&str, &str),
    ) -> Result<String, Refusal> {
        let id = (4_000_000_000_000_000_000 + self.serial()).to_string();
        let chat = self.chats.get(&key).ok_or_else(|| Refusal::new("no such chat"))?;
        let m = chat
            .messages
            .get(&message)
            .ok_or_else(|| Refusal::new("no such message"))?;
        let bot = m.via_bot.or(Some(m.from).filter(|b| self.is_bot(*b)));
        let bot = bot.ok_or_else(|| Refusal::new("the message is not a bot's"))?;
        let mut body = json!({
            "id": id, "from": self.user(person), "chat_instance": (key.api_id() ^ 0x5157_0000).to_string(),
        });
        match &m.inline_id {
            Some(inline) => body["inline_message_id"] = inline.as_str().into(),
            None => body["message"] = self.message_json(chat, m, bot, true),
        }
        body[what.0] = what.1.into();
        self.push_update(bot, Some(key), "callback_query", body);
        let now = self.now;
        self.presses.retain(|_, p| now.saturating_sub(p.at) < ANSWER_WITHIN_MS);
        self.presses.insert(
            id.clone(),
            Press {
                bot,
                person,
                chat: key,
                at: now,
                answer: None,
            },
        );
        Ok(id)
    }

    pub fn answer_press(&mut self, bot: Id, id: &str, answer: Answer) -> Result<(), ApiError> {
        let late = || ApiError::bad("query is too old and response timeout expired or query ID is invalid");
        let now = self.now;
        let p = self.presses.get_mut(id).filter(|p| p.bot == bot).ok_or_else(late)?;
        if now.saturating_sub(p.at) >= ANSWER_WITHIN_MS || p.answer.is_some() {
            return Err(late());
        }
        p.answer = Some(answer.clone());
        let (person, key) = (p.person, p.chat);
        let data: Value = json!({"query": id, "text": answer.text, "show_alert": answer.show_alert, "url": answer.url});
        self.note_for(key, Change::Answer, None, None, Some(person), Some(data));
        Ok(())
    }
}
