//! Reading contacts and dialogs.

use rusqlite::{Connection as Db, OptionalExtension, Result, Row, params};
use switchboard_store::{ChatId, ConnectionId, Contact, Dialog, DialogCounts, Status, TopicId};

use crate::column::{pairs, strings, word};

const CONTACT: &str = "SELECT chat, version, first_name, last_name, username, language, blocked, start, tags, properties, first_seen, last_seen \
                       FROM contact WHERE connection = ? AND chat = ?";
// Names move from one account to another: the one that was seen last has it.
const CONTACT_BY_USERNAME: &str = "SELECT chat, version, first_name, last_name, username, language, blocked, start, tags, properties, \
                                   first_seen, last_seen FROM contact WHERE connection = ? AND username = ? \
                                   ORDER BY last_seen DESC, chat DESC LIMIT 1";
const DIALOG: &str = "SELECT chat, version, status, topic, title, topic_closed, generation, created, last_activity, welcomed, \
                      taken_over, takeover_ends \
                      FROM dialog WHERE connection = ? AND chat = ?";
const DIALOG_BY_TOPIC: &str = "SELECT chat, version, status, topic, title, topic_closed, generation, created, last_activity, welcomed, \
                               taken_over, takeover_ends \
                               FROM dialog WHERE connection = ? AND topic = ? ORDER BY last_activity DESC, chat DESC LIMIT 1";
const TO_CLOSE: &str = "SELECT chat, version, status, topic, title, topic_closed, generation, created, last_activity, welcomed, \
                        taken_over, takeover_ends \
                        FROM dialog WHERE connection = ? AND status = 'answered' AND last_activity < ? \
                        ORDER BY last_activity, chat LIMIT ?";
const TAKEOVERS_TO_END: &str = "SELECT chat, version, status, topic, title, topic_closed, generation, created, last_activity, welcomed, \
                                taken_over, takeover_ends FROM dialog \
                                WHERE connection = ? AND takeover_ends <= ? AND taken_over IS NOT NULL \
                                ORDER BY takeover_ends, chat LIMIT ?";
const COUNTS: &str = "SELECT status, count(*) FROM dialog WHERE connection = ? GROUP BY status";

pub fn contact(db: &Db, connection: ConnectionId, chat: ChatId) -> Result<Option<Contact>> {
    db.prepare_cached(CONTACT)?
        .query_row(params![connection, chat], read_contact)
        .optional()
}

pub fn contact_by_username(db: &Db, connection: ConnectionId, username: &str) -> Result<Option<Contact>> {
    db.prepare_cached(CONTACT_BY_USERNAME)?
        .query_row(params![connection, username], read_contact)
        .optional()
}

pub fn dialog(db: &Db, connection: ConnectionId, chat: ChatId) -> Result<Option<Dialog>> {
    db.prepare_cached(DIALOG)?
        .query_row(params![connection, chat], read_dialog)
        .optional()
}

pub fn by_topic(db: &Db, connection: ConnectionId, topic: TopicId) -> Result<Option<Dialog>> {
    db.prepare_cached(DIALOG_BY_TOPIC)?
        .query_row(params![connection, topic], read_dialog)
        .optional()
}

pub fn to_close(db: &Db, connection: ConnectionId, before: i64, limit: u32) -> Result<Vec<Dialog>> {
    db.prepare_cached(TO_CLOSE)?
        .query_map(params![connection, before, limit], read_dialog)?
        .collect()
}

pub fn takeovers_to_end(db: &Db, connection: ConnectionId, now: i64, limit: u32) -> Result<Vec<Dialog>> {
    db.prepare_cached(TAKEOVERS_TO_END)?
        .query_map(params![connection, now, limit], read_dialog)?
        .collect()
}

pub fn counts(db: &Db, connection: ConnectionId) -> Result<DialogCounts> {
    let mut counts = DialogCounts::default();
    let mut count = db.prepare_cached(COUNTS)?;
    let mut rows = count.query([connection])?;
    while let Some(row) = rows.next()? {
        let number = row.get::<_, i64>(1)?.unsigned_abs();
        match word(row, 0, Status::from_word)? {
            Status::Waiting => counts.waiting = number,
            Status::Answered => counts.answered = number,
            Status::Closed => counts.closed = number,
        }
    }
    Ok(counts)
}

fn read_contact(row: &Row<'_>) -> Result<Contact> {
    Ok(Contact {
        chat: row.get(0)?,
        version: row.get(1)?,
        first_name: row.get(2)?,
        last_name: row.get(3)?,
        username: row.get(4)?,
        language: row.get(5)?,
        blocked: row.get(6)?,
        start: row.get(7)?,
        tags: strings(row, 8)?,
        properties: pairs(row, 9)?,
        first_seen: row.get(10)?,
        last_seen: row.get(11)?,
    })
}

fn read_dialog(row: &Row<'_>) -> Result<Dialog> {
    Ok(Dialog {
        chat: row.get(0)?,
        version: row.get(1)?,
        status: word(row, 2, Status::from_word)?,
        topic: row.get(3)?,
        title: row.get(4)?,
        topic_closed: row.get(5)?,
        generation: row.get(6)?,
        created: row.get(7)?,
        last_activity: row.get(8)?,
        welcomed: row.get(9)?,
        taken_over: row.get(10)?,
        takeover_ends: row.get(11)?,
    })
}
