//! Delivery to the webhook of the bot's program.

mod lanes;
mod reply;
mod target;
mod tls;

use std::collections::HashMap;
use std::sync::Arc;

use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use self::lanes::{Key, Lanes};
use self::target::Outcome;
pub(super) use self::target::{Target, address};
pub(super) use self::tls::BAD_CERTIFICATE;
use super::core::{Core, Delivery};
use super::queue::{Entry, Position};
use super::settings::Hook;
use crate::GatewayError;

/// A deliverer at work, or one that ends.
#[derive(Debug)]
pub(super) struct Running {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    /// Begins no more, and waits for what is under way as long as the rules say.
    pub(super) async fn end(self) {
        self.stop.cancel();
        let _ = self.task.await;
    }

    pub(super) fn abort(&self) {
        self.task.abort();
    }
}

/// Ends the deliverer of the webhook before, and begins with this one once that has ended.
pub(super) fn start(core: &Arc<Core>, hook: Option<Hook>, target: Option<Target>) {
    let mut place = core.deliverer.lock();
    let before = place.take();
    if let Some(before) = &before {
        before.stop.cancel();
    }
    let stopping = core.state.lock().stopping;
    let Some(hook) = hook.filter(|_| !stopping) else {
        *place = before;
        return;
    };
    let stop = CancellationToken::new();
    let deliverer = Deliverer {
        generation: core.state.lock().delivery.generation,
        core: core.clone(),
        hook,
        lanes: Lanes::default(),
        flying: HashMap::new(),
        flight: JoinSet::new(),
        down_until: None,
        gone_since: None,
    };
    let (ours, theirs) = (stop.clone(), before);
    let task = core.spawn(async move {
        if let Some(before) = theirs {
            before.end().await;
        }
        deliverer.run(ours, target).await;
    });
    *place = Some(Running { stop, task });
}

struct Deliverer {
    core: Arc<Core>,
    hook: Hook,
    generation: u64,
    lanes: Lanes,
    /// Which lane a task works for: also one that dies gives its lane back.
    flying: HashMap<tokio::task::Id, (Key, Position)>,
    flight: JoinSet<End>,
    /// Nobody answers there: one attempt at a time, and the next not before this.
    down_until: Option<Instant>,
    /// Since when all answers are HTTP 410.
    gone_since: Option<Instant>,
}

/// How an attempt ended.
enum End {
    Answered(Outcome),
    /// The update is not in the store any more.
    Vanished,
    /// The store did not give it.
    Unread,
}

impl Deliverer {
    async fn run(mut self, stop: CancellationToken, target: Option<Target>) {
        let core = self.core.clone();
        let prepared = async {
            match target {
                Some(target) => target,
                None => self.prepare().await,
            }
        };
        let target = tokio::select! {
            target = prepared => Arc::new(target),
            () = stop.cancelled() => return,
        };
        while !stop.is_cancelled() {
            let woken = core.wake.notified();
            tokio::pin!(woken);
            woken.as_mut().enable();
            self.lanes.pull(&core.state.lock().index, Instant::now());
            self.launch(&target);
            let next = self.next();
            tokio::select! {
                Some(end) = self.flight.join_next_with_id() => {
                    if self.landed(end) {
                        self.close().await;
                        break;
                    }
                }
                () = woken => {}
                () = sleep_until(next.unwrap_or_else(Instant::now)), if next.is_some() => {}
                () = stop.cancelled() => {}
            }
        }
        let drained = async {
            while let Some(end) = self.flight.join_next_with_id().await {
                self.landed(end);
            }
        };
        let _ = timeout(core.rules.drain, drained).await;
    }

    /// The way to the webhook; tried again where this machine lacks something for it.
    async fn prepare(&self) -> Target {
        loop {
            match Target::prepare(&self.hook, &self.core.rules).await {
                Ok(target) => return target,
                Err(text) => {
                    self.note(text);
                    sleep(self.core.rules.retry_most).await;
                }
            }
        }
    }

    fn room(&self) -> bool {
        let most = if self.down_until.is_some() {
            1
        } else {
            self.hook.max_connections as usize
        };
        self.flight.len() < most
    }

    /// When an update may go next, if there is room for it.
    fn next(&self) -> Option<Instant> {
        let next = self.lanes.next().filter(|_| self.room())?;
        Some(self.down_until.map_or(next, |until| next.max(until)))
    }

