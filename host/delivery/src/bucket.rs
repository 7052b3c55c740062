//! A token bucket: a private chat's budget, a steady rate with a small burst after a rest.

use crate::budget::Fit;
use crate::{Millis, Rate};

/// After a 429 a chat gets back a step of rate or burst each time that this many intervals pass.
const RECOVERY: i64 = 60;

/// At most 2^4 times slower than configured.
const SLOWEST: i64 = 4;

/// Kept as the time by which all that was sent is paid for, at one interval a call (microseconds, for rates like 30/1s).
/// A call is counted from its end on, as in the sliding window.
#[derive(Clone, Debug)]
pub(crate) struct Bucket {
    /// With the margin.
    interval: i64,
    burst: i64,
    paid: i64,
    flying: i64,
    /// Since the last 429: interval doubled this often, burst down to 1; both recover from `since` (milliseconds) on.
    slow: i64,
    since: Millis,
    shrunk_at: Millis,
    flooded: bool,
}

impl Bucket {
    pub fn new(rate: Rate, burst: u32) -> Self {
        let exact = rate.per * 1000 / i64::from(rate.calls);
        Self {
            interval: exact + (exact / 100).max(1000),
            burst: i64::from(burst.max(1)),
            paid: 0,
            flying: 0,
            slow: 0,
            since: 0,
            shrunk_at: Millis::MIN,
            flooded: false,
        }
    }

    fn steps_back(&self, now: Millis) -> i64 {
        (now - self.since).max(0).saturating_mul(1000) / (self.interval * RECOVERY)
    }

    fn interval(&self, now: Millis) -> i64 {
        self.interval << (self.slow - self.steps_back(now)).max(0)
    }

    fn burst(&self, now: Millis) -> i64 {
        if self.flooded {
            self.burst.min(1 + self.steps_back(now))
        } else {
            self.burst
        }
    }

    pub fn fit(&self, now: Millis, weight: u32) -> Fit {
        let burst = self.burst(now);
        let over = self.flying + i64::from(weight).min(burst) - burst;
        if over > 0 {
            return Fit::Later;
        }
        let at = (self.paid + over * self.interval + 999).div_euclid(1000);
        if at <= now { Fit::Now } else { Fit::At(at) }
    }

    pub fn take(&mut self, weight: u32) {
        self.flying += i64::from(weight);
    }

    pub fn done(&mut self, now: Millis, weight: u32, counted: u32) {
        self.flying = (self.flying - i64::from(weight)).max(0);
        if counted > 0 {
            self.spent(now, now, counted);
        }
    }

    pub fn spent(&mut self, now: Millis, at: Millis, weight: u32) {
        self.paid = self.paid.max(at * 1000) + i64::from(weight) * self.interval(now);
    }

    pub fn flood(&mut self, now: Millis, started: Millis, until: Millis) {
        if started > self.shrunk_at {
            self.slow = ((self.slow - self.steps_back(now)).max(0) + 1).min(SLOWEST);
            self.shrunk_at = now;
            self.flooded = true;
        }
        self.since = self.since.max(until);
        self.paid = self.paid.max(until * 1000);
    }

    pub fn idle_at(&self) -> Millis {
        let paid = self.paid / 1000 + 1;
        if self.flooded {
            let steps = self.slow.max(self.burst - 1);
            paid.max(self.since + steps * self.interval * RECOVERY / 1000 + 1)
        } else {
            paid
        }
    }

    pub fn flying(&self) -> u64 {
        self.flying.unsigned_abs()
    }
}
