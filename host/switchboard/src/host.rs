//! Supervision: starts, watches, changes and stops the connections of a running host.

mod leaving;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, bail};
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use switchboard_delivery::Pacing;
use switchboard_relay::config::{ConnectionConfig, Mode};
use switchboard_relay::{Committer, Connection, Deps, Status};
use switchboard_runtime::Plugin;
use switchboard_store::{Connection as Row, Store};
use switchboard_telegram::Api;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::apply::{Applied, Bench, Outcome};
use crate::beside::{Beside, Gateway};
use crate::config::connections::Wanted;
use crate::moving::{self, Arrival, mode_of};
use crate::plugins::PluginFolder;
use crate::redact::one_line;
use crate::secrets::Secrets;

/// A running host.
#[derive(Debug)]
pub struct Host {
    pub secrets: Secrets,
    store: Arc<dyn Store>,
    committer: Committer,
    plugins: Arc<PluginFolder>,
    api: Api,
    pacing: Pacing,
    gateway: Gateway,
    /// Held while connections are started, changed or stopped: one such change at a time.
    running: tokio::sync::Mutex<Running>,
    /// How each connection is doing; can be read during a change.
    statuses: Mutex<BTreeMap<String, watch::Receiver<Status>>>,
    /// The connections of the store are known.
    known: AtomicBool,
}

#[derive(Debug, Default)]
struct Running {
    connections: BTreeMap<String, Up>,
    stopping: bool,
}

/// A connection that was started, with the plugins that it was started with.
#[derive(Debug)]
struct Up {
    connection: Connection,
    plugins: Vec<Arc<Plugin>>,
    /// The bot's own program, in the modes that have one.
    beside: Option<Beside>,
    /// Telegram is still being asked whether the program has a webhook there.
    arriving: Option<JoinHandle<()>>,
}

impl Up {
    /// No more updates are taken, and turns and open calls end. What waits for the program can still be fetched.
    async fn stop_relay(self) -> Option<Beside> {
        if let Some(arriving) = self.arriving {
            arriving.abort();
        }
        self.connection.stop().await;
        self.beside
    }
}

impl Host {
    pub fn new(
        secrets: Secrets,
        store: Arc<dyn Store>,
        plugins: PluginFolder,
        api: Api,
        pacing: Pacing,
        gateway: Gateway,
    ) -> Self {
        Self {
            gateway,
            committer: Committer::start(Arc::clone(&store)),
            secrets,
            store,
            plugins: Arc::new(plugins),
            api,
            pacing,
            running: tokio::sync::Mutex::default(),
            statuses: Mutex::default(),
            known: AtomicBool::new(false),
        }
    }

    /// Starts every connection of the store. One that cannot start is broken, and does not keep others from starting.
    pub async fn start(&self) -> anyhow::Result<()> {
        let mut running = self.running.lock().await;
        let rows = self.store.connections().await?;
        // All are known before the first is up: health must not answer for some of them alone.
        for row in &rows {
            self.set_status(&row.name, watch::Sender::new(Status::Starting).subscribe());
        }
        self.known.store(true, Ordering::Release);
        for row in rows {
            self.start_one(&mut running, row).await;
        }
        Ok(())
    }

    async fn start_one(&self, running: &mut Running, row: Row) {
        let name = row.name.clone();
        let status = match self.try_start(row).await {
            Ok(up) => {
                let status = up.connection.status();
                running.connections.insert(name.clone(), up);
                status
            }
            Err(error) => {
                let why = one_line(&format!("{error:#}"));
                tracing::error!(connection = %name, why, "the connection cannot start");
                watch::Sender::new(Status::Broken(why)).subscribe()
            }
        };
        self.set_status(&name, status);
    }

