//! What the parts of a front share: the state in memory, and the way into the store.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use parking_lot::Mutex;
use switchboard_store::{BotUpdate, Change, ConnectionId, SealKey, Store, TurnCommit, Write, Written};
use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};

use super::FrontDeps;
use super::deliver::Running;
use super::poll::Polling;
use super::queue::{Entry, Index, Position};
use super::rules::{Rules, millis};
use super::settings::Settings;
use crate::{Caller, GatewayError};

/// Bodies of the newest updates are kept at hand while they fit: a program that keeps up costs no read.
const BODIES: usize = 128 << 10;

#[derive(Debug)]
pub(super) struct Core {
    pub(super) name: String,
    pub(super) store: Arc<dyn Store>,
    pub(super) connection: ConnectionId,
    pub(super) seal: Arc<SealKey>,
    pub(super) caller: Arc<dyn Caller>,
    pub(super) rules: Rules,
    /// Where work runs that must not end with the call that caused it.
    home: Handle,
    /// Places are given out, and the mark is moved, by one at a time.
    pub(super) intake: tokio::sync::Mutex<()>,
    /// Settings are written by one at a time.
    pub(super) setting: tokio::sync::Mutex<()>,
    pub(super) state: Mutex<State>,
    /// New updates, or another webhook, or the end.
    pub(super) wake: Notify,
    /// Rows to erase.
    pub(super) erase: Notify,
    pub(super) kinds: watch::Sender<Vec<String>>,
    pub(super) deliverer: Mutex<Option<Running>>,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) index: Index,
    pub(super) bodies: Bodies,
    pub(super) mark: i64,
    pub(super) marked_at: i64,
    pub(super) settings: Settings,
    /// Rows that have left the queue and still stand in the store.
    pub(super) doomed: Vec<Position>,
    pub(super) polling: Polling,
    pub(super) delivery: Delivery,
    /// `setWebhook` is refused before this.
    pub(super) next_set: Option<tokio::time::Instant>,
    /// A webhook is being set, and not yet found good.
    pub(super) verifying: bool,
    /// The queue was full and the warning was given.
    pub(super) warned: bool,
    pub(super) stopping: bool,
}

/// How a webhook fares. Forgotten when another is set, and with the process, as at Telegram.
#[derive(Debug, Default)]
pub(super) struct Delivery {
    /// Counts the webhooks, so that an old one's news is told from the present one's.
    pub(super) generation: u64,
    /// Seconds since 1970, and Telegram's words.
    pub(super) last_error: Option<(i64, String)>,
    /// Where it was connected to.
    pub(super) ip: Option<IpAddr>,
}

#[derive(Debug, Default)]
pub(super) struct Bodies {
    kept: HashMap<Position, Arc<str>>,
    bytes: usize,
}

impl Bodies {
    pub(super) fn keep(&mut self, position: Position, body: &Arc<str>) {
        if self.bytes + body.len() <= BODIES {
            self.bytes += body.len();
            self.kept.insert(position, Arc::clone(body));
        }
    }

    fn forget(&mut self, position: Position) {
        if let Some(body) = self.kept.remove(&position) {
            self.bytes -= body.len();
        }
    }
}

impl State {
    /// A webhook is set, or about to be: no place for polls.
    pub(super) fn hooked(&self) -> bool {
        self.settings.webhook.is_some() || self.verifying
    }

    /// What has left the index leaves memory, and then the store.
    pub(super) fn doom(&mut self, gone: Vec<Position>, erase: &Notify) {
        if gone.is_empty() {
            return;
        }
        for position in &gone {
            self.bodies.forget(*position);
        }
        self.doomed.extend(gone);
        erase.notify_one();
    }

    pub(super) fn forget(&mut self, position: Position) {
        self.index.remove(position);
        self.bodies.forget(position);
    }
}

