//! A group commit: load the facts, decide in memory, write the net effect; one transaction.

use sqlx::{Connection, SqliteConnection};
use switchboard_store::plan::{Footprint, decide};
use switchboard_store::{Result, Write, Written};

use crate::fault::database;
use crate::{load, save};

/// There is one writer, so what is read inside the transaction still holds when it commits.
pub async fn commit(writer: &mut SqliteConnection, group: Vec<Write>) -> Result<Vec<Written>> {
    if group.is_empty() {
        return Ok(Vec::new());
    }
    // Dropping the transaction rolls it back: on an error, and where the caller gives up waiting.
    let mut transaction = writer
        .begin_with("BEGIN IMMEDIATE")
        .await
        .map_err(database)?;
    let facts = load::facts(&mut transaction, Footprint::of(&group)).await?;
    let (answers, batch) = decide(group, facts)?;
    if batch.is_empty() {
        transaction.rollback().await.map_err(database)?;
    } else {
        save::batch(&mut transaction, batch).await?;
        transaction.commit().await.map_err(database)?;
    }
    Ok(answers)
}
