//! Sending: text and the kinds that carry no file.

use serde_json::{Map, Value, json};

use super::target::Target;
use super::{Answer, Call};
use crate::error::ApiError;
use crate::text;
use crate::world::content::{Content, Styled};
use crate::world::event::Change;
use crate::world::message::Draft;
use crate::world::rights::Access;

pub const TEXT_LENGTH: usize = 4096;
pub const CAPTION_LENGTH: usize = 1024;
const ACTIONS: [&str; 12] = [
    "typing",
    "upload_photo",
    "record_video",
    "upload_video",
    "record_voice",
    "record_audio",
    "upload_voice",
    "upload_audio",
    "upload_document",
    "choose_sticker",
    "find_location",
    "record_video_note",
];

impl Call<'_> {
    /// Text or caption out of the parameters that go with it.
    pub fn styled(&self, text: &str, mode: &str, entities: &str) -> Result<Styled, ApiError> {
        let given = self.params.json(entities).ok().flatten();
        let list = given.as_ref().and_then(Value::as_array).map(Vec::as_slice);
        let text = self.params.text(text).unwrap_or_default();
        text::formatted(&text, &self.params.string(mode), list, self.world)
    }

    pub fn message_text(&self) -> Result<Styled, ApiError> {
        if self.params.text("text").is_none_or(|t| t.is_empty()) {
            return Err(ApiError::bad("Message text is empty"));
        }
        let text = self.styled("text", "parse_mode", "entities")?;
        if text.text.is_empty() {
            return Err(ApiError::bad("Message text is empty"));
        }
        if text.utf16_len() > TEXT_LENGTH {
            return Err(ApiError::bad("Message is too long"));
        }
        Ok(text)
    }

    pub fn caption(&self) -> Result<Styled, ApiError> {
        let caption = self.styled("caption", "parse_mode", "caption_entities")?;
        check_caption(&caption)?;
        Ok(caption)
    }

    pub fn send_message(&mut self) -> Answer {
        let mut content = Content::text(self.message_text()?);
        if let Some(o) = self.params.object("link_preview_options", "link preview options")? {
            if !o.is_object() {
                return Err(ApiError::bad("Object expected as link preview options"));
            }
            content.fields.insert("link_preview_options".into(), o);
        } else if self.params.flag("disable_web_page_preview") {
            content
                .fields
                .insert("link_preview_options".into(), json!({"is_disabled": true}));
        }
        self.send(content)
    }

    /// Posts one message where the call says and answers with it.
    pub fn send(&mut self, content: Content) -> Answer {
        let target = self.target()?;
        self.send_to(&target, content)
    }

    pub fn send_to(&mut self, target: &Target, content: Content) -> Answer {
        let id = self.place(target, Draft::new(self.bot, content), true)?;
        self.sent(target, id)
    }

    /// Posts a draft at a target after asking whether that is allowed.
    pub fn place(&mut self, target: &Target, draft: Draft, last: bool) -> Result<i64, ApiError> {
        self.world.may_post(self.bot, target.key, &draft.content)?;
        self.topic_open(target.key, target.thread)?;
        let draft = Draft {
            thread: target.thread,
            reply: target.reply.clone(),
            markup: if last { target.markup.clone() } else { None },
            protected: target.protected,
            effect: target.effect.clone(),
            silent: target.silent,
            ..draft
        };
        let id = self.world.post(target.key, draft);
        if let (Some(k), Some(chat)) = (&target.keyboard, self.world.chat_mut(target.key)) {
            chat.keyboard = (k.get("remove_keyboard").is_none()).then(|| k.clone());
        }
        Ok(id)
    }

    pub fn sent(&self, target: &Target, id: i64) -> Answer {
        let chat = self
            .world
            .chat(target.key)
            .ok_or_else(|| ApiError::bad("chat not found"))?;
        let m = chat
            .messages
            .get(&id)
            .ok_or_else(|| ApiError::new(500, "Internal Server Error: message lost"))?;
        Ok(self.world.message_json(chat, m, self.bot, true))
    }

    pub fn send_plain(&mut self, method: &str) -> Answer {
        let content = match method {
            "sendlocation" => Content::field("location", self.location()?),
            "sendvenue" => {
                let mut c = Content::new("venue");
                let location = self.location()?;
                let mut venue = Map::new();
                venue.insert("location".into(), location.clone());
                venue.insert("title".into(), self.required("title")?.into());
                venue.insert("address".into(), self.required("address")?.into());
                for k in [
                    "foursquare_id",
                    "foursquare_type",
                    "google_place_id",
                    "google_place_type",
                ] {
                    if let Some(v) = self.params.text(k) {
                        venue.insert(k.into(), v.into());
                    }
                }
                c.fields.insert("venue".into(), venue.into());
                c.fields.insert("location".into(), location);
                c
            }
            "sendcontact" => {
                let mut v = json!({
                    "phone_number": self.required("phone_number")?.trim_start_matches('+'),
                    "first_name": self.required("first_name")?,
                });
                for k in ["last_name", "vcard"] {
                    if let Some(t) = self.params.text(k).filter(|t| !t.is_empty()) {
                        v[k] = t.into();
                    }
                }
                Content::field("contact", v)
            }
            "senddice" => {
                let emoji = self.params.text("emoji").unwrap_or_else(|| "🎲".into());
                if !["🎲", "🎯", "🏀", "⚽", "🎳", "🎰"].contains(&emoji.as_str()) {
                    return Err(ApiError::bad("Wrong dice emoji specified"));
                }
                let dice = self.world.throw(&emoji);
                Content::field("dice", dice)
            }
            _ => return Err(ApiError::bad("CHECKLISTS_NOT_AVAILABLE")),
        };
        self.send(content)
    }

    fn location(&self) -> Result<Value, ApiError> {
        let p = &self.params;
        let latitude = p.float("latitude").ok_or_else(|| ApiError::bad("latitude is empty"))?;
        let longitude = p
            .float("longitude")
            .ok_or_else(|| ApiError::bad("longitude is empty"))?;
        if latitude.abs() > 90.0 || longitude.abs() > 180.0 {
            return Err(ApiError::bad("Wrong location specified"));
        }
        let mut v = json!({"latitude": latitude, "longitude": longitude});
        if let Some(a) = p.float("horizontal_accuracy").filter(|a| *a > 0.0) {
            v["horizontal_accuracy"] = a.into();
        }
        if let Some(l) = p.int("live_period").filter(|l| *l > 0) {
            if !(60..=86400).contains(&l) && l != 0x7FFF_FFFF {
                return Err(ApiError::bad("Wrong live location period specified"));
            }
            v["live_period"] = l.into();
            for k in ["heading", "proximity_alert_radius"] {
                if let Some(n) = p.int(k).filter(|n| *n > 0) {
                    v[k] = n.into();
                }
            }
        }
        Ok(v)
    }

    pub fn send_chat_action(&mut self) -> Answer {
        let action = self.params.string("action").to_lowercase();
        if !ACTIONS.contains(&action.as_str()) && action != "upload_video_note" {
            return Err(ApiError::bad("Wrong parameter action in request"));
        }
        let key = self.chat(Access::Write)?;
        let thread = self.thread(key)?;
        self.world.may_post(self.bot, key, &Content::text(Styled::default()))?;
        let data = json!({"from": self.bot, "action": action});
        self.world.note_for(key, Change::Action, None, thread, None, Some(data));
        Ok(true.into())
    }

    pub fn send_draft(&mut self) -> Answer {
        let key = self.chat(Access::Write)?;
        if key.is_group() {
            return Err(ApiError::bad("Message drafts can be sent only in private chats"));
        }
        self.message_text()?;
        Ok(true.into())
    }

    pub fn answer_callback(&mut self) -> Answer {
        let id = self.params.string("callback_query_id");
        let text = self.params.text("text").filter(|t| !t.is_empty());
        if text.as_ref().is_some_and(|t| text::utf16_len(t) > 200) {
            return Err(ApiError::bad("MESSAGE_TOO_LONG"));
        }
        let answer = crate::world::press::Answer {
            text,
            show_alert: self.params.flag("show_alert"),
            url: self.params.text("url").filter(|u| !u.is_empty()),
        };
        self.world.answer_press(self.bot, &id, answer)?;
        Ok(true.into())
    }
}

pub fn check_caption(caption: &Styled) -> Result<(), ApiError> {
    if caption.utf16_len() > CAPTION_LENGTH {
        return Err(ApiError::bad("Message caption is too long"));
    }
    Ok(())
}
