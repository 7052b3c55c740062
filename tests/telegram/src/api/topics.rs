//! Forum topics.

use super::{Answer, Call};
use crate::error::ApiError;
use crate::world::chat::{Chat, ChatKey};
use crate::world::rights::Access;

impl Call<'_> {
    pub fn forum_only(&self, key: ChatKey) -> Result<(), ApiError> {
        match self.world.chat(key).and_then(Chat::group) {
            Some(g) if g.forum => Ok(()),
            _ => Err(ApiError::bad("The chat is not a forum")),
        }
    }

    /// `message_thread_id` of a call about one topic; General is none of them.
    pub fn topic_param(&self, key: ChatKey) -> Result<i64, ApiError> {
        self.forum_only(key)?;
        match self.params.int("message_thread_id").filter(|t| *t > 1) {
            Some(t) => Ok(t),
            None => Err(ApiError::bad("message thread not found")),
        }
    }

    pub fn create_topic(&mut self) -> Answer {
        let key = self.chat(Access::Write)?;
        let name = self.params.string("name");
        let icon = self.params.text("icon_custom_emoji_id");
        let topic = self
            .world
            .create_topic(key, self.bot, &name, self.params.int("icon_color"), icon)?;
        Ok(topic.forum_topic())
    }

    pub fn edit_topic(&mut self) -> Answer {
        let key = self.chat(Access::Write)?;
        let id = self.topic_param(key)?;
        let name = self.params.text("name");
        let icon = self.params.text("icon_custom_emoji_id");
        self.world
            .edit_topic(key, self.bot, id, name.as_deref(), icon.as_deref())?;
        Ok(true.into())
    }

    pub fn close_topic(&mut self, closed: bool) -> Answer {
        let key = self.chat(Access::Write)?;
        let id = self.topic_param(key)?;
        self.world.set_topic_closed(key, self.bot, id, closed)?;
        Ok(true.into())
    }

    pub fn delete_topic(&mut self) -> Answer {
        let key = self.chat(Access::Write)?;
        let id = self.topic_param(key)?;
        self.world.delete_topic(key, self.bot, id)?;
        Ok(true.into())
    }

    pub fn edit_general(&mut self) -> Answer {
        let key = self.chat(Access::Write)?;
        let name = self.params.string("name");
        if name.trim().is_empty() {
            return Err(ApiError::bad("Name must be non-empty"));
        }
        self.world.edit_topic(key, self.bot, 1, Some(&name), None)?;
        Ok(true.into())
    }

    pub fn close_general(&mut self, closed: bool) -> Answer {
        let key = self.chat(Access::Write)?;
        self.world.set_topic_closed(key, self.bot, 1, closed)?;
        Ok(true.into())
    }

    pub fn hide_general(&mut self, hidden: bool) -> Answer {
        let key = self.chat(Access::Write)?;
        self.world.set_general_hidden(key, self.bot, hidden)?;
        Ok(true.into())
    }
}
