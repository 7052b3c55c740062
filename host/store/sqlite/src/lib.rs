//! SQLite behind the store trait: one file, one host, one writer, every commit on disk before it is answered.
#![forbid(unsafe_code)]
// What came from outside is an error; what cannot fail says why beside it.
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used))]

mod column;
mod commit;
mod connections;
mod dialogs;
mod fault;
mod gateway;
mod load;
mod messages;
mod open;
mod outbox;
mod plugins;
mod prune;
mod readers;
mod save;
mod schema;
mod writer;

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use switchboard_store::*;

use crate::readers::Readers;
use crate::writer::Writer;

/// A SQLite file that this process owns.
///
/// Writes go to one thread, which takes what is waiting into one transaction. Reads by key run where they are asked for: they take
/// microseconds, less than handing them to another thread would; reads that walk through a table go to the blocking threads.
#[derive(Debug)]
pub struct SqliteStore {
    path: PathBuf,
    // Closed before the writer is, so that the writer is the last to close and folds the log into the file.
    readers: std::sync::Arc<Readers>,
    writer: Writer,
}

impl SqliteStore {
    /// Opens `sqlite://path` (or `sqlite:path`), creates the file where there is none and brings its schema up to date.
    /// Needs a tokio runtime to be read and written, not to be opened.
    ///
    /// # Errors
    /// [`StoreError::Held`] while another store, of this or another process, has the file open; [`StoreError::Newer`] where a
    /// newer program has migrated it; [`StoreError::Open`] for everything else, a database in memory among it.
    pub async fn open(url: &str) -> Result<Self> {
        let asked = url.to_owned();
        let opened = tokio::task::spawn_blocking(move || open::open(&asked)).await;
        opened.unwrap_or_else(|error| {
            Err(StoreError::Open {
                url: url.to_owned(),
                source: error.into(),
            })
        })
    }

