//! Pins: one message, all of a chat, all of a topic.

use super::{Answer, Call};
use crate::error::ApiError;
use crate::world::chat::{Chat, ChatKey};
use crate::world::rights::Access;

impl Call<'_> {
    fn pinning(&self) -> Result<ChatKey, ApiError> {
        let key = self.chat(Access::Write)?;
        let group = self.world.chat(key).and_then(Chat::group);
        if group.is_some_and(|g| !g.allows(self.bot, "can_pin_messages")) {
            return Err(ApiError::bad("not enough rights to manage pinned messages in the chat"));
        }
        self.world.may_edit(key)?;
        Ok(key)
    }

    pub fn pin(&mut self) -> Answer {
        let key = self.pinning()?;
        self.world.pin(key, self.bot, self.params.message_id("message_id"))?;
        Ok(true.into())
    }

    pub fn unpin(&mut self) -> Answer {
        let key = self.pinning()?;
        let id = self.params.message_id("message_id");
        self.world.unpin(key, (id > 0).then_some(id))?;
        Ok(true.into())
    }

    pub fn unpin_all(&mut self) -> Answer {
        let key = self.pinning()?;
        self.world.unpin_all(key, None);
        Ok(true.into())
    }

    pub fn unpin_all_in_topic(&mut self) -> Answer {
        let key = self.pinning()?;
        let thread = self.topic_param(key)?;
        self.world.unpin_all(key, Some(thread));
        Ok(true.into())
    }

    pub fn unpin_all_in_general(&mut self) -> Answer {
        let key = self.pinning()?;
        self.forum_only(key)?;
        self.world.unpin_all(key, Some(0));
        Ok(true.into())
    }
}
