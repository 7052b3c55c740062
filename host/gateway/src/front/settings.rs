//! What the bot's program has set: durable, and sealed in the store.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use switchboard_store::{ConnectionId, SealKey};

use super::kinds::Kinds;
use super::queue::Position;
use crate::GatewayError;

/// The settings of one bot's program.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Settings {
    pub(super) kinds: Kinds,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) webhook: Option<Hook>,
    /// Late updates that were in an answer and are not confirmed; written when the front stops.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) handed: Vec<Position>,
}

/// A webhook of the bot's program.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Hook {
    /// As the program gave it.
    pub(super) url: String,
    pub(super) secret: Option<String>,
    pub(super) max_connections: u32,
    /// Where to connect, whatever the name in `url` resolves to.
    pub(super) ip: Option<IpAddr>,
    /// PEM, as uploaded.
    pub(super) certificate: Option<String>,
}

impl fmt::Debug for Hook {
    /// The address may hold a secret as well.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hook")
            .field("max_connections", &self.max_connections)
            .field("certificate", &self.certificate.is_some())
            .finish_non_exhaustive()
    }
}

impl Settings {
    pub(super) fn seal(&self, key: &SealKey, connection: ConnectionId) -> Result<Vec<u8>, GatewayError> {
        let plain = serde_json::to_vec(self).map_err(|error| GatewayError::Stored(error.to_string()))?;
        Ok(key.seal(&context(connection), &plain))
    }

    /// Nothing sealed: nothing was ever set.
    pub(super) fn open(key: &SealKey, connection: ConnectionId, sealed: &[u8]) -> Result<Self, GatewayError> {
        if sealed.is_empty() {
            return Ok(Self::default());
        }
        let plain = key
            .open(&context(connection), sealed)
            .map_err(|error| GatewayError::Stored(error.to_string()))?;
        serde_json::from_slice(&plain).map_err(|error| {
            // The text of the error could quote the settings.
            GatewayError::Stored(format!("the settings of the bot's program, line {}", error.line()))
        })
    }
}

fn context(connection: ConnectionId) -> String {
    format!("gateway|state|{connection}")
}
