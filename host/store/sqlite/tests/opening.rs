//! Opening: one owner, the settings that durability rests on, schemas of other versions.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rusqlite::Connection;
use switchboard_store::{Store, StoreError};
use switchboard_store_sqlite::SqliteStore;

fn url(path: &Path) -> String {
    format!("sqlite://{}", path.display())
}

#[tokio::test]
async fn one_host_owns_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let url = url(&folder.path().join("a.db"));
    let first = SqliteStore::open(&url).await.unwrap();
    let error = SqliteStore::open(&url).await.unwrap_err();
    assert!(matches!(error, StoreError::Held { .. }), "{error}");
    first.ping().await.unwrap();
    first.close().await;
    let second = SqliteStore::open(&url).await.unwrap();
    drop(second);
    SqliteStore::open(&url).await.unwrap();
}

#[tokio::test]
async fn the_file_is_its_owners_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let store = SqliteStore::open(&url(&path)).await.unwrap();
    assert_eq!(store.path(), path);
    for name in ["a.db", "a.db-wal", "a.db.lock"] {
        let mode = std::fs::metadata(folder.path().join(name))
            .unwrap()
            .permissions()
            .mode()
            & 0o777;
        assert_eq!(mode, 0o600, "{name}");
    }
    store.close().await;
    assert!(
        !folder.path().join("a.db-wal").exists(),
        "the log is folded into the file"
    );
    let journal: String = Connection::open(&path)
        .unwrap()
        .pragma_query_value(None, "journal_mode", |row| row.get(0))
        .unwrap();
    assert_eq!(journal, "wal");
}

#[tokio::test]
async fn a_newer_schema_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    SqliteStore::open(&url(&path)).await.unwrap().close().await;
    let db = Connection::open(&path).unwrap();
    let known: i64 = db.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert!(known > 0);
    db.pragma_update(None, "user_version", known + 3).unwrap();
    drop(db);
    let before = std::fs::read(&path).unwrap();
    let error = SqliteStore::open(&url(&path)).await.unwrap_err();
    assert!(
        matches!(error, StoreError::Newer { found, known: ours } if found == known + 3 && ours == known),
        "{error}"
    );
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn what_cannot_be_opened_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let noise = folder.path().join("noise.db");
    std::fs::write(
        &noise,
        "this is no database, and long enough to be looked at by SQLite as if it were one. ".repeat(20),
    )
    .unwrap();
    let absent = url(&folder.path().join("none/a.db"));
    for url in [
        url(&noise),
        absent,
        url(folder.path()),
        "sqlite://".into(),
        "sqlite::memory:".into(),
        "postgres://x".into(),
        "sqlite://a?mode=ro".into(),
    ] {
        let error = SqliteStore::open(&url).await.unwrap_err();
        let StoreError::Open { source, .. } = &error else {
            panic!("{url}: {error:?}")
        };
        assert!(error.to_string().contains(&url) && !source.to_string().is_empty());
    }
}

#[tokio::test]
async fn a_damaged_row_is_named_and_not_guessed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let store = SqliteStore::open(&url(&path)).await.unwrap();
    let db = Connection::open(&path).unwrap();
    db.execute_batch(
        "INSERT INTO connection VALUES (1, 'a', 1, x'', 1, ''); \
         INSERT INTO contact VALUES (1, 5, 1, '', '', NULL, NULL, 0, NULL, 'no json', '{}', 0, 0);",
    )
    .unwrap();
    let error = store.contact(1, 5).await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
}
