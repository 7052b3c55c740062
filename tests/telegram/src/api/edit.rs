//! Edits of the bot's own messages.

use serde_json::Value;

use super::{Answer, Call};
use crate::error::ApiError;
use crate::world::chat::ChatKey;
use crate::world::content::Content;
use crate::world::message::Message;
use crate::world::rights::Access;

impl Call<'_> {
    /// A message sent via this bot, where the call names one so.
    pub fn inline_message(&self) -> Result<Option<(ChatKey, i64)>, ApiError> {
        if self.params.has("chat_id") || self.params.message_id("message_id") > 0 {
            return Ok(None);
        }
        let Some(id) = self.params.text("inline_message_id").filter(|i| !i.is_empty()) else {
            return Ok(None);
        };
        let wrong = || ApiError::bad("MESSAGE_ID_INVALID");
        let (key, id) = *self.world.inline_messages.get(&id).ok_or_else(wrong)?;
        let m = self.world.message(key, id).ok_or_else(wrong)?;
        Some((key, id))
            .filter(|_| m.via_bot == Some(self.bot))
            .ok_or_else(wrong)
            .map(Some)
    }

    /// The message of this bot that the call names. The keyboard alone may change on foreign ones never.
    fn editable(&self) -> Result<(ChatKey, i64, Message), ApiError> {
        let missing = || ApiError::bad("message to edit not found");
        if let Some((key, id)) = self.inline_message()? {
            let m = self.world.message(key, id).ok_or_else(missing)?;
            return Ok((key, id, m.clone()));
        }
        let key = self.chat(Access::Edit)?;
        let id = self.params.message_id("message_id");
        let m = self.world.message(key, id).ok_or_else(missing)?;
        if m.from != self.bot || m.content.service || m.forward.is_some() {
            return Err(ApiError::bad("message can't be edited"));
        }
        Ok((key, id, m.clone()))
    }

    fn inline_markup(&self) -> Result<Option<Value>, ApiError> {
        let given = self.params.object("reply_markup", "reply keyboard markup")?;
        match super::markup::parse(given)? {
            (_, Some(_)) => Err(ApiError::bad("Inline keyboard expected")),
            (k, None) => Ok(k),
        }
    }

    fn edited(&mut self, key: ChatKey, id: i64, content: Option<Content>) -> Answer {
        let markup = self.inline_markup()?;
        if self.inline_message()?.is_none() {
            self.world.may_edit(key)?;
        }
        self.world.edit(key, id, content, markup)?;
        self.edited_answer(key, id)
    }

    /// The message as it is now; for one that was named by its inline id only that it worked.
    pub fn edited_answer(&self, key: ChatKey, id: i64) -> Answer {
        if self.inline_message()?.is_some() {
            return Ok(true.into());
        }
        let chat = self.world.chat(key).ok_or_else(|| ApiError::bad("chat not found"))?;
        let m = chat
            .messages
            .get(&id)
            .ok_or_else(|| ApiError::bad("message to edit not found"))?;
        Ok(self.world.message_json(chat, m, self.bot, true))
    }

    pub fn edit_text(&mut self) -> Answer {
        let text = self.message_text()?;
        let (key, id, m) = self.editable()?;
        if m.content.kind != "text" {
            return Err(ApiError::bad("There is no text in the message to edit"));
        }
        let mut content = Content::text(text);
        if let Some(o) = self.params.object("link_preview_options", "link preview options")? {
            content.fields.insert("link_preview_options".into(), o);
        }
        self.edited(key, id, Some(content))
    }

    pub fn edit_caption(&mut self) -> Answer {
        let caption = self.caption()?;
        let (key, id, m) = self.editable()?;
        if !m.content.has_caption() {
            return Err(ApiError::bad("There is no caption in the message to edit"));
        }
        let mut content = m.content;
        content.text = caption;
        content.fields.remove("show_caption_above_media");
        if self.params.flag("show_caption_above_media") {
            content.fields.insert("show_caption_above_media".into(), true.into());
        }
        self.edited(key, id, Some(content))
    }

    pub fn edit_media(&mut self) -> Answer {
        let v = self.params.object("media", "input media")?.unwrap_or(Value::Null);
        let (key, id, m) = self.editable()?;
        let content = self.input_media(&v, false)?;
        if m.media_group.is_some() && m.content.kind != content.kind {
            match (m.content.album_class(), content.album_class()) {
                (_, None) => {
                    return Err(ApiError::bad("Message content type can't be used in an album"));
                }
                (a, b) if a != b || a != Some("visual") => {
                    return Err(ApiError::bad("Can't change media type in the album"));
                }
                _ => {}
            }
        }
        if m.content.media.is_none() && m.content.kind != "text" {
            return Err(ApiError::bad("There is no media in the message to edit"));
        }
        self.edited(key, id, Some(content))
    }

    pub fn edit_markup(&mut self) -> Answer {
        let (key, id, _) = self.editable()?;
        self.edited(key, id, None)
    }

    pub fn edit_location(&mut self, stop: bool) -> Answer {
        let (key, id, m) = self.editable()?;
        let mut content = m.content;
        let Some(location) = content
            .fields
            .get_mut("location")
            .filter(|l| l.get("live_period").is_some())
        else {
            return Err(ApiError::bad("There is no live location in the message to edit"));
        };
        if stop {
            if let Some(o) = location.as_object_mut() {
                for k in ["live_period", "heading", "proximity_alert_radius"] {
                    o.remove(k);
                }
            }
        } else {
            for k in ["latitude", "longitude"] {
                location[k] = self
                    .params
                    .float(k)
                    .ok_or_else(|| ApiError::bad(format!("{k} is empty")))?
                    .into();
            }
            for k in ["heading", "proximity_alert_radius"] {
                if let Some(n) = self.params.int(k) {
                    location[k] = n.into();
                }
            }
        }
        self.edited(key, id, Some(content))
    }
}
