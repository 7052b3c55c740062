//! One connection's updates, as the bot's own program sees them.
//!
//! A [`Front`] stands in for Telegram in what concerns updates: it keeps them in a durable queue and answers `getUpdates`,
//! `setWebhook`, `deleteWebhook` and `getWebhookInfo` by the rules of Telegram's own server. What differs, because a door is
//! not the public server:
//! - A webhook may be plain HTTP, on any port and at a private address.
//! - `logOut` and `close` are refused: they would end the bot's session for the relay too.
//! - An update that was held back and is handed over comes after newer ones with its own, lower id. An offset confirms it only
//!   once it was in an answer.
//! - An answer of a webhook can ask for a call, but not for one with files.

mod core;
mod deliver;
mod intake;
mod kinds;
mod numbers;
mod poll;
mod queue;
mod rules;
mod settings;
mod upkeep;
mod webhook;

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use switchboard_store::{ConnectionId, SealKey, Store};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use self::core::Core;
use self::kinds::Kinds;
pub use self::rules::{Clock, MAX_UPDATES, Rules};
use self::settings::Hook;
use crate::{Answer, Caller, GatewayError, Params};

/// What a [`Front`] needs.
#[derive(Debug, Clone)]
pub struct FrontDeps {
    pub store: Arc<dyn Store>,
    pub connection: ConnectionId,
    /// The connection's name, for logs.
    pub name: String,
    pub seal: Arc<SealKey>,
    /// Makes the calls that a webhook's answers ask for.
    pub caller: Arc<dyn Caller>,
}

/// What becomes of an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The program gets it.
    Pass,
    /// The program gets it when its chat is released. One of no chat is passed at once.
    Hold,
    /// The program never gets it.
    Hide,
}

/// An update that Telegram handed out.
#[derive(Debug, Clone)]
pub struct Taken {
    /// `update_id`.
    pub update: i64,
    /// The name of the update's kind: `message`, …
    pub kind: String,
    /// The chat (or user) whose updates keep their order.
    pub chat: Option<i64>,
    /// The whole `Update` object, byte for byte.
    pub body: Arc<str>,
    pub verdict: Verdict,
}

/// A webhook that was set at Telegram before, to be served from here on.
#[derive(Clone)]
pub struct Adopted {
    pub url: String,
    /// Telegram does not tell it: somebody has to be asked.
    pub secret: Option<String>,
    /// 1 to 100.
    pub max_connections: u32,
    /// `None` keeps the present ones.
    pub allowed_updates: Option<Vec<String>>,
    /// Only where it was wished for: Telegram also tells addresses that it found by itself.
    pub ip_address: Option<IpAddr>,
}

impl std::fmt::Debug for Adopted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Adopted")
            .field("max_connections", &self.max_connections)
            .field("allowed_updates", &self.allowed_updates)
            .field("ip_address", &self.ip_address)
            .finish_non_exhaustive()
    }
}

/// What waits for the program, and how it fetches it. Times are milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Not held.
    pub updates: usize,
    pub held: usize,
    /// When the oldest of all came.
    pub oldest: Option<i64>,
    /// The last `getUpdates` since this process started.
    pub polled: Option<i64>,
    pub webhook: Option<WebhookState>,
}

/// How the program's webhook fares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookState {
    /// Scheme, host and port: the path of a webhook is often its secret.
    pub origin: String,
    /// When a delivery failed last, and why in Telegram's words; since this process started.
    pub last_error: Option<(i64, String)>,
}

/// The webhook that a connection's program has at present, whole, to be set at Telegram again; and whether it has a
/// certificate of its own. Asks the store alone: a [`Front`] may be at work beside, or not.
///
/// # Errors
/// [`GatewayError::Store`], and [`GatewayError::Stored`] where the settings do not open with the key.
pub async fn webhook_of(
    store: &dyn Store,
    seal: &SealKey,
    connection: ConnectionId,
) -> Result<Option<(Adopted, bool)>, GatewayError> {
    let kept = store.gateway(connection).await?;
    let settings = settings::Settings::open(seal, connection, &kept.state)?;
    let kinds = match settings.kinds.is_default() {
        true => Vec::new(),
        false => settings.kinds.names(),
    };
    Ok(settings.webhook.map(|hook| {
        let certified = hook.certificate.is_some();
        let adopted = Adopted {
            url: hook.url,
            secret: hook.secret,
            max_connections: hook.max_connections,
            allowed_updates: Some(kinds),
            ip_address: hook.ip,
        };
        (adopted, certified)
    }))
}

/// One connection's updates, as the bot's own program sees them.
#[derive(Debug)]
pub struct Front {
    core: Arc<Core>,
    upkeep: Mutex<Option<JoinHandle<()>>>,
    stop: CancellationToken,
}

impl Front {
    /// Reads the queue's index and begins delivery where a webhook is set. Background work stays on the runtime that this is
    /// called on; calls may come from any.
    ///
    /// # Errors
    /// [`GatewayError::Store`], and [`GatewayError::Stored`] where the settings do not open with the key.
    pub async fn load(deps: FrontDeps) -> Result<Arc<Self>, GatewayError> {
        Self::load_by(deps, Rules::default()).await
    }

    /// As [`Front::load`], by other figures than Telegram's.
    ///
    /// # Errors
    /// As [`Front::load`].
    pub async fn load_by(deps: FrontDeps, rules: Rules) -> Result<Arc<Self>, GatewayError> {
        let core = Arc::new(Core::load(deps, rules).await?);
        let stop = CancellationToken::new();
        let upkeep = core.spawn(upkeep::run(core.clone(), stop.clone()));
        let hook = core.state.lock().settings.webhook.clone();
        deliver::start(&core, hook, None);
        Ok(Arc::new(Self {
            core,
            upkeep: Mutex::new(Some(upkeep)),
            stop,
        }))
    }

