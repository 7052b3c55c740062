//! Writing what a group comes to, one statement a table.

use std::collections::BTreeMap;

use sqlx::SqliteConnection;
use switchboard_store::Result;
use switchboard_store::plan::Batch;

use crate::fault::{database, delivery_insert};
use crate::many::Many;

const UPDATES: Many = Many {
    head: "INSERT INTO known_update (connection, id, at) VALUES",
    width: 3,
    tail: "",
};
const CONTACTS: Many = Many {
    head: "INSERT INTO contact (connection, chat, version, first_name, last_name, username, language, blocked, start, tags, properties, \
           first_seen, last_seen) VALUES",
    width: 13,
    tail: "ON CONFLICT DO UPDATE SET version = excluded.version, first_name = excluded.first_name, last_name = excluded.last_name, \
           username = excluded.username, language = excluded.language, blocked = excluded.blocked, start = excluded.start, \
           tags = excluded.tags, properties = excluded.properties, first_seen = excluded.first_seen, last_seen = excluded.last_seen",
};
const DIALOGS: Many = Many {
    head: "INSERT INTO dialog (connection, chat, version, status, topic, title, topic_closed, generation, created, last_activity, \
           welcomed) VALUES",
    width: 11,
    tail: "ON CONFLICT DO UPDATE SET version = excluded.version, status = excluded.status, topic = excluded.topic, \
           title = excluded.title, topic_closed = excluded.topic_closed, generation = excluded.generation, \
           created = excluded.created, last_activity = excluded.last_activity, welcomed = excluded.welcomed",
};
const MIRRORS: Many = Many {
    head: "INSERT INTO mirror (connection, chat, customer_message, group_message, topic, direction, kind, delivery, at) VALUES",
    width: 9,
    tail: "ON CONFLICT DO UPDATE SET topic = excluded.topic, direction = excluded.direction, kind = excluded.kind, \
           delivery = excluded.delivery, at = excluded.at",
};
const ALBUMS: Many = Many {
    head: "INSERT INTO album_part (connection, place, chat, message, album, at, content) VALUES",
    width: 7,
    tail: "ON CONFLICT DO UPDATE SET album = excluded.album, at = excluded.at, content = excluded.content",
};
const NEW_DELIVERIES: Many = Many {
    head: "INSERT INTO delivery (connection, id, state, lane, chat, not_before, created, op) VALUES",
    width: 8,
    tail: "",
};
const CHANGED_DELIVERIES: Many = Many {
    head: "WITH patch (c, i, s, n, o) AS (VALUES",
    width: 5,
    tail: ") UPDATE delivery SET state = coalesce(s, state), not_before = coalesce(n, not_before), op = coalesce(o, op) \
           FROM patch WHERE connection = c AND id = i",
};
// The attempt goes with it.
const GONE_DELIVERIES: Many = Many {
    head: "DELETE FROM delivery WHERE (connection, id) IN (VALUES",
    width: 2,
    tail: ")",
};
const ATTEMPTS: Many = Many {
    head: "INSERT INTO attempt (connection, delivery, number, started_at, outcome) VALUES",
    width: 5,
    tail: "ON CONFLICT DO UPDATE SET number = excluded.number, started_at = excluded.started_at, outcome = excluded.outcome",
};
const ENTRIES: Many = Many {
    head: "INSERT INTO plugin_entry (connection, plugin, key, version, expires, value) VALUES",
    width: 6,
    tail: "ON CONFLICT DO UPDATE SET version = excluded.version, expires = excluded.expires, value = excluded.value",
};
const GONE_ENTRIES: Many = Many {
    head: "DELETE FROM plugin_entry WHERE (connection, plugin, key) IN (VALUES",
    width: 3,
    tail: ")",
};
const TEMPLATES: Many = Many {
    head: "INSERT INTO template (connection, key, version, name, kind, preview, source_chat, source_topic, source_messages, saved, \
           contents) VALUES",
    width: 11,
    tail: "ON CONFLICT DO UPDATE SET version = excluded.version, name = excluded.name, kind = excluded.kind, \
           preview = excluded.preview, source_chat = excluded.source_chat, source_topic = excluded.source_topic, \
           source_messages = excluded.source_messages, saved = excluded.saved, contents = excluded.contents",
};
const GONE_TEMPLATES: Many = Many {
    head: "DELETE FROM template WHERE (connection, key) IN (VALUES",
    width: 2,
    tail: ")",
};
const TIMERS: Many = Many {
    head: "INSERT INTO timer (connection, plugin, key, version, due, dialog, payload) VALUES",
    width: 7,
    tail: "ON CONFLICT DO UPDATE SET version = excluded.version, due = excluded.due, dialog = excluded.dialog, payload = excluded.payload",
};
const GONE_TIMERS: Many = Many {
    head: "DELETE FROM timer WHERE (connection, plugin, key) IN (VALUES",
    width: 3,
    tail: ")",
};
const NOTICES: Many = Many {
    head: "INSERT INTO notice (connection, key, at) VALUES",
    width: 3,
    tail: "ON CONFLICT DO UPDATE SET at = excluded.at",
};
const GONE_NOTICES: Many = Many {
    head: "DELETE FROM notice WHERE (connection, key) IN (VALUES",
    width: 2,
    tail: ")",
};
const CONNECTIONS: Many = Many {
    head: "WITH patch (c, u, d, g) AS (VALUES",
    width: 4,
    tail: ") UPDATE connection_state SET cursor = max(cursor, coalesce(u, cursor)), \
           last_delivery = max(last_delivery, coalesce(d, last_delivery)), group_id = coalesce(g, group_id) \
           FROM patch WHERE connection = c",
};