impl Core {
    pub(super) async fn load(deps: FrontDeps, rules: Rules) -> Result<Self, GatewayError> {
        let FrontDeps {
            store,
            connection,
            name,
            seal,
            caller,
        } = deps;
        let kept = store.gateway(connection).await?;
        let settings = Settings::open(&seal, connection, &kept.state)?;
        // Microseconds: more updates than that do not come, so no place is given out twice.
        let mut index = Index::new(rules.clock.now().saturating_mul(1000));
        let mut after = 0;
        loop {
            const PAGE: u32 = 500;
            let rows = store.bot_updates(connection, after, PAGE).await?;
            for row in &rows {
                index.add(row);
                after = row.position;
            }
            if rows.len() < PAGE as usize {
                break;
            }
        }
        for position in &settings.handed {
            index.hand(*position);
        }
        let kinds = watch::Sender::new(settings.kinds.names());
        let state = State {
            index,
            bodies: Bodies::default(),
            mark: kept.mark,
            marked_at: kept.marked_at,
            settings,
            doomed: Vec::new(),
            polling: Polling::default(),
            delivery: Delivery::default(),
            next_set: None,
            verifying: false,
            warned: false,
            stopping: false,
        };
        Ok(Self {
            name,
            store,
            connection,
            seal,
            caller,
            rules,
            home: Handle::current(),
            intake: tokio::sync::Mutex::new(()),
            setting: tokio::sync::Mutex::new(()),
            state: Mutex::new(state),
            wake: Notify::new(),
            erase: Notify::new(),
            kinds,
            deliverer: Mutex::new(None),
        })
    }

    /// Runs to its end even where the caller goes away: a commit must not be parted from what it means in memory.
    pub(super) async fn at_home<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, GatewayError>> + Send + 'static,
    ) -> Result<T, GatewayError> {
        self.spawn(work).await.unwrap_or(Err(GatewayError::Stopped))
    }

    pub(super) fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> tokio::task::JoinHandle<T> {
        self.home.spawn(work)
    }

    pub(super) async fn commit(&self, changes: Vec<Change>) -> Result<(), GatewayError> {
        let turn = TurnCommit {
            connection: self.connection,
            now: self.rules.clock.now(),
            changes,
            ..TurnCommit::default()
        };
        match self.store.commit(vec![Write::Turn(turn)]).await?.first() {
            Some(Written::Done) => Ok(()),
            // The connection is gone, and the front should be.
            _ => Err(GatewayError::Stopped),
        }
    }

    /// Writes other settings and goes by them from then on. Hold `setting` from before the present ones were read.
    pub(super) async fn set(&self, settings: Settings) -> Result<(), GatewayError> {
        let state = settings.seal(&self.seal, self.connection)?;
        self.commit(vec![Change::PutGatewayState { state }]).await?;
        let names = settings.kinds.names();
        self.state.lock().settings = settings;
        self.kinds.send_if_modified(|known| {
            let changed = *known != names;
            *known = names;
            changed
        });
        Ok(())
    }

    /// Reads bodies, in order. One that is not in the store any more leaves the queue.
    pub(super) async fn bodies(
        &self,
        wanted: &[(Position, Entry)],
    ) -> Result<Vec<(Position, Entry, Arc<str>)>, GatewayError> {
        let mut found: HashMap<Position, Arc<str>> = {
            let kept = &self.state.lock().bodies.kept;
            let at_hand = |(position, _): &(Position, Entry)| Some((*position, kept.get(position)?.clone()));
            wanted.iter().filter_map(at_hand).collect()
        };
        let missing = wanted.iter().map(|(position, _)| *position);
        let missing: Vec<Position> = missing.filter(|position| !found.contains_key(position)).collect();
        for row in self.rows(&missing).await? {
            found.insert(row.position, row.body.into());
        }
        let mut bodies = Vec::with_capacity(wanted.len());
        for (position, entry) in wanted {
            match found.remove(position) {
                Some(body) => bodies.push((*position, *entry, body)),
                None => self.state.lock().forget(*position),
            }
        }
        Ok(bodies)
    }

    /// The rows at these places, which rise, as far as they are in the store.
    pub(super) async fn rows(&self, wanted: &[Position]) -> Result<Vec<BotUpdate>, GatewayError> {
        let mut rows = Vec::with_capacity(wanted.len());
        let mut wanted = wanted.iter().copied().peekable();
        while let Some(first) = wanted.peek().copied() {
            let limit = wanted.len().min(100) as u32;
            let page = self.store.bot_updates(self.connection, first - 1, limit).await?;
            let Some(reached) = page.last().map(|row| row.position) else {
                break;
            };
            let mut page = page.into_iter().peekable();
            while let Some(position) = wanted.next_if(|position| *position <= reached) {
                while page.next_if(|row| row.position < position).is_some() {}
                rows.extend(page.next_if(|row| row.position == position));
            }
        }
        Ok(rows)
    }

    /// What came before this has outlived its day.
    pub(super) fn oldest_kept(&self) -> i64 {
        self.rules.clock.now().saturating_sub(millis(self.rules.life))
    }
}
