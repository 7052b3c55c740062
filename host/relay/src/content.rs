//! What a message says, apart from where it stands: taken from a message, and made into a send again.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use switchboard_telegram::types::{Message, MessageEntity};

/// A message's content as plain data, enough to send it again with the same bot. Entities count UTF-16 units.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Content {
    /// Telegram's word: `text`, `photo`, …
    pub kind: String,
    /// The text or caption.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entities: Vec<MessageEntity>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Parameters of the send method beside text and file: `latitude`, `phone_number`, `has_spoiler`, …
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub extra: Map<String, Value>,
    /// An inline keyboard, in Telegram's shape.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keyboard: Option<Value>,
}

impl Content {
    /// A plain text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            kind: "text".to_owned(),
            text: text.into(),
            ..Self::default()
        }
    }

    #[must_use]
    pub fn with_keyboard(mut self, rows: Value) -> Self {
        self.keyboard = Some(json!({ "inline_keyboard": rows }));
        self
    }

    /// What a message says. Kinds that no send method can make again keep their kind and text only.
    #[must_use]
    pub fn of(message: &Message) -> Self {
        Self {
            kind: message.kind().to_owned(),
            text: message.body().to_owned(),
            entities: message.body_entities().to_vec(),
            file: message.file().map(|file| file.file_id.clone()),
            extra: extra_of(message),
            keyboard: None,
        }
    }

    /// The method and parameters that send this content; `None` where no method can.
    #[must_use]
    pub fn send(&self) -> Option<(&'static str, Map<String, Value>)> {
        let (method, file_field) = send_method(&self.kind)?;
        let mut parameters = self.extra.clone();
        if let Some(field) = file_field {
            parameters.insert(field.to_owned(), self.file.clone()?.into());
        }
        if self.kind == "text" {
            parameters.insert("text".to_owned(), self.text.clone().into());
            insert_entities(&mut parameters, "entities", &self.entities);
        } else if takes_caption(&self.kind) && !self.text.is_empty() {
            parameters.insert("caption".to_owned(), self.text.clone().into());
            insert_entities(&mut parameters, "caption_entities", &self.entities);
        }
        if let Some(keyboard) = &self.keyboard {
            parameters.insert("reply_markup".to_owned(), keyboard.clone());
        }
        Some((method, parameters))
    }

    /// The content as a member of `sendMediaGroup` or as the medium of `editMessageMedia`; `None` where its kind is none of theirs.
    #[must_use]
    pub fn input_media(&self) -> Option<Value> {
        if !matches!(
            self.kind.as_str(),
            "photo" | "video" | "audio" | "document" | "animation"
        ) {
            return None;
        }
        let mut media = self.extra.clone();
        media.insert("type".to_owned(), self.kind.clone().into());
        media.insert("media".to_owned(), self.file.clone()?.into());
        if !self.text.is_empty() {
            media.insert("caption".to_owned(), self.text.clone().into());
            insert_entities(&mut media, "caption_entities", &self.entities);
        }
        Some(Value::Object(media))
    }

    /// The first characters of the text, on one line, or the kind in brackets.
    #[must_use]
    pub fn preview(&self, characters: usize) -> String {
        let line: String = self.text.split_whitespace().collect::<Vec<_>>().join(" ");
        if line.is_empty() {
            return format!("[{}]", self.kind.replace('_', " "));
        }
        if line.chars().count() <= characters {
            return line;
        }
        let cut: String = line.chars().take(characters.saturating_sub(1)).collect();
        format!("{}…", cut.trim_end())
    }
}

/// Whether Telegram can copy a message of this kind.
#[must_use]
pub fn copyable(kind: &str) -> bool {
    !matches!(
        kind,
        "service" | "paid_media" | "giveaway" | "giveaway_winners" | "invoice"
    )
}

/// Whether a message of this kind has a caption that can be edited.
#[must_use]
pub fn takes_caption(kind: &str) -> bool {
    matches!(kind, "photo" | "video" | "animation" | "audio" | "voice" | "document")
}

fn send_method(kind: &str) -> Option<(&'static str, Option<&'static str>)> {
    Some(match kind {
        "text" => ("sendMessage", None),
        "photo" => ("sendPhoto", Some("photo")),
        "video" => ("sendVideo", Some("video")),
        "animation" => ("sendAnimation", Some("animation")),
        "audio" => ("sendAudio", Some("audio")),
        "voice" => ("sendVoice", Some("voice")),
        "video_note" => ("sendVideoNote", Some("video_note")),
        "document" => ("sendDocument", Some("document")),
        "sticker" => ("sendSticker", Some("sticker")),
        "location" => ("sendLocation", None),
        "venue" => ("sendVenue", None),
        "contact" => ("sendContact", None),
        "poll" => ("sendPoll", None),
        "dice" => ("sendDice", None),
        _ => return None,
    })
}

fn insert_entities(parameters: &mut Map<String, Value>, field: &str, entities: &[MessageEntity]) {
    if !entities.is_empty() {
        parameters.insert(field.to_owned(), json!(entities));
    }
}

fn extra_of(message: &Message) -> Map<String, Value> {
    let value = match message.kind() {
        "text" => message.link_preview_options.as_ref().map(|options| json!({ "link_preview_options": options })),
        "photo" | "video" | "animation" => {
            let mut extra = Map::new();
            if message.has_media_spoiler {
                extra.insert("has_spoiler".to_owned(), true.into());
            }
            if message.show_caption_above_media {
                extra.insert("show_caption_above_media".to_owned(), true.into());
            }
            return extra;
        }
        "location" => message.location.as_ref().map(|place| json!({ "latitude": place.latitude, "longitude": place.longitude, "horizontal_accuracy": place.horizontal_accuracy })),
        "venue" => message.venue.as_ref().map(|venue| {
            json!({ "latitude": venue.location.latitude, "longitude": venue.location.longitude, "title": venue.title, "address": venue.address,
                "foursquare_id": venue.foursquare_id, "foursquare_type": venue.foursquare_type,
                "google_place_id": venue.google_place_id, "google_place_type": venue.google_place_type })
        }),
        "contact" => message.contact.as_ref().map(|card| json!({ "phone_number": card.phone_number, "first_name": card.first_name, "last_name": card.last_name, "vcard": card.vcard })),
        "poll" => message.poll.as_ref().map(|poll| {
            json!({ "question": poll.question, "options": poll.options.iter().map(|option| json!({ "text": option.text })).collect::<Vec<_>>(),
                "type": poll.kind, "allows_multiple_answers": poll.allows_multiple_answers, "is_anonymous": poll.is_anonymous,
                "correct_option_id": poll.correct_option_id })
        }),
        "dice" => message.dice.as_ref().map(|dice| json!({ "emoji": dice.emoji })),
        _ => None,
    };
    match value {
        Some(Value::Object(mut fields)) => {
            fields.retain(|_, value| !value.is_null());
            fields
        }
        _ => Map::new(),
    }
}
