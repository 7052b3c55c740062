//! One bot's update queue: numbering, confirmation by offset, the bot's choice of kinds.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;
use tokio::sync::Notify;

use super::kinds::Kinds;
use super::webhook::Webhook;
use crate::world::chat::ChatKey;

/// Updates live 24 hours.
pub const LIFETIME_MS: u64 = 24 * 3600 * 1000;
/// A getUpdates answer holds about this many bytes at most.
const ANSWER_BYTES: usize = 1 << 22;
/// An offset up to so far beyond the latest update still confirms; one further on is taken for a mistake.
const FUTURE: i64 = 10;

#[derive(Debug, Clone)]
pub struct Update {
    pub id: i64,
    pub at: u64,
    /// Held back until then (a fault).
    pub visible_at: u64,
    pub chat: Option<ChatKey>,
    /// The whole `Update` object as JSON.
    pub body: Bytes,
}

/// Why a waiting getUpdates was ended from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Abort {
    OtherPoll,
    SetWebhook,
}

#[derive(Debug)]
pub struct Queue {
    items: VecDeque<Update>,
    /// Confirmed updates that a fault delivers once more.
    again: VecDeque<Update>,
    next_id: i64,
    pub kinds: Kinds,
    /// Rises with every getUpdates that begins to wait (and with setWebhook); a waiting one that sees a higher
    /// number is over.
    pub poll: u64,
    pub abort: Abort,
    pub last_offset: Option<i64>,
    pub last_start: u64,
    pub next_conflict: u64,
    pub next_set_webhook: u64,
    pub webhook: Option<Webhook>,
    pub wake: Arc<Notify>,
    /// Updates ever queued.
    pub total: u64,
}

impl Queue {
    pub fn new(first_id: i64) -> Self {
        Self {
            items: VecDeque::new(),
            again: VecDeque::new(),
            next_id: first_id,
            kinds: Kinds::default(),
            poll: 0,
            abort: Abort::OtherPoll,
            last_offset: None,
            last_start: 0,
            next_conflict: 0,
            next_set_webhook: 0,
            webhook: None,
            wake: Arc::new(Notify::new()),
            total: 0,
        }
    }

    pub fn accepts(&self, kind: &str) -> bool {
        self.kinds.has(kind)
    }

    pub fn push(&mut self, now: u64, chat: Option<ChatKey>, kind: &'static str, body: &Value) {
        if !self.accepts(kind) {
            return;
        }
        let id = self.next_id;
        self.next_id += 1;
        self.total += 1;
        let mut json = Vec::with_capacity(512);
        json.extend_from_slice(format!("{{\"update_id\":{id},\"{kind}\":").as_bytes());
        // Writing JSON into memory cannot fail for a Value.
        if serde_json::to_writer(&mut json, body).is_err() {
            return;
        }
        json.push(b'}');
        self.items.push_back(Update {
            id,
            at: now,
            visible_at: now,
            chat,
            body: json.into(),
        });
        self.wake.notify_waiters();
    }

    pub fn pending(&self) -> usize {
        self.items.len() + self.again.len()
    }

    pub fn clear(&mut self) {
        self.items.clear();
        self.again.clear();
    }

    pub fn expire(&mut self, now: u64) {
        while self.items.front().is_some_and(|u| u.at + LIFETIME_MS <= now) {
            self.items.pop_front();
        }
    }

    /// Applies an offset: positive confirms everything below it, negative keeps the last |n|,
    /// one from before the queue's head or far beyond its end reads from the head.
    pub fn confirm(&mut self, offset: i64) {
        if offset < 0 {
            let keep = offset.unsigned_abs() as usize;
            while self.items.len() > keep {
                self.items.pop_front();
            }
        } else if offset > 0 && offset <= self.next_id + FUTURE {
            while self.items.front().is_some_and(|u| u.id < offset) {
                self.items.pop_front();
            }
        }
    }

    /// Up to `limit` updates that are visible now, in order.
    pub fn peek(&self, now: u64, limit: usize) -> Vec<Update> {
        let mut left = ANSWER_BYTES;
        self.again
            .iter()
            .chain(self.items.iter())
            .take_while(|u| u.visible_at <= now)
            .take(limit)
            .take_while(|u| {
                let cost = u.body.len() + 50;
                let fits = left > cost;
                left = left.saturating_sub(cost);
                fits
            })
            .cloned()
            .collect()
    }

    /// When the first held-back update shows itself.
    pub fn next_visible(&self) -> Option<u64> {
        self.again.iter().chain(self.items.iter()).map(|u| u.visible_at).next()
    }

    /// A fault: everything that waits shows itself later.
    pub fn hold(&mut self, until: u64) {
        for u in &mut self.items {
            u.visible_at = u.visible_at.max(until);
        }
    }

    /// These were in an answer: repeats among them are gone. `duplicate` (a fault) delivers the others once more
    /// although they get confirmed; a repeat is not repeated, so that later ones have their turn.
    pub fn handed_out(&mut self, updates: &[Update], duplicate: bool) {
        let repeats = self.again.len().min(updates.len());
        self.again.drain(..repeats);
        if duplicate {
            self.again.extend(updates.iter().skip(repeats).cloned());
        }
    }

    pub fn remove(&mut self, id: i64) {
        if let Ok(i) = self.items.binary_search_by_key(&id, |u| u.id) {
            self.items.remove(i);
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = &Update> {
        self.items.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(n: usize) -> Queue {
        let mut q = Queue::new(10);
        for _ in 0..n {
            q.push(1, None, "message", &Value::Null);
        }
        q
    }

    fn ids(q: &Queue) -> Vec<i64> {
        q.peek(1, 100).iter().map(|u| u.id).collect()
    }

    #[test]
    fn offsets_confirm_keep_and_fall_back() {
        let mut q = queue(5);
        q.confirm(12);
        assert_eq!(ids(&q), [12, 13, 14]);
        q.confirm(3);
        assert_eq!(ids(&q), [12, 13, 14], "a too old offset reads from the head");
        q.confirm(999);
        assert_eq!(ids(&q), [12, 13, 14], "an unknown offset confirms nothing");
        q.confirm(-1);
        assert_eq!(ids(&q), [14]);
        q.confirm(26);
        assert_eq!(ids(&q), [14], "11 beyond the end is too far");
        q.confirm(25);
        assert!(ids(&q).is_empty());
    }

    #[test]
    fn unwanted_kinds_are_not_numbered() {
        let mut q = queue(1);
        q.push(1, None, "message_reaction", &Value::Null);
        q.push(1, None, "message", &Value::Null);
        assert_eq!(ids(&q), [10, 11]);
    }
}
