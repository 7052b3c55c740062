//! Connections: creating, replacing, removing, listing; and the notices that stand in their General.

use rusqlite::{Connection as Db, OptionalExtension, Result, Row, Transaction, TransactionBehavior, params};
use switchboard_store::{ChatId, Connection, ConnectionId, NewConnection};

const ALL: &str = "SELECT id, name, bot, token, group_id, config, cursor \
                   FROM connection JOIN connection_state ON connection = id ORDER BY name";
const FIND: &str = "SELECT id, bot, configured_group FROM connection WHERE name = ?";
const ADD: &str = "INSERT INTO connection (name, bot, token, configured_group, config) VALUES (?, ?, ?, ?, ?)";
const ADD_STATE: &str = "INSERT INTO connection_state (connection, group_id) VALUES (?, ?)";
const REPLACE: &str = "UPDATE connection SET bot = ?, token = ?, configured_group = ?, config = ? WHERE id = ?";
const NOTICE: &str = "SELECT at FROM notice WHERE connection = ? AND key = ?";

pub fn all(db: &Db) -> Result<Vec<Connection>> {
    db.prepare_cached(ALL)?.query_map([], read)?.collect()
}

pub fn put(db: &mut Db, it: &NewConnection) -> Result<ConnectionId> {
    let db = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = db
        .query_row(FIND, [&it.name], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let id = match found {
        None => {
            db.execute(ADD, params![it.name, it.bot, it.token, it.group, it.config])?;
            let id = db.last_insert_rowid();
            db.execute(ADD_STATE, [id, it.group])?;
            id
        }
        Some((id, bot, group)) => {
            db.execute(REPLACE, params![it.bot, it.token, it.group, it.config, id])?;
            moved(&db, id, it, bot, group)?;
            id
        }
    };
    db.commit()?;
    Ok(id)
}

/// Another bot counts its updates anew, and has another program. With another bot or group, numbers of messages and topics mean something else: a stale one
/// would show a dialog to the wrong people.
fn moved(db: &Transaction<'_>, id: ConnectionId, it: &NewConnection, bot: ChatId, group: ChatId) -> Result<()> {
    if bot != it.bot {
        db.execute("UPDATE connection_state SET cursor = 0 WHERE connection = ?", [id])?;
        db.execute("DELETE FROM known_update WHERE connection = ?", [id])?;
        db.execute("DELETE FROM bot_update WHERE connection = ?", [id])?;
        db.execute("DELETE FROM intercepted WHERE connection = ?", [id])?;
        db.execute("DELETE FROM gateway WHERE connection = ?", [id])?;
    }
    if bot != it.bot || group != it.group {
        db.execute(
            "UPDATE connection_state SET group_id = ? WHERE connection = ?",
            [it.group, id],
        )?;
        db.execute("DELETE FROM mirror WHERE connection = ?", [id])?;
        db.execute("DELETE FROM album_part WHERE connection = ?", [id])?;
    }
    if group != it.group {
        db.execute(
            "UPDATE dialog SET topic = NULL, title = NULL, topic_closed = 0, version = version + 1 WHERE connection = ? AND topic IS NOT NULL",
            [id],
        )?;
    }
    Ok(())
}

/// Everything of it goes with its row.
pub fn remove(db: &Db, name: &str) -> Result<bool> {
    Ok(db.execute("DELETE FROM connection WHERE name = ?", [name])? > 0)
}

pub fn notice(db: &Db, connection: ConnectionId, key: &str) -> Result<Option<i64>> {
    db.prepare_cached(NOTICE)?
        .query_row(params![connection, key], |row| row.get(0))
        .optional()
}

pub fn ping(db: &Db) -> Result<()> {
    db.prepare_cached("SELECT count(*) FROM connection")?
        .query_row([], |row| row.get::<_, i64>(0))
        .map(drop)
}

fn read(row: &Row<'_>) -> Result<Connection> {
    Ok(Connection {
        id: row.get(0)?,
        name: row.get(1)?,
        bot: row.get(2)?,
        token: row.get(3)?,
        group: row.get(4)?,
        config: row.get(5)?,
        cursor: row.get(6)?,
    })
}
