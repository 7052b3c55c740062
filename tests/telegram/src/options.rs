//! How a simulation is set up.

use crate::limits::Limits;
use crate::world::Bounds;

/// Largest files, in bytes.
#[derive(Debug, Clone, Copy)]
pub struct Uploads {
    pub file: usize,
    pub photo: usize,
    /// Largest file that getFile hands out.
    pub download: usize,
}

impl Default for Uploads {
    fn default() -> Self {
        Self {
            file: 50 << 20,
            photo: 10 << 20,
            download: 20 << 20,
        }
    }
}

#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen; port 0 lets the system choose.
    pub listen: std::net::SocketAddr,
    pub limits: Limits,
    /// Seed of fault rules that bring none of their own.
    pub seed: u64,
    pub uploads: Uploads,
    pub bounds: Bounds,
    /// Calls kept in the journal; the counters go on.
    pub journal: usize,
    /// Divides the pauses that only cost a test time (409 delays, webhook retries, the guard against quick polls).
    /// 1 is Telegram's own pace.
    pub hurry: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: ([127, 0, 0, 1], 0).into(),
            limits: Limits::default(),
            seed: 1,
            uploads: Uploads::default(),
            bounds: Bounds::default(),
            journal: 200_000,
            hurry: 20.0,
        }
    }
}

impl Options {
    /// A pause of Telegram's, in milliseconds, shortened by `hurry`.
    pub fn pause(&self, ms: u64) -> u64 {
        (ms as f64 / self.hurry.max(0.001)) as u64
    }
}
