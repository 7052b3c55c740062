//! What can go wrong with a store.

/// A store operation failed; nothing of it was applied.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database did not answer")]
    Database(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("cannot open the database {url}")]
    Open {
        url: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error(
        "the database was written by a newer version: it has schema {found}, this program knows {known}; start the newer program"
    )]
    Newer { found: i64, known: i64 },
    #[error("{what} in the database cannot be read")]
    Corrupt {
        what: &'static str,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("another process holds the database {url}: one host owns a SQLite file; stop the other one")]
    Held { url: String },
    #[error("the store rejects a write: {what}")]
    Rejected { what: String },
}
