//! What a person's client makes of what they type or attach: a content, checked as Telegram would.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::error::Refusal;
use crate::sim::samples;
use crate::text;
use crate::world::content::{Content, Styled};
use crate::world::file::MediaKind;
use crate::world::poll::{Poll, PollOption};
use crate::world::{Id, World};

/// Contents of other makes: shown as they are, most of them beyond copying.
const OTHER: [&str; 11] = [
    "story",
    "checklist",
    "game",
    "invoice",
    "giveaway",
    "giveaway_winners",
    "paid_media",
    "gift",
    "unique_gift",
    "rich_message",
    "passport_data",
];

/// One message (or one item of an album) on its way from a person.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Item {
    /// `text` (default), `photo`, `video`, `animation`, `audio`, `voice`, `video_note`, `document`, `sticker`,
    /// `location`, `venue`, `contact`, `poll`, `dice`, or one of the other message fields with `value`.
    pub kind: Option<String>,
    pub text: Option<String>,
    pub caption: Option<String>,
    pub parse_mode: Option<String>,
    pub entities: Option<Vec<Value>>,
    /// Bytes in base64; without it a small sample is sent.
    pub media: Option<String>,
    #[serde(skip)]
    pub bytes: Option<Bytes>,
    pub file_name: Option<String>,
    pub mime: Option<String>,
    /// Width, duration, emoji, performer … of a medium.
    pub attributes: Map<String, Value>,
    pub spoiler: bool,
    pub latitude: Option<f64>,
    pub longitude: Option<f64>,
    pub live_period: Option<i64>,
    pub title: Option<String>,
    pub address: Option<String>,
    pub phone_number: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    /// The person whose contact it is.
    pub contact: Option<Id>,
    pub question: Option<String>,
    pub options: Option<Vec<String>>,
    pub anonymous: Option<bool>,
    pub multiple: bool,
    pub emoji: Option<String>,
    pub value: Option<Value>,
    /// Nobody may forward or save it.
    pub protected: bool,
}

impl Item {
    fn styled(&self, world: &World) -> Result<Styled, Refusal> {
        let text = self.text.as_deref().or(self.caption.as_deref()).unwrap_or_default();
        let mode = self.parse_mode.as_deref().unwrap_or_default();
        Ok(text::formatted(text, mode, self.entities.as_deref(), world)?)
    }

    pub fn content(&self, world: &mut World, by: Id) -> Result<Content, Refusal> {
        let kind = self.kind.as_deref().unwrap_or("text");
        let styled = self.styled(world)?;
        if let Some(k) = MediaKind::from_field(kind).filter(|k| *k != MediaKind::Thumbnail) {
            return self.medium(world, k, styled);
        }
        match kind {
            "text" => {
                if styled.text.is_empty() {
                    return Err(Refusal::new("there is nothing to send"));
                }
                if styled.utf16_len() > crate::api::send::TEXT_LENGTH {
                    return Err(Refusal::new("the text is too long"));
                }
                Ok(Content::text(styled))
            }
            "location" => Ok(Content::field("location", self.location())),
            "venue" => {
                let venue = json!({
                    "location": self.location(), "title": self.title.as_deref().unwrap_or("A place"),
                    "address": self.address.as_deref().unwrap_or("Some street 1"),
                });
                let mut c = Content::field("venue", venue);
                c.fields.insert("location".into(), self.location());
                Ok(c)
            }
            "contact" => {
                let mut v = json!({
                    "phone_number": self.phone_number.as_deref().unwrap_or("10005550100"),
                    "first_name": self.first_name.as_deref().unwrap_or("Somebody"),
                });
                if let Some(l) = &self.last_name {
                    v["last_name"] = l.as_str().into();
                }
                if let Some(u) = self.contact {
                    v["user_id"] = u.into();
                }
                Ok(Content::field("contact", v))
            }
            "dice" => {
                let dice = world.throw(self.emoji.as_deref().unwrap_or("🎲"));
                Ok(Content::field("dice", dice))
            }
            "poll" => Ok(self.poll(world, by)),
            other => {
                let known = OTHER.into_iter().find(|k| *k == other);
                let known = known.ok_or_else(|| Refusal::new(format!("unknown kind {other:?}")))?;
                Ok(Content::field(
                    known,
                    self.value.clone().unwrap_or_else(|| sample_value(known)),
                ))
            }
        }
    }

