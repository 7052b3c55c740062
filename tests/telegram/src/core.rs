//! What the server's parts share: the world behind one lock, and a signal for every change.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use parking_lot::Mutex;
use tokio::sync::watch;

use crate::faults::Faults;
use crate::journal::Journal;
use crate::limits::Flood;
use crate::options::Options;
use crate::world::World;

#[derive(Debug)]
pub struct Inner {
    pub world: World,
    pub flood: Flood,
    pub faults: Faults,
    pub journal: Journal,
}

#[derive(Debug)]
pub struct Core {
    inner: Mutex<Inner>,
    /// The number of the latest event.
    changes: watch::Sender<u64>,
    /// Counts the journal's changes, for those who wait on it.
    calls: watch::Sender<u64>,
    /// Off: the port refuses connections and those that exist are reset. On: as before, at the same port.
    pub online: watch::Sender<bool>,
    pub options: Options,
}

pub fn now_ms() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| d.as_millis() as u64)
}

impl Core {
    pub fn new(options: Options) -> Arc<Self> {
        let mut flood = Flood::default();
        flood.set(options.limits);
        let inner = Inner {
            world: World::new(options.bounds),
            flood,
            faults: Faults::seeded(options.seed),
            journal: Journal::new(options.journal),
        };
        Arc::new(Self {
            inner: Mutex::new(inner),
            changes: watch::Sender::new(0),
            calls: watch::Sender::new(0),
            online: watch::Sender::new(true),
            options,
        })
    }

    /// Works on the world at the present time; whoever waits for changes is woken afterwards.
    pub fn with<R>(&self, f: impl FnOnce(&mut Inner) -> R) -> R {
        let (out, seq) = {
            let mut inner = self.inner.lock();
            inner.world.now = now_ms();
            let before = inner.world.events.seq;
            let out = f(&mut inner);
            let after = inner.world.events.seq;
            (out, (after != before).then_some(after))
        };
        if let Some(seq) = seq {
            self.changes.send_if_modified(|s| {
                let newer = seq > *s;
                *s = (*s).max(seq);
                newer
            });
        }
        out
    }

    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    pub fn calls(&self) -> watch::Receiver<u64> {
        self.calls.subscribe()
    }

    pub fn call_noted(&self) {
        self.calls.send_modify(|n| *n += 1);
    }
}