    /// Answers a call about updates; `None` for one to pass on. `method` is in lower case, `certificate` the uploaded file of
    /// that name. Waits as long as the call asks to; safe to drop at any time.
    ///
    /// As at Telegram, a `setWebhook` that is refused with 400 has already ended the webhook before, a poll that waited, and,
    /// with `drop_pending_updates`, all that waited; one refused with 429 has ended nothing. `drop_pending_updates` also drops
    /// what is held back.
    pub async fn answer(self: &Arc<Self>, method: &str, params: &Params, certificate: Option<Bytes>) -> Option<Answer> {
        match method {
            "getupdates" => Some(self.core.get_updates(params).await),
            "setwebhook" | "deletewebhook" => Some(self.core.set_webhook(method, params, certificate).await),
            "getwebhookinfo" => Some(self.core.webhook_info()),
            "logout" | "close" => Some(Answer::error(
                400,
                "Bad Request: the bot's session is shared with Switchboard and cannot be ended from here",
            )),
            _ => None,
        }
    }

    /// The kinds of updates that the program wants, one by one: what Telegram is to be asked for, among others.
    #[must_use]
    pub fn kinds(&self) -> Vec<String> {
        self.core.kinds.borrow().clone()
    }

    /// Tells when [`Front::kinds`] changes.
    #[must_use]
    pub fn kinds_changed(&self) -> watch::Receiver<Vec<String>> {
        self.core.kinds.subscribe()
    }

    /// Takes updates in, in Telegram's order. They are durable on return, all or none. Those taken before are passed over, and
    /// those of kinds that the program does not want.
    ///
    /// # Errors
    /// [`GatewayError::Store`]: nothing was taken. [`GatewayError::Stopped`], also where the connection is gone.
    pub async fn take(&self, updates: Vec<Taken>) -> Result<(), GatewayError> {
        if updates.is_empty() {
            return Ok(());
        }
        let core = self.core.clone();
        self.core.at_home(async move { core.take(updates).await }).await
    }

    /// Ends the holding back of a chat's updates: they go to the end of the queue with their own ids, or are dropped. Those that
    /// come from then on are the verdict's matter.
    ///
    /// # Errors
    /// [`GatewayError::Store`]: some may have been moved, the first ones first; ask again for the rest.
    /// [`GatewayError::Stopped`].
    pub async fn release(&self, chat: i64, drop: bool) -> Result<(), GatewayError> {
        let core = self.core.clone();
        self.core.at_home(async move { core.release(chat, drop).await }).await
    }

    /// The chats whose updates are held back.
    #[must_use]
    pub fn held_chats(&self) -> Vec<i64> {
        self.core.state.lock().index.held_chats()
    }

    /// Serves a webhook that was set at Telegram. Nothing happens where it is served already.
    ///
    /// # Errors
    /// [`GatewayError::Webhook`] where it cannot be served, [`GatewayError::Store`], [`GatewayError::Stopped`].
    pub async fn adopt(&self, webhook: Adopted) -> Result<(), GatewayError> {
        let kinds = webhook.allowed_updates.as_deref().map(Kinds::named);
        let hook = Hook {
            url: webhook.url,
            secret: webhook.secret.filter(|secret| !secret.is_empty()),
            max_connections: webhook.max_connections.clamp(1, 100),
            ip: webhook.ip_address,
            certificate: None,
        };
        let core = self.core.clone();
        self.core.at_home(async move { core.adopt(hook, kinds).await }).await
    }

    /// For reports.
    #[must_use]
    pub fn waiting(&self) -> Waiting {
        let state = self.core.state.lock();
        let hook = state.settings.webhook.as_ref();
        let origin = |hook: &Hook| {
            let url = deliver::address(&hook.url);
            url.map(|url| url.origin().ascii_serialization()).unwrap_or_default()
        };
        let last_error = state.delivery.last_error.clone();
        Waiting {
            updates: state.index.open(),
            held: state.index.held(),
            oldest: state.index.oldest(),
            polled: state.polling.seen,
            webhook: hook.map(|hook| WebhookState {
                origin: origin(hook),
                last_error: last_error.map(|(at, text)| (at * 1000, text)),
            }),
        }
    }

    /// Lets polls go, ends deliveries that are under way as far as they end soon, and writes what is still to be written.
    pub async fn stop(&self) {
        let core = &self.core;
        core.state.lock().stopping = true;
        core.wake.notify_waiters();
        let deliverer = core.deliverer.lock().take();
        if let Some(deliverer) = deliverer {
            deliverer.end().await;
        }
        // What was begun before is ended before.
        drop(core.intake.lock().await);
        let _one = core.setting.lock().await;
        let (mut settings, handed) = {
            let state = core.state.lock();
            (state.settings.clone(), state.index.handed())
        };
        if handed != settings.handed {
            settings.handed = handed;
            if let Err(error) = core.set(settings).await {
                core.failed(&error);
            }
        }
        self.stop.cancel();
        let upkeep = self.upkeep.lock().take();
        if let Some(mut upkeep) = upkeep
            && timeout(core.rules.drain, &mut upkeep).await.is_err()
        {
            upkeep.abort();
            tracing::warn!(
                connection = core.name,
                "some updates that the bot's program has confirmed could not be erased and will come again"
            );
        }
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.core.state.lock().stopping = true;
        if let Some(upkeep) = self.upkeep.lock().take() {
            upkeep.abort();
        }
        if let Some(deliverer) = self.core.deliverer.lock().take() {
            deliverer.abort();
        }
    }
}
