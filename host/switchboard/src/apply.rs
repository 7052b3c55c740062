//! Applying connections: everything is checked before anything is written, and what is as wanted already is left alone.

use std::sync::Arc;

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};
use switchboard_gateway::webhook_of;
use switchboard_relay::config::{ConnectionConfig, Mode};
use switchboard_relay::{Facts, probe};
use switchboard_store::{Connection, ConnectionId, NewConnection, Store};
use switchboard_telegram::Api;

use crate::config::connections::Wanted;
use crate::moving;
use crate::plugins::PluginFolder;
use crate::secrets::Secrets;

/// What applying a connection came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    pub name: String,
    pub outcome: Outcome,
    /// What an admin should know, a line each.
    pub warnings: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    Created,
    Changed,
    Unchanged,
}

impl Outcome {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Changed => "changed",
            Self::Unchanged => "unchanged",
        }
    }
}

/// A connection that passed every check.
#[derive(Debug)]
pub struct Planned {
    pub applied: Applied,
    /// What to write.
    pub row: NewConnection,
    /// The connection leaves the modes with a program.
    pub leaves: Option<ConnectionId>,
}

/// What checking needs.
#[derive(Debug, Clone, Copy)]
pub struct Bench<'a> {
    pub api: &'a Api,
    pub plugins: &'a Arc<PluginFolder>,
    pub secrets: &'a Secrets,
    pub store: &'a Arc<dyn Store>,
    /// There is a front door.
    pub door: bool,
}

impl Bench<'_> {
    /// Checks the wanted connections against each other, the present ones, the plugins folder and Telegram. Writes nothing.
    pub async fn plan(self, wanted: Vec<Wanted>, present: &[Connection]) -> anyhow::Result<Vec<Planned>> {
        for one in &wanted {
            let other = present
                .iter()
                .find(|row| row.bot == one.token.bot_id() && !wanted.iter().any(|one| one.name == row.name));
            if let Some(other) = other {
                bail!(
                    "connection {:?}: the connection {:?} is of the same bot; a bot has one connection, so remove the other one first",
                    one.name,
                    other.name
                );
            }
        }
        let mut planned = Vec::with_capacity(wanted.len());
        for one in wanted {
            let row = present.iter().find(|row| row.name == one.name);
            let about = format!("connection {:?}", one.name);
            planned.push(self.plan_one(one, row).await.context(about)?);
        }
        Ok(planned)
    }

    async fn plan_one(self, wanted: Wanted, present: Option<&Connection>) -> anyhow::Result<Planned> {
        let Wanted {
            name,
            token,
            group,
            mut config,
            webhook,
        } = wanted;
        if config.mode == Mode::Gateway && !self.door {
            bail!(
                "mode gateway needs the front door: write [gateway] listen = \"127.0.0.1:8081\" into switchboard.toml, and start the host again if it runs"
            );
        }
        config.plugins = self.settle(config.plugins).await?;
        let before: Option<ConnectionConfig> = present.and_then(|row| serde_json::from_str(&row.config).ok());
        // Telegram may have moved the group since it was given.
        let group_now = match (present, &before) {
            (Some(row), Some(before)) if before.configured_group == group && row.bot == token.bot_id() => row.group,
            _ => group,
        };
        let client = self.api.bot(token.clone());
        let Facts {
            username,
            name: bot_name,
            mut warnings,
            webhook: found,
            ..
        } = probe::probe(&client, group_now, config.mode).await?;
        config.bot_username = username;
        config.bot_name = bot_name;
        config.configured_group = group;
        match &found {
            Some(found) => warnings.push(moving::check(found, &webhook)?),
            None if config.mode == Mode::Chain && webhook.url.is_none() => self.has_webhook(present).await?,
            None => {}
        }
        let same_kept = |row: &Connection| {
            let kept = self.secrets.open_kept(&row.name, &row.token);
            kept.is_ok_and(|(before, keys)| before.expose() == token.expose() && keys == webhook)
        };
        let outcome = match present {
            None => Outcome::Created,
            // A webhook at Telegram is taken over at the start.
            Some(row) if before.as_ref() == Some(&config) && same_kept(row) && found.is_none() => Outcome::Unchanged,
            Some(_) => Outcome::Changed,
        };
        let leaves = present
            .filter(|_| before.is_some_and(|before| before.mode.has_program()) && !config.mode.has_program())
            .map(|row| row.id);
        let row = NewConnection {
            token: self.secrets.seal_kept(&name, &token, &webhook)?,
            bot: token.bot_id(),
            group,
            config: serde_json::to_string(&config)?,
            name: name.clone(),
        };
        let applied = Applied {
            name,
            outcome,
            warnings,
        };
        Ok(Planned { applied, row, leaves })
    }

    /// Mode chain goes on with a webhook that the program had here before.
    async fn has_webhook(self, present: Option<&Connection>) -> anyhow::Result<()> {
        let Some(row) = present else {
            bail!(moving::no_webhook());
        };
        match webhook_of(self.store.as_ref(), &self.secrets.seal_key(), row.id).await? {
            Some(_) => Ok(()),
            None => bail!(moving::no_webhook()),
        }
    }

    /// Checks the plugins away from the threads that handle messages: a new one is compiled.
    async fn settle(
        self,
        wanted: Vec<switchboard_relay::config::PluginUse>,
    ) -> anyhow::Result<Vec<switchboard_relay::config::PluginUse>> {
        if wanted.is_empty() {
            return Ok(wanted);
        }
        let plugins = Arc::clone(self.plugins);
        let settle = move || wanted.into_iter().map(|one| plugins.settle(one)).collect();
        tokio::task::spawn_blocking(settle)
            .await
            .context("checking the plugins broke off")?
    }
}
