//! SQLite passes the suite.

use std::sync::Arc;

use async_trait::async_trait;
use switchboard_store::Store;
use switchboard_store_conformance::{Backend, Database, suite};
use switchboard_store_sqlite::SqliteStore;

struct Sqlite;

struct Folder(tempfile::TempDir);

#[async_trait]
impl Backend for Sqlite {
    async fn create(&self) -> Box<dyn Database> {
        Box::new(Folder(tempfile::tempdir().unwrap()))
    }
}

#[async_trait]
impl Database for Folder {
    async fn open(&self) -> Arc<dyn Store> {
        let url = format!("sqlite://{}", self.0.path().join("switchboard.db").display());
        Arc::new(SqliteStore::open(&url).await.unwrap())
    }
}

suite!(Sqlite);
