//! Group commit: turns, claims and settlements that are ready together share one transaction.

use std::sync::Arc;

use switchboard_store::{Store, StoreError, Write, Written};
use tokio::sync::{mpsc, oneshot};

use crate::RelayError;

/// Writes that may wait for the committer; past it, callers wait.
const QUEUE: usize = 4096;
/// Writes in one transaction.
const GROUP: usize = 256;

type Answer = Result<Vec<Written>, Arc<StoreError>>;

struct Item {
    writes: Vec<Write>,
    done: oneshot::Sender<Answer>,
}

/// The one way to write: cheap to clone, shared by all connections of a store.
#[derive(Debug, Clone)]
pub struct Committer {
    queue: mpsc::Sender<Item>,
}

impl Committer {
    /// Starts the committing task; it ends when the last clone is dropped.
    #[must_use]
    pub fn start(store: Arc<dyn Store>) -> Self {
        let (queue, items) = mpsc::channel(QUEUE);
        tokio::spawn(run(store, items));
        Self { queue }
    }

    /// Commits writes that belong together, and gives what came of each. On disk when it returns.
    ///
    /// # Errors
    /// Where the database failed (nothing was applied), or the host is stopping.
    pub async fn commit(&self, writes: Vec<Write>) -> Result<Vec<Written>, RelayError> {
        let (done, answer) = oneshot::channel();
        self.queue
            .send(Item { writes, done })
            .await
            .map_err(|_| RelayError::Stopping)?;
        answer
            .await
            .map_err(|_| RelayError::Stopping)?
            .map_err(RelayError::Commit)
    }
}

async fn run(store: Arc<dyn Store>, mut items: mpsc::Receiver<Item>) {
    while let Some(first) = items.recv().await {
        let mut size = first.writes.len();
        let mut group = vec![first];
        while size < GROUP {
            let Ok(item) = items.try_recv() else { break };
            size += item.writes.len();
            group.push(item);
        }
        let mut writes = Vec::with_capacity(size);
        let mut waiting = Vec::with_capacity(group.len());
        for item in group {
            waiting.push((item.writes.len(), item.done));
            writes.extend(item.writes);
        }
        match store.commit(writes).await {
            Ok(written) => {
                let mut written = written.into_iter();
                for (length, done) in waiting {
                    // A caller that is gone does not need its answer.
                    let _ = done.send(Ok(written.by_ref().take(length).collect()));
                }
            }
            Err(error) => {
                let error = Arc::new(error);
                tracing::error!(error = %crate::chain(&*error), "a commit failed");
                for (_, done) in waiting {
                    let _ = done.send(Err(error.clone()));
                }
            }
        }
    }
}
