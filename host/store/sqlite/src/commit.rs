//! A group commit: load the facts, decide in memory, write the net effect; one transaction.

use rusqlite::{Connection as Db, TransactionBehavior};
use switchboard_store::plan::{Footprint, decide};
use switchboard_store::{Result, Write, Written};

use crate::fault::database;
use crate::{load, save};

/// There is one writer, so what is read inside the transaction still holds when it commits.
pub fn commit(db: &mut Db, group: Vec<Write>) -> Result<Vec<Written>> {
    if group.is_empty() {
        return Ok(Vec::new());
    }
    // Dropping the transaction rolls it back.
    let transaction = db
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(database)?;
    let facts = load::facts(&transaction, &Footprint::of(&group)).map_err(database)?;
    let (answers, batch) = decide(group, facts)?;
    if !batch.is_empty() {
        save::batch(&transaction, &batch)?;
        transaction.commit().map_err(database)?;
    }
    Ok(answers)
}
