//! Writing what a group comes to, table by table, each statement prepared once.

use rusqlite::{CachedStatement, Connection as Db, Result, params};
use switchboard_store::StoreError;
use switchboard_store::plan::Batch;

use crate::column::{of_numbers, of_pairs, of_strings};
use crate::fault::{database, delivery_insert};
use crate::gateway;

const UPDATE: &str = "INSERT INTO known_update (connection, id, at) VALUES (?, ?, ?)";
const CONTACT: &str = "INSERT INTO contact (connection, chat, version, first_name, last_name, username, language, blocked, start, tags, \
     properties, first_seen, last_seen) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
     ON CONFLICT DO UPDATE SET version = excluded.version, first_name = excluded.first_name, last_name = excluded.last_name, \
     username = excluded.username, language = excluded.language, blocked = excluded.blocked, start = excluded.start, \
     tags = excluded.tags, properties = excluded.properties, first_seen = excluded.first_seen, last_seen = excluded.last_seen";
const DIALOG: &str = "INSERT INTO dialog (connection, chat, version, status, topic, title, topic_closed, generation, created, \
     last_activity, welcomed, taken_over, takeover_ends) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
     ON CONFLICT DO UPDATE SET version = excluded.version, status = excluded.status, topic = excluded.topic, title = excluded.title, \
     topic_closed = excluded.topic_closed, generation = excluded.generation, created = excluded.created, \
     last_activity = excluded.last_activity, welcomed = excluded.welcomed, taken_over = excluded.taken_over, \
     takeover_ends = excluded.takeover_ends";
const MIRROR: &str = "INSERT INTO mirror (connection, chat, customer_message, group_message, topic, direction, kind, delivery, at) \
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) \
     ON CONFLICT DO UPDATE SET topic = excluded.topic, direction = excluded.direction, kind = excluded.kind, \
     delivery = excluded.delivery, at = excluded.at";
const ALBUM_PART: &str = "INSERT INTO album_part (connection, place, chat, message, album, at, content) VALUES (?, ?, ?, ?, ?, ?, ?) \
     ON CONFLICT DO UPDATE SET album = excluded.album, at = excluded.at, content = excluded.content";
const CONNECTION: &str = "UPDATE connection_state SET cursor = max(cursor, coalesce(?2, cursor)), \
     last_delivery = max(last_delivery, coalesce(?3, last_delivery)), group_id = coalesce(?4, group_id) WHERE connection = ?1";

const NEW_DELIVERY: &str =
    "INSERT INTO delivery (connection, id, state, lane, chat, not_before, created, op) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
const CHANGED_DELIVERY: &str = "UPDATE delivery SET state = coalesce(?3, state), not_before = coalesce(?4, not_before), op = coalesce(?5, op) \
     WHERE connection = ?1 AND id = ?2";
// Its attempt goes with it.
const GONE_DELIVERY: &str = "DELETE FROM delivery WHERE connection = ? AND id = ?";
const ATTEMPT: &str = "INSERT INTO attempt (connection, delivery, number, started_at, outcome) VALUES (?, ?, ?, ?, ?) \
     ON CONFLICT DO UPDATE SET number = excluded.number, started_at = excluded.started_at, outcome = excluded.outcome";

const ENTRY: &str = "INSERT INTO plugin_entry (connection, plugin, key, version, expires, value) VALUES (?, ?, ?, ?, ?, ?) \
     ON CONFLICT DO UPDATE SET version = excluded.version, expires = excluded.expires, value = excluded.value";
const GONE_ENTRY: &str = "DELETE FROM plugin_entry WHERE connection = ? AND plugin = ? AND key = ?";
const TEMPLATE: &str = "INSERT INTO template (connection, key, version, name, kind, preview, source_chat, source_topic, source_messages, \
     saved, contents) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
     ON CONFLICT DO UPDATE SET version = excluded.version, name = excluded.name, kind = excluded.kind, preview = excluded.preview, \
     source_chat = excluded.source_chat, source_topic = excluded.source_topic, source_messages = excluded.source_messages, \
     saved = excluded.saved, contents = excluded.contents";
const GONE_TEMPLATE: &str = "DELETE FROM template WHERE connection = ? AND key = ?";
const TIMER: &str = "INSERT INTO timer (connection, plugin, key, version, due, dialog, payload) VALUES (?, ?, ?, ?, ?, ?, ?) \
     ON CONFLICT DO UPDATE SET version = excluded.version, due = excluded.due, dialog = excluded.dialog, payload = excluded.payload";
const GONE_TIMER: &str = "DELETE FROM timer WHERE connection = ? AND plugin = ? AND key = ?";
const NOTICE: &str =
    "INSERT INTO notice (connection, key, at) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET at = excluded.at";
const GONE_NOTICE: &str = "DELETE FROM notice WHERE connection = ? AND key = ?";

pub fn batch(db: &Db, batch: &Batch) -> std::result::Result<(), StoreError> {
    each(db, GONE_DELIVERY, &batch.gone_deliveries, |delete, (connection, id)| {
        delete.execute(params![connection, id])
    })
    .map_err(database)?;
    let inserted = each(db, NEW_DELIVERY, &batch.new_deliveries, |insert, (connection, it)| {
        insert.execute(params![
            connection,
            it.id,
            it.state.word(),
            it.lane,
            it.chat,
            it.not_before,
            it.created,
            it.op
        ])
    });
    inserted.map_err(delivery_insert)?;
    outbox(db, batch)
        .and_then(|()| conversation(db, batch))
        .and_then(|()| plugins(db, batch))
        .and_then(|()| gateway::save(db, batch))
        .map_err(database)
}

