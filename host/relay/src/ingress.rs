//! Long polling: updates come in, turns run, and only then does Telegram hear that they were taken.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use serde_json::json;
use switchboard_store::{Change, ChatId, MessageId, TurnCommit, Write};
use switchboard_telegram::CallError;
use switchboard_telegram::types::{RELAY_UPDATES, Update, UpdateKind};
use tokio::sync::watch;

use crate::arrivals::Side;
use crate::connection::{Inner, Status};
use crate::turn::Event;

/// Seconds that Telegram holds a poll open.
const POLL: u64 = 25;
/// Most updates of one answer, Telegram's own limit.
const BATCH: u32 = 100;
/// Turns of different dialogs that run side by side.
const SIDE_BY_SIDE: usize = 64;

/// Polls until the connection stops.
pub async fn run(inner: Arc<Inner>, mut cursor: i64) {
    let mut pause = Duration::ZERO;
    // The first answer tells that the connection works, or works again, so it is not waited for.
    let mut at_once = true;
    let mut changes = inner.program.as_ref().map(|program| program.kinds());
    loop {
        if !pause.is_zero() {
            tokio::select! {
                () = inner.stopping.cancelled() => break,
                () = tokio::time::sleep(pause) => {}
            }
        }
        let polled = tokio::select! {
            () = inner.stopping.cancelled() => break,
            () = wants_change(&mut changes) => continue,
            polled = poll(&inner, cursor, at_once) => polled,
        };
        match polled {
            Ok(updates) => {
                pause = Duration::ZERO;
                at_once = false;
                inner.status.send_if_modified(|status| {
                    let starts = matches!(status, Status::Starting | Status::Broken(_));
                    if starts {
                        *status = Status::Running;
                    }
                    starts
                });
                if let Some(last) = updates.last().map(|update| update.update_id) {
                    handle(&inner, updates).await;
                    if inner.stopping.is_cancelled() {
                        break;
                    }
                    cursor = last + 1;
                    remember(&inner, cursor);
                }
                inner
                    .inbox
                    .settled
                    .send_if_modified(|settled| !std::mem::replace(settled, true));
            }
            Err(error) => {
                // Two programs that poll would take turns; only a long poll tells that the other is gone.
                at_once = !error
                    .api()
                    .is_some_and(|answer| answer.code == 409 && !answer.says("webhook"));
                pause = trouble(&inner, &error, pause);
            }
        }
    }
}

async fn poll(inner: &Inner, cursor: i64, at_once: bool) -> Result<Vec<Update>, CallError> {
    let timeout = if at_once { 0 } else { POLL };
    let mut parameters = json!({ "timeout": timeout, "limit": BATCH, "allowed_updates": wanted(inner) });
    if cursor > 0
        && let Some(fields) = parameters.as_object_mut()
    {
        fields.insert("offset".to_owned(), cursor.into());
    }
    inner
        .client
        .call_within("getUpdates", &parameters, Duration::from_secs(timeout + 10))
        .await
}

