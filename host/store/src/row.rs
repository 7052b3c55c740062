//! The rows: what the store keeps, as plain data.

use serde::{Deserialize, Serialize};

/// A connection's number in this store.
pub type ConnectionId = i64;
/// Telegram's id of a chat or a user. A dialog is named by its contact's chat id: one contact, one dialog.
pub type ChatId = i64;
/// Telegram's id of a message in its chat.
pub type MessageId = i64;
/// Telegram's `message_thread_id` of a forum topic.
pub type TopicId = i64;
/// A delivery's number: rising, unique in its connection, handed out by the relay. Lane order is id order.
pub type DeliveryId = i64;

/// A connection to create or to replace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewConnection {
    pub name: String,
    /// Telegram's id of the bot (the number before the colon of its token).
    pub bot: ChatId,
    /// The bot's token, sealed by [`crate::SealKey`].
    pub token: Vec<u8>,
    /// The backend group as configured.
    pub group: ChatId,
    /// Mode, admins, parameters and plugins as JSON; the relay's words.
    pub config: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    pub id: ConnectionId,
    pub name: String,
    pub bot: ChatId,
    pub token: Vec<u8>,
    /// The backend group as it is now: an upgrade by Telegram changes it.
    pub group: ChatId,
    pub config: String,
    /// The offset to ask Telegram for next: one above the highest update that is settled together with all before it. 0 at first.
    pub cursor: i64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contact {
    pub chat: ChatId,
    pub first_name: String,
    pub last_name: String,
    pub username: Option<String>,
    pub language: Option<String>,
    pub blocked: bool,
    /// The payload of the first `/start`.
    pub start: Option<String>,
    /// Sorted, without repeats.
    pub tags: Vec<String>,
    /// By name.
    pub properties: Vec<(String, String)>,
    pub first_seen: i64,
    pub last_seen: i64,
    /// Rises with every write; 0 means not stored yet.
    pub version: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Waiting,
    Answered,
    Closed,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dialog {
    pub chat: ChatId,
    pub status: Status,
    /// The topic, once Telegram made it.
    pub topic: Option<TopicId>,
    /// The title that Telegram shows, as far as we know.
    pub title: Option<String>,
    /// The topic is closed in Telegram.
    pub topic_closed: bool,
    /// Counts the topics that this dialog has had.
    pub generation: i64,
    pub created: i64,
    /// Last incoming or outgoing message, to the minute.
    pub last_activity: i64,
    /// When the WELCOME of the present opening was committed.
    pub welcomed: Option<i64>,
    /// Since when an operator has the dialog, and the bot's own program has not.
    pub taken_over: Option<i64>,
    /// When it goes back to the bot's program by itself.
    pub takeover_ends: Option<i64>,
    /// Rises with every write; 0 means not stored yet.
    pub version: i64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DialogCounts {
    pub waiting: u64,
    pub answered: u64,
    pub closed: u64,
}

/// Where a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    Customer,
    Topic,
    General,
}

/// Who wrote the original of a mirrored message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    Incoming,
    Outgoing,
    Intercepted,
}

/// The link between a message in the customer's chat and its twin in the topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirror {
    pub chat: ChatId,
    pub direction: Direction,
    pub customer_message: MessageId,
    pub group_message: MessageId,
    /// The topic that the twin stands in.
    pub topic: TopicId,
    /// Telegram's kind of the message: `text`, `photo`, …; decides how it can be edited.
    pub kind: String,
    /// The delivery that made the twin.
    pub delivery: DeliveryId,
    pub at: i64,
}

/// A message of an album that passed, kept for a day so that the album can be saved or sent whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlbumPart {
    pub place: Place,
    /// The dialog's contact; 0 in General.
    pub chat: ChatId,
    pub album: String,
    pub message: MessageId,
    /// The content as JSON; the relay's words.
    pub content: String,
    pub at: i64,
}

/// What a delivery is waiting for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryState {
    /// To be sent when its lane and the budgets allow.
    Ready,
    /// An attempt is open: the call may be under way.
    Open,
    /// Its outcome is not known; a person has to say whether to send it again.
    Asking,
    /// Refused for good. Kept as a record; it does not block its lane and is not `unsettled`.
    Refused,
}

/// One Telegram call that must happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    pub id: DeliveryId,
    /// The lane that it keeps its order in.
    pub lane: String,
    /// The dialog that it belongs to, if any.
    pub chat: Option<ChatId>,
    /// What to call, as JSON; the relay's words.
    pub op: String,
    /// Not before this time.
    pub not_before: i64,
    pub created: i64,
    pub state: DeliveryState,
    /// The number of the last attempt, 0 before the first: the fencing number.
    pub attempt: i64,
    /// How the last attempt ended, in words; empty while there was none or it is open.
    pub last_error: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginEntry {
    pub key: String,
    pub value: Vec<u8>,
    /// When it vanishes.
    pub expires: Option<i64>,
    pub version: i64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PluginUsage {
    pub keys: u64,
    /// Bytes of keys and values.
    pub bytes: u64,
}

/// A saved message, or an album.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    pub name: String,
    pub kind: String,
    pub preview: String,
    /// Contents as a JSON array; the relay's words.
    pub contents: String,
    /// Where it was saved from.
    pub source_chat: ChatId,
    pub source_topic: Option<TopicId>,
    pub source_messages: Vec<MessageId>,
    pub saved: i64,
    pub version: i64,
}

/// A durable timer of a plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timer {
    pub plugin: String,
    pub key: String,
    pub due: i64,
    pub payload: String,
    pub dialog: Option<ChatId>,
    /// Rises with every setting of the same key.
    pub version: i64,
}

/// An update that waits for the bot's own program behind the front door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BotUpdate {
    /// Its place in the queue: rising, unique in its connection, handed out by the gateway.
    pub position: i64,
    /// Telegram's `update_id`.
    pub update: i64,
    /// The chat (or user) whose updates keep their order.
    pub chat: Option<ChatId>,
    /// When it came.
    pub at: i64,
    /// Held back while an operator has the dialog.
    pub held: bool,
    /// The whole `Update` object, byte for byte.
    pub body: String,
}

/// A call of the bot's own program that took effect and that no turn has handled yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intercepted {
    /// Rising, unique in its connection.
    pub seq: i64,
    /// The dialog.
    pub chat: ChatId,
    pub at: i64,
    /// What was called and what came of it, as JSON; the relay's words.
    pub body: String,
}

/// What the front door keeps of a connection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gateway {
    /// The bot program's own settings (webhook, kinds of updates), sealed by [`crate::SealKey`]; empty at first.
    pub state: Vec<u8>,
    /// The last `update_id` that was taken into the bot program's queue, or was kept out of it; 0 at first.
    pub mark: i64,
    /// When that was.
    pub marked_at: i64,
}
