//! Changes: the rows that a commit writes, and the cells that it expects to be as they were read.

use crate::row::*;

/// A cell whose version a turn has read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Cell {
    Contact(ChatId),
    Dialog(ChatId),
    Plugin {
        plugin: String,
        key: String,
    },
    /// By its name in lower case.
    Template(String),
    Timer {
        plugin: String,
        key: String,
    },
}

/// A cell and the version that it must still have; 0 stands for "not there".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expect {
    pub cell: Cell,
    pub version: i64,
}

/// One row to write. Rows with a version are stored with the version that they carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    PutContact(Contact),
    PutDialog(Dialog),
    PutMirror(Mirror),
    PutAlbumPart(AlbumPart),
    /// A new delivery; its state is `Ready`, or `Asking` where a person decides first, and its attempt 0. An id that is there already fails the whole group.
    PutDelivery(Delivery),
    /// Ends an unsettled delivery without a call, with the reason: a person left it, or its cause is gone. It is kept as `Refused`;
    /// nothing happens where it is gone or refused already.
    DropDelivery {
        id: DeliveryId,
        reason: String,
    },
    /// An `Asking` delivery is to be sent again: back to `Ready` with another op. Nothing happens in any other state.
    RetryDelivery {
        id: DeliveryId,
        op: String,
    },
    PutPluginEntry {
        plugin: String,
        entry: PluginEntry,
    },
    RemovePluginEntry {
        plugin: String,
        key: String,
    },
    PutTemplate(Template),
    RemoveTemplate {
        name: String,
    },
    PutTimer(Timer),
    RemoveTimer {
        plugin: String,
        key: String,
    },
    /// The backend group has a new id.
    MoveGroup {
        to: ChatId,
    },
    PutNotice {
        key: String,
        at: i64,
    },
    RemoveNotice {
        key: String,
    },
    /// An update for the bot's own program; replaces what stands at its position.
    PutBotUpdate(BotUpdate),
    RemoveBotUpdate {
        position: i64,
    },
    /// A call of the bot's own program, to be handled by a turn.
    PutIntercepted(Intercepted),
    RemoveIntercepted {
        seq: i64,
    },
    /// The bot program's own settings, sealed.
    PutGatewayState {
        state: Vec<u8>,
    },
    /// The last update that was taken for the bot's program, in either direction: Telegram may count anew.
    MarkIntake {
        update: i64,
        at: i64,
    },
    /// The connection's cursor, never backwards.
    Advance {
        cursor: i64,
    },
}
