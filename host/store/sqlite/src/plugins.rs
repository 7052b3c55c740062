//! Reading what plugins keep: entries, templates, timers.

use rusqlite::{Connection as Db, OptionalExtension, Result, Row, params};
use switchboard_store::{ConnectionId, PluginEntry, PluginUsage, Template, Timer};

use crate::column::numbers;

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
const TIMER: &str =
    "SELECT plugin, key, version, due, dialog, payload FROM timer WHERE connection = ? AND plugin = ? AND key = ?";
const NEXT: &str = "SELECT min(due) FROM timer WHERE connection = ?";

pub fn entry(db: &Db, connection: ConnectionId, plugin: &str, key: &str, now: i64) -> Result<Option<PluginEntry>> {
    db.prepare_cached(ENTRY)?
        .query_row(params![connection, plugin, key, now], read_entry)
        .optional()
}

pub fn entries(
    db: &Db,
    connection: ConnectionId,
    plugin: &str,
    prefix: &str,
    after: Option<&str>,
    limit: u32,
    now: i64,
) -> Result<Vec<PluginEntry>> {
    let from = after.map_or(prefix, |after| after.max(prefix));
    let mut query = db.prepare_cached(ENTRIES)?;
    query
        .query_map(
            params![connection, plugin, from, after, beyond(prefix), now, limit],
            read_entry,
        )?
        .collect()
}

pub fn usage(db: &Db, connection: ConnectionId, plugin: &str) -> Result<PluginUsage> {
    let read = |row: &Row<'_>| {
        Ok(PluginUsage {
            keys: row.get::<_, i64>(0)?.unsigned_abs(),
            bytes: row.get::<_, i64>(1)?.unsigned_abs(),
        })
    };
    let found = db
        .prepare_cached(USAGE)?
        .query_row(params![connection, plugin], read)
        .optional()?;
    Ok(found.unwrap_or_default())
}

pub fn template(db: &Db, connection: ConnectionId, name: &str) -> Result<Option<Template>> {
    db.prepare_cached(TEMPLATE)?
        .query_row(params![connection, name.to_lowercase()], read_template)
        .optional()
}

pub fn templates(
    db: &Db,
    connection: ConnectionId,
    prefix: &str,
    after: Option<&str>,
    limit: u32,
) -> Result<Vec<Template>> {
    let (prefix, after) = (prefix.to_lowercase(), after.map(str::to_lowercase));
    let end = beyond(&prefix);
    let from = after.as_deref().map_or(prefix.as_str(), |after| after.max(&prefix));
    db.prepare_cached(TEMPLATES)?
        .query_map(params![connection, from, after, end, limit], read_template)?
        .collect()
}

pub fn due_timers(db: &Db, connection: ConnectionId, now: i64, limit: u32) -> Result<Vec<Timer>> {
    db.prepare_cached(DUE)?
        .query_map(params![connection, now, limit], read_timer)?
        .collect()
}

pub fn timer(db: &Db, connection: ConnectionId, plugin: &str, key: &str) -> Result<Option<Timer>> {
    db.prepare_cached(TIMER)?
        .query_row(params![connection, plugin, key], read_timer)
        .optional()
}

pub fn next_timer(db: &Db, connection: ConnectionId) -> Result<Option<i64>> {
    db.prepare_cached(NEXT)?.query_row([connection], |row| row.get(0))
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

fn read_entry(row: &Row<'_>) -> Result<PluginEntry> {
    Ok(PluginEntry {
        key: row.get(0)?,
        version: row.get(1)?,
        expires: row.get(2)?,
        value: row.get(3)?,
    })
}

fn read_template(row: &Row<'_>) -> Result<Template> {
    Ok(Template {
        name: row.get(0)?,
        version: row.get(1)?,
        kind: row.get(2)?,
        preview: row.get(3)?,
        source_chat: row.get(4)?,
        source_topic: row.get(5)?,
        source_messages: numbers(row, 6)?,
        saved: row.get(7)?,
        contents: row.get(8)?,
    })
}

fn read_timer(row: &Row<'_>) -> Result<Timer> {
    Ok(Timer {
        plugin: row.get(0)?,
        key: row.get(1)?,
        version: row.get(2)?,
        due: row.get(3)?,
        dialog: row.get(4)?,
        payload: row.get(5)?,
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