    /// The database file.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn commit(&self, group: Vec<Write>) -> Result<Vec<Written>> {
        self.writer.commit(group).await
    }

    async fn connections(&self) -> Result<Vec<Connection>> {
        self.readers.walk(connections::all).await
    }
    async fn put_connection(&self, connection: &NewConnection) -> Result<ConnectionId> {
        let new = connection.clone();
        self.writer.run(move |db| connections::put(db, &new)).await
    }
    async fn remove_connection(&self, name: &str) -> Result<bool> {
        let name = name.to_owned();
        self.writer.run(move |db| connections::remove(db, &name)).await
    }

    async fn contact(&self, connection: ConnectionId, chat: ChatId) -> Result<Option<Contact>> {
        self.readers.read(|db| dialogs::contact(db, connection, chat))
    }
    async fn contact_by_username(&self, connection: ConnectionId, username: &str) -> Result<Option<Contact>> {
        self.readers
            .read(|db| dialogs::contact_by_username(db, connection, username))
    }
    async fn dialog(&self, connection: ConnectionId, chat: ChatId) -> Result<Option<Dialog>> {
        self.readers.read(|db| dialogs::dialog(db, connection, chat))
    }
    async fn dialog_by_topic(&self, connection: ConnectionId, topic: TopicId) -> Result<Option<Dialog>> {
        self.readers.read(|db| dialogs::by_topic(db, connection, topic))
    }
    async fn dialogs_to_close(&self, connection: ConnectionId, before: i64, limit: u32) -> Result<Vec<Dialog>> {
        self.readers
            .walk(move |db| dialogs::to_close(db, connection, before, limit))
            .await
    }
    async fn takeovers_to_end(&self, connection: ConnectionId, now: i64, limit: u32) -> Result<Vec<Dialog>> {
        self.readers
            .walk(move |db| dialogs::takeovers_to_end(db, connection, now, limit))
            .await
    }
    async fn dialog_counts(&self, connection: ConnectionId) -> Result<DialogCounts> {
        self.readers.walk(move |db| dialogs::counts(db, connection)).await
    }

    async fn mirror_of_customer_message(
        &self,
        connection: ConnectionId,
        chat: ChatId,
        message: MessageId,
    ) -> Result<Option<Mirror>> {
        self.readers
            .read(|db| messages::mirror_of_customer_message(db, connection, chat, message))
    }
    async fn mirror_of_group_message(&self, connection: ConnectionId, message: MessageId) -> Result<Option<Mirror>> {
        self.readers
            .read(|db| messages::mirror_of_group_message(db, connection, message))
    }
    async fn latest_mirrors(&self, connection: ConnectionId, limit: u32) -> Result<Vec<Mirror>> {
        self.readers.read(|db| messages::latest_mirrors(db, connection, limit))
    }
    async fn album(&self, connection: ConnectionId, place: Place, album: &str) -> Result<Vec<AlbumPart>> {
        self.readers.read(|db| messages::album(db, connection, place, album))
    }
    async fn album_part(
        &self,
        connection: ConnectionId,
        place: Place,
        chat: ChatId,
        message: MessageId,
    ) -> Result<Option<AlbumPart>> {
        self.readers
            .read(|db| messages::album_part(db, connection, place, chat, message))
    }

    async fn unsettled(&self, connection: ConnectionId, after: DeliveryId, limit: u32) -> Result<Vec<Delivery>> {
        self.readers
            .walk(move |db| outbox::unsettled(db, connection, after, limit))
            .await
    }
    async fn delivery(&self, connection: ConnectionId, id: DeliveryId) -> Result<Option<Delivery>> {
        self.readers.read(|db| outbox::delivery(db, connection, id))
    }
    async fn last_delivery(&self, connection: ConnectionId) -> Result<DeliveryId> {
        self.readers.read(|db| outbox::last(db, connection))
    }

    async fn plugin_entry(
        &self,
        connection: ConnectionId,
        plugin: &str,
        key: &str,
        now: i64,
    ) -> Result<Option<PluginEntry>> {
        self.readers.read(|db| plugins::entry(db, connection, plugin, key, now))
    }
    async fn plugin_entries(
        &self,
        connection: ConnectionId,
        plugin: &str,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
        now: i64,
    ) -> Result<Vec<PluginEntry>> {
        self.readers
            .read(|db| plugins::entries(db, connection, plugin, prefix, after, limit, now))
    }
    async fn plugin_usage(&self, connection: ConnectionId, plugin: &str) -> Result<PluginUsage> {
        self.readers.read(|db| plugins::usage(db, connection, plugin))
    }
    async fn template(&self, connection: ConnectionId, name: &str) -> Result<Option<Template>> {
        self.readers.read(|db| plugins::template(db, connection, name))
    }
    async fn templates(
        &self,
        connection: ConnectionId,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Template>> {
        self.readers
            .read(|db| plugins::templates(db, connection, prefix, after, limit))
    }
    async fn due_timers(&self, connection: ConnectionId, now: i64, limit: u32) -> Result<Vec<Timer>> {
        self.readers.read(|db| plugins::due_timers(db, connection, now, limit))
    }
    async fn timer(&self, connection: ConnectionId, plugin: &str, key: &str) -> Result<Option<Timer>> {
        self.readers.read(|db| plugins::timer(db, connection, plugin, key))
    }
    async fn next_timer(&self, connection: ConnectionId) -> Result<Option<i64>> {
        self.readers.read(|db| plugins::next_timer(db, connection))
    }

    async fn gateway(&self, connection: ConnectionId) -> Result<Gateway> {
        self.readers.read(|db| gateway::gateway(db, connection))
    }
    async fn bot_updates(&self, connection: ConnectionId, after: i64, limit: u32) -> Result<Vec<BotUpdate>> {
        self.readers
            .walk(move |db| gateway::bot_updates(db, connection, after, limit))
            .await
    }
    async fn intercepted(&self, connection: ConnectionId, after: i64, limit: u32) -> Result<Vec<Intercepted>> {
        self.readers
            .walk(move |db| gateway::intercepted(db, connection, after, limit))
            .await
    }

    async fn notice(&self, connection: ConnectionId, key: &str) -> Result<Option<i64>> {
        self.readers.read(|db| connections::notice(db, connection, key))
    }
    async fn prune(&self, now: i64, updates_before: i64, albums_before: i64) -> Result<u64> {
        let stale = self
            .readers
            .walk(move |db| prune::find(db, now, updates_before, albums_before))
            .await?;
        if stale.is_empty() {
            return Ok(0);
        }
        self.writer
            .run(move |db| prune::remove(db, &stale, now, updates_before))
            .await
    }
    async fn ping(&self) -> Result<()> {
        self.readers.read(connections::ping)?;
        self.writer.run(|_| Ok(())).await
    }
    async fn close(&self) {
        self.readers.close();
        self.writer.close().await;
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        self.readers.close();
    }
}
