//! Messages.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Chat, ContactCard, Dice, File, Location, Poll, User, Venue};

/// A part of a text with a meaning; offsets in UTF-16 units, as Telegram counts.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct MessageEntity {
    #[serde(rename = "type")]
    pub kind: String,
    pub offset: usize,
    pub length: usize,
    /// `url`, `user`, `language`, `custom_emoji_id`, …: kept as they are.
    #[serde(flatten)]
    pub extra: serde_json::Map<String, Value>,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub struct TextQuote {
    pub text: String,
    #[serde(default)]
    pub entities: Vec<MessageEntity>,
    #[serde(default)]
    pub position: i64,
    #[serde(default)]
    pub is_manual: bool,
}

#[derive(Debug, Clone, Deserialize)]
pub struct ForumTopicCreated {
    pub name: String,
}

#[derive(Debug, Clone, Deserialize)]
pub struct ForumTopicEdited {
    pub name: Option<String>,
}

/// The answer of `createForumTopic`.
#[derive(Debug, Clone, Deserialize)]
pub struct ForumTopic {
    pub message_thread_id: i64,
}

/// The answer of `copyMessage` and `copyMessages`.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct MessageId {
    pub message_id: i64,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Message {
    pub message_id: i64,
    pub message_thread_id: Option<i64>,
    pub is_topic_message: bool,
    pub from: Option<User>,
    pub sender_chat: Option<Chat>,
    pub chat: Chat,
    pub date: i64,
    pub edit_date: Option<i64>,
    pub reply_to_message: Option<Box<Message>>,
    pub quote: Option<TextQuote>,
    pub media_group_id: Option<String>,
    pub has_protected_content: bool,
    pub text: Option<String>,
    pub entities: Vec<MessageEntity>,
    pub caption: Option<String>,
    pub caption_entities: Vec<MessageEntity>,
    pub link_preview_options: Option<Value>,
    pub show_caption_above_media: bool,
    pub has_media_spoiler: bool,
    pub photo: Option<Vec<File>>,
    pub video: Option<File>,
    pub animation: Option<File>,
    pub audio: Option<File>,
    pub voice: Option<File>,
    pub video_note: Option<File>,
    pub document: Option<File>,
    pub sticker: Option<File>,
    pub location: Option<Location>,
    pub venue: Option<Venue>,
    pub contact: Option<ContactCard>,
    pub poll: Option<Poll>,
    pub dice: Option<Dice>,
    pub story: Option<Value>,
    pub game: Option<Value>,
    pub invoice: Option<Value>,
    pub paid_media: Option<Value>,
    pub checklist: Option<Value>,
    pub giveaway: Option<Value>,
    pub live_photo: Option<Value>,
    pub rich_message: Option<Value>,
    pub reply_markup: Option<Value>,
    pub forum_topic_created: Option<ForumTopicCreated>,
    pub forum_topic_edited: Option<ForumTopicEdited>,
    pub forum_topic_closed: Option<Value>,
    pub forum_topic_reopened: Option<Value>,
    pub migrate_to_chat_id: Option<i64>,
    pub migrate_from_chat_id: Option<i64>,
    pub new_chat_members: Option<serde::de::IgnoredAny>,
    pub left_chat_member: Option<serde::de::IgnoredAny>,
    /// Any other thing that happened in a chat, as against what somebody sent: one of them stands alone in its message.
    #[serde(
        alias = "pinned_message",
        alias = "new_chat_title",
        alias = "new_chat_photo",
        alias = "delete_chat_photo",
        alias = "group_chat_created",
        alias = "supergroup_chat_created",
        alias = "channel_chat_created",
        alias = "message_auto_delete_timer_changed",
        alias = "successful_payment",
        alias = "refunded_payment",
        alias = "users_shared",
        alias = "chat_shared",
        alias = "gift",
        alias = "unique_gift",
        alias = "gift_upgrade_sent",
        alias = "connected_website",
        alias = "write_access_allowed",
        alias = "passport_data",
        alias = "proximity_alert_triggered",
        alias = "boost_added",
        alias = "chat_background_set",
        alias = "checklist_tasks_done",
        alias = "checklist_tasks_added",
        alias = "direct_message_price_changed",
        alias = "general_forum_topic_hidden",
        alias = "general_forum_topic_unhidden",
        alias = "giveaway_created",
        alias = "giveaway_completed",
        alias = "managed_bot_created",
        alias = "paid_message_price_changed",
        alias = "chat_owner_left",
        alias = "chat_owner_changed",
        alias = "video_chat_scheduled",
        alias = "video_chat_started",
        alias = "video_chat_ended",
        alias = "video_chat_participants_invited",
        alias = "web_app_data"
    )]
    pub happened: Option<serde::de::IgnoredAny>,
}

