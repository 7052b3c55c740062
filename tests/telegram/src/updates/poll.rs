//! getUpdates: answers at once, or waits; a newer one ends the older.

use std::time::Duration;

use bytes::Bytes;

use super::queue::{Abort, Update};
use crate::api::params::Params;
use crate::core::{Core, now_ms};
use crate::error::ApiError;
use crate::world::Id;

const MAX_TIMEOUT_S: i64 = 50;
const OTHER: &str = "terminated by other getUpdates request; make sure that only one bot instance is running";
const SET: &str = "terminated by setWebhook request";
const ACTIVE: &str =
    "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first";

enum Step {
    Ready(Vec<Update>),
    Wait { ticket: u64, until: u64 },
}

/// What a fault does to the updates of one call.
#[derive(Debug, Clone, Copy, Default)]
pub struct Mischief {
    /// The updates of this answer come once more later.
    pub duplicate: bool,
    /// What waits now shows itself so much later.
    pub late_ms: u64,
}

/// The whole answer body.
pub async fn get_updates(core: &Core, bot: Id, params: Params, mischief: Mischief) -> Result<Bytes, ApiError> {
    let duplicate = mischief.duplicate;
    let offset = params.int("offset").unwrap_or(0);
    let mut limit = params.int("limit").unwrap_or(100).clamp(1, 100) as usize;
    let timeout_s = params.int("timeout").unwrap_or(0).clamp(0, MAX_TIMEOUT_S);
    let wake = core.with(|i| i.world.queues.get(&bot).map(|q| q.wake.clone()));
    let wake = wake.ok_or_else(|| ApiError::new(401, "Unauthorized"))?;
    let first = core.with(|i| {
        let now = i.world.now;
        let mut call = crate::api::Call::new(&mut i.world, bot, params, core.options.uploads);
        let queue = call
            .world
            .queues
            .get_mut(&bot)
            .ok_or_else(|| ApiError::new(401, "Unauthorized"))?;
        if queue.webhook.is_some() {
            return Err(ApiError::conflict(ACTIVE));
        }
        call.choose_kinds();
        let queue = call
            .world
            .queues
            .get_mut(&bot)
            .ok_or_else(|| ApiError::new(401, "Unauthorized"))?;
        // The server's guard against a client that asks the same thing over and over.
        let mut timeout_ms = timeout_s as u64 * 1000;
        let since = now.saturating_sub(queue.last_start);
        if queue.last_offset == Some(offset) {
            if timeout_ms < 3000 && since < core.options.pause(3000) {
                timeout_ms = core.options.pause(3000);
            }
            if since < core.options.pause(500) {
                limit = 1;
            }
        }
        queue.last_offset = Some(offset);
        queue.last_start = now;
        queue.expire(now);
        queue.confirm(offset);
        if mischief.late_ms > 0 {
            queue.hold(now + mischief.late_ms);
        }
        let ready = queue.peek(now, limit);
        if !ready.is_empty() || timeout_ms == 0 {
            queue.handed_out(&ready, duplicate);
            return Ok(Step::Ready(ready));
        }
        // Only a poll that waits ends the one before it.
        queue.abort = Abort::OtherPoll;
        queue.poll += 1;
        queue.wake.notify_waiters();
        Ok(Step::Wait {
            ticket: queue.poll,
            until: now + timeout_ms,
        })
    });
    let (ticket, until) = match first {
        Ok(Step::Ready(updates)) => return Ok(body(&updates)),
        Ok(Step::Wait { ticket, until }) => (ticket, until),
        Err(e) => {
            conflict_pause(core, bot).await;
            return Err(e);
        }
    };
    loop {
        let notified = wake.notified();
        tokio::pin!(notified);
        notified.as_mut().enable();
        let (result, visible) = core.with(|i| {
            let now = i.world.now;
            let Some(queue) = i.world.queues.get_mut(&bot) else {
                return (Some(Err(ApiError::new(401, "Unauthorized"))), None);
            };
            if queue.poll != ticket {
                let text = if queue.abort == Abort::SetWebhook { SET } else { OTHER };
                return (Some(Err(ApiError::conflict(text))), None);
            }
            let ready = queue.peek(now, limit);
            if ready.is_empty() && now < until {
                return (None, queue.next_visible());
            }
            queue.handed_out(&ready, duplicate);
            (Some(Ok(body(&ready))), None)
        });
        match result {
            Some(Err(e)) => {
                conflict_pause(core, bot).await;
                return Err(e);
            }
            Some(Ok(b)) => return Ok(b),
            None => {}
        }
        let wait = visible.unwrap_or(until).clamp(0, until).saturating_sub(now_ms()).max(1);
        let _ = tokio::time::timeout(Duration::from_millis(wait), notified).await;
    }
}

/// 409s in quick succession are held back for three seconds.
async fn conflict_pause(core: &Core, bot: Id) {
    let pause = core.options.pause(3000);
    let wait = core.with(|i| {
        let now = i.world.now;
        let Some(q) = i.world.queues.get_mut(&bot) else {
            return false;
        };
        let early = now < q.next_conflict;
        if !early {
            q.next_conflict = now + pause;
        }
        early
    });
    if wait {
        tokio::time::sleep(Duration::from_millis(pause)).await;
    }
}

fn body(updates: &[Update]) -> Bytes {
    let size: usize = updates.iter().map(|u| u.body.len() + 1).sum();
    let mut out = Vec::with_capacity(size + 32);
    out.extend_from_slice(b"{\"ok\":true,\"result\":[");
    for (i, u) in updates.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        out.extend_from_slice(&u.body);
    }
    out.extend_from_slice(b"]}");
    out.into()
}
