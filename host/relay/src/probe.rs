//! What Telegram says about a bot and its backend group before they become a connection: facts, or one clear problem.

use std::fmt;

use serde::Deserialize;
use serde_json::json;
use switchboard_telegram::types::{Chat, ChatMember, User};
use switchboard_telegram::{ApiError, CallError, Client};

use crate::config::Mode;

/// What a probe found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The bot's username, without the `@`.
    pub username: String,
    pub name: String,
    pub group_title: String,
    /// Rights that are recommended and missing, each one line.
    pub warnings: Vec<String>,
    /// Where Telegram sends the bot's updates at present; never in mode `direct`.
    pub webhook: Option<FoundWebhook>,
}

/// A webhook that is set at Telegram. Its secret is not among what Telegram tells.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct FoundWebhook {
    /// Often holds a secret, or the token itself; [`FoundWebhook::host`] is what may be shown.
    pub url: String,
    #[serde(default)]
    pub has_custom_certificate: bool,
    #[serde(default)]
    pub pending_update_count: u64,
    pub max_connections: Option<u32>,
    /// `None` stands for all but those that must be asked for.
    pub allowed_updates: Option<Vec<String>>,
}

impl FoundWebhook {
    /// Host and port.
    #[must_use]
    pub fn host(&self) -> &str {
        host_of(&self.url)
    }
}

impl fmt::Debug for FoundWebhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FoundWebhook")
            .field("host", &self.host())
            .field("has_custom_certificate", &self.has_custom_certificate)
            .field("pending_update_count", &self.pending_update_count)
            .field("max_connections", &self.max_connections)
            .field("allowed_updates", &self.allowed_updates)
            .finish()
    }
}

/// Why a bot and a group cannot be a connection.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    #[error(
        "Telegram does not know the bot of this token: it was mistyped or revoked; @BotFather shows the present one (/mybots, API Token)"
    )]
    WrongToken,
    #[error(
        "@{bot} has a webhook at {host}: another program takes its updates, so mode direct would get none; write mode = \"gateway\" or \"chain\", in which that program works on beside Switchboard, or stop it and call deleteWebhook"
    )]
    Webhook { bot: String, host: String },
    #[error(
        "@{bot} does not find the group {group}: the id is wrong (a supergroup's id begins with -100) or the bot is not in it; add the bot to the group as an administrator"
    )]
    GroupUnknown { bot: String, group: i64 },
    #[error("@{bot} is not in the group {group}; add it there as an administrator with the right to manage topics")]
    NotInGroup { bot: String, group: i64 },
    #[error("the group {group} was upgraded by Telegram and is now {to}; write group = {to}")]
    GroupMoved { group: i64, to: i64 },
    #[error(
        "{group} is {kind}, and a backend group is a supergroup with topics; make a group, switch on Topics in its settings, and take its new id"
    )]
    NotSupergroup { group: i64, kind: String },
    #[error("the group {title:?} ({group}) has no topics; switch on Topics in the group's settings")]
    NoTopics { group: i64, title: String },
    #[error("@{bot} is no administrator of the group {title:?} ({group}); make it one with the right to manage topics")]
    NotAdmin { bot: String, group: i64, title: String },
    #[error(
        "@{bot} may not manage topics in the group {title:?} ({group}); give it the administrator's right \"Manage topics\""
    )]
    MayNotManageTopics { bot: String, group: i64, title: String },
    #[error("Telegram refuses {method}")]
    Refused {
        method: &'static str,
        #[source]
        source: ApiError,
    },
    #[error("no word from Telegram on {method}")]
    NoAnswer {
        method: &'static str,
        #[source]
        source: CallError,
    },
}

/// Asks Telegram about the bot, its webhook, the group and the bot's rights there. Changes nothing; makes four calls.
///
/// # Errors
/// The first [`Problem`] found, in the order in which a person would mend them.
pub async fn probe(client: &Client, group: i64, mode: Mode) -> Result<Facts, Problem> {
    let me = me(client).await?;
    let bot = me.username.clone().unwrap_or_else(|| me.id.to_string());
    let webhook = webhook(client).await?;
    if let Some(found) = webhook.as_ref().filter(|_| !mode.has_program()) {
        let host = found.host().to_owned();
        return Err(Problem::Webhook { bot, host });
    }
    let title = forum(client, &bot, group).await?;
    let warnings = rights(client, &bot, me.id, group, &title).await?;
    Ok(Facts {
        username: me.username.clone().unwrap_or_default(),
        name: me.full_name(),
        group_title: title,
        warnings,
        webhook,
    })
}

