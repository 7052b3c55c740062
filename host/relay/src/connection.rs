//! A connection at work: its tasks, its state, and what its parts ask of each other.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use moka::sync::Cache;
use parking_lot::Mutex;
use switchboard_delivery::Pacing;
use switchboard_store::{ChatId, ConnectionId, DeliveryId, MessageId, Place, Store};
use switchboard_telegram::{Api, Client, Token};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::RelayError;
use crate::arrivals::Arrivals;
use crate::cache::Book;
use crate::commit::Committer;
use crate::config::ConnectionConfig;
use crate::forum::Forum;
use crate::intercept::{Inbox, Tap};
use crate::op::Reply;
use crate::plugins::{ConnectionPlugins, Shelf};
use crate::program::Program;
use crate::sender::judge::{NO_FORUM, RIGHTS};
use crate::sender::{self, Command};
use crate::topics::Topics;
use crate::{ingress, intercept, title, upkeep};

/// The host's own corner of the plugins' store.
pub const OWN: &str = "";

/// Messages of the bot's program whose newest revision is known.
const REVISIONS: u64 = 4_096;

/// How long taking up what was under way may take.
const FRESH: Duration = Duration::from_secs(4);

/// What connections share.
#[derive(Debug, Clone)]
pub struct Deps {
    pub store: Arc<dyn Store>,
    pub committer: Committer,
    pub plugins: Arc<Shelf>,
    pub api: Api,
    pub pacing: Pacing,
    /// The bot's own program beside the relay, with the line to it, in the modes that have one.
    pub program: Option<(Arc<dyn Program>, Tap)>,
}

/// How a connection is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// No answer from Telegram yet.
    Starting,
    /// It takes updates.
    Running,
    /// It takes updates, and something needs a person.
    Troubled(String),
    /// It takes no updates.
    Broken(String),
}

/// A running connection. Dropping it does not stop it; [`Connection::stop`] does.
#[derive(Debug)]
pub struct Connection {
    inner: Arc<Inner>,
    tasks: JoinSet<()>,
}

/// The parts of a connection.
#[derive(Debug)]
pub struct Inner {
    pub id: ConnectionId,
    pub name: String,
    pub config: ConnectionConfig,
    pub client: Client,
    pub store: Arc<dyn Store>,
    pub committer: Committer,
    pub book: Book,
    pub plugins: ConnectionPlugins,
    pub stopping: CancellationToken,
    pub commands: mpsc::Sender<Command>,
    /// Something was scheduled: look at the timers again.
    pub timers_changed: tokio::sync::Notify,
    pub status: watch::Sender<Status>,
    group: AtomicI64,
    ids: AtomicI64,
    titles: Mutex<HashSet<ChatId>>,
    pub topics: Topics,
    pub forum: Forum,
    /// The bot's own program, where it works beside us.
    pub program: Option<Arc<dyn Program>>,
    pub arrivals: Arrivals,
    pub inbox: Inbox,
    /// The newest revision of a message that waits; older ones need not be made.
    pub revisions: Cache<(ChatId, MessageId), DeliveryId>,
    recoveries: AtomicU64,
    started: Instant,
}

