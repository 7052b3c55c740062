//! Reading mirrors and album parts.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqlitePool};
use switchboard_store::*;

use crate::fault::{corrupt, database};

const BY_CUSTOMER: &str = "SELECT chat, direction, customer_message, group_message, topic, kind, delivery, at FROM mirror \
                           WHERE connection = ? AND chat = ? AND customer_message = ? ORDER BY at DESC, group_message DESC LIMIT 1";
const BY_GROUP: &str = "SELECT chat, direction, customer_message, group_message, topic, kind, delivery, at FROM mirror \
                        WHERE connection = ? AND group_message = ? ORDER BY at DESC, customer_message DESC LIMIT 1";
const ALBUM: &str = "SELECT place, chat, album, message, content, at FROM album_part \
                     WHERE connection = ? AND place = ? AND album = ? ORDER BY message, chat";
const ALBUM_PART: &str = "SELECT place, chat, album, message, content, at FROM album_part \
                          WHERE connection = ? AND place = ? AND chat = ? AND message = ?";

pub async fn mirror_of_customer_message(
    db: &SqlitePool,
    connection: ConnectionId,
    chat: ChatId,
    message: MessageId,
) -> Result<Option<Mirror>> {
    let row = sqlx::query(BY_CUSTOMER)
        .bind(connection)
        .bind(chat)
        .bind(message)
        .fetch_optional(db)
        .await
        .map_err(database)?;
    row.map(read_mirror).transpose()
}

pub async fn mirror_of_group_message(
    db: &SqlitePool,
    connection: ConnectionId,
    message: MessageId,
) -> Result<Option<Mirror>> {
    let row = sqlx::query(BY_GROUP)
        .bind(connection)
        .bind(message)
        .fetch_optional(db)
        .await
        .map_err(database)?;
    row.map(read_mirror).transpose()
}

pub async fn album(
    db: &SqlitePool,
    connection: ConnectionId,
    place: Place,
    album: &str,
) -> Result<Vec<AlbumPart>> {
    let rows = sqlx::query(ALBUM)
        .bind(connection)
        .bind(place.word())
        .bind(album)
        .fetch_all(db)
        .await
        .map_err(database)?;
    rows.into_iter().map(read_part).collect()
}

pub async fn album_part(
    db: &SqlitePool,
    connection: ConnectionId,
    place: Place,
    chat: ChatId,
    message: MessageId,
) -> Result<Option<AlbumPart>> {
    let query = sqlx::query(ALBUM_PART)
        .bind(connection)
        .bind(place.word())
        .bind(chat)
        .bind(message);
    query
        .fetch_optional(db)
        .await
        .map_err(database)?
        .map(read_part)
        .transpose()
}

fn read_mirror(row: SqliteRow) -> Result<Mirror> {
    let word: &str = row.try_get(1).map_err(database)?;
    let direction =
        Direction::from_word(word).ok_or_else(|| corrupt("a mirror's direction", word))?;
    let read = || -> sqlx::Result<Mirror> {
        Ok(Mirror {
            chat: row.try_get(0)?,
            direction,
            customer_message: row.try_get(2)?,
            group_message: row.try_get(3)?,
            topic: row.try_get(4)?,
            kind: row.try_get(5)?,
            delivery: row.try_get(6)?,
            at: row.try_get(7)?,
        })
    };
    read().map_err(database)
}

fn read_part(row: SqliteRow) -> Result<AlbumPart> {
    let word: &str = row.try_get(0).map_err(database)?;
    let place = Place::from_word(word).ok_or_else(|| corrupt("an album part's place", word))?;
    let read = || -> sqlx::Result<AlbumPart> {
        Ok(AlbumPart {
            place,
            chat: row.try_get(1)?,
            album: row.try_get(2)?,
            message: row.try_get(3)?,
            content: row.try_get(4)?,
            at: row.try_get(5)?,
        })
    };
    read().map_err(database)
}
