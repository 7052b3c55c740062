//! Moving out: the program gets what waits for it, and Telegram gets the webhook back.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use serde_json::{Value, json};
use switchboard_gateway::{Adopted, Front, webhook_of};
use switchboard_relay::config::Mode;
use switchboard_store::{Connection, SealKey, Store};
use switchboard_telegram::{CallError, Client};
use tokio::time::Instant;

use super::record::Record;
use super::{Waits, now, origin, patiently, waits};

/// How long the program may take to fetch what waits for it.
const DRAIN: Duration = Duration::from_secs(10);
/// A program that fetches nothing for so long is not going to.
const STILL: Duration = Duration::from_secs(4);
const LOOK: Duration = Duration::from_millis(50);
/// A program that has not polled for so long is not there.
const ABSENT: i64 = 60_000;

/// A connection whose relay has stopped and that is about to be removed.
#[derive(Debug)]
pub struct Leaving {
    pub client: Client,
    pub store: Arc<dyn Store>,
    pub seal: Arc<SealKey>,
    pub row: Connection,
    pub mode: Mode,
    /// In the modes with a program.
    pub front: Option<Arc<Front>>,
}

/// Whether a connection can be removed with no thought of a program: it has none, and never had one that left something here.
pub async fn leaves_nothing(store: &dyn Store, row: &Connection, mode: Mode) -> anyhow::Result<bool> {
    Ok(!mode.has_program() && !Record::is_there(store, row.id).await? && waits(store, row.id).await?.is_none())
}

impl Leaving {
    /// Everything but the removal itself; what is to be told, a line each.
    ///
    /// # Errors
    /// Why the connection should stay; with `force` it never should.
    pub async fn leave(&self, force: bool) -> anyhow::Result<Vec<String>> {
        match self.drain(force).await {
            Ok(None) => {}
            Ok(Some(waits)) if !force => bail!(
                "{} for the bot's program and would be lost to it, so nothing was removed: let the program fetch them{}, or remove the connection with --force",
                waits.words(),
                match waits.held {
                    0 => "",
                    _ => " (operators hand over what they hold back with /release)",
                }
            ),
            Ok(Some(_)) => {}
            Err(error) if force => {
                tracing::warn!(connection = %self.row.name, why = format!("{error:#}"), "removed with force")
            }
            Err(error) => return Err(error),
        }
        let mut told = Vec::new();
        match self.give_back().await {
            Ok(line) => told.extend(line),
            Err(error) if force => told.push(format!("the webhook was not given back: {error:#}")),
            Err(error) => {
                return Err(error.context(
                    "the webhook of the bot's program cannot be given back, so nothing was removed; --force removes the connection all the same",
                ));
            }
        }
        if let Some(waits) = self.waits().await? {
            told.push(format!("{} for the bot's program and are lost to it", waits.words()));
        }
        Ok(told)
    }

    /// Gives the program some time to fetch what waits, and says what is left.
    async fn drain(&self, force: bool) -> anyhow::Result<Option<Waits>> {
        let Some(front) = &self.front else {
            return self.waits().await;
        };
        if force {
            for chat in front.held_chats() {
                front.release(chat, false).await?;
            }
        }
        let until = Instant::now() + DRAIN;
        let (mut last, mut since) = (usize::MAX, Instant::now());
        loop {
            let waiting = front.waiting();
            if waiting.updates < last {
                (last, since) = (waiting.updates, Instant::now());
            }
            let over = Instant::now() >= until || since.elapsed() >= STILL;
            let polls = waiting.polled.is_some_and(|at| now() - at < ABSENT);
            let fetches = waiting.webhook.is_some() || polls;
            if waiting.updates == 0 || !fetches || over {
                return self.waits().await;
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn waits(&self) -> anyhow::Result<Option<Waits>> {
        let Some(front) = &self.front else {
            return Ok(waits(self.store.as_ref(), self.row.id).await?);
        };
        let waiting = front.waiting();
        Ok(waiting.oldest.map(|oldest| Waits {
            updates: waiting.updates,
            held: waiting.held,
            oldest,
        }))
    }

    /// Sets the program's webhook at Telegram, where it was taken over from there, or handed on to. What was done, if anything.
    async fn give_back(&self) -> anyhow::Result<Option<String>> {
        if self.mode.has_program() {
            self.confirm().await;
        }
        let record = Record::of(self.store.as_ref(), &self.seal, &self.row).await?;
        if record.is_none() && self.mode != Mode::Chain {
            return Ok(None);
        }
        let Some((present, certified)) = webhook_of(self.store.as_ref(), &self.seal, self.row.id).await? else {
            return Ok(record.map(|_| {
                "the bot's program has deleted its webhook since it was taken over: none was given back".to_owned()
            }));
        };
        if certified {
            return Ok(Some(format!(
                "the webhook at {} has a certificate of its own: the bot's program has to set it again itself",
                origin(&present.url)
            )));
        }
        let before = record.map(Record::webhook).filter(|before| before.url != present.url);
        let mut refused = None;
        // The program may have moved to an address that only this machine can reach; then the earlier one is what Telegram had.
        for webhook in [Some(present), before].into_iter().flatten() {
            let at = origin(&webhook.url);
            match patiently(&self.client, "setWebhook", &params(webhook)).await {
                Ok(()) => return Ok(Some(format!("the webhook at {at} was set at Telegram again"))),
                Err(CallError::Api(error)) if error.code == 400 => {
                    refused.get_or_insert(anyhow!(error).context(format!("Telegram refuses the webhook at {at}")));
                }
                Err(error) => return Err(anyhow!(error).context("setWebhook")),
            }
        }
        Err(refused.unwrap_or_else(|| anyhow!("there is none")))
    }

    /// What was taken from Telegram, and is with the program by now, should not come to it again. If this fails it does.
    async fn confirm(&self) {
        let cursor = async {
            let rows = self.store.connections().await.ok()?;
            rows.iter().find(|row| row.id == self.row.id).map(|row| row.cursor)
        };
        let Some(cursor) = cursor.await.filter(|cursor| *cursor > 0) else {
            return;
        };
        let params = json!({"offset": cursor, "limit": 1, "timeout": 0});
        let asked: Result<Value, _> = self.client.call_within("getUpdates", &params, DRAIN).await;
        if let Err(error) = asked {
            tracing::debug!(connection = %self.row.name, %error, "the last updates were not confirmed and may come again");
        }
    }
}

fn params(webhook: Adopted) -> Value {
    let mut params = json!({
        "url": webhook.url,
        "max_connections": webhook.max_connections,
        "allowed_updates": webhook.allowed_updates.unwrap_or_default(),
    });
    if let Some(secret) = webhook.secret {
        params["secret_token"] = secret.into();
    }
    if let Some(ip) = webhook.ip_address {
        params["ip_address"] = ip.to_string().into();
    }
    params
}

/// Opens what leaving needs of a connection's row.
pub fn mode_of(row: &Connection) -> anyhow::Result<Mode> {
    let config: switchboard_relay::config::ConnectionConfig =
        serde_json::from_str(&row.config).context("its configuration in the database cannot be read")?;
    Ok(config.mode)
}
