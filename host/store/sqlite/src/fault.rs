//! From sqlx's errors to the store's.

use sqlx::error::ErrorKind;
use switchboard_store::StoreError;

pub fn database(error: sqlx::Error) -> StoreError {
    match error {
        sqlx::Error::PoolClosed => closed(),
        sqlx::Error::ColumnDecode { source, .. } | sqlx::Error::Decode(source) => {
            StoreError::Corrupt {
                what: "a column",
                source,
            }
        }
        other => StoreError::Database(Box::new(other)),
    }
}

/// The insert of a delivery: the one statement whose key the store does not look up before.
pub fn delivery_insert(error: sqlx::Error) -> StoreError {
    match error {
        sqlx::Error::Database(inner) if inner.kind() == ErrorKind::UniqueViolation => {
            StoreError::Rejected {
                what: "a delivery with this id is there already".to_owned(),
            }
        }
        other => database(other),
    }
}

pub fn closed() -> StoreError {
    StoreError::Database("the store is closed".into())
}

/// A word or a JSON text that no version of this program wrote.
pub fn corrupt(what: &'static str, text: &str) -> StoreError {
    StoreError::Corrupt {
        what,
        source: format!("unknown word {text:?}").into(),
    }
}
