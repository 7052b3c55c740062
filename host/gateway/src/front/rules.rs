//! The figures of Telegram's rules, which tests and simulations shorten.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Most updates that wait for one bot's program; beyond it the oldest go.
pub const MAX_UPDATES: usize = 500_000;

/// The figures that a [`Front`](super::Front) goes by. [`Rules::default`] has Telegram's own.
#[derive(Debug, Clone)]
pub struct Rules {
    pub clock: Clock,
    /// How long an update waits for the program.
    pub life: Duration,
    /// Most updates that wait, held ones too.
    pub most: usize,
    /// How long the last update's id tells a repeat. Telegram may count anew after a week without updates.
    pub mark_life: Duration,
    /// A poll with the offset of one so recent waits at least as long.
    pub repeat: Duration,
    /// A poll with the offset of one so recent gets one update.
    pub hasty: Duration,
    /// 409s in quicker succession are answered only after as long.
    pub conflict: Duration,
    /// `setWebhook` is refused with 429 so soon after another.
    pub set_gap: Duration,
    /// Pause after an update's second failure; it doubles from there. After the first there is none.
    pub retry: Duration,
    /// The pause grows to between once and twice this.
    pub retry_most: Duration,
    /// Longest `Retry-After` that is obeyed.
    pub retry_after_most: Duration,
    /// Pause between attempts while the program cannot be reached.
    pub probe: Duration,
    /// How long the program may take to accept a connection.
    pub connect: Duration,
    /// How long the program may take for an update.
    pub answer: Duration,
    /// How long a call that a webhook's answer asked for may take.
    pub reply: Duration,
    /// After so long of HTTP 410 the webhook is closed.
    pub gone: Duration,
    /// How long updates under way are waited for when a webhook changes or the front stops.
    pub drain: Duration,
    /// Pause after the store failed.
    pub store: Duration,
}

impl Default for Rules {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        let hours = |n: u64| Duration::from_secs(n * 3600);
        Self {
            clock: Clock::default(),
            life: hours(24),
            most: MAX_UPDATES,
            mark_life: hours(48),
            repeat: seconds(3),
            hasty: Duration::from_millis(500),
            conflict: seconds(3),
            set_gap: seconds(1),
            retry: seconds(2),
            retry_most: seconds(60),
            retry_after_most: hours(1),
            probe: seconds(2),
            connect: seconds(10),
            answer: seconds(60),
            reply: seconds(120),
            gone: hours(23),
            drain: seconds(5),
            store: seconds(1),
        }
    }
}

/// Where the time of day comes from.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> i64 + Send + Sync>);

impl Clock {
    /// `now` gives milliseconds since 1970-01-01T00:00:00Z.
    pub fn new(now: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    #[must_use]
    pub fn now(&self) -> i64 {
        (self.0)()
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new(|| {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
        })
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

/// Milliseconds, for arithmetic with the clock.
pub(super) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
