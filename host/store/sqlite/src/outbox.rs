//! Reading the outbox: deliveries and their last attempts.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqlitePool};
use switchboard_store::*;

use crate::fault::{corrupt, database};

const UNSETTLED: &str = "SELECT d.id, d.lane, d.chat, d.op, d.not_before, d.created, d.state, coalesce(a.number, 0), coalesce(a.outcome, ''), \
                         a.delivery IS NOT NULL AND a.outcome IS NULL \
                         FROM delivery d LEFT JOIN attempt a ON a.connection = d.connection AND a.delivery = d.id \
                         WHERE d.connection = ? AND d.id > ? AND d.state <> 'refused' ORDER BY d.id LIMIT ?";
const ONE: &str = "SELECT d.id, d.lane, d.chat, d.op, d.not_before, d.created, d.state, coalesce(a.number, 0), coalesce(a.outcome, ''), \
                   a.delivery IS NOT NULL AND a.outcome IS NULL \
                   FROM delivery d LEFT JOIN attempt a ON a.connection = d.connection AND a.delivery = d.id \
                   WHERE d.connection = ? AND d.id = ?";
const LAST: &str = "SELECT last_delivery FROM connection_state WHERE connection = ?";

pub async fn unsettled(
    db: &SqlitePool,
    connection: ConnectionId,
    after: DeliveryId,
    limit: u32,
) -> Result<Vec<Delivery>> {
    let rows = sqlx::query(UNSETTLED)
        .bind(connection)
        .bind(after)
        .bind(limit)
        .fetch_all(db)
        .await
        .map_err(database)?;
    rows.into_iter().map(read).collect()
}

pub async fn delivery(
    db: &SqlitePool,
    connection: ConnectionId,
    id: DeliveryId,
) -> Result<Option<Delivery>> {
    sqlx::query(ONE)
        .bind(connection)
        .bind(id)
        .fetch_optional(db)
        .await
        .map_err(database)?
        .map(read)
        .transpose()
}

pub async fn last(db: &SqlitePool, connection: ConnectionId) -> Result<DeliveryId> {
    let mark: Option<i64> = sqlx::query_scalar(LAST)
        .bind(connection)
        .fetch_optional(db)
        .await
        .map_err(database)?;
    Ok(mark.unwrap_or(0))
}

fn read(row: SqliteRow) -> Result<Delivery> {
    let word: &str = row.try_get(6).map_err(database)?;
    let stored =
        DeliveryState::from_word(word).ok_or_else(|| corrupt("a delivery's state", word))?;
    let read = || -> sqlx::Result<Delivery> {
        let open: bool = row.try_get(9)?;
        Ok(Delivery {
            id: row.try_get(0)?,
            lane: row.try_get(1)?,
            chat: row.try_get(2)?,
            op: row.try_get(3)?,
            not_before: row.try_get(4)?,
            created: row.try_get(5)?,
            state: if open { DeliveryState::Open } else { stored },
            attempt: row.try_get(7)?,
            last_error: row.try_get(8)?,
        })
    };
    read().map_err(database)
}
