//! Forgetting: a reader looks for what is stale, so that the writer only deletes by key.

use rusqlite::{Connection as Db, Result, Row, TransactionBehavior, params};

/// Rows of each kind that one call forgets at most.
const BOUND: u32 = 2000;

const UPDATES: &str = "SELECT connection, id FROM known_update WHERE at < ? LIMIT ?";
const ALBUMS: &str = "SELECT connection, place, chat, message FROM album_part WHERE at < ? LIMIT ?";
const ENTRIES: &str = "SELECT connection, plugin, key FROM plugin_entry WHERE expires <= ? LIMIT ?";
const BOT_UPDATES: &str = "SELECT connection, position FROM bot_update WHERE at < ? LIMIT ?";
const INTERCEPTED: &str = "SELECT connection, seq FROM intercepted WHERE at < ? LIMIT ?";

const DROP_UPDATE: &str = "DELETE FROM known_update WHERE connection = ? AND id = ?";
const DROP_ALBUM: &str = "DELETE FROM album_part WHERE connection = ? AND place = ? AND chat = ? AND message = ?";
// These are looked at again: a row may have been written anew in between.
const DROP_ENTRY: &str = "DELETE FROM plugin_entry WHERE connection = ? AND plugin = ? AND key = ? AND expires <= ?";
const DROP_BOT_UPDATE: &str = "DELETE FROM bot_update WHERE connection = ? AND position = ? AND at < ?";
const DROP_INTERCEPTED: &str = "DELETE FROM intercepted WHERE connection = ? AND seq = ? AND at < ?";

#[derive(Debug)]
pub struct Stale {
    updates: Vec<(i64, i64)>,
    albums: Vec<(i64, String, i64, i64)>,
    entries: Vec<(i64, String, String)>,
    bot_updates: Vec<(i64, i64)>,
    intercepted: Vec<(i64, i64)>,
}

impl Stale {
    pub fn is_empty(&self) -> bool {
        self.updates.is_empty()
            && self.albums.is_empty()
            && self.entries.is_empty()
            && self.bot_updates.is_empty()
            && self.intercepted.is_empty()
    }
}

pub fn find(db: &Db, now: i64, updates_before: i64, albums_before: i64) -> Result<Stale> {
    Ok(Stale {
        updates: list(db, UPDATES, updates_before, |row| Ok((row.get(0)?, row.get(1)?)))?,
        albums: list(db, ALBUMS, albums_before, |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })?,
        entries: list(db, ENTRIES, now, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?,
        bot_updates: list(db, BOT_UPDATES, updates_before, |row| Ok((row.get(0)?, row.get(1)?)))?,
        intercepted: list(db, INTERCEPTED, updates_before, |row| Ok((row.get(0)?, row.get(1)?)))?,
    })
}

fn list<T>(db: &Db, sql: &str, before: i64, read: impl FnMut(&Row<'_>) -> Result<T>) -> Result<Vec<T>> {
    db.prepare_cached(sql)?
        .query_map(params![before, BOUND], read)?
        .collect()
}

pub fn remove(db: &mut Db, stale: &Stale, now: i64, updates_before: i64) -> Result<u64> {
    let db = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut gone = 0;
    for (connection, id) in &stale.updates {
        gone += db.prepare_cached(DROP_UPDATE)?.execute(params![connection, id])?;
    }
    for (connection, place, chat, message) in &stale.albums {
        gone += db
            .prepare_cached(DROP_ALBUM)?
            .execute(params![connection, place, chat, message])?;
    }
    for (connection, plugin, key) in &stale.entries {
        gone += db
            .prepare_cached(DROP_ENTRY)?
            .execute(params![connection, plugin, key, now])?;
    }
    for (connection, position) in &stale.bot_updates {
        gone += db
            .prepare_cached(DROP_BOT_UPDATE)?
            .execute(params![connection, position, updates_before])?;
    }
    for (connection, seq) in &stale.intercepted {
        gone += db
            .prepare_cached(DROP_INTERCEPTED)?
            .execute(params![connection, seq, updates_before])?;
    }
    db.commit()?;
    Ok(gone as u64)
}
