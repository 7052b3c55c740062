//! From SQLite's errors to the store's.

use rusqlite::{Error, ffi};
use switchboard_store::StoreError;

pub fn database(error: Error) -> StoreError {
    match error {
        Error::FromSqlConversionFailure(_, _, source) => StoreError::Corrupt {
            what: "a column",
            source,
        },
        Error::InvalidColumnType(..) | Error::IntegralValueOutOfRange(..) => StoreError::Corrupt {
            what: "a column",
            source: error.into(),
        },
        other => StoreError::Database(Box::new(other)),
    }
}

/// The insert of a delivery: the one key that the store does not look up before.
pub fn delivery_insert(error: Error) -> StoreError {
    match error.sqlite_error().map(|error| error.extended_code) {
        Some(ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_UNIQUE) => StoreError::Rejected {
            what: "a delivery with this id is there already".to_owned(),
        },
        _ => database(error),
    }
}

pub fn closed() -> StoreError {
    StoreError::Database("the store is closed".into())
}
