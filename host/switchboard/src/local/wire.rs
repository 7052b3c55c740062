//! What the local API speaks. Tokens and webhooks' secrets stand in it sealed only: both ends have the key file.

use std::net::SocketAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use switchboard_gateway::Waiting;
use switchboard_relay::config::ConnectionConfig;

use crate::apply::Applied;
use crate::config::connections::Wanted;
use crate::secrets::Secrets;

pub const CONNECTIONS: &str = "/api/local/connections";
pub const APPLY: &str = "/api/local/connections/apply";

#[derive(Debug, Serialize, Deserialize)]
pub struct ApplyRequest {
    pub connections: Vec<WantedConnection>,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct ApplyAnswer {
    pub applied: Vec<Applied>,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct WantedConnection {
    pub name: String,
    /// With what is known of the program's webhook: sealed, base64.
    pub token: String,
    pub group: i64,
    pub config: ConnectionConfig,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct ListAnswer {
    pub connections: Vec<ListedConnection>,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct ListedConnection {
    pub id: i64,
    pub name: String,
    pub bot: i64,
    /// Sealed, base64.
    pub token: String,
    pub group: i64,
    pub config: String,
    pub cursor: i64,
    /// How it is doing, in words.
    pub status: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct RemoveRequest {
    /// Whatever the bot's program loses by it.
    pub force: bool,
}

/// What removing a connection came to.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Gone {
    /// There was one.
    pub removed: bool,
    /// What an admin should know, a line each.
    pub told: Vec<String>,
}

/// How a connection of a running host is doing.
#[derive(Debug, Serialize, Deserialize)]
pub struct Doing {
    /// In words.
    pub status: String,
    /// Where the front door listens.
    pub door: Option<SocketAddr>,
    /// The bot's own program, where the connection is up in a mode that has one.
    pub program: Option<ProgramState>,
}

/// What waits for the bot's program, and how it fetches it. Times are milliseconds since 1970.
#[derive(Debug, Serialize, Deserialize)]
pub struct ProgramState {
    pub updates: usize,
    pub held: usize,
    pub oldest: Option<i64>,
    /// The last `getUpdates` since the connection started.
    pub polled: Option<i64>,
    /// Scheme, host and port.
    pub webhook: Option<String>,
    pub webhook_error: Option<(i64, String)>,
}

impl From<Waiting> for ProgramState {
    fn from(waiting: Waiting) -> Self {
        let (webhook, webhook_error) = match waiting.webhook {
            Some(webhook) => (Some(webhook.origin), webhook.last_error),
            None => (None, None),
        };
        Self {
            updates: waiting.updates,
            held: waiting.held,
            oldest: waiting.oldest,
            polled: waiting.polled,
            webhook,
            webhook_error,
        }
    }
}

/// One line that says what is wrong.
#[derive(Debug, Serialize, Deserialize)]
pub struct Refusal {
    pub error: String,
}

impl WantedConnection {
    pub fn new(wanted: &Wanted, secrets: &Secrets) -> anyhow::Result<Self> {
        Ok(Self {
            name: wanted.name.clone(),
            token: BASE64.encode(secrets.seal_kept(&wanted.name, &wanted.token, &wanted.webhook)?),
            group: wanted.group,
            config: wanted.config.clone(),
        })
    }

    pub fn open(self, secrets: &Secrets) -> anyhow::Result<Wanted> {
        let (token, webhook) = secrets.open_kept(&self.name, &BASE64.decode(&self.token)?)?;
        Ok(Wanted {
            name: self.name,
            token,
            webhook,
            group: self.group,
            config: self.config,
        })
    }
}

impl ListedConnection {
    pub fn new(row: switchboard_store::Connection, status: String) -> Self {
        Self {
            id: row.id,
            name: row.name,
            bot: row.bot,
            token: BASE64.encode(row.token),
            group: row.group,
            config: row.config,
            cursor: row.cursor,
            status,
        }
    }

    pub fn open(self) -> anyhow::Result<(switchboard_store::Connection, String)> {
        let row = switchboard_store::Connection {
            id: self.id,
            name: self.name,
            bot: self.bot,
            token: BASE64.decode(&self.token)?,
            group: self.group,
            config: self.config,
            cursor: self.cursor,
        };
        Ok((row, self.status))
    }
}
