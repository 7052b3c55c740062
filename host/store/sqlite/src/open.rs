//! Opening: ownership of the file, the settings that durability rests on, the schema.

use std::error::Error;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use switchboard_store::{Result, StoreError};
use tokio::sync::Mutex;

use crate::{SqliteStore, Writer};

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// Enough to keep reads from waiting for each other; each reader is a thread and up to 2 MB of cache.
const READERS: u32 = 4;
/// Every many-row statement exists in a few sizes, and all of them are kept prepared.
const STATEMENTS: usize = 256;
/// The log is cut back to this after a burst, in bytes.
const LOG_LIMIT: &str = "67108864";

pub async fn open(url: &str) -> Result<SqliteStore> {
    let failed = |source| StoreError::Open {
        url: url.to_owned(),
        source,
    };
    let options = SqliteConnectOptions::from_str(url).map_err(|error| failed(error.into()))?;
    let path = options.get_filename().to_owned();
    if path.as_os_str().is_empty() || url.contains(":memory:") || url.contains("mode=memory") {
        return Err(failed(
            "a database in memory would lose messages; name a file".into(),
        ));
    }
    let ownership = own(&path)
        .map_err(failed)?
        .ok_or_else(|| StoreError::Held {
            url: url.to_owned(),
        })?;
    private(&path).map_err(|error| failed(error.into()))?;

    let options = options
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(10))
        .statement_cache_capacity(STATEMENTS)
        .pragma("fullfsync", "1")
        .pragma("temp_store", "memory")
        .pragma("journal_size_limit", LOG_LIMIT)
        .optimize_on_close(true, 400)
        .disable_statement_logging();
    let mut connection = SqliteConnection::connect_with(&options)
        .await
        .map_err(|error| failed(error.into()))?;
    settled(&mut connection).await.map_err(failed)?;
    migrate(&mut connection, url).await?;

    let readers = SqlitePoolOptions::new()
        .max_connections(READERS)
        .test_before_acquire(false)
        .max_lifetime(None)
        .acquire_timeout(Duration::from_secs(10))
        .connect_lazy_with(
            options
                .create_if_missing(false)
                .optimize_on_close(false, None)
                .pragma("query_only", "1"),
        );
    Ok(SqliteStore {
        path,
        readers,
        writer: Mutex::new(Some(Writer {
            connection,
            _ownership: ownership,
        })),
    })
}

/// Takes the lock file beside the database; `None` while somebody else has it. The lock goes with the process, however it ends.
fn own(path: &Path) -> std::result::Result<Option<File>, Box<dyn Error + Send + Sync>> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let name = PathBuf::from(name);
    let file = owner_only()
        .open(&name)
        .map_err(|error| format!("the lock file {}: {error}", name.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => {
            Err(format!("locking {}: {error}", name.display()).into())
        }
    }
}

/// Makes a new database readable by its owner only; SQLite gives its log the same mode.
fn private(path: &Path) -> io::Result<()> {
    owner_only().open(path).map(drop)
}

fn owner_only() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Checks the settings instead of trusting that they were taken: some file systems refuse the log silently.
async fn settled(
    connection: &mut SqliteConnection,
) -> std::result::Result<(), Box<dyn Error + Send + Sync>> {
    let journal: String = sqlx::query_scalar("PRAGMA journal_mode")
        .fetch_one(&mut *connection)
        .await?;
    let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous")
        .fetch_one(&mut *connection)
        .await?;
    let foreign: i64 = sqlx::query_scalar("PRAGMA foreign_keys")
        .fetch_one(&mut *connection)
        .await?;
    if (journal.as_str(), synchronous, foreign) == ("wal", 2, 1) {
        return Ok(());
    }
    Err(format!("it does not take the settings that durability needs (journal_mode {journal}, synchronous {synchronous}, foreign_keys {foreign})").into())
}

async fn migrate(connection: &mut SqliteConnection, url: &str) -> Result<()> {
    let failed = |source| StoreError::Open {
        url: url.to_owned(),
        source,
    };
    let started: bool = sqlx::query_scalar(
        "SELECT count(*) > 0 FROM sqlite_schema WHERE name = '_sqlx_migrations'",
    )
    .fetch_one(&mut *connection)
    .await
    .map_err(|error| failed(error.into()))?;
    if started {
        let found: Option<i64> = sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations")
            .fetch_one(&mut *connection)
            .await
            .map_err(|error| failed(error.into()))?;
        let known = MIGRATIONS
            .iter()
            .map(|migration| migration.version)
            .max()
            .unwrap_or(0);
        if let Some(found) = found.filter(|found| *found > known) {
            return Err(StoreError::Newer { found, known });
        }
    }
    MIGRATIONS
        .run(connection)
        .await
        .map_err(|error| failed(error.into()))
}
