//! The handle for Rust tests: a simulated Telegram in this process, and its people.

pub mod ask;
pub mod forum;
pub mod samples;
pub mod seat;

use std::sync::Arc;
use std::time::Duration;

use crate::core::Core;
use crate::faults::Rule;
use crate::journal::{Call, Counts};
use crate::limits::Limits;
use crate::options::Options;
use crate::server::Server;
use crate::world::{Id, World};
pub use forum::Forum;
pub use seat::{Seat, Sent};

/// What was waited for did not come about in time.
#[derive(Debug, Clone, thiserror::Error)]
#[error("waited {waited:?} in vain; last seen: {seen}")]
pub struct TimedOut {
    pub waited: Duration,
    pub seen: String,
}

/// A running simulation. Clones share it; the server stops with the last one.
#[derive(Debug, Clone)]
pub struct Sim {
    core: Arc<Core>,
    server: Arc<Server>,
}

#[derive(Debug, Clone)]
pub struct Person {
    sim: Sim,
    pub id: Id,
}

#[derive(Debug, Clone)]
pub struct BotHandle {
    sim: Sim,
    pub id: Id,
    pub token: String,
}

impl Sim {
    pub async fn start(options: Options) -> std::io::Result<Self> {
        let core = Core::new(options);
        let server = Server::start(Arc::clone(&core)).await?;
        Ok(Self {
            core,
            server: Arc::new(server),
        })
    }

    /// `http://127.0.0.1:PORT`: what frameworks call the API root. `/sim/…` is below it too.
    pub fn api_url(&self) -> String {
        format!("http://{}", self.server.address)
    }

    pub fn core(&self) -> &Arc<Core> {
        &self.core
    }

    /// Looks at, or changes, the world directly.
    pub fn with_world<R>(&self, f: impl FnOnce(&mut World) -> R) -> R {
        self.core.with(|i| f(&mut i.world))
    }

    pub fn user(&self, first_name: &str) -> Person {
        let id = self.with_world(|w| w.add_person(first_name));
        Person { sim: self.clone(), id }
    }

    /// A bot by its token, `NUMBER:SECRET`.
    ///
    /// # Panics
    /// When the token has another shape, or its number belongs to another bot.
    #[track_caller]
    pub fn bot(&self, token: &str, username: &str) -> BotHandle {
        match self.with_world(|w| w.add_bot(token, username, username)) {
            Ok(id) => BotHandle {
                sim: self.clone(),
                id,
                token: token.to_owned(),
            },
            Err(e) => panic!("cannot make the bot: {e}"),
        }
    }

    /// A supergroup with topics.
    pub fn forum(&self, title: &str, owner: &Person) -> Forum {
        Forum::make(self, title, owner.id, true, true)
    }

    /// A supergroup without topics.
    pub fn supergroup(&self, title: &str, owner: &Person) -> Forum {
        Forum::make(self, title, owner.id, true, false)
    }

    /// A basic group.
    pub fn basic_group(&self, title: &str, owner: &Person) -> Forum {
        Forum::make(self, title, owner.id, false, false)
    }

    /// A known user by id, as somebody who acts.
    pub fn person(&self, id: Id) -> Person {
        Person { sim: self.clone(), id }
    }

    pub fn set_limits(&self, limits: Limits) {
        self.core.with(|i| i.flood.set(limits));
    }

    /// Replaces all fault rules.
    pub fn set_faults(&self, rules: Vec<Rule>) {
        self.core.with(|i| i.faults.set(rules));
    }

    pub fn clear_faults(&self) {
        self.set_faults(Vec::new());
    }

    /// Off the net: the port refuses, existing connections are reset. The world goes on.
    pub fn set_online(&self, online: bool) {
        self.core.online.send_replace(online);
    }

    /// All calls that the journal still has, in order.
    pub fn calls(&self) -> Vec<Call> {
        self.calls_since(0)
    }

    pub fn calls_since(&self, after: u64) -> Vec<Call> {
        self.core.with(|i| i.journal.since(after).cloned().collect())
    }

    /// Calls of which the caller cannot know what became; `effect` says what did.
    pub fn ambiguous_calls(&self) -> Vec<Call> {
        self.core
            .with(|i| i.journal.since(0).filter(|c| c.ambiguous()).cloned().collect())
    }

