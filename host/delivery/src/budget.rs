//! A budget of calls: none, a bucket, or a window.

use crate::bucket::Bucket;
use crate::window::Window;
use crate::{Limit, Millis, Pacing, Priority, Scope};

/// How a call may use a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    Plain,
    Title,
    Broadcast,
}

impl From<Priority> for Class {
    fn from(priority: Priority) -> Self {
        match priority {
            Priority::Title => Self::Title,
            Priority::Broadcast => Self::Broadcast,
            _ => Self::Plain,
        }
    }
}

/// Whether a call fits now, at a known time, or only after a call in flight has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fit {
    Now,
    At(Millis),
    Later,
}

#[derive(Clone, Debug)]
pub(crate) enum Budget {
    Endless,
    Bucket(Bucket),
    Window(Window),
}

impl Budget {
    pub fn of_bot(pacing: &Pacing) -> Self {
        Self::window(pacing.bot)
    }

    pub fn of_scope(pacing: &Pacing, scope: Scope) -> Self {
        match (scope, pacing.chat) {
            (Scope::Group(_), _) => Self::window(pacing.group),
            (Scope::Private(_), Limit::Rate(rate)) => Self::Bucket(Bucket::new(rate, pacing.chat_burst)),
            (Scope::Private(_), Limit::Off) | (Scope::None, _) => Self::Endless,
        }
    }

    fn window(limit: Limit) -> Self {
        match limit {
            Limit::Off => Self::Endless,
            Limit::Rate(rate) => Self::Window(Window::new(rate)),
        }
    }

    pub fn fit(&self, now: Millis, weight: u32, class: Class) -> Fit {
        match self {
            _ if weight == 0 => Fit::Now,
            Self::Endless => Fit::Now,
            Self::Bucket(bucket) => bucket.fit(now, weight),
            Self::Window(window) => window.fit(now, weight, class),
        }
    }

    /// How many calls fit now; only windows are asked to join calls.
    pub fn free(&mut self, now: Millis, class: Class) -> u32 {
        match self {
            Self::Endless => u32::MAX,
            Self::Bucket(_) => 1,
            Self::Window(window) => window.free(now, class),
        }
    }

    pub fn take(&mut self, weight: u32, class: Class) {
        match self {
            Self::Endless => {}
            Self::Bucket(bucket) => bucket.take(weight),
            Self::Window(window) => window.take(weight, class),
        }
    }

    /// A call of `weight` has ended, of which the server counts `counted` from now on.
    pub fn done(&mut self, now: Millis, weight: u32, counted: u32, class: Class) {
        match self {
            Self::Endless => {}
            Self::Bucket(bucket) => bucket.done(now, weight, counted),
            Self::Window(window) => window.done(now, weight, counted, class),
        }
    }

    pub fn spent(&mut self, now: Millis, at: Millis, weight: u32) {
        match self {
            Self::Endless => {}
            Self::Bucket(bucket) => bucket.spent(now, at, weight),
            Self::Window(window) => window.spent(now, at, weight),
        }
    }

    pub fn flood(&mut self, now: Millis, started: Millis, until: Millis) {
        match self {
            Self::Endless => {}
            Self::Bucket(bucket) => bucket.flood(now, started, until),
            Self::Window(window) => window.flood(now, started, until),
        }
    }

    pub fn idle_at(&self) -> Millis {
        match self {
            Self::Endless => 0,
            Self::Bucket(bucket) => bucket.idle_at(),
            Self::Window(window) => window.idle_at(),
        }
    }

    /// The same past, with nothing in flight.
    pub fn settled(&self) -> Self {
        match self {
            Self::Window(window) => Self::Window(window.settled()),
            other => other.clone(),
        }
    }

    /// Calls in flight, where they are counted; for the invariants.
    pub fn flying(&self) -> Option<u64> {
        match self {
            Self::Endless => None,
            Self::Bucket(bucket) => Some(bucket.flying()),
            Self::Window(window) => Some(window.flying()),
        }
    }
}
