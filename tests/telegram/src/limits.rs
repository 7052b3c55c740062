//! Flood limits: sliding windows per bot, per private chat and per group.
//!
//! A window of `N per T` lets a call through while fewer than N messages were accepted in the last T.
//! Refused calls spend nothing. `retry_after` is the time until the oldest message that is in the way
//! leaves the window, in whole seconds, rounded up, at least 1.

use std::collections::{HashMap, VecDeque};
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::world::Id;

/// `N per T`, written `20/60s`, `30/1s`, `5/500ms`; `off` for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    pub count: usize,
    pub window_ms: u64,
}

impl Rate {
    pub fn new(count: usize, window: Duration) -> Self {
        Self {
            count,
            window_ms: window.as_millis() as u64,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a rate is written like 20/60s, 5/500ms or off, not {0:?}")]
pub struct BadRate(String);

impl FromStr for Rate {
    type Err = BadRate;

    fn from_str(s: &str) -> Result<Self, BadRate> {
        let bad = || BadRate(s.to_owned());
        let (n, t) = s.trim().split_once('/').ok_or_else(bad)?;
        let count = n.trim().parse().map_err(|_| bad())?;
        let t = t.trim();
        let (digits, unit) = t.split_at(t.find(|c: char| !c.is_ascii_digit()).unwrap_or(t.len()));
        let number: u64 = digits.parse().map_err(|_| bad())?;
        let window_ms = match unit {
            "ms" => number,
            "s" | "" => number * 1000,
            "m" => number * 60_000,
            _ => return Err(bad()),
        };
        if count == 0 || window_ms == 0 {
            return Err(bad());
        }
        Ok(Self { count, window_ms })
    }
}

/// A rate or `off`, as options and JSON have it.
pub fn rate_or_off(s: &str) -> Result<Option<Rate>, BadRate> {
    match s.trim() {
        "" | "off" | "none" => Ok(None),
        r => r.parse().map(Some),
    }
}

mod text {
    use serde::{Deserialize, Deserializer, Serializer};

    use super::{Rate, rate_or_off};

    pub fn serialize<S: Serializer>(r: &Option<Rate>, s: S) -> Result<S::Ok, S::Error> {
        match r {
            Some(r) => s.serialize_str(&format!("{}/{}ms", r.count, r.window_ms)),
            None => s.serialize_str("off"),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Rate>, D::Error> {
        let s = String::deserialize(d)?;
        rate_or_off(&s).map_err(serde::de::Error::custom)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// All messages of one bot.
    #[serde(with = "text")]
    pub bot: Option<Rate>,
    /// Messages of one bot in one private chat.
    #[serde(with = "text")]
    pub private: Option<Rate>,
    /// Messages of one bot in one group.
    #[serde(with = "text")]
    pub group: Option<Rate>,
    /// Whether copyMessages, forwardMessages and albums count every message (else one per call).
    pub batch_counts_each: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bot: None,
            private: None,
            group: None,
            batch_counts_each: true,
        }
    }
}

impl Limits {
    pub const OFF: Limits = Limits {
        bot: None,
        private: None,
        group: None,
        batch_counts_each: true,
    };

    /// Telegram's own figures: 30 a second, about 1 a second with a burst in a private chat, 20 a minute in a group.
    pub fn telegram() -> Self {
        Self {
            bot: Some(Rate {
                count: 30,
                window_ms: 1000,
            }),
            private: Some(Rate {
                count: 5,
                window_ms: 5000,
            }),
            group: Some(Rate {
                count: 20,
                window_ms: 60_000,
            }),
            batch_counts_each: true,
        }
    }

    /// Only the group limit.
    pub fn group(count: usize, window: Duration) -> Self {
        Self {
            group: Some(Rate::new(count, window)),
            ..Self::OFF
        }
    }
}

#[derive(Debug, Default)]
pub struct Flood {
    pub limits: Limits,
    bots: HashMap<Id, VecDeque<u64>>,
    chats: HashMap<(Id, Id), VecDeque<u64>>,
}

impl Flood {
    pub fn set(&mut self, limits: Limits) {
        self.limits = limits;
        self.bots.clear();
        self.chats.clear();
    }

    fn chat_rate(&self, chat: Id) -> Option<Rate> {
        if chat < 0 {
            self.limits.group
        } else {
            self.limits.private
        }
    }

    /// Seconds to wait, or `None` when the call may go.
    pub fn check(&mut self, now: u64, bot: Id, chat: Id, cost: usize) -> Option<u64> {
        if cost == 0 {
            return None;
        }
        let mut wait = 0;
        if let Some(r) = self.limits.bot {
            wait = wait.max(wait_ms(self.bots.entry(bot).or_default(), r, now, cost));
        }
        if let Some(r) = self.chat_rate(chat) {
            wait = wait.max(wait_ms(self.chats.entry((bot, chat)).or_default(), r, now, cost));
        }
        (wait > 0).then(|| wait.div_ceil(1000).max(1))
    }

    pub fn spend(&mut self, now: u64, bot: Id, chat: Id, cost: usize) {
        if cost == 0 {
            return;
        }
        if self.limits.bot.is_some() {
            self.bots.entry(bot).or_default().extend(std::iter::repeat_n(now, cost));
        }
        if self.chat_rate(chat).is_some() {
            self.chats
                .entry((bot, chat))
                .or_default()
                .extend(std::iter::repeat_n(now, cost));
        }
    }
}

/// How long until `cost` more fit. A batch larger than the window goes through when the window is empty.
fn wait_ms(seen: &mut VecDeque<u64>, r: Rate, now: u64, cost: usize) -> u64 {
    while seen.front().is_some_and(|t| t + r.window_ms <= now) {
        seen.pop_front();
    }
    let cost = cost.min(r.count);
    let over = (seen.len() + cost).saturating_sub(r.count);
    match over.checked_sub(1).and_then(|i| seen.get(i)) {
        Some(t) => t + r.window_ms - now,
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sliding_window_counts_what_was_accepted() {
        let mut f = Flood::default();
        f.set(Limits::group(2, Duration::from_secs(10)));
        let go = |f: &mut Flood, now, cost| {
            let r = f.check(now, 1, -5, cost);
            if r.is_none() {
                f.spend(now, 1, -5, cost);
            }
            r
        };
        assert_eq!(go(&mut f, 0, 1), None);
        assert_eq!(go(&mut f, 4000, 1), None);
        assert_eq!(go(&mut f, 5000, 1), Some(5));
        assert_eq!(go(&mut f, 5001, 2), Some(9), "two need both places");
        assert_eq!(go(&mut f, 10_000, 1), None);
        assert_eq!(f.check(10_000, 1, 7, 1), None, "private chats have their own limit");
        assert_eq!(f.check(10_000, 2, -5, 1), None, "and other bots their own purse");
    }

    #[test]
    fn a_batch_larger_than_the_window_needs_it_empty() {
        let mut f = Flood::default();
        f.set(Limits::group(2, Duration::from_secs(10)));
        assert_eq!(f.check(0, 1, -5, 5), None);
        f.spend(0, 1, -5, 5);
        assert_eq!(f.check(1, 1, -5, 1), Some(10));
    }

    #[test]
    fn rates_are_read_and_refused() {
        assert_eq!(
            "20/60s".parse(),
            Ok(Rate {
                count: 20,
                window_ms: 60_000
            })
        );
        assert_eq!(
            "3/200ms".parse(),
            Ok(Rate {
                count: 3,
                window_ms: 200
            })
        );
        assert!("20".parse::<Rate>().is_err() && "0/1s".parse::<Rate>().is_err());
    }
}
