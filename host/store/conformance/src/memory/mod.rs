//! The model: the store's promises in their plainest words, in memory.

mod reads;
mod state;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use parking_lot::Mutex;
use switchboard_store::*;

use crate::{Backend, Database};
pub use state::State;

/// A store in memory: nothing is durable, everything else is as promised. Slow on purpose where slow is plain.
#[derive(Debug, Default)]
pub struct MemoryStore {
    state: Arc<Mutex<State>>,
    closed: AtomicBool,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn read<T>(&self, work: impl FnOnce(&State) -> T) -> Result<T> {
        self.open()?;
        Ok(work(&self.state.lock()))
    }

    /// Applies `work` to a copy, which takes the state's place if all went well.
    fn write<T>(&self, work: impl FnOnce(&mut State) -> Result<T>) -> Result<T> {
        self.open()?;
        let mut state = self.state.lock();
        let mut next = state.clone();
        let done = work(&mut next)?;
        *state = next;
        Ok(done)
    }

    fn open(&self) -> Result<()> {
        if self.closed.load(Ordering::SeqCst) {
            Err(StoreError::Database("the store is closed".into()))
        } else {
            Ok(())
        }
    }
}

/// Databases in memory.
#[derive(Debug, Clone, Copy, Default)]
pub struct MemoryBackend;

struct MemoryDatabase(Arc<Mutex<State>>);

#[async_trait]
impl Backend for MemoryBackend {
    async fn create(&self) -> Box<dyn Database> {
        Box::new(MemoryDatabase(Arc::default()))
    }
}

#[async_trait]
impl Database for MemoryDatabase {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(MemoryStore {
            state: self.0.clone(),
            closed: AtomicBool::new(false),
        })
    }
}
