//! What the bot's own program sends: read from its calls, kept until a turn has handled it.

mod read;
mod run;
mod tap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use switchboard_store::{ChatId, MessageId};

pub use run::{Inbox, run};
pub use tap::{ProgramCall, Tap};

/// What a call of the bot's program did in a customer's chat.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "did", rename_all = "kebab-case")]
pub enum Interception {
    /// It sent these messages.
    Sent {
        messages: Vec<Value>,
        /// A reply keyboard, which Telegram's answer does not repeat.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        keyboard: Option<Value>,
    },
    /// It sent copies, of which Telegram tells only the ids.
    Copied {
        ids: Vec<MessageId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        keyboard: Option<Value>,
    },
    /// It edited a message, which is now so.
    Edited {
        message: Value,
    },
    Deleted {
        ids: Vec<MessageId>,
    },
    Reacted {
        message: MessageId,
        reaction: Vec<Value>,
    },
    Pinned {
        message: MessageId,
        pinned: bool,
    },
}

/// An interception on its way to its turn.
#[derive(Debug, Clone)]
pub struct Noted {
    pub seq: i64,
    pub chat: ChatId,
    pub what: Interception,
}

impl Interception {
    /// The first message that it sent; what only changes messages has no place of its own in the chat.
    #[must_use]
    pub fn first(&self) -> Option<MessageId> {
        match self {
            Self::Sent { messages, .. } => messages
                .iter()
                .filter_map(|sent| sent.get("message_id")?.as_i64())
                .min(),
            Self::Copied { ids, .. } => ids.iter().min().copied(),
            _ => None,
        }
    }
}
