//! Reading the outbox: deliveries and their last attempts.

use rusqlite::{Connection as Db, OptionalExtension, Result, Row, params};
use switchboard_store::{ConnectionId, Delivery, DeliveryId, DeliveryState};

use crate::column::word;

const UNSETTLED: &str = "SELECT d.id, d.lane, d.chat, d.op, d.not_before, d.created, d.state, coalesce(a.number, 0), coalesce(a.outcome, ''), \
                         a.delivery IS NOT NULL AND a.outcome IS NULL \
                         FROM delivery d LEFT JOIN attempt a ON a.connection = d.connection AND a.delivery = d.id \
                         WHERE d.connection = ? AND d.id > ? AND d.state <> 'refused' ORDER BY d.id LIMIT ?";
const ONE: &str = "SELECT d.id, d.lane, d.chat, d.op, d.not_before, d.created, d.state, coalesce(a.number, 0), coalesce(a.outcome, ''), \
                   a.delivery IS NOT NULL AND a.outcome IS NULL \
                   FROM delivery d LEFT JOIN attempt a ON a.connection = d.connection AND a.delivery = d.id \
                   WHERE d.connection = ? AND d.id = ?";
const LAST: &str = "SELECT last_delivery FROM connection_state WHERE connection = ?";

pub fn unsettled(db: &Db, connection: ConnectionId, after: DeliveryId, limit: u32) -> Result<Vec<Delivery>> {
    db.prepare_cached(UNSETTLED)?
        .query_map(params![connection, after, limit], read)?
        .collect()
}

pub fn delivery(db: &Db, connection: ConnectionId, id: DeliveryId) -> Result<Option<Delivery>> {
    db.prepare_cached(ONE)?
        .query_row(params![connection, id], read)
        .optional()
}

pub fn last(db: &Db, connection: ConnectionId) -> Result<DeliveryId> {
    let mark = db
        .prepare_cached(LAST)?
        .query_row([connection], |row| row.get(0))
        .optional()?;
    Ok(mark.unwrap_or(0))
}

fn read(row: &Row<'_>) -> Result<Delivery> {
    let open: bool = row.get(9)?;
    Ok(Delivery {
        id: row.get(0)?,
        lane: row.get(1)?,
        chat: row.get(2)?,
        op: row.get(3)?,
        not_before: row.get(4)?,
        created: row.get(5)?,
        state: if open {
            DeliveryState::Open
        } else {
            word(row, 6, DeliveryState::from_word)?
        },
        attempt: row.get(7)?,
        last_error: row.get(8)?,
    })
}