impl Connection {
    /// Starts the connection's tasks. Nothing is asked of Telegram but updates, unless deliveries are waiting.
    ///
    /// # Errors
    /// Where its row cannot be read, or one of its plugins cannot be used.
    pub async fn start(deps: Deps, row: switchboard_store::Connection, token: Token) -> Result<Self, RelayError> {
        let config: ConnectionConfig = serde_json::from_str(&row.config).map_err(RelayError::Config)?;
        let plugins = ConnectionPlugins::link(&deps.plugins, &config)?;
        let last = deps.store.last_delivery(row.id).await?;
        let forum_off = deps.store.notice(row.id, &notice_key(NO_FORUM)).await?.is_some();
        let (commands, received) = mpsc::channel(sender::COMMANDS);
        let (inbox, notes) = Inbox::new(now());
        let (program, tap) = deps.program.unzip();
        let inner = Arc::new(Inner {
            id: row.id,
            name: row.name,
            config,
            client: deps.api.bot(token),
            store: deps.store.clone(),
            committer: deps.committer,
            book: Book::new(deps.store, row.id),
            plugins,
            stopping: CancellationToken::new(),
            commands,
            timers_changed: tokio::sync::Notify::new(),
            status: watch::Sender::new(Status::Starting),
            group: AtomicI64::new(row.group),
            ids: AtomicI64::new(last),
            titles: Mutex::default(),
            topics: Topics::default(),
            forum: Forum::new(forum_off),
            program,
            arrivals: Arrivals::default(),
            inbox,
            revisions: Cache::new(REVISIONS),
            recoveries: AtomicU64::new(0),
            started: Instant::now(),
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(sender::run(inner.clone(), deps.pacing, received));
        tasks.spawn(ingress::run(inner.clone(), row.cursor));
        tasks.spawn(upkeep::run(inner.clone()));
        if let Some(tap) = tap {
            tap.bind(&inner);
            tasks.spawn(intercept::run(inner.clone(), notes));
        }
        Ok(Self { inner, tasks })
    }

    #[must_use]
    pub fn status(&self) -> watch::Receiver<Status> {
        self.inner.status.subscribe()
    }

    #[must_use]
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// Takes no more updates, lets turns and open calls end, and returns when they have.
    pub async fn stop(mut self) {
        self.inner.stopping.cancel();
        while self.tasks.join_next().await.is_some() {}
    }
}

impl Inner {
    /// Milliseconds since 1970.
    pub fn now(&self) -> i64 {
        now()
    }

    /// It has only just started: what was under way before is still being taken up.
    pub fn is_fresh(&self) -> bool {
        self.started.elapsed() < FRESH
    }

    /// The backend group's id at this moment.
    pub fn group(&self) -> ChatId {
        self.group.load(Ordering::Relaxed)
    }

    pub fn next_id(&self) -> DeliveryId {
        self.ids.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The message on the other side that a message is linked to. `side` is where the given one stands.
    pub async fn twin(&self, chat: ChatId, side: Place, message: MessageId) -> Result<Option<MessageId>, RelayError> {
        let mirror = match side {
            Place::Customer => self.store.mirror_of_customer_message(self.id, chat, message).await?,
            Place::Topic | Place::General => self.store.mirror_of_group_message(self.id, message).await?,
        };
        Ok(mirror.map(|mirror| {
            if side == Place::Customer {
                mirror.group_message
            } else {
                mirror.customer_message
            }
        }))
    }

    /// As [`Inner::twin`]; a message that is only just there may still be about to be linked.
    pub async fn twin_of_reply(
        &self,
        chat: ChatId,
        side: Place,
        reply: &Reply,
    ) -> Result<Option<MessageId>, RelayError> {
        let mut tries = if self.now() / 1_000 - reply.date <= 3 { 20 } else { 0 };
        loop {
            let twin = self.twin(chat, side, reply.to).await?;
            if twin.is_some() || tries == 0 {
                return Ok(twin);
            }
            tries -= 1;
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }

    /// What operators call a contact, from what is at hand.
    pub fn known_name(&self, chat: ChatId) -> String {
        self.book
            .at_hand(chat)
            .and_then(|person| person.contact.as_ref().map(title::name))
            .unwrap_or_else(|| "the customer".to_owned())
    }

    /// Whether a title's renewal should be queued now: none waits yet.
    pub fn title_waits(&self, chat: ChatId) -> bool {
        self.titles.lock().insert(chat)
    }

    /// A renewal is under way; what changes from now on needs another.
    pub fn title_starts(&self, chat: ChatId) {
        self.titles.lock().remove(&chat);
    }

    // --- what needs a person ---

    /// Whether this trouble is not told in General yet.
    pub async fn first_notice(&self, why: &str) -> Result<bool, RelayError> {
        // One right mends all but the group's topics, so that one word about it is enough.
        let same: &[&str] = if RIGHTS.contains(&why) { &RIGHTS } else { &[why] };
        for told in same {
            if self.store.notice(self.id, &notice_key(told)).await?.is_some() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub fn group_moved(&self, to: ChatId) {
        tracing::info!(connection = %self.name, group = to, "the backend group was upgraded and has a new id");
        self.group.store(to, Ordering::Relaxed);
    }

    pub fn token_refused(&self) {
        tracing::error!(connection = %self.name, "Telegram does not accept the bot's token; apply the connection again with a valid one");
        self.status.send_replace(Status::Broken(
            "Telegram does not accept the bot's token; apply the connection again with a valid one".to_owned(),
        ));
    }

    pub fn group_lost(&self, why: &str) {
        tracing::error!(connection = %self.name, why, "the backend group cannot be used");
        self.set_trouble(why);
    }

    /// Something in the group needs a person; updates still come.
    pub fn set_trouble(&self, why: &str) {
        self.status.send_if_modified(|status| {
            let trouble = Status::Troubled(why.to_owned());
            let changes = matches!(status, Status::Running | Status::Troubled(_)) && *status != trouble;
            if changes {
                *status = trouble;
            }
            changes
        });
    }

    /// The group's rights changed for the better: what waited may go.
    pub fn recovered(&self) {
        self.status.send_if_modified(|status| {
            let changes = matches!(status, Status::Troubled(_));
            if changes {
                *status = Status::Running;
            }
            changes
        });
        self.recoveries.fetch_add(1, Ordering::Release);
        // A full queue means that the sender is busy anyway.
        let _ = self.commands.try_send(Command::Recover);
    }

    /// How often it recovered: a failure of a call that was begun before the last time says nothing about now.
    pub fn recoveries(&self) -> u64 {
        self.recoveries.load(Ordering::Acquire)
    }
}

fn now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// The store's key of a trouble that is told in General once.
pub fn notice_key(why: &str) -> String {
    format!("unfit:{why}")
}