pub async fn batch(db: &mut SqliteConnection, batch: Batch) -> Result<()> {
    NEW_DELIVERIES
        .execute(db, batch.new_deliveries, |row, (connection, it)| {
            row.put(connection)
                .put(it.id)
                .put(it.state.word())
                .put(it.lane)
                .put(it.chat)
                .put(it.not_before)
                .put(it.created)
                .put(it.op);
        })
        .await
        .map_err(delivery_insert)?;
    CHANGED_DELIVERIES
        .execute(db, batch.changed_deliveries, |row, (connection, id, it)| {
            row.put(connection)
                .put(id)
                .put(it.state.map(|state| state.word()))
                .put(it.not_before)
                .put(it.op);
        })
        .await
        .map_err(database)?;
    ATTEMPTS
        .execute(db, batch.attempts, |row, (connection, delivery, it)| {
            row.put(connection)
                .put(delivery)
                .put(it.number)
                .put(it.started_at)
                .put(it.outcome);
        })
        .await
        .map_err(database)?;
    GONE_DELIVERIES
        .execute(db, batch.gone_deliveries, |row, (connection, id)| {
            row.put(connection).put(id);
        })
        .await
        .map_err(database)?;
    UPDATES
        .execute(db, batch.updates, |row, ((connection, id), at)| {
            row.put(connection).put(id).put(at);
        })
        .await
        .map_err(database)?;
    CONTACTS
        .execute(db, batch.contacts, |row, ((connection, chat), it)| {
            row.put(connection)
                .put(chat)
                .put(it.version)
                .put(it.first_name)
                .put(it.last_name)
                .put(it.username)
                .put(it.language);
            row.put(it.blocked)
                .put(it.start)
                .put(strings(&it.tags))
                .put(pairs(it.properties))
                .put(it.first_seen)
                .put(it.last_seen);
        })
        .await
        .map_err(database)?;
    DIALOGS
        .execute(db, batch.dialogs, |row, ((connection, chat), it)| {
            row.put(connection)
                .put(chat)
                .put(it.version)
                .put(it.status.word())
                .put(it.topic)
                .put(it.title)
                .put(it.topic_closed);
            row.put(it.generation)
                .put(it.created)
                .put(it.last_activity)
                .put(it.welcomed);
        })
        .await
        .map_err(database)?;
    MIRRORS
        .execute(
            db,
            batch.mirrors,
            |row, ((connection, chat, customer, group), it)| {
                row.put(connection)
                    .put(chat)
                    .put(customer)
                    .put(group)
                    .put(it.topic)
                    .put(it.direction.word());
                row.put(it.kind).put(it.delivery).put(it.at);
            },
        )
        .await
        .map_err(database)?;
    ALBUMS
        .execute(
            db,
            batch.albums,
            |row, ((connection, place, chat, message), it)| {
                row.put(connection)
                    .put(place)
                    .put(chat)
                    .put(message)
                    .put(it.album)
                    .put(it.at)
                    .put(it.content);
            },
        )
        .await
        .map_err(database)?;
    CONNECTIONS
        .execute(db, batch.connections, |row, (connection, it)| {
            row.put(connection)
                .put(it.cursor)
                .put(it.last_delivery)
                .put(it.group);
        })
        .await
        .map_err(database)?;

    let (entries, gone) = split(batch.entries);
    ENTRIES
        .execute(db, entries, |row, ((connection, plugin, key), it)| {
            row.put(connection)
                .put(plugin)
                .put(key)
                .put(it.version)
                .put(it.expires)
                .put(it.value);
        })
        .await
        .map_err(database)?;
    GONE_ENTRIES
        .execute(db, gone, |row, (connection, plugin, key)| {
            row.put(connection).put(plugin).put(key);
        })
        .await
        .map_err(database)?;

    let (templates, gone) = split(batch.templates);
    TEMPLATES
        .execute(db, templates, |row, ((connection, key), it)| {
            row.put(connection)
                .put(key)
                .put(it.version)
                .put(it.name)
                .put(it.kind)
                .put(it.preview)
                .put(it.source_chat);
            row.put(it.source_topic)
                .put(numbers(&it.source_messages))
                .put(it.saved)
                .put(it.contents);
        })
        .await
        .map_err(database)?;
    GONE_TEMPLATES
        .execute(db, gone, |row, (connection, key)| {
            row.put(connection).put(key);
        })
        .await
        .map_err(database)?;

    let (timers, gone) = split(batch.timers);
    TIMERS
        .execute(db, timers, |row, ((connection, plugin, key), it)| {
            row.put(connection)
                .put(plugin)
                .put(key)
                .put(it.version)
                .put(it.due)
                .put(it.dialog)
                .put(it.payload);
        })
        .await
        .map_err(database)?;
    GONE_TIMERS
        .execute(db, gone, |row, (connection, plugin, key)| {
            row.put(connection).put(plugin).put(key);
        })
        .await
        .map_err(database)?;

    let (notices, gone) = split(batch.notices);
    NOTICES
        .execute(db, notices, |row, ((connection, key), at)| {
            row.put(connection).put(key).put(at);
        })
        .await
        .map_err(database)?;
    GONE_NOTICES
        .execute(db, gone, |row, (connection, key)| {
            row.put(connection).put(key);
        })
        .await
        .map_err(database)?;
    Ok(())
}

/// What is to be written, and the keys of what goes.
fn split<K, V>(rows: BTreeMap<K, Option<V>>) -> (Vec<(K, V)>, Vec<K>) {
    let (mut put, mut gone) = (Vec::new(), Vec::new());
    for (key, row) in rows {
        match row {
            Some(row) => put.push((key, row)),
            None => gone.push(key),
        }
    }
    (put, gone)
}

fn strings(list: &[String]) -> String {
    serde_json::Value::from(list).to_string()
}

fn numbers(list: &[i64]) -> String {
    serde_json::Value::from(list).to_string()
}

fn pairs(list: Vec<(String, String)>) -> String {
    serde_json::Value::Object(
        list.into_iter()
            .map(|(name, value)| (name, value.into()))
            .collect(),
    )
    .to_string()
}