    fn launch(&mut self, target: &Arc<Target>) {
        let now = Instant::now();
        while self.next().is_some_and(|next| next <= now) {
            let Some((key, position)) = self.lanes.go(now) else {
                break;
            };
            let Some(entry) = self.core.state.lock().index.get(position) else {
                // Dropped, or too old.
                self.lanes.done(key, now);
                continue;
            };
            let (core, target, generation) = (self.core.clone(), target.clone(), self.generation);
            let task = self.flight.spawn(attempt(core, target, generation, position, entry));
            self.flying.insert(task.id(), (key, position));
        }
    }

    /// Whether the webhook is to be closed for good.
    fn landed(&mut self, end: Result<(tokio::task::Id, End), tokio::task::JoinError>) -> bool {
        let now = Instant::now();
        let (id, end) = match end {
            Ok((id, end)) => (id, end),
            Err(error) => (error.id(), End::Unread),
        };
        let Some((key, position)) = self.flying.remove(&id) else {
            return false;
        };
        match end {
            End::Vanished => self.lanes.done(key, now),
            End::Unread => self.lanes.later(key, now + self.core.rules.store),
            End::Answered(Outcome::Delivered(_)) => {
                self.down_until = None;
                self.gone_since = None;
                let mut state = self.core.state.lock();
                if state.index.remove(position) {
                    state.doom(vec![position], &self.core.erase);
                }
                self.lanes.done(key, now);
            }
            End::Answered(Outcome::Failed {
                text,
                status,
                retry_after,
            }) => {
                self.note(text);
                self.lanes.failed(key, now, retry_after, &self.core.rules);
                match status {
                    Some(410) => {
                        self.down_until = None;
                        let since = *self.gone_since.get_or_insert(now);
                        return now - since > self.core.rules.gone;
                    }
                    Some(_) => {
                        self.down_until = None;
                        self.gone_since = None;
                    }
                    None => self.down_until = Some(now + self.core.rules.probe),
                }
            }
        }
        false
    }

    fn note(&self, text: String) {
        let delivery = &mut self.core.state.lock().delivery;
        if delivery.generation == self.generation {
            tracing::debug!(
                connection = self.core.name,
                error = text,
                "the webhook did not take an update"
            );
            delivery.last_error = Some((self.core.rules.clock.now() / 1000, text));
        }
    }

    /// The program has said for long that it is gone: the webhook is deleted, as Telegram does it.
    async fn close(&self) {
        let (core, generation) = (self.core.clone(), self.generation);
        let closed = async move {
            let _one = core.setting.lock().await;
            let mut settings = {
                let state = core.state.lock();
                if state.delivery.generation != generation {
                    return Ok(());
                }
                state.settings.clone()
            };
            settings.webhook = None;
            core.set(settings).await?;
            core.state.lock().delivery = Delivery {
                generation: generation + 1,
                ..Delivery::default()
            };
            Ok::<(), GatewayError>(())
        };
        match closed.await {
            Ok(()) => tracing::warn!(
                connection = self.core.name,
                "the bot's program answered HTTP 410 for too long: its webhook is closed"
            ),
            Err(error) => tracing::error!(
                connection = self.core.name,
                error = &error as &dyn std::error::Error,
                "a webhook could not be closed"
            ),
        }
    }
}

/// Posts one update, and makes the call that the answer asks for before the chat's next update goes.
async fn attempt(core: Arc<Core>, target: Arc<Target>, generation: u64, position: Position, entry: Entry) -> End {
    let body = match core.bodies(&[(position, entry)]).await.as_deref() {
        Ok([(_, _, body)]) => body.clone(),
        Ok(_) => return End::Vanished,
        Err(error) => {
            core.failed(error);
            return End::Unread;
        }
    };
    let met = |ip| {
        let delivery = &mut core.state.lock().delivery;
        if delivery.generation == generation {
            delivery.ip = Some(ip);
        }
    };
    let mut outcome = target.post(&body, met).await;
    if let Outcome::Delivered(call) = &mut outcome
        && let Some((method, params)) = call.take()
    {
        let called = timeout(core.rules.reply, core.caller.call(&method, params)).await;
        match called {
            Ok(Ok(answer)) if answer.is_ok() => {}
            // As at Telegram nobody is told what came of it.
            Ok(Ok(answer)) => tracing::debug!(connection = core.name, method, status = answer.status, "refused"),
            Ok(Err(error)) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(
                    connection = core.name,
                    method,
                    error,
                    "a call in a webhook's answer failed"
                );
            }
            Err(_) => tracing::warn!(
                connection = core.name,
                method,
                "a call in a webhook's answer took too long"
            ),
        }
    }
    End::Answered(outcome)
}
