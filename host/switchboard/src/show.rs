//! Connections in print: a table of all, or one in the form of a connections file. Never a token.

use std::fmt::Write as _;

use anyhow::Context as _;
use switchboard_relay::config::{ConnectionConfig, PluginUse};
use switchboard_store::Connection;

use crate::config::webhook::{Secret, WebhookKeys};
use crate::print;
use crate::redact::redact;

/// One line a connection.
pub fn table(rows: &[(Connection, String)]) -> String {
    if rows.is_empty() {
        return "no connections yet; write a connections file and run: switchboard connection apply FILE".to_owned();
    }
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|(row, status)| {
            let config: Option<ConnectionConfig> = serde_json::from_str(&row.config).ok();
            let (mode, bot, plugins) = config.map_or(("?", String::new(), String::new()), |config| {
                let names: Vec<&str> = config.plugins.iter().map(|used| used.name.as_str()).collect();
                (config.mode.word(), bot_of(row, &config), names.join(", "))
            });
            vec![
                row.name.clone(),
                mode.to_owned(),
                bot,
                row.group.to_string(),
                if plugins.is_empty() { "-".to_owned() } else { plugins },
                status.clone(),
            ]
        })
        .collect();
    print::table(&["NAME", "MODE", "BOT", "GROUP", "PLUGINS", "STATUS"], &cells)
}

fn bot_of(row: &Connection, config: &ConnectionConfig) -> String {
    match config.bot_username.as_str() {
        "" => row.bot.to_string(),
        username => format!("@{username}"),
    }
}

/// A connection as a connections file would say it; its token and state stand in remarks. `webhook` is `None` where it cannot
/// be opened.
pub fn connection(row: &Connection, status: &str, webhook: Option<&WebhookKeys>) -> anyhow::Result<String> {
    let config: ConnectionConfig = serde_json::from_str(&row.config)
        .context("the connection's configuration in the database cannot be read; apply it again")?;
    let mut text = String::new();
    let mut line = |line: std::fmt::Arguments<'_>| {
        // Writing to a string cannot fail.
        let _ = text.write_fmt(line);
        text.push('\n');
    };
    line(format_args!("# status: {status}"));
    line(format_args!(
        "# bot: {} ({}), id {}",
        bot_of(row, &config),
        config.bot_name,
        row.bot
    ));
    if config.configured_group != row.group {
        line(format_args!("# Telegram upgraded the group: it is {} now", row.group));
    }
    line(format_args!("[[connection]]"));
    line(format_args!("name = {:?}", row.name));
    line(format_args!("mode = {:?}", config.mode.word()));
    line(format_args!("# token: kept sealed; it is not shown"));
    match webhook {
        Some(webhook) => keys(webhook).iter().for_each(|key| line(format_args!("{key}"))),
        None => line(format_args!("# webhook: sealed; it opens with the key file only")),
    }
    line(format_args!("group = {}", config.configured_group));
    let admins: Vec<String> = config.admins.iter().map(i64::to_string).collect();
    line(format_args!("admins = [{}]", admins.join(", ")));
    match config.plugins.as_slice() {
        [] => line(format_args!("plugins = []")),
        plugins => {
            line(format_args!("plugins = ["));
            for used in plugins {
                line(format_args!("    {},", plugin(used)?));
            }
            line(format_args!("]"));
        }
    }
    line(format_args!("[connection.parameters]"));
    for (name, value) in config.parameters.render() {
        line(format_args!("{name} = {value}"));
    }
    Ok(text)
}

/// What is known of the program's webhook.
fn keys(webhook: &WebhookKeys) -> Vec<String> {
    let url = webhook.url.as_deref().map(|url| match redact(url) == url {
        true => format!("webhook_url = {}", toml::Value::from(url)),
        false => "# webhook_url: kept sealed; it is not shown, because it holds the token".to_owned(),
    });
    let secret = webhook.secret.as_ref().map(|secret| match secret {
        Secret::None => "webhook_secret = \"none\"".to_owned(),
        Secret::Is(_) => "# webhook_secret: kept sealed; it is not shown".to_owned(),
    });
    let ip = webhook.ip.map(|ip| format!("webhook_ip = \"{ip}\""));
    [url, secret, ip].into_iter().flatten().collect()
}

