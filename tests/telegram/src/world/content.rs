//! What a message says: one flat shape for every kind of content.

use serde_json::{Map, Value};

use super::file::Media;

/// Text with its entities (offsets in UTF-16 code units).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Styled {
    pub text: String,
    pub entities: Vec<Value>,
}

impl Styled {
    pub fn plain(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            entities: Vec::new(),
        }
    }

    pub fn utf16_len(&self) -> usize {
        self.text.encode_utf16().count()
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Content {
    /// The name of the content's field in `Message`: `text`, `photo`, `location`, `forum_topic_created` …
    pub kind: &'static str,
    /// Text of a text message, caption of a medium.
    pub text: Styled,
    pub media: Option<Media>,
    /// Further fields of the message object, as they are shown.
    pub fields: Map<String, Value>,
    pub poll: Option<i64>,
    /// `pinned_message`: which one.
    pub pinned: Option<i64>,
    pub service: bool,
    /// What only its bot knows of it: a game's name, the payload of an invoice or of paid media.
    pub known_to_bot: Option<Value>,
}

impl Content {
    pub fn new(kind: &'static str) -> Self {
        Self {
            kind,
            text: Styled::default(),
            media: None,
            fields: Map::new(),
            poll: None,
            pinned: None,
            service: false,
            known_to_bot: None,
        }
    }

    pub fn text(text: Styled) -> Self {
        Self {
            text,
            ..Self::new("text")
        }
    }

    pub fn media(media: Media, caption: Styled) -> Self {
        Self {
            text: caption,
            media: Some(media.clone()),
            ..Self::new(media.kind.field())
        }
    }

    /// A content that is one JSON field.
    pub fn field(kind: &'static str, value: Value) -> Self {
        let mut c = Self::new(kind);
        c.fields.insert(kind.to_owned(), value);
        c
    }

    pub fn service(kind: &'static str, value: Value) -> Self {
        Self {
            service: true,
            ..Self::field(kind, value)
        }
    }

    pub fn pin(message: i64) -> Self {
        Self {
            pinned: Some(message),
            service: true,
            ..Self::new("pinned_message")
        }
    }

    pub fn poll(poll: i64) -> Self {
        Self {
            poll: Some(poll),
            ..Self::new("poll")
        }
    }

    pub fn has_caption(&self) -> bool {
        matches!(
            self.kind,
            "photo" | "video" | "animation" | "audio" | "voice" | "document" | "paid_media" | "live_photo"
        )
    }

    /// Kinds that sendMediaGroup takes; the second groups mix only with themselves.
    pub fn album_class(&self) -> Option<&'static str> {
        match self.kind {
            "photo" | "video" | "live_photo" => Some("visual"),
            "audio" => Some("audio"),
            "document" => Some("document"),
            _ => None,
        }
    }

    /// What Telegram's words for "not enough rights to send …" call this kind.
    pub fn plural(&self) -> &'static str {
        match self.kind {
            "text" => "text messages",
            "photo" => "photos",
            "video" => "videos",
            "animation" => "animations",
            "audio" => "music",
            "document" => "documents",
            "voice" => "voice notes",
            "video_note" => "video notes",
            "sticker" => "stickers",
            "poll" => "polls",
            "location" => "locations",
            "venue" => "venues",
            "contact" => "contacts",
            "dice" => "dice",
            _ => "messages",
        }
    }

    /// The ChatPermissions field that governs this kind.
    pub fn permission(&self) -> &'static str {
        match self.kind {
            "photo" => "can_send_photos",
            "video" => "can_send_videos",
            "animation" | "sticker" | "dice" | "game" => "can_send_other_messages",
            "audio" => "can_send_audios",
            "document" => "can_send_documents",
            "voice" => "can_send_voice_notes",
            "video_note" => "can_send_video_notes",
            "poll" => "can_send_polls",
            _ => "can_send_messages",
        }
    }
}
