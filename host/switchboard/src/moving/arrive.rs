//! Moving in: a webhook that is set at Telegram becomes the program's virtual one, and only then goes from Telegram.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use switchboard_gateway::{Adopted, Front, webhook_of};
use switchboard_relay::config::Mode;
use switchboard_relay::{FoundWebhook, probe};
use switchboard_store::{Connection, SealKey, Store};
use switchboard_telegram::Client;
use tokio::task::JoinHandle;

use super::record::Record;
use super::{delete_webhook, origin};
use crate::config::webhook::WebhookKeys;

/// Telegram's own default of `max_connections`.
const CONNECTIONS: u32 = 40;
/// First pause before Telegram is asked again, and the longest.
const AGAIN: Duration = Duration::from_secs(5);
const AGAIN_MOST: Duration = Duration::from_secs(60);

/// Whether a webhook that was found at Telegram can be taken over, and in which words that is told.
pub fn check(found: &FoundWebhook, keys: &WebhookKeys) -> anyhow::Result<String> {
    let host = found.host();
    if found.has_custom_certificate {
        bail!(
            "the bot has a webhook at {host} with a certificate of its own, which Telegram does not give out: call deleteWebhook, and let the bot's program set it again at Switchboard's front door (mode gateway)"
        );
    }
    if keys.secret.is_none() {
        bail!(
            "the bot has a webhook at {host}, and Telegram does not tell its secret_token: write webhook_secret = \"…\" (or webhook_secret_env, the name of a variable that holds it), or webhook_secret = \"none\" where the bot's program uses none"
        );
    }
    Ok(format!(
        "the webhook at {host} is taken over: Switchboard fetches the updates from Telegram and hands them on to it; connection remove gives it back"
    ))
}

/// A connection with a program of its own that is about to start.
#[derive(Debug, Clone)]
pub struct Arrival {
    pub client: Client,
    pub front: Arc<Front>,
    pub store: Arc<dyn Store>,
    pub seal: Arc<SealKey>,
    pub row: Connection,
    pub mode: Mode,
    pub keys: WebhookKeys,
}

/// Why a webhook was not taken over.
enum Failed {
    /// Telegram could not be asked; the next time it may be.
    Silent(anyhow::Error),
    /// A person is needed.
    Wrong(anyhow::Error),
}

impl Arrival {
    /// Takes over what is set at Telegram, and serves what is configured. Where Telegram cannot be asked, the task that is
    /// given goes on asking: until then updates cannot be polled, if there is a webhook, and nothing is lost.
    pub async fn settle(&self) -> anyhow::Result<Option<JoinHandle<()>>> {
        let later = match self.take_over().await {
            Ok(()) => false,
            Err(Failed::Silent(error)) => {
                tracing::warn!(
                    connection = %self.row.name,
                    why = format!("{error:#}"),
                    "it is not known yet whether the bot has a webhook; asking again"
                );
                true
            }
            Err(Failed::Wrong(error)) => return Err(error),
        };
        self.correct().await?;
        if let Some(configured) = self.configured() {
            self.serve(configured).await?;
        }
        if self.mode == Mode::Chain && !later && self.front.waiting().webhook.is_none() {
            bail!(no_webhook());
        }
        if !later {
            return Ok(None);
        }
        let arrival = self.clone();
        Ok(Some(tokio::spawn(async move { arrival.insist().await })))
    }

    async fn insist(self) {
        let mut pause = AGAIN;
        loop {
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(AGAIN_MOST);
            match self.take_over().await {
                Ok(()) => return,
                Err(Failed::Silent(_)) => {}
                Err(Failed::Wrong(error)) => {
                    let why = format!("{error:#}");
                    tracing::error!(connection = %self.row.name, why, "the bot's webhook cannot be taken over");
                    return;
                }
            }
        }
    }

    async fn take_over(&self) -> Result<(), Failed> {
        let silent = |error: probe::Problem| Failed::Silent(error.into());
        let Some(found) = probe::webhook(&self.client).await.map_err(silent)? else {
            return Ok(());
        };
        check(&found, &self.keys).map_err(Failed::Wrong)?;
        let adopted = Adopted {
            secret: self.keys.secret_token(),
            max_connections: found.max_connections.unwrap_or(CONNECTIONS),
            // None at Telegram stands for the default kinds, and not for those that were set here before.
            allowed_updates: Some(found.allowed_updates.unwrap_or_default()),
            ip_address: self.keys.ip,
            url: found.url,
        };
        let record = Record::new(self.row.bot, &adopted);
        let kept = record.put(self.store.as_ref(), &self.seal, self.row.id).await;
        kept.map_err(Failed::Wrong)?;
        let from = origin(&adopted.url);
        if self.configured().is_none() {
            self.serve(adopted).await.map_err(Failed::Wrong)?;
        }
        // Only now: what comes from here on is polled, and whatever happens the webhook is known.
        let deleted = delete_webhook(&self.client).await;
        deleted.map_err(|error| Failed::Silent(anyhow!(error).context("deleteWebhook")))?;
        tracing::info!(connection = %self.row.name, from, "the bot's webhook was taken over from Telegram");
        Ok(())
    }

    /// A secret that was given wrong when the webhook was taken over is given anew.
    async fn correct(&self) -> anyhow::Result<()> {
        let (store, seal) = (self.store.as_ref(), self.seal.as_ref());
        let Some(before) = Record::of(store, seal, &self.row).await?.map(Record::webhook) else {
            return Ok(());
        };
        let right = Adopted {
            secret: self.keys.secret_token(),
            ip_address: self.keys.ip,
            ..before.clone()
        };
        let same = right.secret == before.secret && right.ip_address == before.ip_address;
        if self.keys.secret.is_none() || same {
            return Ok(());
        }
        Record::new(self.row.bot, &right).put(store, seal, self.row.id).await?;
        // What the program has set itself since is its own matter.
        match webhook_of(store, seal, self.row.id).await? {
            Some((present, _)) if present.url == before.url && present.secret == before.secret => {
                let right = Adopted {
                    secret: right.secret,
                    ip_address: right.ip_address,
                    ..present
                };
                self.serve(right).await
            }
            _ => Ok(()),
        }
    }

    /// The webhook that the connections file names.
    fn configured(&self) -> Option<Adopted> {
        let url = self.keys.url.clone().filter(|_| self.mode == Mode::Chain)?;
        Some(Adopted {
            url,
            secret: self.keys.secret_token(),
            max_connections: CONNECTIONS,
            allowed_updates: None,
            ip_address: self.keys.ip,
        })
    }

    async fn serve(&self, webhook: Adopted) -> anyhow::Result<()> {
        let at = origin(&webhook.url);
        let served = self.front.adopt(webhook).await;
        served.with_context(|| format!("the webhook of the bot's program at {at} cannot be served"))
    }
}

/// What mode chain lacks without a webhook.
pub fn no_webhook() -> &'static str {
    "mode chain hands updates on to the webhook of the bot's program, and none is known: Telegram has none set for this bot; write webhook_url = \"https://…\", where the program takes updates, or use mode gateway for a program that polls"
}
