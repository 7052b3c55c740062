//! Deletions and reactions.

use serde_json::Value;

use super::{Answer, Call};
use crate::error::ApiError;
use crate::world::chat::{Chat, ChatKey};
use crate::world::rights::Access;

/// A bot may delete a message for this long.
const DELETE_WITHIN_S: i64 = 48 * 3600;

impl Call<'_> {
    fn deletable(&self, key: ChatKey, id: i64) -> Result<(), ApiError> {
        let m = self
            .world
            .message(key, id)
            .ok_or_else(|| ApiError::bad("message to delete not found"))?;
        let age = self.world.date() - m.date;
        let cannot = || ApiError::bad("message can't be deleted");
        let group = self.world.chat(key).and_then(Chat::group);
        let admin = group.is_some_and(|g| g.allows(self.bot, "can_delete_messages"));
        // The message that opened a topic stays as long as the topic.
        if matches!(
            m.content.kind,
            "forum_topic_created" | "supergroup_chat_created" | "group_chat_created" | "migrate_from_chat_id"
        ) {
            return Err(cannot());
        }
        match group {
            None if m.content.kind == "dice" && age < 24 * 3600 => Err(cannot()),
            None if age >= DELETE_WITHIN_S => Err(cannot()),
            None => Ok(()),
            Some(_) if admin => Ok(()),
            Some(_) if m.from == self.bot && age < DELETE_WITHIN_S => Ok(()),
            Some(_) => Err(cannot()),
        }
    }

    pub fn delete_message(&mut self) -> Answer {
        let id = self.params.message_id("message_id");
        if id == 0 {
            return Err(ApiError::bad("Message identifier is not specified"));
        }
        let key = self.chat(Access::Write)?;
        self.deletable(key, id)?;
        self.world.delete(key, id);
        Ok(true.into())
    }

    pub fn delete_messages(&mut self) -> Answer {
        let ids = self.params.message_ids()?;
        let key = self.chat(Access::Write)?;
        for id in ids {
            match self.deletable(key, id) {
                Ok(()) => {
                    self.world.delete(key, id);
                }
                // Missing ones are passed over; one that must stay refuses the call.
                Err(e) if e.description.ends_with("not found") => {}
                Err(e) => return Err(e),
            }
        }
        Ok(true.into())
    }

    pub fn set_reaction(&mut self) -> Answer {
        let given = self
            .params
            .object("reaction", "reaction types")?
            .unwrap_or(Value::Array(Vec::new()));
        let list = given
            .as_array()
            .ok_or_else(|| ApiError::bad("Expected an Array of ReactionType"))?;
        let mut reactions = Vec::new();
        for r in list {
            let kind = r["type"].as_str().unwrap_or_default();
            let ok = match kind {
                "emoji" => r["emoji"].is_string(),
                "custom_emoji" => r["custom_emoji_id"].is_string(),
                "paid" => {
                    return Err(ApiError::bad(
                        "Use addPendingPaidMessageReaction instead to add the paid reaction",
                    ));
                }
                _ => false,
            };
            if !ok {
                return Err(ApiError::bad(
                    "Can't parse ReactionType: invalid reaction type specified",
                ));
            }
            reactions.push(r.clone());
        }
        let key = self.chat(Access::Read)?;
        let id = self.params.message_id("message_id");
        if self.world.message(key, id).is_none() {
            return Err(ApiError::bad("message to react not found"));
        }
        if reactions.len() > 1 {
            return Err(ApiError::bad("REACTIONS_TOO_MANY"));
        }
        self.world.may_edit(key)?;
        self.world.react(key, self.bot, id, reactions)?;
        Ok(true.into())
    }
}
