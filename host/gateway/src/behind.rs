//! Who stands behind the door and is told what the bot's own program does.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::value::RawValue;

use crate::Params;

/// A call of the bot's program that took effect.
#[derive(Debug)]
pub struct Called {
    /// In lower case.
    pub method: String,
    pub params: Params,
    /// `result` of Telegram's answer.
    pub result: Box<RawValue>,
}

/// A call that spends from Telegram's limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spent {
    /// The chat that it went to, where it is known by number.
    pub chat: Option<i64>,
    /// How many messages it counts for; 0 for calls that are free.
    pub weight: u32,
    /// Telegram answered 429: seconds to wait.
    pub retry_after: Option<u64>,
}

/// The relay, as the door sees it. No call of the bot's program waits for more than what is said here.
#[async_trait]
pub trait Behind: Send + Sync + std::fmt::Debug {
    /// Whether a call of this method (in lower case) may be of interest, so that its request and answer are read at all.
    fn watches(&self, method: &str) -> bool;

    /// A call took effect. The program's answer waits until this returns: it is durable then.
    async fn called(&self, call: Called);

    /// A call was answered; told at once, before the answer is passed on.
    fn spent(&self, spent: Spent);
}

/// Nobody stands behind: a door that only passes on.
#[async_trait]
impl Behind for () {
    fn watches(&self, _method: &str) -> bool {
        false
    }
    async fn called(&self, _call: Called) {}
    fn spent(&self, _spent: Spent) {}
}

#[async_trait]
impl<T: Behind + ?Sized> Behind for Arc<T> {
    fn watches(&self, method: &str) -> bool {
        (**self).watches(method)
    }
    async fn called(&self, call: Called) {
        (**self).called(call).await;
    }
    fn spent(&self, spent: Spent) {
        (**self).spent(spent);
    }
}
