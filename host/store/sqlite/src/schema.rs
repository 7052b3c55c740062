//! The schema: migrations in order, each in a transaction with the number that it brings the file to.

use rusqlite::{Connection as Db, TransactionBehavior};

/// `PRAGMA user_version` counts how many of these a file has seen. Never edit one that was released; add another.
const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/0001_first.sql"),
    include_str!("../migrations/0002_gateway.sql"),
];

pub enum Fault {
    Newer { found: i64, known: i64 },
    Failed(rusqlite::Error),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Failed(error)
    }
}

pub fn migrate(db: &mut Db) -> Result<(), Fault> {
    let known = MIGRATIONS.len() as i64;
    loop {
        let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let found: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if found > known {
            return Err(Fault::Newer { found, known });
        }
        let Some(next) = usize::try_from(found).ok().and_then(|at| MIGRATIONS.get(at)) else {
            return Ok(());
        };
        transaction.execute_batch(next)?;
        transaction.pragma_update(None, "user_version", found + 1)?;
        transaction.commit()?;
    }
}
