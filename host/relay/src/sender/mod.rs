//! The sender of a connection: keeps the lanes moving. One task owns the delivery core; attempts run beside it.

pub mod attempt;
pub mod conclude;
pub mod job;
pub mod judge;
mod load;
pub mod plan;
pub mod program;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use switchboard_delivery::{Answer, Engine, Pacing, Scope, Start, Verdict};
use switchboard_store::{ChatId, Delivery, DeliveryId};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::connection::Inner;
use crate::op::Op;
use attempt::{Ended, Loaded, attempt};

/// Commands that may wait for the sender.
pub const COMMANDS: usize = 4_096;
/// Deliveries in memory per connection; the rest wait in the outbox and are read when these are done.
const IN_MEMORY: usize = 20_000;
/// Longest wait for open calls when the host stops. What is cut off has an unknown outcome.
const DRAIN: Duration = Duration::from_secs(8);

/// What the sender is told.
#[derive(Debug)]
pub enum Command {
    /// Deliveries that were committed.
    Add(Vec<(Delivery, Op)>),
    /// A person decided about deliveries that went out together: send each again (with this op), or leave it.
    Decide(Vec<(DeliveryId, Option<Op>)>),
    /// What held the group up may be over.
    Recover,
    /// The bot's own program made a call that counts against the same limits.
    Spent {
        chat: Option<ChatId>,
        weight: u32,
        /// It was refused: seconds to wait.
        retry_after: Option<u64>,
    },
}

struct Sender {
    inner: Arc<Inner>,
    engine: Engine,
    /// What the bot's own program leaves us of the shared limits.
    shares: program::Shares,
    loaded: HashMap<DeliveryId, Loaded>,
    /// Deliveries above this id are in the outbox only.
    spilled_above: Option<DeliveryId>,
    calls: JoinSet<Ended>,
}

/// Runs until the connection stops.
pub async fn run(inner: Arc<Inner>, pacing: Pacing, mut commands: mpsc::Receiver<Command>) {
    let (pacing, shares) = program::Shares::of(pacing, inner.program.is_some());
    let mut sender = Sender {
        engine: Engine::new(pacing),
        shares,
        loaded: HashMap::new(),
        spilled_above: Some(0),
        calls: JoinSet::new(),
        inner,
    };
    let stopping = sender.inner.stopping.clone();
    sender.remember_spent().await;
    loop {
        if sender.spilled_above.is_some() && sender.loaded.len() < IN_MEMORY / 2 {
            sender.refill().await;
        }
        sender.start_calls();
        let wake = sender
            .engine
            .wake_at()
            .map(|at| Duration::from_millis(u64::try_from(at - sender.inner.now()).unwrap_or(0)));
        tokio::select! {
            biased;
            () = stopping.cancelled() => break,
            Some(ended) = sender.calls.join_next() => {
                sender.ended(ended);
                while let Some(ended) = sender.calls.try_join_next() {
                    sender.ended(ended);
                }
            }
            command = commands.recv() => {
                let Some(command) = command else { break };
                sender.command(command);
                while let Ok(command) = commands.try_recv() {
                    sender.command(command);
                }
            }
            () = tokio::time::sleep(wake.unwrap_or(Duration::from_secs(3600))), if wake.is_some() => {}
        }
    }
    let drained = async { while sender.calls.join_next().await.is_some() {} };
    if tokio::time::timeout(DRAIN, drained).await.is_err() {
        tracing::warn!(connection = %sender.inner.name, "calls to Telegram were still open at the end of the drain; their outcome is not known");
    }
}

impl Sender {
    fn start_calls(&mut self) {
        for start in self.engine.poll(self.inner.now()) {
            let loaded: Vec<Loaded> = start
                .jobs
                .iter()
                .filter_map(|id| self.loaded.get(id).cloned())
                .collect();
            self.spawn(start, loaded);
        }
    }

    fn spawn(&mut self, start: Start, loaded: Vec<Loaded>) {
        let inner = self.inner.clone();
        self.calls.spawn(async move { attempt(inner, start, loaded).await });
    }

    fn command(&mut self, command: Command) {
        match command {
            Command::Add(deliveries) => self.add(deliveries),
            Command::Decide(answers) => answers.into_iter().for_each(|(id, again)| self.decide(id, again)),
            Command::Recover => self.engine.reconnected(self.inner.now()),
            Command::Spent {
                chat,
                weight,
                retry_after,
            } => self.program_spent(chat, weight, retry_after),
        }
    }

    /// The limits are shared, and its calls go first: what it spends is not there for ours.
    fn program_spent(&mut self, chat: Option<ChatId>, weight: u32, retry_after: Option<u64>) {
        let now = self.inner.now();
        let scope = match chat {
            Some(chat) if chat > 0 => Scope::Private(chat),
            Some(chat) => Scope::Group(chat),
            None => Scope::None,
        };
        match retry_after {
            Some(seconds) => {
                let until = now.saturating_add(i64::try_from(seconds).unwrap_or(3_600).saturating_mul(1_000));
                self.engine.pause(scope, until);
            }
            None => {
                let counted = self.shares.counted(now, weight);
                self.engine.spent(now, scope, counted, now);
            }
        }
    }

    fn add(&mut self, deliveries: Vec<(Delivery, Op)>) {
        for (delivery, op) in deliveries {
            if self.spilled_above.is_some_and(|above| delivery.id > above) {
                continue;
            }
            if self.loaded.len() >= IN_MEMORY && self.spilled_above.is_none() {
                self.spilled_above = Some(delivery.id - 1);
                continue;
            }
            self.put(delivery, op);
        }
    }

    fn put(&mut self, delivery: Delivery, op: Op) {
        let job = job::job(
            &delivery,
            &op,
            self.inner.group(),
            self.inner.config.parameters.unconfirmed,
        );
        self.engine.add(job);
        self.loaded.insert(delivery.id, Loaded { delivery, op });
    }

    fn decide(&mut self, id: DeliveryId, again: Option<Op>) {
        let answer = if again.is_some() {
            Answer::Repeat { marked: false }
        } else {
            Answer::Leave
        };
        if !self.engine.answer(self.inner.now(), id, answer) {
            return;
        }
        match (again, self.loaded.get_mut(&id)) {
            (Some(op), Some(loaded)) => loaded.op = op,
            (Some(_), None) => {}
            (None, _) => drop(self.loaded.remove(&id)),
        }
    }

    fn ended(&mut self, ended: Result<Ended, tokio::task::JoinError>) {
        let ended = match ended {
            Ok(ended) => ended,
            Err(error) => {
                tracing::error!(connection = %self.inner.name, %error, "an attempt broke");
                return;
            }
        };
        let Ended {
            batch,
            jobs,
            outcome,
            ops,
            added,
            moved,
            recoveries,
        } = ended;
        for (id, op) in ops {
            if let Some(loaded) = self.loaded.get_mut(&id) {
                loaded.op = op;
            }
        }
        match self.engine.finish(self.inner.now(), batch, outcome) {
            Verdict::Settled => {
                for id in jobs {
                    self.loaded.remove(&id);
                }
            }
            Verdict::Again { .. } | Verdict::Ask => {}
            Verdict::Stale => tracing::debug!(connection = %self.inner.name, "a late end of an attempt was ignored"),
        }
        if recoveries != self.inner.recoveries() {
            // It may have failed for what is over now.
            self.engine.reconnected(self.inner.now());
        }
        if let Some((old, new)) = moved {
            self.engine.scope_moved(old, new);
        }
        self.add(added);
    }
}