/// The kinds of updates that either side wants.
fn wanted(inner: &Inner) -> Vec<String> {
    let mut kinds: Vec<String> = RELAY_UPDATES.map(str::to_owned).into();
    let program = inner.program.as_ref().map(|program| program.kinds().borrow().clone());
    for kind in program.into_iter().flatten() {
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    kinds
}

/// The bot's program wants other kinds: a poll that is under way asks for too little, or too much.
async fn wants_change(changes: &mut Option<watch::Receiver<Vec<String>>>) {
    let Some(kinds) = changes else {
        return std::future::pending().await;
    };
    if kinds.changed().await.is_err() {
        std::future::pending().await
    }
}

/// The turns of a batch, by dialog, dialogs in the order in which they first come up.
#[derive(Default)]
struct Turns {
    order: Vec<ChatId>,
    by_dialog: HashMap<ChatId, Vec<Arc<Update>>>,
}

/// Runs the turns of a batch. Returns when all are committed, or the connection stops.
async fn handle(inner: &Arc<Inner>, updates: Vec<Update>) {
    const UNREAD: &str = "an update's dialog could not be read";
    // What the bot's program answers to these must not overtake them.
    for (chat, message) in updates.iter().filter_map(arriving) {
        inner.arrivals.taken(Side::Customer, chat, message);
    }
    let shown = insist(inner, "the bot's program could not be given its updates", || {
        inner.show_program(&updates)
    });
    if shown.await.is_none() {
        return;
    }
    let mut turns = Turns::default();
    for update in updates {
        let Some(early) = insist(inner, UNREAD, || inner.is_early(&update)).await else {
            return;
        };
        if early {
            // What came before may be what it waits for.
            std::mem::take(&mut turns).run(inner).await;
            if insist(inner, UNREAD, || inner.wait_for_topic(&update)).await.is_none() {
                return;
            }
        }
        let Some(chat) = insist(inner, UNREAD, || inner.dialog_of(&update)).await else {
            return;
        };
        let of_dialog = turns.by_dialog.entry(chat).or_default();
        if of_dialog.is_empty() {
            turns.order.push(chat);
        }
        of_dialog.push(Arc::new(update));
    }
    turns.run(inner).await;
}

/// The customer's message that an update is.
fn arriving(update: &Update) -> Option<(ChatId, MessageId)> {
    match &update.kind {
        UpdateKind::Message(message) if message.chat.id > 0 => Some((message.chat.id, message.message_id)),
        _ => None,
    }
}

impl Turns {
    /// Those of one dialog one after another, dialogs side by side.
    async fn run(mut self, inner: &Arc<Inner>) {
        let mut running = FuturesUnordered::new();
        for chat in self.order {
            let Some(turns) = self.by_dialog.remove(&chat) else {
                continue;
            };
            while running.len() >= SIDE_BY_SIDE {
                running.next().await;
            }
            let inner = inner.clone();
            running.push(tokio::spawn(async move {
                for update in turns {
                    let arriving = arriving(&update);
                    // What the bot's program sent before it is shown before it; the first batch is what that waits for itself.
                    if let Some((chat, message)) = arriving.filter(|_| *inner.inbox.settled.borrow()) {
                        inner.arrivals.landed_soon(Side::Program, chat, message).await;
                    }
                    let event = Event::Update(update);
                    if insist(&inner, "a turn failed", || inner.turn(chat, &event))
                        .await
                        .is_none()
                    {
                        return;
                    }
                    if let Some((chat, message)) = arriving {
                        inner.arrivals.done(Side::Customer, chat, message);
                    }
                }
            }));
        }
        while running.next().await.is_some() {}
    }
}

/// Tries until it works; `None` when the connection stops first. What is not handled stays with Telegram and comes again.
pub async fn insist<T, F: Future<Output = Result<T, crate::RelayError>>>(
    inner: &Inner,
    what: &str,
    work: impl Fn() -> F,
) -> Option<T> {
    let mut pause = Duration::from_millis(100);
    loop {
        match work().await {
            Ok(value) => return Some(value),
            Err(error) => {
                tracing::error!(connection = %inner.name, error = %crate::chain(&error), "{what}; trying again")
            }
        }
        tokio::select! {
            () = inner.stopping.cancelled() => return None,
            () = tokio::time::sleep(pause) => {}
        }
        pause = (pause * 2).min(Duration::from_secs(10));
    }
}

/// Keeps the cursor for the next start. Nothing waits for it: a repeat of an update is known by its id.
fn remember(inner: &Arc<Inner>, cursor: i64) {
    let inner = inner.clone();
    tokio::spawn(async move {
        let commit = TurnCommit {
            connection: inner.id,
            now: inner.now(),
            changes: vec![Change::Advance { cursor }],
            ..TurnCommit::default()
        };
        if let Err(error) = inner.committer.commit(vec![Write::Turn(commit)]).await {
            tracing::debug!(connection = %inner.name, error = %crate::chain(&error), "the cursor was not kept");
        }
    });
}

/// Says what is wrong and how long to pause.
fn trouble(inner: &Inner, error: &CallError, before: Duration) -> Duration {
    let grown = (before * 2).clamp(Duration::from_millis(200), Duration::from_secs(15));
    let (why, pause) = match error {
        CallError::Api(answer) if matches!(answer.code, 401 | 404) => {
            inner.token_refused();
            return Duration::from_secs(30);
        }
        CallError::Api(answer) if answer.code == 409 && answer.says("webhook") => {
            ("a webhook is set for this bot, so updates cannot be polled: remove the webhook (deleteWebhook), or the program that sets it".to_owned(), Duration::from_secs(10))
        }
        CallError::Api(answer) if answer.code == 409 => {
            let why = if inner.program.is_some() {
                "another program polls this bot's updates at Telegram itself, past the gateway: give it the gateway's address as its Bot API base URL, or stop it"
            } else {
                "another program polls this bot's updates: stop it, or use mode \"gateway\", in which it works beside Switchboard"
            };
            (why.to_owned(), grown.max(Duration::from_secs(2)))
        }
        CallError::Api(answer) if answer.code == 429 => (answer.to_string(), Duration::from_secs(answer.retry_after.unwrap_or(5))),
        other => (crate::chain(other), grown),
    };
    // One failed poll is nothing; two in a row are worth a word, and another taker of updates is at once.
    if !before.is_zero() || error.api().is_some_and(|answer| answer.code == 409) {
        let broken = Status::Broken(why.clone());
        let changed = inner.status.send_if_modified(|status| {
            let changes = *status != broken;
            *status = broken;
            changes
        });
        if changed {
            tracing::warn!(connection = %inner.name, why, "no updates");
        }
    }
    pause
}
