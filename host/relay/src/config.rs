//! What a connection is set to: mode, admins, parameters and plugins, as kept in the store.

use serde::{Deserialize, Serialize};

use crate::parameters::Parameters;

/// How the connection gets at the bot's messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Switchboard is the bot's only program.
    #[default]
    Direct,
    /// The bot's own program calls Switchboard's front door instead of Telegram.
    Gateway,
    /// The bot's own program takes webhooks, and Switchboard hands each update on to it.
    Chain,
}

/// A plugin on a connection. The order of the list is the admin's order in the pipeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PluginUse {
    pub name: String,
    /// Checked against the plugin's schema.
    #[serde(default)]
    pub settings: serde_json::Value,
    /// Interfaces that the admin allows; `None` allows what the plugin imports now.
    #[serde(default)]
    pub grants: Option<Vec<String>>,
}

/// Everything about a connection that is not its name, token or group.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ConnectionConfig {
    #[serde(default)]
    pub mode: Mode,
    /// Users who may give admin commands.
    #[serde(default)]
    pub admins: Vec<i64>,
    #[serde(default)]
    pub parameters: Parameters,
    #[serde(default)]
    pub plugins: Vec<PluginUse>,
    /// The bot's username and name, as Telegram gave them when the connection was applied: a start needs no call for them.
    #[serde(default)]
    pub bot_username: String,
    #[serde(default)]
    pub bot_name: String,
    /// The backend group as it was given. The store's row follows Telegram where a group is upgraded; this does not.
    #[serde(default)]
    pub configured_group: i64,
}

impl Mode {
    /// Whether a program of the bot's own works beside the relay.
    #[must_use]
    pub const fn has_program(self) -> bool {
        !matches!(self, Self::Direct)
    }

    /// The word for it in configuration and reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Gateway => "gateway",
            Self::Chain => "chain",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_configuration_of_an_older_version_is_read() {
        let stored: ConnectionConfig = serde_json::from_str("{}").unwrap();
        assert_eq!(stored, ConnectionConfig::default());
        let stored: ConnectionConfig = serde_json::from_str(r#"{"mode":"direct","plugins":[{"name":"p"}]}"#).unwrap();
        assert_eq!(stored.plugins[0].grants, None);
        assert_eq!(stored.mode.word(), "direct");
    }
}
