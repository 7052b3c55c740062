//! A connections file: `[[connection]]` tables, read whole or not at all.

use std::collections::BTreeMap;
use std::path::Path;

use switchboard_relay::config::{ConnectionConfig, Mode, PluginUse};
use switchboard_relay::parameters::{ParameterError, Parameters};
use switchboard_runtime::CAPABILITIES;
use switchboard_telegram::Token;

use super::document::{self, Entry, Table, Value};
use super::error::{ConfigError, Place};
use super::nearest::hint;
use super::webhook::{self, WebhookKeys};

const KEYS: [&str; 12] = [
    "name",
    "mode",
    "token",
    "token_env",
    "group",
    "admins",
    "plugins",
    "parameters",
    webhook::KEYS[0],
    webhook::KEYS[1],
    webhook::KEYS[2],
    webhook::KEYS[3],
];
const PLUGIN_KEYS: [&str; 3] = ["name", "settings", "grants"];
const NAME_LIMIT: usize = 48;

/// A connection as an admin wants it.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub name: String,
    pub token: Token,
    pub group: i64,
    /// The bot's names are not known yet, and open grants are not settled.
    pub config: ConnectionConfig,
    pub webhook: WebhookKeys,
}

/// Reads a connections file. `variable` looks up a `token_env` and a `webhook_secret_env`.
pub fn read(path: &Path, variable: impl Fn(&str) -> Option<String>) -> Result<Vec<Wanted>, ConfigError> {
    wanted(&document::read(path)?, &path.display().to_string(), variable)
}

fn wanted(table: &Table, file: &str, variable: impl Fn(&str) -> Option<String>) -> Result<Vec<Wanted>, ConfigError> {
    table.only(&["connection"], "")?;
    let Some(entry) = table.get("connection") else {
        let place = Place::Line {
            file: file.into(),
            line: 1,
        };
        return Err(place.wrong("there is no [[connection]] in this file"));
    };
    let mut found: Vec<Wanted> = Vec::new();
    for (place, item) in entry
        .list()
        .map_err(|_| entry.place.wrong("write [[connection]] with double brackets"))?
    {
        let Value::Table(table) = item else {
            return Err(place.wrong(format!("a connection is a table, not {}", item.kind())));
        };
        let one = connection(place, table, &variable)?;
        if found.iter().any(|other| other.name == one.name) {
            return Err(place.wrong(format!(
                "there are two connections {:?}; give one of them another name",
                one.name
            )));
        }
        let same_bot = |other: &&Wanted| other.token.bot_id() == one.token.bot_id();
        if let Some(other) = found.iter().find(same_bot) {
            return Err(place.wrong(format!(
                "connections {:?} and {:?} are of the same bot; a bot has one connection",
                other.name, one.name
            )));
        }
        found.push(one);
    }
    Ok(found)
}

fn connection(place: &Place, table: &Table, variable: impl Fn(&str) -> Option<String>) -> Result<Wanted, ConfigError> {
    table.only(&KEYS, "connection")?;
    let need = |key: &str, example: &str| {
        let missing = || place.wrong(format!("the connection has no {key}; write {example}"));
        table.get(key).ok_or_else(missing)
    };
    let name = need("name", "name = \"support\"")?;
    let group = need("group", "group = -1001234567890")?;
    let config = ConnectionConfig {
        mode: table.get("mode").map_or(Ok(Mode::Direct), mode)?,
        admins: table.get("admins").map_or(Ok(vec![]), admins)?,
        parameters: table.get("parameters").map_or(Ok(Parameters::default()), parameters)?,
        plugins: table.get("plugins").map_or(Ok(vec![]), plugins)?,
        configured_group: group_id(group)?,
        ..ConnectionConfig::default()
    };
    Ok(Wanted {
        name: name_of(name, "a connection's name")?,
        token: token(place, table, &variable)?,
        group: config.configured_group,
        webhook: webhook::read(table, config.mode, &variable)?,
        config,
    })
}

fn mode(entry: &Entry) -> Result<Mode, ConfigError> {
    match entry.text()? {
        "direct" => Ok(Mode::Direct),
        "gateway" => Ok(Mode::Gateway),
        "chain" => Ok(Mode::Chain),
        "session" => Err(entry.place.wrong(
            "mode session is not available in this version; mode = \"gateway\" is the parallel connection for a program whose Bot API address can be set, mode = \"chain\" for one with a webhook",
        )),
        other => {
            let hint = hint(other, &["direct", "gateway", "chain", "session"]);
            Err(entry.place.wrong(format!("unknown mode {other:?}{hint}")))
        }
    }
}

/// A name of a connection or a plugin: it stands in addresses, tables and commands.
fn name_of(entry: &Entry, what: &str) -> Result<String, ConfigError> {
    checked_name(&entry.place, entry.text()?, what)
}

fn checked_name(place: &Place, name: &str, what: &str) -> Result<String, ConfigError> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.is_empty() || name.len() > NAME_LIMIT || !name.chars().all(fits) {
        return Err(place.wrong(format!("{what} is 1 to {NAME_LIMIT} Latin letters, digits, `-` or `_`")));
    }
    Ok(name.to_owned())
}

