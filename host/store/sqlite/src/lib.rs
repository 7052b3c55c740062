//! SQLite behind the store trait: one file, one host, one writer, every commit on disk before it is answered.
#![forbid(unsafe_code)]

mod commit;
mod connections;
mod dialogs;
mod fault;
mod load;
mod many;
mod messages;
mod open;
mod outbox;
mod plugins;
mod prune;
mod save;

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use sqlx::{SqliteConnection, SqlitePool};
use switchboard_store::*;
use tokio::sync::{Mutex, MutexGuard};

use crate::fault::{closed, database};

/// A SQLite file that this process owns. Reads go to a small pool of their own and never wait for the writer.
#[derive(Debug)]
pub struct SqliteStore {
    path: PathBuf,
    readers: SqlitePool,
    /// `None` once the store is closed.
    writer: Mutex<Option<Writer>>,
}

#[derive(Debug)]
struct Writer {
    connection: SqliteConnection,
    /// Held for as long as the file is open; the system lets go of it when the process dies.
    _ownership: std::fs::File,
}

impl SqliteStore {
    /// Opens `sqlite://path` (or `sqlite:path`), creates the file where there is none and brings its schema up to date.
    ///
    /// # Errors
    /// [`StoreError::Held`] while another store, of this or another process, has the file open; [`StoreError::Newer`] where a
    /// newer program has migrated it; [`StoreError::Open`] for everything else, a database in memory among it.
    pub async fn open(url: &str) -> Result<Self> {
        open::open(url).await
    }

    /// The database file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    async fn writer(&self) -> Result<Guard<'_>> {
        let guard = self.writer.lock().await;
        if guard.is_some() {
            Ok(Guard(guard))
        } else {
            Err(closed())
        }
    }
}

/// The writer of a store that is open.
struct Guard<'a>(MutexGuard<'a, Option<Writer>>);

impl Guard<'_> {
    fn connection(&mut self) -> Result<&mut SqliteConnection> {
        self.0
            .as_mut()
            .map(|writer| &mut writer.connection)
            .ok_or_else(closed)
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn commit(&self, group: Vec<Write>) -> Result<Vec<Written>> {
        commit::commit(self.writer().await?.connection()?, group).await
    }

    async fn connections(&self) -> Result<Vec<Connection>> {
        connections::all(&self.readers).await
    }
    async fn put_connection(&self, connection: &NewConnection) -> Result<ConnectionId> {
        connections::put(self.writer().await?.connection()?, connection).await
    }
    async fn remove_connection(&self, name: &str) -> Result<bool> {
        connections::remove(self.writer().await?.connection()?, name).await
    }

    async fn contact(&self, connection: ConnectionId, chat: ChatId) -> Result<Option<Contact>> {
        dialogs::contact(&self.readers, connection, chat).await
    }
    async fn contact_by_username(
        &self,
        connection: ConnectionId,
        username: &str,
    ) -> Result<Option<Contact>> {
        dialogs::contact_by_username(&self.readers, connection, username).await
    }
    async fn dialog(&self, connection: ConnectionId, chat: ChatId) -> Result<Option<Dialog>> {
        dialogs::dialog(&self.readers, connection, chat).await
    }
    async fn dialog_by_topic(
        &self,
        connection: ConnectionId,
        topic: TopicId,
    ) -> Result<Option<Dialog>> {
        dialogs::by_topic(&self.readers, connection, topic).await
    }
    async fn dialogs_to_close(
        &self,
        connection: ConnectionId,
        before: i64,
        limit: u32,
    ) -> Result<Vec<Dialog>> {
        dialogs::to_close(&self.readers, connection, before, limit).await
    }
    async fn dialog_counts(&self, connection: ConnectionId) -> Result<DialogCounts> {
        dialogs::counts(&self.readers, connection).await
    }

    async fn mirror_of_customer_message(
        &self,
        connection: ConnectionId,
        chat: ChatId,
        message: MessageId,
    ) -> Result<Option<Mirror>> {
        messages::mirror_of_customer_message(&self.readers, connection, chat, message).await
    }
    async fn mirror_of_group_message(
        &self,
        connection: ConnectionId,
        message: MessageId,
    ) -> Result<Option<Mirror>> {
        messages::mirror_of_group_message(&self.readers, connection, message).await
    }
    async fn album(
        &self,
        connection: ConnectionId,
        place: Place,
        album: &str,
    ) -> Result<Vec<AlbumPart>> {
        messages::album(&self.readers, connection, place, album).await
    }
    async fn album_part(
        &self,
        connection: ConnectionId,
        place: Place,
        chat: ChatId,
        message: MessageId,
    ) -> Result<Option<AlbumPart>> {
        messages::album_part(&self.readers, connection, place, chat, message).await
    }

    async fn unsettled(
        &self,
        connection: ConnectionId,
        after: DeliveryId,
        limit: u32,
    ) -> Result<Vec<Delivery>> {
        outbox::unsettled(&self.readers, connection, after, limit).await
    }
    async fn delivery(&self, connection: ConnectionId, id: DeliveryId) -> Result<Option<Delivery>> {
        outbox::delivery(&self.readers, connection, id).await
    }
    async fn last_delivery(&self, connection: ConnectionId) -> Result<DeliveryId> {
        outbox::last(&self.readers, connection).await
    }

    async fn plugin_entry(
        &self,
        connection: ConnectionId,
        plugin: &str,
        key: &str,
        now: i64,
    ) -> Result<Option<PluginEntry>> {
        plugins::entry(&self.readers, connection, plugin, key, now).await
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
        plugins::entries(&self.readers, connection, plugin, prefix, after, limit, now).await
    }
    async fn plugin_usage(&self, connection: ConnectionId, plugin: &str) -> Result<PluginUsage> {
        plugins::usage(&self.readers, connection, plugin).await
    }
    async fn template(&self, connection: ConnectionId, name: &str) -> Result<Option<Template>> {
        plugins::template(&self.readers, connection, name).await
    }
    async fn templates(
        &self,
        connection: ConnectionId,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Template>> {
        plugins::templates(&self.readers, connection, prefix, after, limit).await
    }
    async fn due_timers(
        &self,
        connection: ConnectionId,
        now: i64,
        limit: u32,
    ) -> Result<Vec<Timer>> {
        plugins::due_timers(&self.readers, connection, now, limit).await
    }
    async fn next_timer(&self, connection: ConnectionId) -> Result<Option<i64>> {
        plugins::next_timer(&self.readers, connection).await
    }

    async fn notice(&self, connection: ConnectionId, key: &str) -> Result<Option<i64>> {
        connections::notice(&self.readers, connection, key).await
    }
    async fn prune(&self, now: i64, updates_before: i64, albums_before: i64) -> Result<u64> {
        let stale = prune::find(&self.readers, now, updates_before, albums_before).await?;
        if stale.is_empty() {
            return Ok(0);
        }
        prune::remove(self.writer().await?.connection()?, stale, now).await
    }
    async fn ping(&self) -> Result<()> {
        sqlx::query("SELECT 1 FROM connection LIMIT 1")
            .fetch_optional(&self.readers)
            .await
            .map_err(database)?;
        self.writer().await.map(drop)
    }
    async fn close(&self) {
        let mut writer = self.writer.lock().await;
        self.readers.close().await;
        if let Some(Writer {
            connection,
            _ownership,
        }) = writer.take()
            && let Err(error) = sqlx::Connection::close(connection).await
        {
            tracing::warn!(%error, "the database did not close cleanly; nothing that was committed is lost");
        }
    }
}
