//! Limits as people write them: `20/60s`, `500/250ms`, `off`.

use std::fmt;
use std::str::FromStr;

use crate::Millis;

/// The longest window a rate may have: one day.
const LONGEST: Millis = 24 * 60 * 60 * 1000;

/// At most `calls` calls in any span of `per` milliseconds; both are at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rate {
    pub calls: u32,
    pub per: Millis,
}

/// A limit to pace to, or none. A server's 429 is obeyed either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limit {
    Off,
    Rate(Rate),
}

/// What the calls of one bot are paced to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pacing {
    /// All calls of the bot together.
    pub bot: Limit,
    /// Calls to one private chat.
    pub chat: Limit,
    /// How many calls to one private chat may go out at once after a rest (at least 1).
    pub chat_burst: u32,
    /// Calls to one group, all its topics together.
    pub group: Limit,
}

impl Default for Pacing {
    /// Telegram's published figures: 30/1s, 1/1s with a burst of 3, 20/60s.
    fn default() -> Self {
        Self {
            bot: Limit::Rate(Rate { calls: 30, per: 1000 }),
            chat: Limit::Rate(Rate { calls: 1, per: 1000 }),
            chat_burst: 3,
            group: Limit::Rate(Rate { calls: 20, per: 60_000 }),
        }
    }
}

impl Pacing {
    /// No pacing at all; only 429s are obeyed.
    pub const OFF: Self = Self {
        bot: Limit::Off,
        chat: Limit::Off,
        chat_burst: 1,
        group: Limit::Off,
    };
}

/// Why a text is no limit. Each message quotes the text and says what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LimitError {
    #[error("\"{0}\" is no limit: write calls/window as in \"20/60s\", or \"off\"")]
    Shape(String),
    #[error("\"{0}\": the number of calls must be a whole number from 1 to 4294967295")]
    Calls(String),
    #[error("\"{0}\": the window needs a unit: ms, s, m or h, as in \"20/60s\"")]
    Unit(String),
    #[error("\"{0}\": the window must be a whole number of ms, s, m or h, from 1ms to 24h")]
    Window(String),
}

impl FromStr for Limit {
    type Err = LimitError;

    fn from_str(text: &str) -> Result<Self, LimitError> {
        let text = text.trim();
        if text.eq_ignore_ascii_case("off") {
            return Ok(Self::Off);
        }
        text.parse().map(Self::Rate)
    }
}

impl FromStr for Rate {
    type Err = LimitError;

    fn from_str(text: &str) -> Result<Self, LimitError> {
        let quoted = || text.to_owned();
        let (calls, window) = text.split_once('/').ok_or_else(|| LimitError::Shape(quoted()))?;
        let calls = digits(calls.trim())
            .and_then(|calls| u32::try_from(calls).ok())
            .filter(|calls| *calls > 0)
            .ok_or_else(|| LimitError::Calls(quoted()))?;

        let window = window.trim();
        let split = window
            .find(|c: char| !c.is_ascii_digit())
            .ok_or_else(|| LimitError::Unit(quoted()))?;
        let (count, unit) = window.split_at(split);
        let unit = match unit.trim() {
            "ms" => 1,
            "s" => 1000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => return Err(LimitError::Unit(quoted())),
        };
        let per = digits(count)
            .and_then(|count| count.checked_mul(unit))
            .filter(|per| (1..=LONGEST).contains(per))
            .ok_or_else(|| LimitError::Window(quoted()))?;
        Ok(Self { calls, per })
    }
}

/// Digits only: `parse` alone would also take a sign.
fn digits(text: &str) -> Option<i64> {
    text.bytes()
        .all(|b| b.is_ascii_digit())
        .then(|| text.parse().ok())
        .flatten()
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.per % 1000 == 0 {
            write!(f, "{}/{}s", self.calls, self.per / 1000)
        } else {
            write!(f, "{}/{}ms", self.calls, self.per)
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::Rate(rate) => rate.fmt(f),
        }
    }
}

impl From<Rate> for Limit {
    fn from(rate: Rate) -> Self {
        Self::Rate(rate)
    }
}
