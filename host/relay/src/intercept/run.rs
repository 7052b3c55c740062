//! From notes to turns: each interception is on disk until its turn has handled it.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use switchboard_store::{Change, ChatId, Intercepted, MessageId, TurnCommit, Write};
use tokio::sync::{mpsc, watch};

use super::{Interception, Noted};
use crate::arrivals::Side;
use crate::connection::Inner;
use crate::ingress::insist;
use crate::turn::Event;

/// Notes in memory; what is above waits in the store.
const IN_MEMORY: usize = 2_048;
/// Notes that are handled side by side, each dialog's in order.
const TOGETHER: usize = 64;
/// How long a call of the bot's program may wait for the store.
const PATIENCE: Duration = Duration::from_secs(3);

/// Where interceptions are noted.
#[derive(Debug)]
pub struct Inbox {
    seq: AtomicI64,
    notes: mpsc::Sender<Noted>,
    /// Some notes are in the store only.
    spilled: AtomicBool,
    /// The first batch of updates is handled: dialogs that it opens are open.
    pub settled: watch::Sender<bool>,
}

impl Inbox {
    /// Numbers rise with the clock, so that they are never used twice.
    pub fn new(now: i64) -> (Self, mpsc::Receiver<Noted>) {
        let (notes, received) = mpsc::channel(IN_MEMORY);
        let inbox = Self {
            seq: AtomicI64::new(now.saturating_mul(1_000)),
            notes,
            spilled: AtomicBool::new(false),
            settled: watch::Sender::new(false),
        };
        (inbox, received)
    }
}

impl Inner {
    /// Notes what the bot's program did, if the relay wants to know. On disk when it returns.
    pub(super) async fn note(&self, chat: ChatId, what: Interception) {
        let first = what.first();
        // A dialog may be about to open, by a message that came before this one.
        let earlier = first.unwrap_or(MessageId::MAX);
        let opens = self.config.parameters.intercept_external && self.arrivals.flies(Side::Customer, chat, earlier);
        if !opens && !self.wants(chat).await {
            return;
        }
        if let Some(first) = first {
            self.arrivals.taken(Side::Program, chat, first);
        }
        if !self.keep(chat, what).await
            && let Some(first) = first
        {
            self.arrivals.done(Side::Program, chat, first);
        }
    }

    /// Writes a note and hands it to its turn. Whether it is on its way there.
    async fn keep(&self, chat: ChatId, what: Interception) -> bool {
        let seq = self.inbox.seq.fetch_add(1, Ordering::Relaxed) + 1;
        let body = serde_json::to_string(&what).unwrap_or_default();
        let at = self.now();
        let commit = TurnCommit {
            connection: self.id,
            now: at,
            changes: vec![Change::PutIntercepted(Intercepted { seq, chat, at, body })],
            ..TurnCommit::default()
        };
        let written = tokio::time::timeout(PATIENCE, self.committer.commit(vec![Write::Turn(commit)])).await;
        match written {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => {
                tracing::error!(connection = %self.name, error = %crate::chain(&error), "a message of the bot's program could not be noted and will not be shown");
                return false;
            }
            // It is with the committer, and is found in the store.
            Err(_) => {
                self.inbox.spilled.store(true, Ordering::Release);
                return false;
            }
        }
        let sent = self.inbox.notes.try_send(Noted { seq, chat, what }).is_ok();
        if !sent {
            self.inbox.spilled.store(true, Ordering::Release);
        }
        sent
    }

    /// It is handled, or left to the store.
    fn landed(&self, noted: &Noted) {
        if let Some(first) = noted.what.first() {
            self.arrivals.done(Side::Program, noted.chat, first);
        }
    }

    /// Whether a dialog is there to show it in, or it would open one.
    async fn wants(&self, chat: ChatId) -> bool {
        let parameters = &self.config.parameters;
        if !parameters.intercept_external || !parameters.handles(chat) {
            return false;
        }
        if parameters.intercept_opens {
            return true;
        }
        match self.book.person(chat).await {
            Ok(person) => person.dialog.is_some(),
            Err(error) => {
                tracing::warn!(connection = %self.name, error = %crate::chain(&error), "a dialog could not be read");
                true
            }
        }
    }
}

/// Runs until the connection stops.
pub async fn run(inner: Arc<Inner>, mut notes: mpsc::Receiver<Noted>) {
    // What a former life left comes after the updates that it belongs to, and those come again first.
    let mut settled = inner.inbox.settled.subscribe();
    tokio::select! {
        () = inner.stopping.cancelled() => return,
        _ = settled.wait_for(|settled| *settled) => {}
    }
    stored(&inner).await;
    let mut batch = Vec::new();
    loop {
        let spilled = inner.inbox.spilled.swap(false, Ordering::AcqRel);
        if spilled {
            // They are all in the store, those in memory too.
            while let Ok(noted) = notes.try_recv() {
                inner.landed(&noted);
            }
            stored(&inner).await;
        }
        tokio::select! {
            () = inner.stopping.cancelled() => return,
            // Now and then, for what a slow store took in late.
            () = tokio::time::sleep(Duration::from_secs(5)) => {}
            count = notes.recv_many(&mut batch, TOGETHER) => {
                if count == 0 {
                    return;
                }
                handle(&inner, std::mem::take(&mut batch)).await;
            }
        }
    }
}

async fn stored(inner: &Arc<Inner>) {
    let mut after = 0;
    loop {
        let read = || async { Ok(inner.store.intercepted(inner.id, after, TOGETHER as u32).await?) };
        let Some(rows) = insist(inner, "what the bot's program did could not be read", read).await else {
            return;
        };
        let Some(last) = rows.last() else { return };
        after = last.seq;
        let noted = rows
            .into_iter()
            .filter_map(|row| match serde_json::from_str(&row.body) {
                Ok(what) => Some(Noted {
                    seq: row.seq,
                    chat: row.chat,
                    what,
                }),
                Err(error) => {
                    tracing::error!(connection = %inner.name, %error, "a note cannot be read and is left");
                    None
                }
            });
        handle(inner, noted.collect()).await;
        if inner.stopping.is_cancelled() {
            return;
        }
    }
}

/// Those of one dialog one after another, dialogs side by side.
async fn handle(inner: &Arc<Inner>, batch: Vec<Noted>) {
    let mut order = Vec::new();
    let mut by_dialog: HashMap<ChatId, Vec<Noted>> = HashMap::new();
    for noted in batch {
        let of_dialog = by_dialog.entry(noted.chat).or_default();
        if of_dialog.is_empty() {
            order.push(noted.chat);
        }
        of_dialog.push(noted);
    }
    let mut running: FuturesUnordered<_> = order
        .into_iter()
        .filter_map(|chat| by_dialog.remove(&chat))
        .map(|notes| one_dialog(inner.clone(), notes))
        .collect();
    while running.next().await.is_some() {}
}

async fn one_dialog(inner: Arc<Inner>, notes: Vec<Noted>) {
    for noted in notes {
        let chat = noted.chat;
        if let Some(first) = noted.what.first() {
            tokio::select! {
                () = inner.stopping.cancelled() => return,
                () = inner.arrivals.landed(Side::Customer, chat, first) => {}
            }
        }
        let event = Event::Intercepted(noted);
        if insist(&inner, "a turn failed", || inner.turn(chat, &event))
            .await
            .is_none()
        {
            return;
        }
        if let Event::Intercepted(noted) = &event {
            inner.landed(noted);
        }
    }
}
