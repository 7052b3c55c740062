//! Forgetting: readers look for what is stale, so that the writer only deletes by key.

use sqlx::{Connection, SqliteConnection, SqlitePool};
use switchboard_store::Result;

use crate::fault::database;
use crate::many::Many;

/// Rows of each kind that one call forgets at most.
const BOUND: u32 = 2000;

const UPDATES: &str = "SELECT connection, id FROM known_update WHERE at < ? LIMIT ?";
const ALBUMS: &str = "SELECT connection, place, chat, message FROM album_part WHERE at < ? LIMIT ?";
const ENTRIES: &str = "SELECT connection, plugin, key FROM plugin_entry WHERE expires <= ? LIMIT ?";

const DROP_UPDATES: Many = Many {
    head: "DELETE FROM known_update WHERE (connection, id) IN (VALUES",
    width: 2,
    tail: ")",
};
const DROP_ALBUMS: Many = Many {
    head: "DELETE FROM album_part WHERE (connection, place, chat, message) IN (VALUES",
    width: 4,
    tail: ")",
};
// Looked at again: it may have been written anew in between.
const DROP_ENTRIES: Many = Many {
    head: "WITH stale (c, p, k, n) AS (VALUES",
    width: 4,
    tail: ") DELETE FROM plugin_entry WHERE (connection, plugin, key) IN (SELECT c, p, k FROM stale) AND expires <= (SELECT max(n) FROM stale)",
};

#[derive(Debug)]
pub struct Stale {
    updates: Vec<(i64, i64)>,
    albums: Vec<(i64, String, i64, i64)>,
    entries: Vec<(i64, String, String)>,
}

impl Stale {
    pub fn is_empty(&self) -> bool {
        self.updates.is_empty() && self.albums.is_empty() && self.entries.is_empty()
    }
}

pub async fn find(
    db: &SqlitePool,
    now: i64,
    updates_before: i64,
    albums_before: i64,
) -> Result<Stale> {
    let updates = sqlx::query_as(UPDATES)
        .bind(updates_before)
        .bind(BOUND)
        .fetch_all(db)
        .await
        .map_err(database)?;
    let albums = sqlx::query_as(ALBUMS)
        .bind(albums_before)
        .bind(BOUND)
        .fetch_all(db)
        .await
        .map_err(database)?;
    let entries = sqlx::query_as(ENTRIES)
        .bind(now)
        .bind(BOUND)
        .fetch_all(db)
        .await
        .map_err(database)?;
    Ok(Stale {
        updates,
        albums,
        entries,
    })
}

pub async fn remove(db: &mut SqliteConnection, stale: Stale, now: i64) -> Result<u64> {
    drop_rows(db, stale, now).await.map_err(database)
}

async fn drop_rows(db: &mut SqliteConnection, stale: Stale, now: i64) -> sqlx::Result<u64> {
    let mut transaction = db.begin_with("BEGIN IMMEDIATE").await?;
    let db = &mut *transaction;
    let mut gone = DROP_UPDATES
        .execute(db, stale.updates, |row, (connection, id)| {
            row.put(connection).put(id);
        })
        .await?;
    gone += DROP_ALBUMS
        .execute(
            db,
            stale.albums,
            |row, (connection, place, chat, message)| {
                row.put(connection).put(place).put(chat).put(message);
            },
        )
        .await?;
    gone += DROP_ENTRIES
        .execute(db, stale.entries, |row, (connection, plugin, key)| {
            row.put(connection).put(plugin).put(key).put(now);
        })
        .await?;
    transaction.commit().await?;
    Ok(gone)
}
