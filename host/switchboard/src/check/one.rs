//! `switchboard connection check NAME`: what stands in a connection's way, and what to do about it. Changes nothing.

use anyhow::{Context as _, bail};
use serde_json::{Value, json};
use switchboard_relay::config::{ConnectionConfig, Mode};
use switchboard_relay::probe;
use switchboard_store::{Connection, Store};
use switchboard_telegram::{Api, CallError, Client};

use super::door::knock;
use super::program;
use super::report::Report;
use crate::access::Access;
use crate::config::Config;
use crate::connection::unknown;
use crate::local::Doing;
use crate::secrets::Secrets;

/// Checks one connection and prints the report. Whether nothing is wrong.
pub async fn one(name: &str, config: &Config) -> anyhow::Result<bool> {
    let Some(access) = Access::open_existing(config).await? else {
        bail!("there is no connection {name:?}: there is no database yet");
    };
    let done = look(name, config, &access).await;
    access.close().await;
    Ok(done?.print())
}

async fn look(name: &str, config: &Config, access: &Access) -> anyhow::Result<Report> {
    let rows = access.connections().await?;
    let Some((row, _)) = rows.iter().find(|(row, _)| row.name == name) else {
        bail!(unknown(name, rows.iter().map(|(row, _)| row.name.as_str())));
    };
    let mut report = Report::default();
    let settings: ConnectionConfig = serde_json::from_str(&row.config)
        .context("the connection's configuration in the database cannot be read; apply it again")?;
    report.ok("mode", words(settings.mode));
    let secrets = Secrets::load(&config.key_file)?;
    let token = match secrets.open_token(&row.name, &row.token) {
        Ok(token) => token,
        Err(error) => {
            report.wrong("token", format!("{error:#}; apply the connection again with its token"));
            return Ok(report);
        }
    };
    let client = Api::new(&config.telegram_api)?.bot(token);
    let webhook = telegram(row, settings.mode, &client, &mut report).await;
    let doing = match access {
        Access::Host(host) => Some(host.doing(name).await?),
        Access::Store(_) => None,
    };
    updates(settings.mode, doing.as_ref(), &client, webhook, &mut report).await;
    if settings.mode == Mode::Gateway {
        front_door(config, doing.as_ref(), &mut report).await;
    }
    match (access, &doing) {
        (Access::Host(_), Some(doing)) => program::running(settings.mode, doing, &mut report),
        (Access::Store(store), _) => {
            let store: &dyn Store = store.as_ref();
            program::at_rest(settings.mode, store, &secrets.seal_key(), row, &mut report).await?;
        }
        (Access::Host(_), None) => {}
    }
    Ok(report)
}

fn words(mode: Mode) -> &'static str {
    match mode {
        Mode::Direct => "direct: Switchboard is the bot's only program",
        Mode::Gateway => "gateway: the bot's own program calls Switchboard's front door instead of Telegram",
        Mode::Chain => "chain: Switchboard hands updates on to the webhook of the bot's own program",
    }
}

/// Token, group, rights, privacy mode and webhook, as Telegram has them. Whether a webhook is set, where that is known.
async fn telegram(row: &Connection, mode: Mode, client: &Client, report: &mut Report) -> Option<bool> {
    let me = match probe::me(client).await {
        Ok(me) => me,
        Err(error) => {
            report.wrong("token", format!("{:#}", anyhow::Error::new(error)));
            return None;
        }
    };
    let bot = me.username.clone().unwrap_or_else(|| me.id.to_string());
    report.ok("token", format!("@{bot} ({})", me.full_name()));
    let mut admin = false;
    match probe::forum(client, &bot, row.group).await {
        Ok(title) => {
            report.ok("group", format!("{title:?} ({}), with topics", row.group));
            match probe::rights(client, &bot, me.id, row.group, &title).await {
                Ok(warnings) => {
                    admin = true;
                    report.ok("rights", format!("@{bot} is an administrator and manages topics"));
                    warnings.iter().for_each(|warning| report.warning("rights", warning));
                }
                Err(error) => report.wrong("rights", format!("{:#}", anyhow::Error::new(error))),
            }
        }
        Err(error) => report.wrong("group", format!("{:#}", anyhow::Error::new(error))),
    }
    privacy(client, admin, report).await;
    webhook(mode, client, report).await
}

