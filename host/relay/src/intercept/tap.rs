//! The tap: where the front door tells the relay what the bot's own program does.

use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use switchboard_store::{ChatId, MessageId};
use tokio::sync::watch;

use super::read::{read, watched};
use crate::connection::Inner;
use crate::sender::Command;

/// How long a call may wait for a connection that is only just starting.
const STARTING: Duration = Duration::from_secs(10);

/// A call of the bot's program that took effect.
#[derive(Debug)]
pub struct ProgramCall {
    /// In lower case.
    pub method: String,
    pub params: Vec<(String, String)>,
    /// `result` of Telegram's answer.
    pub result: Box<RawValue>,
}

impl ProgramCall {
    pub(super) fn param(&self, name: &str) -> Option<&str> {
        let found = self.params.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(super) fn message(&self) -> Option<MessageId> {
        self.param("message_id")?.trim().parse().ok()
    }

    pub(super) fn json<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_str(self.param(name)?).ok()
    }
}

/// The front door's line to a connection. It can be handed out before the connection starts; a call that ends after the
/// connection has stopped is still noted, for its next start.
#[derive(Debug, Clone)]
pub struct Tap {
    inner: watch::Sender<Option<Arc<Inner>>>,
}

impl Default for Tap {
    fn default() -> Self {
        Self {
            inner: watch::Sender::new(None),
        }
    }
}

impl Tap {
    pub(crate) fn bind(&self, inner: &Arc<Inner>) {
        self.inner.send_replace(Some(inner.clone()));
    }

    async fn bound(&self) -> Option<Arc<Inner>> {
        let mut inner = self.inner.subscribe();
        let bound = tokio::time::timeout(STARTING, inner.wait_for(Option::is_some)).await;
        bound.ok()?.ok()?.clone()
    }

    /// Whether calls of this method, in lower case, may be of interest.
    #[must_use]
    pub fn watches(&self, method: &str) -> bool {
        watched(method)
    }

    /// A call took effect. What the relay wants of it is on disk when this returns.
    pub async fn called(&self, call: ProgramCall) {
        let Some((chat, what)) = read(&call) else { return };
        if let Some(inner) = self.bound().await {
            inner.note(chat, what).await;
        }
    }

    /// A call was answered that counts as `weight` messages to a chat; Telegram may have asked to wait.
    pub fn spent(&self, chat: Option<ChatId>, weight: u32, retry_after: Option<u64>) {
        let inner = self.inner.borrow().clone();
        if let Some(inner) = inner.filter(|_| weight > 0) {
            // A full queue means that the sender is busy, and learns of limits by its own calls.
            let _ = inner.commands.try_send(Command::Spent {
                chat,
                weight,
                retry_after,
            });
        }
    }
}