fn outbox(db: &Db, batch: &Batch) -> Result<()> {
    each(
        db,
        CHANGED_DELIVERY,
        &batch.changed_deliveries,
        |update, (connection, id, it)| {
            update.execute(params![
                connection,
                id,
                it.state.map(|state| state.word()),
                it.not_before,
                it.op
            ])
        },
    )?;
    each(db, ATTEMPT, &batch.attempts, |put, (connection, delivery, it)| {
        put.execute(params![connection, delivery, it.number, it.started_at, it.outcome])
    })
}

fn conversation(db: &Db, batch: &Batch) -> Result<()> {
    each(db, UPDATE, &batch.updates, |insert, ((connection, id), at)| {
        insert.execute(params![connection, id, at])
    })?;
    each(db, CONTACT, &batch.contacts, |put, ((connection, chat), it)| {
        let (tags, properties) = (of_strings(&it.tags), of_pairs(&it.properties));
        put.execute(params![
            connection,
            chat,
            it.version,
            it.first_name,
            it.last_name,
            it.username,
            it.language,
            it.blocked,
            it.start,
            tags,
            properties,
            it.first_seen,
            it.last_seen
        ])
    })?;
    each(db, DIALOG, &batch.dialogs, |put, ((connection, chat), it)| {
        put.execute(params![
            connection,
            chat,
            it.version,
            it.status.word(),
            it.topic,
            it.title,
            it.topic_closed,
            it.generation,
            it.created,
            it.last_activity,
            it.welcomed,
            it.taken_over,
            it.takeover_ends
        ])
    })?;
    each(
        db,
        MIRROR,
        &batch.mirrors,
        |put, ((connection, chat, customer, group), it)| {
            put.execute(params![
                connection,
                chat,
                customer,
                group,
                it.topic,
                it.direction.word(),
                it.kind,
                it.delivery,
                it.at
            ])
        },
    )?;
    each(
        db,
        ALBUM_PART,
        &batch.albums,
        |put, ((connection, place, chat, message), it)| {
            put.execute(params![connection, place, chat, message, it.album, it.at, it.content])
        },
    )?;
    each(db, CONNECTION, &batch.connections, |update, (connection, it)| {
        update.execute(params![connection, it.cursor, it.last_delivery, it.group])
    })?;
    each(db, NOTICE, put(&batch.notices), |put, ((connection, key), at)| {
        put.execute(params![connection, key, at])
    })?;
    each(db, GONE_NOTICE, gone(&batch.notices), |delete, (connection, key)| {
        delete.execute(params![connection, key])
    })
}

fn plugins(db: &Db, batch: &Batch) -> Result<()> {
    each(
        db,
        ENTRY,
        put(&batch.entries),
        |put, ((connection, plugin, key), it)| {
            put.execute(params![connection, plugin, key, it.version, it.expires, it.value])
        },
    )?;
    each(
        db,
        GONE_ENTRY,
        gone(&batch.entries),
        |delete, (connection, plugin, key)| delete.execute(params![connection, plugin, key]),
    )?;
    each(db, TEMPLATE, put(&batch.templates), |put, ((connection, key), it)| {
        let messages = of_numbers(&it.source_messages);
        put.execute(params![
            connection,
            key,
            it.version,
            it.name,
            it.kind,
            it.preview,
            it.source_chat,
            it.source_topic,
            messages,
            it.saved,
            it.contents
        ])
    })?;
    each(
        db,
        GONE_TEMPLATE,
        gone(&batch.templates),
        |delete, (connection, key)| delete.execute(params![connection, key]),
    )?;
    each(db, TIMER, put(&batch.timers), |put, ((connection, plugin, key), it)| {
        put.execute(params![
            connection, plugin, key, it.version, it.due, it.dialog, it.payload
        ])
    })?;
    each(
        db,
        GONE_TIMER,
        gone(&batch.timers),
        |delete, (connection, plugin, key)| delete.execute(params![connection, plugin, key]),
    )
}

/// Runs one statement for every row.
pub fn each<T>(
    db: &Db,
    sql: &str,
    rows: impl IntoIterator<Item = T>,
    run: impl Fn(&mut CachedStatement<'_>, T) -> Result<usize>,
) -> Result<()> {
    let mut rows = rows.into_iter().peekable();
    if rows.peek().is_none() {
        return Ok(());
    }
    let mut statement = db.prepare_cached(sql)?;
    rows.try_for_each(|row| run(&mut statement, row).map(drop))
}

/// What is to be written.
pub fn put<K, V>(rows: &std::collections::BTreeMap<K, Option<V>>) -> impl Iterator<Item = (&K, &V)> {
    rows.iter().filter_map(|(key, row)| row.as_ref().map(|row| (key, row)))
}

/// The keys of what goes.
pub fn gone<K, V>(rows: &std::collections::BTreeMap<K, Option<V>>) -> impl Iterator<Item = &K> {
    rows.iter().filter(|(_, row)| row.is_none()).map(|(key, _)| key)
}
