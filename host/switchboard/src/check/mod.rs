//! `switchboard check`: one readable report on everything that a host needs. Writes nothing but the cache of compiled plugins.

mod door;
mod one;
mod program;
mod report;

use anyhow::bail;
use serde_json::json;
use switchboard_relay::config::{ConnectionConfig, Mode};
use switchboard_relay::probe;
use switchboard_store::Connection;
use switchboard_telegram::{Api, CallError, Token};

use crate::access::Access;
use crate::config::Config;
use crate::plugins::PluginFolder;
use crate::secrets::Secrets;

pub use one::one;
use report::Report;

/// A bot that Telegram does not have: any answer about it shows that Telegram answers.
const NOBODY: &str = "1:switchboard-asks-whether-you-are-there";

/// Checks everything and prints the report. Whether nothing is wrong.
pub async fn run(config: &Config) -> anyhow::Result<bool> {
    let mut report = Report::default();
    match &config.file {
        Some(file) => report.ok("configuration", file.display().to_string()),
        None => report.ok("configuration", "no file; everything has its default"),
    }
    let secrets = key_file(config, &mut report);
    let rows = database(config, &mut report).await;
    let api = telegram(config, &mut report).await;
    let plugins = secrets
        .as_ref()
        .and_then(|secrets| plugins(config, secrets, &mut report));
    for (row, status) in rows {
        let what = format!("connection {}", row.name);
        let checked = async {
            let secrets = secrets
                .as_ref()
                .ok_or_else(|| anyhow::anyhow!("its token cannot be opened without the key file"))?;
            let api = api
                .as_ref()
                .ok_or_else(|| anyhow::anyhow!("Telegram cannot be asked about it"))?;
            connection(&row, secrets, api, plugins.as_ref(), config).await
        };
        match checked.await {
            Ok((text, warnings)) => {
                report.ok(&what, format!("{text}; {status}"));
                for warning in warnings {
                    report.warning(&what, warning);
                }
                if status.starts_with("broken") {
                    report.wrong(&what, status);
                }
            }
            Err(error) => report.wrong(&what, format!("{error:#}")),
        }
    }
    Ok(report.print())
}

/// Where there is no key file yet, and nothing to open with it, that is in order: it is made when it is needed.
fn key_file(config: &Config, report: &mut Report) -> Option<Secrets> {
    let path = config.key_file.display().to_string();
    if !config.key_file.exists() && !config.store_path.exists() {
        report.ok("key file", format!("{path}, not there yet; made when it is needed"));
        return None;
    }
    match Secrets::load(&config.key_file) {
        Ok(secrets) => {
            report.ok("key file", path);
            Some(secrets)
        }
        Err(error) => {
            report.wrong("key file", format!("{error:#}"));
            None
        }
    }
}

async fn database(config: &Config, report: &mut Report) -> Vec<(Connection, String)> {
    let path = config.store_path.display();
    let access = match Access::open_existing(config).await {
        Ok(Some(access)) => access,
        Ok(None) => {
            report.ok("database", format!("{path}, not there yet; made when it is needed"));
            return Vec::new();
        }
        Err(error) => {
            report.wrong("database", format!("{error:#}"));
            return Vec::new();
        }
    };
    let rows = access.connections().await;
    let holder = match &access {
        Access::Host(host) => format!("held by the host running at http://{}", host.address),
        Access::Store(_) => "the host is not running".to_owned(),
    };
    access.close().await;
    match rows {
        Ok(rows) => {
            let count = match rows.len() {
                1 => "1 connection".to_owned(),
                count => format!("{count} connections"),
            };
            report.ok("database", format!("{path}, {count}; {holder}"));
            rows
        }
        Err(error) => {
            report.wrong("database", format!("{error:#}"));
            Vec::new()
        }
    }
}

async fn telegram(config: &Config, report: &mut Report) -> Option<Api> {
    let asked = async {
        let api = Api::new(&config.telegram_api)?;
        let nobody = api.bot(Token::new(NOBODY)?);
        match nobody.call::<serde_json::Value>("getMe", &json!({})).await {
            Ok(_) | Err(CallError::Api(_)) => Ok(api),
            Err(error) => Err(anyhow::Error::new(error)),
        }
    };
    match asked.await {
        Ok(api) => {
            report.ok("telegram", format!("{} answers", config.telegram_api));
            Some(api)
        }
        Err(error) => {
            report.wrong("telegram", format!("{}: {error:#}", config.telegram_api));
            None
        }
    }
}

fn plugins(config: &Config, secrets: &Secrets, report: &mut Report) -> Option<PluginFolder> {
    let folder = config.plugins_dir.display();
    let opened = PluginFolder::open(config, secrets).and_then(|plugins| {
        let names = plugins.names()?;
        Ok((plugins, names))
    });
    let (plugins, names) = match opened {
        Ok(opened) => opened,
        Err(error) => {
            report.wrong("plugins", format!("{error:#}"));
            return None;
        }
    };
    if names.is_empty() {
        report.ok("plugins", format!("none in {folder}"));
    }
    for name in names {
        match plugins.load(&name) {
            Ok(plugin) => {
                let version = &plugin.description().version;
                report.ok(format!("plugin {name}"), format!("version {version}"));
            }
            Err(error) => report.wrong(format!("plugin {name}"), format!("{error:#}")),
        }
    }
    Some(plugins)
}

/// What is to be said of a connection, and warnings.
async fn connection(
    row: &Connection,
    secrets: &Secrets,
    api: &Api,
    plugins: Option<&PluginFolder>,
    host: &Config,
) -> anyhow::Result<(String, Vec<String>)> {
    let token = secrets.open_token(&row.name, &row.token)?;
    let config: ConnectionConfig = serde_json::from_str(&row.config)?;
    let facts = probe::probe(&api.bot(token), row.group, config.mode).await?;
    if let Some(plugins) = plugins {
        for used in config.plugins {
            plugins.settle(used)?;
        }
    }
    if config.mode == Mode::Gateway && host.gateway_listen.is_none() {
        bail!("mode gateway needs the front door: write [gateway] listen = \"127.0.0.1:8081\" into switchboard.toml");
    }
    if let Some(found) = facts.webhook {
        bail!(
            "the bot has a webhook at {}, which takes its updates away from Switchboard; see: switchboard connection check {}",
            found.host(),
            row.name
        );
    }
    let mode = config.mode.word();
    let text = format!("@{} in the group {:?}, mode {mode}", facts.username, facts.group_title);
    Ok((text, facts.warnings))
}
