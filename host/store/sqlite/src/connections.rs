//! Connections: creating, replacing, removing, listing; and the notices that stand in their General.

use sqlx::sqlite::SqliteRow;
use sqlx::{Connection as _, Row, SqliteConnection, SqlitePool};
use switchboard_store::*;

use crate::fault::database;

const ALL: &str = "SELECT id, name, bot, token, group_id, config, cursor FROM connection JOIN connection_state ON connection = id ORDER BY name";
const FIND: &str = "SELECT id, bot, configured_group FROM connection WHERE name = ?";
const ADD: &str = "INSERT INTO connection (name, bot, token, configured_group, config) VALUES (?, ?, ?, ?, ?) RETURNING id";
const ADD_STATE: &str = "INSERT INTO connection_state (connection, group_id) VALUES (?, ?)";
const REPLACE: &str =
    "UPDATE connection SET bot = ?, token = ?, configured_group = ?, config = ? WHERE id = ?";
const NOTICE: &str = "SELECT at FROM notice WHERE connection = ? AND key = ?";

pub async fn all(db: &SqlitePool) -> Result<Vec<Connection>> {
    let rows = sqlx::query(ALL).fetch_all(db).await.map_err(database)?;
    rows.into_iter()
        .map(|row| read(row).map_err(database))
        .collect()
}

pub async fn put(db: &mut SqliteConnection, it: &NewConnection) -> Result<ConnectionId> {
    replace(db, it).await.map_err(database)
}

async fn replace(db: &mut SqliteConnection, it: &NewConnection) -> sqlx::Result<ConnectionId> {
    let mut transaction = db.begin_with("BEGIN IMMEDIATE").await?;
    let db = &mut *transaction;
    let found: Option<(i64, i64, i64)> = sqlx::query_as(FIND)
        .bind(&it.name)
        .fetch_optional(&mut *db)
        .await?;
    let id = match found {
        None => {
            let add = sqlx::query_scalar(ADD)
                .bind(&it.name)
                .bind(it.bot)
                .bind(&it.token)
                .bind(it.group)
                .bind(&it.config);
            let id: i64 = add.fetch_one(&mut *db).await?;
            sqlx::query(ADD_STATE)
                .bind(id)
                .bind(it.group)
                .execute(&mut *db)
                .await?;
            id
        }
        Some((id, bot, group)) => {
            let replace = sqlx::query(REPLACE)
                .bind(it.bot)
                .bind(&it.token)
                .bind(it.group)
                .bind(&it.config)
                .bind(id);
            replace.execute(&mut *db).await?;
            if bot != it.bot {
                // Another bot counts its updates anew.
                sqlx::query("UPDATE connection_state SET cursor = 0 WHERE connection = ?")
                    .bind(id)
                    .execute(&mut *db)
                    .await?;
                sqlx::query("DELETE FROM known_update WHERE connection = ?")
                    .bind(id)
                    .execute(&mut *db)
                    .await?;
            }
            if bot != it.bot || group != it.group {
                sqlx::query("UPDATE connection_state SET group_id = ? WHERE connection = ?")
                    .bind(it.group)
                    .bind(id)
                    .execute(&mut *db)
                    .await?;
                // Numbers of messages and topics mean something else now; a stale one would show a dialog to the wrong customer.
                sqlx::query("DELETE FROM mirror WHERE connection = ?")
                    .bind(id)
                    .execute(&mut *db)
                    .await?;
                sqlx::query("DELETE FROM album_part WHERE connection = ?")
                    .bind(id)
                    .execute(&mut *db)
                    .await?;
            }
            if group != it.group {
                sqlx::query("UPDATE dialog SET topic = NULL, title = NULL, topic_closed = 0, version = version + 1 WHERE connection = ? AND topic IS NOT NULL")
                    .bind(id)
                    .execute(&mut *db)
                    .await?;
            }
            id
        }
    };
    transaction.commit().await?;
    Ok(id)
}

pub async fn remove(db: &mut SqliteConnection, name: &str) -> Result<bool> {
    let gone = sqlx::query("DELETE FROM connection WHERE name = ?")
        .bind(name)
        .execute(db)
        .await
        .map_err(database)?;
    Ok(gone.rows_affected() > 0)
}

pub async fn notice(db: &SqlitePool, connection: ConnectionId, key: &str) -> Result<Option<i64>> {
    sqlx::query_scalar(NOTICE)
        .bind(connection)
        .bind(key)
        .fetch_optional(db)
        .await
        .map_err(database)
}

fn read(row: SqliteRow) -> sqlx::Result<Connection> {
    Ok(Connection {
        id: row.try_get(0)?,
        name: row.try_get(1)?,
        bot: row.try_get(2)?,
        token: row.try_get(3)?,
        group: row.try_get(4)?,
        config: row.try_get(5)?,
        cursor: row.try_get(6)?,
    })
}
