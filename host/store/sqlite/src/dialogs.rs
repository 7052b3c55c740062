//! Reading contacts and dialogs.

use std::collections::BTreeMap;

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqlitePool};
use switchboard_store::*;

use crate::fault::{corrupt, database};

const CONTACT: &str = "SELECT chat, version, first_name, last_name, username, language, blocked, start, tags, properties, first_seen, last_seen \
                       FROM contact WHERE connection = ? AND chat = ?";
// Names move from one account to another: the one that was seen last has it.
const CONTACT_BY_USERNAME: &str = "SELECT chat, version, first_name, last_name, username, language, blocked, start, tags, properties, \
                                   first_seen, last_seen FROM contact WHERE connection = ? AND username = ? \
                                   ORDER BY last_seen DESC, chat DESC LIMIT 1";
const DIALOG: &str = "SELECT chat, version, status, topic, title, topic_closed, generation, created, last_activity, welcomed \
                      FROM dialog WHERE connection = ? AND chat = ?";
const DIALOG_BY_TOPIC: &str = "SELECT chat, version, status, topic, title, topic_closed, generation, created, last_activity, welcomed \
                               FROM dialog WHERE connection = ? AND topic = ? ORDER BY last_activity DESC, chat DESC LIMIT 1";
const TO_CLOSE: &str = "SELECT chat, version, status, topic, title, topic_closed, generation, created, last_activity, welcomed \
                        FROM dialog WHERE connection = ? AND status = 'answered' AND last_activity < ? \
                        ORDER BY last_activity, chat LIMIT ?";
const COUNTS: &str = "SELECT status, count(*) FROM dialog WHERE connection = ? GROUP BY status";

pub async fn contact(
    db: &SqlitePool,
    connection: ConnectionId,
    chat: ChatId,
) -> Result<Option<Contact>> {
    let row = sqlx::query(CONTACT)
        .bind(connection)
        .bind(chat)
        .fetch_optional(db)
        .await
        .map_err(database)?;
    row.map(read_contact).transpose()
}

pub async fn contact_by_username(
    db: &SqlitePool,
    connection: ConnectionId,
    username: &str,
) -> Result<Option<Contact>> {
    let row = sqlx::query(CONTACT_BY_USERNAME)
        .bind(connection)
        .bind(username)
        .fetch_optional(db)
        .await
        .map_err(database)?;
    row.map(read_contact).transpose()
}

pub async fn dialog(
    db: &SqlitePool,
    connection: ConnectionId,
    chat: ChatId,
) -> Result<Option<Dialog>> {
    let row = sqlx::query(DIALOG)
        .bind(connection)
        .bind(chat)
        .fetch_optional(db)
        .await
        .map_err(database)?;
    row.map(read_dialog).transpose()
}

pub async fn by_topic(
    db: &SqlitePool,
    connection: ConnectionId,
    topic: TopicId,
) -> Result<Option<Dialog>> {
    let row = sqlx::query(DIALOG_BY_TOPIC)
        .bind(connection)
        .bind(topic)
        .fetch_optional(db)
        .await
        .map_err(database)?;
    row.map(read_dialog).transpose()
}

pub async fn to_close(
    db: &SqlitePool,
    connection: ConnectionId,
    before: i64,
    limit: u32,
) -> Result<Vec<Dialog>> {
    let rows = sqlx::query(TO_CLOSE)
        .bind(connection)
        .bind(before)
        .bind(limit)
        .fetch_all(db)
        .await
        .map_err(database)?;
    rows.into_iter().map(read_dialog).collect()
}

pub async fn counts(db: &SqlitePool, connection: ConnectionId) -> Result<DialogCounts> {
    let rows: Vec<(String, i64)> = sqlx::query_as(COUNTS)
        .bind(connection)
        .fetch_all(db)
        .await
        .map_err(database)?;
    let mut counts = DialogCounts::default();
    for (word, number) in rows {
        let place =
            match Status::from_word(&word).ok_or_else(|| corrupt("a dialog's status", &word))? {
                Status::Waiting => &mut counts.waiting,
                Status::Answered => &mut counts.answered,
                Status::Closed => &mut counts.closed,
            };
        *place = number.unsigned_abs();
    }
    Ok(counts)
}

fn read_contact(row: SqliteRow) -> Result<Contact> {
    let broken = |error: serde_json::Error| StoreError::Corrupt {
        what: "a contact's tags or properties",
        source: error.into(),
    };
    let tags: &str = row.try_get(8).map_err(database)?;
    let properties: &str = row.try_get(9).map_err(database)?;
    let properties: BTreeMap<String, String> = serde_json::from_str(properties).map_err(broken)?;
    let tags = serde_json::from_str(tags).map_err(broken)?;
    let read = || -> sqlx::Result<Contact> {
        Ok(Contact {
            chat: row.try_get(0)?,
            version: row.try_get(1)?,
            first_name: row.try_get(2)?,
            last_name: row.try_get(3)?,
            username: row.try_get(4)?,
            language: row.try_get(5)?,
            blocked: row.try_get(6)?,
            start: row.try_get(7)?,
            tags,
            properties: properties.into_iter().collect(),
            first_seen: row.try_get(10)?,
            last_seen: row.try_get(11)?,
        })
    };
    read().map_err(database)
}

fn read_dialog(row: SqliteRow) -> Result<Dialog> {
    let word: &str = row.try_get(2).map_err(database)?;
    let status = Status::from_word(word).ok_or_else(|| corrupt("a dialog's status", word))?;
    let read = || -> sqlx::Result<Dialog> {
        Ok(Dialog {
            chat: row.try_get(0)?,
            version: row.try_get(1)?,
            status,
            topic: row.try_get(3)?,
            title: row.try_get(4)?,
            topic_closed: row.try_get(5)?,
            generation: row.try_get(6)?,
            created: row.try_get(7)?,
            last_activity: row.try_get(8)?,
            welcomed: row.try_get(9)?,
        })
    };
    read().map_err(database)
}
