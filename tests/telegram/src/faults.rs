//! Faults: every way a network and a server can fail, by method, chance and seed.
//!
//! A rule draws from its own sequence, seeded by the rule, so the n-th matching call of a rule meets the same
//! fate in every run with that seed.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The connection is closed before the body is read. No effect.
    Refuse,
    /// The request is read, the connection is reset. No effect.
    ResetBefore,
    /// The call takes effect, then the connection is reset.
    ResetAfter,
    /// The call takes effect, and no answer ever comes.
    SilentAfter,
    /// No effect, and no answer ever comes.
    SilentBefore,
    /// The call takes effect, the answer is 502 with an HTML page.
    BadGatewayAfter,
    /// A 500 JSON answer. No effect.
    ErrorBefore,
    /// A 502 HTML page. No effect.
    HtmlBefore,
    /// The call takes effect; the answer breaks off in the middle.
    Truncated,
    /// The call takes effect; the answer drips out, `delay_ms` over its length.
    Drip,
    /// The call waits `delay_ms` before it takes effect.
    Latency,
    /// 429 without `retry_after`. No effect.
    TooManyWithoutRetryAfter,
    /// 429 with `retry_after` = `delay_ms` in seconds, rounded up. No effect.
    TooMany,
    /// getUpdates (or a webhook delivery): these updates come once more after they were confirmed.
    DuplicateUpdates,
    /// New updates show themselves `delay_ms` late.
    LateUpdates,
}

impl Kind {
    /// Whether a call that met this fault took effect.
    pub fn takes_effect(self) -> bool {
        !matches!(
            self,
            Kind::Refuse
                | Kind::ResetBefore
                | Kind::SilentBefore
                | Kind::ErrorBefore
                | Kind::HtmlBefore
                | Kind::TooManyWithoutRetryAfter
                | Kind::TooMany
        )
    }

    /// Whether the caller cannot know the outcome: the request left, and no whole answer came.
    pub fn is_ambiguous(self) -> bool {
        matches!(
            self,
            Kind::Refuse
                | Kind::ResetBefore
                | Kind::ResetAfter
                | Kind::SilentAfter
                | Kind::SilentBefore
                | Kind::BadGatewayAfter
                | Kind::HtmlBefore
                | Kind::Truncated
        )
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    pub fault: Kind,
    /// Method name pattern, any case, `*` for any run of characters: `sendMessage`, `copy*`, `*`.
    #[serde(default = "any")]
    pub method: String,
    /// 0 … 1.
    #[serde(default = "always")]
    pub chance: f64,
    #[serde(default)]
    pub seed: Option<u64>,
    /// Only in this chat (`chat_id` of the call).
    #[serde(default)]
    pub chat: Option<i64>,
    /// Only for this bot.
    #[serde(default)]
    pub bot: Option<i64>,
    /// At most so often.
    #[serde(default)]
    pub times: Option<u64>,
    /// Skips the first matching calls.
    #[serde(default)]
    pub skip: u64,
    #[serde(default)]
    pub delay_ms: u64,
}

fn any() -> String {
    "*".into()
}

fn always() -> f64 {
    1.0
}

impl Rule {
    /// Always, for every call of the method.
    pub fn new(fault: Kind, method: &str) -> Self {
        Self {
            fault,
            method: method.to_owned(),
            chance: 1.0,
            seed: None,
            chat: None,
            bot: None,
            times: None,
            skip: 0,
            delay_ms: 0,
        }
    }

    pub fn chance(self, chance: f64) -> Self {
        Self { chance, ..self }
    }

    pub fn times(self, n: u64) -> Self {
        Self { times: Some(n), ..self }
    }

    pub fn skip(self, n: u64) -> Self {
        Self { skip: n, ..self }
    }

    pub fn seed(self, seed: u64) -> Self {
        Self {
            seed: Some(seed),
            ..self
        }
    }

    pub fn chat(self, chat: i64) -> Self {
        Self {
            chat: Some(chat),
            ..self
        }
    }

    pub fn delay(self, delay: std::time::Duration) -> Self {
        Self {
            delay_ms: delay.as_millis() as u64,
            ..self
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    pub kind: Kind,
    pub delay_ms: u64,
}

#[derive(Debug)]
struct Armed {
    rule: Rule,
    pattern: String,
    state: u64,
    seen: u64,
    hits: u64,
}

#[derive(Debug, Default)]
pub struct Faults {
    rules: Vec<Armed>,
    pub seed: u64,
}

impl Faults {
    pub fn seeded(seed: u64) -> Self {
        Self {
            rules: Vec::new(),
            seed,
        }
    }

    pub fn set(&mut self, rules: Vec<Rule>) {
        let seed = self.seed;
        self.rules = rules
            .into_iter()
            .enumerate()
            .map(|(i, rule)| Armed {
                pattern: rule.method.to_lowercase(),
                state: rule.seed.unwrap_or(seed).wrapping_add((i as u64) << 32),
                rule,
                seen: 0,
                hits: 0,
            })
            .collect();
    }

    pub fn rules(&self) -> Vec<Rule> {
        self.rules.iter().map(|a| a.rule.clone()).collect()
    }

    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Whether a rule needs the call's chat to decide.
    pub fn needs_chat(&self) -> bool {
        self.rules.iter().any(|r| r.rule.chat.is_some())
    }

    /// The fate of one call: the first rule that matches and strikes.
    pub fn strike(&mut self, bot: i64, method: &str, chat: Option<i64>) -> Option<Hit> {
        for a in &mut self.rules {
            let r = &a.rule;
            if !glob(&a.pattern, method)
                || r.chat.is_some_and(|c| Some(c) != chat)
                || r.bot.is_some_and(|b| b != bot)
                || r.times.is_some_and(|t| a.hits >= t)
            {
                continue;
            }
            a.seen += 1;
            if a.seen <= r.skip {
                continue;
            }
            if r.chance < 1.0 && next(&mut a.state) >= r.chance {
                continue;
            }
            a.hits += 1;
            return Some(Hit {
                kind: r.fault,
                delay_ms: r.delay_ms,
            });
        }
        None
    }
}

/// SplitMix64, as a number in 0 … 1.
fn next(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}

/// Patterns separated by `|`, with `*` for any run of characters.
fn glob(pattern: &str, name: &str) -> bool {
    fn one(p: &[u8], n: &[u8]) -> bool {
        match p.split_first() {
            None => n.is_empty(),
            Some((b'*', rest)) => (0..=n.len()).any(|i| one(rest, &n[i..])),
            Some((c, rest)) => n.split_first().is_some_and(|(d, tail)| c == d && one(rest, tail)),
        }
    }
    pattern.split('|').any(|p| one(p.trim().as_bytes(), name.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_like_globs() {
        assert!(glob("*", "getme") && glob("copy*", "copymessages") && glob("send*|edit*", "editmessagetext"));
        assert!(!glob("copy*", "sendmessage") && !glob("sendmessage", "sendmessagedraft"));
    }

    #[test]
    fn a_seed_repeats_its_strikes() {
        let strikes = |seed| {
            let mut f = Faults::default();
            f.set(vec![Rule::new(Kind::ResetAfter, "send*").chance(0.3).seed(seed)]);
            (0..50)
                .map(|_| f.strike(1, "sendmessage", None).is_some())
                .collect::<Vec<_>>()
        };
        assert_eq!(strikes(7), strikes(7));
        assert_ne!(strikes(7), strikes(8));
        let n = strikes(7).iter().filter(|s| **s).count();
        assert!((5..=25).contains(&n), "{n}");
    }
}
