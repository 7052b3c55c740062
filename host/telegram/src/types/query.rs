//! Button presses and reactions.

use serde::Deserialize;
use serde_json::Value;

use super::{Chat, Message, User};

#[derive(Debug, Clone, Deserialize)]
pub struct CallbackQuery {
    pub id: String,
    pub from: User,
    pub message: Option<Message>,
    pub data: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub struct MessageReactionUpdated {
    pub chat: Chat,
    pub message_id: i64,
    pub user: Option<User>,
    #[serde(default)]
    pub date: i64,
    #[serde(default)]
    pub new_reaction: Vec<Value>,
}
