//! Reading mirrors and album parts.

use rusqlite::{Connection as Db, OptionalExtension, Result, Row, params};
use switchboard_store::{AlbumPart, ChatId, ConnectionId, Direction, MessageId, Mirror, Place};

use crate::column::word;

const BY_CUSTOMER: &str = "SELECT chat, direction, customer_message, group_message, topic, kind, delivery, at FROM mirror \
                           WHERE connection = ? AND chat = ? AND customer_message = ? ORDER BY at DESC, group_message DESC LIMIT 1";
const BY_GROUP: &str = "SELECT chat, direction, customer_message, group_message, topic, kind, delivery, at FROM mirror \
                        WHERE connection = ? AND group_message = ? ORDER BY at DESC, customer_message DESC LIMIT 1";
const LATEST: &str = "SELECT chat, direction, customer_message, group_message, topic, kind, delivery, at FROM mirror \
                      WHERE connection = ? ORDER BY group_message DESC, customer_message DESC LIMIT ?";
const ALBUM: &str = "SELECT place, chat, album, message, content, at FROM album_part \
                     WHERE connection = ? AND place = ? AND album = ? ORDER BY message, chat";
const ALBUM_PART: &str = "SELECT place, chat, album, message, content, at FROM album_part \
                          WHERE connection = ? AND place = ? AND chat = ? AND message = ?";

pub fn mirror_of_customer_message(
    db: &Db,
    connection: ConnectionId,
    chat: ChatId,
    message: MessageId,
) -> Result<Option<Mirror>> {
    db.prepare_cached(BY_CUSTOMER)?
        .query_row(params![connection, chat, message], read_mirror)
        .optional()
}

pub fn mirror_of_group_message(db: &Db, connection: ConnectionId, message: MessageId) -> Result<Option<Mirror>> {
    db.prepare_cached(BY_GROUP)?
        .query_row(params![connection, message], read_mirror)
        .optional()
}

pub fn latest_mirrors(db: &Db, connection: ConnectionId, limit: u32) -> Result<Vec<Mirror>> {
    db.prepare_cached(LATEST)?
        .query_map(params![connection, limit], read_mirror)?
        .collect()
}

pub fn album(db: &Db, connection: ConnectionId, place: Place, album: &str) -> Result<Vec<AlbumPart>> {
    db.prepare_cached(ALBUM)?
        .query_map(params![connection, place.word(), album], read_part)?
        .collect()
}

pub fn album_part(
    db: &Db,
    connection: ConnectionId,
    place: Place,
    chat: ChatId,
    message: MessageId,
) -> Result<Option<AlbumPart>> {
    db.prepare_cached(ALBUM_PART)?
        .query_row(params![connection, place.word(), chat, message], read_part)
        .optional()
}

fn read_mirror(row: &Row<'_>) -> Result<Mirror> {
    Ok(Mirror {
        chat: row.get(0)?,
        direction: word(row, 1, Direction::from_word)?,
        customer_message: row.get(2)?,
        group_message: row.get(3)?,
        topic: row.get(4)?,
        kind: row.get(5)?,
        delivery: row.get(6)?,
        at: row.get(7)?,
    })
}

fn read_part(row: &Row<'_>) -> Result<AlbumPart> {
    Ok(AlbumPart {
        place: word(row, 0, Place::from_word)?,
        chat: row.get(1)?,
        album: row.get(2)?,
        message: row.get(3)?,
        content: row.get(4)?,
        at: row.get(5)?,
    })
}