fn token(place: &Place, table: &Table, variable: impl Fn(&str) -> Option<String>) -> Result<Token, ConfigError> {
    match (table.get("token"), table.get("token_env")) {
        (Some(entry), None) => {
            Token::new(entry.text()?).map_err(|error| entry.place.wrong(format!("token: {error}")))
        }
        (None, Some(entry)) => {
            let name = entry.text()?;
            // A token put here by mistake is not repeated.
            if Token::new(name).is_ok() {
                return Err(entry.place.wrong(
                    "token_env takes the name of an environment variable; a token itself goes into token",
                ));
            }
            let given = variable(name).filter(|given| !given.is_empty());
            let given = given.ok_or_else(|| {
                entry.place.wrong(format!(
                    "the environment variable {name:?} is not set; it should hold the bot's token"
                ))
            })?;
            Token::new(&given).map_err(|error| {
                entry
                    .place
                    .wrong(format!("the environment variable {name:?}: {error}"))
            })
        }
        (Some(entry), Some(_)) => Err(entry.place.wrong("give token or token_env, not both")),
        (None, None) => Err(place.wrong(
            "the connection has no token; write token_env = \"SUPPORT_TOKEN\" (a variable that holds it) or token = \"…\"",
        )),
    }
}

fn group_id(entry: &Entry) -> Result<i64, ConfigError> {
    let id = entry.integer()?;
    if id >= 0 {
        return Err(entry.place.wrong(
            "group: the id of a group is negative; a supergroup's begins with -100, as in group = -1001234567890",
        ));
    }
    Ok(id)
}

fn admins(entry: &Entry) -> Result<Vec<i64>, ConfigError> {
    let mut admins = Vec::new();
    for (place, item) in entry.list()? {
        match item {
            Value::Integer(id) if *id > 0 => admins.push(*id),
            _ => {
                return Err(
                    place.wrong("admins takes a list of users' ids (positive numbers), as in admins = [555000111]")
                );
            }
        }
    }
    admins.sort_unstable();
    admins.dedup();
    Ok(admins)
}

fn parameters(entry: &Entry) -> Result<Parameters, ConfigError> {
    let table = entry.table()?;
    let given: BTreeMap<String, serde_json::Value> = table
        .entries
        .iter()
        .map(|entry| (entry.key.clone(), entry.value.json()))
        .collect();
    Parameters::parse(&given).map_err(|error| {
        let named = match &error {
            ParameterError::Unknown { name, .. } => name,
            ParameterError::Twice { second, .. } => second,
            ParameterError::Later { name, .. } | ParameterError::Value { name, .. } => *name,
        };
        let place = table.get(named).unwrap_or(entry);
        place.place.wrong(error.to_string())
    })
}

fn plugins(entry: &Entry) -> Result<Vec<PluginUse>, ConfigError> {
    let mut plugins: Vec<PluginUse> = Vec::new();
    for (place, item) in entry.list()? {
        let plugin = plugin(place, item)?;
        if plugins.iter().any(|other| other.name == plugin.name) {
            return Err(place.wrong(format!("the plugin {:?} is listed twice", plugin.name)));
        }
        plugins.push(plugin);
    }
    Ok(plugins)
}

fn plugin(place: &Place, item: &Value) -> Result<PluginUse, ConfigError> {
    let what = "a plugin's name";
    let no_settings = || serde_json::Value::Object(serde_json::Map::new());
    let table = match item {
        Value::Text(name) => {
            return Ok(PluginUse {
                name: checked_name(place, name, what)?,
                settings: no_settings(),
                grants: None,
            });
        }
        Value::Table(table) => table,
        other => {
            return Err(place.wrong(format!(
                "a plugin is a name or a table {{ name, settings, grants }}, not {}",
                other.kind()
            )));
        }
    };
    table.only(&PLUGIN_KEYS, "connection.plugins")?;
    let name = table.get("name").ok_or_else(|| place.wrong("the plugin has no name"))?;
    let settings = match table.get("settings") {
        None => no_settings(),
        Some(entry) => entry.table().map(|_| entry.value.json())?,
    };
    Ok(PluginUse {
        name: name_of(name, what)?,
        settings,
        grants: table.get("grants").map(grants).transpose()?,
    })
}

fn grants(entry: &Entry) -> Result<Vec<String>, ConfigError> {
    let known: Vec<&str> = CAPABILITIES.iter().map(|capability| capability.name).collect();
    let mut grants = Vec::new();
    for (place, item) in entry.list()? {
        match item {
            Value::Text(name) if known.contains(&name.as_str()) => grants.push(name.clone()),
            Value::Text(name) => {
                let hint = hint(name, &known);
                return Err(place.wrong(format!("unknown grant {name:?}{hint}")));
            }
            other => return Err(entry.takes("a list of capabilities' names", other)),
        }
    }
    grants.sort();
    grants.dedup();
    Ok(grants)
}

#[cfg(test)]
#[path = "connections_tests.rs"]
mod tests;
