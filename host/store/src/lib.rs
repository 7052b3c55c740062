//! The store: everything durable behind one trait of transaction-shaped operations.
//!
//! A backend promises three things, and the conformance suite holds each backend to them:
//! a [`Store::commit`] is all or nothing and on disk when it returns; a write whose expectations do not hold changes
//! nothing and says so; what a commit wrote is visible to every later read.
#![forbid(unsafe_code)]
// What came from outside is an error; what cannot fail says why beside it.
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used))]

mod change;
mod error;
pub mod plan;
mod row;
mod seal;
mod word;
mod write;

pub use change::{Cell, Change, Expect};
pub use error::StoreError;
pub use row::*;
pub use seal::{SealError, SealKey};
pub use write::{Claim, Settled, Settlement, TurnCommit, Write, Written};

use async_trait::async_trait;

/// Result of a store operation.
pub type Result<T> = std::result::Result<T, StoreError>;

/// The database, as the host sees it. All times are milliseconds since 1970-01-01T00:00:00Z, handed in by the caller.
#[async_trait]
pub trait Store: Send + Sync + std::fmt::Debug {
    /// Applies a group of writes in one transaction with full synchronous durability, in order, each by its own expectations:
    /// one that does not apply (a known update, a changed cell, a late settlement) leaves the others alone.
    /// The answers stand in the order of the writes. On `Err` nothing of the group was applied.
    async fn commit(&self, group: Vec<Write>) -> Result<Vec<Written>>;

    // --- connections ---

    /// All connections, by name.
    async fn connections(&self) -> Result<Vec<Connection>>;
    /// Creates or replaces a connection by its name and gives its id. What an existing one has is kept, but: another bot starts
    /// with cursor 0, no known updates and nothing of the front door; another bot or another configured group starts from the configured group with no
    /// mirrors and no album parts; another configured group leaves the dialogs without topics, their versions one higher.
    async fn put_connection(&self, connection: &NewConnection) -> Result<ConnectionId>;
    /// Removes a connection and everything that belongs to it. Whether there was one.
    async fn remove_connection(&self, name: &str) -> Result<bool>;

    // --- dialogs and contacts ---

    async fn contact(&self, connection: ConnectionId, chat: ChatId) -> Result<Option<Contact>>;
    /// The contact with this name, letter case ignored; of several the one seen last.
    async fn contact_by_username(&self, connection: ConnectionId, username: &str) -> Result<Option<Contact>>;
    async fn dialog(&self, connection: ConnectionId, chat: ChatId) -> Result<Option<Dialog>>;
    /// The dialog in this topic; of several the one active last.
    async fn dialog_by_topic(&self, connection: ConnectionId, topic: TopicId) -> Result<Option<Dialog>>;
    /// Dialogs in `answered` whose last activity is before `before`, oldest first.
    async fn dialogs_to_close(&self, connection: ConnectionId, before: i64, limit: u32) -> Result<Vec<Dialog>>;
    /// Dialogs that an operator has and that go back to the bot's program at or before `now`, earliest first.
    async fn takeovers_to_end(&self, connection: ConnectionId, now: i64, limit: u32) -> Result<Vec<Dialog>>;
    /// Dialogs and contacts by number, for `/info` and reports: `(dialogs, waiting, answered, closed)`.
    async fn dialog_counts(&self, connection: ConnectionId) -> Result<DialogCounts>;

    // --- mirrors ---

    /// The newest by `at`, where a message has several twins.
    async fn mirror_of_customer_message(
        &self,
        connection: ConnectionId,
        chat: ChatId,
        message: MessageId,
    ) -> Result<Option<Mirror>>;
    /// The newest by `at`, where a twin stands for several messages.
    async fn mirror_of_group_message(&self, connection: ConnectionId, message: MessageId) -> Result<Option<Mirror>>;
    /// The newest mirrors, by the ids of their group messages, falling: what the group's budget was spent on last.
    async fn latest_mirrors(&self, connection: ConnectionId, limit: u32) -> Result<Vec<Mirror>>;
    /// The parts of an album that passed, by message id.
    async fn album(&self, connection: ConnectionId, place: Place, album: &str) -> Result<Vec<AlbumPart>>;
    /// The album part that a message is, where it is one.
    async fn album_part(
        &self,
        connection: ConnectionId,
        place: Place,
        chat: ChatId,
        message: MessageId,
    ) -> Result<Option<AlbumPart>>;

    // --- deliveries ---

    /// Unsettled deliveries with ids above `after`, by id.
    async fn unsettled(&self, connection: ConnectionId, after: DeliveryId, limit: u32) -> Result<Vec<Delivery>>;
    async fn delivery(&self, connection: ConnectionId, id: DeliveryId) -> Result<Option<Delivery>>;
    /// The highest delivery id ever used on the connection; 0 for none. Ids are never used twice.
    async fn last_delivery(&self, connection: ConnectionId) -> Result<DeliveryId>;

    // --- plugins ---

    async fn plugin_entry(
        &self,
        connection: ConnectionId,
        plugin: &str,
        key: &str,
        now: i64,
    ) -> Result<Option<PluginEntry>>;
    /// Entries whose keys start with `prefix`, in the order of their bytes, after `after`.
    async fn plugin_entries(
        &self,
        connection: ConnectionId,
        plugin: &str,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
        now: i64,
    ) -> Result<Vec<PluginEntry>>;
    /// Keys and bytes that a plugin holds, expired ones included until they are pruned.
    async fn plugin_usage(&self, connection: ConnectionId, plugin: &str) -> Result<PluginUsage>;
    /// A template by its name, letter case ignored.
    async fn template(&self, connection: ConnectionId, name: &str) -> Result<Option<Template>>;
    /// Templates whose names start with `prefix`, in the order of their names in lower case, after the name `after`.
    async fn templates(
        &self,
        connection: ConnectionId,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Template>>;
    /// Timers due at or before `now`, earliest first, then by plugin and key.
    async fn due_timers(&self, connection: ConnectionId, now: i64, limit: u32) -> Result<Vec<Timer>>;
    /// A plugin's timer by its key.
    async fn timer(&self, connection: ConnectionId, plugin: &str, key: &str) -> Result<Option<Timer>>;
    /// When the next timer is due.
    async fn next_timer(&self, connection: ConnectionId) -> Result<Option<i64>>;

    // --- the bot's own program ---

    /// What the front door keeps; all zero and empty where there is nothing.
    async fn gateway(&self, connection: ConnectionId) -> Result<Gateway>;
    /// Updates that wait for the bot's program, at positions above `after`, by position.
    async fn bot_updates(&self, connection: ConnectionId, after: i64, limit: u32) -> Result<Vec<BotUpdate>>;
    /// Calls of the bot's program that no turn has handled, with numbers above `after`, by number.
    async fn intercepted(&self, connection: ConnectionId, after: i64, limit: u32) -> Result<Vec<Intercepted>>;

    // --- notices, upkeep ---

    /// When a notice of this key was posted and not taken back.
    async fn notice(&self, connection: ConnectionId, key: &str) -> Result<Option<i64>>;
    /// Forgets what no rule needs any more: known updates, bot updates and intercepted calls before `updates_before`, album parts before `albums_before`, expired
    /// plugin entries. Bounded work per call; gives the number of rows.
    async fn prune(&self, now: i64, updates_before: i64, albums_before: i64) -> Result<u64>;
    /// A quick check that the database answers.
    async fn ping(&self) -> Result<()>;
    /// Waits for writes under way and closes.
    async fn close(&self);
}
