//! A sliding window: never more than so many calls in any span of its length, wherever the server's clock stands.
//!
//! The server counts a call at some moment between our send and its answer. So a call occupies its slots while it is
//! in flight and for one window after it ended: safe for sliding and for fixed windows of the server alike.

use std::collections::VecDeque;

use crate::backoff::margin;
use crate::budget::{Class, Fit};
use crate::{Millis, Rate};

#[cfg(test)]
mod tests;

/// After a 429 a window gets back one call each time that this many windows pass.
const RECOVERY: Millis = 2;

/// The most log entries that stand for calls which only the server knows of.
const PHANTOMS: u32 = 64;

/// Slots taken, and when each is free again.
#[derive(Clone, Debug, Default)]
struct Log {
    /// (free at, calls), rising.
    ended: VecDeque<(Millis, u32)>,
    used: u64,
    flying: u64,
}

impl Log {
    fn taken(&self) -> u64 {
        self.used + self.flying
    }

    fn fit(&self, now: Millis, weight: u32, cap: u32) -> Fit {
        // what is heavier than the window goes out alone, into an empty one
        let wanted = self.taken() + u64::from(weight.min(cap));
        let Some(mut over) = wanted.checked_sub(u64::from(cap)).filter(|over| *over > 0) else {
            return Fit::Now;
        };
        for (at, weight) in &self.ended {
            over = over.saturating_sub(u64::from(*weight));
            if over == 0 {
                return if *at <= now { Fit::Now } else { Fit::At(*at) };
            }
        }
        Fit::Later
    }

    fn forget(&mut self, now: Millis) {
        while let Some((_, weight)) = self.ended.pop_front_if(|(at, _)| *at <= now) {
            self.used -= u64::from(weight);
        }
    }

    fn end(&mut self, weight: u32, counted: u32, until: Millis) {
        self.flying = self.flying.saturating_sub(u64::from(weight));
        self.occupy(until, counted);
    }

    fn occupy(&mut self, until: Millis, weight: u32) {
        if weight == 0 {
            return;
        }
        self.used += u64::from(weight);
        let at = self.ended.partition_point(|(at, _)| *at <= until);
        match at.checked_sub(1).and_then(|i| self.ended.get_mut(i)) {
            Some((same, sum)) if *same == until && sum.checked_add(weight).is_some() => *sum += weight,
            _ => self.ended.insert(at, (until, weight)),
        }
    }
}

/// The budget of a group or of the bot.
#[derive(Clone, Debug)]
pub(crate) struct Window {
    rate: Rate,
    all: Log,
    titles: Log,
    /// How many calls fewer than `rate.calls` since the last 429, recovering from `since` on.
    shrunk: u32,
    since: Millis,
    shrunk_at: Millis,
}

impl Window {
    pub fn new(rate: Rate) -> Self {
        Self {
            rate,
            all: Log::default(),
            titles: Log::default(),
            shrunk: 0,
            since: 0,
            shrunk_at: Millis::MIN,
        }
    }

    /// How many calls the window holds now.
    fn size(&self, now: Millis) -> u32 {
        let back = (now - self.since).max(0) / (self.rate.per * RECOVERY);
        self.rate.calls - self.shrunk.saturating_sub(u32::try_from(back).unwrap_or(u32::MAX))
    }

    fn cap(&self, now: Millis, class: Class) -> u32 {
        let size = self.size(now);
        match class {
            Class::Plain => size,
            Class::Title | Class::Broadcast => size - size / 4,
        }
    }

    fn title_cap(&self, now: Millis) -> u32 {
        (self.size(now) / 4).max(1)
    }

    pub fn fit(&self, now: Millis, weight: u32, class: Class) -> Fit {
        let fit = self.all.fit(now, weight, self.cap(now, class));
        match class {
            Class::Title => fit.max(self.titles.fit(now, weight, self.title_cap(now))),
            Class::Plain | Class::Broadcast => fit,
        }
    }

    /// How many calls fit now.
    pub fn free(&mut self, now: Millis, class: Class) -> u32 {
        self.forget(now);
        let left = u64::from(self.cap(now, class)).saturating_sub(self.all.taken());
        u32::try_from(left).unwrap_or(u32::MAX)
    }

    fn forget(&mut self, now: Millis) {
        self.all.forget(now);
        self.titles.forget(now);
    }

    pub fn take(&mut self, weight: u32, class: Class) {
        self.all.flying += u64::from(weight);
        if class == Class::Title {
            self.titles.flying += u64::from(weight);
        }
    }

    /// A call of `weight` has ended, of which the server counts `counted` from now on.
    pub fn done(&mut self, now: Millis, weight: u32, counted: u32, class: Class) {
        self.forget(now);
        let until = self.free_again(now);
        self.all.end(weight, counted, until);
        if class == Class::Title {
            self.titles.end(weight, counted, until);
        }
    }

    /// Calls that were made beside this engine and ended at `at`.
    pub fn spent(&mut self, now: Millis, at: Millis, weight: u32) {
        let until = self.free_again(at);
        if until > now {
            self.all.occupy(until, weight);
        }
    }

    fn free_again(&self, ended: Millis) -> Millis {
        ended + self.rate.per + margin(self.rate.per)
    }

    /// A 429 to a call started at `started`: a smaller window, taken as full; the server knows of calls that we do not.
    pub fn flood(&mut self, now: Millis, started: Millis, until: Millis) {
        // the other calls that were in flight at the same time tell the same story
        if started <= self.shrunk_at {
            self.since = self.since.max(until);
            return;
        }
        self.forget(now);
        let size = (self.size(now) * 3 / 4).max(1);
        self.shrunk = self.rate.calls - size;
        self.shrunk_at = now;
        self.since = until;
        let end = self.free_again(now);
        let unknown = u64::from(size).saturating_sub(self.all.taken());
        let unknown = u32::try_from(unknown).unwrap_or(u32::MAX);
        if end <= until || unknown == 0 {
            return;
        }
        // when they leave is not known either: spread from the pause's end (the first is free by then) to the window's
        let steps = unknown.min(PHANTOMS);
        for step in 1..steps {
            let at = until + (end - until) * Millis::from(step) / Millis::from(steps);
            self.all.occupy(at, unknown / steps + u32::from(step < unknown % steps));
        }
    }

    /// From when on nothing of it needs remembering, unless a call is in flight.
    pub fn idle_at(&self) -> Millis {
        let last = self.all.ended.back().map_or(0, |(at, _)| *at);
        let recovered = self.since + Millis::from(self.shrunk) * self.rate.per * RECOVERY;
        if self.shrunk > 0 { last.max(recovered) } else { last }
    }

    /// The same past, with nothing in flight.
    pub fn settled(&self) -> Self {
        let mut copy = self.clone();
        copy.all.flying = 0;
        copy.titles.flying = 0;
        copy
    }

    /// In flight now; for the invariants.
    pub fn flying(&self) -> u64 {
        self.all.flying
    }
}
