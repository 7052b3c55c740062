//! `switchboard.toml`, read, overridden from the environment, and checked.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use switchboard_delivery::{Limit, Pacing};

use super::document::{self, Table};
use super::environment::overrides;
use super::error::{ConfigError, Place};
use super::keys::*;

/// The file that is read where no other is named.
pub const DEFAULT_FILE: &str = "switchboard.toml";

/// The configuration of the host. Paths are ready to use.
#[derive(Debug, Clone)]
pub struct Config {
    /// The file that was read, if any.
    pub file: Option<PathBuf>,
    pub listen: SocketAddr,
    /// `sqlite://…` with the file's full place.
    pub store_url: String,
    /// The database file.
    pub store_path: PathBuf,
    pub telegram_api: String,
    /// Where the front door for bots' own programs listens, if it does.
    pub gateway_listen: Option<SocketAddr>,
    pub plugins_dir: PathBuf,
    pub key_file: PathBuf,
    pub pacing: Pacing,
}

/// What was given for each key, by its path.
type Given = BTreeMap<String, (Place, String)>;

impl Config {
    /// Reads the named file, or `switchboard.toml` where it exists, or nothing; then the process's environment.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let file = match file {
            Some(named) => Some(named),
            None => Some(Path::new(DEFAULT_FILE)).filter(|default| default.exists()),
        };
        let variables =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        match file {
            Some(path) => Self::read(document::read(path)?, Some(path), variables),
            None => Self::read(Table { entries: vec![] }, None, variables),
        }
    }

    fn read(
        table: Table,
        file: Option<&Path>,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let mut given = from_table(&table)?;
        for (key, place, value) in overrides(variables)? {
            given.insert(key.path(), (place, value));
        }
        let base = file.and_then(Path::parent).unwrap_or(Path::new(""));
        let (store_url, store_path) = store(&given, base)?;
        let gateway_listen = match given.contains_key(&GATEWAY_LISTEN.path()) {
            true => Some(parsed(&given, GATEWAY_LISTEN, address)?),
            false => None,
        };
        Ok(Self {
            file: file.map(Path::to_owned),
            listen: parsed(&given, LISTEN, address)?,
            gateway_listen,
            store_url,
            store_path,
            telegram_api: parsed(&given, TELEGRAM_API, server)?,
            plugins_dir: parsed(&given, PLUGINS_DIR, |text| path(base, text))?,
            key_file: parsed(&given, KEY_FILE, |text| path(base, text))?,
            pacing: Pacing {
                bot: parsed(&given, PACING_BOT, limit)?,
                chat: parsed(&given, PACING_CHAT, limit)?,
                group: parsed(&given, PACING_GROUP, limit)?,
                ..Pacing::default()
            },
        })
    }
}

fn from_table(table: &Table) -> Result<Given, ConfigError> {
    let names = |section: &str| -> Vec<&str> {
        KEYS.iter()
            .filter(|key| key.section == section)
            .map(|key| key.name)
            .collect()
    };
    let mut sections: Vec<&str> = KEYS
        .iter()
        .map(|key| key.section)
        .filter(|section| !section.is_empty())
        .collect();
    sections.dedup();
    let mut top = names("");
    top.extend(&sections);
    table.only(&top, "")?;
    let mut given = Given::new();
    let mut take = |table: &Table, section: &str| {
        for key in KEYS.iter().filter(|key| key.section == section) {
            if let Some(entry) = table.get(key.name) {
                let text = entry.text().map_err(|_| {
                    let found = entry.value.kind();
                    entry.place.wrong(format!(
                        "{} takes a text, not {found}; for example {} = {:?}",
                        key.path(),
                        key.name,
                        key.example
                    ))
                })?;
                given.insert(key.path(), (entry.place.clone(), text.to_owned()));
            }
        }
        Ok(())
    };
    take(table, "")?;
    for section in sections {
        if let Some(entry) = table.get(section) {
            let table = entry.table()?;
            table.only(&names(section), section)?;
            take(table, section)?;
        }
    }
    Ok(given)
}

/// A key's value, given or default, read by `read`, whose error is one sentence.
fn parsed<T>(given: &Given, key: &Key, read: impl FnOnce(&str) -> Result<T, String>) -> Result<T, ConfigError> {
    let fallback = (Place::Default, key.default.unwrap_or_default().to_owned());
    let (place, text) = given.get(&key.path()).unwrap_or(&fallback);
    read(text.trim()).map_err(|what| {
        place.wrong(format!(
            "{}: {what}; for example {} = {:?}",
            key.path(),
            key.name,
            key.example
        ))
    })
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse()
        .map_err(|_| format!("{text:?} is no address: write an IP address and a port"))
}

fn limit(text: &str) -> Result<Limit, String> {
    text.parse()
        .map_err(|error: switchboard_delivery::LimitError| error.to_string())
}

fn path(base: &Path, text: &str) -> Result<PathBuf, String> {
    match text {
        "" => Err("the path is empty".to_owned()),
        text => Ok(base.join(text)),
    }
}

fn server(text: &str) -> Result<String, String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    match rest {
        Some(rest) if !rest.is_empty() && !rest.contains(['?', '#', '@', ' ']) => {
            Ok(text.trim_end_matches('/').to_owned())
        }
        _ => Err("this is no address of a server: it begins with https:// or http://".to_owned()),
    }
}

/// The database's address and file. What the address holds is not repeated: other kinds carry passwords.
fn store(given: &Given, base: &Path) -> Result<(String, PathBuf), ConfigError> {
    parsed(given, STORE_URL, |text| {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Err("PostgreSQL is not available in this version: use sqlite://".to_owned());
        }
        let file = text
            .strip_prefix("sqlite://")
            .or_else(|| text.strip_prefix("sqlite:"))
            .ok_or("this is no database address: it begins with sqlite://")?;
        if file.is_empty() || file.contains(['?', '#', '%']) || file.contains(":memory:") {
            return Err("sqlite:// takes the path of a file and nothing else".to_owned());
        }
        let file = base.join(file);
        let Some(path) = file.to_str() else {
            return Err("the path must be UTF-8".to_owned());
        };
        // The address is decoded again by whoever opens it.
        let escaped = path.replace('%', "%25").replace('?', "%3F").replace('#', "%23");
        Ok((format!("sqlite://{escaped}"), file))
    })
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;
