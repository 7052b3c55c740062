//! Reading what plugins keep: entries, templates, timers.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqlitePool};
use switchboard_store::*;

use crate::fault::database;

const ENTRY: &str = "SELECT key, version, expires, value FROM plugin_entry \
                     WHERE connection = ? AND plugin = ? AND key = ? AND (expires IS NULL OR expires > ?)";
// Keys compare by their bytes, so a prefix is a range. `from` is inclusive, `after` is not.
const ENTRIES: &str = "SELECT key, version, expires, value FROM plugin_entry \
                       WHERE connection = ?1 AND plugin = ?2 AND key >= ?3 AND (?4 IS NULL OR key > ?4) AND (?5 IS NULL OR key < ?5) \
                       AND (expires IS NULL OR expires > ?6) ORDER BY key LIMIT ?7";
const USAGE: &str = "SELECT keys, bytes FROM plugin_usage WHERE connection = ? AND plugin = ?";
const TEMPLATE: &str = "SELECT name, version, kind, preview, source_chat, source_topic, source_messages, saved, contents \
                        FROM template WHERE connection = ? AND key = ?";
const TEMPLATES: &str = "SELECT name, version, kind, preview, source_chat, source_topic, source_messages, saved, contents \
                         FROM template WHERE connection = ?1 AND key >= ?2 AND (?3 IS NULL OR key > ?3) AND (?4 IS NULL OR key < ?4) \
                         ORDER BY key LIMIT ?5";
const DUE: &str = "SELECT plugin, key, version, due, dialog, payload FROM timer \
                   WHERE connection = ? AND due <= ? ORDER BY due, plugin, key LIMIT ?";
const NEXT: &str = "SELECT min(due) FROM timer WHERE connection = ?";

pub async fn entry(
    db: &SqlitePool,
    connection: ConnectionId,
    plugin: &str,
    key: &str,
    now: i64,
) -> Result<Option<PluginEntry>> {
    let row = sqlx::query(ENTRY)
        .bind(connection)
        .bind(plugin)
        .bind(key)
        .bind(now)
        .fetch_optional(db)
        .await
        .map_err(database)?;
    row.map(read_entry).transpose().map_err(database)
}

pub async fn entries(
    db: &SqlitePool,
    connection: ConnectionId,
    plugin: &str,
    prefix: &str,
    after: Option<&str>,
    limit: u32,
    now: i64,
) -> Result<Vec<PluginEntry>> {
    let query = sqlx::query(ENTRIES)
        .bind(connection)
        .bind(plugin)
        .bind(after.map_or(prefix, |after| after.max(prefix)))
        .bind(after);
    let rows = query
        .bind(beyond(prefix))
        .bind(now)
        .bind(limit)
        .fetch_all(db)
        .await
        .map_err(database)?;
    rows.into_iter()
        .map(|row| read_entry(row).map_err(database))
        .collect()
}

pub async fn usage(db: &SqlitePool, connection: ConnectionId, plugin: &str) -> Result<PluginUsage> {
    let found: Option<(i64, i64)> = sqlx::query_as(USAGE)
        .bind(connection)
        .bind(plugin)
        .fetch_optional(db)
        .await
        .map_err(database)?;
    let (keys, bytes) = found.unwrap_or_default();
    Ok(PluginUsage {
        keys: keys.unsigned_abs(),
        bytes: bytes.unsigned_abs(),
    })
}

pub async fn template(
    db: &SqlitePool,
    connection: ConnectionId,
    name: &str,
) -> Result<Option<Template>> {
    let row = sqlx::query(TEMPLATE)
        .bind(connection)
        .bind(name.to_lowercase())
        .fetch_optional(db)
        .await
        .map_err(database)?;
    row.map(read_template).transpose()
}

pub async fn templates(
    db: &SqlitePool,
    connection: ConnectionId,
    prefix: &str,
    after: Option<&str>,
    limit: u32,
) -> Result<Vec<Template>> {
    let (prefix, after) = (prefix.to_lowercase(), after.map(str::to_lowercase));
    let end = beyond(&prefix);
    let from = after
        .clone()
        .map_or(prefix.clone(), |after| after.max(prefix));
    let query = sqlx::query(TEMPLATES)
        .bind(connection)
        .bind(from)
        .bind(after)
        .bind(end)
        .bind(limit);
    query
        .fetch_all(db)
        .await
        .map_err(database)?
        .into_iter()
        .map(read_template)
        .collect()
}

pub async fn due_timers(
    db: &SqlitePool,
    connection: ConnectionId,
    now: i64,
    limit: u32,
) -> Result<Vec<Timer>> {
    let rows = sqlx::query(DUE)
        .bind(connection)
        .bind(now)
        .bind(limit)
        .fetch_all(db)
        .await
        .map_err(database)?;
    rows.into_iter()
        .map(|row| read_timer(row).map_err(database))
        .collect()
}

pub async fn next_timer(db: &SqlitePool, connection: ConnectionId) -> Result<Option<i64>> {
    sqlx::query_scalar(NEXT)
        .bind(connection)
        .fetch_one(db)
        .await
        .map_err(database)
}

/// The least string above all strings with this prefix; `None` where there is none above.
fn beyond(prefix: &str) -> Option<String> {
    let mut end: Vec<char> = prefix.chars().collect();
    while let Some(last) = end.pop() {
        let next = if last == '\u{d7ff}' {
            Some('\u{e000}')
        } else {
            char::from_u32(u32::from(last) + 1)
        };
        if let Some(next) = next {
            end.push(next);
            return Some(end.into_iter().collect());
        }
    }
    None
}

fn read_entry(row: SqliteRow) -> sqlx::Result<PluginEntry> {
    Ok(PluginEntry {
        key: row.try_get(0)?,
        version: row.try_get(1)?,
        expires: row.try_get(2)?,
        value: row.try_get(3)?,
    })
}

fn read_template(row: SqliteRow) -> Result<Template> {
    let messages: &str = row.try_get(6).map_err(database)?;
    let source_messages = serde_json::from_str(messages).map_err(|error| StoreError::Corrupt {
        what: "a template's source",
        source: error.into(),
    })?;
    let read = || -> sqlx::Result<Template> {
        Ok(Template {
            name: row.try_get(0)?,
            version: row.try_get(1)?,
            kind: row.try_get(2)?,
            preview: row.try_get(3)?,
            source_chat: row.try_get(4)?,
            source_topic: row.try_get(5)?,
            source_messages,
            saved: row.try_get(7)?,
            contents: row.try_get(8)?,
        })
    };
    read().map_err(database)
}

fn read_timer(row: SqliteRow) -> sqlx::Result<Timer> {
    Ok(Timer {
        plugin: row.try_get(0)?,
        key: row.try_get(1)?,
        version: row.try_get(2)?,
        due: row.try_get(3)?,
        dialog: row.try_get(4)?,
        payload: row.try_get(5)?,
    })
}

#[cfg(test)]
mod tests {
    use super::beyond;

    #[test]
    fn the_end_of_a_prefix_is_the_next_string_of_its_length_or_shorter() {
        assert_eq!(beyond(""), None);
        assert_eq!(beyond("ab").as_deref(), Some("ac"));
        assert_eq!(beyond("a\u{10ffff}").as_deref(), Some("b"));
        assert_eq!(beyond("\u{10ffff}\u{10ffff}"), None);
        assert_eq!(beyond("\u{d7ff}").as_deref(), Some("\u{e000}"));
    }
}
