//! What the front door keeps: updates for the bot's program, its calls to be handled, its settings and its mark.

use rusqlite::{Connection as Db, OptionalExtension, Result, params};
use switchboard_store::plan::Batch;
use switchboard_store::{BotUpdate, ConnectionId, Gateway, Intercepted};

use crate::save::{each, gone, put};

const GATEWAY: &str = "SELECT state, mark, marked_at FROM gateway WHERE connection = ?";
const BOT_UPDATES: &str = "SELECT position, update_id, chat, at, held, body FROM bot_update \
                           WHERE connection = ? AND position > ? ORDER BY position LIMIT ?";
const INTERCEPTED: &str =
    "SELECT seq, chat, at, body FROM intercepted WHERE connection = ? AND seq > ? ORDER BY seq LIMIT ?";

const PUT_BOT_UPDATE: &str = "INSERT INTO bot_update (connection, position, update_id, chat, at, held, body) VALUES (?, ?, ?, ?, ?, ?, ?) \
     ON CONFLICT DO UPDATE SET update_id = excluded.update_id, chat = excluded.chat, at = excluded.at, held = excluded.held, \
     body = excluded.body";
const GONE_BOT_UPDATE: &str = "DELETE FROM bot_update WHERE connection = ? AND position = ?";
const PUT_INTERCEPTED: &str = "INSERT INTO intercepted (connection, seq, chat, at, body) VALUES (?, ?, ?, ?, ?) \
     ON CONFLICT DO UPDATE SET chat = excluded.chat, at = excluded.at, body = excluded.body";
const GONE_INTERCEPTED: &str = "DELETE FROM intercepted WHERE connection = ? AND seq = ?";
// What is not given stays.
const PUT_GATEWAY: &str = "INSERT INTO gateway (connection, state, mark, marked_at) \
     VALUES (?1, coalesce(?2, x''), coalesce(?3, 0), coalesce(?4, 0)) \
     ON CONFLICT DO UPDATE SET state = coalesce(?2, state), mark = coalesce(?3, mark), marked_at = coalesce(?4, marked_at)";

pub fn gateway(db: &Db, connection: ConnectionId) -> Result<Gateway> {
    let found = db.prepare_cached(GATEWAY)?.query_row([connection], |row| {
        Ok(Gateway {
            state: row.get(0)?,
            mark: row.get(1)?,
            marked_at: row.get(2)?,
        })
    });
    Ok(found.optional()?.unwrap_or_default())
}

pub fn bot_updates(db: &Db, connection: ConnectionId, after: i64, limit: u32) -> Result<Vec<BotUpdate>> {
    db.prepare_cached(BOT_UPDATES)?
        .query_map(params![connection, after, limit], |row| {
            Ok(BotUpdate {
                position: row.get(0)?,
                update: row.get(1)?,
                chat: row.get(2)?,
                at: row.get(3)?,
                held: row.get(4)?,
                body: row.get(5)?,
            })
        })?
        .collect()
}

pub fn intercepted(db: &Db, connection: ConnectionId, after: i64, limit: u32) -> Result<Vec<Intercepted>> {
    db.prepare_cached(INTERCEPTED)?
        .query_map(params![connection, after, limit], |row| {
            Ok(Intercepted {
                seq: row.get(0)?,
                chat: row.get(1)?,
                at: row.get(2)?,
                body: row.get(3)?,
            })
        })?
        .collect()
}

/// The front door's part of a batch.
pub fn save(db: &Db, batch: &Batch) -> Result<()> {
    each(
        db,
        PUT_BOT_UPDATE,
        put(&batch.bot_updates),
        |put, ((connection, position), it)| {
            put.execute(params![
                connection, position, it.update, it.chat, it.at, it.held, it.body
            ])
        },
    )?;
    each(
        db,
        GONE_BOT_UPDATE,
        gone(&batch.bot_updates),
        |delete, (connection, position)| delete.execute(params![connection, position]),
    )?;
    each(
        db,
        PUT_INTERCEPTED,
        put(&batch.intercepted),
        |put, ((connection, seq), it)| put.execute(params![connection, seq, it.chat, it.at, it.body]),
    )?;
    each(
        db,
        GONE_INTERCEPTED,
        gone(&batch.intercepted),
        |delete, (connection, seq)| delete.execute(params![connection, seq]),
    )?;
    each(db, PUT_GATEWAY, &batch.gateways, |put, (connection, it)| {
        let (mark, marked_at) = it.mark.unzip();
        put.execute(params![connection, it.state, mark, marked_at])
    })
}