/// Privacy mode is about groups only, and administrators are exempt.
async fn privacy(client: &Client, admin: bool, report: &mut Report) {
    const WHAT: &str = "privacy mode";
    let reads_all = client.call::<Value>("getMe", &json!({})).await;
    match reads_all.map(|me| me["can_read_all_group_messages"].as_bool() == Some(true)) {
        Ok(true) => report.ok(WHAT, "off: the bot gets every message of its groups"),
        Ok(false) if admin => report.ok(
            WHAT,
            "on, which does not matter here: as an administrator the bot gets every message of the group; private chats know no privacy mode",
        ),
        Ok(false) => report.warning(
            WHAT,
            "on: while the bot is no administrator it gets commands and replies only; make it one, then privacy mode does not matter",
        ),
        Err(error) => report.wrong(WHAT, format!("{:#}", anyhow::Error::new(error))),
    }
}

async fn webhook(mode: Mode, client: &Client, report: &mut Report) -> Option<bool> {
    const WHAT: &str = "webhook at Telegram";
    let found = match probe::webhook(client).await {
        Ok(found) => found,
        Err(error) => {
            report.wrong(WHAT, format!("{:#}", anyhow::Error::new(error)));
            return None;
        }
    };
    match &found {
        None => report.ok(WHAT, "none: updates can be polled"),
        Some(found) => {
            let host = found.host();
            let advice = match mode {
                Mode::Direct => {
                    "another program takes the updates: write mode = \"gateway\" or \"chain\", in which it works on beside Switchboard, or stop it and call deleteWebhook"
                }
                Mode::Gateway => {
                    "somebody set it past the gateway, so that Switchboard gets no updates: give the program the front door's address as its Bot API base URL, and run connection apply again (with webhook_secret), which takes the webhook over"
                }
                Mode::Chain => {
                    "somebody set it past Switchboard, which gets no updates now: run connection apply again (with webhook_secret), which takes it over"
                }
            };
            report.wrong(
                WHAT,
                format!("{host}, {} updates pending: {advice}", found.pending_update_count),
            );
        }
    }
    Some(found.is_some())
}

/// Whether updates come in, and whether somebody else takes them away.
async fn updates(mode: Mode, doing: Option<&Doing>, client: &Client, webhook: Option<bool>, report: &mut Report) {
    const WHAT: &str = "updates";
    match doing {
        Some(doing) if doing.status.starts_with("broken") => report.wrong(WHAT, &doing.status),
        Some(doing) if doing.status == "running" => {
            report.ok(WHAT, "the host polls them, and nobody else takes them away");
        }
        Some(doing) => report.warning(WHAT, &doing.status),
        None => {
            report.warning(
                "host",
                "not running: nobody takes updates; start it with: switchboard run",
            );
            // Telegram refuses every poll while a webhook is set.
            if mode.has_program() && webhook == Some(false) {
                peek(client, report).await;
            }
        }
    }
}

/// One look at the head of Telegram's queue. It confirms nothing, for it has no offset; it waits for nothing, so that it ends
/// nobody's long poll. What another program polls past the gateway shows in it by chance only.
async fn peek(client: &Client, report: &mut Report) {
    const WHAT: &str = "another poller";
    let look = json!({"limit": 1, "timeout": 0});
    match client.call::<Vec<Value>>("getUpdates", &look).await {
        Ok(waiting) => {
            let pending = match waiting.is_empty() {
                true => "no update waits at Telegram",
                false => "updates wait at Telegram",
            };
            report.ok(
                WHAT,
                format!("{pending}; a short look meets no other program, and would seldom: run the host, whose status tells for sure"),
            );
        }
        Err(CallError::Api(error)) if error.code == 409 => report.wrong(
            WHAT,
            "another program polls this bot's updates at Telegram itself, past the gateway: give it the front door's address as its Bot API base URL, or stop it",
        ),
        Err(error) => report.wrong(WHAT, format!("{:#}", anyhow::Error::new(error))),
    }
}

async fn front_door(config: &Config, doing: Option<&Doing>, report: &mut Report) {
    const WHAT: &str = "front door";
    match (doing, config.gateway_listen) {
        (Some(Doing { door: Some(door), .. }), _) => knock(*door, report).await,
        (Some(_), Some(listen)) => report.wrong(
            WHAT,
            format!("configured for {listen} and not open: the host was started without it; start it again"),
        ),
        (_, None) => report.wrong(
            WHAT,
            "not configured: write [gateway] listen = \"127.0.0.1:8081\" into switchboard.toml and start the host again",
        ),
        (None, Some(listen)) => report.warning(WHAT, format!("configured for {listen}; open while the host runs")),
    }
}
