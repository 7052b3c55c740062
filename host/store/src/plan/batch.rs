//! The net effect of a group: rows to write, each key at most once.

use std::collections::BTreeMap;

use crate::row::*;

/// Rows to write in one transaction. No key stands in it twice, and parts may be written in any order, but deliveries that go come
/// first. A key with `None` is to be removed.
#[derive(Debug, Default)]
pub struct Batch {
    /// Known updates and when they were handled.
    pub updates: BTreeMap<(ConnectionId, i64), i64>,
    pub contacts: BTreeMap<(ConnectionId, ChatId), Contact>,
    pub dialogs: BTreeMap<(ConnectionId, ChatId), Dialog>,
    /// By customer's chat, customer's message and group's message.
    pub mirrors: BTreeMap<(ConnectionId, ChatId, MessageId, MessageId), Mirror>,
    pub albums: BTreeMap<(ConnectionId, &'static str, ChatId, MessageId), AlbumPart>,
    /// Rows to insert. `state` is never `Open`: an open attempt stands in `attempts`.
    pub new_deliveries: Vec<(ConnectionId, Delivery)>,
    pub changed_deliveries: Vec<(ConnectionId, DeliveryId, DeliveryPatch)>,
    /// Deliveries that go, with their attempts. The same id may come anew.
    pub gone_deliveries: Vec<(ConnectionId, DeliveryId)>,
    /// The last attempts, to insert or replace.
    pub attempts: Vec<(ConnectionId, DeliveryId, Attempt)>,
    pub entries: BTreeMap<(ConnectionId, String, String), Option<PluginEntry>>,
    /// By name in lower case.
    pub templates: BTreeMap<(ConnectionId, String), Option<Template>>,
    pub timers: BTreeMap<(ConnectionId, String, String), Option<Timer>>,
    pub notices: BTreeMap<(ConnectionId, String), Option<i64>>,
    pub connections: BTreeMap<ConnectionId, ConnectionPatch>,
    /// By position.
    pub bot_updates: BTreeMap<(ConnectionId, i64), Option<BotUpdate>>,
    /// By number.
    pub intercepted: BTreeMap<(ConnectionId, i64), Option<Intercepted>>,
    pub gateways: BTreeMap<ConnectionId, GatewayPatch>,
}

/// What changes in a connection's state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ConnectionPatch {
    /// At least this.
    pub cursor: Option<i64>,
    /// At least this: the high-water mark of delivery ids.
    pub last_delivery: Option<DeliveryId>,
    pub group: Option<ChatId>,
}

/// What changes in what the front door keeps of a connection; what is `None` stays, or is as in [`Gateway::default`] at first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GatewayPatch {
    pub state: Option<Vec<u8>>,
    /// The mark, and when it was set.
    pub mark: Option<(i64, i64)>,
}

/// What changes in a stored delivery; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeliveryPatch {
    /// `Ready`, `Asking` or `Refused`.
    pub state: Option<DeliveryState>,
    pub not_before: Option<i64>,
    pub op: Option<String>,
}

/// The last attempt of a delivery. It is open while it has no outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The fencing number; 0 where a delivery was dropped before its first attempt.
    pub number: i64,
    pub started_at: i64,
    pub outcome: Option<String>,
}

impl Batch {
    pub fn is_empty(&self) -> bool {
        self.updates.is_empty()
            && self.contacts.is_empty()
            && self.dialogs.is_empty()
            && self.mirrors.is_empty()
            && self.albums.is_empty()
            && self.new_deliveries.is_empty()
            && self.changed_deliveries.is_empty()
            && self.gone_deliveries.is_empty()
            && self.attempts.is_empty()
            && self.entries.is_empty()
            && self.templates.is_empty()
            && self.timers.is_empty()
            && self.notices.is_empty()
            && self.connections.is_empty()
            && self.bot_updates.is_empty()
            && self.intercepted.is_empty()
            && self.gateways.is_empty()
    }
}
