//! copyMessage(s) and forwardMessage(s).

use serde_json::{Value, json};

use super::target::Target;
use super::{Answer, Call};
use crate::error::ApiError;
use crate::world::album::regroup;
use crate::world::chat::ChatKey;
use crate::world::copy::Changes;
use crate::world::message::Draft;
use crate::world::rights::Access;

impl Call<'_> {
    fn source(&self, what: &str) -> Result<(ChatKey, i64), ApiError> {
        let from = self.chat_of("from_chat_id", Access::Read)?;
        let id = self.params.message_id("message_id");
        if id == 0 || self.world.message(from, id).is_none() {
            return Err(ApiError::bad(format!("message to {what} not found")));
        }
        Ok((from, id))
    }

    pub fn copy_message(&mut self) -> Answer {
        let (from, id) = self.source("copy")?;
        let caption = if self.params.has("caption") {
            Some(self.caption()?)
        } else {
            None
        };
        let change = Changes {
            caption,
            caption_above: self.params.flag("show_caption_above_media"),
            remove_caption: false,
        };
        let target = self.target()?;
        let content = self.world.copied_content(self.bot, from, id, &change)?;
        let id = self.place(&target, Draft::new(self.bot, content), true)?;
        Ok(json!({"message_id": id}))
    }

    pub fn forward_message(&mut self) -> Answer {
        let (from, id) = self.source("forward")?;
        let target = self.target()?;
        let draft = self.world.forwarded(self.bot, from, id)?;
        let id = self.place(&target, draft, true)?;
        self.sent(&target, id)
    }

    /// Many at once: bad ones are left out in silence, albums stay albums under a new group id.
    pub fn copy_messages(&mut self, forward: bool) -> Answer {
        let ids = self.params.message_ids()?;
        let key = self.chat(Access::Write)?;
        let thread = self.thread(key)?;
        let from = self.chat_of("from_chat_id", Access::Read)?;
        if ids.windows(2).any(|w| w[0] >= w[1]) {
            return Err(ApiError::bad(
                "Message identifiers must be in a strictly increasing order",
            ));
        }
        let target = Target {
            key,
            thread,
            reply: None,
            markup: None,
            keyboard: None,
            protected: self.params.flag("protect_content"),
            effect: None,
            silent: self.params.flag("disable_notification"),
        };
        let change = Changes {
            remove_caption: self.params.flag("remove_caption"),
            ..Changes::default()
        };
        let mut drafts = Vec::with_capacity(ids.len());
        let mut groups = Vec::with_capacity(ids.len());
        for id in ids {
            let draft = match forward {
                true => self.world.forwarded(self.bot, from, id),
                false => self
                    .world
                    .copied_content(self.bot, from, id, &change)
                    .map(|c| Draft::new(self.bot, c)),
            };
            let Ok(draft) = draft else { continue };
            groups.push(self.world.message(from, id).and_then(|m| m.media_group.clone()));
            drafts.push(draft);
        }
        if drafts.is_empty() {
            return Err(ApiError::bad("Messages can't be forwarded"));
        }
        for d in &drafts {
            self.world.may_post(self.bot, key, &d.content)?;
        }
        let groups = regroup(self.world, &groups);
        let mut out = Vec::with_capacity(drafts.len());
        for (draft, media_group) in drafts.into_iter().zip(groups) {
            let id = self.place(&target, Draft { media_group, ..draft }, false)?;
            out.push(json!({"message_id": id}));
        }
        Ok(Value::Array(out))
    }
}