    async fn try_start(&self, row: Row) -> anyhow::Result<Up> {
        let (token, webhook) = self.secrets.open_kept(&row.name, &row.token)?;
        let config: ConnectionConfig = serde_json::from_str(&row.config)
            .context("its configuration in the database cannot be read; apply it again")?;
        let mode = config.mode;
        let plugins = Arc::clone(&self.plugins);
        let shelf = tokio::task::spawn_blocking(move || plugins.shelf(&config))
            .await
            .context("loading the plugins broke off")??;
        let plugins = shelf.plugins.values().cloned().collect();
        let beside = match mode.has_program() {
            true => Some(self.gateway.beside(&row, &token).await?),
            false => None,
        };
        let mut arriving = None;
        if let Some(beside) = &beside {
            let arrival = Arrival {
                client: self.api.bot(token.clone()),
                front: Arc::clone(&beside.front),
                store: Arc::clone(&self.store),
                seal: self.secrets.seal_key(),
                row: row.clone(),
                mode,
                keys: webhook,
            };
            match arrival.settle().await {
                Ok(later) => arriving = later,
                Err(error) => {
                    beside.front.stop().await;
                    return Err(error);
                }
            }
        }
        let deps = Deps {
            store: Arc::clone(&self.store),
            committer: self.committer.clone(),
            plugins: Arc::new(shelf),
            api: self.api.clone(),
            pacing: self.pacing,
            program: beside.as_ref().map(Beside::program),
        };
        let started = Connection::start(deps, row, token.clone()).await;
        let up = match (started, beside) {
            (Ok(connection), beside) => Up {
                connection,
                plugins,
                beside,
                arriving,
            },
            (Err(error), beside) => {
                if let Some(arriving) = arriving {
                    arriving.abort();
                }
                if let Some(beside) = &beside {
                    beside.front.stop().await;
                }
                return Err(error.into());
            }
        };
        if let Some(beside) = up.beside.as_ref().filter(|_| mode == Mode::Gateway)
            && let Err(error) = self.gateway.let_in(&token, beside)
        {
            self.end(up).await;
            return Err(error);
        }
        Ok(up)
    }

    /// Ends a connection: no more calls of the bot's own program come in, turns and open calls end, and what its program has
    /// confirmed is written.
    async fn end(&self, up: Up) {
        if let Some(beside) = &up.beside {
            self.gateway.shut(beside);
        }
        // Before the program's queue: what the relay takes in from Telegram must find it.
        if let Some(beside) = up.stop_relay().await {
            beside.front.stop().await;
        }
    }

    /// As [`Host::end`], but for a connection that is about to come back: to its program, calls about updates fail for a moment,
    /// as they do when Telegram restarts, and all others go on.
    async fn pause(&self, up: Up) -> Option<Beside> {
        let beside = up.stop_relay().await?;
        beside.front.stop().await;
        Some(beside)
    }

    /// After a pause: lets no more calls in where the connection did not come back in a mode in which its program calls. `row` is
    /// the connection as it is to be.
    fn settle_door(&self, running: &Running, before: &Beside, row: Option<&Row>) {
        let calls = |row: &&Row| row.bot == before.bot() && mode_of(row).is_ok_and(|mode| mode == Mode::Gateway);
        match row.filter(calls) {
            Some(row) if running.connections.contains_key(&row.name) => {}
            Some(_) => self.gateway.announce(before),
            None => self.gateway.shut(before),
        }
    }

