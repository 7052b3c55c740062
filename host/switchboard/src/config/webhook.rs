//! What a connections file says about the webhook of the bot's own program. Kept sealed: a secret, and an address that often is one.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use switchboard_relay::config::Mode;

use super::document::{Entry, Table};
use super::error::ConfigError;

/// The keys, in the order in which they are shown.
pub const KEYS: [&str; 4] = ["webhook_url", "webhook_secret", "webhook_secret_env", "webhook_ip"];
/// Telegram's bound for a `secret_token`.
const SECRET_LIMIT: usize = 256;
/// What stands for a webhook without a secret.
const NONE: &str = "none";

/// A webhook's secret as far as the admin knows it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Secret {
    /// The program uses none.
    None,
    Is(String),
}

/// What is to be known of the program's webhook beside what Telegram tells.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookKeys {
    /// Where the program takes its updates, in mode chain, whatever Telegram says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// `None`: nobody has said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<Secret>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip: Option<IpAddr>,
}

impl WebhookKeys {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The secret to send, where one is known.
    pub fn secret_token(&self) -> Option<String> {
        match &self.secret {
            Some(Secret::Is(secret)) => Some(secret.clone()),
            Some(Secret::None) | None => None,
        }
    }
}

impl fmt::Debug for WebhookKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookKeys")
            .field("url", &self.url.is_some())
            .field("secret", &self.secret.is_some())
            .field("ip", &self.ip)
            .finish()
    }
}

/// Reads the keys of a connection. `variable` looks up a `webhook_secret_env`. What is given is not repeated in complaints.
pub fn read(table: &Table, mode: Mode, variable: impl Fn(&str) -> Option<String>) -> Result<WebhookKeys, ConfigError> {
    let ip = |entry: &Entry| {
        let parsed = entry.text()?.parse();
        parsed.map_err(|_| {
            entry
                .place
                .wrong("webhook_ip takes an IP address, as in webhook_ip = \"10.0.0.7\"")
        })
    };
    Ok(WebhookKeys {
        url: table.get("webhook_url").map(|entry| url(entry, mode)).transpose()?,
        secret: secret(table, variable)?,
        ip: table.get("webhook_ip").map(ip).transpose()?,
    })
}

fn url(entry: &Entry, mode: Mode) -> Result<String, ConfigError> {
    let text = entry.text()?;
    if mode != Mode::Chain {
        return Err(entry.place.wrong(match mode {
            Mode::Gateway => "webhook_url belongs to mode chain; in mode gateway the bot's program sets its webhook itself, by calling setWebhook at the front door",
            Mode::Direct | Mode::Chain => "webhook_url belongs to mode chain; in mode direct the bot has no program of its own",
        }));
    }
    let parsed = reqwest::Url::parse(text).ok();
    match parsed.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host()) {
        Some(_) => Ok(text.to_owned()),
        None => Err(entry.place.wrong(
            "webhook_url takes the address at which the bot's program takes updates, as in webhook_url = \"https://bot.example/hook\"",
        )),
    }
}

fn secret(table: &Table, variable: impl Fn(&str) -> Option<String>) -> Result<Option<Secret>, ConfigError> {
    match (table.get("webhook_secret"), table.get("webhook_secret_env")) {
        (None, None) => Ok(None),
        (Some(entry), None) => checked(entry.text()?).map(Some).ok_or_else(|| {
            let what = format!("webhook_secret: {}", shape());
            entry.place.wrong(what)
        }),
        (None, Some(entry)) => {
            let name = entry.text()?;
            // A secret put here by mistake is not repeated.
            if name.is_empty()
                || !name
                    .bytes()
                    .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
            {
                return Err(entry.place.wrong(
                    "webhook_secret_env takes the name of an environment variable (capitals, digits, `_`); a secret itself goes into webhook_secret",
                ));
            }
            let given = variable(name).filter(|given| !given.is_empty());
            let given = given.ok_or_else(|| {
                entry.place.wrong(format!(
                    "the environment variable {name:?} is not set; it should hold the webhook's secret, or {NONE:?}"
                ))
            })?;
            checked(&given).map(Some).ok_or_else(|| {
                let what = format!("the environment variable {name:?}: {}", shape());
                entry.place.wrong(what)
            })
        }
        (Some(entry), Some(_)) => Err(entry.place.wrong("give webhook_secret or webhook_secret_env, not both")),
    }
}

fn checked(text: &str) -> Option<Secret> {
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    match text {
        NONE => Some(Secret::None),
        text if text.is_empty() || text.len() > SECRET_LIMIT || !text.bytes().all(fits) => None,
        text => Some(Secret::Is(text.to_owned())),
    }
}

fn shape() -> String {
    format!(
        "the secret_token of the bot's program is 1 to {SECRET_LIMIT} Latin letters, digits, `_` or `-`; {NONE:?} says that it uses none"
    )
}
