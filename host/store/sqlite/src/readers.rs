//! The readers: a few connections of their own, which never wait for the writer.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::{Mutex, MutexGuard};
use rusqlite::Connection as Db;
use switchboard_store::{Result, StoreError};

use crate::fault::{closed, database};
use crate::open::readable;

/// Enough that reads seldom wait for each other; each takes up to 2 MB once it is used.
const READERS: usize = 4;

pub struct Readers {
    path: PathBuf,
    closed: AtomicBool,
    /// Opened when first needed.
    slots: [Mutex<Option<Db>>; READERS],
}

impl std::fmt::Debug for Readers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Readers")
            .field("closed", &self.closed)
            .finish_non_exhaustive()
    }
}

impl Readers {
    pub fn new(path: PathBuf) -> Self {
        Self {
            path,
            closed: AtomicBool::new(false),
            slots: Default::default(),
        }
    }

    /// Runs a short read here and now.
    pub fn read<T>(&self, work: impl FnOnce(&Db) -> rusqlite::Result<T>) -> Result<T> {
        let mut slot = self.slot();
        if self.closed.load(Ordering::SeqCst) {
            return Err(closed());
        }
        let db = match &mut *slot {
            Some(db) => db,
            empty => empty.insert(readable(&self.path).map_err(database)?),
        };
        work(db).map_err(database)
    }

    /// Runs a read that may walk through a table, on a thread that may block.
    pub async fn walk<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Db) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        let this = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || this.read(work)).await;
        done.unwrap_or_else(|error| Err(StoreError::Database(error.into())))
    }

    /// Waits for the reads under way and closes.
    pub fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        for slot in &self.slots {
            *slot.lock() = None;
        }
    }

    /// A reader that is free, an open one if there is; else the first to become free.
    fn slot(&self) -> MutexGuard<'_, Option<Db>> {
        self.slots
            .iter()
            .find_map(Mutex::try_lock)
            .unwrap_or_else(|| self.slots[0].lock())
    }
}
