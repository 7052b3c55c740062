//! The clock behind the wall-clock backstop: advances the engine's epoch every 10 ms while plugins run.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use wasmtime::Engine;

/// The length of an epoch.
pub(crate) const TICK: Duration = Duration::from_millis(10);
/// Ticks without a call after which the thread sleeps, so that an idle host uses no processor time.
const IDLE_TICKS: u32 = 100;

#[derive(Debug)]
struct Shared {
    running: AtomicU64,
    calls: AtomicU64,
    asleep: AtomicBool,
    stop: AtomicBool,
}

/// Advances an engine's epoch; stops when dropped.
#[derive(Debug)]
pub(crate) struct Ticker {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// A call under way; while there is one the epoch advances.
#[derive(Debug)]
pub(crate) struct Running<'a>(&'a Shared);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Ticker {
    pub fn start(engine: &Engine) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            running: AtomicU64::new(0),
            calls: AtomicU64::new(0),
            asleep: AtomicBool::new(false),
            stop: AtomicBool::new(false),
        });
        let engine = engine.weak();
        let theirs = Arc::clone(&shared);
        let thread = thread::Builder::new().name("plugin-epoch".to_owned()).spawn(move || {
            let mut idle = 0;
            let mut seen = 0;
            while !theirs.stop.load(Ordering::SeqCst) {
                thread::sleep(TICK);
                let Some(engine) = engine.upgrade() else {
                    return;
                };
                engine.increment_epoch();
                let calls = theirs.calls.load(Ordering::SeqCst);
                idle = if calls == seen { idle + 1 } else { 0 };
                seen = calls;
                if idle < IDLE_TICKS {
                    continue;
                }
                // Say first, look then: a call that starts now either is seen here or sees us asleep.
                theirs.asleep.store(true, Ordering::SeqCst);
                while theirs.running.load(Ordering::SeqCst) == 0 && !theirs.stop.load(Ordering::SeqCst) {
                    thread::park();
                }
                theirs.asleep.store(false, Ordering::SeqCst);
                idle = 0;
            }
        })?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// To be held while a plugin runs.
    pub fn running(&self) -> Running<'_> {
        self.shared.running.fetch_add(1, Ordering::SeqCst);
        self.shared.calls.fetch_add(1, Ordering::Relaxed);
        if self.shared.asleep.load(Ordering::SeqCst)
            && let Some(thread) = &self.thread
        {
            thread.thread().unpark();
        }
        Running(&self.shared)
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // A tick at most; the thread holds no lock.
            let _ = thread.join();
        }
    }
}