fn plugin(used: &PluginUse) -> anyhow::Result<String> {
    let mut table = toml::Table::new();
    table.insert("name".to_owned(), used.name.as_str().into());
    if used.settings.as_object().is_some_and(|settings| !settings.is_empty()) {
        let settings = toml::Value::try_from(&used.settings)
            .with_context(|| format!("the settings of the plugin {:?} have no TOML form", used.name))?;
        table.insert("settings".to_owned(), settings);
    }
    if let Some(grants) = &used.grants {
        table.insert("grants".to_owned(), grants.clone().into());
    }
    Ok(toml::Value::Table(table).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> Connection {
        let config = ConnectionConfig {
            admins: vec![5, 6],
            bot_username: "help_bot".into(),
            bot_name: "Help".into(),
            configured_group: -1001,
            plugins: vec![PluginUse {
                name: "quick-replies".into(),
                settings: serde_json::json!({"a": {"b": [1, "x\"y"]}}),
                grants: Some(vec!["log".into(), "store".into()]),
            }],
            ..ConnectionConfig::default()
        };
        Connection {
            id: 1,
            name: "support".into(),
            bot: 42,
            token: vec![],
            group: -1001,
            config: serde_json::to_string(&config).unwrap(),
            cursor: 0,
        }
    }

    #[test]
    fn what_is_shown_can_be_applied_again() {
        let shown = connection(&row(), "running", Some(&WebhookKeys::default())).unwrap();
        assert!(
            shown
                .starts_with("# status: running\n# bot: @help_bot (Help), id 42\n[[connection]]\nname = \"support\"\n")
        );
        let with_token = shown.replace(
            "# token: kept sealed; it is not shown",
            "token = \"42:AAabcdefghijklmnopqrstuvwxyz\"",
        );
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("c.toml");
        std::fs::write(&file, with_token).unwrap();
        let wanted = crate::config::connections::read(&file, |_| None).unwrap();
        let stored: ConnectionConfig = serde_json::from_str(&row().config).unwrap();
        let expected = ConnectionConfig {
            bot_username: String::new(),
            bot_name: String::new(),
            ..stored
        };
        assert_eq!(wanted[0].config, expected);
    }

    #[test]
    fn a_webhook_is_shown_but_for_its_secrets() {
        let shown = |url: &str, secret| {
            let webhook = WebhookKeys {
                url: Some(url.to_owned()),
                secret: Some(secret),
                ip: Some([10, 0, 0, 7].into()),
            };
            connection(&row(), "running", Some(&webhook)).unwrap()
        };
        let open = shown("https://bot.example/hook", Secret::None);
        let lines =
            "webhook_url = \"https://bot.example/hook\"\nwebhook_secret = \"none\"\nwebhook_ip = \"10.0.0.7\"\n";
        assert!(open.contains(lines), "{open}");
        let token = "42:AAabcdefghijklmnopqrstuvwxyz";
        let closed = shown(&format!("https://bot.example/{token}"), Secret::Is("s3".to_owned()));
        assert!(closed.contains("# webhook_url: kept sealed") && closed.contains("# webhook_secret: kept sealed"));
        assert!(!closed.contains("AAabc") && !closed.contains("s3"), "{closed}");
        assert!(connection(&row(), "", None).unwrap().contains("# webhook: sealed"));
    }

    #[test]
    fn the_table_has_a_line_for_each() {
        assert_eq!(
            table(&[(row(), "running".to_owned())]),
            "NAME     MODE    BOT        GROUP  PLUGINS        STATUS\nsupport  direct  @help_bot  -1001  quick-replies  running"
        );
        assert!(table(&[]).starts_with("no connections yet"));
    }

    #[test]
    fn an_upgraded_group_is_told() {
        let moved = Connection { group: -1002, ..row() };
        let shown = connection(&moved, "running", None).unwrap();
        assert!(
            shown.contains("# Telegram upgraded the group: it is -1002 now\n") && shown.contains("\ngroup = -1001\n")
        );
    }
}
