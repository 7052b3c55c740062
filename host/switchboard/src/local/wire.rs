//! What the local API speaks. Tokens stand in it sealed only: both ends have the key file.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
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
    /// Sealed, base64.
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
pub struct RemoveAnswer {
    pub removed: bool,
}

/// One line that says what is wrong.
#[derive(Debug, Serialize, Deserialize)]
pub struct Refusal {
    pub error: String,
}

impl WantedConnection {
    pub fn new(wanted: &Wanted, secrets: &Secrets) -> Self {
        Self {
            name: wanted.name.clone(),
            token: BASE64.encode(secrets.seal_token(&wanted.name, &wanted.token)),
            group: wanted.group,
            config: wanted.config.clone(),
        }
    }

    pub fn open(self, secrets: &Secrets) -> anyhow::Result<Wanted> {
        let token = secrets.open_token(&self.name, &BASE64.decode(&self.token)?)?;
        Ok(Wanted {
            name: self.name,
            token,
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
