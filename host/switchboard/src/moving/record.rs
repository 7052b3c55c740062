//! The webhook that was taken over from Telegram, as it was there: kept sealed, so that it can be given back.

use std::net::IpAddr;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use switchboard_gateway::Adopted;
use switchboard_store::{Change, Connection, PluginEntry, SealKey, Store, TurnCommit, Write, Written};

use super::now;

/// The host's own corner of the plugins' store.
const OWN: &str = "";
const KEY: &str = "gateway:adopted";

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// A connection can be given another bot.
    bot: i64,
    url: String,
    secret: Option<String>,
    max_connections: u32,
    allowed_updates: Vec<String>,
    ip: Option<IpAddr>,
}

impl Record {
    pub fn new(bot: i64, adopted: &Adopted) -> Self {
        Self {
            bot,
            url: adopted.url.clone(),
            secret: adopted.secret.clone(),
            max_connections: adopted.max_connections,
            allowed_updates: adopted.allowed_updates.clone().unwrap_or_default(),
            ip: adopted.ip_address,
        }
    }

    pub fn webhook(self) -> Adopted {
        Adopted {
            url: self.url,
            secret: self.secret,
            max_connections: self.max_connections,
            allowed_updates: Some(self.allowed_updates),
            ip_address: self.ip,
        }
    }

    /// On disk when it returns.
    pub async fn put(&self, store: &dyn Store, seal: &SealKey, connection: i64) -> anyhow::Result<()> {
        let value = seal.seal(&context(connection), &serde_json::to_vec(self)?);
        let entry = PluginEntry {
            key: KEY.to_owned(),
            value,
            expires: None,
            version: now(),
        };
        let commit = TurnCommit {
            connection,
            now: now(),
            changes: vec![Change::PutPluginEntry {
                plugin: OWN.to_owned(),
                entry,
            }],
            ..TurnCommit::default()
        };
        match store.commit(vec![Write::Turn(commit)]).await?.first() {
            Some(Written::Done) => Ok(()),
            _ => anyhow::bail!("the connection is gone"),
        }
    }

    /// What was taken over for the bot that the connection has now.
    pub async fn of(store: &dyn Store, seal: &SealKey, row: &Connection) -> anyhow::Result<Option<Self>> {
        let Some(entry) = store.plugin_entry(row.id, OWN, KEY, now()).await? else {
            return Ok(None);
        };
        let plain = seal
            .open(&context(row.id), &entry.value)
            .context("the webhook that was taken over cannot be read")?;
        // The error's own text could quote it.
        let record: Self = serde_json::from_slice(&plain)
            .map_err(|_| anyhow::anyhow!("the webhook that was taken over is kept in another shape"))?;
        Ok(Some(record).filter(|record| record.bot == row.bot))
    }

    /// Whether there is one, readable or not.
    pub async fn is_there(store: &dyn Store, connection: i64) -> anyhow::Result<bool> {
        Ok(store.plugin_entry(connection, OWN, KEY, now()).await?.is_some())
    }
}

fn context(connection: i64) -> String {
    format!("gateway|adopted|{connection}")
}