impl Message {
    /// Telegram's word for what the message is: `text`, `photo`, …; `service` where it tells of something that happened,
    /// `other` for what a later version of Telegram added.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        // Twins first: an animation also carries a document, a venue also a location.
        let kinds: [(&'static str, bool); 21] = [
            ("text", self.text.is_some()),
            ("photo", self.photo.is_some()),
            ("live_photo", self.live_photo.is_some()),
            ("video", self.video.is_some()),
            ("animation", self.animation.is_some()),
            ("audio", self.audio.is_some()),
            ("voice", self.voice.is_some()),
            ("video_note", self.video_note.is_some()),
            ("sticker", self.sticker.is_some()),
            ("document", self.document.is_some()),
            ("venue", self.venue.is_some()),
            ("location", self.location.is_some()),
            ("contact", self.contact.is_some()),
            ("poll", self.poll.is_some()),
            ("dice", self.dice.is_some()),
            ("story", self.story.is_some()),
            ("game", self.game.is_some()),
            ("invoice", self.invoice.is_some()),
            ("paid_media", self.paid_media.is_some()),
            ("checklist", self.checklist.is_some()),
            ("giveaway", self.giveaway.is_some()),
        ];
        let rich = || self.rich_message.is_some().then_some("rich_message");
        let kindless = || if self.is_service() { "service" } else { "other" };
        kinds
            .iter()
            .find(|(_, there)| *there)
            .map(|(kind, _)| *kind)
            .or_else(rich)
            .unwrap_or_else(kindless)
    }

    fn is_service(&self) -> bool {
        self.happened.is_some()
            || self.new_chat_members.is_some()
            || self.left_chat_member.is_some()
            || self.forum_topic_created.is_some()
            || self.forum_topic_edited.is_some()
            || self.forum_topic_closed.is_some()
            || self.forum_topic_reopened.is_some()
            || self.migrate_to_chat_id.is_some()
            || self.migrate_from_chat_id.is_some()
    }

    /// The text or the caption.
    #[must_use]
    pub fn body(&self) -> &str {
        self.text.as_deref().or(self.caption.as_deref()).unwrap_or_default()
    }

    /// The entities of [`Message::body`].
    #[must_use]
    pub fn body_entities(&self) -> &[MessageEntity] {
        if self.text.is_some() {
            &self.entities
        } else {
            &self.caption_entities
        }
    }

    /// The file of a message that has one; of a photo its largest size.
    #[must_use]
    pub fn file(&self) -> Option<&File> {
        match self.kind() {
            "photo" => self.photo.as_ref().and_then(|sizes| sizes.last()),
            "video" => self.video.as_ref(),
            "animation" => self.animation.as_ref(),
            "audio" => self.audio.as_ref(),
            "voice" => self.voice.as_ref(),
            "video_note" => self.video_note.as_ref(),
            "document" => self.document.as_ref(),
            "sticker" => self.sticker.as_ref(),
            _ => None,
        }
    }

    /// The topic that the message stands in; `None` in General. A reply in General carries a thread id that is no topic's,
    /// so the id counts only beside `is_topic_message`.
    #[must_use]
    pub fn topic(&self) -> Option<i64> {
        self.message_thread_id.filter(|_| self.is_topic_message)
    }

    /// The message replied to. In a topic every message without a reply of its own names the topic's first (service) message.
    #[must_use]
    pub fn reply(&self) -> Option<&Message> {
        self.reply_to_message
            .as_deref()
            .filter(|reply| reply.forum_topic_created.is_none())
    }
}