    fn location(&self) -> Value {
        let mut v = json!({"latitude": self.latitude.unwrap_or(52.52), "longitude": self.longitude.unwrap_or(13.405)});
        if let Some(l) = self.live_period {
            v["live_period"] = l.into();
        }
        v
    }

    fn medium(&self, world: &mut World, kind: MediaKind, caption: Styled) -> Result<Content, Refusal> {
        if caption.utf16_len() > crate::api::send::CAPTION_LENGTH {
            return Err(Refusal::new("the caption is too long"));
        }
        let bytes = match (&self.bytes, &self.media) {
            (Some(b), _) => b.clone(),
            (None, Some(m)) => {
                // Pages may send a data URL.
                let data = m.split_once(";base64,").map_or(m.as_str(), |(_, d)| d);
                STANDARD
                    .decode(data.trim())
                    .map_err(|_| Refusal::new("media: not base64"))?
                    .into()
            }
            (None, None) => samples::of(kind),
        };
        if bytes.is_empty() {
            return Err(Refusal::new("the file is empty"));
        }
        let name = self
            .file_name
            .clone()
            .or_else(|| samples::name(kind).map(str::to_owned));
        let mut attributes = self.attributes.clone();
        if kind == MediaKind::Sticker {
            let emoji = self.emoji.as_deref().unwrap_or("👋");
            attributes.entry("emoji").or_insert_with(|| emoji.into());
        }
        let media = world.files.store(kind, bytes, name, self.mime.clone(), attributes);
        let no_caption = matches!(kind, MediaKind::Sticker | MediaKind::VideoNote);
        let mut c = Content::media(media, if no_caption { Styled::default() } else { caption });
        if self.spoiler {
            c.fields.insert("has_media_spoiler".into(), true.into());
        }
        Ok(c)
    }

    fn poll(&self, world: &mut World, by: Id) -> Content {
        let given = self.options.clone().unwrap_or_else(|| vec!["Yes".into(), "No".into()]);
        let options = given
            .into_iter()
            .map(|o| PollOption {
                persistent_id: format!("{:x}", world.serial()),
                text: Styled::plain(o),
                voters: Vec::new(),
            })
            .collect();
        let poll = Poll {
            id: 0,
            owner: by,
            question: Styled::plain(self.question.as_deref().unwrap_or("A question?")),
            options,
            anonymous: self.anonymous.unwrap_or(true),
            quiz: false,
            multiple: self.multiple,
            revoting: true,
            closed: false,
            correct: Vec::new(),
            explanation: Styled::default(),
            open_period: None,
            close_date: None,
            places: Vec::new(),
        };
        Content::poll(world.add_poll(poll))
    }
}

fn sample_value(kind: &str) -> Value {
    match kind {
        "paid_media" => {
            json!({"star_count": 1, "paid_media": [{"type": "preview", "width": 10, "height": 10}]})
        }
        "invoice" => {
            json!({"title": "A thing", "description": "", "start_parameter": "", "currency": "USD", "total_amount": 100})
        }
        "checklist" => json!({"title": "List", "tasks": [{"id": 1, "text": "One"}]}),
        "game" => json!({"title": "Game", "description": "", "photo": []}),
        "story" => json!({"chat": {"id": 1, "type": "private", "first_name": "Somebody"}, "id": 1}),
        "giveaway" => json!({"chats": [], "winners_selection_date": 2_000_000_000, "winner_count": 1}),
        "giveaway_winners" => json!({
            "chat": {"id": -1_000_000_000_001_i64, "type": "channel", "title": "News"}, "giveaway_message_id": 1,
            "winners_selection_date": 1_700_000_000, "winner_count": 0, "winners": [],
        }),
        "gift" => json!({"gift": {"id": "1", "star_count": 1, "sticker": {
            "file_id": "gift-1", "file_unique_id": "u-gift-1", "type": "regular", "width": 512, "height": 512,
            "is_animated": false, "is_video": false,
        }}}),
        _ => json!({}),
    }
}
