//! Command lists by scope and language.

use serde_json::{Value, json};

use super::{Answer, Call};
use crate::error::ApiError;
use crate::world::rights::Access;

impl Call<'_> {
    pub fn commands(&mut self, method: &str) -> Answer {
        let scope = self.scope()?;
        let key = format!("{scope}/{}", self.params.string("language_code"));
        if method == "setmycommands" {
            let list = self.command_list()?;
            if let Some(b) = self.world.bots.get_mut(&self.bot) {
                b.commands.insert(key, list);
            }
            return Ok(true.into());
        }
        let bot = self
            .world
            .bots
            .get_mut(&self.bot)
            .ok_or_else(|| ApiError::new(401, "Unauthorized"))?;
        if method == "deletemycommands" {
            bot.commands.remove(&key);
            return Ok(true.into());
        }
        Ok(bot.commands.get(&key).cloned().unwrap_or_else(|| json!([])))
    }

    fn scope(&self) -> Result<String, ApiError> {
        let Some(v) = self.params.object("scope", "BotCommandScope")? else {
            return Ok("default".into());
        };
        let cannot = |e: &str| ApiError::bad(format!("Can't parse BotCommandScope: {e}"));
        let o = v
            .as_object()
            .ok_or_else(|| cannot("BotCommandScope must be an Object"))?;
        let missing = |k: &str| cannot(&format!("Can't find field \"{k}\""));
        let kind = o.get("type").and_then(Value::as_str).ok_or_else(|| missing("type"))?;
        match kind {
            "default" | "all_private_chats" | "all_group_chats" | "all_chat_administrators" => Ok(kind.to_owned()),
            "chat" | "chat_administrators" | "chat_member" => {
                let chat = o.get("chat_id").ok_or_else(|| missing("chat_id"))?;
                if chat.as_str() == Some("") {
                    return Err(cannot("Empty chat_id specified"));
                }
                let mut user = 0;
                if kind == "chat_member" {
                    let given = o.get("user_id").ok_or_else(|| missing("user_id"))?;
                    let number = given.as_i64().or_else(|| given.as_str()?.parse().ok());
                    user = number
                        .filter(|u| *u > 0)
                        .ok_or_else(|| cannot("Invalid user_id specified"))?;
                }
                let key = self.chat_key(Some(chat))?;
                self.world.reach(self.bot, key, Access::Read)?;
                Ok(format!("{kind}:{}:{user}", key.api_id()))
            }
            _ => Err(cannot("Unsupported type specified")),
        }
    }

    fn command_list(&self) -> Result<Value, ApiError> {
        let v = self.params.object("commands", "commands")?.unwrap_or_else(|| json!([]));
        let list = v
            .as_array()
            .ok_or_else(|| ApiError::bad("Expected an Array of BotCommand"))?;
        if list.len() > 100 {
            return Err(ApiError::bad("BOT_COMMANDS_TOO_MUCH"));
        }
        let mut out = Vec::new();
        for c in list {
            let o = c
                .as_object()
                .ok_or_else(|| ApiError::bad("Can't parse BotCommand: expected an Object"))?;
            let text = |k: &str| {
                o.get(k)
                    .and_then(Value::as_str)
                    .ok_or_else(|| ApiError::bad(format!("Can't parse BotCommand: Can't find field \"{k}\"")))
            };
            let name = text("command")?.trim_start_matches('/');
            let description = text("description")?;
            let ok = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            if name.is_empty() || name.len() > 32 || !name.chars().all(ok) {
                return Err(ApiError::bad("BOT_COMMAND_INVALID"));
            }
            if description.is_empty() || description.chars().count() > 256 {
                return Err(ApiError::bad("BOT_COMMAND_DESCRIPTION_INVALID"));
            }
            out.push(json!({"command": name, "description": description}));
        }
        Ok(Value::Array(out))
    }
}
