//! What a delivery does: one Telegram call that must happen, as it lies in the outbox.

use serde::{Deserialize, Serialize};
use switchboard_store::{ChatId, DeliveryId, Direction, MessageId, Place, TopicId};

use crate::content::Content;

/// A reply to keep: the message replied to, in the place that the original was written in, and the part quoted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    pub to: MessageId,
    /// When that message was sent, in seconds since 1970: a very young one may not be linked yet.
    #[serde(default)]
    pub date: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
}

/// A message to carry over to the other side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Carry {
    /// The dialog.
    pub chat: ChatId,
    /// The original's id in its own chat.
    pub message: MessageId,
    /// Telegram's kind of the original.
    pub kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<Reply>,
    /// Shared by the parts of an album.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub album: Option<String>,
    /// What it says: for parts of albums, and where it cannot be copied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Content>,
    /// A plugin put `content` in the original's place.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub replaced: bool,
    /// Said under the message by a button that does nothing: it may be a repeat, a plugin did not look at it, …
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "kebab-case")]
pub enum Op {
    /// From the customer's chat into the topic.
    Show {
        #[serde(flatten)]
        carry: Carry,
        direction: Direction,
    },
    /// From the topic to the customer.
    Answer {
        #[serde(flatten)]
        carry: Carry,
        topic: TopicId,
    },
    /// Something of the host's or a plugin's own to the customer, shown in the topic once it is sent.
    Send {
        chat: ChatId,
        /// One content, or the parts of an album.
        contents: Vec<Content>,
        /// The operator's message that asked for it, for answers about it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        asked: Option<MessageId>,
        /// Show it in the topic.
        show: bool,
    },
    /// Messages of the group, forwarded to the customer with their author shown.
    Forward {
        chat: ChatId,
        messages: Vec<MessageId>,
        asked: Option<MessageId>,
    },
    /// A text of the relay's or a plugin's own in a dialog's topic, or in General.
    Post {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        chat: Option<ChatId>,
        content: Content,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reply: Option<MessageId>,
        /// Further parts, where it is an album.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        more: Vec<Content>,
    },
    /// What a person must mend in the group, told in General; moot when it is mended before it could be told.
    Unfit { why: String },
    /// A word in a topic of ours that belongs to no dialog.
    Loose {
        topic: TopicId,
        reply: MessageId,
        content: Content,
    },
    /// The twin of an edited message becomes like it.
    Edit {
        chat: ChatId,
        side: Place,
        message: MessageId,
        content: Content,
    },
    /// What the bot's own program edited: its twin becomes like it, and where it has none it is shown.
    Revise {
        #[serde(flatten)]
        carry: Carry,
    },
    /// The bot's own program deleted it in the customer's chat: its twin says so.
    Gone { chat: ChatId, message: MessageId },
    /// The bot's own program pinned it, or took the pin away.
    Pin {
        chat: ChatId,
        message: MessageId,
        pinned: bool,
    },
    /// One of the relay's own posts becomes something else.
    EditPost {
        #[serde(default)]
        chat: Option<ChatId>,
        message: MessageId,
        content: Content,
    },
    /// The twin of a message gets the same reaction.
    React {
        chat: ChatId,
        side: Place,
        message: MessageId,
        reaction: Vec<serde_json::Value>,
    },
    /// A message that a failing plugin holds back: it is not sent as it is, a person turns it into another op.
    /// One that was set aside does not keep its lane waiting.
    Held {
        plugin: String,
        then: Box<Op>,
        #[serde(default)]
        aside: bool,
    },
    /// The topic's title is brought up to date.
    Title { chat: ChatId },
    /// A topic that was closed in Telegram is opened again.
    Reopen { chat: ChatId },
}

impl Op {
    /// The dialog that it belongs to.
    #[must_use]
    pub fn chat(&self) -> Option<ChatId> {
        match self {
            Self::Show { carry, .. } | Self::Answer { carry, .. } | Self::Revise { carry } => Some(carry.chat),
            Self::Send { chat, .. }
            | Self::Forward { chat, .. }
            | Self::Gone { chat, .. }
            | Self::Pin { chat, .. }
            | Self::Edit { chat, .. }
            | Self::React { chat, .. }
            | Self::Title { chat }
            | Self::Reopen { chat } => Some(*chat),
            Self::Post { chat, .. } | Self::EditPost { chat, .. } => *chat,
            Self::Held { then, .. } => then.chat(),
            Self::Loose { .. } | Self::Unfit { .. } => None,
        }
    }

    /// Where it goes to.
    #[must_use]
    pub fn destination(&self) -> Place {
        match self {
            Self::Answer { .. } | Self::Send { .. } | Self::Forward { .. } => Place::Customer,
            // `side` is where the original stands; the twin is on the other one.
            Self::Edit { side, .. } | Self::React { side, .. } => {
                if *side == Place::Customer {
                    Place::Topic
                } else {
                    Place::Customer
                }
            }
            Self::Post { chat: None, .. } | Self::EditPost { chat: None, .. } => Place::General,
            Self::Held { then, .. } => then.destination(),
            Self::Loose { .. } | Self::Unfit { .. } => Place::General,
            _ => Place::Topic,
        }
    }

    /// The lane that keeps its order. Titles have lanes of their own, so that they never hold up a message.
    #[must_use]
    pub fn lane(&self) -> String {
        let chat = self.chat().unwrap_or_default();
        match (self, self.destination()) {
            (Self::Loose { topic, .. }, _) => format!("loose:{topic}"),
            // Each by itself: a person decides on them in any order.
            (Self::Held { aside: true, then, .. }, _) => format!("aside:{chat}:{}", then.message().unwrap_or_default()),
            (Self::Title { .. }, _) => format!("title:{chat}"),
            // What it changes is there already; the answer to a question must not wait behind the next question.
            (Self::EditPost { message, .. }, _) => format!("post:{message}"),
            (_, Place::Customer) => format!("customer:{chat}"),
            (_, Place::Topic) => format!("topic:{chat}"),
            (_, Place::General) => "general".to_owned(),
        }
    }

    /// The message that it carries over or changes, where there is one.
    fn message(&self) -> Option<MessageId> {
        match self {
            Self::Show { carry, .. } | Self::Answer { carry, .. } => Some(carry.message),
            Self::Edit { message, .. } => Some(*message),
            _ => None,
        }
    }

    /// The operator's message that a failure is reported under.
    #[must_use]
    pub fn asked_by(&self) -> Option<MessageId> {
        match self {
            Self::Answer { carry, .. } => Some(carry.message),
            Self::Send { asked, .. } | Self::Forward { asked, .. } => *asked,
            Self::Edit {
                side: Place::Topic,
                message,
                ..
            } => Some(*message),
            _ => None,
        }
    }
}

/// The outbox row's op column.
#[must_use]
pub fn encode(op: &Op) -> String {
    serde_json::to_string(op).unwrap_or_default()
}

/// A row that an older or newer version wrote may not be readable.
pub fn decode(id: DeliveryId, op: &str) -> Result<Op, crate::RelayError> {
    serde_json::from_str(op).map_err(|source| crate::RelayError::Op { id, source })
}