/// The bot, as Telegram knows it.
///
/// # Errors
/// [`Problem::WrongToken`], or that Telegram cannot be asked.
pub async fn me(client: &Client) -> Result<User, Problem> {
    match client.call("getMe", &json!({})).await {
        Err(CallError::Api(error)) if matches!(error.code, 401 | 404) => Err(Problem::WrongToken),
        other => other.map_err(|error| failed("getMe", error)),
    }
}

/// The webhook that is set at Telegram, if one is.
///
/// # Errors
/// Where Telegram cannot be asked.
pub async fn webhook(client: &Client) -> Result<Option<FoundWebhook>, Problem> {
    let found: Result<FoundWebhook, _> = client.call("getWebhookInfo", &json!({})).await;
    let found = found.map_err(|error| failed("getWebhookInfo", error))?;
    Ok(Some(found).filter(|found| !found.url.is_empty()))
}

/// Checks that the group is a forum that the bot sees, and gives its title.
///
/// # Errors
/// What is wrong with the group.
pub async fn forum(client: &Client, bot: &str, group: i64) -> Result<String, Problem> {
    let chat: Chat = client
        .call("getChat", &json!({ "chat_id": group }))
        .await
        .map_err(|error| unseen("getChat", bot, group, error))?;
    let title = chat.title.unwrap_or_default();
    match chat.kind.as_str() {
        "supergroup" if chat.is_forum => Ok(title),
        "supergroup" => Err(Problem::NoTopics { group, title }),
        kind => Err(Problem::NotSupergroup {
            group,
            kind: match kind {
                "private" => "a person's private chat".to_owned(),
                "group" => format!("a basic group ({title:?})"),
                "channel" => format!("a channel ({title:?})"),
                other => format!("a chat of the kind {other:?}"),
            },
        }),
    }
}

/// Checks the bot's rights in the group, and gives the recommended ones that are missing.
///
/// # Errors
/// What the bot lacks in the group.
pub async fn rights(client: &Client, bot: &str, id: i64, group: i64, title: &str) -> Result<Vec<String>, Problem> {
    let named = || (bot.to_owned(), title.to_owned());
    let member: ChatMember = client
        .call("getChatMember", &json!({ "chat_id": group, "user_id": id }))
        .await
        .map_err(|error| unseen("getChatMember", bot, group, error))?;
    match member.status.as_str() {
        "creator" => return Ok(Vec::new()),
        "administrator" => {}
        "left" | "kicked" => {
            let bot = bot.to_owned();
            return Err(Problem::NotInGroup { bot, group });
        }
        _ => {
            let (bot, title) = named();
            return Err(Problem::NotAdmin { bot, group, title });
        }
    }
    if !member.can_manage_topics {
        let (bot, title) = named();
        return Err(Problem::MayNotManageTopics { bot, group, title });
    }
    let recommended = [
        (
            member.can_delete_messages,
            "Delete messages",
            "a topic that is not needed cannot be removed",
        ),
        (
            member.can_pin_messages,
            "Pin messages",
            "messages cannot be pinned in topics",
        ),
    ];
    Ok(recommended
        .into_iter()
        .filter(|(given, ..)| !given)
        .map(|(_, right, loss)| format!("@{bot} lacks the right \"{right}\" in the group {title:?}: {loss}"))
        .collect())
}

/// Telegram's refusal of a call about the group, read as what is wrong with the group.
fn unseen(method: &'static str, bot: &str, group: i64, error: CallError) -> Problem {
    let bot = bot.to_owned();
    match error.api() {
        Some(ApiError {
            migrate_to: Some(to), ..
        }) => Problem::GroupMoved { group, to: *to },
        Some(api) if api.code == 403 || api.says("member not found") => Problem::NotInGroup { bot, group },
        Some(api) if api.says("chat not found") => Problem::GroupUnknown { bot, group },
        _ => failed(method, error),
    }
}

fn failed(method: &'static str, error: CallError) -> Problem {
    match error {
        CallError::Api(source) => Problem::Refused { method, source },
        source => Problem::NoAnswer { method, source },
    }
}

/// The host of an address. Nothing else of a webhook's address is shown: many programs put the bot's token into its path.
fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit_once('@').map_or(authority, |(_, host)| host)
}

#[cfg(test)]
#[path = "probe_tests.rs"]
mod tests;