    /// Number of the latest call; hand it to `calls_since`.
    pub fn last_call(&self) -> u64 {
        self.core.with(|i| i.journal.last())
    }

    pub fn counts(&self) -> Counts {
        self.core.with(|i| i.journal.counts.clone())
    }

    /// Waits until the journal satisfies a condition; looks again whenever a call begins or ends.
    /// A call under way has code 0.
    pub async fn wait_calls(
        &self,
        within: Duration,
        mut good: impl FnMut(&[Call]) -> bool,
    ) -> Result<Vec<Call>, TimedOut> {
        let mut ended = self.core.calls();
        let deadline = tokio::time::Instant::now() + within;
        loop {
            ended.borrow_and_update();
            let calls = self.calls();
            if good(&calls) {
                return Ok(calls);
            }
            if tokio::time::timeout_at(deadline, ended.changed()).await.is_err() {
                let tail: Vec<_> = calls.iter().rev().take(10).map(|c| (&c.method, c.code)).collect();
                return Err(TimedOut {
                    waited: within,
                    seen: format!("{tail:?}"),
                });
            }
        }
    }

    /// Waits until no call other than getUpdates has ended, and nothing has changed, for `quiet`.
    pub async fn wait_idle(&self, quiet: Duration, within: Duration) -> Result<(), TimedOut> {
        let mut changes = self.core.changes();
        let mut ended = self.core.calls();
        let deadline = tokio::time::Instant::now() + within;
        let mut other = self.counts().other;
        let mut since = tokio::time::Instant::now();
        loop {
            let until = (since + quiet).min(deadline);
            let woken = tokio::time::timeout_at(until, async {
                tokio::select! {
                    _ = changes.changed() => true,
                    _ = ended.changed() => false,
                }
            })
            .await;
            let now = self.counts().other;
            match woken {
                Err(_) if tokio::time::Instant::now() >= deadline && until == deadline => {
                    return Err(TimedOut {
                        waited: within,
                        seen: format!("{now} calls so far"),
                    });
                }
                Err(_) => return Ok(()),
                Ok(changed) => {
                    if changed || now != other {
                        other = now;
                        since = tokio::time::Instant::now();
                    }
                }
            }
        }
    }
}

impl Person {
    /// This person's private chat with a bot.
    pub fn private(&self, bot: &BotHandle) -> Seat {
        Seat::new(&self.sim, self.id, bot.id, None)
    }

    pub fn in_topic(&self, forum: &Forum, thread: i64) -> Seat {
        Seat::new(&self.sim, self.id, forum.id(), Some(thread))
    }

    /// The group's General topic, or the whole group where there are no topics.
    pub fn general(&self, forum: &Forum) -> Seat {
        Seat::new(&self.sim, self.id, forum.id(), Some(1))
    }

    pub fn set_username(&self, username: &str) {
        self.sim.with_world(|w| w.set_username(self.id, username));
    }

    pub fn rename(&self, first_name: &str, last_name: Option<&str>) {
        self.sim.with_world(|w| {
            if let Some(p) = w.people.get_mut(&self.id) {
                p.first_name = first_name.to_owned();
                p.last_name = last_name.map(str::to_owned);
            }
        });
    }

    pub fn deactivate(&self) {
        self.sim.with_world(|w| {
            if let Some(p) = w.people.get_mut(&self.id) {
                p.deactivated = true;
            }
        });
    }

    pub fn hide_in_forwards(&self) {
        self.sim.with_world(|w| {
            if let Some(p) = w.people.get_mut(&self.id) {
                p.hides_in_forwards = true;
            }
        });
    }
}

impl BotHandle {
    /// Turns privacy mode off (on), as @BotFather would.
    pub fn set_privacy(&self, on: bool) {
        self.sim.with_world(|w| {
            if let Some(b) = w.bots.get_mut(&self.id) {
                b.can_read_all_group_messages = !on;
            }
        });
    }

    /// Updates that wait for this bot.
    pub fn pending_updates(&self) -> usize {
        self.sim
            .with_world(|w| w.queues.get(&self.id).map_or(0, |q| q.pending()))
    }
}
