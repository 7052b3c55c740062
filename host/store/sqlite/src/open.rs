//! Opening: ownership of the file, and the settings that durability rests on.

use std::error::Error;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection as Db, OpenFlags};
use switchboard_store::{Result, StoreError};

use crate::readers::Readers;
use crate::writer::Writer;
use crate::{SqliteStore, schema};

type Anyhow<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Every statement of the writer stays prepared.
const STATEMENTS: usize = 128;

pub fn open(url: &str) -> Result<SqliteStore> {
    let failed = |source| StoreError::Open {
        url: url.to_owned(),
        source,
    };
    let path = file(url).map_err(failed)?;
    let ownership = own(&path)
        .map_err(failed)?
        .ok_or_else(|| StoreError::Held { url: url.to_owned() })?;
    let mut db = writable(&path).map_err(failed)?;
    schema::migrate(&mut db).map_err(|fault| match fault {
        schema::Fault::Newer { found, known } => StoreError::Newer { found, known },
        schema::Fault::Failed(source) => failed(source.into()),
    })?;
    let writer = Writer::start(db, ownership).map_err(|error| failed(error.into()))?;
    Ok(SqliteStore {
        readers: Arc::new(Readers::new(path.clone())),
        path,
        writer,
    })
}

fn file(url: &str) -> Anyhow<PathBuf> {
    let name = url
        .strip_prefix("sqlite://")
        .or_else(|| url.strip_prefix("sqlite:"))
        .ok_or("the address does not start with sqlite://")?;
    match name {
        "" => Err("the address names no file".into()),
        ":memory:" => Err("a database in memory would lose messages; name a file".into()),
        name if name.contains('?') => Err("the address takes no parameters".into()),
        name => Ok(PathBuf::from(name)),
    }
}

/// Takes the lock file beside the database; `None` while somebody else has it. The lock goes with the process, however it ends.
fn own(path: &Path) -> Anyhow<Option<File>> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let name = PathBuf::from(name);
    let file = owner_only(&name).map_err(|error| format!("the lock file {}: {error}", name.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(format!("locking {}: {error}", name.display()).into()),
    }
}

/// Opens a file for writing; a new one is readable by its owner only. SQLite gives its log the mode of the database.
fn owner_only(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// The writer's connection. Its settings are checked instead of trusted: some file systems refuse the log silently.
fn writable(path: &Path) -> Anyhow<Db> {
    drop(owner_only(path)?);
    let db = Db::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    db.busy_timeout(Duration::from_secs(10))?;
    db.set_prepared_statement_cache_capacity(STATEMENTS);
    // A power cut must not lose what was answered: the log is synced with every commit. What it grew to in a burst is given back.
    db.execute_batch(
        "PRAGMA journal_mode = wal; PRAGMA synchronous = full; PRAGMA fullfsync = 1; PRAGMA foreign_keys = 1; \
         PRAGMA temp_store = memory; PRAGMA cache_size = -8192; PRAGMA journal_size_limit = 67108864;",
    )?;
    let journal: String = db.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
    let synchronous: i64 = db.pragma_query_value(None, "synchronous", |row| row.get(0))?;
    let foreign: i64 = db.pragma_query_value(None, "foreign_keys", |row| row.get(0))?;
    if (journal.as_str(), synchronous, foreign) == ("wal", 2, 1) {
        return Ok(db);
    }
    Err(format!("it refuses settings that durability needs: journal_mode is {journal}, synchronous {synchronous}, foreign_keys {foreign}").into())
}

/// A connection that only reads.
pub fn readable(path: &Path) -> rusqlite::Result<Db> {
    let db = Db::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    db.busy_timeout(Duration::from_secs(10))?;
    db.set_prepared_statement_cache_capacity(STATEMENTS);
    db.execute_batch("PRAGMA query_only = 1; PRAGMA temp_store = memory;")?;
    Ok(db)
}