    /// Checks and writes connections, and starts anew what changed, whose plugins were replaced, or is broken.
    pub async fn apply(&self, wanted: Vec<Wanted>) -> anyhow::Result<Vec<Applied>> {
        let mut running = self.running.lock().await;
        if running.stopping {
            bail!("the host is stopping");
        }
        let bench = Bench {
            api: &self.api,
            plugins: &self.plugins,
            secrets: &self.secrets,
            store: &self.store,
            door: self.gateway.address().is_some(),
        };
        let planned = bench.plan(wanted, &self.store.connections().await?).await?;
        let mut applied = Vec::with_capacity(planned.len());
        for mut one in planned {
            let name = &one.applied.name;
            let replaced = |up: &Up| up.plugins.iter().any(|plugin| !self.plugins.is_latest(plugin));
            if one.applied.outcome == Outcome::Unchanged && running.connections.get(name).is_some_and(replaced) {
                one.applied.outcome = Outcome::Changed;
            }
            let broken = matches!(self.status(name), None | Some(Status::Broken(_)));
            if one.applied.outcome != Outcome::Unchanged || broken {
                let before = match running.connections.remove(name) {
                    Some(up) => self.pause(up).await,
                    None => None,
                };
                if let Some(left) = one.leaves {
                    let left = moving::left_behind(self.store.as_ref(), left).await?;
                    one.applied.warnings.extend(left);
                }
                let name = &one.applied.name;
                let written = match one.applied.outcome {
                    Outcome::Unchanged => Ok(()),
                    _ => self.store.put_connection(&one.row).await.map(drop),
                };
                // Started again in any case: as it is wanted, or as it was.
                let rows = self.store.connections().await?;
                let row = rows.into_iter().find(|row| row.name == *name);
                if let Some(row) = row.clone() {
                    self.start_one(&mut running, row).await;
                }
                if let Some(before) = before {
                    self.settle_door(&running, &before, row.as_ref());
                }
                written?;
                tracing::info!(connection = %name, outcome = one.applied.outcome.word(), "connection applied");
            }
            applied.push(one.applied);
        }
        Ok(applied)
    }

    /// Every connection with how it is doing, in words.
    pub async fn list(&self) -> anyhow::Result<Vec<(Row, String)>> {
        let rows = self.store.connections().await?.into_iter();
        Ok(rows
            .map(|row| {
                let status = self
                    .status(&row.name)
                    .map_or_else(|| "not started".to_owned(), |status| words(&status));
                (row, status)
            })
            .collect())
    }

    /// Whether it is known which connections there are.
    pub fn is_known(&self) -> bool {
        self.known.load(Ordering::Acquire)
    }

    /// Why connections do not take updates, by name; empty when all do.
    pub fn unhealthy(&self) -> BTreeMap<String, String> {
        let statuses = self.statuses();
        let bad = statuses.iter().filter_map(|(name, status)| {
            let status = status.borrow();
            match &*status {
                Status::Running | Status::Troubled(_) => None,
                Status::Starting | Status::Broken(_) => Some((name.clone(), words(&status))),
            }
        });
        bad.collect()
    }

    /// Waits until every connection either takes updates or is broken.
    pub async fn settled(&self) {
        let statuses: Vec<_> = self.statuses().values().cloned().collect();
        for mut status in statuses {
            // A sender that is gone does not change any more: that is settled, too.
            let _ = status.wait_for(|status| !matches!(status, Status::Starting)).await;
        }
    }

    /// Stops every connection: no more updates are taken, and turns and open calls end. Gives up waiting after `patience`.
    pub async fn stop(&self, patience: Duration) -> bool {
        let all = async {
            let mut running = self.running.lock().await;
            running.stopping = true;
            let connections = std::mem::take(&mut running.connections);
            let mut ends: FuturesUnordered<_> = connections.into_values().map(|up| self.end(up)).collect();
            while ends.next().await.is_some() {}
            self.gateway.stop().await;
        };
        tokio::time::timeout(patience, all).await.is_ok()
    }

    fn status(&self, name: &str) -> Option<Status> {
        self.statuses().get(name).map(|status| status.borrow().clone())
    }

    fn set_status(&self, name: &str, status: watch::Receiver<Status>) {
        self.statuses().insert(name.to_owned(), status);
    }

    fn statuses(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, watch::Receiver<Status>>> {
        self.statuses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn words(status: &Status) -> String {
    match status {
        Status::Starting => "starting: no answer from Telegram yet".to_owned(),
        Status::Running => "running".to_owned(),
        Status::Troubled(why) => format!("running, but {why}"),
        Status::Broken(why) => format!("broken: {why}"),
    }
}
